package stripe_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/domain/payment"
	"turnup/internal/external/stripe"
	"turnup/internal/external/stripe/sandbox"
)

// bench is the client against a sandbox of its own.
type bench struct {
	*testing.T
	url string
	psp *stripe.Client
}

func start(t *testing.T) *bench {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{T: t, url: web.URL, psp: stripe.New("sk_test_turnup", web.URL, 5*time.Second)}
}

// call asks the sandbox: its control API, or its Stripe API as an operator would.
func (b *bench) call(method, path, body string) map[string]any {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, b.url+path, strings.NewReader(body))
	ok(b.T, err)
	if strings.HasPrefix(path, "/v1/") {
		req.Header.Set("Authorization", "Bearer sk_test_turnup")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := http.DefaultClient.Do(req)
	ok(b.T, err)
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != http.StatusOK {
		b.Fatalf("%s %s: %s %v %v", method, path, res.Status, out, err)
	}
	return out
}

// fault makes the next call of a path fail.
func (b *bench) fault(path, rest string) {
	b.Helper()
	b.call(http.MethodPut, "/_sandbox/faults", `[{"path":"`+path+`","times":1,`+rest+`}]`)
}

// moved is what the sandbox captured and gave back, in cents, and how many charges succeeded.
func (b *bench) moved() (captured, refunded float64, charges int) {
	b.Helper()
	l := b.call(http.MethodGet, "/_sandbox/ledger", "")
	captured, _ = l["captured"].(map[string]any)["eur"].(float64)
	refunded, _ = l["refunded"].(map[string]any)["eur"].(float64)
	for _, c := range l["charges"].([]any) {
		if c.(map[string]any)["status"] == "succeeded" {
			charges++
		}
	}
	return captured, refunded, charges
}

func (b *bench) wantMoved(captured, refunded float64, charges int) {
	b.Helper()
	if c, r, n := b.moved(); c != captured || r != refunded || n != charges {
		b.Errorf("the sandbox captured %v and refunded %v in %d charges; want %v, %v, %d", c, r, n, captured, refunded, charges)
	}
}

const shop = "https://shop.example"

func (b *bench) request(ref id.Reference) payment.SetupRequest {
	b.Helper()
	cus, err := b.psp.CreateCustomer(b.Context(), "demo", "cus_1")
	ok(b.T, err)
	return payment.SetupRequest{Tenant: "demo", Customer: "cus_1", Reference: ref, PSPCustomer: cus, ReturnURL: shop + "/back?reference=" + string(ref),
		CancelURL: shop + "/back?cancelled=true", Expires: time.Now().Add(payment.SetupWindow), Language: "de"}
}

var (
	formAction = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
	browser    = http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
)

// submit opens a page and posts its form, as a person would; it answers where the page sends them.
func (b *bench) submit(page string, form url.Values) string {
	b.Helper()
	if strings.HasPrefix(page, "/") {
		page = b.url + page
	}
	res, err := browser.Get(page)
	ok(b.T, err)
	raw, err := io.ReadAll(res.Body)
	res.Body.Close()
	ok(b.T, err)
	action := formAction.FindSubmatch(raw)
	if action == nil {
		b.Fatalf("no form on %s:\n%s", page, raw)
	}
	res, err = browser.PostForm(b.url+html.UnescapeString(string(action[1])), form)
	ok(b.T, err)
	res.Body.Close()
	return res.Header.Get("Location")
}

func card(number string) url.Values {
	return url.Values{"number": {number}, "exp_month": {"12"}, "exp_year": {"2044"}, "cvc": {"123"}, "name": {"Ada"}}
}

// enter gives a session a card and answers its challenge, if it comes to one, with the result.
func (b *bench) enter(s payment.SetupSession, number, result string) string {
	b.Helper()
	to := b.submit(s.URL, card(number))
	if strings.HasPrefix(to, "/3ds/") {
		to = b.submit(to, url.Values{"result": {result}})
	}
	return to
}

// purchase is a payment with a card saved over the hosted page.
func (b *bench) purchase(pay id.Payment, number string) payment.Payment {
	b.Helper()
	r := b.request(id.Reference("pmr_" + string(pay)))
	s, err := b.psp.StartSetup(b.Context(), r)
	ok(b.T, err)
	b.enter(s, number, "succeeded")
	done, err := b.psp.Setup(b.Context(), s.ID)
	ok(b.T, err)
	if done.State != payment.SetupComplete {
		b.Fatalf("the card %s was not saved: %+v", number, done)
	}
	return payment.Payment{Tenant: "demo", ID: pay, Customer: "cus_1", OrderID: "ord_1", Amount: money.Amount{Minor: 1299, Currency: "EUR"},
		PSPCustomer: r.PSPCustomer, PSPMethod: done.Method, ReturnURL: shop + "/back", State: payment.Pending}
}

// token is a payment with a test card that cannot be saved over the page, because its issuer refuses it there too.
func (b *bench) token(pay id.Payment, name string) payment.Payment {
	b.Helper()
	p := b.purchase(pay, "4242424242424242")
	p.PSPMethod = name
	return p
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func want(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got %v, want %v", err, target)
	}
}
