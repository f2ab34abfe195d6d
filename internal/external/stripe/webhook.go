package stripe

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	stripe "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"turnup/internal/base/id"
	"turnup/internal/domain/payment"
)

// ReadWebhook verifies the signature over the raw bytes, before anything is parsed, and maps the event. secrets are
// the endpoint's signing secrets, comma-separated: during rotation there are two.
func ReadWebhook(raw []byte, signature, secrets string) (payment.Notice, error) {
	var reasons []error
	for _, secret := range strings.Split(secrets, ",") {
		if secret = strings.TrimSpace(secret); secret == "" {
			continue
		}
		e, err := webhook.ConstructEvent(raw, signature, secret)
		if err == nil {
			return noticeOf(e)
		}
		reasons = append(reasons, err)
	}
	return payment.Notice{}, payment.ErrSignature.Because(errors.Join(reasons...))
}

func noticeOf(e stripe.Event) (payment.Notice, error) {
	n := payment.Notice{EventID: e.ID, Type: string(e.Type)}
	var err error
	switch {
	case strings.HasPrefix(n.Type, "checkout.session."):
		var s stripe.CheckoutSession
		if err = json.Unmarshal(e.Data.Raw, &s); err != nil {
			break
		}
		if s.Mode == stripe.CheckoutSessionModePayment {
			n.Charge = pageNotice(&s)
			break
		}
		session := SessionOf(&s)
		n.Setup = &session
	case strings.HasPrefix(n.Type, "payment_intent."):
		var pi stripe.PaymentIntent
		if err = json.Unmarshal(e.Data.Raw, &pi); err != nil {
			break
		}
		charge := ChargeOf(&pi)
		if e.Type == stripe.EventTypePaymentIntentSucceeded {
			charge.At = timeOf(e.Created)
		}
		n.Charge = &charge
	case strings.HasPrefix(n.Type, "charge.refund.") || strings.HasPrefix(n.Type, "refund."):
		var r stripe.Refund
		if err = json.Unmarshal(e.Data.Raw, &r); err != nil {
			break
		}
		refund := refundOf(&r)
		n.Refund = &refund
	case strings.HasPrefix(n.Type, "charge.dispute."):
		var d stripe.Dispute
		if err = json.Unmarshal(e.Data.Raw, &d); err != nil {
			break
		}
		n.Dispute = disputeOf(&d)
	case n.Type == "payment_method.updated" || n.Type == "payment_method.automatically_updated":
		var m stripe.PaymentMethod
		if err = json.Unmarshal(e.Data.Raw, &m); err != nil {
			break
		}
		n.Card = m.ID
	}
	if err != nil {
		return n, fmt.Errorf("stripe: %s: %w", e.ID, err)
	}
	return n, nil
}

// pageNotice tells that something happened on a payment page. What came of it is asked for: the event's session does
// not hold its PaymentIntent, and events come in any order.
func pageNotice(s *stripe.CheckoutSession) *payment.Charge {
	out := payment.Charge{State: payment.ChargeProcessing, Tenant: id.Tenant(s.Metadata[metaTenant]), PaymentID: id.Payment(s.Metadata[metaPayment])}
	if s.PaymentIntent != nil {
		out.ID = s.PaymentIntent.ID
	}
	return &out
}
