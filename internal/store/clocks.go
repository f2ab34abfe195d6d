package store

import (
	"context"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/testclock"
)

// Now tells what time it is for a customer: the test clock's if there is one, else the real time, which costs nothing.
func (db *DB) Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error) {
	if clock == "" {
		return db.clock.Now().Truncate(time.Millisecond), nil // finer than people and events need
	}
	c, err := db.TestClock(ctx, tenant, clock)
	return c.Now, err
}

// TestClock reads a test clock; an unknown one is testclock.ErrUnknown.
func (db *DB) TestClock(ctx context.Context, tenant id.Tenant, clock id.TestClock) (testclock.Clock, error) {
	return get[testclock.Clock](ctx, db, timers, clockKey(tenant, clock), testclock.ErrUnknown)
}

// CreateTestClock writes a new test clock.
func (db *DB) CreateTestClock(ctx context.Context, use *once.Use, c testclock.Clock) error {
	t := db.tx()
	t.once(use)
	t.create(timers, clockKey(c.Tenant, c.ID), c, nil)
	return t.commit(ctx)
}

// AttachCustomer writes a clock and the customer who lives by it now, if nobody changed either meanwhile; else
// fault.ErrUnavailable, because trying again decides by what they are then.
func (db *DB) AttachCustomer(ctx context.Context, use *once.Use, c testclock.Clock, customer account.Customer) error {
	t := db.tx()
	t.once(use)
	t.clock(c)
	t.profile(customer, fault.ErrUnavailable)
	if !customer.VerificationDue().IsZero() { // which is due by that clock from now on
		t.verification(customer)
	}
	return t.commit(ctx)
}

// AdvanceTestClock writes a clock that begins to move, under the same condition.
func (db *DB) AdvanceTestClock(ctx context.Context, use *once.Use, c testclock.Clock, e event.Envelope) error {
	t := db.tx()
	t.once(use)
	t.clock(c)
	t.announce(e)
	return t.commit(ctx)
}

// MoveTestClock writes a clock that has moved, under the same condition.
func (db *DB) MoveTestClock(ctx context.Context, c testclock.Clock) error {
	t := db.tx()
	t.clock(c)
	return t.commit(ctx)
}

func (t *tx) clock(c testclock.Clock) {
	t.put(timers, clockKey(c.Tenant, c.ID), c, "Version = :was", item{":was": number(c.Version - 1)}, fault.ErrUnavailable)
}
