package portal

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

var placeholder = regexp.MustCompile(`\{[a-zA-Z0-9]+\}`)

// Every language has the same words, with the same placeholders; what the pages say is there.
func TestWordsAreWhole(t *testing.T) {
	all := shipped()
	for tag, w := range all {
		if got := slices.Sorted(maps.Keys(w)); !slices.Equal(got, slices.Sorted(maps.Keys(all["en"]))) {
			t.Errorf("%s has other words than en", tag)
		}
		for key, text := range w {
			mine, theirs := placeholder.FindAllString(text, -1), placeholder.FindAllString(all["en"][key], -1)
			slices.Sort(mine)
			slices.Sort(theirs)
			if !slices.Equal(slices.Compact(mine), slices.Compact(theirs)) || text == "" {
				t.Errorf("%s: %s has other placeholders than en: %q", tag, key, text)
			}
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`say\("([^"]*[^".])"`)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range said.FindAllStringSubmatch(string(raw), -1) {
			if all["en"][m[1]] == "" {
				t.Errorf("%s says %q, which has no words", f, m[1])
			}
		}
	}
}

// api is a stand-in for the API. It answers nobody before as many are there as a page asks at once.
type api struct {
	mu      sync.Mutex
	answers map[string]string // by method and path
	refused map[string]string // code of a proof that is wrong, by path
	atOnce  int
	waiting chan struct{}
	asked   []string
	keys    []string
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.asked = append(a.asked, r.Method+" "+r.URL.Path)
	if key := r.Header.Get("Idempotency-Key"); key != "" && !strings.HasPrefix(r.URL.Path, "/auth") {
		a.keys = append(a.keys, key)
	}
	if len(a.asked) == a.atOnce {
		close(a.waiting)
	}
	gate := a.waiting
	a.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-time.After(20 * time.Second):
			http.Error(w, "the others do not come", http.StatusTeapot)
			return
		}
	}
	answer, ok := a.answers[r.Method+" "+r.URL.Path]
	if code := a.refused[r.URL.Path]; code != "" {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"code":"` + code + `","detail":"No."}`))
		return
	}
	if !ok {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusNotFound)
		answer = `{"code":"subscription_not_found","detail":"There is no such subscription."}`
	}
	_, _ = w.Write([]byte(answer))
}

type browser struct {
	site *web.Site
	api  *api
	jar  map[string]string
}

func open(t *testing.T, answers map[string]string) *browser {
	t.Helper()
	now := time.Date(2030, 1, 15, 12, 0, 0, 0, time.UTC)
	in, err := json.Marshal(session.SignedIn{Account: "cus_1", Access: "a", AccessExpires: now.Add(time.Hour), Refresh: "r", RefreshExpiresAt: now.Add(2 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	answers["POST /auth/login"] = string(in)
	b := &browser{api: &api{answers: answers}, jar: map[string]string{}}
	server := httptest.NewServer(b.api)
	t.Cleanup(server.Close)
	cookies, err := web.NewCookies(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
	if err != nil {
		t.Fatal(err)
	}
	l := look.New(look.Theme{Brand: "Demo", Color: "#1f4fd8"}, "portal", "assets")
	if b.site, err = web.New(web.Options{Tenant: "demo", Clock: clock.At(now), Base: "https://isp.example/v1", Cookies: cookies, Problem: Problem(l)}); err != nil {
		t.Fatal(err)
	}
	Register(b.site, Deps{API: session.NewAPI(server.URL), Look: l, PSPPages: "https://pay.example"})
	if w := b.visit("POST", "/portal/sign-in", url.Values{"login": {"ada"}, "password": {"right"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("sign-in: %d %s", w.Code, w.Body)
	}
	b.api.asked = nil
	return b
}

func (b *browser) visit(method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://isp.example"+path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.site.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		b.jar[c.Name] = c.Value
	}
	return w
}

const (
	line1 = `{"subscriptionId":"sub_1","name":"Fibre 300","itemId":"plan_fibre-300","status":"active","price":{"currency":"EUR","minor":2999},"billingPeriod":"P1M",
		"period":{"from":"2030-01-01","until":"2030-02-01"},"nextBilling":"2030-02-01","serviceId":"svc_1","timeZone":"Europe/Berlin","credit":{"currency":"EUR","minor":0}}`
	used = `{"subscriptionId":"sub_1","capBytes":1000000000000,"totalBytes":420000000000,"from":"2030-01-01","until":"2030-02-01","online":true,"days":[{"day":"2030-01-03","downBytes":400000000000,"upBytes":20000000000}],"past":[]}`
)

// What a page shows it asks for at once, so that it takes one round trip: the API answers nobody before all are there.
func TestPagesAskAtOnce(t *testing.T) {
	bill := `{"invoiceId":"inv_1","number":"1","kind":"invoice","status":"open","due":{"currency":"EUR","minor":1},"total":{"currency":"EUR","minor":1},"currency":"EUR"}`
	answers := map[string]string{"GET /subscriptions": `{"subscriptions":[` + line1 + `]}`, "GET /invoices": `{"invoices":[]}`, "GET /subscriptions/sub_1/usage": used, "GET /services": `{}`, "GET /subscriptions/sub_1": line1,
		"GET /invoices/inv_1": bill, "GET /payment-methods": `{"methods":[]}`, "GET /wallet": `{}`, "GET /wallet/entries": `{}`, "GET /plans": `{}`, "GET /customers/cus_1": `{}`, "GET /tickets": `{}`,
		"GET /tickets/tic_1": `{}`, "GET /orders": `{}`, "GET /auth/account": `{}`, "GET /auth/sessions": `{}`, "GET /orders/ord_1": `{}`, "GET /subscriptions/sub_1/cancellation": `{}`,
		"GET /plans/p": `{}`, "GET /subscriptions/sub_1/proration": `{}`}
	b := open(t, answers)
	b.visit("GET", "/portal", nil) // from then on it is known which line there is
	for path, calls := range map[string]int{"/portal": 4, "/portal/subscriptions/sub_1": 3, "/portal/subscriptions/sub_1/cancel": 2, "/portal/subscriptions/sub_1/plans": 2, "/portal/subscriptions/sub_1/plans/p": 3,
		"/portal/invoices": 1, "/portal/invoices/inv_1": 1, "/portal/invoices/inv_1/pay": 2, "/portal/payment-methods": 1, "/portal/wallet": 4, "/portal/orders": 2, "/portal/orders/ord_1": 2,
		"/portal/tickets": 2, "/portal/tickets/tic_1": 2, "/portal/security": 3, "/portal/profile": 1} {
		b.api.mu.Lock()
		b.api.asked, b.api.atOnce, b.api.waiting = nil, calls, make(chan struct{})
		b.api.mu.Unlock()
		if w := b.visit("GET", path, nil); w.Code != http.StatusOK || len(b.api.asked) != calls {
			t.Errorf("%s: %d, asked %v", path, w.Code, b.api.asked)
		}
	}
}

func TestHomeSaysHowItStands(t *testing.T) {
	b := open(t, map[string]string{"GET /subscriptions": `{"subscriptions":[` + line1 + `]}`, "GET /invoices": `{"invoices":[]}`, "GET /subscriptions/sub_1/usage": used, "GET /services": `{}`})
	w := b.visit("GET", "/portal", nil)
	for _, want := range []string{"Active until 2030-01-31, renews on 2030-02-01 for 29.99 EUR.", "420 GB of 1000 GB so far, that is 42 %.", "Included volume: 1000 GB", `action="https://isp.example/v1/portal/sign-out"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page does not say %q: %s", want, w.Body)
		}
	}
}

// S3-82: work on the network is said on the first page, in the customer's zone, once for all lines that it concerns, before it begins and while it runs.
func TestHomeSaysWhenTheNetworkIsWorkedOn(t *testing.T) {
	window := func(start, end, note string) string {
		return `{"start":"2030-01-` + start + `:00Z","end":"2030-01-` + end + `:00Z","note":"` + note + `"}`
	}
	both := window("15T11:00", "15T13:00", "A cable")
	b := open(t, map[string]string{"GET /subscriptions": `{"subscriptions":[` + line1 + `]}`, "GET /invoices": `{"invoices":[]}`, "GET /subscriptions/sub_1/usage": used,
		"GET /services": `{"services":[{"subscriptionId":"sub_1","maintenance":[` + both + `,` + window("16T01:00", "16T03:00", "A line card") + `]},{"subscriptionId":"sub_2","maintenance":[` + both + `]}]}`})
	page := b.visit("GET", "/portal", nil).Body.String()
	for _, want := range []string{"Under way", "Until 2030-01-15, 14:00 CET your connection may be interrupted.", "A cable", "Planned", "From 2030-01-16, 02:00 CET to 2030-01-16, 04:00 CET", "A line card"} {
		if strings.Count(page, want) != 1 {
			t.Errorf("the page says %q %d times: %s", want, strings.Count(page, want), page)
		}
	}
	b.api.answers["GET /services"] = `{"services":[{"subscriptionId":"sub_1"}]}`
	if page := b.visit("GET", "/portal", nil).Body.String(); strings.Contains(page, "We work on the network") {
		t.Errorf("without any it says %s", page)
	}
}

// S3-59, S3-82: a request for help says which work on the network may be behind it, in the customer's zone, also when that is over.
func TestTicketSaysWhenTheNetworkIsWorkedOn(t *testing.T) {
	b := open(t, map[string]string{"GET /customers/cus_1": `{"timeZone":"Europe/Berlin"}`, "GET /tickets/tic_1": `{"ticketId":"tic_1","subject":"No picture","maintenance":[
		{"start":"2030-01-14T01:00:00Z","end":"2030-01-14T03:00:00Z","note":"A line card","over":true},{"start":"2030-01-15T11:00:00Z","end":"2030-01-15T13:00:00Z","note":"A cable"}]}`})
	page := b.visit("GET", "/portal/tickets/tic_1", nil).Body.String()
	for _, want := range []string{"We worked on the network", ">Over<", "From 2030-01-14, 02:00 CET to 2030-01-14, 04:00 CET your connection may have been interrupted.", "A line card", "We work on the network", "Under way",
		"Until 2030-01-15, 14:00 CET your connection may be interrupted.", "A cable"} {
		if strings.Count(page, want) != 1 {
			t.Errorf("the page says %q %d times: %s", want, strings.Count(page, want), page)
		}
	}
	b.api.answers["GET /tickets/tic_1"] = `{"ticketId":"tic_1","subject":"No picture","maintenance":[]}`
	if page := b.visit("GET", "/portal/tickets/tic_1", nil).Body.String(); strings.Contains(page, "on the network") {
		t.Errorf("without any it says %s", page)
	}
}

// A form is sent under the attempt that it is; what is refused is said on the page, and what is sent next is another attempt.
func TestFormsAreAttempts(t *testing.T) {
	b := open(t, map[string]string{"GET /subscriptions/sub_1": line1, "GET /subscriptions/sub_1/cancellation": `{"now":{"endsOn":"2030-01-15","back":{"currency":"EUR","minor":1645},"owed":{"currency":"EUR","minor":0}}}`,
		"POST /subscriptions/sub_1/cancel": `{}`})
	if w := b.visit("GET", "/portal/subscriptions/sub_1/cancel", nil); !strings.Contains(w.Body.String(), "16.45 EUR") {
		t.Errorf("it does not say what is given back: %s", w.Body)
	}
	for range 2 {
		if w := b.visit("POST", "/portal/subscriptions/sub_1/cancel", url.Values{"attempt": {"att_1"}, "mode": {"now"}}); w.Header().Get("Location") != "https://isp.example/v1/portal/subscriptions/sub_1?done=cancel.now" {
			t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
		}
	}
	if !slices.Equal(b.api.keys, []string{"att_1", "att_1"}) {
		t.Errorf("keys %v", b.api.keys)
	}
	if w := b.visit("POST", "/portal/subscriptions/sub_2/cancel", url.Values{"attempt": {"att_1"}, "mode": {"now"}}); w.Code != http.StatusNotFound {
		t.Errorf("another's: %d", w.Code)
	}
}

func TestAmountOf(t *testing.T) {
	for text, want := range map[string]int64{"20": 2000, "20.5": 2050, "20,50": 2050, "0,01": 1, "": -1, "0": -1, "-5": -1, "1.234": -1, "a": -1, "1e3": -1, "9999999999": -1} {
		got, ok := amountOf(text, "EUR")
		if ok != (want > 0) || ok && got.Minor != want {
			t.Errorf("%q is %d, %v", text, got.Minor, ok)
		}
	}
	if got, ok := amountOf("500", "JPY"); !ok || got.Minor != 500 {
		t.Errorf("%+v", got)
	}
}

func TestDevice(t *testing.T) {
	w := words{all: shipped()["en"]}
	for agent, want := range map[string]string{"": "Unknown device", "journey": "journey", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1": "Safari on iPhone",
		"Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0": "Edge on Windows", "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0": "Firefox on Linux"} {
		if got := device(w, agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}
