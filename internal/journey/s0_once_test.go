package journey

import (
	"context"
	"net/http"
	"net/url"
	"testing"
)

// R6: on every POST the same key many times at once has one effect and equal answers, and the same key with another
// body is refused. (registerCustomer and checkoutCart have tests of their own.)
func TestEveryPostIsIdempotent(t *testing.T) {
	ctx := context.Background()
	c, _ := newCustomer(t)
	m := must[Method](t)(c.BeginMethod(ctx))
	back := must[url.Values](t)(NewBrowser().Pay(ctx, m.RedirectURL, cardGood, Pass))
	cases := []struct {
		path        string
		body, other map[string]any
		status      int
	}{
		{"/payment-methods", map[string]any{"returnUrl": ReturnURL}, map[string]any{"returnUrl": ReturnURL + "/else"}, http.StatusCreated},
		{"/payment-methods/" + m.Reference + "/confirm", map[string]any{"sessionId": back.Get("session_id")}, nil, http.StatusOK},
		{"/carts/items", map[string]any{"items": []any{item("plan_stream-hd")}}, map[string]any{"items": []any{item("plan_stream-4k")}}, http.StatusOK},
	}
	for _, e := range cases {
		key := Key()
		answers := parallel(t, 12, func(int) (Answer, error) { return c.Post(ctx, e.path, key, e.body) })
		answers = append(answers, must[Answer](t)(c.Post(ctx, e.path, key, e.body)))
		for _, a := range answers {
			expect(t, a, nil, e.status, "")
			if string(a.Raw) != string(answers[0].Raw) {
				t.Fatalf("%s: answers differ: %s %s", e.path, a.Raw, answers[0].Raw)
			}
		}
		if e.other != nil {
			expect(t, must[Answer](t)(c.Post(ctx, e.path, key, e.other)), nil, http.StatusUnprocessableEntity, "idempotency_key_reused")
		}
		for _, bad := range []string{"", "with blank", string(make([]byte, 201))} {
			a, err := c.Call(ctx, http.MethodPost, e.path, e.body, Header{"Idempotency-Key", bad})
			if err != nil {
				continue // Go's client itself refuses some headers
			}
			expect(t, a, nil, http.StatusBadRequest, "idempotency_key_missing")
		}
	}
	// the key belongs to its customer: another's is another
	other, _ := newCustomer(t)
	key, body := Key(), map[string]any{"items": []any{item("plan_stream-hd")}}
	mine := into[Cart](t, must[Answer](t)(c.Post(ctx, "/carts/items", key, body)))
	theirs := into[Cart](t, must[Answer](t)(other.Post(ctx, "/carts/items", key, body)))
	if mine.CartID == theirs.CartID {
		t.Fatal("two customers share a key")
	}
}

// S0-47: the key of a checkout is refused for another cart or method.
func TestCheckoutKeyIsNotShared(t *testing.T) {
	ctx := context.Background()
	c, r, method, cart := shopper(t, cardGood)
	second := must[Cart](t)(c.Fill(ctx, "plan_sports-pass"))
	key := Key()
	expect(t, must[Answer](t)(c.Pay(ctx, key, cart.CartID, method.PaymentMethodID)), nil, http.StatusOK, "")
	expect(t, must[Answer](t)(c.Pay(ctx, key, second.CartID, method.PaymentMethodID)), nil, http.StatusUnprocessableEntity, "idempotency_key_reused")
	if n := len(psp.charges(t, r.CustomerID)); n != 1 {
		t.Fatalf("%d charges", n)
	}
}
