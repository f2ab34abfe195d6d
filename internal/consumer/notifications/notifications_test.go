package notifications_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/consumer/notifications"
	"turnup/internal/domain/account"
	"turnup/internal/domain/notice"
	"turnup/internal/domain/payment"
)

// store has the store's lease: claimed until it runs out (the test lets it), done for good.
type store struct {
	claimed, done, broken bool
	unknown               bool
}

func (s *store) Customer(context.Context, id.Tenant, id.Customer) (account.Customer, error) {
	if s.unknown {
		return account.Customer{}, fault.ErrNotFound
	}
	return account.Customer{Name: "Ada", Email: "ada@example.com"}, nil
}

func (s *store) Claim(_ context.Context, consumer string, _ id.Event, lease time.Duration) error {
	switch {
	case consumer != notifications.Name || lease != notifications.Lease:
		return errors.New("wrong claim")
	case s.done:
		return once.ErrHandled
	case s.claimed:
		return fault.ErrUnavailable
	}
	s.claimed = true
	return nil
}

func (s *store) Done(context.Context, string, id.Event) error {
	if s.broken {
		return errors.New("no table")
	}
	s.done = true
	return nil
}

type mailer struct {
	sent []notice.Mail
	errs []error
}

func (m *mailer) Send(_ context.Context, mail notice.Mail) error {
	m.sent = append(m.sent, mail)
	if len(m.errs) > 0 {
		err := m.errs[0]
		m.errs = m.errs[1:]
		return err
	}
	return nil
}

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func paid(t *testing.T) event.Envelope {
	price := money.Amount{Minor: 1299, Currency: "EUR"}
	return event.New(t.Context(), "demo", noon, event.OrderPaid{OrderID: "ord_1", CustomerID: "cus_1", Total: price, PaidWith: "visa •••• 4242",
		Lines: []lineitem.Line{{Name: "HD", Price: price, Quantity: 1, BillingPeriod: "P1M"}}})
}

// One receipt for one event, however often it is delivered.
func TestSentOnce(t *testing.T) {
	s, m := &store{}, &mailer{}
	c := notifications.Consumer{Store: s, Mailer: m, Brand: "Demo"}
	for range 3 {
		if err := c.Handle(t.Context(), paid(t)); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.sent) != 1 || m.sent[0].To != "ada@example.com" || m.sent[0].Key != "receipt.ord_1" || !strings.Contains(m.sent[0].Text, "12.99 EUR") || !strings.Contains(m.sent[0].Subject, "Demo") {
		t.Errorf("sent %+v", m.sent)
	}
}

// What order.paid says of coupon and wallet is in the receipt.
func TestReceiptOfAPlanOrder(t *testing.T) {
	m := &mailer{}
	e := event.New(t.Context(), "demo", noon, event.OrderPaid{OrderID: "ord_1", CustomerID: "cus_1", Total: money.Amount{Minor: 1039, Currency: "EUR"}, PaidWith: "wallet",
		Coupon: "WELCOME20", Discount: &money.Amount{Minor: 260, Currency: "EUR"},
		Lines: []lineitem.Line{{Name: "HD", Type: lineitem.Subscription, Price: money.Amount{Minor: 1299, Currency: "EUR"}, Quantity: 1, BillingPeriod: "P1M"}}})
	if err := (notifications.Consumer{Store: &store{}, Mailer: m}).Handle(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	for _, fact := range []string{"Coupon WELCOME20: -2.60 EUR", "Total: 10.39 EUR", "Paid from your wallet on 2 November 2026, 12:00 UTC"} {
		if !strings.Contains(m.sent[0].Text, fact) {
			t.Errorf("the receipt lacks %q:\n%s", fact, m.sent[0].Text)
		}
	}
}

// S1-35: who paid for nothing is told once that the money went back, in words for each reason there is.
func TestRefundIsToldOnce(t *testing.T) {
	told := map[string]payment.Unwanted{}
	for _, why := range []payment.Unwanted{payment.LatePayment, payment.OrderCancelled, payment.DuplicatePayment, payment.AlreadyActive, "unheard_of"} {
		s, m := &store{}, &mailer{}
		c := notifications.Consumer{Store: s, Mailer: m, Brand: "Demo"}
		e := event.New(t.Context(), "demo", noon, event.PaymentRefunded{PaymentID: "pay_1", CustomerID: "cus_1", OrderID: "ord_1",
			Amount: money.Amount{Minor: 1299, Currency: "EUR"}, Reason: string(why)})
		for range 3 {
			if err := c.Handle(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		if len(m.sent) != 1 || m.sent[0].To != "ada@example.com" || m.sent[0].Key != "refund.pay_1" || !strings.HasPrefix(m.sent[0].Subject, "Demo: ") {
			t.Fatalf("sent %+v", m.sent)
		}
		text := m.sent[0].Text
		for _, fact := range []string{"Ada", "12.99 EUR", "ord_1", "pay_1", "2 November 2026, 12:00 UTC"} {
			if !strings.Contains(text, fact) {
				t.Errorf("the notice lacks %q:\n%s", fact, text)
			}
		}
		if other, ok := told[text]; ok {
			t.Errorf("%s and %s are told in the same words", why, other)
		}
		told[text] = why
	}
	s := &store{unknown: true}
	lost := event.New(t.Context(), "demo", noon, event.PaymentRefunded{PaymentID: "pay_1"})
	if err := (notifications.Consumer{Store: s, Mailer: &mailer{}}).Handle(t.Context(), lost); !errors.Is(err, fault.ErrNotFound) || s.claimed {
		t.Errorf("got %v", err)
	}
}

// A mail that was not sent is not marked; after the lease it is tried again, under the same Message-ID.
func TestMailerFails(t *testing.T) {
	s, m := &store{}, &mailer{errs: []error{errors.New("SES is down")}}
	c := notifications.Consumer{Store: s, Mailer: m}
	if err := c.Handle(t.Context(), paid(t)); err == nil || !fault.Transient(err) || s.done {
		t.Fatalf("got %v, done %v", err, s.done)
	}
	if err := c.Handle(t.Context(), paid(t)); !errors.Is(err, fault.ErrUnavailable) || len(m.sent) != 1 { // while the claim is held
		t.Fatalf("got %v, sent %d", err, len(m.sent))
	}
	s.claimed = false
	if err := c.Handle(t.Context(), paid(t)); err != nil || !s.done || len(m.sent) != 2 || m.sent[0].Key != m.sent[1].Key {
		t.Fatalf("got %v, done %v, sent %d", err, s.done, len(m.sent))
	}
}

// A mail refused for good is the worker's to park: the fault comes through.
func TestPermanentFailures(t *testing.T) {
	m := &mailer{errs: []error{fault.ErrInvalid}}
	if err := (notifications.Consumer{Store: &store{}, Mailer: m}).Handle(t.Context(), paid(t)); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("got %v", err)
	}
	s := &store{unknown: true}
	if err := (notifications.Consumer{Store: s, Mailer: m}).Handle(t.Context(), paid(t)); !errors.Is(err, fault.ErrNotFound) || s.claimed {
		t.Errorf("got %v", err)
	}
	s = &store{broken: true}
	if err := (notifications.Consumer{Store: s, Mailer: &mailer{}}).Handle(t.Context(), paid(t)); err == nil {
		t.Error("not marked as done, and nobody is told")
	}
	other := event.New(t.Context(), "demo", time.Now(), event.OrderDelivered{})
	if err := (notifications.Consumer{Store: s, Mailer: &mailer{}}).Handle(t.Context(), other); err == nil {
		t.Error("another event was handled")
	}
}
