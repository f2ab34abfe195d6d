// Package delivery consumes order.paid: it activates the entitlements of the order and moves it to delivered.
package delivery

import (
	"context"
	"errors"

	"turnup/internal/base/event"
	"turnup/internal/base/once"
)

// Name of the consumer, under which it remembers what it handled.
const Name = "on-delivery"

// Store delivers.
type Store interface {
	// Deliver activates what the order holds, moves it to delivered and remembers the event, in one transaction;
	// once.ErrHandled when it did so before.
	Deliver(ctx context.Context, consumer string, cause event.Envelope, paid event.OrderPaid) error
}

// Consumer handles order.paid.
type Consumer struct{ Store Store }

// Handle delivers the order of one event.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	var paid event.OrderPaid
	if err := event.Decode(e, &paid); err != nil {
		return err
	}
	if err := c.Store.Deliver(ctx, Name, e, paid); !errors.Is(err, once.ErrHandled) {
		return err
	}
	return nil
}
