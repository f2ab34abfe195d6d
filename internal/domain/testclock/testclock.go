// Package testclock owns clocks that move only when they are told to, so that whoever integrates or demonstrates need not
// wait for what takes minutes or months. A customer who is attached to one lives by its time; moving it does what is due
// until then, in order.
//
// It does not own what is due (domain/timer), and it is for sandboxes only.
package testclock

import (
	"slices"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// The faults of test clocks.
var (
	ErrSandboxOnly = fault.New(fault.Forbidden, "sandbox_only", "Test clocks exist in sandboxes only.", "operator")
	ErrUnknown     = fault.New(fault.NotFound, "test_clock_not_found", "There is no such test clock.", "integrator")
	ErrAdvancing   = fault.New(fault.Conflict, "test_clock_advancing", "This test clock is still moving. Please wait until it is ready.", "integrator")
	ErrBackwards   = fault.New(fault.Invalid, "test_clock_backwards", "A test clock only moves forward.", "integrator")
	ErrFull        = fault.New(fault.Conflict, "test_clock_full", "This test clock has as many customers as it takes. Please make another one.", "integrator")
	ErrAttached    = fault.New(fault.Conflict, "customer_has_test_clock", "This customer lives by a test clock already.", "integrator")
	ErrWaiting     = fault.New(fault.Conflict, "customer_has_timers", "Something is due for this customer by the real time. Please attach customers before they buy.", "integrator")
)

// MaxCustomers of one clock. Each step of an advance reads the timers of all of them.
const MaxCustomers = 20

// Status tells whether a clock stands or moves.
type Status string

// The statuses.
const (
	Ready     Status = "ready"     // Now is what its customers' time is
	Advancing Status = "advancing" // what is due until Target is being done
)

// Clock is a test clock.
type Clock struct {
	Tenant    id.Tenant
	ID        id.TestClock
	Name      string // for people
	Now       time.Time
	Target    time.Time // where it moves to, or moved to last; not before Now
	Status    Status
	Customers []id.Customer // who lives by it
	CreatedAt time.Time     // by the real time
	Version   int64         // counts changes, from 1
}

// New makes a clock that shows the given time.
func New(tenant id.Tenant, name string, shows, created time.Time) Clock {
	shows = shows.UTC()
	return Clock{Tenant: tenant, ID: id.New[id.TestClock](id.TestClockPrefix, created), Name: name, Now: shows, Target: shows, Status: Ready, CreatedAt: created, Version: 1}
}

// Attach lets a customer live by the clock, who must not live by one yet and for whom nothing may wait: it would be due by
// the real time.
func (c Clock) Attach(customer id.Customer, has id.TestClock, waiting bool) (Clock, error) {
	switch {
	case has != "":
		return c, ErrAttached
	case waiting:
		return c, ErrWaiting
	case c.Status == Advancing:
		return c, ErrAdvancing
	case len(c.Customers) >= MaxCustomers:
		return c, ErrFull
	}
	c.Customers = append(slices.Clone(c.Customers), customer)
	c.Version++
	return c, nil
}

// Advance begins to move the clock.
func (c Clock) Advance(to time.Time) (Clock, error) {
	switch {
	case c.Status == Advancing:
		return c, ErrAdvancing
	case !to.After(c.Now):
		return c, ErrBackwards.Naming("body.to", "not after the clock's time")
	}
	c.Target, c.Status = to.UTC(), Advancing
	c.Version++
	return c, nil
}

// Step moves an advancing clock to something that is due, never back and never beyond its target.
func (c Clock) Step(due time.Time) Clock {
	if due.After(c.Target) {
		due = c.Target
	}
	if due.After(c.Now) {
		c.Now = due.UTC()
		c.Version++
	}
	return c
}

// Arrive ends an advance: everything until the target is done.
func (c Clock) Arrive() Clock {
	c.Now, c.Status = c.Target, Ready
	c.Version++
	return c
}
