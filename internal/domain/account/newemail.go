package account

import (
	"context"
	"slices"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
)

// NewEmailFor is how long a new mail address can be confirmed.
const NewEmailFor = 24 * time.Hour

// RequestEmailChange lets another mail address wait for being confirmed from there. Whether it belongs to somebody else shows
// only to who can read mails sent to it.
func (s Security) RequestEmailChange(ctx context.Context, a Asked, address string) error {
	address, err := NormaliseEmail(address)
	if err != nil {
		return err
	}
	_, err = perform(ctx, s, a, step[done]{
		guess: true,
		refuse: func(o Owned) error {
			if own, err := NormaliseEmail(o.Customer.Email); err == nil && address == own {
				return fault.ErrInvalid.Naming("body.email", "the address you have")
			}
			return nil
		},
		accept: func(o Owned, now time.Time) (Change, done, error) {
			if !a.password(o) {
				return Change{}, done{}, ErrPasswordWrong
			}
			k := o.Credentials
			k.NewEmail = &NewEmail{Mailed: mailed(now.Add(NewEmailFor)), Address: address}
			change := o.with(k)
			change.Events = []event.Envelope{event.New(ctx, change.Tenant, now, event.EmailChangeRequested{CustomerID: change.Account})}
			return change, done{}, nil
		},
		same: a.password,
	})
	return err
}

// EmailWaiting is the mail address that waits to be confirmed; empty when there is none, or no longer.
func (o Owned) EmailWaiting(now time.Time) string {
	w := o.Credentials.NewEmail
	if w == nil || !now.Before(w.ExpiresAt) || w.Address == o.Customer.Email {
		return ""
	}
	return w.Address
}

// ConfirmEmail gives an account the mail address that waits, by the nonce of the link that was sent there. now is by the
// account's clock. A link that did so before says nothing new and is welcome again: the answer is false, and there is nothing
// to save. Saving the change is ErrEmailExists when the address became somebody else's meanwhile.
//
// A username that is the old address becomes the new one, or none when that is no username: it must not be another's address.
// A link to reset the password that was sent to the old address is dead.
func ConfirmEmail(ctx context.Context, c Customer, k Credentials, nonce string, now time.Time) (Change, bool, error) {
	if c.Gone() || k.NewEmail == nil {
		return Change{}, false, ErrLinkExpired
	}
	waiting := *k.NewEmail
	if waiting.Nonce == nonce && waiting.Address == c.Email {
		return Change{}, false, nil
	}
	if err := waiting.Check(nonce, now); err != nil {
		return Change{}, false, err
	}
	before := c
	c.Email, c.FormerEmail, c.VerifiedAt = waiting.Address, before.Email, now
	if old, err := NormaliseEmail(before.Email); err == nil && c.Username == old {
		c.Username, _ = Normalise(c.Email)
	}
	if c.Status == Unverified {
		c.Status = Active
	}
	k.Reset = nil
	c.Version++
	k.Version++
	return Change{Tenant: c.Tenant, Account: c.ID, Customer: &c, MoveTimer: c.MovesTimer(before), Credentials: &k, Take: without(c.Logins(), before.Logins()), Free: without(before.Logins(), c.Logins()),
		Events: []event.Envelope{event.New(ctx, c.Tenant, now, event.EmailChanged{CustomerID: c.ID})}}, true, nil
}

// without lists the names that are not among others.
func without(names, others []Login) []Login {
	var left []Login
	for _, n := range names {
		if !slices.Contains(others, n) {
			left = append(left, n)
		}
	}
	return left
}
