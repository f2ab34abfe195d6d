package stripe_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/money"
	"turnup/internal/domain/payment"
	"turnup/internal/external/stripe"
)

const secret = "whsec_one"

// sign makes the header as Stripe documents it: t=<seconds>,v1=<HMAC-SHA-256 of "t.body">.
func sign(body, secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

const body = `{"id":"evt_1","object":"event","api_version":"2023-10-16","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","object":"payment_intent",` +
	`"status":"succeeded","amount_received":1299,"currency":"eur","metadata":{"turnup_payment":"pay_1","turnup_tenant":"demo"}}}}`

// X4: only what is signed now, by a secret of ours, byte by byte, counts.
func TestSignature(t *testing.T) {
	now := time.Now()
	good := sign(body, secret, now)
	changed := strings.Replace(body, "1299", "9921", 1)
	cases := []struct {
		name, body, header, secrets string
		valid                       bool
	}{
		{"valid", body, good, secret, true},
		{"rotation: old secret", body, sign(body, "whsec_old", now), "whsec_old,whsec_new", true},
		{"rotation: new secret", body, sign(body, "whsec_new", now), "whsec_old, whsec_new ,", true},
		{"rotation: signed by both", body, good + ",v1=" + strings.Split(sign(body, "whsec_two", now), "v1=")[1], "whsec_two", true},
		{"290 s old", body, sign(body, secret, now.Add(-290*time.Second)), secret, true},
		{"after rotation", body, sign(body, "whsec_old", now), "whsec_new", false},
		{"other secret", body, sign(body, "whsec_evil", now), secret, false},
		{"body changed", changed, good, secret, false},
		{"body with a blank more", body + " ", good, secret, false},
		{"body empty", "", good, secret, false},
		{"stale", body, sign(body, secret, now.Add(-301*time.Second)), secret, false},
		{"replayed with a new time", body, strings.Replace(sign(body, secret, now.Add(-time.Hour)), fmt.Sprint(now.Add(-time.Hour).Unix()), fmt.Sprint(now.Unix()), 1), secret, false},
		{"time kept, body changed and signed by nobody", changed, good, secret, false},
		{"missing", body, "", secret, false},
		{"no time", body, good[strings.Index(good, "v1="):], secret, false},
		{"no signature", body, good[:strings.Index(good, ",")], secret, false},
		{"other scheme", body, strings.Replace(good, "v1=", "v0=", 1), secret, false},
		{"cut", body, good[:len(good)-2], secret, false},
		{"not hex", body, good[:len(good)-2] + "zz", secret, false},
		{"text", body, "let me in", secret, false},
		{"no secret configured", body, sign(body, "", now), "", false},
		{"blank secrets configured", body, sign(body, "", now), " , ,", false},
	}
	for _, k := range cases {
		n, err := stripe.ReadWebhook([]byte(k.body), k.header, k.secrets)
		if k.valid {
			if err != nil || n.Charge == nil || n.Charge.PaymentID != "pay_1" || n.Charge.State != payment.ChargeSucceeded || n.Charge.Amount.Minor != 1299 {
				t.Errorf("%s: got %+v, %v", k.name, n, err)
			}
			continue
		}
		if f := fault.Of(err); f == nil || f.Code != payment.ErrSignature.Code || f.Message != payment.ErrSignature.Message || n.Charge != nil || n.EventID != "" {
			t.Errorf("%s: got %+v, %v", k.name, n, err)
		}
	}
}

// X4: no single byte of body or header can be changed.
func TestEveryByteCounts(t *testing.T) {
	good := sign(body, secret, time.Now())
	for i := range len(body) {
		forged := []byte(body)
		forged[i] ^= 1
		if _, err := stripe.ReadWebhook(forged, good, secret); err == nil {
			t.Errorf("byte %d of the body was changed", i)
		}
	}
	for i := strings.Index(good, "v1=") + 3; i < len(good); i++ {
		forged := []byte(good)
		forged[i] = "0123456789abcdef0"[(strings.IndexByte("0123456789abcdef", good[i])+1)%16]
		if _, err := stripe.ReadWebhook([]byte(body), string(forged), secret); err == nil {
			t.Errorf("byte %d of the header was changed", i)
		}
	}
}

// What each kind of event tells; what we do not act on tells nothing. Signed but broken is an error of its own.
func TestNotices(t *testing.T) {
	read := func(typ, object string) (payment.Notice, error) {
		raw := `{"id":"evt_1","object":"event","api_version":"2023-10-16","created":1893456000,"type":"` + typ + `","data":{"object":` + object + `}}`
		return stripe.ReadWebhook([]byte(raw), sign(raw, secret, time.Now()), secret)
	}
	intent := func(rest string) string {
		return `{"id":"pi_1","metadata":{"turnup_payment":"pay_1","turnup_tenant":"demo"},` + rest + `}`
	}
	for rest, want := range map[string]payment.Charge{
		`"status":"processing"`:                         {State: payment.ChargeProcessing},
		`"status":"canceled"`:                           {State: payment.ChargeCancelled, Reason: payment.Abandoned},
		`"status":"requires_payment_method"`:            {State: payment.ChargeDeclined, Reason: payment.CardDeclined},
		`"status":"requires_action","next_action":null`: {State: payment.ChargeAuthenticating},
		`"status":"something new"`:                      {State: payment.ChargeProcessing},
		`"status":"requires_payment_method","last_payment_error":{"code":"authentication_required"}`:                           {State: payment.ChargeUnauthorised, Reason: payment.AuthenticationFailed},
		`"status":"requires_payment_method","last_payment_error":{"code":"payment_intent_authentication_failure"}`:             {State: payment.ChargeDeclined, Reason: payment.AuthenticationFailed},
		`"status":"requires_payment_method","last_payment_error":{"code":"card_declined","decline_code":"insufficient_funds"}`: {State: payment.ChargeDeclined, Reason: payment.InsufficientFunds},
	} {
		n, err := read("payment_intent.payment_failed", intent(rest))
		ok(t, err)
		want.ID, want.Tenant, want.PaymentID = "pi_1", "demo", "pay_1"
		same(t, rest, *n.Charge, want)
		same(t, "no session", n.Setup == nil, true)
	}
	n, err := read("checkout.session.completed", `{"id":"cs_1","status":"complete","metadata":{"turnup_reference":"pmr_1","turnup_customer":"cus_1","turnup_tenant":"demo"}}`)
	ok(t, err)
	same(t, "session", []any{n.Setup.ID, n.Setup.Reference, n.Setup.Customer, n.Setup.Tenant, n.Charge == nil}, []any{"cs_1", "pmr_1", "cus_1", "demo", true})
	for intent, chargeID := range map[string]string{"null": "", `"pi_1"`: "pi_1"} { // of a payment page: something happened, to be asked for
		for _, what := range []string{"completed", "expired", "async_payment_failed"} {
			n, err = read("checkout.session."+what, `{"id":"cs_1","mode":"payment","status":"complete","payment_status":"paid","amount_total":1299,"currency":"eur","payment_intent":`+
				intent+`,"metadata":{"turnup_payment":"pay_1","turnup_tenant":"demo"}}`)
			ok(t, err)
			same(t, "page "+what, []any{*n.Charge, n.Setup == nil, n.Refund == nil}, []any{payment.Charge{ID: chargeID, State: payment.ChargeProcessing, Tenant: "demo", PaymentID: "pay_1"}, true, true})
		}
	}
	n, err = read("payment_intent.succeeded", intent(`"status":"succeeded","amount_received":1299,"currency":"eur","latest_charge":"ch_1"`))
	ok(t, err)
	same(t, "paid", *n.Charge, payment.Charge{ID: "pi_1", State: payment.ChargeSucceeded, Tenant: "demo", PaymentID: "pay_1", Amount: money.Amount{Minor: 1299, Currency: "EUR"}, At: time.Unix(1893456000, 0).UTC()})
	for status, state := range map[string]payment.RefundState{"succeeded": payment.RefundSucceeded, "failed": payment.RefundFailed, "canceled": payment.RefundFailed,
		"pending": payment.RefundPending, "requires_action": payment.RefundPending} {
		for _, typ := range []string{"charge.refund.updated", "refund.failed"} {
			n, err = read(typ, `{"id":"re_1","object":"refund","amount":1299,"currency":"eur","status":"`+status+`","metadata":{"turnup_payment":"pay_1","turnup_tenant":"demo"}}`)
			ok(t, err)
			same(t, status, []any{*n.Refund, n.Charge == nil, n.Setup == nil},
				[]any{payment.Refund{ID: "re_1", PaymentID: "pay_1", Tenant: "demo", State: state, Amount: money.Amount{Minor: 1299, Currency: "EUR"}}, true, true})
		}
	}
	n, err = read("charge.refunded", `{"id":"ch_1","object":"charge","metadata":{"turnup_payment":"pay_1"}}`) // the charge's own event names no refund
	ok(t, err)
	same(t, "charge.refunded", []any{n.Setup == nil, n.Charge == nil, n.Refund == nil}, []any{true, true, true})
	n, err = read("customer.created", `{"id":"cus_1"}`)
	ok(t, err)
	same(t, "others", []any{n.Setup == nil, n.Charge == nil, n.Type}, []any{true, true, "customer.created"})
	for _, typ := range []string{"payment_intent.succeeded", "checkout.session.completed", "charge.refund.updated"} {
		if _, err := read(typ, `{"id":7}`); err == nil || fault.Of(err) != nil {
			t.Errorf("%s: got %v", typ, err)
		}
	}
}

// X4: each kind of event counts only with our signature; the same event with another is told nothing of.
func TestSignatureOfEveryType(t *testing.T) {
	b := start(t)
	web := hooked(t, b)
	p, page := b.page("pay_1")
	b.try(page, cardPoor, "")
	b.try(page, cardGood, "")
	ok(t, b.psp.Refund(t.Context(), p, b.find(p)))
	b.page("pay_2")
	b.call(http.MethodPost, "/_sandbox/clock", `{"advanceSeconds":3601}`)
	for _, typ := range []string{"payment_intent.payment_failed", "payment_intent.succeeded", "checkout.session.completed", "charge.refund.updated", "checkout.session.expired"} {
		raw := web.await(t, typ)
		n, err := stripe.ReadWebhook(raw, sign(string(raw), secret, time.Now()), secret)
		ok(t, err)
		switch typ {
		case "payment_intent.payment_failed":
			same(t, typ, []any{n.Charge.State, n.Charge.Reason, n.Charge.PaymentID}, []any{payment.ChargeDeclined, payment.InsufficientFunds, "pay_1"})
		case "payment_intent.succeeded":
			same(t, typ, *n.Charge, b.find(p)) // the event tells all that asking does
		case "checkout.session.completed":
			same(t, typ, []any{n.Charge.State, n.Charge.PaymentID, n.Charge.ID}, []any{payment.ChargeProcessing, "pay_1", b.find(p).ID})
		case "checkout.session.expired":
			same(t, typ, []any{n.Charge.State, n.Charge.PaymentID, n.Charge.ID}, []any{payment.ChargeProcessing, "pay_2", ""})
		case "charge.refund.updated":
			same(t, typ, []any{n.Refund.State, n.Refund.PaymentID, n.Refund.Amount, n.Refund.Tenant}, []any{payment.RefundSucceeded, "pay_1", p.Amount, "demo"})
		}
		for _, header := range []string{"", sign(string(raw), "whsec_evil", time.Now()), sign(string(raw)+" ", secret, time.Now()), sign(string(raw), secret, time.Now().Add(-time.Hour))} {
			n, err := stripe.ReadWebhook(raw, header, secret)
			if f := fault.Of(err); f == nil || f.Code != payment.ErrSignature.Code || n.Charge != nil || n.Setup != nil || n.Refund != nil || n.EventID != "" {
				t.Errorf("%s with %q: got %+v, %v", typ, header, n, err)
			}
		}
	}
}

// hook keeps what a sandbox delivers, by type.
type hook struct {
	mu  sync.Mutex
	got map[string][]byte
}

func hooked(t *testing.T, b *bench) *hook {
	t.Helper()
	h := &hook{got: map[string][]byte{}}
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		n, err := stripe.ReadWebhook(raw, r.Header.Get("Stripe-Signature"), secret)
		if err != nil {
			t.Error(err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.got[n.Type] = raw
	}))
	t.Cleanup(web.Close)
	b.call(http.MethodPut, "/_sandbox/webhook", `{"url":"`+web.URL+`","secrets":["`+secret+`"]}`)
	return h
}

func (h *hook) await(t *testing.T, typ string) []byte {
	t.Helper()
	for range 1000 {
		h.mu.Lock()
		raw := h.got[typ]
		h.mu.Unlock()
		if raw != nil {
			return raw
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no %s came", typ)
	return nil
}

// The sandbox's own deliveries verify, with either secret, and tell of the charge.
func TestDeliveredWebhooks(t *testing.T) {
	b := start(t)
	got := make(chan payment.Notice, 50)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		for _, secrets := range []string{"whsec_old", "whsec_new", "whsec_x,whsec_new"} {
			n, err := stripe.ReadWebhook(raw, r.Header.Get("Stripe-Signature"), secrets)
			if err != nil {
				t.Errorf("%s: %v", secrets, err)
			}
			if secrets == "whsec_new" {
				got <- n
			}
		}
	}))
	defer web.Close()
	b.call(http.MethodPut, "/_sandbox/webhook", `{"url":"`+web.URL+`","secrets":["whsec_old","whsec_new"]}`)
	p := b.purchase("pay_1", "4242424242424242")
	c, err := b.psp.Charge(t.Context(), p)
	ok(t, err)
	var types []string
	for deadline := time.After(10 * time.Second); ; {
		select {
		case n := <-got:
			if types = append(types, n.Type); n.Type == "payment_intent.succeeded" {
				same(t, "told", []any{n.Charge.ID, n.Charge.Amount, n.Charge.PaymentID, n.Charge.Tenant}, []any{c.ID, p.Amount, "pay_1", "demo"})
			}
			if slices.Contains(types, "payment_intent.succeeded") && slices.Contains(types, "checkout.session.completed") {
				return
			}
		case <-deadline:
			t.Fatalf("only %v came", types)
		}
	}
}
