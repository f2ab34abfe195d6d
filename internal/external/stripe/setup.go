package stripe

import (
	"context"
	"net/http"
	"strings"

	stripe "github.com/stripe/stripe-go/v76"

	"turnup/internal/base/id"
	"turnup/internal/domain/payment"
)

// Names under which our ids travel in Stripe's metadata.
const (
	metaTenant    = "turnup_tenant"
	metaCustomer  = "turnup_customer"
	metaReference = "turnup_reference"
	metaPayment   = "turnup_payment"
	metaOrder     = "turnup_order"
	metaRefund    = "turnup_refund"
)

// CreateCustomer implements payment.SetupProvider.
func (c *Client) CreateCustomer(ctx context.Context, tenant id.Tenant, customer id.Customer) (string, error) {
	p := &stripe.CustomerParams{Metadata: map[string]string{metaTenant: string(tenant), metaCustomer: string(customer)}}
	p.Context = ctx
	p.SetIdempotencyKey("customer|" + string(tenant) + "|" + string(customer))
	made, err := patiently(ctx, func() (*stripe.Customer, error) { return c.api.Customers.New(p) })
	if err != nil {
		return "", err
	}
	return made.ID, nil
}

// DeleteCustomer implements payment.ForgettingProvider: Stripe detaches the customer's cards as well
// (https://docs.stripe.com/api/customers/delete). There is no idempotency key: repeating it has no second effect.
func (c *Client) DeleteCustomer(ctx context.Context, pspCustomer string) error {
	p := &stripe.CustomerParams{}
	p.Context = ctx
	_, err := patiently(ctx, func() (*stripe.Customer, error) { return c.api.Customers.Del(pspCustomer, p) })
	if statusOf(err) == http.StatusNotFound {
		return nil // it is deleted
	}
	return err
}

// StartSetup implements payment.SetupProvider: a Checkout Session in setup mode, whose SetupIntent saves the card for
// off-session use (https://docs.stripe.com/payments/save-and-reuse?platform=checkout).
func (c *Client) StartSetup(ctx context.Context, r payment.SetupRequest) (payment.SetupSession, error) {
	meta := map[string]string{metaTenant: string(r.Tenant), metaCustomer: string(r.Customer), metaReference: string(r.Reference)}
	p := &stripe.CheckoutSessionParams{
		Mode: stripe.String(string(stripe.CheckoutSessionModeSetup)), Customer: &r.PSPCustomer, PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		ClientReferenceID: stripe.String(string(r.Reference)), Metadata: meta, SuccessURL: stripe.String(withSession(r.ReturnURL)), CancelURL: &r.CancelURL,
		ExpiresAt: stripe.Int64(r.Expires.Unix()), SetupIntentData: &stripe.CheckoutSessionSetupIntentDataParams{Metadata: meta},
	}
	if r.Language != "" {
		p.Locale = &r.Language
	}
	p.Context = ctx
	p.SetIdempotencyKey("setup|" + string(r.Reference))
	s, err := patiently(ctx, func() (*stripe.CheckoutSession, error) { return c.api.CheckoutSessions.New(p) })
	if err != nil {
		return payment.SetupSession{}, err
	}
	return SessionOf(s), nil
}

// Detach implements payment.CardProvider. Stripe refuses to detach what is detached; there is no idempotency key: repeating it has no
// second effect.
func (c *Client) Detach(ctx context.Context, pspMethod string) error {
	p := &stripe.PaymentMethodDetachParams{}
	p.Context = ctx
	_, err := patiently(ctx, func() (*stripe.PaymentMethod, error) { return c.api.PaymentMethods.Detach(pspMethod, p) })
	if code := statusOf(err); code == http.StatusBadRequest || code == http.StatusNotFound {
		return nil // it is nobody's
	}
	return err
}

// Saved implements payment.CardProvider: whose a card is lies in the metadata of Stripe's customer.
func (c *Client) Saved(ctx context.Context, pspMethod string) (payment.Saved, error) {
	p := &stripe.PaymentMethodParams{}
	p.AddExpand("customer")
	p.Context = ctx
	m, err := patiently(ctx, func() (*stripe.PaymentMethod, error) { return c.api.PaymentMethods.Get(pspMethod, p) })
	switch {
	case statusOf(err) == http.StatusNotFound:
		return payment.Saved{}, nil
	case err != nil:
		return payment.Saved{}, err
	}
	out := payment.Saved{PSPMethod: m.ID}
	if m.Customer != nil {
		out.Tenant, out.Customer = id.Tenant(m.Customer.Metadata[metaTenant]), id.Customer(m.Customer.Metadata[metaCustomer])
	}
	if m.Card != nil {
		out.Card = cardOf(m.Card)
	}
	return out, nil
}

func cardOf(c *stripe.PaymentMethodCard) payment.Card {
	return payment.Card{Brand: string(c.Brand), Last4: c.Last4, ExpMonth: c.ExpMonth, ExpYear: c.ExpYear}
}

// withSession asks Stripe to add the session's id to the return address. The braces must not be encoded.
func withSession(returnURL string) string {
	mark := "?"
	if strings.Contains(returnURL, "?") {
		mark = "&"
	}
	return returnURL + mark + "session_id={CHECKOUT_SESSION_ID}"
}

// Setup implements payment.SetupProvider.
func (c *Client) Setup(ctx context.Context, session string) (payment.SetupSession, error) {
	p := &stripe.CheckoutSessionParams{}
	p.AddExpand("setup_intent.payment_method")
	p.Context = ctx
	s, err := patiently(ctx, func() (*stripe.CheckoutSession, error) { return c.api.CheckoutSessions.Get(session, p) })
	if err != nil {
		return payment.SetupSession{}, err
	}
	return SessionOf(s), nil
}

// SessionOf maps a Checkout Session in setup mode; the card is there when the SetupIntent was expanded.
func SessionOf(s *stripe.CheckoutSession) payment.SetupSession {
	out := payment.SetupSession{ID: s.ID, URL: s.URL, Tenant: id.Tenant(s.Metadata[metaTenant]), Customer: id.Customer(s.Metadata[metaCustomer]),
		Reference: id.Reference(s.Metadata[metaReference]), State: payment.SetupOpen}
	intent := s.SetupIntent
	switch {
	case s.Status == stripe.CheckoutSessionStatusExpired:
		out.State = payment.SetupExpired
	case s.Status == stripe.CheckoutSessionStatusComplete && intent != nil && intent.Status == stripe.SetupIntentStatusSucceeded && intent.PaymentMethod != nil:
		out.State, out.Method = payment.SetupComplete, intent.PaymentMethod.ID
		if card := intent.PaymentMethod.Card; card != nil {
			out.Card = cardOf(card)
		}
	case intent != nil && intent.LastSetupError != nil:
		out.State = payment.SetupFailed
	}
	return out
}
