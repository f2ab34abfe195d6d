package sandbox_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"turnup/internal/external/stripe/sandbox"
)

func expandSession() *stripe.CheckoutSessionParams {
	p := &stripe.CheckoutSessionParams{}
	p.AddExpand("setup_intent.payment_method")
	p.AddExpand("customer")
	return p
}

func TestCheckoutSetup(t *testing.T) {
	p := start(t, sandbox.Options{})
	cus := p.customer()
	s := p.setupSession(cus.ID)
	eq(t, "status", s.Status, stripe.CheckoutSessionStatusOpen)
	page := p.must(http.MethodGet, s.URL, nil)
	for _, want := range []string{`lang="en"`, "viewport", "TEST MODE", "4242 4242 4242 4242", `<label for="number">`,
		`href="https://shop.example/cancel?a=1&amp;b=2"`} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	// A declined card, an incomplete form and hostile input leave it open.
	a := p.submit(page, typed("4000000000009995"))
	if a.status != 402 || !strings.Contains(a.body, "insufficient funds") {
		t.Fatalf("declined: %d %s", a.status, a.body)
	}
	form := typed("")
	form.Set("name", `"><script>alert(1)</script>`)
	a = p.submit(a, form)
	if a.status != 400 || !strings.Contains(a.body, "incomplete") || strings.Contains(a.body, "<script>") {
		t.Fatalf("incomplete: %d %s", a.status, a.body)
	}
	form = typed("4242 4242 4242 4242")
	form.Del("exp_month")
	form.Set("expiry", "12 / 44")
	a = p.submit(a, form)
	eq(t, "redirect", a.status, http.StatusSeeOther)
	eq(t, "to", a.header.Get("Location"), "https://shop.example/done?session="+s.ID)

	s = must[*stripe.CheckoutSession](t)(p.api.CheckoutSessions.Get(s.ID, expandSession()))
	eq(t, "status", s.Status, stripe.CheckoutSessionStatusComplete)
	eq(t, "payment", s.PaymentStatus, stripe.CheckoutSessionPaymentStatusNoPaymentRequired)
	eq(t, "reference", s.ClientReferenceID, "pm_ref_1")
	eq(t, "intent", s.SetupIntent.Status, stripe.SetupIntentStatusSucceeded)
	eq(t, "metadata", s.SetupIntent.Metadata["tenant"], "demo")
	eq(t, "last4", s.SetupIntent.PaymentMethod.Card.Last4, "4242")
	eq(t, "holder", s.SetupIntent.PaymentMethod.BillingDetails.Name, "Ada Lovelace")
	eq(t, "customer", s.Customer.Email, "ada@example.com")
	eq(t, "attached", s.SetupIntent.PaymentMethod.Customer.ID, cus.ID)
	want := []string{"customer.created", "setup_intent.created", "setup_intent.setup_failed", "setup_intent.succeeded",
		"payment_method.attached", "checkout.session.completed"}
	if got := p.recorded(); !slices.Equal(got, want) {
		t.Fatalf("events %v", got)
	}
	if a := p.must(http.MethodGet, p.url+"/c/pay/"+s.ID, nil); !strings.Contains(a.body, "completed already") || strings.Contains(a.body, "<form") {
		t.Fatalf("completed page: %s", a.body)
	}
}

func TestCheckoutSetupAuthentication(t *testing.T) {
	p := start(t, sandbox.Options{})
	s := p.setupSession(p.customer().ID)
	a := p.payOn(s, "4000002500003155", "failed")
	eq(t, "back to", a.header.Get("Location"), "/c/pay/"+s.ID)
	si := must[*stripe.SetupIntent](t)(p.api.SetupIntents.Get(s.SetupIntent.ID, nil))
	eq(t, "status", si.Status, stripe.SetupIntentStatusRequiresPaymentMethod)
	eq(t, "why", si.LastSetupError.Code, stripe.ErrorCodeSetupIntentAuthenticationFailure)
	page := p.must(http.MethodGet, s.URL, nil)
	if !strings.Contains(page.body, "unable to authenticate") || !strings.Contains(page.body, `role="alert"`) {
		t.Fatalf("page: %s", page.body)
	}
	a = p.payOn(s, "4000002500003155", "succeeded")
	eq(t, "to", a.header.Get("Location"), "https://shop.example/done?session="+s.ID)
	got := p.recorded()
	if !slices.Contains(got, "setup_intent.setup_failed") || !slices.Contains(got, "setup_intent.requires_action") {
		t.Fatalf("events %v", got)
	}
}

func paymentSession(customer string) *stripe.CheckoutSessionParams {
	return &stripe.CheckoutSessionParams{
		Mode: stripe.String("payment"), Customer: &customer, SuccessURL: stripe.String("https://shop.example/done"),
		LineItems: []*stripe.CheckoutSessionLineItemParams{{Quantity: stripe.Int64(2), PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
			Currency: stripe.String("eur"), UnitAmount: stripe.Int64(1999),
			ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String("Fibre 500 <month>")}}}},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{SetupFutureUsage: stripe.String("off_session"),
			Description: stripe.String("Order 1"), Metadata: map[string]string{"order": "ord_1"}},
	}
}

func TestCheckoutPayment(t *testing.T) {
	p := start(t, sandbox.Options{})
	cus := p.customer()
	s := must[*stripe.CheckoutSession](t)(p.api.CheckoutSessions.New(paymentSession(cus.ID)))
	eq(t, "total", s.AmountTotal, 3998)
	eq(t, "unpaid", s.PaymentStatus, stripe.CheckoutSessionPaymentStatusUnpaid)
	page := p.must(http.MethodGet, s.URL, nil)
	if !strings.Contains(page.body, "Pay €39.98") || !strings.Contains(page.body, "Fibre 500 &lt;month&gt;") {
		t.Fatalf("page: %s", page.body)
	}
	// Authenticated and then declined: the page says why and stays.
	a := p.payOn(s, "4000008260003178", "succeeded")
	eq(t, "back to", a.header.Get("Location"), "/c/pay/"+s.ID)
	if page = p.must(http.MethodGet, s.URL, nil); !strings.Contains(page.body, "insufficient funds") {
		t.Fatalf("page: %s", page.body)
	}
	held := must[*stripe.CheckoutSession](t)(p.api.CheckoutSessions.Get(s.ID, nil)).PaymentIntent.ID
	_, err := p.api.PaymentIntents.Cancel(held, nil)
	eq(t, "cancel while open", refusal(t, err).Code, stripe.ErrorCodePaymentIntentUnexpectedState)
	eq(t, "to", p.payOn(s, "4000000000003220", "succeeded").header.Get("Location"), "https://shop.example/done")
	params := &stripe.CheckoutSessionParams{}
	params.AddExpand("payment_intent.latest_charge")
	s = must[*stripe.CheckoutSession](t)(p.api.CheckoutSessions.Get(s.ID, params))
	eq(t, "paid", s.PaymentStatus, stripe.CheckoutSessionPaymentStatusPaid)
	eq(t, "intent", s.PaymentIntent.Status, stripe.PaymentIntentStatusSucceeded)
	eq(t, "metadata", s.PaymentIntent.Metadata["order"], "ord_1")
	eq(t, "charge", s.PaymentIntent.LatestCharge.Amount, 3998)
	p.charge(cus.ID, s.PaymentIntent.PaymentMethod.ID, "") // kept for later
}

func TestCheckoutExpiry(t *testing.T) {
	p := start(t, sandbox.Options{})
	cus := p.customer()
	at := func(d time.Duration) error {
		params := paymentSession(cus.ID)
		params.ExpiresAt = stripe.Int64(time.Now().Add(d).Unix())
		_, err := p.api.CheckoutSessions.New(params)
		return err
	}
	eq(t, "too short", refusal(t, at(10*time.Minute)).Param, "expires_at")
	eq(t, "too long", refusal(t, at(25*time.Hour)).Param, "expires_at")
	eq(t, "an hour", at(time.Hour), nil)

	s, byHand := p.setupSession(cus.ID), p.setupSession(cus.ID)
	must[*stripe.CheckoutSession](t)(p.api.CheckoutSessions.Expire(byHand.ID, nil))
	_, err := p.api.CheckoutSessions.Expire(byHand.ID, nil)
	eq(t, "expire twice", refusal(t, err).HTTPStatusCode, 400)

	p.submit(p.must(http.MethodGet, s.URL, nil), typed("4000002500003155")) // leaves a challenge open
	p.control(http.MethodPost, "clock", `{"advanceSeconds":86401}`)
	got := must[*stripe.CheckoutSession](t)(p.api.CheckoutSessions.Get(s.ID, expandSession()))
	eq(t, "status", got.Status, stripe.CheckoutSessionStatusExpired)
	eq(t, "url", got.URL, "")
	eq(t, "intent", got.SetupIntent.Status, stripe.SetupIntentStatusCanceled)
	page := p.must(http.MethodGet, s.URL, nil)
	if page.status != http.StatusGone || !strings.Contains(page.body, "has expired") || !strings.Contains(page.body, "shop.example/cancel") {
		t.Fatalf("page: %d %s", page.status, page.body)
	}
	eq(t, "posting to it", p.must(http.MethodPost, s.URL, typed("4242424242424242")).status, http.StatusGone)
	expired := 0
	for _, kind := range p.recorded() {
		if kind == "checkout.session.expired" {
			expired++
		}
	}
	eq(t, "expired events", expired, 3)
}

// A session expires by itself, without anybody reading it.
func TestCheckoutExpiresInTheBackground(t *testing.T) {
	p := start(t, sandbox.Options{})
	r := p.receive("whsec_a")
	p.setupSession(p.customer().ID)
	r.await(2)
	p.control(http.MethodPost, "clock", `{"advanceSeconds":90000}`)
	got := r.await(4)
	if !slices.Contains(got, "checkout.session.expired") {
		t.Fatalf("events %v", got)
	}
}

func TestCheckoutRefusals(t *testing.T) {
	p := start(t, sandbox.Options{})
	for form, param := range map[string]string{
		"mode=setup&success_url=https://a.example":                                                     "currency",
		"mode=subscription&success_url=https://a.example":                                              "mode",
		"mode=setup&currency=eur":                                                                      "success_url",
		"mode=setup&currency=eur&success_url=javascript:alert(1)":                                      "success_url",
		"mode=setup&currency=eur&success_url=https://a.example&customer=cus_none":                      "customer",
		"mode=payment&success_url=https://a.example":                                                   "line_items",
		"mode=payment&success_url=https://a.example&line_items[0][quantity]=1":                         "line_items[0][price_data]",
		"mode=payment&success_url=https://a.example&setup_intent_data[description]=x":                  "setup_intent_data",
		"mode=setup&currency=eur&success_url=https://a.example&payment_method_types[0]=sepa_debit":     "payment_method_types",
		"mode=setup&currency=eur&success_url=https://a.example&setup_intent_data[on_behalf_of]=acct_1": "setup_intent_data[on_behalf_of]",
		"mode=setup&currency=eur&success_url=https://a.example&expand[]=line_items":                    "expand",
		"mode=setup&currency=eur&success_url=https://a.example&expires_at=soon":                        "expires_at",
	} {
		form := must[url.Values](t)(url.ParseQuery(form))
		a := p.must(http.MethodPost, "/v1/checkout/sessions", form)
		if a.status != 400 || !strings.Contains(a.body, `"param":"`+param+`"`) {
			t.Errorf("%v: %d %s", form, a.status, a.body)
		}
	}
}
