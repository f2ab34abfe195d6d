package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/testclock"
)

// S1-52, S1-53: an unpaid order is cancelled by its customer or an admin; S1-55: it says by whom, and when. S1-60: cancelling
// it again, whoever does, answers the same and writes nothing.
func TestCancel(t *testing.T) {
	for _, by := range []order.Canceller{order.ByUser, order.ByAdmin} {
		s := opened(t)
		o := s.ordered(plan("plan_a"))
		s.clock.Advance(time.Minute)
		cancelled, err := s.cancel(o, by)
		ok(t, err)
		got := s.now(o)
		same(t, "order", []any{got.State, got.CancelledBy, got.Version, len(got.History), got.History[1].At.Equal(noon.Add(time.Minute))}, []any{order.Cancelled, by, 2, 2, true})
		same(t, "answered", []any{cancelled.State, cancelled.CancelledBy, cancelled.Version}, []any{got.State, got.CancelledBy, got.Version})
		same(t, "place, timer", []any{s.unpaid(), s.timer(o)}, []any{0, "none"})
		events := announced(t, s.db, s.tenant)
		var told event.OrderCancelled
		ok(t, event.Decode(events[len(events)-1], &told))
		same(t, "announced", []any{len(events), told}, []any{2, event.OrderCancelled{OrderID: o.ID, CustomerID: customer, By: string(by)}})
		before := s.everything()
		for _, again := range []order.Canceller{order.ByUser, order.ByAdmin} {
			answered, err := s.cancel(o, again)
			ok(t, err)
			same(t, "again", []any{answered.State, answered.CancelledBy, answered.Version}, []any{order.Cancelled, by, 2})
		}
		same(t, "everything", s.everything(), before)
	}
}

// S1-56: what is paid or delivered is not cancelled. Another customer's order is unknown.
func TestCancelIsRefused(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 5000)
	o := s.ordered(plan("plan_a"))
	_, err := s.db.Cancel(t.Context(), s.key(), s.tenant, "cus_2", o.ID, order.ByUser)
	want(t, err, order.ErrUnknown)
	same(t, "order", s.now(o).State, order.Unpaid)
	ok(t, s.byWallet(o))
	refused := func() error { _, err := s.cancel(o, order.ByAdmin); return err }
	s.refused(order.ErrNotCancellable, refused)
	ok(t, s.deliver(o))
	same(t, "order", s.now(o).State, order.Delivered)
	s.refused(order.ErrNotCancellable, refused)
}

// S1-58: nothing brings a cancelled order back: not the wallet, not a page, not a delivery, not the end of its time.
func TestCancelledStaysCancelled(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 5000)
	o := s.ordered(plan("plan_a"))
	was := s.now(o)
	_, err := s.cancel(o, order.ByUser)
	ok(t, err)
	s.refused(order.ErrCancelled, func() error { return s.byWallet(o) })
	p, page, e := s.page(o)
	s.refused(payment.ErrMoved, func() error { return s.db.Open(t.Context(), s.key(), was, p, page, e) })
	before := s.everything()
	ok(t, s.deliver(o))
	s.clock.Advance(timeout)
	ok(t, s.db.Watched(t.Context(), s.tenant, customer, o.ID, ""))
	same(t, "everything", s.everything(), before)
}

// One key at once and again: one cancellation, and everybody is answered the order as it was then.
func TestCancelWithOneKey(t *testing.T) {
	s := opened(t)
	o := s.ordered(plan("plan_a"))
	s.ordered(plan("plan_b"))
	versions := make(chan int64, 21)
	cancel := func(int) error {
		return patiently(func() error {
			cancelled, err := once.Do(context.Background(), s.db, request(s.tenant, string(customer), "k", "f"), func(use *once.Use) (order.Order, error) {
				return s.db.Cancel(context.Background(), use, s.tenant, customer, o.ID, order.ByUser)
			})
			if err == nil {
				versions <- cancelled.Version
			}
			return err
		})
	}
	same(t, "ends", at(20, cancel), map[string]int{"": 20})
	ok(t, cancel(0))
	same(t, "announced, unpaid", []any{s.told()[event.TypeOrderCancelled], s.unpaid()}, []any{1, 1})
	for range 21 {
		same(t, "answered", <-versions, 2)
	}
}

// S1-57: cancelled and paid at the same time, either way of paying: one wins, and what belongs to it is there; the money of a
// page that loses goes back.
func TestCancelAgainstPay(t *testing.T) {
	for name, pay := range map[string]func(shop, order.Order, payment.Payment) error{
		"wallet": func(s shop, o order.Order, _ payment.Payment) error { return s.byWallet(o) },
		"page":   func(s shop, o order.Order, p payment.Payment) error { return s.comes(p, o.Total, noon) },
	} {
		for round := range 6 {
			t.Run(fmt.Sprint(name, round), func(t *testing.T) {
				s := opened(t)
				fund(t, s.db, s.tenant, 5000)
				c := limited(t, s.db, s.tenant, 8, 0)
				o := s.less(s.draft(plan("plan_a")), c, 299)
				ok(t, s.place(o, &c))
				p := s.open(o)
				ends := at(2, func(i int) error {
					if i == 0 {
						return pay(s, o, p)
					}
					return patiently(func() error { _, err := s.cancel(o, order.ByUser); return err })
				})
				got := s.now(o)
				paid := got.State == order.Paid
				switch {
				case paid:
					same(t, "ends", ends, map[string]int{"": 1, order.ErrNotCancellable.Code: 1})
				case name == "wallet":
					same(t, "ends", ends, map[string]int{"": 1, order.ErrCancelled.Code: 1})
				default:
					same(t, "ends", ends, map[string]int{"": 2}) // a callback is always taken
					same(t, "payment, surplus", []any{s.paymentNow(p).State, got.Surplus[0].Reason}, []any{payment.Refunded, payment.OrderCancelled})
				}
				same(t, "cancelled", got.State == order.Cancelled, !paid)
				same(t, "claim, contract", []any{has(t, s.db, subscriptions, claimKey(s.tenant, customer, "plan_a")), has(t, s.db, subscriptions, subscriptionKey(s.tenant, customer, o.Subscriptions[0]))}, []any{paid, paid})
				debited, used := int64(0), int64(0)
				if paid {
					used = 1
				}
				if paid && name == "wallet" {
					debited = 1000
				}
				same(t, "wallet, unpaid, uses", []any{walletNow(t, s.db, s.tenant).Available, s.unpaid(), uses(t, s.db, c)}, []any{5000 - debited, 0, used})
				s.books()
			})
		}
	}
}

// A cancelled or paid order whose page is open is looked after at once, to close it.
func TestPageOfAnEndedOrderIsLookedAfter(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 5000)
	for _, end := range []func(order.Order) error{s.byWallet, func(o order.Order) error { _, err := s.cancel(o, order.ByUser); return err }} {
		o := s.ordered(plan("plan_a"))
		p := s.open(o)
		same(t, "timer", s.timer(o), s.clock.Now().Add(2*time.Minute).Sub(noon))
		s.clock.Advance(time.Minute)
		ok(t, end(o))
		same(t, "timer", s.timer(o), s.clock.Now().Sub(noon))
		same(t, "page", s.now(o).Page.PaymentID, p.ID)
		ok(t, s.db.Watched(t.Context(), s.tenant, customer, o.ID, "")) // who looked did not know of the page yet
		same(t, "timer, page", []any{s.timer(o), s.now(o).Page.PaymentID}, []any{s.clock.Now().Sub(noon), p.ID})
		ok(t, s.db.Watched(t.Context(), s.tenant, customer, o.ID, p.ID))
		same(t, "timer, page", []any{s.timer(o), s.now(o).Page == nil}, []any{"none", true})
	}
}

// S1-54: an unpaid order is cancelled when its time is over, not before, and by nobody else than the timeout.
func TestWatchedLetsExpire(t *testing.T) {
	s := opened(t)
	o := s.ordered(plan("plan_a"))
	s.clock.Advance(timeout - 1)
	before := s.everything()
	ok(t, s.db.Watched(t.Context(), s.tenant, customer, o.ID, ""))
	same(t, "everything", s.everything(), before)
	s.clock.Advance(1)
	same(t, "ends", at(10, func(int) error {
		return patiently(func() error { return s.db.Watched(context.Background(), s.tenant, customer, o.ID, "") })
	}), map[string]int{"": 10})
	got := s.now(o)
	same(t, "order", []any{got.State, got.CancelledBy, got.Version}, []any{order.Cancelled, order.ByTimeout, 2})
	same(t, "announced, unpaid, timer", []any{s.told(), s.unpaid(), s.timer(o)}, []any{map[event.Type]int{event.TypeOrderCreated: 1, event.TypeOrderCancelled: 1}, 0, "none"})
	want(t, s.db.Watched(t.Context(), s.tenant, customer, "ord_9", ""), order.ErrUnknown)
}

// S1-54: while a page is open that the look did not find closed, an order whose time is over is neither cancelled nor
// forgotten; once it is closed, or what came on it is parked, it is cancelled with it, as one change.
func TestWatchedWithAPage(t *testing.T) {
	s := opened(t)
	o := s.ordered(plan("plan_a"))
	p := s.open(o)
	for _, k := range []struct{ now, next time.Duration }{{2 * time.Minute, 4 * time.Minute}, {8 * time.Minute, 16 * time.Minute}, {20 * time.Minute, timeout}} {
		s.clock.Advance(noon.Add(k.now).Sub(s.clock.Now()))
		ok(t, s.db.Watched(t.Context(), s.tenant, customer, o.ID, ""))
		same(t, "next look", []any{s.timer(o), s.now(o).Version, s.now(o).State}, []any{k.next, 2, order.Unpaid})
	}
	s.clock.Advance(time.Hour)
	for _, closed := range []id.Payment{"", "pay_other"} {
		ok(t, s.db.Watched(t.Context(), s.tenant, customer, o.ID, closed))
		same(t, "order", []any{s.now(o).State, s.now(o).Page.PaymentID, s.timer(o)}, []any{order.Unpaid, p.ID, timeout})
	}
	parked := s.paymentNow(p)
	parked.Parked = true
	ok(t, s.db.Note(t.Context(), parked))
	ok(t, s.db.Watched(t.Context(), s.tenant, customer, o.ID, p.ID))
	got := s.now(o)
	same(t, "order", []any{got.State, got.CancelledBy, got.Page == nil, got.Version, s.timer(o), s.unpaid()}, []any{order.Cancelled, order.ByTimeout, true, 3, "none", 0})
}

// A look ends with what the order needs next: one that is paid needs none, whatever timer was left.
func TestWatchedClearsTheTimer(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 5000)
	o := s.ordered(plan("plan_a"))
	ok(t, s.byWallet(o))
	same(t, "timer", s.timer(o), "none")
	left := watch(s.tenant, customer, string(o.ID), noon)
	set(t, s.db, left)
	ok(t, s.db.Watched(t.Context(), s.tenant, customer, o.ID, ""))
	same(t, "timer, order", []any{s.timer(o), s.now(o).State, s.now(o).Version}, []any{"none", order.Paid, 2})
}

// By a test clock an order's time is the clock's, and its timer is the clock's to announce.
func TestExpiryByATestClock(t *testing.T) {
	s := opened(t)
	c := testclock.New(s.tenant, "", noon.AddDate(1, 0, 0), noon)
	ok(t, s.db.CreateTestClock(t.Context(), s.key(), c))
	o := s.draft(plan("plan_a"))
	o.TestClock, o.ExpiresAt = c.ID, c.Now.Add(timeout)
	ok(t, s.place(o, nil))
	ok(t, s.db.Watched(t.Context(), s.tenant, customer, o.ID, ""))
	same(t, "order, due by the real time", []any{s.now(o).State, len(dueOf(t, s.db, s.tenant, noon.AddDate(2, 0, 0), 10))}, []any{order.Unpaid, 0})
	moving, err := c.Advance(c.Now.Add(timeout))
	ok(t, err)
	ok(t, s.db.AdvanceTestClock(t.Context(), s.key(), moving, event.New(t.Context(), s.tenant, noon, event.ClockAdvanced{TestClockID: c.ID, To: moving.Target})))
	ok(t, s.db.MoveTestClock(t.Context(), moving.Step(moving.Target)))
	ok(t, s.db.Watched(t.Context(), s.tenant, customer, o.ID, ""))
	got := s.now(o)
	same(t, "order", []any{got.State, got.CancelledBy, got.History[1].At.Equal(moving.Target)}, []any{order.Cancelled, order.ByTimeout, true})
}
