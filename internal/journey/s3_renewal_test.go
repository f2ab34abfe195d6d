package journey

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/subscription"
)

// viewer is a customer with a card and a Stream HD, by a test clock.
type viewer struct {
	*Customer
	id, clock, sub, mail string
}

func living(t *testing.T, at time.Time, card string) viewer {
	t.Helper()
	ctx := context.Background()
	clock := newTestClock(t, &at)
	name := newName()
	c, r, err := site.Register(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, attach(t, clock.ClockID, r.CustomerID), nil, http.StatusOK, "")
	_ = must[Method](t)(c.AddCard(ctx, card))
	fund(t, r.CustomerID, 1299)
	o := ordered(t, c, "plan_stream-hd", "")
	payByWallet(t, c, o.OrderID)
	must[OrderStatus](t)(c.AwaitOrder(ctx, o.OrderID, "delivered", 20*time.Second))
	return viewer{c, r.CustomerID, clock.ClockID, o.SubscriptionIDs[0], name + "@example.com"}
}

// contract is the subscription as it is kept.
func (s viewer) contract(t *testing.T) subscription.Subscription {
	t.Helper()
	return must[subscription.Subscription](t)(site.DB().Subscription(context.Background(), "demo", id.Customer(s.id), id.Subscription(s.sub)))
}

// mails counts the mails whose subject has the words.
func (s viewer) mails(t *testing.T, words string) (n int) {
	t.Helper()
	for _, m := range must[[]Mail](t)(site.Mails(context.Background(), s.mail)) {
		if strings.Contains(m.Subject, words) {
			n++
		}
	}
	return n
}

// gets waits for so many mails whose subject has the words.
func (s viewer) gets(t *testing.T, n int, words string) {
	t.Helper()
	eventually(t, 30*time.Second, words, func() bool { return s.mails(t, words) >= n })
	if got := s.mails(t, words); got != n {
		t.Errorf("%d mails %q, want %d", got, words, n)
	}
}

// S3-08, S3-38, S3-39, S3-75, S3-76, S3-151: a streaming plan of 31 January renews by itself on 28 February and 31 March: reminded once,
// charged once, its invoice paid, with a receipt; by hand nothing is due any more.
func TestSubscriptionRenews(t *testing.T) {
	ctx := context.Background()
	s := living(t, time.Date(2029, 1, 31, 12, 0, 0, 0, time.UTC), cardGood)
	advance(t, s.clock, time.Date(2029, 2, 27, 12, 0, 0, 0, time.UTC))
	s.gets(t, 1, "renews on")
	expect(t, must[Answer](t)(s.Post(ctx, "/subscriptions/"+s.sub+"/renew", Key(), nil)), nil, http.StatusConflict, "renewal_not_due")
	advance(t, s.clock, time.Date(2029, 2, 28, 12, 0, 0, 0, time.UTC))
	is := s.contract(t)
	if is.Period != (civil.Period{From: "2029-02-28", Until: "2029-03-31"}) || len(is.Debts) != 0 {
		t.Fatalf("%+v", is)
	}
	renewed := exactlyOne(t, event.TypeSubscriptionRenewed, s.sub)
	var told event.SubscriptionRenewed
	if err := event.Decode(renewed, &told); err != nil {
		t.Fatal(err)
	}
	paid := must[invoice.Invoice](t)(site.DB().Invoice(ctx, "demo", id.Customer(s.id), told.InvoiceID))
	if paid.State != invoice.Paid || paid.Total != 1299 || paid.Number == "" || len(paid.Receipts) != 1 || *paid.Period != is.Period {
		t.Errorf("%+v", paid)
	}
	expect(t, must[Answer](t)(s.Post(ctx, "/subscriptions/"+s.sub+"/renew", Key(), nil)), nil, http.StatusConflict, "renewal_not_due")
	advance(t, s.clock, time.Date(2029, 4, 1, 0, 0, 0, 0, time.UTC))
	if is := s.contract(t); is.Period != (civil.Period{From: "2029-03-31", Until: "2029-04-30"}) {
		t.Errorf("%+v", is.Period)
	}
	if n := len(crm.of(event.TypeSubscriptionRenewed, s.sub)); n != 2 {
		t.Errorf("renewed %d times", n)
	}
	s.gets(t, 2, "renews on")
}

// S3-86, S3-88, S3-89, S3-90, S3-91, S3-92, S3-93, S3-96, S3-152: a card that is declined at renewal: told at once; reminders on the third,
// fifth and seventh day, each once; held by staff, then suspended; what is paid brings it back.
func TestDunning(t *testing.T) {
	ctx := context.Background()
	s := living(t, time.Date(2029, 5, 15, 12, 0, 0, 0, time.UTC), cardDeclines)
	advance(t, s.clock, time.Date(2029, 6, 15, 12, 0, 0, 0, time.UTC))
	is := s.contract(t)
	if len(is.Debts) != 1 || is.State != subscription.Active || is.Entitlement.State != subscription.Active {
		t.Fatalf("%+v", is)
	}
	owed := is.Debts[0]
	started := exactlyOne(t, event.TypeDunningStarted, s.sub)
	if !strings.Contains(string(started.Data), string(owed.Invoice)) {
		t.Errorf("%s", started.Data)
	}
	s.gets(t, 1, "payment did not go through")
	told := func() int { return strings.Count(s.history(t), `"dunning.reminded"`) }
	for i, day := range []int{3, 5} {
		advance(t, s.clock, owed.Since.AddDate(0, 0, day).Add(time.Minute))
		eventually(t, 20*time.Second, "the reminder", func() bool { return told() == i+1 })
	}
	hold := map[string]any{"customerId": s.id, "until": owed.Since.AddDate(0, 0, 9), "reason": "journey"}
	expect(t, must[Answer](t)(admin(t).Put(ctx, "/subscriptions/"+s.sub+"/hold", hold)), nil, http.StatusOK, "")
	eventually(t, 20*time.Second, "why it is held, in the history", func() bool { return strings.Contains(s.history(t), `"suspension.held"`) })
	advance(t, s.clock, owed.Since.AddDate(0, 0, 8))
	if is = s.contract(t); is.State != subscription.Active || is.Debts[0].Reminded != 3 {
		t.Errorf("held: %+v", is)
	}
	advance(t, s.clock, owed.Since.AddDate(0, 0, 10))
	if is = s.contract(t); is.State != subscription.Suspended || is.Entitlement.State != subscription.Suspended {
		t.Errorf("%+v", is)
	}
	s.gets(t, 1, "is suspended")
	if ahead := s.ahead(t); len(ahead) != 1 || ahead[0].Step != "end" || ahead[0].At.Sub(owed.Since).Round(24*time.Hour) != 39*24*time.Hour {
		t.Errorf("%+v", ahead)
	}
	if n := told(); n != 3 {
		t.Errorf("%d reminders", n)
	}
	other := must[Method](t)(s.AddCard(ctx, cardGood))
	pay := map[string]any{"method": "saved_card", "paymentMethodId": other.PaymentMethodID}
	a := must[Answer](t)(s.Post(ctx, "/invoices/"+string(owed.Invoice)+"/pay", Key(), pay))
	expect(t, a, nil, http.StatusOK, "")
	if is = s.contract(t); is.State != subscription.Active || len(is.Debts) != 0 || is.Credit == 0 {
		t.Errorf("paid: %+v", is)
	}
	exactlyOne(t, event.TypeSubscriptionResumed, s.sub)
	s.gets(t, 1, "is back")
}

// S3-86, S3-91, S3-96: who never pays is suspended, and after thirty days more the contract ends by itself: told, and taken off the invoice what was not used; the rest
// stays owed, and can be paid.
func TestNeverPaid(t *testing.T) {
	ctx := context.Background()
	s := living(t, time.Date(2029, 5, 15, 12, 0, 0, 0, time.UTC), cardDeclines)
	advance(t, s.clock, time.Date(2029, 6, 23, 12, 0, 0, 0, time.UTC))
	is := s.contract(t)
	if is.State != subscription.Suspended || len(is.Debts) != 1 {
		t.Fatalf("%+v", is)
	}
	shown := into[struct {
		Dunning struct {
			Reason string
			EndsAt time.Time
		}
	}](t, expect(t, must[Answer](t)(s.Get(ctx, "/subscriptions/"+s.sub)), nil, http.StatusOK, ""))
	if ends := is.IdleSince.Plus(30); shown.Dunning.Reason == "" || is.Today(shown.Dunning.EndsAt) != ends {
		t.Errorf("%+v, want %s", shown, ends)
	}
	advance(t, s.clock, shown.Dunning.EndsAt.Add(-time.Minute))
	if is = s.contract(t); is.State != subscription.Suspended {
		t.Errorf("too early: %+v", is)
	}
	advance(t, s.clock, shown.Dunning.EndsAt.Add(time.Minute))
	if is = s.contract(t); is.State != subscription.Ended || is.Entitlement.State != subscription.Ended {
		t.Errorf("%+v", is)
	}
	over := exactlyOne(t, event.TypeSubscriptionEnded, s.sub)
	if !strings.Contains(string(over.Data), `"non_payment"`) {
		t.Errorf("%s", over.Data)
	}
	s.gets(t, 1, "has ended")
	if ahead := s.ahead(t); len(ahead) != 0 {
		t.Errorf("%+v", ahead)
	}
	left := must[Invoice](t)(s.AwaitInvoice(ctx, string(is.Debts[0].Invoice), "open", time.Second))
	if left.Due.Minor <= 0 || left.Due.Minor >= left.Total.Minor {
		t.Errorf("%+v", left)
	}
	fund(t, s.id, left.Due.Minor)
	expect(t, must[Answer](t)(s.PayInvoice(ctx, Key(), left.InvoiceID, map[string]any{"method": "wallet"})), nil, http.StatusOK, "")
	_ = must[Invoice](t)(s.AwaitInvoice(ctx, left.InvoiceID, "paid", 10*time.Second))
}

// ahead is what will happen to the contract by itself.
func (s viewer) ahead(t *testing.T) []struct {
	Step string
	At   time.Time
} {
	t.Helper()
	return into[struct {
		Steps []struct {
			Step string
			At   time.Time
		}
	}](t, expect(t, must[Answer](t)(s.Get(context.Background(), "/subscriptions/"+s.sub+"/forecast")), nil, http.StatusOK, "")).Steps
}

// history is what is recorded about the customer, as it is answered.
func (s viewer) history(t *testing.T) string {
	t.Helper()
	return string(expect(t, must[Answer](t)(admin(t).Get(context.Background(), "/admin/customers/"+s.id+"/history?limit=100")), nil, http.StatusOK, "").Raw)
}
