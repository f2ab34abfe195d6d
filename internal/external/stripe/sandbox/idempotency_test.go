package sandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"turnup/internal/external/stripe/sandbox"
)

// chargeForm is a charge as a form, for requests made without stripe-go.
func chargeForm(customer, method string) url.Values {
	return url.Values{"amount": {"1999"}, "currency": {"eur"}, "customer": {customer}, "payment_method": {method},
		"off_session": {"true"}, "confirm": {"true"}, "metadata[order]": {"ord_1"}}
}

func (p *psp) charges() []any {
	p.t.Helper()
	return p.control(http.MethodGet, "ledger", "")["charges"].([]any)
}

func TestIdempotentReplay(t *testing.T) {
	p := start(t, sandbox.Options{})
	cus := p.customer()
	for name, c := range map[string]struct {
		number string
		status int
	}{"success": {"4242424242424242", 200}, "decline": {"4000000000000341", 402}} {
		form := chargeForm(cus.ID, p.saved(cus.ID, c.number))
		before := len(p.charges())
		first := p.must(http.MethodPost, "/v1/payment_intents", form, "Idempotency-Key", name)
		again := p.must(http.MethodPost, "/v1/payment_intents", form, "Idempotency-Key", name)
		eq(t, name, first.status, c.status)
		eq(t, name+" status", again.status, first.status)
		eq(t, name+" body", again.body, first.body)
		eq(t, name+" first header", first.header.Get("Idempotent-Replayed"), "")
		eq(t, name+" header", again.header.Get("Idempotent-Replayed"), "true")
		eq(t, name+" original", again.header.Get("Original-Request"), first.header.Get("Request-Id"))
		eq(t, name+" charges", len(p.charges()), before+1)

		form.Set("amount", "2000")
		other := p.must(http.MethodPost, "/v1/payment_intents", form, "Idempotency-Key", name)
		if other.status != 400 || !strings.Contains(other.body, `"type":"idempotency_error"`) {
			t.Fatalf("other body: %d %s", other.status, other.body)
		}
		other = p.must(http.MethodPost, "/v1/customers", nil, "Idempotency-Key", name)
		if other.status != 400 || !strings.Contains(other.body, "same endpoint") {
			t.Fatalf("other path: %d %s", other.status, other.body)
		}
	}
	p.control(http.MethodPost, "clock", `{"advanceSeconds":86401}`)
	eq(t, "after its life", p.must(http.MethodPost, "/v1/customers", nil, "Idempotency-Key", "success").status, 200)
}

// What was refused before it began may be repeated with the same key.
func TestIdempotencyForgetsRefusedParameters(t *testing.T) {
	p := start(t, sandbox.Options{})
	key := []string{"Idempotency-Key", "k"}
	eq(t, "401", p.must(http.MethodPost, "/v1/customers", url.Values{"name": {"A"}}, "Idempotency-Key", "k", "Authorization", "none").status, 401)
	eq(t, "400", p.must(http.MethodPost, "/v1/customers", url.Values{"nome": {"A"}}, key...).status, 400)
	p.control(http.MethodPut, "faults", `[{"path":"/v1/","status":429,"times":1}]`)
	eq(t, "429", p.must(http.MethodPost, "/v1/customers", url.Values{"name": {"A"}}, key...).status, 429)
	a := p.must(http.MethodPost, "/v1/customers", url.Values{"name": {"A"}}, key...)
	eq(t, "200", a.status, 200)
	eq(t, "not replayed", a.header.Get("Idempotent-Replayed"), "")
}

func TestIdempotencyInParallel(t *testing.T) {
	p := start(t, sandbox.Options{})
	cus := p.customer()
	form := chargeForm(cus.ID, p.saved(cus.ID, "4242424242424242"))
	var wg sync.WaitGroup
	var mu sync.Mutex
	counts := map[int]int{}
	for range 50 {
		wg.Go(func() {
			a, err := p.send(http.MethodPost, "/v1/payment_intents", form, "Idempotency-Key", "parallel")
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			counts[a.status]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if counts[200] < 1 || counts[200]+counts[409] != 50 {
		t.Fatalf("answers %v", counts)
	}
	eq(t, "charges", len(p.charges()), 1)
}

// While the first request is under way the key answers 409; stripe-go tries
// again by itself and gets the first one's answer.
func TestIdempotencyKeyInUse(t *testing.T) {
	p := start(t, sandbox.Options{})
	cus := p.customer()
	pm := p.saved(cus.ID, "4242424242424242")
	form := chargeForm(cus.ID, pm)
	p.control(http.MethodPut, "faults", `[{"method":"POST","path":"/v1/payment_intents","mode":"hang","effect":true,"hangMs":700,"times":1}]`)
	first := make(chan answer, 1)
	go func() {
		a, _ := p.send(http.MethodPost, "/v1/payment_intents", form, "Idempotency-Key", "slow")
		first <- a
	}()
	time.Sleep(200 * time.Millisecond)
	a := p.must(http.MethodPost, "/v1/payment_intents", form, "Idempotency-Key", "slow")
	if a.status != 409 || !strings.Contains(a.body, "idempotency_key_in_use") {
		t.Fatalf("while in use: %d %s", a.status, a.body)
	}
	params := offSession(cus.ID, pm, 1999)
	params.SetIdempotencyKey("slow")
	params.AddMetadata("order", "ord_1")
	pi := must[*stripe.PaymentIntent](t)(clientFor(p.url, 3).PaymentIntents.New(params))
	eq(t, "same", strings.Contains((<-first).body, pi.ID), true)
	eq(t, "charges", len(p.charges()), 1)
}
