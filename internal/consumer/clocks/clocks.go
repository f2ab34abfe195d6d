// Package clocks consumes clock.advanced: it moves a test clock from one due timer of its customers to the next, lets each
// be done before it goes on, and ends at the clock's new time.
//
// It announces timers and waits until their rows are cleared or moved; who handles them is internal/consumer/timers. A timer
// whose effect fails stays, and its clock goes on advancing, for everybody to see.
package clocks

import (
	"context"
	"fmt"
	"slices"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/testclock"
	"turnup/internal/domain/timer"
)

// Store has the clocks and the timers.
type Store interface {
	TestClock(ctx context.Context, tenant id.Tenant, clock id.TestClock) (testclock.Clock, error)
	// MoveTestClock writes a clock, if nobody changed it meanwhile; else fault.ErrUnavailable.
	MoveTestClock(ctx context.Context, c testclock.Clock) error
	// Timers are a customer's, as they are now: a timer of the last step must not be missed.
	Timers(ctx context.Context, tenant id.Tenant, customer id.Customer) ([]timer.Pending, error)
}

// Bus takes events; it answers how many it took.
type Bus interface {
	Announce(ctx context.Context, events []event.Envelope) (int, error)
}

// Consumer handles clock.advanced.
type Consumer struct {
	Store  Store
	Bus    Bus
	Clock  clock.Clock   // the real time
	Look   time.Duration // pause between two looks at a timer that was announced
	Again  time.Duration // after which a timer that is still due is announced once more, as ticks do: who handled it may have set it anew for the same moment
	Quiet  time.Duration // how long nothing may come up before the advance is over: effects lead to further effects
	Margin time.Duration // what is left of the function's time when it gives up, to go on at the next delivery
}

// Handle moves one clock. It gives up with a passing fault shortly before its time is over; the next delivery goes on from
// where the clock is.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	var advanced event.ClockAdvanced
	if err := event.Decode(e, &advanced); err != nil {
		return err
	}
	soft := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		soft, cancel = context.WithDeadline(ctx, deadline.Add(-c.Margin))
		defer cancel()
	}
	for quiet := false; ; {
		at, err := c.Store.TestClock(ctx, e.Tenant, advanced.TestClockID)
		if err != nil || at.Status != testclock.Advancing || !at.Target.Equal(advanced.To) {
			return err // arrived before, or this is an old announcement
		}
		next, err := c.next(ctx, at)
		switch {
		case err != nil:
			return err
		case next != nil:
			quiet = false
			if err := c.step(ctx, soft, at, *next); err != nil {
				return err
			}
		case quiet:
			return c.Store.MoveTestClock(ctx, at.Arrive())
		default: // once more after a while
			quiet = true
			if err := rest(soft, c.Quiet); err != nil {
				return err
			}
		}
	}
}

// next is the first of what the clock's customers have due until its target.
func (c Consumer) next(ctx context.Context, at testclock.Clock) (*timer.Pending, error) {
	var next *timer.Pending
	for _, customer := range at.Customers {
		waiting, err := c.Store.Timers(ctx, at.Tenant, customer)
		if err != nil {
			return nil, err
		}
		for _, w := range waiting {
			if w.TestClock == at.ID && !w.Due.After(at.Target) && (next == nil || w.Due.Before(next.Due)) {
				next = &w
			}
		}
	}
	return next, nil
}

// step moves the clock to a timer, announces it and waits until it is done.
func (c Consumer) step(ctx, soft context.Context, at testclock.Clock, w timer.Pending) error {
	if moved := at.Step(w.Due); moved.Version != at.Version {
		if err := c.Store.MoveTestClock(ctx, moved); err != nil {
			return err
		}
	}
	for {
		e := event.New(ctx, w.Tenant, c.Clock.Now(), event.TimerDue{Kind: string(w.Kind), CustomerID: w.Customer, Subject: w.Subject, Due: w.Due})
		if _, err := c.Bus.Announce(ctx, []event.Envelope{e}); err != nil {
			return err
		}
		for waited := time.Duration(0); waited < c.Again; waited += c.Look {
			if err := rest(soft, c.Look); err != nil {
				return err
			}
			if still, err := c.stillDue(ctx, w); err != nil || !still {
				return err
			}
		}
	}
}

// stillDue tells whether a timer is there as it was, or was set anew for the same moment or an earlier one.
func (c Consumer) stillDue(ctx context.Context, w timer.Pending) (bool, error) {
	waiting, err := c.Store.Timers(ctx, w.Tenant, w.Customer)
	return slices.ContainsFunc(waiting, func(now timer.Pending) bool {
		return now.Kind == w.Kind && now.Subject == w.Subject && !now.Due.After(w.Due)
	}), err
}

// rest pauses, or tells that the time is over.
func rest(soft context.Context, d time.Duration) error {
	select {
	case <-soft.Done():
		return fault.ErrUnavailable.Because(fmt.Errorf("clocks: not done in time: %w", soft.Err()))
	case <-time.After(d):
		return nil
	}
}
