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

// guestSession is a payment without a customer at the PSP.
func (p *psp) guestSession() *stripe.CheckoutSession {
	p.t.Helper()
	params := paymentSession("")
	params.Customer, params.PaymentIntentData.SetupFutureUsage = nil, nil
	params.SuccessURL, params.CancelURL = stripe.String("https://shop.example/done?order=1&session={CHECKOUT_SESSION_ID}"), stripe.String("https://shop.example/cancel?a=1&b=2")
	params.ExpiresAt = stripe.Int64(time.Now().Add(31 * time.Minute).Unix())
	params.Metadata = map[string]string{"payment": "pay_1"}
	return must[*stripe.CheckoutSession](p.t)(p.api.CheckoutSessions.New(params))
}

// reread is the session with all that came of it.
func (p *psp) reread(id string) *stripe.CheckoutSession {
	p.t.Helper()
	params := &stripe.CheckoutSessionParams{}
	params.AddExpand("payment_intent.latest_charge")
	return must[*stripe.CheckoutSession](p.t)(p.api.CheckoutSessions.Get(id, params))
}

// The PaymentIntent comes with the first try; declined tries leave the page open; the one that succeeds ends it.
func TestPaymentPageFromTryToTry(t *testing.T) {
	p := start(t, sandbox.Options{})
	s := p.guestSession()
	eq(t, "no intent yet", s.PaymentIntent == nil, true)
	eq(t, "customers", s.CustomerCreation, stripe.CheckoutSessionCustomerCreationIfRequired)
	page := p.must(http.MethodGet, s.URL, nil)
	for _, part := range []string{"Pay €39.98", "Fibre 500 &lt;month&gt; — €39.98", `<a id="back" href="https://shop.example/cancel?a=1&amp;b=2"`} {
		if !strings.Contains(page.body, part) || strings.Contains(page.body, "<script") {
			t.Errorf("the page lacks %s, or has a script:\n%s", part, page.body)
		}
	}
	eq(t, "looking at it makes no intent", p.reread(s.ID).PaymentIntent == nil, true)
	declined := p.submit(page, typed("4000000000000002"))
	eq(t, "declined", declined.status, http.StatusPaymentRequired)
	if !strings.Contains(declined.body, "Your card was declined.") || !strings.Contains(declined.body, `role="alert"`) {
		t.Errorf("the page does not tell: %s", declined.body)
	}
	s = p.reread(s.ID)
	eq(t, "session", s.Status, stripe.CheckoutSessionStatusOpen)
	eq(t, "unpaid", s.PaymentStatus, stripe.CheckoutSessionPaymentStatusUnpaid)
	eq(t, "intent", s.PaymentIntent.Status, stripe.PaymentIntentStatusRequiresPaymentMethod)
	eq(t, "why", s.PaymentIntent.LastPaymentError.Code, stripe.ErrorCodeCardDeclined)
	eq(t, "failed charge", s.PaymentIntent.LatestCharge.Paid, false)
	first := s.PaymentIntent.ID
	// the same page again, with a card that is asked for by its bank: refused, then passed
	challenge := p.submit(declined, typed("4000000000003220"))
	eq(t, "status", p.reread(s.ID).PaymentIntent.Status, stripe.PaymentIntentStatusRequiresAction)
	back := p.submit(p.must(http.MethodGet, challenge.header.Get("Location"), nil), url.Values{"result": {"failed"}})
	eq(t, "back to the page", back.header.Get("Location"), "/c/pay/"+s.ID)
	p.control(http.MethodPost, "clock", `{"advanceSeconds":900}`)
	done := p.payOn(s, "4000000000003220", "succeeded")
	eq(t, "to", done.header.Get("Location"), "https://shop.example/done?order=1&session="+s.ID)
	s = p.reread(s.ID)
	eq(t, "session", s.Status, stripe.CheckoutSessionStatusComplete)
	eq(t, "paid", s.PaymentStatus, stripe.CheckoutSessionPaymentStatusPaid)
	eq(t, "one intent", s.PaymentIntent.ID, first)
	eq(t, "received", s.PaymentIntent.AmountReceived, 3998)
	if off := time.Until(time.Unix(s.PaymentIntent.LatestCharge.Created, 0).Add(-900 * time.Second)).Abs(); off > 5*time.Second {
		t.Errorf("the charge's time is %s off the sandbox's clock", off)
	}
	want := []string{"payment_intent.created", "charge.failed", "payment_intent.payment_failed", "payment_intent.requires_action", "payment_intent.payment_failed",
		"payment_intent.requires_action", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"}
	if got := p.recorded(); !slices.Equal(got, want) {
		t.Errorf("events %v", got)
	}
	again := p.must(http.MethodGet, p.url+"/c/pay/"+s.ID, nil)
	if !strings.Contains(again.body, "Paid already") || !strings.Contains(again.body, "https://shop.example/done?order=1&amp;session="+s.ID) || strings.Contains(again.body, "<form") {
		t.Errorf("the page afterwards: %s", again.body)
	}
	p.must(http.MethodPost, p.url+"/c/pay/"+s.ID, typed("4242424242424242")) // a form left open elsewhere
	eq(t, "charges", len(p.charges()), 2)
	_, err := p.api.CheckoutSessions.Expire(s.ID, nil)
	e := refusal(t, err)
	eq(t, "expire", e.HTTPStatusCode, http.StatusBadRequest)
	eq(t, "why", e.Msg, "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `complete`.")
}

// An open page ends by the clock or by the caller, with its intent and its challenge, and is told of.
func TestPaymentPageEnds(t *testing.T) {
	for name, end := range map[string]func(*psp, *stripe.CheckoutSession){
		"by the clock": func(p *psp, _ *stripe.CheckoutSession) {
			p.control(http.MethodPost, "clock", `{"advanceSeconds":1861}`)
		},
		"by the caller": func(p *psp, s *stripe.CheckoutSession) {
			must[*stripe.CheckoutSession](p.t)(p.api.CheckoutSessions.Expire(s.ID, nil))
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, sandbox.Options{})
			s := p.guestSession()
			challenge := p.submit(p.must(http.MethodGet, s.URL, nil), typed("4000000000003220")).header.Get("Location")
			end(p, s)
			ended := p.reread(s.ID)
			eq(t, "session", ended.Status, stripe.CheckoutSessionStatusExpired)
			eq(t, "intent", ended.PaymentIntent.Status, stripe.PaymentIntentStatusCanceled)
			eq(t, "address", ended.URL, "")
			eq(t, "challenge", p.must(http.MethodPost, challenge, url.Values{"result": {"succeeded"}}).status, http.StatusGone)
			eq(t, "paying", p.must(http.MethodPost, s.URL, typed("4242424242424242")).status, http.StatusGone)
			_, err := p.api.CheckoutSessions.Expire(s.ID, nil)
			if !strings.Contains(refusal(t, err).Msg, "has a status of `expired`") {
				t.Errorf("expired again: %v", err)
			}
			want := []string{"payment_intent.created", "payment_intent.requires_action", "payment_intent.canceled", "checkout.session.expired"}
			if got := p.recorded(); !slices.Equal(got, want) {
				t.Errorf("events %v", got)
			}
			eq(t, "charges", len(p.charges()), 0)
		})
	}
}

// A capture takes another amount or currency as often as it was told to, and then what is asked for.
func TestCaptureControl(t *testing.T) {
	p := start(t, sandbox.Options{})
	p.control(http.MethodPut, "capture", `{"amountDelta":-100,"currency":"chf","times":2}`)
	for i, want := range []struct {
		amount   int64
		currency stripe.Currency
	}{{3898, "chf"}, {3898, "chf"}, {3998, "eur"}} {
		s := p.guestSession()
		p.payOn(s, "4000000000000002", "") // a declined card captures nothing and uses nothing up
		p.payOn(s, "4242424242424242", "")
		s = p.reread(s.ID)
		pi := s.PaymentIntent
		eq(t, "asked", pi.Amount, 3998)
		eq(t, "total", s.AmountTotal, 3998)
		eq(t, "received", pi.AmountReceived, want.amount)
		eq(t, "charge", pi.LatestCharge.AmountCaptured, want.amount)
		eq(t, "currency", pi.Currency, want.currency)
		if i == 0 {
			r := must[*stripe.Refund](t)(p.api.Refunds.New(&stripe.RefundParams{PaymentIntent: &pi.ID}))
			eq(t, "given back", r.Amount, want.amount)
			eq(t, "in", r.Currency, want.currency)
		}
	}
	p.control(http.MethodPut, "capture", `{"amountDelta":1}`)
	eq(t, "once by default", p.control(http.MethodGet, "capture", "")["capture"].(map[string]any)["times"].(float64), 1)
	eq(t, "cleared", p.control(http.MethodDelete, "capture", "")["capture"], nil)
	p.control(http.MethodPut, "capture", `{"currency":"usd"}`)
	p.control(http.MethodPost, "reset", "")
	eq(t, "forgotten", p.control(http.MethodGet, "capture", "")["capture"], nil)
	for _, bad := range []string{`{}`, `{"currency":"EUR"}`, `{"amountDelta":1,"times":0}`, `{"amount":1}`} {
		req := must[*http.Request](t)(http.NewRequest(http.MethodPut, p.url+"/_sandbox/capture", strings.NewReader(bad)))
		res := must[*http.Response](t)(http.DefaultClient.Do(req))
		res.Body.Close()
		eq(t, bad, res.StatusCode, http.StatusBadRequest)
	}
}
