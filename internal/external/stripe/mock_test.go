package stripe_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/money"
	"turnup/internal/domain/payment"
	"turnup/internal/external/stripe"
	"turnup/internal/external/stripe/stripemock"
)

// Every request we send fits Stripe's own description of its API, as stripe-mock checks it: no unknown parameter, no
// wrong type. (What it answers are fixtures; they prove nothing about states.)
func TestOurRequestsFitStripesDescription(t *testing.T) {
	mock := stripemock.Start(t)
	psp := stripe.New("sk_test_turnup", mock, 10*time.Second)
	ctx := t.Context()
	p := payment.Payment{Tenant: "demo", ID: "pay_1", Customer: "cus_1", OrderID: "ord_1", Amount: money.Amount{Minor: 1299, Currency: "EUR"},
		PSPCustomer: "cus_psp", PSPMethod: "pm_psp", ReturnURL: "https://shop.example/back?x=1"}
	known := p
	known.ChargeID = "pi_1"
	paged := p
	paged.SessionID = "cs_test_1"
	calls := map[string]func() error{
		"CreateCustomer": func() error { _, err := psp.CreateCustomer(ctx, "demo", "cus_1"); return err },
		"DeleteCustomer": func() error { return psp.DeleteCustomer(ctx, "cus_psp") },
		"StartSetup": func() error {
			_, err := psp.StartSetup(ctx, payment.SetupRequest{Tenant: "demo", Customer: "cus_1", Reference: "pmr_1", PSPCustomer: "cus_psp",
				ReturnURL: "https://shop.example/back?reference=pmr_1", CancelURL: "https://shop.example/back?cancelled=true", Expires: time.Now().Add(time.Hour), Language: "de"})
			return err
		},
		"Setup": func() error { _, err := psp.Setup(ctx, "cs_test_1"); return err },
		"StartPage": func() error {
			_, err := psp.StartPage(ctx, payment.PageRequest{Payment: p, Description: "Fibre 500", ReturnURL: "https://shop.example/back",
				CancelURL: "https://shop.example/order", Expires: time.Now().Add(time.Hour), Language: "de"})
			return err
		},
		"Find a page":   func() error { _, err := psp.Find(ctx, paged); return err },
		"Cancel a page": func() error { _, err := psp.Cancel(ctx, paged, payment.Charge{}); return err },
		"Charge":        func() error { _, err := psp.Charge(ctx, p); return err },
		"Authenticate":  func() error { _, err := psp.Authenticate(ctx, p, payment.Charge{ID: "pi_1"}); return err },
		"Find":          func() error { _, err := psp.Find(ctx, p); return err },
		"Find by id":    func() error { _, err := psp.Find(ctx, known); return err },
		"Cancel":        func() error { _, err := psp.Cancel(ctx, p, payment.Charge{ID: "pi_1"}); return err },
		"Refund":        func() error { return psp.Refund(ctx, p, payment.Charge{ID: "pi_1"}) },
	}
	for name, call := range calls {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// the check bites: a parameter that Stripe does not know, and one of the wrong type, are refused
	for _, bad := range []string{"amount=1299&currency=eur&colour=red", "amount=much&currency=eur"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, mock+"/v1/payment_intents", strings.NewReader(bad))
		ok(t, err)
		req.Header.Set("Authorization", "Bearer sk_test_turnup")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultClient.Do(req)
		ok(t, err)
		res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("stripe-mock took %s: %s", bad, res.Status)
		}
	}
}
