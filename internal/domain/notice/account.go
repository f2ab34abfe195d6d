package notice

import "time"

// The mails about an account. Tokens are of links that are good until a time; where each leads is the front end's page.

// Welcome greets who registered with a mail address, and has the first link to confirm it.
type Welcome struct {
	Token string
	Until time.Time
}

// Kind of Welcome.
func (Welcome) Kind() Kind { return KindWelcome }

func (m Welcome) letter(p pen) letter { return p.verification("welcome", m.Token, m.Until) }

// VerificationReminder reminds of a mail address that is not confirmed yet, with the same link.
type VerificationReminder struct {
	Token string
	Until time.Time
}

// Kind of VerificationReminder.
func (VerificationReminder) Kind() Kind { return KindVerificationReminder }

func (m VerificationReminder) letter(p pen) letter {
	return p.verification("verification-reminder", m.Token, m.Until)
}

// VerificationResent has the new link that somebody asked for.
type VerificationResent struct {
	Token string
	Until time.Time
}

// Kind of VerificationResent.
func (VerificationResent) Kind() Kind { return KindVerificationResent }

func (m VerificationResent) letter(p pen) letter {
	return p.verification("verification-resent", m.Token, m.Until)
}

// VerificationRenewed has a new link because the one before is over.
type VerificationRenewed struct {
	Token string
	Until time.Time
}

// Kind of VerificationRenewed.
func (VerificationRenewed) Kind() Kind { return KindVerificationRenewed }

func (m VerificationRenewed) letter(p pen) letter {
	return p.verification("verification-renewed", m.Token, m.Until)
}

func (p pen) verification(name, token string, until time.Time) letter {
	return p.write(name, p.tokenPage("verify-email", token), values{"until": p.moment(until)})
}

// EmailVerified says what comes next after a mail address is confirmed.
type EmailVerified struct {
	Profiled bool // there is a profile already
}

// Kind of EmailVerified.
func (EmailVerified) Kind() Kind { return KindEmailVerified }

func (m EmailVerified) letter(p pen) letter {
	name := "email-verified"
	if m.Profiled {
		name = "email-verified-profiled"
	}
	return p.write(name, p.page("profile"), nil)
}

// PasswordReset has the link to set a new password.
type PasswordReset struct {
	Token string
	Until time.Time
}

// Kind of PasswordReset.
func (PasswordReset) Kind() Kind { return KindPasswordReset }

func (m PasswordReset) letter(p pen) letter {
	return p.write("password-reset", p.tokenPage("reset-password", m.Token), values{"until": p.moment(m.Until)})
}

// PasswordChanged tells that there is another password, and what to do when that was somebody else.
type PasswordChanged struct{ At time.Time }

// Kind of PasswordChanged.
func (PasswordChanged) Kind() Kind { return KindPasswordChanged }

func (m PasswordChanged) letter(p pen) letter {
	return p.write("password-changed", p.page("forgot-password"), values{"at": p.moment(m.At)})
}

// EmailChange goes to a new mail address, which is to be confirmed from there.
type EmailChange struct {
	Token string
	Until time.Time
}

// Kind of EmailChange.
func (EmailChange) Kind() Kind { return KindEmailChange }

func (m EmailChange) letter(p pen) letter {
	return p.write("email-change", p.tokenPage("confirm-email", m.Token), values{"until": p.moment(m.Until)})
}

// EmailChanged goes to the address before, and says what to do when that was somebody else.
type EmailChanged struct{ At time.Time }

// Kind of EmailChanged.
func (EmailChanged) Kind() Kind { return KindEmailChanged }

func (m EmailChanged) letter(p pen) letter {
	return p.write("email-changed", p.page("support"), values{"at": p.moment(m.At)})
}

// SecondFactorEnabled tells that a code is asked for from now on.
type SecondFactorEnabled struct{ At time.Time }

// Kind of SecondFactorEnabled.
func (SecondFactorEnabled) Kind() Kind { return KindSecondFactorEnabled }

func (m SecondFactorEnabled) letter(p pen) letter {
	return p.write("second-factor-enabled", p.page("support"), values{"at": p.moment(m.At)}) // a new password alone would not let its owner in
}

// SecondFactorDisabled tells that a code is not asked for any more.
type SecondFactorDisabled struct {
	At      time.Time
	ByStaff bool
}

// Kind of SecondFactorDisabled.
func (SecondFactorDisabled) Kind() Kind { return KindSecondFactorDisabled }

func (m SecondFactorDisabled) letter(p pen) letter {
	name := "second-factor-disabled"
	if m.ByStaff {
		name = "second-factor-disabled-by-staff"
	}
	return p.write(name, p.page("forgot-password"), values{"at": p.moment(m.At)})
}

// Invitation has the link by which a new member of staff chooses a password.
type Invitation struct {
	Token string
	Until time.Time
}

// Kind of Invitation.
func (Invitation) Kind() Kind { return KindInvitation }

func (m Invitation) letter(p pen) letter {
	return p.write("invitation", p.tokenPage("invitation", m.Token), values{"until": p.moment(m.Until)})
}
