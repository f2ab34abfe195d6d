package stripe

import (
	"context"
	"errors"
	"net/http"
	"strings"

	stripe "github.com/stripe/stripe-go/v76"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/domain/payment"
)

// RefundPart implements payment.Refunder. What exists under our id is looked for first: an idempotency key is kept for a day only, and
// keeps a 500 it was answered whatever was done. The key makes two calls at once one refund.
func (c *Client) RefundPart(ctx context.Context, part payment.Part) (payment.Refund, error) {
	found, err := c.partRefunded(ctx, part)
	if err != nil || found.ID != "" {
		return found, err
	}
	in := &stripe.RefundParams{PaymentIntent: &part.ChargeID, Amount: &part.Amount.Minor,
		Metadata: map[string]string{metaTenant: string(part.Tenant), metaPayment: string(part.Payment), metaRefund: string(part.Refund)}}
	in.Context = ctx
	in.SetIdempotencyKey("refund|" + string(part.Refund) + "|" + string(part.Payment))
	made, err := patiently(ctx, func() (*stripe.Refund, error) { return c.api.Refunds.New(in) })
	var refused *stripe.Error
	switch {
	case err == nil:
		return refundOf(made), nil
	case errors.As(err, &refused) && refused.HTTPStatusCode >= http.StatusBadRequest && refused.HTTPStatusCode < http.StatusInternalServerError &&
		!errors.Is(err, payment.ErrUnanswered) && !errors.Is(err, payment.ErrPSPUnavailable):
		return payment.Refund{RefundID: part.Refund, PaymentID: part.Payment, Tenant: part.Tenant, State: payment.RefundFailed, Amount: part.Amount, Why: string(refused.Code)}, nil
	}
	return payment.Refund{}, err
}

// partRefunded looks among the refunds of a charge, of which Stripe answers the newest.
func (c *Client) partRefunded(ctx context.Context, part payment.Part) (payment.Refund, error) {
	in := &stripe.RefundListParams{PaymentIntent: &part.ChargeID}
	in.Context, in.Single, in.Limit = ctx, true, stripe.Int64(100)
	list := c.api.Refunds.List(in)
	if err := list.Err(); err != nil {
		return payment.Refund{}, classify(err)
	}
	for _, r := range list.RefundList().Data {
		if r.Metadata[metaRefund] == string(part.Refund) && r.Metadata[metaPayment] == string(part.Payment) {
			return refundOf(r), nil
		}
	}
	return payment.Refund{}, nil
}

// refundOf maps a Refund. Those that we asked for name their payment; those made on Stripe's dashboard do not.
func refundOf(r *stripe.Refund) payment.Refund {
	out := payment.Refund{ID: r.ID, RefundID: id.Refund(r.Metadata[metaRefund]), PaymentID: id.Payment(r.Metadata[metaPayment]), Tenant: id.Tenant(r.Metadata[metaTenant]),
		State: payment.RefundPending, Amount: money.Amount{Minor: r.Amount, Currency: strings.ToUpper(string(r.Currency))}}
	switch r.Status {
	case stripe.RefundStatusSucceeded:
		out.State = payment.RefundSucceeded
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		out.State, out.Why = payment.RefundFailed, string(r.FailureReason)
	}
	return out
}

// disputeOf maps a Dispute. Before the money is taken (an inquiry), and when one was closed, nothing is disputed.
func disputeOf(d *stripe.Dispute) *payment.Dispute {
	out := payment.Dispute{ID: d.ID, State: payment.DisputeOpen, Reason: string(d.Reason), Amount: money.Amount{Minor: d.Amount, Currency: strings.ToUpper(string(d.Currency))}}
	switch d.Status {
	case stripe.DisputeStatusWon:
		out.State = payment.DisputeWon
	case stripe.DisputeStatusLost:
		out.State = payment.DisputeLost
	case stripe.DisputeStatusWarningClosed, stripe.DisputeStatusWarningNeedsResponse, stripe.DisputeStatusWarningUnderReview:
		return nil
	}
	if d.PaymentIntent != nil {
		out.ChargeID = d.PaymentIntent.ID
	}
	return &out
}
