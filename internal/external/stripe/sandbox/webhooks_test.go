package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"turnup/internal/external/stripe/sandbox"
)

func wait() { time.Sleep(10 * time.Millisecond) }

func reader(s string) io.Reader { return strings.NewReader(s) }

func (p *psp) customers(n int) {
	p.t.Helper()
	for range n {
		p.customer()
	}
}

func TestWebhookCarriesTheSnapshot(t *testing.T) {
	p := start(t, sandbox.Options{})
	r := p.receive("whsec_old", "whsec_new") // both sign; the receiver knows the new one
	cus := p.customer()
	params := offSession(cus.ID, p.saved(cus.ID, "4242424242424242"), 1999)
	params.SetIdempotencyKey("renewal|1")
	params.AddExpand("latest_charge")
	pi := must[*stripe.PaymentIntent](t)(p.api.PaymentIntents.New(params))
	must[*stripe.Refund](t)(p.api.Refunds.New(&stripe.RefundParams{PaymentIntent: &pi.ID, Amount: stripe.Int64(500)}))
	r.await(10)
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := map[string]stripe.Event{}
	for _, ev := range r.events {
		seen[string(ev.Type)] = ev
	}
	created, done := seen["payment_intent.created"], seen["payment_intent.succeeded"]
	eq(t, "at creation", created.Data.Object["status"].(string), "requires_confirmation")
	eq(t, "at the end", done.Data.Object["status"].(string), "succeeded")
	eq(t, "unexpanded", done.Data.Object["latest_charge"].(string), pi.LatestCharge.ID)
	eq(t, "key", done.Request.IdempotencyKey, "renewal|1")
	eq(t, "request", done.Request.ID, pi.LastResponse.RequestID)
	eq(t, "pending", done.PendingWebhooks, 1)
	eq(t, "refunded", seen["charge.refunded"].Data.Object["amount_refunded"].(float64), 500)
	for id, body := range r.bodies {
		got := p.must(http.MethodGet, "/v1/events/"+id, nil)
		var a, b map[string]any
		if json.Unmarshal([]byte(body), &a) != nil || json.Unmarshal([]byte(got.body), &b) != nil {
			t.Fatal("not JSON")
		}
		delete(a, "pending_webhooks")
		delete(b, "pending_webhooks")
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		eq(t, id, string(x), string(y))
	}
}

func TestWebhookRetry(t *testing.T) {
	p := start(t, sandbox.Options{})
	r := p.receive("whsec_a")
	r.fail = 1
	started := time.Now()
	p.customers(1)
	eq(t, "pending", p.control(http.MethodGet, "delivery", "")["pending"].(float64), 1)
	r.await(1)
	if after := time.Since(started); after < time.Second || after > 10*time.Second {
		t.Fatalf("second try after %v", after)
	}
}

func TestDeliverySwitches(t *testing.T) {
	p := start(t, sandbox.Options{})
	r := p.receive("whsec_a")
	settle := func(n int) []string {
		t.Helper()
		r.await(n)
		time.Sleep(150 * time.Millisecond) // whatever is too much would come now
		got := r.types()
		if len(got) != n {
			t.Fatalf("%d awaited, got %v", n, got)
		}
		r.mu.Lock()
		r.events = nil
		r.mu.Unlock()
		return got
	}
	set := func(body string) { t.Helper(); p.control(http.MethodPut, "delivery", body) }

	set(`{"duplicate":2}`)
	p.customers(1)
	settle(3)

	set(`{"delayMs":300}`)
	started := time.Now()
	p.customers(1)
	settle(1)
	if time.Since(started) < 300*time.Millisecond {
		t.Fatal("not delayed")
	}

	set(`{"drop":true}`)
	p.customers(3)
	set(`{"drop":["customer.created"]}`)
	p.setupSession(p.customer().ID)
	eq(t, "not dropped", settle(1)[0], "setup_intent.created")

	set(`{"hold":true,"concurrency":1}`)
	p.customers(20)
	time.Sleep(100 * time.Millisecond)
	eq(t, "held", p.control(http.MethodGet, "delivery", "")["held"].(float64), 20)
	eq(t, "none yet", len(r.types()), 0)
	eq(t, "released", p.control(http.MethodPost, "delivery/flush", "")["released"].(float64), 20)
	r.await(20)
	eq(t, "in order", inOrder(r), true)
	settle(20)

	set(`{"hold":true,"reorder":true,"concurrency":1}`)
	p.customers(20)
	set(`{"reorder":true,"concurrency":1}`) // letting go releases too
	r.await(20)
	eq(t, "shuffled", inOrder(r), false)
	settle(20)

	p.customers(20) // shuffled within the window, without holding
	r.await(20)
	eq(t, "reordered", inOrder(r), false)
	settle(20)
}

// inOrder tells whether customers arrived as they were created; the events list
// is the order of creation.
func inOrder(r *receiver) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []string
	for _, ev := range r.events {
		ids = append(ids, ev.ID)
	}
	return slices.Equal(ids, r.created(ids))
}

// created sorts event ids as the sandbox lists them.
func (r *receiver) created(ids []string) []string {
	it := r.p.api.Events.List(&stripe.EventListParams{ListParams: stripe.ListParams{Limit: stripe.Int64(100)}})
	var out []string
	for it.Next() {
		if slices.Contains(ids, it.Event().ID) {
			out = append([]string{it.Event().ID}, out...)
		}
	}
	return out
}

func TestWebhookEndpointsOfTheAPI(t *testing.T) {
	p := start(t, sandbox.Options{})
	var secret string
	got := make(chan string, 10)
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		ev, err := webhook.ConstructEvent(b, r.Header.Get("Stripe-Signature"), secret)
		if err != nil {
			t.Error(err)
		}
		got <- string(ev.Type)
	}))
	defer web.Close()
	we := must[*stripe.WebhookEndpoint](t)(p.api.WebhookEndpoints.New(&stripe.WebhookEndpointParams{URL: &web.URL,
		EnabledEvents: stripe.StringSlice([]string{"customer.updated"}), APIVersion: stripe.String(stripe.APIVersion)}))
	secret = we.Secret
	cus := p.customer()
	must[*stripe.Customer](t)(p.api.Customers.Update(cus.ID, &stripe.CustomerParams{Name: stripe.String("Ada")}))
	eq(t, "event", <-got, "customer.updated")
	again := must[*stripe.WebhookEndpoint](t)(p.api.WebhookEndpoints.Get(we.ID, nil))
	eq(t, "secret told once", again.Secret, "")
	eq(t, "deleted", must[*stripe.WebhookEndpoint](t)(p.api.WebhookEndpoints.Del(we.ID, nil)).Deleted, true)
	_, err := p.api.WebhookEndpoints.Get(we.ID, nil)
	eq(t, "gone", refusal(t, err).HTTPStatusCode, 404)
}
