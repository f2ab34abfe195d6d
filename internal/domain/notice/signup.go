package notice

import "time"

// The mails about signups.

// SignupResume brings back a link by which a customer goes on with a signup.
type SignupResume struct {
	Plan  string
	URL   string // signed: it lets whoever has it go on
	Until time.Time
}

// Kind of SignupResume.
func (SignupResume) Kind() Kind { return KindSignupResume }

func (m SignupResume) letter(p pen) letter {
	return p.write("signup-resume", m.URL, values{"plan": m.Plan, "until": p.moment(m.Until)})
}

// SignupDone tells who was promised a mail that their signup is through.
type SignupDone struct {
	Plan string
	URL  string // of the thank-you page
}

// Kind of SignupDone.
func (SignupDone) Kind() Kind { return KindSignupDone }

func (m SignupDone) letter(p pen) letter {
	return p.write("signup-done", m.URL, values{"plan": m.Plan})
}
