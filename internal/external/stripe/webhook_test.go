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
	"testing"
	"time"

	"turnup/internal/base/fault"
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
		raw := `{"id":"evt_1","object":"event","api_version":"2023-10-16","type":"` + typ + `","data":{"object":` + object + `}}`
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
	n, err = read("customer.created", `{"id":"cus_1"}`)
	ok(t, err)
	same(t, "others", []any{n.Setup == nil, n.Charge == nil, n.Type}, []any{true, true, "customer.created"})
	for _, typ := range []string{"payment_intent.succeeded", "checkout.session.completed"} {
		if _, err := read(typ, `{"id":7}`); err == nil || fault.Of(err) != nil {
			t.Errorf("%s: got %v", typ, err)
		}
	}
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
