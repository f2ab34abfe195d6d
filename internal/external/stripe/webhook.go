package stripe

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	stripe "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

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
	switch {
	case strings.HasPrefix(n.Type, "checkout.session."):
		var s stripe.CheckoutSession
		if err := json.Unmarshal(e.Data.Raw, &s); err != nil {
			return n, fmt.Errorf("stripe: %s: %w", e.ID, err)
		}
		session := SessionOf(&s)
		n.Setup = &session
	case strings.HasPrefix(n.Type, "payment_intent."):
		var pi stripe.PaymentIntent
		if err := json.Unmarshal(e.Data.Raw, &pi); err != nil {
			return n, fmt.Errorf("stripe: %s: %w", e.ID, err)
		}
		charge := ChargeOf(&pi)
		n.Charge = &charge
	}
	return n, nil
}
