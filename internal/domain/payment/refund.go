package payment

import (
	"context"
	"errors"
	"log/slog"

	"turnup/internal/base/event"
)

// RefundNotified takes what a webhook tells of a refund. One that failed leaves the money with us: that is booked, and an
// operator must find another way to give it back. Anything else is known already.
func (c Checkout) RefundNotified(ctx context.Context, told Refund) error {
	if told.State != RefundFailed || told.PaymentID == "" {
		return nil
	}
	p, err := c.Book.Payment(ctx, told.Tenant, told.PaymentID)
	switch {
	case errors.Is(err, ErrUnknownPay):
		slog.WarnContext(ctx, "webhook of a refund of an unknown payment", "paymentId", told.PaymentID, "refund", told.ID)
		return nil
	case err != nil:
		return err
	case p.State == Pending, p.State == Failed:
		return ErrUnsettled // who asked for the refund has not written it down yet
	case p.Parked || p.State != Refunded:
		return nil
	}
	ctx = causedBy(ctx, p.Correlation, string(p.ID))
	p.Parked = true
	e := event.New(ctx, p.Tenant, c.Clock.Now(), event.PaymentParked{PaymentID: p.ID, CustomerID: p.Customer, OrderID: p.OrderID, InvoiceID: p.invoice(), Since: p.InitiatedAt,
		Reason: RefundNotPossible, Captured: &told.Amount})
	if err := c.Book.RefundFailed(ctx, p, told.Amount, e); !errors.Is(err, ErrMoved) {
		return err
	}
	return nil // another copy of the webhook was faster
}
