package sandbox_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"

	"turnup/internal/external/stripe/sandbox"
)

// Every class of card, saved by a SetupIntent and then charged off session.
func TestCardsAtSetupAndCharge(t *testing.T) {
	const ok = ""
	cases := []struct {
		number       string
		setup        string // code/decline_code of the refusal, or 3ds, or ok
		charge       string
		chargeNotSet string // of the card attached without authentication
	}{
		{"4242424242424242", ok, ok, ok},
		{"5555555555554444", ok, ok, ok},
		{"4000002500003155", "3ds", ok, "authentication_required/authentication_required"},
		{"4000002760003184", "3ds", "authentication_required/authentication_required", "authentication_required/authentication_required"},
		{"4000000000003220", "3ds", ok, "authentication_required/authentication_required"},
		{"4000008260003178", "3ds", "card_declined/insufficient_funds", "authentication_required/authentication_required"},
		{"4000000000000341", ok, "card_declined/generic_decline", "card_declined/generic_decline"},
		{"4000000000000002", "card_declined/generic_decline", "card_declined/generic_decline", ""},
		{"4000000000009995", "card_declined/insufficient_funds", "card_declined/insufficient_funds", ""},
		{"4000000000009987", "card_declined/lost_card", "card_declined/lost_card", ""},
		{"4000000000009979", "card_declined/stolen_card", "card_declined/stolen_card", ""},
		{"4000000000000069", "expired_card/expired_card", "expired_card/expired_card", ""},
		{"4000000000000127", "incorrect_cvc/incorrect_cvc", "incorrect_cvc/incorrect_cvc", ""},
		{"4000000000000119", "processing_error/processing_error", "processing_error/processing_error", ""},
	}
	p := start(t, sandbox.Options{})
	for _, c := range cases {
		t.Run(c.number, func(t *testing.T) {
			p := &psp{t: t, url: p.url, api: p.api}
			cus := p.customer()
			pm := p.method(c.number)
			si, err := p.api.SetupIntents.New(&stripe.SetupIntentParams{Customer: &cus.ID, PaymentMethod: &pm.ID, Confirm: stripe.Bool(true),
				Usage: stripe.String("off_session"), ReturnURL: stripe.String("https://shop.example/back?x=1")})
			switch {
			case c.setup == "3ds":
				eq(t, "setup", err, nil)
				eq(t, "status", si.Status, stripe.SetupIntentStatusRequiresAction)
				a := p.submit(p.must(http.MethodGet, si.NextAction.RedirectToURL.URL, nil), url.Values{"result": {"succeeded"}})
				back := must[*url.URL](t)(url.Parse(a.header.Get("Location")))
				eq(t, "redirect_status", back.Query().Get("redirect_status"), "succeeded")
				eq(t, "setup_intent", back.Query().Get("setup_intent"), si.ID)
				eq(t, "secret", back.Query().Get("setup_intent_client_secret"), si.ClientSecret)
				eq(t, "own query", back.Query().Get("x"), "1")
			case c.setup != ok:
				e := refusal(t, err)
				eq(t, "setup refusal", string(e.Code)+"/"+string(e.DeclineCode), c.setup)
				eq(t, "http", e.HTTPStatusCode, 402)
				eq(t, "type", e.Type, stripe.ErrorTypeCard)
				eq(t, "left", e.SetupIntent.Status, stripe.SetupIntentStatusRequiresPaymentMethod)
				eq(t, "last", string(e.SetupIntent.LastSetupError.Code), strings.Split(c.setup, "/")[0])
				_, err := p.api.PaymentMethods.Attach(pm.ID, &stripe.PaymentMethodAttachParams{Customer: &cus.ID})
				eq(t, "attach refusal", string(refusal(t, err).DeclineCode), strings.Split(c.setup, "/")[1])
			default:
				eq(t, "setup", err, nil)
				eq(t, "status", si.Status, stripe.SetupIntentStatusSucceeded)
			}
			p.charge(cus.ID, pm.ID, c.charge)
			if c.setup == ok || c.setup == "3ds" {
				bare := p.method(c.number)
				_, err := p.api.PaymentMethods.Attach(bare.ID, &stripe.PaymentMethodAttachParams{Customer: &cus.ID})
				eq(t, "attach", err, nil)
				p.charge(cus.ID, bare.ID, c.chargeNotSet)
			}
		})
	}
}

func (p *psp) method(number string) *stripe.PaymentMethod {
	p.t.Helper()
	return must[*stripe.PaymentMethod](p.t)(p.api.PaymentMethods.New(&stripe.PaymentMethodParams{Type: stripe.String("card"),
		Card: &stripe.PaymentMethodCardParams{Number: stripe.String(number), ExpMonth: stripe.Int64(12), ExpYear: stripe.Int64(2044), CVC: stripe.String("123")}}))
}

// charge charges off session and checks the outcome down to the charge.
func (p *psp) charge(customer, method, want string) {
	p.t.Helper()
	t := p.t
	pi, err := p.api.PaymentIntents.New(offSession(customer, method, 1999))
	if want == "" {
		eq(t, "charge", err, nil)
		eq(t, "status", pi.Status, stripe.PaymentIntentStatusSucceeded)
		eq(t, "received", pi.AmountReceived, 1999)
		ch := must[*stripe.Charge](t)(p.api.Charges.Get(pi.LatestCharge.ID, nil))
		eq(t, "captured", ch.AmountCaptured, 1999)
		return
	}
	e := refusal(t, err)
	eq(t, "refusal", string(e.Code)+"/"+string(e.DeclineCode), want)
	eq(t, "http", e.HTTPStatusCode, 402)
	eq(t, "type", e.Type, stripe.ErrorTypeCard)
	eq(t, "left", e.PaymentIntent.Status, stripe.PaymentIntentStatusRequiresPaymentMethod)
	eq(t, "method", e.PaymentMethod.ID, method)
	eq(t, "last error", e.PaymentIntent.LastPaymentError.Code, e.Code)
	if e.Msg == "" || e.DocURL == "" || e.RequestID == "" {
		t.Fatalf("incomplete error: %+v", e)
	}
	ch := must[*stripe.Charge](t)(p.api.Charges.Get(e.ChargeID, nil))
	eq(t, "charge", ch.Status, stripe.ChargeStatusFailed)
	eq(t, "failure", ch.FailureCode, string(e.Code))
}

// The customer who is asked to authenticate a renewal does so later on a page.
func TestPaymentAuthenticatedAfterwards(t *testing.T) {
	for _, result := range []string{"succeeded", "failed"} {
		t.Run(result, func(t *testing.T) {
			p := start(t, sandbox.Options{})
			cus := p.customer()
			pm := p.saved(cus.ID, "4000002760003184")
			_, err := p.api.PaymentIntents.New(offSession(cus.ID, pm, 2500))
			id := refusal(t, err).PaymentIntent.ID
			pi := must[*stripe.PaymentIntent](t)(p.api.PaymentIntents.Confirm(id, &stripe.PaymentIntentConfirmParams{
				PaymentMethod: &pm, ReturnURL: stripe.String("https://shop.example/back")}))
			eq(t, "status", pi.Status, stripe.PaymentIntentStatusRequiresAction)
			eq(t, "action", pi.NextAction.Type, stripe.PaymentIntentNextActionTypeRedirectToURL)
			page := p.must(http.MethodGet, pi.NextAction.RedirectToURL.URL, nil)
			a := p.submit(page, url.Values{"result": {result}})
			eq(t, "redirect", a.status, http.StatusSeeOther)
			back := must[*url.URL](t)(url.Parse(a.header.Get("Location")))
			eq(t, "redirect_status", back.Query().Get("redirect_status"), result)
			eq(t, "payment_intent", back.Query().Get("payment_intent"), id)
			eq(t, "secret", back.Query().Get("payment_intent_client_secret"), pi.ClientSecret)
			eq(t, "second answer", p.submit(page, url.Values{"result": {result}}).status, http.StatusGone)
			pi = must[*stripe.PaymentIntent](t)(p.api.PaymentIntents.Get(id, nil))
			last := p.recorded()
			if result == "succeeded" {
				eq(t, "status", pi.Status, stripe.PaymentIntentStatusSucceeded)
				eq(t, "event", last[len(last)-1], "payment_intent.succeeded")
				return
			}
			eq(t, "status", pi.Status, stripe.PaymentIntentStatusRequiresPaymentMethod)
			eq(t, "why", pi.LastPaymentError.Code, stripe.ErrorCodePaymentIntentAuthenticationFailure)
			eq(t, "event", last[len(last)-1], "payment_intent.payment_failed")
		})
	}
}

func TestCardsThatAreRefusedWhenTyped(t *testing.T) {
	p := start(t, sandbox.Options{})
	for name, c := range map[string]struct {
		number, code, param string
		month, year         int64
		cvc                 string
	}{
		"luhn":       {"4242424242424241", "incorrect_number", "number", 12, 2044, "123"},
		"letters":    {"4242abc", "incorrect_number", "number", 12, 2044, "123"},
		"real card":  {"4539578763621486", "card_declined", "number", 12, 2044, "123"},
		"past year":  {"4242424242424242", "invalid_expiry_year", "exp_year", 12, 2001, "123"},
		"no month":   {"4242424242424242", "invalid_expiry_month", "exp_month", 13, 2044, "123"},
		"cvc letter": {"4242424242424242", "invalid_cvc", "cvc", 12, 2044, "12x"},
	} {
		_, err := p.api.PaymentMethods.New(&stripe.PaymentMethodParams{Type: stripe.String("card"), Card: &stripe.PaymentMethodCardParams{
			Number: &c.number, ExpMonth: &c.month, ExpYear: &c.year, CVC: &c.cvc}})
		e := refusal(t, err)
		eq(t, name, string(e.Code), c.code)
		eq(t, name+" param", e.Param, c.param)
		eq(t, name+" http", e.HTTPStatusCode, 402)
	}
}

func TestNamedTestCards(t *testing.T) {
	p := start(t, sandbox.Options{})
	cus := p.customer()
	a := must[*stripe.PaymentMethod](t)(p.api.PaymentMethods.Attach("pm_card_visa", &stripe.PaymentMethodAttachParams{Customer: &cus.ID}))
	b := must[*stripe.PaymentMethod](t)(p.api.PaymentMethods.New(&stripe.PaymentMethodParams{Type: stripe.String("card"),
		Card: &stripe.PaymentMethodCardParams{Token: stripe.String("tok_visa")}}))
	if a.ID == b.ID || a.Card.Fingerprint != b.Card.Fingerprint || a.Card.Last4 != "4242" {
		t.Fatalf("got %+v and %+v", a, b)
	}
	var ids []string
	it := p.api.PaymentMethods.List(&stripe.PaymentMethodListParams{Customer: &cus.ID, Type: stripe.String("card")})
	for it.Next() {
		ids = append(ids, it.PaymentMethod().ID)
	}
	if !slices.Equal(ids, []string{a.ID}) {
		t.Fatalf("listed %v", ids)
	}
	must[*stripe.PaymentMethod](t)(p.api.PaymentMethods.Detach(a.ID, nil))
	_, err := p.api.PaymentMethods.Attach(a.ID, &stripe.PaymentMethodAttachParams{Customer: &cus.ID})
	eq(t, "attach again", refusal(t, err).HTTPStatusCode, 400)
	_, err = p.api.PaymentMethods.Attach(b.ID, &stripe.PaymentMethodAttachParams{Customer: stripe.String("cus_none")})
	eq(t, "unknown customer", refusal(t, err).Code, stripe.ErrorCodeResourceMissing)
}
