package journey

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/stripe/stripe-go/v76/webhook"

	"turnup/internal/platform/secrets"
)

// endpoint is one operation with a valid body, for sending it wrong.
type endpoint struct {
	method, path string
	body         map[string]any
}

func endpoints(cart string) []endpoint {
	return []endpoint{
		{http.MethodPost, "/registration/customers", Registration(newName())},
		{http.MethodPost, "/payment-methods", map[string]any{"returnUrl": ReturnURL}},
		{http.MethodPost, "/payment-methods/pmr_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA/confirm", map[string]any{"sessionId": "cs_test_x"}},
		{http.MethodPost, "/carts/items", map[string]any{"items": []any{map[string]any{"itemId": "good_streaming-stick"}}}},
		{http.MethodPost, "/carts/" + cart + "/checkout", map[string]any{"paymentMethodId": "pmt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", "returnUrl": ReturnURL}},
	}
}

// Malformed JSON, unknown fields, over-long values, wrong types, huge bodies: 4xx with a code and the field, never 5xx.
func TestBadInputNeverBreaksAnything(t *testing.T) {
	ctx := context.Background()
	c, _ := newCustomer(t)
	cart := must[Cart](t)(c.Fill(ctx, "plan_stream-hd"))
	for _, e := range endpoints(cart.CartID) {
		valid, err := json.Marshal(e.body)
		if err != nil {
			t.Fatal(err)
		}
		bad := map[string]any{
			"malformed": `{"a":`, "truncated": string(valid[:len(valid)-1]), "array": `[]`, "null": `null`, "string": `"x"`, "number": `1e999`, "empty": ``,
			"deep": strings.Repeat("[", 20000) + strings.Repeat("]", 20000), "not UTF-8": "{\"a\":\"\xff\xfe\"}", "huge": `{"a":"` + strings.Repeat("x", 1<<20) + `"}`,
			"unknown field": with(e.body, "surprise", true),
		}
		for field := range e.body {
			bad["over-long "+field] = with(e.body, field, strings.Repeat("y", 5000))
			bad["wrong type "+field] = with(e.body, field, 3.25)
			bad["null "+field] = json.RawMessage(strings.Replace(string(valid), `"`+field+`":`, `"`+field+`":null,"was":`, 1))
		}
		for name, body := range bad {
			if raw, ok := body.(json.RawMessage); ok {
				body = string(raw)
			}
			a, err := c.Call(ctx, e.method, e.path, body, Header{"Idempotency-Key", Key()})
			if err != nil {
				t.Fatal(err)
			}
			if a.Status < 400 || a.Status >= 500 || a.Code() == "" {
				t.Errorf("%s %s, %s: %d %.300s", e.method, e.path, name, a.Status, a.Raw)
			}
			if name == "huge" && a.Status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s, 1 MB body: %d", e.path, a.Status)
			}
			if strings.HasPrefix(name, "unknown") && !strings.Contains(fields(a), "surprise") {
				t.Errorf("%s: the unknown field is not named: %s", e.path, a.Raw)
			}
		}
	}
}

// X3: fields that the server owns cannot be set from outside; none is taken, each is refused by name.
func TestServerOwnedFieldsAreRefused(t *testing.T) {
	ctx := context.Background()
	c, _ := newCustomer(t)
	cart := must[Cart](t)(c.Fill(ctx, "plan_stream-hd"))
	owned := []string{"customerId", "tenant", "status", "state", "price", "total", "amount", "currency", "version", "orderId", "paymentId", "roles", "passwordHash", "registeredAt", "pspCustomer", "onSale"}
	for _, e := range endpoints(cart.CartID) {
		for _, field := range owned {
			a := must[Answer](t)(c.Call(ctx, e.method, e.path, with(e.body, field, "x"), Header{"Idempotency-Key", Key()}))
			if a.Status != http.StatusBadRequest || !strings.Contains(fields(a), field) {
				t.Errorf("%s took %s: %d %s", e.path, field, a.Status, a.Raw)
			}
		}
	}
}

// S0-12, X5: without a token, with a broken one, with one of another kind or for another audience: 401 and nothing else.
func TestTokensAreChecked(t *testing.T) {
	ctx := context.Background()
	c, _ := newCustomer(t)
	good := c.Token
	parts := strings.Split(good, ".")
	none := "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + parts[1] + "."
	last := "A"
	if strings.HasSuffix(parts[2], last) {
		last = "B"
	}
	for name, token := range map[string]string{"none": none, "no signature": parts[0] + "." + parts[1] + ".", "changed payload": parts[0] + "." + parts[1] + "x." + parts[2],
		"changed signature": parts[0] + "." + parts[1] + "." + last + parts[2][1:], "nonsense": "nonsense", "huge": strings.Repeat("a", 7000)} {
		c.Token = token
		expect(t, must[Answer](t)(c.Get(ctx, "/subscriptions")), nil, http.StatusUnauthorized, "token_invalid")
		if name == "none" && !strings.Contains(must[Answer](t)(c.Get(ctx, "/subscriptions")).Header.Get("WWW-Authenticate"), "Bearer") {
			t.Error("no WWW-Authenticate")
		}
	}
	c.Token = good
	expect(t, must[Answer](t)(c.Get(ctx, "/subscriptions")), nil, http.StatusOK, "")
	a := must[Answer](t)(site.Visitor().Call(ctx, http.MethodGet, "/subscriptions", nil, Header{"Authorization", "Basic " + good}))
	expect(t, a, nil, http.StatusUnauthorized, "unauthenticated")
}

// X4: forged, stale or replayed-with-changes webhooks are refused and change nothing; valid ones are accepted, twice as
// well.
func TestWebhookSignatures(t *testing.T) {
	ctx := context.Background()
	const name = "psp-webhook-secret"
	found := must[map[string]string](t)(secrets.Read(ctx, ssm.NewFromConfig(site.AWS()), "/turnup/"+os.Getenv("TURNUP_STACK_NAME"), name))
	secret := found[name]
	body := []byte(`{"id":"evt_1","object":"event","api_version":"2023-10-16","created":1,"livemode":false,"type":"payment_intent.succeeded","pending_webhooks":1,` +
		`"data":{"object":{"id":"pi_1","object":"payment_intent","status":"succeeded","amount":1,"amount_received":1,"currency":"eur","metadata":{"turnup_tenant":"demo","turnup_payment":"pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}}}}`)
	sign := func(secret string, at time.Time) string {
		return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: at}).Header
	}
	send := func(raw, signature string) Answer {
		return must[Answer](t)(site.Visitor().Call(ctx, http.MethodPost, "/webhooks/stripe", raw, Header{"Stripe-Signature", signature}))
	}
	now := time.Now()
	valid := sign(secret, now)
	flipped := valid[:len(valid)-1] + string(valid[len(valid)-1]^1)
	for name, try := range map[string][2]string{
		"other secret": {string(body), sign("whsec_other", now)}, "stale": {string(body), sign(secret, now.Add(-6*time.Minute))}, "flipped": {string(body), flipped},
		"changed body": {strings.Replace(string(body), `"amount":1`, `"amount":2`, 1), valid}, "blank added": {string(body) + " ", valid}, "no v1": {string(body), strings.Split(valid, ",")[0]},
		"other time": {string(body), strings.Replace(valid, "t=", "t=1", 1)}, "nonsense": {string(body), "nonsense"},
	} {
		if a := send(try[0], try[1]); a.Status != http.StatusUnauthorized || a.Code() != "signature_invalid" {
			t.Errorf("%s: %d %s", name, a.Status, a.Raw)
		}
	}
	expect(t, must[Answer](t)(site.Visitor().Call(ctx, http.MethodPost, "/webhooks/stripe", string(body))), nil, http.StatusBadRequest, "invalid_request")
	for range 2 {
		expect(t, send(string(body), valid), nil, http.StatusOK, "")
	}
}

// Unknown routes and wrong methods are refused by the gateway before any function runs. (On AWS the template's gateway
// responses make that a 404 problem; MiniStack keeps the gateway's own 403, so only the class is checked here.)
func TestUnknownRoutes(t *testing.T) {
	ctx := context.Background()
	for _, e := range []endpoint{{http.MethodGet, "/nothing", nil}, {http.MethodGet, "/carts", nil}, {http.MethodDelete, "/registration/customers", nil}, {http.MethodPut, "/subscriptions", nil}} {
		if a := must[Answer](t)(site.Visitor().Call(ctx, e.method, e.path, nil)); a.Status != http.StatusForbidden && a.Status != http.StatusNotFound {
			t.Errorf("%s %s: %d %s", e.method, e.path, a.Status, a.Raw)
		}
	}
}
