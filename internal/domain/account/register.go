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

// Store keeps customers.
type Store interface {
	once.Memory
	// Register writes the customer, the username, the event and the key in one transaction. A taken username is
	// ErrUsernameExists.
	Register(ctx context.Context, use *once.Use, c Customer, e event.Envelope) error
	// Customer reads one; unknown is fault.ErrNotFound.
	Customer(ctx context.Context, tenant id.Tenant, customer id.Customer) (Customer, error)
}

// Registrar registers customers.
type Registrar struct {
	Store Store
	Clock clock.Clock
}

// Registered is what a registration answers. It is stored with the key, so it holds no secret: the session is signed
// anew from it, and comes out the same.
type Registered struct {
	CustomerID   id.Customer `json:"customerId"`
	Country      string      `json:"country"`
	RegisteredAt time.Time   `json:"registeredAt"`
}

// Register creates the customer. The key's fingerprint must not cover the password: the stored hash vouches for it, so
// a repetition is answered only to who knows the password.
func (r Registrar) Register(ctx context.Context, key once.Request, c Customer, password string, terms bool) (Registered, error) {
	if err := c.Validate(password, terms); err != nil {
		return Registered{}, err
	}
	fresh := false
	out, err := once.Do(ctx, r.Store, key, func(use *once.Use) (Registered, error) {
		now := r.Clock.Now().Truncate(time.Second)
		c.Username, _ = Normalise(c.Username) // valid, see above
		c.ID, c.RegisteredAt, c.TermsAt = id.New[id.Customer](id.CustomerPrefix, now), now, now
		hash, err := HashPassword(password)
		if err != nil {
			return Registered{}, err
		}
		c.PasswordHash, c.Tier, c.Version = hash, DefaultTier, 1
		done := Registered{CustomerID: c.ID, Country: c.Country, RegisteredAt: now}
		if err := use.Answer(done); err != nil {
			return done, err
		}
		e := event.New(ctx, c.Tenant, now, event.CustomerRegistered{CustomerID: c.ID, Country: c.Country, Marketing: c.Marketing})
		err = r.Store.Register(ctx, use, c, e)
		fresh = err == nil
		return done, err
	})
	if err != nil || fresh {
		return out, err
	}
	first, err := r.Store.Customer(ctx, c.Tenant, out.CustomerID)
	if err != nil {
		return Registered{}, err
	}
	if !CheckPassword(password, first.PasswordHash) {
		return Registered{}, fault.ErrKeyReused
	}
	return out, nil
}
