package stripe_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"turnup/internal/domain/payment"
)

// S0-23, S0-24, S0-25, S0-26, S0-27, S0-28: the page saves a card, with 3-D Secure where the bank wants it, for charges without the customer.
func TestSetup(t *testing.T) {
	for number, last4 := range map[string]string{"4242424242424242": "4242", "4000002500003155": "3155", "5555555555554444": "4444"} {
		b := start(t)
		s, err := b.psp.StartSetup(t.Context(), b.request("pmr_1"))
		ok(t, err)
		same(t, "begun", []any{s.State, s.Method, s.Reference, s.Customer, s.Tenant, s.URL != ""}, []any{payment.SetupOpen, "", "pmr_1", "cus_1", "demo", true})
		back, err := url.Parse(b.enter(s, number, "succeeded"))
		ok(t, err)
		same(t, "comes back with", []any{back.Query().Get("session_id"), back.Query().Get("reference")}, []any{s.ID, "pmr_1"})
		done, err := b.psp.Setup(t.Context(), s.ID)
		ok(t, err)
		same(t, "done", []any{done.State, done.Card.Last4, done.Card.ExpMonth, done.Card.ExpYear, done.Reference, strings.HasPrefix(done.Method, "pm_")},
			[]any{payment.SetupComplete, last4, 12, 2044, "pmr_1", true})
	}
}

// S0-30: an authentication that failed is told; the same session may be completed after it.
func TestSetupFails(t *testing.T) {
	b := start(t)
	s, err := b.psp.StartSetup(t.Context(), b.request("pmr_1"))
	ok(t, err)
	b.enter(s, "4000002500003155", "failed")
	failed, err := b.psp.Setup(t.Context(), s.ID)
	ok(t, err)
	same(t, "failed", []any{failed.State, failed.Method}, []any{payment.SetupFailed, ""})
	b.enter(s, "4000002500003155", "succeeded")
	done, err := b.psp.Setup(t.Context(), s.ID)
	ok(t, err)
	same(t, "done", done.State, payment.SetupComplete)
}

// S0-33: a session nobody finished expires.
func TestSetupExpires(t *testing.T) {
	b := start(t)
	s, err := b.psp.StartSetup(t.Context(), b.request("pmr_1"))
	ok(t, err)
	b.call(http.MethodPost, "/_sandbox/clock", `{"advanceSeconds":1900}`)
	expired, err := b.psp.Setup(t.Context(), s.ID)
	ok(t, err)
	same(t, "expired", []any{expired.State, expired.Method}, []any{payment.SetupExpired, ""})
}

// S0-35: repeated calls make nothing twice, also after an answer that was lost.
func TestSetupIsRepeatable(t *testing.T) {
	b := start(t)
	b.fault("/v1/customers", `"mode":"lost"`)
	_, err := b.psp.CreateCustomer(t.Context(), "demo", "cus_1")
	want(t, err, payment.ErrUnanswered)
	r := b.request("pmr_1")
	same(t, "customers", len(b.call(http.MethodGet, "/v1/customers", "")["data"].([]any)), 1)
	b.fault("/v1/checkout/sessions", `"mode":"lost"`)
	_, err = b.psp.StartSetup(t.Context(), r)
	want(t, err, payment.ErrUnanswered)
	first, err := b.psp.StartSetup(t.Context(), r)
	ok(t, err)
	again, err := b.psp.StartSetup(t.Context(), r)
	ok(t, err)
	same(t, "session", again.ID, first.ID)
	other, err := b.psp.CreateCustomer(t.Context(), "demo2", "cus_1") // another client account's customer is another
	ok(t, err)
	same(t, "same customer", other == r.PSPCustomer, false)
	if _, err := b.psp.Setup(t.Context(), "cs_unknown"); err == nil {
		t.Error("an unknown session was found")
	}
}

// X11: the PSP's customer is deleted with all saved cards; doing it again, or to one there never was, is no error. Charges stay.
func TestDeleteCustomer(t *testing.T) {
	b := start(t)
	m := b.purchase("pay_1", "4242424242424242")
	_, err := b.psp.Charge(t.Context(), m)
	ok(t, err)
	for range 2 {
		ok(t, b.psp.DeleteCustomer(t.Context(), m.PSPCustomer))
	}
	ok(t, b.psp.DeleteCustomer(t.Context(), "cus_never"))
	same(t, "customer", b.call(http.MethodGet, "/v1/customers/"+m.PSPCustomer, "")["deleted"], true)
	same(t, "method", b.call(http.MethodGet, "/v1/payment_methods/"+m.PSPMethod, "")["customer"], nil)
	captured, _, charges := b.moved()
	same(t, "charges", []any{captured, charges}, []any{1299.0, 1})
	b.fault("/v1/customers", `"mode":"before"`)
	want(t, b.psp.DeleteCustomer(t.Context(), m.PSPCustomer), payment.ErrUnanswered)
}
