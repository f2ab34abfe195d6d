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

func methodsOf(t *testing.T, c *Customer) []methodOf {
	t.Helper()
	return into[struct{ Methods []methodOf }](t, expect(t, must[Answer](t)(c.Get(t.Context(), "/payment-methods")), nil, http.StatusOK, "")).Methods
}

// S3-132, S3-135: cards are set up at the PSP, listed with the default, the default is changed, and one is removed, at the PSP as well; the one
// that a contract is charged to is not removed unnoticed. Others' are unknown.
func TestS3PaymentMethods(t *testing.T) {
	ctx := t.Context()
	c, _, _ := subscribed(t, "plan_stream-hd")
	second := must[Method](t)(c.AddCard(ctx, cardDeclines))
	all := methodsOf(t, c)
	if len(all) != 2 || all[0].Reference != second.Reference || all[0].Default || !all[1].Default || all[1].Card.Last4 != "4242" || all[1].Card.ExpYear == 0 {
		t.Fatalf("%+v", all)
	}
	first := all[1].Reference
	at := func(reference string) string { return "/payment-methods/" + reference }
	expect(t, must[Answer](t)(c.Delete(ctx, at(first))), nil, http.StatusConflict, "payment_method_in_use")
	expect(t, must[Answer](t)(c.Put(ctx, at(second.Reference)+"/default", nil)), nil, http.StatusOK, "")
	if all = methodsOf(t, c); !all[0].Default || all[1].Default {
		t.Errorf("%+v", all)
	}
	other, _ := newCustomer(t)
	expect(t, must[Answer](t)(other.Put(ctx, at(first)+"/default", nil)), nil, http.StatusNotFound, "payment_method_not_found")
	expect(t, must[Answer](t)(other.Delete(ctx, at(first))), nil, http.StatusNotFound, "payment_method_not_found")
	expect(t, must[Answer](t)(c.Delete(ctx, at(first))), nil, http.StatusNoContent, "")
	if all = methodsOf(t, c); len(all) != 1 || !all[0].Default {
		t.Errorf("%+v", all)
	}
	expect(t, must[Answer](t)(c.Put(ctx, at(first)+"/default", nil)), nil, http.StatusNotFound, "payment_method_not_found")
	expect(t, must[Answer](t)(c.Delete(ctx, at(second.Reference))), nil, http.StatusConflict, "payment_method_in_use")
}
