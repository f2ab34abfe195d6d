package journey

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"turnup/internal/base/event"
)

func register(t *testing.T, key string, body any) Answer {
	t.Helper()
	return must[Answer](t)(site.Visitor().Post(context.Background(), "/registration/customers", key, body))
}

func with(body map[string]any, field string, value any) map[string]any {
	changed := map[string]any{}
	for k, v := range body {
		changed[k] = v
	}
	if value == nil {
		delete(changed, field)
	} else {
		changed[field] = value
	}
	return changed
}

// S0-08, S0-12, S0-13: a customer id and a session that works; without it 401; one CRM event.
func TestRegistrationGivesASession(t *testing.T) {
	c, r := newCustomer(t)
	if !strings.HasPrefix(r.CustomerID, "cus_") || r.Session.AccessToken == "" {
		t.Fatalf("%+v", r)
	}
	ctx := context.Background()
	expect(t, must[Answer](t)(c.Get(ctx, "/subscriptions")), nil, http.StatusOK, "")
	for _, path := range []string{"/subscriptions", "/orders/ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", "/carts/cart_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", "/payment-methods/pmr_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"} {
		expect(t, must[Answer](t)(site.Visitor().Get(ctx, path)), nil, http.StatusUnauthorized, "unauthenticated")
	}
	for _, path := range []string{"/payment-methods", "/carts/items", "/carts/cart_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA/checkout", "/payment-methods/pmr_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA/confirm"} {
		expect(t, must[Answer](t)(site.Visitor().Post(ctx, path, Key(), map[string]any{})), nil, http.StatusUnauthorized, "unauthenticated")
	}
	exactlyOne(t, event.TypeCustomerRegistered, r.CustomerID)
}

// S0-10: every missing or invalid field is named.
func TestRegistrationNamesEveryField(t *testing.T) {
	good := Registration(newName())
	for field, path := range map[string]string{"username": "username", "password": "password", "contact": "contact", "country": "country", "consent": "consent"} {
		a := expect(t, register(t, Key(), with(good, field, nil)), nil, http.StatusBadRequest, "invalid_request")
		if !strings.Contains(string(a.Raw), path) {
			t.Errorf("without %s: %s", field, a.Raw)
		}
	}
	bad := map[string]any{"username": "x", "password": 5, "contact": map[string]any{"email": "nobody"}, "country": "Germany", "consent": map[string]any{"terms": "yes"}}
	a := expect(t, register(t, Key(), bad), nil, http.StatusBadRequest, "invalid_request")
	for _, field := range []string{"body.username", "body.password", "body.contact.email", "body.country", "body.consent.terms"} {
		if !strings.Contains(fields(a), field) {
			t.Errorf("%s is not named: %s", field, a.Raw)
		}
	}
	expect(t, register(t, Key(), with(good, "country", "XX")), nil, http.StatusBadRequest, "country_unknown")
	a = expect(t, register(t, Key(), with(good, "consent", map[string]any{"terms": false})), nil, http.StatusBadRequest, "invalid_request")
	if fields(a) != "body.consent.terms" {
		t.Errorf("%s", a.Raw)
	}
	expect(t, register(t, Key(), good), nil, http.StatusCreated, "") // none of the tries left anything behind
}

// S0-11: weak passwords have their own fault, and no answer holds a password.
func TestWeakPasswordsAreRefused(t *testing.T) {
	name := newName()
	for _, weak := range []string{"short", "password", "PassWord1", "12345678", "aaaaaaaaaa", name} {
		a := expect(t, register(t, Key(), with(Registration(name), "password", weak)), nil, http.StatusBadRequest, "password_weak")
		if strings.Contains(string(a.Raw), `"`+weak+`"`) {
			t.Errorf("the answer repeats the password: %s", a.Raw)
		}
	}
	a := expect(t, register(t, Key(), Registration(name)), nil, http.StatusCreated, "")
	if strings.Contains(string(a.Raw), "staple-horse") {
		t.Error("the answer holds the password")
	}
}

// S0-14: repeated with the same key, also many times at once, it is one registration with one answer; the key of
// another request is refused, and only who knows the password gets the session.
func TestRegistrationIsIdempotent(t *testing.T) {
	key, body := Key(), Registration(newName())
	answers := parallel(t, 10, func(int) (Answer, error) {
		return site.Visitor().Post(context.Background(), "/registration/customers", key, body)
	})
	for _, a := range append(answers, register(t, key, body)) {
		expect(t, a, nil, http.StatusCreated, "")
		if string(a.Raw) != string(answers[0].Raw) {
			t.Fatalf("answers differ:\n%s\n%s", a.Raw, answers[0].Raw)
		}
	}
	exactlyOne(t, event.TypeCustomerRegistered, into[Registered](t, answers[0]).CustomerID)
	expect(t, register(t, key, with(body, "country", "AT")), nil, http.StatusUnprocessableEntity, "idempotency_key_reused")
	expect(t, register(t, key, with(body, "password", "another-staple")), nil, http.StatusUnprocessableEntity, "idempotency_key_reused")
	expect(t, register(t, key, Registration(newName())), nil, http.StatusUnprocessableEntity, "idempotency_key_reused")
	a := must[Answer](t)(site.Visitor().Call(context.Background(), http.MethodPost, "/registration/customers", body))
	expect(t, a, nil, http.StatusBadRequest, "idempotency_key_missing")
}
