// Package history consumes every event of the bus but announcements of timers and clocks, and records those about a
// customer: the trail of who did what, when and why, and how far each customer's journey is.
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
}

// Consumer handles every event.
type Consumer struct{ Store Store }

// Handle records one event.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	entry, about, err := domain.EntryOf(e)
	if err != nil || !about {
		return err
	}
	return c.Store.Record(ctx, entry)
}
