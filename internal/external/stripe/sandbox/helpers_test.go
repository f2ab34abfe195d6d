package sandbox_test

import (
	"encoding/json"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"github.com/stripe/stripe-go/v76/webhook"

	"turnup/internal/external/stripe/sandbox"
)

// psp is a running sandbox with a stripe-go client that does not retry.
type psp struct {
	t      *testing.T
	url    string
	api    *client.API
	server *sandbox.Server
}

func start(t *testing.T, o sandbox.Options) *psp {
	t.Helper()
	s, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		web.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &psp{t: t, url: web.URL, api: clientFor(web.URL, 0), server: s}
}

func clientFor(base string, retries int64) *client.API {
	b := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{URL: stripe.String(base),
		MaxNetworkRetries: stripe.Int64(retries), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}})
	return client.New("sk_test_turnup", &stripe.Backends{API: b, Connect: b, Uploads: b})
}

// must fails the test on an error and passes the value on.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func eq[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// refusal is the Stripe error of a call that must fail.
func refusal(t *testing.T, err error) *stripe.Error {
	t.Helper()
	var e *stripe.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a Stripe error", err)
	}
	return e
}

func (p *psp) customer() *stripe.Customer {
	p.t.Helper()
	return must[*stripe.Customer](p.t)(p.api.Customers.New(&stripe.CustomerParams{Email: stripe.String("ada@example.com")}))
}

// control calls the control API and decodes its answer.
func (p *psp) control(method, path, body string) map[string]any {
	p.t.Helper()
	req := must[*http.Request](p.t)(http.NewRequest(method, p.url+"/_sandbox/"+path, strings.NewReader(body)))
	res := must[*http.Response](p.t)(http.DefaultClient.Do(req))
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s %s: %s %v %v", method, path, res.Status, out, err)
	}
	return out
}

// answer is what a raw request got.
type answer struct {
	status int
	header http.Header
	body   string
}

// send makes a raw request, without following redirects.
func (p *psp) send(method, target string, form url.Values, header ...string) (answer, error) {
	p.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = p.url + target
	}
	req := must[*http.Request](p.t)(http.NewRequest(method, target, strings.NewReader(form.Encode())))
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if strings.Contains(target, "/v1/") {
		req.Header.Set("Authorization", "Bearer sk_test_turnup")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(b)}, err
}

func (p *psp) must(method, target string, form url.Values, header ...string) answer {
	p.t.Helper()
	return must[answer](p.t)(p.send(method, target, form, header...))
}

var formAction = regexp.MustCompile(`<form method="post" action="([^"]+)"`)

// submit posts the form of a page at its own action, as a script would.
func (p *psp) submit(page answer, form url.Values) answer {
	p.t.Helper()
	m := formAction.FindStringSubmatch(page.body)
	if m == nil {
		p.t.Fatalf("no form on the page:\n%s", page.body)
	}
	return p.must(http.MethodPost, html.UnescapeString(m[1]), form)
}

// typed is the card form filled in.
func typed(number string) url.Values {
	return url.Values{"number": {number}, "exp_month": {"12"}, "exp_year": {"2044"}, "cvc": {"123"}, "name": {"Ada Lovelace"}}
}

func (p *psp) setupSession(customer string) *stripe.CheckoutSession {
	p.t.Helper()
	return must[*stripe.CheckoutSession](p.t)(p.api.CheckoutSessions.New(&stripe.CheckoutSessionParams{
		Mode: stripe.String("setup"), Currency: stripe.String("eur"), Customer: stripe.String(customer),
		SuccessURL: stripe.String("https://shop.example/done?session={CHECKOUT_SESSION_ID}"), CancelURL: stripe.String("https://shop.example/cancel?a=1&b=2"),
		ClientReferenceID: stripe.String("pm_ref_1"),
		SetupIntentData:   &stripe.CheckoutSessionSetupIntentDataParams{Metadata: map[string]string{"tenant": "demo"}},
	}))
}

// payOn gives the session a card, answering a challenge if there is one.
func (p *psp) payOn(s *stripe.CheckoutSession, number, result string) answer {
	p.t.Helper()
	a := p.submit(p.must(http.MethodGet, s.URL, nil), typed(number))
	if to := a.header.Get("Location"); strings.HasPrefix(to, "/3ds/") {
		a = p.submit(p.must(http.MethodGet, to, nil), url.Values{"result": {result}})
	}
	return a
}

// saved is a payment method saved over the hosted page.
func (p *psp) saved(customer, number string) string {
	p.t.Helper()
	s := p.setupSession(customer)
	eq(p.t, "hosted page", p.payOn(s, number, "succeeded").status, http.StatusSeeOther)
	si := must[*stripe.SetupIntent](p.t)(p.api.SetupIntents.Get(s.SetupIntent.ID, nil))
	eq(p.t, "setup intent", si.Status, stripe.SetupIntentStatusSucceeded)
	return si.PaymentMethod.ID
}

// offSession are the parameters of a charge without the holder.
func offSession(customer, method string, amount int64) *stripe.PaymentIntentParams {
	return &stripe.PaymentIntentParams{Amount: stripe.Int64(amount), Currency: stripe.String("eur"), Customer: stripe.String(customer),
		PaymentMethod: stripe.String(method), OffSession: stripe.Bool(true), Confirm: stripe.Bool(true)}
}

// receiver is a webhook endpoint that checks every signature strictly.
type receiver struct {
	t      *testing.T
	p      *psp
	url    string
	secret string
	mu     sync.Mutex
	events []stripe.Event
	bodies map[string]string
	fail   int // refuse this many first
}

func (p *psp) receive(secrets ...string) *receiver {
	p.t.Helper()
	r := &receiver{t: p.t, p: p, secret: secrets[len(secrets)-1], bodies: map[string]string{}}
	web := httptest.NewServer(r)
	p.t.Cleanup(web.Close)
	r.url = web.URL
	b, _ := json.Marshal(map[string]any{"url": web.URL, "secrets": secrets})
	p.control(http.MethodPut, "webhook", string(b))
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	ev, err := webhook.ConstructEvent(body, req.Header.Get("Stripe-Signature"), r.secret)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.t.Errorf("webhook refused: %v", err)
	}
	if r.fail > 0 {
		r.fail--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	r.events = append(r.events, ev)
	r.bodies[ev.ID] = string(body)
}

func (r *receiver) types() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]string, len(r.events))
	for i, ev := range r.events {
		out[i] = string(ev.Type)
	}
	return out
}

// await waits until n events have arrived.
func (r *receiver) await(n int) []string {
	r.t.Helper()
	for range 500 {
		if got := r.types(); len(got) >= n {
			return got
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.t.Fatalf("%d events awaited, got %v", n, r.types())
	return nil
}

// recorded are the types of all events, oldest first.
func (p *psp) recorded() []string {
	p.t.Helper()
	var out []string
	it := p.api.Events.List(&stripe.EventListParams{ListParams: stripe.ListParams{Limit: stripe.Int64(100)}})
	for it.Next() {
		out = append([]string{string(it.Event().Type)}, out...)
	}
	if it.Err() != nil {
		p.t.Fatal(it.Err())
	}
	return out
}
