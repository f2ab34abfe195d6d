package journey

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func getMethod(t *testing.T, c *Customer, reference string) Method {
	t.Helper()
	return into[Method](t, must[Answer](t)(c.Get(context.Background(), "/payment-methods/"+reference)))
}

// S0-23, S0-24, S0-25, S0-26, S0-27, S0-28, S0-31: redirect to the PSP, card and 3-D Secure there, back with the result,
// confirmed to one id however often; the PSP saved the card for off-session use; we never see its number.
func TestPaymentMethodByRedirect(t *testing.T) {
	psp.delivers(t, map[string]any{"drop": true})
	psp.send(t, http.MethodDelete, "requests", nil)
	c, r := newCustomer(t)
	ctx := context.Background()
	m := must[Method](t)(c.BeginMethod(ctx))
	if m.Status != "redirect_required" || !strings.HasPrefix(m.RedirectURL, site.PSP) || !strings.HasPrefix(m.Reference, "pmr_") {
		t.Fatalf("%+v", m)
	}
	if pending := getMethod(t, c, m.Reference); pending.Status != "pending" || pending.PaymentMethodID != "" {
		t.Fatalf("%+v", pending)
	}
	b := NewBrowser()
	page := must[Page](t)(b.Open(ctx, m.RedirectURL))
	page = must[Page](t)(b.EnterCard(ctx, page, card3DS))
	if !page.Challenged() {
		t.Fatalf("no 3-D Secure: %s", page.HTML)
	}
	page = must[Page](t)(b.Authenticate(ctx, page, Pass))
	if page.Back.Get("reference") != m.Reference || page.Back.Get("session_id") == "" || page.Back.Get("cancelled") != "" {
		t.Fatalf("came back with %v", page.Back)
	}
	first := into[Method](t, must[Answer](t)(c.ConfirmMethod(ctx, m.Reference, page.Back)))
	if first.Status != "confirmed" || !strings.HasPrefix(first.PaymentMethodID, "pmt_") || first.Card == nil || first.Card.Last4 != "3155" {
		t.Fatalf("%+v", first)
	}
	for range 3 {
		if again := into[Method](t, must[Answer](t)(c.ConfirmMethod(ctx, m.Reference, page.Back))); again.PaymentMethodID != first.PaymentMethodID {
			t.Fatalf("confirmed again: %+v", again)
		}
	}
	setups := 0
	for _, req := range pspRequests(t) {
		if req.Path == "/v1/checkout/sessions" && req.Method == http.MethodPost {
			setups++
			if v := req.Params["mode"]; v != "setup" {
				t.Errorf("mode %v", v)
			}
		}
	}
	if setups != 1 {
		t.Errorf("%d sessions were opened", setups)
	}
	// off-session: a later charge without the customer goes through
	cart := must[Cart](t)(c.Fill(ctx, "plan_stream-hd"))
	expect(t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, first.PaymentMethodID)), nil, http.StatusOK, "")
	if n := len(psp.charges(t, r.CustomerID)); n != 1 {
		t.Errorf("%d charges", n)
	}
}

type pspRequest struct {
	Method, Path   string
	IdempotencyKey string
	Params         map[string]any
	Status         int
}

func pspRequests(t *testing.T) []pspRequest {
	t.Helper()
	var log struct{ Requests []pspRequest }
	if err := json.Unmarshal(psp.send(t, http.MethodGet, "requests", nil), &log); err != nil {
		t.Fatal(err)
	}
	return log.Requests
}

// S0-29: what the browser says is no proof; another session's id or a made-up one is refused, and so is success claimed
// for a page on which nothing happened.
func TestForgedResultIsRefused(t *testing.T) {
	psp.delivers(t, map[string]any{"drop": true})
	c, _ := newCustomer(t)
	ctx := context.Background()
	open := must[Method](t)(c.BeginMethod(ctx))
	done := must[Method](t)(c.BeginMethod(ctx))
	back := must[url.Values](t)(NewBrowser().Pay(ctx, done.RedirectURL, cardGood, Pass))
	for _, forged := range []string{"cs_test_madeup", back.Get("session_id"), ""} {
		a := must[Answer](t)(c.ConfirmMethod(ctx, open.Reference, url.Values{"session_id": {forged}}))
		if a.Status != http.StatusBadRequest {
			t.Errorf("session %q answered %d %s", forged, a.Status, a.Raw)
		}
	}
	session := open.RedirectURL[strings.LastIndex(open.RedirectURL, "/")+1:]
	expect(t, must[Answer](t)(c.ConfirmMethod(ctx, open.Reference, url.Values{"session_id": {session}})), nil, http.StatusConflict, "payment_method_not_authenticated")
	if m := getMethod(t, c, open.Reference); m.Status != "pending" || m.PaymentMethodID != "" {
		t.Errorf("%+v", m)
	}
}

// S0-30: failed, cancelled or abandoned authentication gives a fault and no id, and a new method works at once.
func TestFailedAuthentication(t *testing.T) {
	c, _ := newCustomer(t)
	ctx := context.Background()
	b := NewBrowser()
	failed := must[Method](t)(c.BeginMethod(ctx))
	page := must[Page](t)(b.Open(ctx, failed.RedirectURL))
	page = must[Page](t)(b.EnterCard(ctx, page, card3DS))
	page = must[Page](t)(b.Authenticate(ctx, page, Fail))
	if page.Back != nil {
		t.Fatal("the PSP sends the customer back as if it had worked")
	}
	refused := must[Page](t)(b.EnterCard(ctx, must[Page](t)(b.Open(ctx, failed.RedirectURL)), cardRefused))
	if refused.Back != nil || refused.Status != http.StatusPaymentRequired {
		t.Fatalf("a declined card: %d %v", refused.Status, refused.Back)
	}
	session := url.Values{"session_id": {failed.RedirectURL[strings.LastIndex(failed.RedirectURL, "/")+1:]}}
	expect(t, must[Answer](t)(c.ConfirmMethod(ctx, failed.Reference, session)), nil, http.StatusConflict, "payment_method_not_authenticated")
	if m := getMethod(t, c, failed.Reference); m.PaymentMethodID != "" {
		t.Fatalf("%+v", m)
	}
	if m := must[Method](t)(c.AddCard(ctx, cardGood)); m.PaymentMethodID == "" {
		t.Fatalf("a new method does not work: %+v", m)
	}
}

// S0-32: another customer's reference is unknown, whether it exists or not.
func TestForeignReferenceIsUnknown(t *testing.T) {
	c, _ := newCustomer(t)
	other, _ := newCustomer(t)
	ctx := context.Background()
	m := must[Method](t)(c.BeginMethod(ctx))
	back := must[url.Values](t)(NewBrowser().Pay(ctx, m.RedirectURL, cardGood, Pass))
	theirs := expect(t, must[Answer](t)(other.ConfirmMethod(ctx, m.Reference, back)), nil, http.StatusNotFound, "payment_method_not_found")
	none := expect(t, must[Answer](t)(other.ConfirmMethod(ctx, "pmr_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", back)), nil, http.StatusNotFound, "payment_method_not_found")
	if len(theirs.Raw) != len(none.Raw) {
		t.Errorf("the answers differ: %s %s", theirs.Raw, none.Raw)
	}
	expect(t, must[Answer](t)(other.Get(ctx, "/payment-methods/"+m.Reference)), nil, http.StatusNotFound, "payment_method_not_found")
}

// S0-33: past its time the PSP's page is closed, the method is expired, and confirming asks for a new one.
func TestExpiredSession(t *testing.T) {
	c, _ := newCustomer(t)
	ctx := context.Background()
	m := must[Method](t)(c.BeginMethod(ctx))
	id := m.RedirectURL[strings.LastIndex(m.RedirectURL, "/")+1:]
	expire(t, id)
	session := url.Values{"session_id": {id}}
	expect(t, must[Answer](t)(c.ConfirmMethod(ctx, m.Reference, session)), nil, http.StatusGone, "payment_session_expired")
	if m := getMethod(t, c, m.Reference); m.Status != "expired" || m.PaymentMethodID != "" {
		t.Fatalf("%+v", m)
	}
}

// expire ends a session at the PSP before its time, as Stripe's API allows.
func expire(t *testing.T, session string) {
	t.Helper()
	req := must[*http.Request](t)(http.NewRequest(http.MethodPost, site.PSP+"/v1/checkout/sessions/"+session+"/expire", nil))
	req.Header.Set("Authorization", "Bearer sk_test_operator")
	res := must[*http.Response](t)(http.DefaultClient.Do(req))
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("expire: %d", res.StatusCode)
	}
}

// S0-34: the webhook alone confirms; the browser alone confirms (above, with webhooks dropped); a webhook five times and
// late changes nothing.
func TestWebhookConfirmsMethod(t *testing.T) {
	psp.delivers(t, map[string]any{"duplicate": 4, "reorder": true})
	c, _ := newCustomer(t)
	ctx := context.Background()
	m := must[Method](t)(c.BeginMethod(ctx))
	back := must[url.Values](t)(NewBrowser().Pay(ctx, m.RedirectURL, card3DS, Pass))
	eventually(t, 10*time.Second, "the webhook confirms the method", func() bool { return getMethod(t, c, m.Reference).Status == "confirmed" })
	byWebhook := getMethod(t, c, m.Reference)
	byBrowser := into[Method](t, must[Answer](t)(c.ConfirmMethod(ctx, m.Reference, back)))
	if byWebhook.PaymentMethodID == "" || byWebhook.PaymentMethodID != byBrowser.PaymentMethodID || *byWebhook.Card != *byBrowser.Card {
		t.Fatalf("%+v, %+v", byWebhook, byBrowser)
	}
}

// S0-35: a PSP that cannot be reached, or answers errors, gives a retryable fault and leaves nothing half made: trying
// again works, also with the same key.
func TestPSPOutageWhileSettingUp(t *testing.T) {
	c, _ := newCustomer(t)
	ctx := context.Background()
	for _, outage := range []pspFault{{Path: "/v1/", Mode: "refuse"}, {Path: "/v1/", Status: 503}, {Path: "/v1/", Status: 429}, {Path: "/v1/checkout/sessions", Mode: "lost", Times: 1}} {
		key := Key()
		psp.fails(t, outage)
		body := map[string]any{"returnUrl": ReturnURL}
		a := must[Answer](t)(c.Post(ctx, "/payment-methods", key, body))
		expect(t, a, nil, http.StatusServiceUnavailable, "payment_provider_unavailable")
		if a.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		psp.heals(t)
		m := into[Method](t, expect(t, must[Answer](t)(c.Post(ctx, "/payment-methods", key, body)), nil, http.StatusCreated, ""))
		again := into[Method](t, must[Answer](t)(c.Post(ctx, "/payment-methods", key, body)))
		if m.Reference != again.Reference || m.RedirectURL != again.RedirectURL {
			t.Errorf("the key gave two methods: %+v %+v", m, again)
		}
	}
	m := must[Method](t)(c.BeginMethod(ctx))
	back := must[url.Values](t)(NewBrowser().Pay(ctx, m.RedirectURL, cardGood, Pass))
	psp.fails(t, pspFault{Path: "/v1/checkout/sessions/", Status: 500})
	if getMethod(t, c, m.Reference).Status == "pending" { // unless the webhook was faster
		expect(t, must[Answer](t)(c.ConfirmMethod(ctx, m.Reference, back)), nil, http.StatusServiceUnavailable, "payment_provider_unavailable")
	}
	psp.heals(t)
	if done := into[Method](t, must[Answer](t)(c.ConfirmMethod(ctx, m.Reference, back))); done.PaymentMethodID == "" {
		t.Errorf("%+v", done)
	}
}

// X10: the customer is only ever sent back to an allowed origin.
func TestReturnAddressIsChecked(t *testing.T) {
	c, _ := newCustomer(t)
	for _, bad := range []string{"https://evil.example/return", "http://localhost:3000@evil.example/", "http://localhost:3000.evil.example/", "//localhost:3000/", "javascript:alert(1)", "http://localhost:30000/"} {
		a := must[Answer](t)(c.Post(context.Background(), "/payment-methods", Key(), map[string]any{"returnUrl": bad}))
		if a.Status != http.StatusBadRequest {
			t.Errorf("%s answered %d", bad, a.Status)
		}
	}
}
