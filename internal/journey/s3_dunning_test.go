package journey

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/domain/subscription"
)

// S3-10, S3-11, S3-48, S3-68, S3-72, S3-87, S3-133, S3-153: a line whose renewal is declined: reminded, it works on; after the grace it is suspended on the
// network, where nobody gets in and no session is left, while a hold of staff's is another matter. Paid with another card, it works again
// within five minutes, and the card was charged just what was owed.
func TestS3FibreDunning(t *testing.T) {
	ctx, h, at := context.Background(), NewHome(), time.Date(2029, 9, 10, 12, 0, 0, 0, time.UTC)
	clock := newTestClock(t, &at)
	r, customer := movingIn(t, h)
	expect(t, attach(t, clock.ClockID, customer), nil, http.StatusOK, "")
	r.ordersLine(t, customer)
	line := r.becomes(t, "active")
	must[OrderStatus](t)(r.AwaitOrder(ctx, r.order.OrderID, "delivered", 20*time.Second))
	must[Method](t)(r.AddCard(ctx, cardDeclines))
	s := viewer{r.Customer, customer, clock.ClockID, r.subscription, r.email}

	advance(t, s.clock, at.AddDate(0, 1, 0))
	is := s.contract(t)
	if len(is.Debts) != 1 || is.State != subscription.Active {
		t.Fatalf("%+v", is)
	}
	owed := is.Debts[0]
	told := func() int { return strings.Count(s.history(t), `"dunning.reminded"`) }
	for i, day := range []int{3, 5} {
		advance(t, s.clock, owed.Since.AddDate(0, 0, day).Add(time.Minute))
		eventually(t, 20*time.Second, "the reminder", func() bool { return told() == i+1 })
	}
	if now := r.asStaff(t); now.Status != "active" || len(now.Holds) != 0 {
		t.Errorf("in the grace: %+v", now)
	}
	if _, a := authorized(t, line.Username); a.Status != http.StatusOK {
		t.Errorf("in the grace: %d %s", a.Status, a.Raw)
	}

	advance(t, s.clock, owed.Since.AddDate(0, 0, 7).Add(time.Minute))
	now := r.becomes(t, "suspended")
	if len(now.Holds) != 1 || now.Holds[0].Cause != "non_payment" {
		t.Errorf("%+v", now.Holds)
	}
	if _, a := authorized(t, line.Username); a.Status != http.StatusUnauthorized || !strings.Contains(string(a.Raw), "Account suspended") {
		t.Errorf("%d %s", a.Status, a.Raw)
	}
	if n := inNetwork(t, h, now); n.line == nil || n.line.Session != nil || n.line.Ended[len(n.line.Ended)-1].Terminated != "Admin-Reset" {
		t.Errorf("%+v", n.line)
	}
	if is := s.contract(t); is.State != subscription.Suspended || told() != 3 {
		t.Errorf("%d reminders, %+v", told(), is)
	}
	s.gets(t, 1, "is suspended")
	expect(t, r.operate(t, "resume", map[string]any{}), nil, http.StatusConflict, "service_not_held")

	other, paid := must[Method](t)(r.AddCard(ctx, cardGood)), time.Now()
	pay := map[string]any{"method": "saved_card", "paymentMethodId": other.PaymentMethodID}
	expect(t, must[Answer](t)(r.PayInvoice(ctx, Key(), string(owed.Invoice), pay)), nil, http.StatusOK, "")
	must[Invoice](t)(r.AwaitInvoice(ctx, string(owed.Invoice), "paid", time.Minute))
	now = r.becomes(t, "active")
	if took := time.Since(paid); took > 5*time.Minute {
		t.Errorf("it took %s", took)
	}
	if n := inNetwork(t, h, now); n.line == nil || n.line.Session == nil || n.line.Session.DownKbps != 300_000 || len(now.Holds) != 0 {
		t.Errorf("%+v, %+v", now, n.line)
	}
	if is := s.contract(t); is.State != subscription.Active || len(is.Debts) != 0 {
		t.Errorf("%+v", is)
	}
	if charges := psp.charges(t, customer); len(charges) != 1 || charges[0].Amount != 2999 {
		t.Errorf("%+v", charges)
	}
	exactlyOne(t, event.TypeSubscriptionResumed, s.sub)
	s.gets(t, 1, "is back")
}

// S3-48: a line that staff suspended as well is not lifted by the payment, and works again when both are over.
func TestS3FibreHeldTwice(t *testing.T) {
	ctx, h, at := context.Background(), NewHome(), time.Date(2029, 9, 10, 12, 0, 0, 0, time.UTC)
	clock := newTestClock(t, &at)
	r, customer := movingIn(t, h)
	expect(t, attach(t, clock.ClockID, customer), nil, http.StatusOK, "")
	r.ordersLine(t, customer)
	r.becomes(t, "active")
	must[OrderStatus](t)(r.AwaitOrder(ctx, r.order.OrderID, "delivered", 20*time.Second))
	s := viewer{r.Customer, customer, clock.ClockID, r.subscription, r.email}
	expect(t, r.operate(t, "suspend", map[string]any{"reason": "asked by letter"}), nil, http.StatusAccepted, "")
	r.becomes(t, "suspended")
	advance(t, s.clock, at.AddDate(0, 1, 8)) // without a card
	eventually(t, within, "it is held for two causes", func() bool { return len(r.asStaff(t).Holds) == 2 })
	owed := s.contract(t).Debts[0]
	fund(t, customer, 2999)
	expect(t, must[Answer](t)(r.PayInvoice(ctx, Key(), string(owed.Invoice), map[string]any{"method": "wallet"})), nil, http.StatusOK, "")
	eventually(t, within, "it is held for one", func() bool { return len(r.asStaff(t).Holds) == 1 })
	if now := r.asStaff(t); now.Status != "suspended" || now.Holds[0].Cause != "staff" {
		t.Errorf("%+v", now)
	}
	expect(t, r.operate(t, "resume", map[string]any{}), nil, http.StatusAccepted, "")
	r.becomes(t, "active")
}

// S3-08, S3-38: what is due may be renewed by hand before it is by itself: billed and charged once, whoever comes later.
func TestRenewalByHand(t *testing.T) {
	ctx := context.Background()
	s := living(t, time.Date(2029, 1, 15, 12, 0, 0, 0, time.UTC), cardGood)
	advance(t, s.clock, time.Date(2029, 2, 14, 23, 0, 1, 0, time.UTC)) // midnight in Berlin
	renewed := into[struct {
		InvoiceID, Number, Status string
		Total, Due                Amount
	}](t, expect(t, must[Answer](t)(s.Post(ctx, "/subscriptions/"+s.sub+"/renew", Key(), nil)), nil, http.StatusOK, ""))
	if renewed.Status != "paid" || renewed.Total.Minor != 1299 || renewed.Due.Minor != 0 || renewed.Number == "" {
		t.Errorf("%+v", renewed)
	}
	advance(t, s.clock, time.Date(2029, 2, 15, 12, 0, 0, 0, time.UTC))
	expect(t, must[Answer](t)(s.Post(ctx, "/subscriptions/"+s.sub+"/renew", Key(), nil)), nil, http.StatusConflict, "renewal_not_due")
	exactlyOne(t, event.TypeSubscriptionRenewed, s.sub)
	if charges := psp.charges(t, s.id); len(charges) != 1 || charges[0].Amount != 1299 {
		t.Errorf("%+v", charges)
	}
}

// S3-96: staff put a suspension off until a time, may end that before, and cannot for what has ended or is not there.
func TestHold(t *testing.T) {
	ctx := context.Background()
	s := living(t, time.Date(2029, 5, 15, 12, 0, 0, 0, time.UTC), cardDeclines)
	advance(t, s.clock, time.Date(2029, 6, 15, 12, 0, 0, 0, time.UTC))
	owed := s.contract(t).Debts[0]
	hold := func(sub string, until time.Time) Answer {
		t.Helper()
		return must[Answer](t)(admin(t).Put(ctx, "/subscriptions/"+sub+"/hold", map[string]any{"customerId": s.id, "until": until, "reason": "journey"}))
	}
	expect(t, hold("sub_00000000000000000000000000", owed.Since.AddDate(0, 0, 30)), nil, http.StatusNotFound, "subscription_not_found")
	held := into[struct{ Hold *struct{ By, Reason string } }](t, expect(t, hold(s.sub, owed.Since.AddDate(0, 0, 30)), nil, http.StatusOK, ""))
	if held.Hold == nil || held.Hold.By == "" || held.Hold.Reason != "journey" {
		t.Errorf("%+v", held)
	}
	advance(t, s.clock, owed.Since.AddDate(0, 0, 20))
	if is := s.contract(t); is.State != subscription.Active {
		t.Errorf("held: %+v", is)
	}
	if over := into[struct{ Hold *struct{} }](t, expect(t, hold(s.sub, owed.Since), nil, http.StatusOK, "")); over.Hold != nil {
		t.Errorf("%+v", over)
	}
	advance(t, s.clock, owed.Since.AddDate(0, 0, 20).Add(time.Hour))
	if is := s.contract(t); is.State != subscription.Suspended {
		t.Errorf("%+v", is)
	}
	expect(t, must[Answer](t)(s.Post(ctx, "/subscriptions/"+s.sub+"/cancel", Key(), map[string]any{"mode": "now"})), nil, http.StatusOK, "")
	expect(t, hold(s.sub, owed.Since.AddDate(0, 0, 30)), nil, http.StatusConflict, "subscription_ended")
}
