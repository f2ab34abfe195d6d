package journey

import (
	"net/http"
	"testing"
)

// methodOf is a payment method as lists show it.
type methodOf struct {
	Reference, PaymentMethodID, Status string
	Default                            bool
	Card                               struct {
		Last4             string
		ExpMonth, ExpYear int
	}
}

// methodsOf are a customer's payment methods by their reference.
func methodsOf(t *testing.T, c *Customer) map[string]methodOf {
	t.Helper()
	all := map[string]methodOf{}
	for _, m := range into[struct{ Methods []methodOf }](t, expect(t, must[Answer](t)(c.Get(t.Context(), "/payment-methods")), nil, http.StatusOK, "")).Methods {
		all[m.Reference] = m
	}
	return all
}

// S3-132, S3-135: cards are set up at the PSP, listed with the default, the default is changed, and one is removed, at the PSP as well; the one
// that a contract is charged to is not removed unnoticed. Others' are unknown.
func TestS3PaymentMethods(t *testing.T) {
	ctx := t.Context()
	c, _, _ := subscribed(t, "plan_stream-hd")
	var first string
	for first = range methodsOf(t, c) { // there is one
	}
	second := must[Method](t)(c.AddCard(ctx, cardDeclines))
	all := methodsOf(t, c)
	if len(all) != 2 || all[second.Reference].Default || !all[first].Default || all[first].Card.Last4 != "4242" || all[first].Card.ExpYear == 0 {
		t.Fatalf("%+v", all)
	}
	at := func(reference string) string { return "/payment-methods/" + reference }
	expect(t, must[Answer](t)(c.Delete(ctx, at(first))), nil, http.StatusConflict, "payment_method_in_use")
	expect(t, must[Answer](t)(c.Put(ctx, at(second.Reference)+"/default", nil)), nil, http.StatusOK, "")
	if all = methodsOf(t, c); !all[second.Reference].Default || all[first].Default {
		t.Errorf("%+v", all)
	}
	other, _ := newCustomer(t)
	expect(t, must[Answer](t)(other.Put(ctx, at(first)+"/default", nil)), nil, http.StatusNotFound, "payment_method_not_found")
	expect(t, must[Answer](t)(other.Delete(ctx, at(first))), nil, http.StatusNotFound, "payment_method_not_found")
	expect(t, must[Answer](t)(c.Delete(ctx, at(first))), nil, http.StatusNoContent, "")
	if all = methodsOf(t, c); len(all) != 1 || !all[second.Reference].Default {
		t.Errorf("%+v", all)
	}
	expect(t, must[Answer](t)(c.Put(ctx, at(first)+"/default", nil)), nil, http.StatusNotFound, "payment_method_not_found")
	expect(t, must[Answer](t)(c.Delete(ctx, at(second.Reference))), nil, http.StatusConflict, "payment_method_in_use")
}
