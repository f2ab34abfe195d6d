// Package webhooks receives what third parties tell us. Each sender has its own function with its own secret.
package webhooks

import (
	"context"
	"log/slog"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/rest"
)

// StripeDeps are the parts the Stripe webhook works with.
type StripeDeps struct {
	// Read verifies the signature over the raw bytes and maps the event; payment.ErrSignature when it does not verify.
	Read     func(raw []byte, signature string) (payment.Notice, error)
	Setup    payment.Setup
	Cards    payment.Cards
	Checkout payment.Checkout
	Returns  payment.Returns
	Disputes payment.Disputes
}

type stripeInput struct {
	Signature string `header:"Stripe-Signature" required:"true" maxLength:"1000" doc:"t=…,v1=… over the raw body" example:"t=1893456000,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd"`
	RawBody   []byte `contentType:"application/json" doc:"A Stripe event"`
}

type received struct {
	Received bool `json:"received" doc:"Always true: the event was taken" example:"true"`
}

type stripeOutput struct {
	Body received
}

type stripe struct{ StripeDeps }

// RegisterStripe adds the operation to an API.
func RegisterStripe(a *rest.API, d StripeDeps) {
	s := stripe{d}
	rest.Register(a, rest.Op{
		ID: "receiveStripeEvent", Method: http.MethodPost, Path: "/webhooks/stripe", Audience: rest.Provider, Service: "webhooks",
		Summary: "Receive an event of the PSP",
		About:   "Settles payment methods and payments by the same path as the customer's own return; events may come late, twice and in any order. Types that are not acted on are answered 200 as well.",
		Events: []string{string(event.TypePaymentSucceeded), string(event.TypePaymentFailed), string(event.TypePaymentRefunded), string(event.TypeContractSigned), string(event.TypeOrderPaid),
			string(event.TypeRefundSettled), string(event.TypeRefundParked), string(event.TypePaymentDisputed), string(event.TypeDisputeClosed)},
		Faults: []*fault.Fault{payment.ErrSignature, payment.ErrUnsettled, payment.ErrPSPUnavailable},
		Request: map[string]any{"id": "evt_1OaaaaaaaaaaaaaaaaaaaaaA", "object": "event", "type": "checkout.session.completed", "api_version": "2023-10-16",
			"created": 1893456000, "livemode": false, "data": map[string]any{"object": map[string]any{"id": "cs_test_a1", "object": "checkout.session", "status": "complete"}}},
		Answer: received{Received: true},
	}, s.receive)
}

func (s stripe) receive(ctx context.Context, in *stripeInput) (*stripeOutput, error) {
	notice, err := s.Read(in.RawBody, in.Signature)
	if err != nil {
		return nil, err
	}
	slog.InfoContext(ctx, "webhook", "event", notice.EventID, "type", notice.Type)
	switch {
	case notice.Setup != nil:
		err = s.Setup.Notified(ctx, *notice.Setup)
	case notice.Charge != nil && notice.Charge.PaymentID != "":
		err = s.Checkout.Notified(ctx, *notice.Charge)
	case notice.Card != "":
		err = s.Cards.Refreshed(ctx, notice.Card)
	case notice.Dispute != nil:
		err = s.Disputes.Notified(ctx, *notice.Dispute)
	case notice.Refund != nil && notice.Refund.RefundID != "":
		err = s.Returns.Notified(ctx, *notice.Refund)
	case notice.Refund != nil:
		err = s.Checkout.RefundNotified(ctx, *notice.Refund)
	}
	if err != nil {
		return nil, err
	}
	return &stripeOutput{received{Received: true}}, nil
}
