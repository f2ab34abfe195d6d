// Package delivery consumes order.paid: it activates the entitlements of the order and moves it to delivered.
package delivery

import (
	"context"
	"errors"
	"log/slog"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/order"
	"turnup/internal/platform/worker"
)

// Name of the consumer, under which it remembers what it handled.
const Name = "on-delivery"

// Store delivers.
type Store interface {
	// Deliver activates what the order holds, moves it to delivered and remembers the event, in one transaction;
	// once.ErrHandled when it did so before.
	Deliver(ctx context.Context, consumer string, cause event.Envelope, paid event.OrderPaid) error
	// NoteTrouble remembers what keeps an order from being delivered.
	NoteTrouble(ctx context.Context, tenant id.Tenant, o id.Order, t order.Trouble) error
}

// Consumer handles order.paid.
type Consumer struct {
	Store Store
	Clock clock.Clock
}

// Handle delivers the order of one event.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	var paid event.OrderPaid
	if err := event.Decode(e, &paid); err != nil {
		return err
	}
	err := c.Store.Deliver(ctx, Name, e, paid)
	if err == nil || errors.Is(err, once.ErrHandled) {
		return nil
	}
	c.note(ctx, e.Tenant, paid.OrderID, err)
	return err
}

// note lets staff see why an order hangs. That it cannot be noted changes nothing about the delivery.
func (c Consumer) note(ctx context.Context, tenant id.Tenant, o id.Order, failed error) {
	f := fault.Of(failed)
	if f == nil {
		f = fault.ErrInternal
	}
	t := order.Trouble{Code: f.Code, Text: f.Message, At: c.Clock.Now(), Parked: worker.Parks(ctx, failed)}
	if !t.Parked {
		t.Next = t.At.Add(worker.Pause(ctx, failed))
	}
	if err := c.Store.NoteTrouble(ctx, tenant, o, t); err != nil {
		slog.WarnContext(ctx, "trouble not noted", "orderId", o, "error", err.Error())
	}
}
