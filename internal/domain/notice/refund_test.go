package notice_test

import (
	"strings"
	"testing"
	"time"

	"turnup/internal/domain/notice"
)

func refund() notice.Refund {
	return notice.Refund{Brand: "Demo", Name: "Zoë Müller", Email: "zoe@example.com", PaymentID: "pay_1", OrderID: "ord_1",
		RefundedAt: time.Date(2026, 11, 2, 12, 5, 0, 0, time.UTC), Amount: eur(1299), Reason: "late_payment"}
}

// S1-35: the customer is told how much was given back, for which order, why, and when to expect it.
func TestRefundHasTheFacts(t *testing.T) {
	for reason, why := range map[string]string{"late_payment": "after the time to pay was over", "order_cancelled": "already cancelled", "duplicate_payment": "already paid",
		"already_active": "already had what you ordered", "something_new": "could not be used for your order"} {
		r := refund()
		r.Reason = reason
		for part, body := range bodies(t, r) {
			for _, fact := range []string{"Hello, Zoë Müller", "We gave your money back", "12.99 EUR", why, "a few days", "Order ord_1", "Payment pay_1", "Given back on 2 November 2026, 12:05 UTC", "Demo"} {
				if !strings.Contains(body, fact) {
					t.Errorf("%s for %s lacks %q:\n%s", part, reason, fact, body)
				}
			}
			if strings.Contains(body, reason) {
				t.Errorf("%s for %s shows the code:\n%s", part, reason, body)
			}
		}
	}
	m, _ := refund().Mail()
	if m.To != "zoe@example.com" || m.Key != "refund.pay_1" || m.Subject != "Demo: we gave your money back for order ord_1" {
		t.Errorf("got %q %q %q", m.To, m.Key, m.Subject)
	}
}

// A customer without a name, a brand that looks like markup.
func TestRefundIsClean(t *testing.T) {
	r := refund()
	r.Name, r.Brand = "", "<script>alert(1)</script>"
	m, err := r.Mail()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(m.HTML, "<script") || strings.Contains(m.Text, "Hello,") || !strings.Contains(m.Text, r.Brand) {
		t.Errorf("%s\n%s", m.HTML, m.Text)
	}
}

// One mail for one payment: of two that came for an order and were given back, each has its own.
func TestRefundIsNamedByItsPayment(t *testing.T) {
	a, _ := refund().Mail()
	r := refund()
	r.Reason = "duplicate_payment"
	b, _ := r.Mail()
	r.PaymentID = "pay_2"
	c, _ := r.Mail()
	if a.Key != b.Key || a.Key == c.Key {
		t.Error(a.Key, b.Key, c.Key)
	}
}
