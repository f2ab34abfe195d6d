// Package invoicing consumes order.paid: it issues the invoice of the order.
package invoicing

import (
	"context"

	"turnup/internal/base/event"
)

// Name of the consumer, in metrics.
const Name = "on-invoicing"

// Store issues.
type Store interface {
	// InvoiceOrder issues the invoice of an order that was paid, once however often it is asked to.
	InvoiceOrder(ctx context.Context, cause event.Envelope, paid event.OrderPaid) error
}

// Consumer handles order.paid.
type Consumer struct{ Store Store }

// Handle invoices the order of one event.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	var paid event.OrderPaid
	if err := event.Decode(e, &paid); err != nil {
		return err
	}
	return c.Store.InvoiceOrder(ctx, e, paid)
}
