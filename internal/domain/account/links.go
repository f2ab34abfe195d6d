package account

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
)

// ResetWithin is how long the link to choose a new password is good.
const ResetWithin = time.Hour

// MailAsked is what everybody is answered who asks for a mail, whether or not there is an account.
type MailAsked struct {
	AskedAt time.Time `json:"askedAt"`
}

// AskVerification sends the verification mail again, with a fresh link, to an account that has something to confirm.
// AskReset sends a link to choose a new password. Both do as much, and answer the same, for a name that nobody has.
func (g Gate) AskVerification(ctx context.Context, key once.Request, email string) (MailAsked, error) {
	return g.ask(ctx, key, email, func(change *Change, c Customer, _ Credentials, now time.Time) {
		asked, ok := c.AskAgain(now)
		if !ok {
			return
		}
		change.Customer = &asked
		change.Events = []event.Envelope{event.New(ctx, c.Tenant, now, event.VerificationRequested{CustomerID: c.ID, Why: "asked"})}
	})
}

// AskReset is described at AskVerification.
func (g Gate) AskReset(ctx context.Context, key once.Request, email string) (MailAsked, error) {
	return g.ask(ctx, key, email, func(change *Change, c Customer, k Credentials, now time.Time) {
		link := mailed(now.Add(ResetWithin))
		k.Reset = &link
		k.Version++
		change.Credentials = &k
		change.Events = []event.Envelope{event.New(ctx, c.Tenant, now, event.PasswordResetRequested{CustomerID: c.ID})}
	})
}

func (g Gate) ask(ctx context.Context, key once.Request, email string, decide func(*Change, Customer, Credentials, time.Time)) (MailAsked, error) {
	return settled(ctx, g.Store, key, func(use *once.Use) (MailAsked, error) {
		done := MailAsked{AskedAt: g.Clock.Now().Truncate(time.Second)}
		if err := use.Answer(done); err != nil {
			return done, err
		}
		change := Change{Tenant: key.Tenant, Use: use}
		c, k, err := g.find(ctx, key.Tenant, email)
		if err != nil {
			return done, err
		}
		now, err := g.Store.Now(ctx, key.Tenant, c.TestClock)
		if err != nil {
			return done, err
		}
		if change.Account = c.ID; c.ID != "" {
			decide(&change, c, k, now)
		}
		return done, g.Store.SaveAccount(ctx, change)
	})
}

// settled does once per key what is decided anew as long as others change the account in the same moment: confirming it,
// for example, while a timer takes a step.
func settled[T any](ctx context.Context, memory once.Memory, key once.Request, act func(*once.Use) (T, error)) (T, error) {
	return once.Do(ctx, memory, key, func(use *once.Use) (out T, err error) {
		for range decideTries {
			if out, err = act(use); !errors.Is(err, fault.ErrStale) {
				return out, err
			}
		}
		return out, fault.ErrUnavailable.Because(err)
	})
}

// linked reads the account of a link, whose owner acts: nobody else has the mail. A link of an account that is not there is
// as invalid as a forged one.
func (g Gate) linked(ctx context.Context, link token.Link) (as context.Context, c Customer, k Credentials, now time.Time, err error) {
	c, k, err = g.Store.Account(ctx, link.Tenant, link.Account)
	if errors.Is(err, ErrUnknown) || err == nil && c.Status == Erased {
		err = token.ErrLink.Because(errors.New("there is no such account"))
	}
	if err == nil {
		now, err = g.Store.Now(ctx, link.Tenant, c.TestClock)
	}
	return actingAs(ctx, c), c, k, now, err
}

// Confirmed is what confirming a mail address answers.
type Confirmed struct {
	Account id.Customer   `json:"account"`
	Pending token.Pending `json:"pending,omitempty"`
}

// Verify confirms a mail address by the link of a mail. Doing it again is harmless.
func (g Gate) Verify(ctx context.Context, key once.Request, link token.Link) (Confirmed, error) {
	return settled(ctx, g.Store, key, func(use *once.Use) (Confirmed, error) {
		ctx, c, _, now, err := g.linked(ctx, link)
		if err != nil {
			return Confirmed{}, err
		}
		verified, news, err := c.VerifyBy(link.Nonce, now)
		done := Confirmed{Account: c.ID, Pending: verified.Pending()}
		if err != nil || !news {
			return done, err
		}
		return done, g.verified(ctx, use, done, c, verified, now, event.AccountVerified{CustomerID: c.ID, By: "mail"})
	})
}

// VerifyByStaff confirms a mail address because a member of staff says so.
func (g Gate) VerifyByStaff(ctx context.Context, key once.Request, account id.Customer, reason string) (Confirmed, error) {
	return settled(ctx, g.Store, key, func(use *once.Use) (Confirmed, error) {
		c, _, err := g.Store.Account(ctx, key.Tenant, account)
		if err != nil {
			return Confirmed{}, err
		}
		now, err := g.Store.Now(ctx, key.Tenant, c.TestClock)
		if err != nil {
			return Confirmed{}, err
		}
		verified, news, err := c.Verify(now)
		done := Confirmed{Account: c.ID, Pending: verified.Pending()}
		if err != nil || !news {
			return done, err
		}
		return done, g.verified(ctx, use, done, c, verified, now, event.AccountVerified{CustomerID: c.ID, By: "staff", Reason: reason})
	})
}

func (g Gate) verified(ctx context.Context, use *once.Use, done Confirmed, before, c Customer, now time.Time, told event.Data) error {
	if err := use.Answer(done); err != nil {
		return err
	}
	return g.Store.SaveAccount(ctx, Change{Tenant: c.Tenant, Account: c.ID, Use: use, Customer: &c, MoveTimer: c.MovesTimer(before),
		Events: []event.Envelope{event.New(ctx, c.Tenant, now, told)}})
}

// ConfirmEmail gives an account the mail address that waits, by the link of the mail that was sent there. Doing it again is
// harmless.
func (g Gate) ConfirmEmail(ctx context.Context, key once.Request, link token.Link) (Confirmed, error) {
	return settled(ctx, g.Store, key, func(use *once.Use) (Confirmed, error) {
		ctx, c, k, now, err := g.linked(ctx, link)
		if err != nil {
			return Confirmed{}, err
		}
		change, news, err := ConfirmEmail(ctx, c, k, link.Nonce, now)
		if err != nil || !news {
			return Confirmed{Account: c.ID, Pending: c.Pending()}, err
		}
		done := Confirmed{Account: c.ID, Pending: change.Customer.Pending()}
		if err := use.Answer(done); err != nil {
			return done, err
		}
		change.Use = use
		return done, g.Store.SaveAccount(ctx, change)
	})
}

// Reset sets a new password by the link of a mail, once. Who has the link has the mail, so that it confirms the address as
// well; all sessions end, and what was counted against the account is forgiven. The key's fingerprint must not cover the
// password: the stored hash vouches for it.
func (g Gate) Reset(ctx context.Context, key once.Request, link token.Link, password string) (Confirmed, error) {
	fresh := false
	out, err := settled(ctx, g.Store, key, func(use *once.Use) (Confirmed, error) {
		ctx, c, k, now, err := g.linked(ctx, link)
		if err != nil {
			return Confirmed{}, err
		}
		if c.Gone() {
			return Confirmed{}, ErrAccountExpired
		}
		if err := k.Reset.Check(link.Nonce, now); err != nil {
			return Confirmed{}, err
		}
		if weak := weakness(password, c); weak != "" {
			return Confirmed{}, ErrPasswordWeak.Naming("body.password", weak)
		}
		if k.PasswordHash, err = HashPassword(password); err != nil {
			return Confirmed{}, err
		}
		real := g.Clock.Now().Truncate(time.Millisecond)
		k.ChangedAt, k.Reset, k.EndedAt, k.Spared = now, nil, real, ""
		k.Version++
		change := Change{Tenant: c.Tenant, Account: c.ID, Use: use, Credentials: &k, Events: []event.Envelope{
			event.New(ctx, c.Tenant, now, event.PasswordChanged{CustomerID: c.ID, By: "reset"}),
			event.New(ctx, c.Tenant, now, event.SessionEnded{CustomerID: c.ID, Why: "password_reset"})}}
		for _, l := range c.Logins() {
			change.Pardon = append(change.Pardon, OnLogin(l.Name, ""))
		}
		change.Pardon = append(change.Pardon, ByOwner(c.ID, ""))
		verified, news, err := c.Verify(now)
		if err == nil && news && len(c.Roles) == 0 { // staff have nothing to confirm: they were invited at their address
			change.Customer, change.MoveTimer = &verified, verified.MovesTimer(c)
			change.Events = append(change.Events, event.New(ctx, c.Tenant, now, event.AccountVerified{CustomerID: c.ID, By: "reset"}))
		}
		done := Confirmed{Account: c.ID, Pending: verified.Pending()}
		if err := use.Answer(done); err != nil {
			return done, err
		}
		err = g.Store.SaveAccount(ctx, change)
		fresh = err == nil
		return done, err
	})
	if err != nil || fresh {
		return out, err
	}
	_, k, err := g.Store.Account(ctx, link.Tenant, out.Account)
	if err == nil && !CheckPassword(password, k.PasswordHash) {
		return Confirmed{}, fault.ErrKeyReused
	}
	return out, err
}
