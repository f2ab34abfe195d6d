package provisioning

import (
	"context"
	"time"

	"turnup/internal/base/event"
)

// Contract is how the contract of a service stands, as far as the network follows it.
type Contract struct {
	Name     string // of the plan
	Profile  Profile
	CapBytes int64
	Ended    bool
	Unpaid   bool // suspended for it
	Paused   bool // by the customer
}

// Sold is the speed and volume of the plan that a service follows. What network operations gave it instead, for repair or goodwill, lasts
// until the plan changes.
type Sold struct {
	Profile  Profile `dynamodbav:"p"`
	CapBytes int64   `dynamodbav:"c"`
}

// Follow lets a service be as its contract is now, and says what is to be announced; the version stays when it is so already. It can be
// asked in any order and any number of times.
func (s Service) Follow(ctx context.Context, c Contract, at time.Time) (next Service, events []event.Envelope) {
	if c.Ended {
		next, moved := s.Terminate(at)
		if !moved {
			return s, nil
		}
		return next, next.Ending(ctx, at)
	}
	next = s
	if sold := (Sold{c.Profile, c.CapBytes}); s.Sold != sold && !s.ending() {
		faster, moved, _ := s.NewSpeed(c.Profile, c.CapBytes)
		next, next.Sold, next.Name = faster, sold, c.Name
		next.Version = s.Version + 1
		if moved && s.State != Designed { // what is not set up yet is set up as it is then
			events = next.SpeedChange(ctx, at)
		}
	}
	next, asked := next.held(NonPayment, c.Unpaid, at)
	next, also := next.held(ByCustomer, c.Paused, at)
	if asked || also {
		events = append(events, next.Request(ctx, at))
		if next.State == Suspending {
			events = append(events, next.AccessChange(ctx, at))
		}
	}
	if next.Version > s.Version {
		next.Version = s.Version + 1 // one write, whatever it is of
	}
	return next, events
}

// held lets a service be held for a cause, or not; asks is true when there is work to do for it. One that was never active cannot be
// held: its contract does not run yet.
func (s Service) held(cause Cause, hold bool, at time.Time) (next Service, asks bool) {
	var err error
	switch {
	case hold == s.Held(cause):
		return s, false
	case hold:
		next, err = s.Suspend(Hold{Cause: cause, Reason: "as its contract", Since: at})
	default:
		next, err = s.Resume(cause, at)
	}
	if err != nil {
		return s, false
	}
	return next, next.State != s.State
}

// Ending is what is told of a service that begins to end, or has ended at once because nothing of it was in the network.
func (s Service) Ending(ctx context.Context, at time.Time) []event.Envelope {
	if s.State == Terminated {
		return []event.Envelope{s.Terminated(ctx, at)}
	}
	return []event.Envelope{s.Request(ctx, at), s.AccessChange(ctx, at)}
}
