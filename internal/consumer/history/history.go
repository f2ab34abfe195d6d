// Package history consumes every event of the bus but announcements of timers and clocks, and records those about a
// customer: the trail of who did what, when and why, and how far each customer's journey is; and whose the orders and invoices are; and
// what staff did.
//
// It takes events as they are, also types that are not known yet: what it records is the envelope and its data.
package history

import (
	"context"

	"turnup/internal/base/event"
	domain "turnup/internal/domain/history"
)

// Store keeps what happened.
type Store interface {
	// Record writes an entry and the stages it stands for, once.
	Record(ctx context.Context, e domain.Entry) error
	// RecordAct writes what somebody of the staff did, once, also when it is about no customer.
	RecordAct(ctx context.Context, e domain.Entry) error
	// Refer writes whose something is, once.
	Refer(ctx context.Context, r domain.Reference) error
}

// Consumer handles every event.
type Consumer struct{ Store Store }

// Handle records one event.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	entry, about, err := domain.EntryOf(e)
	if err != nil {
		return err
	}
	if entry.Staff() != "" {
		if err := c.Store.RecordAct(ctx, entry); err != nil {
			return err
		}
	}
	if !about {
		return nil
	}
	references, err := domain.ReferencesOf(e)
	if err != nil {
		return err
	}
	for _, r := range references {
		if err := c.Store.Refer(ctx, r); err != nil {
			return err
		}
	}
	return c.Store.Record(ctx, entry)
}
