package account

import (
	"context"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
)

// Change is what one decision about an account writes, together or not at all. Rows that were read carry the version that
// was read plus one: when somebody else was faster, nothing is written and the answer is fault.ErrStale.
type Change struct {
	Tenant      id.Tenant
	Account     id.Customer
	Use         *once.Use    // the Idempotency-Key; nil where no request asked
	Customer    *Customer    // as it is afterwards; nil when it stays
	MoveTimer   bool         // the timer of the verification is set to when the customer says, or cleared; see Customer.MovesTimer
	Credentials *Credentials // as they are afterwards; nil when they stay
	Take        []Login      // names that must be free, and are the account's from now on; else their fault
	Free        []Login      // names that were the account's
	Start       *Session     // a session that begins
	End         id.Session   // a session that is over
	Pardon      []Attempt    // attempts that were no guesses, as it turned out
	Events      []event.Envelope
}

// Keeper keeps accounts.
type Keeper interface {
	once.Memory
	// SaveAccount writes a change.
	SaveAccount(ctx context.Context, c Change) error
	// Account reads an account; unknown is ErrUnknown.
	Account(ctx context.Context, tenant id.Tenant, account id.Customer) (Customer, Credentials, error)
	// AccountBy finds an account by a login name; unknown is ErrUnknown.
	AccountBy(ctx context.Context, tenant id.Tenant, name Login) (id.Customer, error)
	// Now is the time by a customer's clock: the system's unless it is a test clock.
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
}
