package account

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
)

// ProfileKeeper keeps what customers say of themselves.
type ProfileKeeper interface {
	once.Memory
	// Customer reads an account; unknown is fault.ErrNotFound.
	Customer(ctx context.Context, tenant id.Tenant, customer id.Customer) (Customer, error)
	SaveAccount(ctx context.Context, c Change) error
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
}

// Profiles makes and changes profiles, and what staff note of their owners.
type Profiles struct{ Store ProfileKeeper }

// Completed is what making a profile answers. It is stored with the key, so that it holds no personal data.
type Completed struct {
	CustomerID id.Customer `json:"customerId"`
	Country    string      `json:"country"`
	ProfiledAt time.Time   `json:"profiledAt"`
}

// decideTries is how often a change is decided anew because somebody else was faster. Of those who write at once one
// succeeds each time.
const decideTries = 10

var errFaster = errors.New("account: others changed the account again and again")

// Create completes the profile of an account, by what its row says now: a session that began before the mail address was
// confirmed does not know of that.
func (p Profiles) Create(ctx context.Context, key once.Request, tenant id.Tenant, customer id.Customer, said Profile) (Completed, error) {
	return once.Do(ctx, p.Store, key, func(use *once.Use) (done Completed, err error) {
		err = p.change(ctx, tenant, customer, func(c Customer, now time.Time) (Change, error) {
			next, err := c.Complete(said, now)
			if err != nil {
				return Change{}, err
			}
			done = Completed{CustomerID: customer, Country: next.Country, ProfiledAt: next.ProfiledAt}
			registered := event.CustomerRegistered{CustomerID: customer, Country: next.Country, Marketing: next.Marketing}
			return Change{Use: use, Customer: &next, Events: []event.Envelope{event.New(ctx, tenant, now, registered)}}, use.Answer(done)
		})
		return done, err
	})
}

// Update changes what is said and leaves the rest, also what somebody else changes at the same time. meant refuses a version
// that the change is not meant for.
func (p Profiles) Update(ctx context.Context, tenant id.Tenant, customer id.Customer, said Profile, meant func(version int64) error) (is Customer, err error) {
	err = p.change(ctx, tenant, customer, func(c Customer, now time.Time) (Change, error) {
		if c.Gone() {
			return Change{}, ErrUnknown
		}
		if err := meant(c.Version); err != nil {
			return Change{}, err
		}
		next, fields, err := c.Update(said)
		if is = next; err != nil || len(fields) == 0 {
			return Change{}, err
		}
		updated := event.CustomerUpdated{CustomerID: customer, Fields: fields}
		return Change{Customer: &next, Events: []event.Envelope{event.New(ctx, tenant, now, updated)}}, nil
	})
	return is, err
}

// change writes what is decided of an account as it is, again as long as others are faster. A decision without a customer
// writes nothing.
func (p Profiles) change(ctx context.Context, tenant id.Tenant, customer id.Customer, decide func(Customer, time.Time) (Change, error)) error {
	for range decideTries {
		c, err := p.Store.Customer(ctx, tenant, customer)
		if errors.Is(err, fault.ErrNotFound) {
			return ErrUnknown
		}
		if err != nil {
			return err
		}
		now, err := p.Store.Now(ctx, tenant, c.TestClock)
		if err != nil {
			return err
		}
		change, err := decide(c, now.Truncate(time.Millisecond))
		if err != nil || change.Customer == nil {
			return err
		}
		change.Tenant, change.Account = tenant, customer
		if err := p.Store.SaveAccount(ctx, change); !errors.Is(err, fault.ErrStale) {
			return err
		}
	}
	return fault.ErrUnavailable.Because(errFaster)
}
