package notifications_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/notice"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/metric"
	"turnup/internal/platform/worker"
)

func orderPaid() event.OrderPaid {
	price := money.Amount{Minor: 1299, Currency: "EUR"}
	return event.OrderPaid{OrderID: "ord_1", CustomerID: "cus_1", Total: price, PaidWith: "visa •••• 4242",
		Lines: []lineitem.Line{{Name: "HD", Price: price, Quantity: 1, BillingPeriod: "P1M"}}}
}

// S3-148: one mail for one event, however often it is delivered; when it became due, and when the mailer had it, is recorded and measured.
func TestSentOnce(t *testing.T) {
	var metrics bytes.Buffer
	metric.Sink = &metrics
	t.Cleanup(func() { metric.Sink = io.Discard })
	s, m, e := ada(), &mailer{}, announced(t, orderPaid())
	for range 3 {
		if err := consumer(s, m).Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.sent) != 1 || m.sent[0].To != "ada@example.com" || m.sent[0].Key != "receipt.ord_1" || !strings.Contains(m.sent[0].Text, "12.99 EUR") || !strings.Contains(m.sent[0].Subject, "Demo") {
		t.Errorf("sent %+v", m.sent)
	}
	want := notice.Record{Tenant: "demo", Customer: "cus_1", Event: e.ID, Key: "receipt.ord_1", Kind: notice.KindReceipt, Language: "en", Correlation: "journey", Status: notice.Sent,
		TriggeredAt: noon, TriedAt: noon.Add(3 * time.Second), HandedAt: noon.Add(3 * time.Second), Attempts: 1, MessageID: "ses-receipt.ord_1"}
	if got := s.records[e.ID]; got != want || got.Took() != 3*time.Second {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := metrics.String(); strings.Count(got, `"MailLag":3`) != 1 {
		t.Errorf("measured %s", got)
	}
	metrics.Reset()
	s = ada()
	s.customer.TestClock = "clk_1" // its events are of another time
	_ = sent(t, s, orderPaid())
	if metrics.Len() > 0 {
		t.Errorf("measured %s", metrics.String())
	}
}

// What order.paid says of coupon and wallet is in the receipt.
func TestReceiptOfAPlanOrder(t *testing.T) {
	m := sent(t, ada(), event.OrderPaid{OrderID: "ord_1", CustomerID: "cus_1", Total: money.Amount{Minor: 1039, Currency: "EUR"}, PaidWith: "wallet",
		Coupon: "WELCOME20", Discount: &money.Amount{Minor: 260, Currency: "EUR"},
		Lines: []lineitem.Line{{Name: "HD", Type: lineitem.Subscription, Price: money.Amount{Minor: 1299, Currency: "EUR"}, Quantity: 1, BillingPeriod: "P1M"}}})
	for _, fact := range []string{"Coupon WELCOME20: -2.60 EUR", "Total: 10.39 EUR", "Paid from your wallet on 2 November 2026, 12:00 UTC"} {
		if !strings.Contains(m.Text, fact) {
			t.Errorf("the receipt lacks %q:\n%s", fact, m.Text)
		}
	}
}

// S1-35: who paid for nothing is told once that the money went back, in words for each reason there is.
func TestRefundIsToldOnce(t *testing.T) {
	told := map[string]payment.Unwanted{}
	for _, why := range []payment.Unwanted{payment.LatePayment, payment.OrderCancelled, payment.DuplicatePayment, payment.AlreadyActive, "unheard_of"} {
		s, m := ada(), &mailer{}
		e := announced(t, event.PaymentRefunded{PaymentID: "pay_1", CustomerID: "cus_1", OrderID: "ord_1", Amount: money.Amount{Minor: 1299, Currency: "EUR"}, Reason: string(why)})
		for range 3 {
			if err := consumer(s, m).Handle(t.Context(), e); err != nil {
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
	s := ada()
	s.unknown = true
	if err := consumer(s, &mailer{}).Handle(t.Context(), announced(t, event.PaymentRefunded{PaymentID: "pay_1"})); !errors.Is(err, fault.ErrNotFound) || len(s.records) > 0 {
		t.Errorf("got %v", err)
	}
}

// S3-149: a mail that the mailer does not take is tried again, under the same Message-ID; the last try that fails is seen as parked,
// and after a redrive it is sent once.
func TestMailerFails(t *testing.T) {
	down := notice.ErrMailer.Because(errors.New("SES is down"))
	s, m, e := ada(), &mailer{errs: []error{down, down, down}}, announced(t, orderPaid())
	for try, want := range map[int]notice.Status{1: notice.Failing, 2: notice.Failing, worker.MaxTries: notice.Parked} {
		s.records[e.ID] = notice.Record{}
		err := consumer(s, m).Handle(worker.WithTries(t.Context(), try), e)
		r := s.records[e.ID]
		if !errors.Is(err, notice.ErrMailer) || !fault.Transient(err) || r.Status != want || r.Code != "mailer_unavailable" || !r.HandedAt.IsZero() || r.Took() != 0 {
			t.Errorf("try %d: %v, %+v", try, err, r)
		}
	}
	if err := consumer(s, m).Handle(t.Context(), e); err != nil || s.records[e.ID].Status != notice.Sent || s.records[e.ID].Attempts != 2 || s.records[e.ID].Code != "" {
		t.Errorf("after the redrive: %v, %+v", err, s.records[e.ID])
	}
	if len(m.sent) != 4 || m.sent[0].Key != m.sent[3].Key {
		t.Errorf("sent %d", len(m.sent))
	}
}

// While one delivery sends, another waits; and when it is not known whether it was kept, it is tried again after the lease.
func TestClaimIsHeld(t *testing.T) {
	s, m, e := ada(), &mailer{}, announced(t, orderPaid())
	s.broken = errors.New("no table")
	if err := consumer(s, m).Handle(t.Context(), e); err == nil || !fault.Transient(err) {
		t.Fatalf("not kept, and nobody is told: %v", err)
	}
	if err := consumer(s, m).Handle(t.Context(), e); !errors.Is(err, fault.ErrUnavailable) || len(m.sent) != 1 {
		t.Fatalf("got %v, sent %d", err, len(m.sent))
	}
	s.held, s.broken = map[id.Event]bool{}, nil
	if err := consumer(s, m).Handle(t.Context(), e); err != nil || len(m.sent) != 2 || m.sent[0].Key != m.sent[1].Key {
		t.Errorf("got %v, sent %d", err, len(m.sent))
	}
}

// S3-149: a mail refused for good is the worker's to park, at once, and is seen as parked.
func TestPermanentFailures(t *testing.T) {
	s, m, e := ada(), &mailer{errs: []error{notice.ErrRefused}}, announced(t, orderPaid())
	if err := consumer(s, m).Handle(worker.WithTries(t.Context(), 1), e); !errors.Is(err, notice.ErrRefused) || fault.Transient(err) || s.records[e.ID].Status != notice.Parked {
		t.Errorf("got %v, %+v", err, s.records[e.ID])
	}
	s = ada()
	s.unknown = true
	for _, data := range []event.Data{orderPaid(), event.PasswordResetRequested{CustomerID: "cus_1"}} {
		if err := consumer(s, m).Handle(t.Context(), announced(t, data)); err == nil || fault.Transient(err) || len(s.records) > 0 {
			t.Errorf("got %v", err)
		}
	}
	if err := consumer(ada(), m).Handle(t.Context(), announced(t, event.OrderDelivered{})); !errors.Is(err, fault.ErrInvalid) {
		t.Error("another event was handled")
	}
	future := announced(t, orderPaid())
	future.Version = 9
	if err := consumer(ada(), m).Handle(t.Context(), future); !errors.Is(err, fault.ErrInvalid) {
		t.Error("an unknown version was handled")
	}
}
