package sandbox_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"turnup/internal/external/stripe/sandbox"
)

// Every mode, met by one charge: what the caller sees, whether money moved, and
// what the same key answers afterwards.
func TestFaults(t *testing.T) {
	cases := []struct {
		name, fault string
		status      int // 0: no answer
		effect      bool
		again       int
	}{
		{"before", `{"mode":"before"}`, 500, false, 200},
		{"status 503", `{"mode":"status","status":503}`, 503, false, 200},
		{"status 429", `{"status":429}`, 429, false, 200},
		{"after", `{"mode":"after"}`, 500, true, 500},
		{"after 429", `{"mode":"after","status":429}`, 429, true, 200},
		{"after, answer kept", `{"mode":"after","storeAnswer":true}`, 500, true, 200},
		{"refuse", `{"mode":"refuse"}`, 0, false, 200},
		{"lost", `{"mode":"lost"}`, 0, true, 200},
		{"hang", `{"mode":"hang","hangMs":50}`, 0, false, 200},
		{"hang with effect", `{"mode":"hang","hangMs":50,"effect":true}`, 200, true, 200},
		{"slow", `{"mode":"slow","hangMs":50}`, 200, true, 200},
		{"pattern", `{"mode":"before","path":"/v1/payment_*"}`, 500, false, 200},
		{"other method", `{"mode":"before","method":"GET","path":"/v1/payment_intents"}`, 200, true, 200},
		{"other path", `{"mode":"before","path":"/v1/refunds"}`, 200, true, 200},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := start(t, sandbox.Options{})
			cus := p.customer()
			form := chargeForm(cus.ID, p.saved(cus.ID, "4242424242424242"))
			p.control(http.MethodPut, "faults", `[`+c.fault[:len(c.fault)-1]+`,"times":1}]`)
			a, err := p.send(http.MethodPost, "/v1/payment_intents", form, "Idempotency-Key", "k")
			eq(t, "answered", err == nil, c.status != 0)
			eq(t, "status", a.status, c.status)
			eq(t, "effect", len(p.charges()) == 1, c.effect)
			p.control(http.MethodDelete, "faults", "")
			eq(t, "again", p.must(http.MethodPost, "/v1/payment_intents", form, "Idempotency-Key", "k").status, c.again)
			eq(t, "charges", len(p.charges()), 1)
		})
	}
}

// A fault without times lasts until it is cleared; with times it is used up,
// and the log tells each of them.
func TestFaultTimesAndLog(t *testing.T) {
	p := start(t, sandbox.Options{})
	p.control(http.MethodPut, "faults", `[{"method":"GET","path":"/v1/customers","mode":"refuse","times":2},{"path":"/v1/events","mode":"before"}]`)
	for _, want := range []bool{false, false, true} {
		_, err := p.send(http.MethodGet, "/v1/customers", nil)
		eq(t, "customers", err == nil, want)
		a := p.must(http.MethodGet, "/v1/events", nil)
		eq(t, "events", a.status, 500)
	}
	p.control(http.MethodDelete, "faults", "")
	eq(t, "cleared", p.must(http.MethodGet, "/v1/events", nil).status, 200)
	log := p.control(http.MethodGet, "requests", "")["requests"].([]any)
	eq(t, "log", len(log), 7)
	first := log[0].(map[string]any)
	eq(t, "fault", first["fault"].(string), "refuse")
	eq(t, "status", first["status"].(float64), 0)
}

// A client that gives up frees the key; the answer it missed is kept.
func TestHangEndsWhenTheClientGivesUp(t *testing.T) {
	p := start(t, sandbox.Options{})
	cus := p.customer()
	params := offSession(cus.ID, p.saved(cus.ID, "4242424242424242"), 1999)
	params.SetIdempotencyKey("impatient")
	p.control(http.MethodPut, "faults", `[{"path":"/v1/payment_intents","mode":"hang","effect":true,"hangMs":60000,"times":1}]`)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	params.Context = ctx
	_, err := p.api.PaymentIntents.New(params)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	params.Context = t.Context()
	pi := must[*stripe.PaymentIntent](t)(clientFor(p.url, 3).PaymentIntents.New(params))
	eq(t, "status", pi.Status, stripe.PaymentIntentStatusSucceeded)
	eq(t, "charges", len(p.charges()), 1)
}

func TestBadControlRequests(t *testing.T) {
	p := start(t, sandbox.Options{})
	for _, c := range [][3]string{
		{"PUT", "faults", `[{"mode":"explode"}]`}, {"PUT", "faults", `[{"mode":"hang"}]`}, {"PUT", "faults", `[{"status":200}]`},
		{"PUT", "faults", `[{"mode":"before","path":"["}]`}, {"PUT", "faults", `[null]`}, {"PUT", "delivery", `{"drop":7}`},
		{"PUT", "delivery", `{"duplicates":1}`}, {"PUT", "webhook", `{"url":"ftp://x","secrets":["a"]}`},
		{"PUT", "webhook", `{"url":"http://x"}`}, {"POST", "clock", `{"advanceSeconds":-1}`},
	} {
		req := must[*http.Request](t)(http.NewRequest(c[0], p.url+"/_sandbox/"+c[1], reader(c[2])))
		res := must[*http.Response](t)(http.DefaultClient.Do(req))
		res.Body.Close()
		eq(t, c[1]+" "+c[2], res.StatusCode, 400)
	}
	eq(t, "unknown", p.must(http.MethodGet, "/_sandbox/nothing", nil).status, 404)
}
