package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/testclock"
)

// on is a payment on a page as it is when its money came.
func on(p payment.Payment, captured time.Time) payment.Payment {
	p.State, p.ChargeID, p.SettledAt, p.CapturedAt = payment.Succeeded, "pi_"+string(p.ID), captured, captured
	return p
}

// What is true when the money of a page came: as for the wallet, and the page is gone. Many who tell of it at once give one
// payment. S1-31.
func TestCompleteOfAPage(t *testing.T) {
	s := opened(t)
	o := s.ordered(plan("plan_a"))
	p := s.open(o)
	s.captured["pi_"+string(p.ID)] = 1299
	ends := at(10, func(int) error {
		return patiently(func() error { return s.db.Complete(context.Background(), on(p, noon)) })
	})
	same(t, "ends", ends, map[string]int{"": 1, payment.ErrMoved.Error(): 9})
	got := s.now(o)
	same(t, "order", []any{got.State, got.PaidBy, got.PaymentID, got.PaidWith, got.Page == nil, got.Version}, []any{order.Paid, payment.Stripe, p.ID, "card", true, 3})
	same(t, "payment", []any{s.paymentNow(p).State, s.paymentNow(p).ChargeID}, []any{payment.Succeeded, "pi_" + string(p.ID)})
	contract, err := s.db.Subscription(t.Context(), s.tenant, customer, o.Subscriptions[0])
	ok(t, err)
	same(t, "contract, claim", []any{contract.State, has(t, s.db, subscriptions, claimKey(s.tenant, customer, "plan_a"))}, []any{subscription.Pending, true})
	same(t, "unpaid, timer", []any{s.unpaid(), s.timer(o)}, []any{0, "none"})
	same(t, "books", s.books(), map[ledger.Account]int64{ledger.PSPCash: 1299, ledger.Sales: -1299})
	same(t, "announced", s.told(), map[event.Type]int{event.TypeOrderCreated: 1, event.TypePaymentInitiated: 1, event.TypePaymentSucceeded: 1, event.TypeContractSigned: 1, event.TypeOrderPaid: 1})
	before := s.everything()
	ok(t, s.comes(p, o.Total, noon)) // the webhook again, much later
	same(t, "everything", s.everything(), before)
}

// refund is money that came in vain: the payment is refunded, the order says so, and the books are even.
func (s shop) refund(o order.Order, p payment.Payment, why payment.Unwanted) {
	s.Helper()
	got := s.now(o)
	if len(got.Surplus) != 1 || got.Surplus[0].PaymentID != p.ID || got.Surplus[0].Reason != string(why) || got.Surplus[0].Amount != p.Amount {
		s.Errorf("surplus: %+v", got.Surplus)
	}
	same(s.T, "payment, page", []any{s.paymentNow(p).State, got.Page == nil}, []any{payment.Refunded, true})
	same(s.T, "the PSP gave back", s.refunded["pi_"+string(p.ID)], p.Amount.Minor)
	on := s.books()
	same(s.T, "still owed", on[ledger.RefundsDue], 0)
	same(s.T, "told", []any{s.told()[event.TypePaymentRefunded], s.told()[event.TypePaymentSucceeded] <= 1}, []any{1, true})
	before := s.everything()
	ok(s.T, s.comes(p, p.Amount, noon)) // told again
	same(s.T, "everything", s.everything(), before)
}

// S1-35: what counts is when the money was taken, by the PSP's clock; without it, when it was told.
func TestMoneyInTime(t *testing.T) {
	for _, k := range []struct {
		name           string
		captured, told time.Duration
		in             bool
	}{
		{"at once", time.Minute, time.Minute, true},
		{"told late", time.Minute, timeout + time.Hour, true},
		{"the last moment", timeout - 1, timeout + time.Hour, true},
		{"the moment it is over", timeout, timeout, false},
		{"late", timeout + time.Second, timeout + time.Minute, false},
	} {
		t.Run(k.name, func(t *testing.T) {
			s := opened(t)
			o := s.ordered(plan("plan_a"))
			p := s.open(o)
			s.clock.Advance(k.told)
			ok(t, s.comes(p, o.Total, noon.Add(k.captured)))
			if k.in {
				same(t, "order", s.now(o).State, order.Paid)
				s.books()
				return
			}
			s.refund(o, p, payment.LatePayment)
			same(t, "order, unpaid, is looked after", []any{s.now(o).State, s.unpaid(), s.timer(o) != "none"}, []any{order.Unpaid, 1, true})
			ok(t, s.db.Watched(t.Context(), s.tenant, customer, o.ID, p.ID))
			same(t, "order, unpaid, timer", []any{s.now(o).State, s.unpaid(), s.timer(o)}, []any{order.Cancelled, 0, "none"})
		})
	}
	t.Run("not known when", func(t *testing.T) {
		for told, state := range map[time.Duration]order.State{timeout - 1: order.Paid, timeout: order.Unpaid} {
			s := opened(t)
			o := s.ordered(plan("plan_a"))
			p := s.open(o)
			s.clock.Advance(told)
			ok(t, s.comes(p, o.Total, time.Time{}))
			same(t, "order", s.now(o).State, state)
			s.books()
		}
	})
	t.Run("by a test clock", func(t *testing.T) { // which the PSP does not live by
		s := opened(t)
		c := testclock.New(s.tenant, "", noon.AddDate(-1, 0, 0), noon)
		ok(t, s.db.CreateTestClock(t.Context(), s.key(), c))
		o := s.draft(plan("plan_a"))
		o.TestClock, o.ExpiresAt = c.ID, c.Now.Add(timeout)
		ok(t, s.place(o, nil))
		ok(t, s.comes(s.open(o), o.Total, noon))
		same(t, "order", []any{s.now(o).State, s.now(o).History[1].At.Equal(c.Now)}, []any{order.Paid, true})
	})
}

// S1-35: money for a cancelled order does not revive it; it goes back, and is announced. S1-34: of two payments for one order
// one is kept, the other goes back. What a customer has got otherwise they do not pay for again.
func TestMoneyInVain(t *testing.T) {
	t.Run("cancelled", func(t *testing.T) {
		s := opened(t)
		o := s.ordered(plan("plan_a"))
		p := s.open(o)
		_, err := s.cancel(o, order.ByUser)
		ok(t, err)
		ok(t, s.comes(p, o.Total, noon))
		s.refund(o, p, payment.OrderCancelled)
		same(t, "order, timer, contract", []any{s.now(o).State, s.timer(o), has(t, s.db, subscriptions, subscriptionKey(s.tenant, customer, o.Subscriptions[0]))}, []any{order.Cancelled, "none", false})
	})
	t.Run("paid from the wallet", func(t *testing.T) {
		s := opened(t)
		fund(t, s.db, s.tenant, 1299)
		o := s.ordered(plan("plan_a"))
		p := s.open(o)
		ok(t, s.byWallet(o))
		ok(t, s.comes(p, o.Total, noon))
		s.refund(o, p, payment.DuplicatePayment)
		got := s.now(o)
		same(t, "order, timer", []any{got.State, got.PaidBy, got.PaymentID != p.ID, s.timer(o)}, []any{order.Paid, order.ByWallet, true, "none"})
		same(t, "books", s.books(), map[ledger.Account]int64{ledger.Adjustments: 1299, ledger.Sales: -1299})
	})
	t.Run("paid on two pages", func(t *testing.T) {
		s := opened(t)
		o := s.ordered(plan("plan_a"))
		first := s.open(o)
		second := s.open(o) // as when the first could not be closed in time
		ok(t, s.comes(second, o.Total, noon))
		ok(t, s.comes(first, o.Total, noon))
		s.refund(o, first, payment.DuplicatePayment)
		same(t, "kept", []any{s.now(o).PaymentID, s.paymentNow(second).State}, []any{second.ID, payment.Succeeded})
	})
	t.Run("the plan is there", func(t *testing.T) {
		s := opened(t)
		fund(t, s.db, s.tenant, 1299)
		o := s.ordered(plan("plan_a"))
		p := s.open(o)
		ok(t, s.byWallet(s.ordered(plan("plan_a"))))
		ok(t, s.comes(p, o.Total, noon))
		s.refund(o, p, payment.AlreadyActive)
		same(t, "order, unpaid, timer", []any{s.now(o).State, s.unpaid(), s.timer(o)}, []any{order.Unpaid, 1, timeout})
	})
}

// S1-34: money on a page and a payment from the wallet at the same time: one pays, and what came on the page without paying
// goes back.
func TestPageAgainstWallet(t *testing.T) {
	for range 6 {
		s := opened(t)
		fund(t, s.db, s.tenant, 1299)
		o := s.ordered(plan("plan_a"))
		p := s.open(o)
		ends := at(2, func(i int) error {
			if i == 0 {
				return s.byWallet(o)
			}
			return s.comes(p, o.Total, noon)
		})
		got := s.now(o)
		if got.PaidBy == order.ByWallet {
			same(t, "ends", ends, map[string]int{"": 2})
			s.refund(o, p, payment.DuplicatePayment)
		} else {
			same(t, "ends", ends, map[string]int{"": 1, order.ErrPaid.Code: 1})
			same(t, "wallet", walletNow(t, s.db, s.tenant).Available, 1299)
		}
		same(t, "order, unpaid, sales", []any{got.State, s.unpaid(), s.books()[ledger.Sales]}, []any{order.Paid, 0, -1299})
	}
}

// S1-30: another amount pays nothing; it is parked and booked once as nobody's, and the order can be paid otherwise.
func TestAnotherAmountComes(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 1299)
	o := s.ordered(plan("plan_a"))
	p := s.open(o)
	same(t, "ends", at(10, func(int) error { return s.comes(p, eur(1298), noon) }), map[string]int{"": 10})
	same(t, "payment, order, page", []any{s.paymentNow(p).State, s.paymentNow(p).Parked, s.now(o).State, s.now(o).Page.PaymentID}, []any{payment.Pending, true, order.Unpaid, p.ID})
	same(t, "books", s.books(), map[ledger.Account]int64{ledger.PSPCash: 1298, ledger.Suspense: -1298, ledger.Adjustments: 1299, ledger.Wallet: -1299})
	same(t, "announced", []any{s.told()[event.TypePaymentParked], s.told()[event.TypePaymentSucceeded]}, []any{1, 0})
	ok(t, s.byWallet(o))
	same(t, "order", s.now(o).State, order.Paid)
	s.books()
}

// S1-33: a page that ended without money leaves the order payable, the same way or another; it is noted once, and does not
// touch a page that was opened since.
func TestFailOfAPage(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 1299)
	o := s.ordered(plan("plan_a"))
	p := s.open(o)
	failed, e := failed(p)
	same(t, "ends", at(10, func(int) error {
		return patiently(func() error { return s.db.Fail(context.Background(), failed, e) })
	}), map[string]int{"": 1, payment.ErrMoved.Error(): 9})
	got := s.now(o)
	same(t, "order", []any{got.State, got.Page == nil, got.Version, s.unpaid(), s.timer(o)}, []any{order.Unpaid, true, 3, 1, timeout})
	same(t, "payment, announced", []any{s.paymentNow(p).State, s.told()[event.TypePaymentFailed]}, []any{payment.Failed, 1})
	again := s.open(o)
	s.refused(payment.ErrMoved, func() error { return s.db.Fail(t.Context(), failed, e) })
	same(t, "page", s.now(o).Page.PaymentID, again.ID)
	ok(t, s.comes(again, o.Total, noon))
	same(t, "order", []any{s.now(o).State, s.now(o).PaymentID}, []any{order.Paid, again.ID})
	ok(t, s.comes(p, o.Total, noon)) // money for the one that failed
	s.refund(o, p, payment.LatePayment)
}

// Of an order that ended while its page was open, the page's end clears the timer.
func TestFailOfAPageOfAnEndedOrder(t *testing.T) {
	s := opened(t)
	o := s.ordered(plan("plan_a"))
	p, e := failed(s.open(o))
	_, err := s.cancel(o, order.ByUser)
	ok(t, err)
	ok(t, s.db.Fail(t.Context(), p, e))
	same(t, "order, page, timer", []any{s.now(o).State, s.now(o).Page == nil, s.timer(o)}, []any{order.Cancelled, true, "none"})
}

// Every write of a page's payment × every state of the payment: only the one it was decided on lets it through. Books and
// unpaid orders are right after each.
func TestConditionsOfEveryWriteOfAPage(t *testing.T) {
	told := func(p payment.Payment) event.Envelope {
		return event.New(context.Background(), p.Tenant, noon, event.PaymentParked{PaymentID: p.ID})
	}
	refunded := func(was payment.State) func(shop, payment.Payment) error {
		return func(s shop, p payment.Payment) error {
			p.State, p.ChargeID = payment.Refunded, "pi_"+string(p.ID)
			err := s.db.Refunded(context.Background(), p, was, payment.GivenBack{Amount: p.Amount, Why: payment.LatePayment}, told(p))
			if err == nil {
				s.captured[p.ChargeID], s.refunded[p.ChargeID] = p.Amount.Minor, p.Amount.Minor
			}
			return err
		}
	}
	writes := map[string]func(shop, payment.Payment) error{
		"complete": func(s shop, p payment.Payment) error {
			err := s.db.Complete(context.Background(), on(p, noon))
			if err == nil {
				s.captured["pi_"+string(p.ID)] = p.Amount.Minor
			}
			return err
		},
		"fail": func(s shop, p payment.Payment) error { p, e := failed(p); return s.db.Fail(context.Background(), p, e) },
		"unassigned": func(s shop, p payment.Payment) error {
			p.ChargeID, p.Parked = "pi_other", true
			err := s.db.Unassigned(context.Background(), p, eur(1), told(p))
			if err == nil {
				s.captured[p.ChargeID] = 1
			}
			return err
		},
		"refunded":         refunded(payment.Failed),
		"refunded at once": refunded(payment.Pending),
	}
	reach := map[payment.State][]string{payment.Pending: nil, payment.Succeeded: {"complete"}, payment.Failed: {"fail"}, payment.Refunded: {"fail", "refunded"}}
	allowed := map[payment.State]map[string]bool{payment.Pending: {"complete": true, "fail": true, "unassigned": true, "refunded at once": true}, payment.Failed: {"refunded": true}}
	for state, path := range reach {
		for name, write := range writes {
			t.Run(string(state)+" × "+name, func(t *testing.T) {
				s := opened(t)
				o := s.ordered(plan("plan_a"))
				p := s.open(o)
				for _, step := range path {
					ok(t, writes[step](s, p))
				}
				if allowed[state][name] {
					ok(t, write(s, p))
				} else {
					s.refused(payment.ErrMoved, func() error { return write(s, p) })
				}
				waits := 1
				if s.now(o).State != order.Unpaid {
					waits = 0
				}
				same(t, "unpaid, paid", []any{s.unpaid(), s.now(o).State == order.Paid}, []any{waits, s.paymentNow(p).State == payment.Succeeded})
				s.books()
			})
		}
	}
}

// What Complete answers of money that is not wanted names why, and writes nothing.
func TestCompleteAnswersWhy(t *testing.T) {
	s := opened(t)
	o := s.ordered(plan("plan_a"))
	p := s.open(o)
	before := s.everything()
	var unwanted *payment.UnwantedError
	err := s.db.Complete(t.Context(), on(p, noon.Add(timeout)))
	if !errors.As(err, &unwanted) || unwanted.Reason != payment.LatePayment {
		t.Errorf("got %v", err)
	}
	same(t, "everything", s.everything(), before)
}
