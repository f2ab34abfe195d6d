// Package refunds consumes refund.requested: it asks the PSP to give back what goes to cards.
package refunds

import (
	"context"

	"turnup/internal/base/event"
	"turnup/internal/domain/payment"
)

// Name of the consumer, in metrics.
const Name = "on-refunds"

// Consumer handles refund.requested.
type Consumer struct{ Returns payment.Returns }

// Handle carries out the refund of one event. What got no answer is delivered again.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	var asked event.RefundRequested
	if err := event.Decode(e, &asked); err != nil {
		return err
	}
	return c.Returns.Carry(ctx, e.Tenant, asked.CustomerID, asked.InvoiceID, asked.RefundID)
}
