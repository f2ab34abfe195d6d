package account

import (
	"crypto/rand"
	"time"

	"turnup/internal/base/fault"
)

// The times of a verification, from the registration on.
const (
	RemindAfter = 12 * time.Hour     // a reminder, with the same link
	RenewAfter  = 24 * time.Hour     // a fresh link; the one before is dead
	ExpireAfter = 7 * 24 * time.Hour // the account expires; the address may register anew
)

// The faults of verifying a mail address, and of links.
var (
	ErrLinkExpired    = fault.New(fault.Gone, "link_expired", "This link is over, or was replaced by a newer one. Please use the newest mail, or ask for a new one.", "customer")
	ErrAccountExpired = fault.New(fault.Gone, "account_expired", "This registration was not confirmed in time. Please register again.", "customer")
)

// Mailed is the one link of a kind that is good: the token of a mail must have its nonce, in time. Only who holds the key
// for links can make a token of it, so that it is no secret by itself.
type Mailed struct {
	Nonce     string
	ExpiresAt time.Time
}

// mailed makes a link that is good until a time.
func mailed(until time.Time) Mailed { return Mailed{Nonce: rand.Text(), ExpiresAt: until} }

// Check says whether a token of a link is good now.
func (m *Mailed) Check(nonce string, now time.Time) error {
	if m == nil || m.Nonce != nonce || !now.Before(m.ExpiresAt) {
		return ErrLinkExpired
	}
	return nil
}

// Verification is a mail address on its way to being confirmed.
type Verification struct {
	Mailed
	Step  Step
	Asked int // how often the customer asked for the mail again
}

// Step is how far an unverified account's verification has come.
type Step string

// The steps, in their order; each is left at a time from the registration on.
const (
	Welcomed Step = "welcomed" // the welcome mail has the first link
	Reminded Step = "reminded"
	Renewed  Step = "renewed"
)

// After says what happens next to an unverified account, and when: a step, or its expiry ("").
func (s Step) After(registered time.Time) (next Step, due time.Time) {
	switch s {
	case Welcomed:
		return Reminded, registered.Add(RemindAfter)
	case Reminded:
		return Renewed, registered.Add(RenewAfter)
	}
	return "", registered.Add(ExpireAfter)
}

// BeginVerification makes a new account one whose mail address is to be confirmed.
func (c Customer) BeginVerification() Customer {
	c.Status = Unverified
	c.Verification = &Verification{Mailed: mailed(c.RegisteredAt.Add(RenewAfter)), Step: Welcomed}
	return c
}

// VerificationDue is when something happens to an account by itself; zero when nothing does.
func (c Customer) VerificationDue() time.Time {
	if c.Status != Unverified {
		return time.Time{}
	}
	_, due := c.Verification.Step.After(c.RegisteredAt)
	return due
}

// MovesTimer tells whether the timer of the verification has to follow a change, because something else is due now than before.
func (c Customer) MovesTimer(before Customer) bool {
	return !c.VerificationDue().Equal(before.VerificationDue())
}

// Remind does what is due of a verification, whatever was missed meanwhile: only the last of what is due counts. It answers
// the step that was taken, which is Expired's "" when the account expired, and false when nothing is due.
func (c Customer) Remind(now time.Time) (Customer, Step, bool) {
	taken, did := Step(""), false
	for c.Status == Unverified {
		next, due := c.Verification.Step.After(c.RegisteredAt)
		if now.Before(due) {
			break
		}
		v := *c.Verification
		v.Step, taken, did = next, next, true
		c.Verification = &v
		if next == "" {
			c = c.blank(Expired)
		}
	}
	if did && taken == Renewed {
		c.Verification.Mailed = mailed(c.RegisteredAt.Add(ExpireAfter))
	}
	if did {
		c.Version++
	}
	return c, taken, did
}

// AskAgain makes a fresh link for a mail address that is not confirmed, at the customer's wish; the one before is dead. For
// an account that has nothing to confirm, or is gone, it answers false.
func (c Customer) AskAgain(now time.Time) (Customer, bool) {
	if c.Gone() || !c.VerifiedAt.IsZero() || len(c.Roles) > 0 {
		return c, false
	}
	until, v := now.Add(RenewAfter), Verification{}
	if c.Verification != nil {
		v = *c.Verification
	}
	if end := c.RegisteredAt.Add(ExpireAfter); c.Status == Unverified && until.After(end) {
		until = end
	}
	v.Mailed, v.Asked = mailed(until), v.Asked+1
	c.Verification = &v
	c.Version++
	return c, true
}

// Verify confirms the mail address. It answers false when it was confirmed before, which is no error.
func (c Customer) Verify(now time.Time) (Customer, bool, error) {
	switch {
	case c.Gone():
		return c, false, ErrAccountExpired
	case !c.VerifiedAt.IsZero():
		return c, false, nil
	}
	c.Status, c.VerifiedAt = Active, now
	c.Version++
	return c, true, nil
}

// VerifyBy confirms the mail address by a link's nonce. A link of a confirmed account says nothing new and is welcome again,
// also an older one: who has it had the mail.
func (c Customer) VerifyBy(nonce string, now time.Time) (Customer, bool, error) {
	if !c.Gone() && c.VerifiedAt.IsZero() {
		var link *Mailed
		if c.Verification != nil {
			link = &c.Verification.Mailed
		}
		if err := link.Check(nonce, now); err != nil {
			return c, false, err
		}
	}
	return c.Verify(now)
}

// blank leaves of an account only what is not personal.
func (c Customer) blank(as Status) Customer {
	return Customer{Tenant: c.Tenant, ID: c.ID, Country: c.Country, Status: as, TermsAt: c.TermsAt, RegisteredAt: c.RegisteredAt, VerifiedAt: c.VerifiedAt,
		ProfiledAt: c.ProfiledAt, Tier: c.Tier, Groups: c.Groups, TestClock: c.TestClock, Version: c.Version}
}
