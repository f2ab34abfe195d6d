package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	domain "turnup/internal/domain/history"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/timer"
)

func (s shop) hanging() (all []id.Order) {
	s.Helper()
	found, _, err := s.db.UndeliveredOrders(s.Context(), s.tenant, 10)
	ok(s.T, err)
	for _, o := range found {
		all = append(all, o.ID)
	}
	return all
}

// S1-48: an order is among those that wait for delivery from its payment to its delivery, and with what kept it from that; the oldest
// first, and no more than one asked for.
func TestUndeliveredOrders(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 5000)
	first := s.ordered(plan("plan_a"))
	same(t, "unpaid", s.hanging(), []id.Order(nil))
	ok(t, s.byWallet(first))
	s.clock.Advance(time.Minute)
	second := s.ordered(plan("plan_b"))
	ok(t, s.byWallet(second))
	same(t, "both", s.hanging(), []id.Order{first.ID, second.ID})
	some, more, err := s.db.UndeliveredOrders(t.Context(), s.tenant, 1)
	ok(t, err)
	same(t, "the oldest", fmt.Sprint(len(some), some[0].ID, more), fmt.Sprint(1, first.ID, true))

	trouble := order.Trouble{Code: "internal", Text: "Something.", At: noon, Next: noon.Add(time.Minute)}
	ok(t, s.db.NoteTrouble(t.Context(), s.tenant, first.ID, trouble))
	known, err := s.db.Troubles(t.Context(), s.tenant, []id.Order{first.ID, second.ID})
	ok(t, err)
	same(t, "troubles", known, map[id.Order]order.Trouble{first.ID: trouble})
	none, err := s.db.Troubles(t.Context(), s.tenant, nil)
	ok(t, err)
	same(t, "of none", len(none), 0)
	ok(t, s.deliver(first))
	same(t, "one is delivered", s.hanging(), []id.Order{second.ID})
}

// S1-35: a payment that somebody found open is among those without outcome until it has one, and longer when it waits for an operator; one
// that goes as it should never is (P2).
func TestUnsettledPayments(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 5000)
	p := s.open(s.ordered(plan("plan_a")))
	open := func() (all []id.Payment) {
		found, _, err := s.db.UnsettledPayments(s.Context(), s.tenant, 10)
		ok(t, err)
		for _, f := range found {
			all = append(all, f.ID)
		}
		return all
	}
	same(t, "begun", open(), []id.Payment(nil))
	ok(t, s.db.MarkOverdue(t.Context(), p))
	same(t, "open for long", open(), []id.Payment{p.ID})
	marked, err := s.db.Payment(t.Context(), p.Tenant, p.ID)
	ok(t, err)
	ok(t, s.db.Note(t.Context(), marked))
	same(t, "noted", open(), []id.Payment{p.ID})
	ok(t, s.comes(marked, p.Amount, noon))
	same(t, "settled", open(), []id.Payment(nil))
	same(t, "again", s.db.MarkOverdue(t.Context(), p), payment.ErrMoved)
	same(t, "and still", open(), []id.Payment(nil))
	same(t, "parked", paymentRowOf(payment.Payment{State: payment.Refunded, Parked: true}).Among != "", true)
}

// S3-96: a contract is among those that are held while staff hold it.
func TestHeldContracts(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 5000)
	o := s.ordered(plan("plan_a"))
	ok(t, s.byWallet(o))
	ok(t, s.deliver(o))
	was, err := s.db.Subscription(t.Context(), s.tenant, customer, o.Subscriptions[0])
	ok(t, err)
	change := func(was, is subscription.Subscription) subscription.Subscription {
		t.Helper()
		tx := s.db.tx()
		tx.contract(was, is)
		ok(t, tx.commit(t.Context()))
		return is
	}
	held := change(was, was.Hold(subscription.Hold{Until: noon.Add(time.Hour), By: "stf_1"}, noon))
	found, more, err := s.db.HeldContracts(t.Context(), s.tenant, 10)
	ok(t, err)
	same(t, "held", fmt.Sprint(len(found), found[0].ID, more), fmt.Sprint(1, was.ID, false))
	change(held, held.Hold(subscription.Hold{Until: noon.Add(-time.Hour)}, noon))
	found, _, err = s.db.HeldContracts(t.Context(), s.tenant, 10)
	ok(t, err)
	same(t, "no more", len(found), 0)
}

// S3-127: a refund waits until all of it is settled, in a partition that open invoices are not in; also one of a test clock that is far ahead.
func TestOpenReturns(t *testing.T) {
	db, tenant := fresh(t)
	r := payment.Return{Tenant: tenant, Customer: customer, ID: "ref_1", Invoice: "inv_1", Currency: "EUR", RequestedAt: noon.AddDate(100, 0, 0), Parts: []payment.ReturnPart{{PaymentID: "pay_1", Amount: 1, State: payment.ReturnRequested}}, Version: 1}
	count := func() int {
		found, _, err := db.OpenReturns(t.Context(), tenant, 10)
		ok(t, err)
		return len(found)
	}
	save := func(is payment.Return) {
		tx := db.tx()
		tx.put(invoices, refundKey(tenant, customer, "inv_1", "ref_1"), returnRowOf(is), "", nil, nil)
		ok(t, tx.commit(t.Context()))
	}
	save(r)
	same(t, "requested", count(), 1)
	unpaid, _, err := db.UnpaidInvoices(t.Context(), tenant, "", 10)
	ok(t, err)
	same(t, "is no invoice", len(unpaid), 0)
	r.Parts = []payment.ReturnPart{{PaymentID: "pay_1", Amount: 1, State: payment.ReturnSettled}}
	save(r)
	same(t, "settled", count(), 0)
}

// S1-40: a timer that was due before is overdue, also while an announcement of it is leased; one that is due since a moment is not.
func TestOverdueTimers(t *testing.T) {
	db, tenant := fresh(t)
	tx := db.tx()
	for subject, due := range map[string]time.Time{"ord_late": noon.Add(-time.Hour), "ord_now": noon.Add(-time.Minute), "ord_later": noon.Add(time.Hour)} {
		tx.setTimer(timer.Timer{Tenant: tenant, Customer: customer, Kind: timer.OrderWatch, Subject: subject, Due: due})
	}
	ok(t, tx.commit(t.Context()))
	t.Cleanup(func() {
		tx := db.tx()
		for _, subject := range []string{"ord_late", "ord_now", "ord_later"} {
			tx.clearTimer(tenant, customer, timer.OrderWatch, subject)
		}
		ok(t, tx.commit(context.Background()))
	})
	overdue := func() (all []string) {
		found, _, err := db.OverdueTimers(t.Context(), noon.Add(-5*time.Minute), noon.Add(15*time.Minute), 100)
		ok(t, err)
		for _, p := range found {
			if p.Tenant == tenant {
				all = append(all, p.Subject)
			}
		}
		return all
	}
	same(t, "overdue", overdue(), []string{"ord_late"})
	pending, err := db.Timers(t.Context(), tenant, customer)
	ok(t, err)
	for _, p := range pending {
		if p.Subject == "ord_late" {
			_, err := db.LeaseTimer(t.Context(), p, noon.Add(10*time.Minute))
			ok(t, err)
		}
	}
	same(t, "leased", overdue(), []string{"ord_late"})
}

// S3-156: what staff did is listed once, newest first, by who and when; whose an order is, by its id.
func TestActsAndReferences(t *testing.T) {
	db, tenant := fresh(t)
	var made []domain.Entry
	for i, who := range []string{"stf_1", "stf_2", "stf_1"} {
		ctx := event.WithTrace(t.Context(), event.Trace{Actor: "staff:" + who})
		e, _, err := domain.EntryOf(event.New(ctx, tenant, noon.Add(time.Duration(i)*time.Hour), event.DeadLettersRedriven{Queue: "delivery", Moved: i}))
		ok(t, err)
		made = append(made, e)
		ok(t, db.RecordAct(t.Context(), e))
		ok(t, db.RecordAct(t.Context(), e))
	}
	read := func(staff string, from, until time.Time) (all []id.Event) {
		t.Helper()
		for after := ""; ; {
			page, next, err := db.Acts(t.Context(), tenant, staff, from, until, after, 1)
			ok(t, err)
			for _, e := range page {
				all = append(all, e.ID)
			}
			if after = next; next == "" {
				return all
			}
		}
	}
	none := time.Time{}
	same(t, "all", read("", none, none), []id.Event{made[2].ID, made[1].ID, made[0].ID})
	same(t, "of one", read("stf_1", none, none), []id.Event{made[2].ID, made[0].ID})
	same(t, "in a time", read("", noon.Add(time.Minute), noon.Add(2*time.Hour)), []id.Event{made[1].ID})
	same(t, "in no time", read("", noon, noon), []id.Event(nil))
	if _, _, err := db.Acts(t.Context(), tenant, "", none, none, "EVENT#x", 1); fault.Of(err) == nil {
		t.Errorf("a made-up cursor: %v", err)
	}

	r := domain.Reference{Tenant: tenant, Name: "ord_1", ID: "ord_1", Customer: customer}
	ok(t, db.Refer(t.Context(), r))
	got, err := db.Reference(t.Context(), tenant, "ord_1")
	ok(t, err)
	same(t, "reference", got, r)
	_, err = db.Reference(t.Context(), "other", "ord_1")
	same(t, "another tenant's", err, fault.ErrNotFound)
}
