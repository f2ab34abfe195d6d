package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// S0-47, S3-32: of a payment whose outcome is open the console offers to ask again, and says what came of it; when nobody answers, or the
// role is not allowed it, nothing was changed and the page says so. A refund that could not be made has no button.
func TestStaffAskWhatBecameOfAPayment(t *testing.T) {
	const page = "/console/customers/cus_1/actions/askAgain?of=pay_1&and=ord_1"
	b := atDesk(t, map[string]string{"/admin/attention": `{"counts":[{"kind":"payment_unsettled","count":2}],"matters":[
		{"kind":"payment_unsettled","customerId":"cus_1","subjectIds":{"paymentId":"pay_1","orderId":"ord_1"},"cause":{"code":"payment_parked","text":"Not said."},"action":{"name":"verifyPayment","path":"/admin/payments/pay_1/verify"}},
		{"kind":"payment_unsettled","customerId":"cus_1","subjectIds":{"paymentId":"pay_2"},"cause":{"code":"refund_failed","text":"Not given back."}}]}`})
	if w := b.visit(http.MethodGet, "/console/attention", nil); strings.Count(w.Body.String(), "Ask again") != 1 || !strings.Contains(w.Body.String(), strings.ReplaceAll(strings.Split(page, "?")[0], "&", "&amp;")) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := b.visit(http.MethodGet, page, nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Ask the payment provider") || !strings.Contains(w.Body.String(), "pay_1") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for answer, want := range map[string]string{`{"status":"pending"}`: "payment_pending", `{"status":"pending","parked":true}`: "payment_parked", `{"status":"succeeded"}`: "payment_succeeded",
		`{"status":"failed"}`: "payment_failed", `{"status":"refunded"}`: "payment_refunded"} {
		b.api.answers["/admin/payments/pay_1/verify"] = answer
		w := b.visit(http.MethodPost, page, url.Values{"attempt": {"att_1"}})
		if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasSuffix(to, "/console/attention?done="+want) || done[want] == "" {
			t.Errorf("%s: %d to %s", answer, w.Code, to)
		}
	}
	b.api.refused = map[string]string{"/admin/payments/pay_1/verify": "payment_unsettled"}
	if w := b.visit(http.MethodPost, page, url.Values{"attempt": {"att_1"}}); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "The payment provider does not answer. Nothing was changed") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
