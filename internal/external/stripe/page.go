package stripe

import (
	"context"
	"net/http"
	"strings"

	stripe "github.com/stripe/stripe-go/v76"

	"turnup/internal/base/id"
	"turnup/internal/domain/payment"
)

// StartPage implements payment.PageProvider: a Checkout Session in payment mode, for one line of the payment's amount
// (https://docs.stripe.com/payments/accept-a-payment?platform=web&ui=stripe-hosted). Our ids go to the session and to
// the PaymentIntent that Stripe makes when the customer tries a card, so that the events of both name the payment.
// Stripe takes an expiry from 30 minutes to 24 hours ahead.
func (c *Client) StartPage(ctx context.Context, r payment.PageRequest) (payment.Page, error) {
	pay, subject := r.Payment, string(r.Payment.OrderID)
	if pay.Bill != nil {
		subject = string(pay.Bill.Invoice)
	}
	meta := map[string]string{metaTenant: string(pay.Tenant), metaCustomer: string(pay.Customer), metaPayment: string(pay.ID), metaOrder: string(pay.OrderID)}
	in := &stripe.CheckoutSessionParams{
		Mode: stripe.String(string(stripe.CheckoutSessionModePayment)), PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		LineItems: []*stripe.CheckoutSessionLineItemParams{{Quantity: stripe.Int64(1), PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
			Currency: stripe.String(strings.ToLower(pay.Amount.Currency)), UnitAmount: &pay.Amount.Minor,
			ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: &r.Description}}}},
		ClientReferenceID: &subject, Metadata: meta, ExpiresAt: stripe.Int64(r.Expires.Unix()),
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{Description: &subject, Metadata: meta},
		SuccessURL:        stripe.String(withSession(r.ReturnURL)), CancelURL: &r.CancelURL,
	}
	if r.Language != "" {
		in.Locale = &r.Language
	}
	in.Context = ctx
	in.SetIdempotencyKey("page|" + string(pay.ID))
	s, err := patiently(ctx, func() (*stripe.CheckoutSession, error) { return c.api.CheckoutSessions.New(in) })
	if err != nil {
		return payment.Page{}, err
	}
	return payment.Page{SessionID: s.ID, URL: s.URL, ExpiresAt: timeOf(s.ExpiresAt)}, nil
}

// expandCharge asks for the PaymentIntent of a session and for the charge that took the money, in the same answer.
const expandCharge = "payment_intent.latest_charge"

// findPage reads what came of a page. The session decides, not the PaymentIntent: on an open page a declined card is
// followed by another.
func (c *Client) findPage(ctx context.Context, session string) (payment.Charge, error) {
	in := &stripe.CheckoutSessionParams{}
	in.AddExpand(expandCharge)
	in.Context = ctx
	return paged(patiently(ctx, func() (*stripe.CheckoutSession, error) { return c.api.CheckoutSessions.Get(session, in) }))
}

// closePage ends a page, so that nothing can be paid on it any more. Stripe refuses to end what is not open; then it is
// read as it is. There is no idempotency key: repeating it has no second effect, and a key would keep an old refusal.
func (c *Client) closePage(ctx context.Context, session string) (payment.Charge, error) {
	in := &stripe.CheckoutSessionExpireParams{}
	in.AddExpand(expandCharge)
	in.Context = ctx
	out, err := paged(patiently(ctx, func() (*stripe.CheckoutSession, error) { return c.api.CheckoutSessions.Expire(session, in) }))
	if statusOf(err) == http.StatusBadRequest {
		return c.findPage(ctx, session)
	}
	return out, err
}

func paged(s *stripe.CheckoutSession, err error) (payment.Charge, error) {
	if err != nil {
		return payment.Charge{}, err
	}
	return PageChargeOf(s), nil
}

// PageChargeOf maps a Checkout Session in payment mode to how its charge stands. Money that was taken counts in every
// state of the session; else the session says whether the customer can still pay.
func PageChargeOf(s *stripe.CheckoutSession) payment.Charge {
	out := payment.Charge{Tenant: id.Tenant(s.Metadata[metaTenant]), PaymentID: id.Payment(s.Metadata[metaPayment]), State: payment.ChargeProcessing}
	if intent := s.PaymentIntent; intent != nil {
		out.ID = intent.ID
		if taken := ChargeOf(intent); taken.State == payment.ChargeSucceeded {
			return taken
		}
	}
	switch s.Status {
	case stripe.CheckoutSessionStatusOpen:
		out.State = payment.ChargeOpen
	case stripe.CheckoutSessionStatusExpired:
		out.State, out.Reason = payment.ChargeCancelled, payment.Abandoned
	}
	return out
}
