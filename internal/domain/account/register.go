package account

import (
	"context"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
)

// Registrar registers accounts.
type Registrar struct {
	Store Keeper
	Clock clock.Clock
}

// Registered is what a registration answers. It is stored with the key, so it holds no secret: the session is signed
// anew from it, and comes out the same.
type Registered struct {
	CustomerID   id.Customer `json:"customerId"`
	Country      string      `json:"country"`
	RegisteredAt time.Time   `json:"registeredAt"`
}

// Register makes an account that is a customer at once: username, contact and country are given. Its mail address may be
// confirmed later. The key's fingerprint must not cover the password: the stored hash vouches for it, so a repetition is
// answered only to who knows the password.
func (r Registrar) Register(ctx context.Context, key once.Request, c Customer, password string, terms bool) (Registered, error) {
	if err := c.Validate(password, terms); err != nil {
		return Registered{}, err
	}
	c.Username, _ = Normalise(c.Username) // valid, see above
	return r.register(ctx, key, c, password, r.Clock.Now().Truncate(time.Second), buyer(ctx))
}

// RegisterBuyer makes an account of a mail address that is a customer at once, with name and country: somebody who is about to buy. They
// have no username. Their address may be confirmed later.
func (r Registrar) RegisterBuyer(ctx context.Context, key once.Request, c Customer, password string, terms bool) (Registered, error) {
	if err := c.ValidateBuyer(password, terms); err != nil {
		return Registered{}, err
	}
	return r.register(ctx, key, c, password, r.Clock.Now().Truncate(time.Second), buyer(ctx))
}

// buyer lets an account begin as a customer who can buy.
func buyer(ctx context.Context) func(Customer) (Customer, event.Envelope) {
	return func(c Customer) (Customer, event.Envelope) {
		c.Status, c.ProfiledAt, c.TermsAt = Active, c.RegisteredAt, c.RegisteredAt
		return c, event.New(ctx, c.Tenant, c.RegisteredAt, event.CustomerRegistered{CustomerID: c.ID, Country: c.Country, Marketing: c.Marketing})
	}
}

// RegisterEmail makes an account of a mail address, which is to be confirmed within a week. It becomes a customer when it
// gets a profile.
func (r Registrar) RegisterEmail(ctx context.Context, key once.Request, c Customer, password string) (Registered, error) {
	if err := c.ValidateEmail(password); err != nil {
		return Registered{}, err
	}
	now, err := r.Store.Now(ctx, c.Tenant, c.TestClock)
	if err != nil {
		return Registered{}, err
	}
	return r.register(ctx, key, c, password, now.Truncate(time.Second), func(c Customer) (Customer, event.Envelope) {
		c.TermsAt = c.RegisteredAt
		return c.BeginVerification(), event.New(ctx, c.Tenant, c.RegisteredAt, event.AccountRegistered{CustomerID: c.ID})
	})
}

func (r Registrar) register(ctx context.Context, key once.Request, c Customer, password string, now time.Time, begin func(Customer) (Customer, event.Envelope)) (Registered, error) {
	fresh := false
	out, err := once.Do(ctx, r.Store, key, func(use *once.Use) (Registered, error) {
		c.ID, c.RegisteredAt = id.New[id.Customer](id.CustomerPrefix, r.Clock.Now()), now
		hash, err := HashPassword(password)
		if err != nil {
			return Registered{}, err
		}
		c.Tier, c.Version = DefaultTier, 1
		born, announced := begin(c)
		done := Registered{CustomerID: born.ID, Country: born.Country, RegisteredAt: now}
		if err := use.Answer(done); err != nil {
			return done, err
		}
		err = r.Store.SaveAccount(ctx, Change{Tenant: c.Tenant, Account: born.ID, Use: use, Customer: &born, MoveTimer: born.MovesTimer(Customer{}), Take: born.Logins(),
			Credentials: &Credentials{Tenant: c.Tenant, Account: born.ID, PasswordHash: hash, ChangedAt: now, Version: 1},
			Events:      []event.Envelope{announced}})
		fresh = err == nil
		return done, err
	})
	if err != nil || fresh {
		return out, err
	}
	_, first, err := r.Store.Account(ctx, c.Tenant, out.CustomerID)
	if err != nil {
		return Registered{}, err
	}
	if !CheckPassword(password, first.PasswordHash) {
		return Registered{}, fault.ErrKeyReused
	}
	return out, nil
}
