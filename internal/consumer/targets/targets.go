// Package targets consumes the events by which the journey's own targets are measured, and counts what they say, as they happen.
package targets

import (
	"context"

	"turnup/internal/base/event"
	"turnup/internal/domain/target"
)

// Name is the consumer's.
const Name = "on-targets"

// Store keeps what is known and counted.
type Store interface {
	// LearnTargets adds what an event says to what is known, and what that changes to the counters, once for each consumer.
	LearnTargets(ctx context.Context, consumer string, e event.Envelope, said []target.Said) error
}

// Consumer counts events.
type Consumer struct{ Store Store }

// Handle counts one event.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	data, err := read(e)
	if err != nil {
		return err
	}
	if said := target.Of(e, data); len(said) > 0 {
		return c.Store.LearnTargets(ctx, Name, e, said)
	}
	return nil
}
