package notifications_test

import (
	"strings"
	"testing"

	"turnup/internal/base/event"
	"turnup/internal/base/money"
)

// S3-141: an invoice that is to be paid is mailed with number, amount, due date and the link to pay it; one with nothing to pay is not.
func TestInvoiceToPay(t *testing.T) {
	issued := event.InvoiceIssued{InvoiceID: "inv_1", CustomerID: "cus_1", Number: "INV-3-000042", Total: money.Amount{Minor: 4990, Currency: "EUR"}, Due: money.Amount{Minor: 4790, Currency: "EUR"}, DueOn: "2026-11-16"}
	m := sent(t, ada(), issued)
	for _, fact := range []string{"INV-3-000042", "47.90 EUR", "16 November 2026", "/invoices/inv_1"} {
		if !strings.Contains(m.Text, fact) {
			t.Errorf("the mail lacks %q:\n%s", fact, m.Text)
		}
	}
	if m.Key != "invoice.inv_1" {
		t.Error(m.Key)
	}
	issued.Due.Minor, issued.DueOn = 0, ""
	quiet := &mailer{}
	if err := consumer(ada(), quiet).Handle(t.Context(), announced(t, issued)); err != nil || len(quiet.sent) > 0 {
		t.Errorf("%v, %+v", err, quiet.sent)
	}
}

// S3-142, S3-151: the receipt of a renewal says what was paid with, and when the next payment is; of an order it is the order's.
func TestInvoicePaid(t *testing.T) {
	paid := event.InvoicePaid{InvoiceID: "inv_1", CustomerID: "cus_1", Number: "INV-3-000042", Total: money.Amount{Minor: 4990, Currency: "EUR"}, PaymentID: "pay_1", PaidWith: "visa •••• 4242", NextBilling: "2026-12-02"}
	m := sent(t, ada(), paid)
	for _, fact := range []string{"INV-3-000042", "49.90 EUR", "visa •••• 4242", "2 December 2026", "/invoices/inv_1"} {
		if !strings.Contains(m.Text, fact) {
			t.Errorf("the receipt lacks %q:\n%s", fact, m.Text)
		}
	}
	paid.PaidWith, paid.NextBilling = "", ""
	if m = sent(t, ada(), paid); !strings.Contains(m.Text, "Paid with your credit") || strings.Contains(m.Text, "Next payment") {
		t.Error(m.Text)
	}
	paid.OrderID = "ord_1"
	quiet := &mailer{}
	if err := consumer(ada(), quiet).Handle(t.Context(), announced(t, paid)); err != nil || len(quiet.sent) > 0 {
		t.Errorf("%v, %+v", err, quiet.sent)
	}
}

// S3-134: who gets money back is told how much, of which invoice, and which way; once for each refund.
func TestInvoiceRefund(t *testing.T) {
	eur := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }
	back := event.RefundSettled{RefundID: "ref_1", CustomerID: "cus_1", InvoiceID: "inv_1", Number: "INV-3-000042", Amount: eur(1299), ToCard: eur(299), ToWallet: eur(1000)}
	m := sent(t, ada(), back)
	for _, fact := range []string{"INV-3-000042", "12.99 EUR", "2.99 EUR", "10.00 EUR", "To your card", "To your wallet", "/invoices/inv_1"} {
		if !strings.Contains(m.Text, fact) {
			t.Errorf("the mail lacks %q:\n%s", fact, m.Text)
		}
	}
	if m.Key != "invoice-refund.ref_1" {
		t.Error(m.Key)
	}
	back.ToCard, back.ToWallet = eur(0), eur(1299)
	if m = sent(t, ada(), back); strings.Contains(m.Text, "card") || !strings.Contains(m.Text, "wallet") {
		t.Error(m.Text)
	}
}

// S3-91: who has not paid for long is told that the service has ended and what is still owed; a cancellation was confirmed before.
func TestEndedUnpaid(t *testing.T) {
	over := event.SubscriptionEnded{SubscriptionID: "sub_1", CustomerID: "cus_1", Name: "Fibre 500", Cause: "non_payment", Owed: money.Amount{Minor: 1165, Currency: "EUR"}}
	m := sent(t, ada(), over)
	if !strings.Contains(m.Subject, "Fibre 500 has ended") || !strings.Contains(m.Text, "11.65 EUR") || m.Key != "service-ended.sub_1" {
		t.Errorf("%+v", m)
	}
	over.Cause = "cancelled"
	quiet := &mailer{}
	if err := consumer(ada(), quiet).Handle(t.Context(), announced(t, over)); err != nil || len(quiet.sent) > 0 {
		t.Errorf("%v, %+v", err, quiet.sent)
	}
}
