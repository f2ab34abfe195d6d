package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/wallet"
)

// S1-42: one call with enough in the wallet leads to paid, with all that belongs to it; S1-41: the movement is an entry.
func TestPayByWallet(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 1299) // exactly enough
	o := s.ordered(plan("plan_a"))
	var answered order.Order
	ok(t, s.db.PayByWallet(t.Context(), s.key(), s.tenant, customer, o.ID, func(paid order.Order) error { answered = paid; return nil }))
	got := s.now(o)
	pay := id.Swap[id.Payment](o.ID, id.OrderPrefix, id.PaymentPrefix)
	same(t, "order", []any{got.State, got.PaidBy, got.PaymentID, got.Version, got.History[1].At.Equal(noon)}, []any{order.Paid, order.ByWallet, pay, 2, true})
	same(t, "answered", []any{answered.State, answered.PaymentID, answered.Total}, []any{order.Paid, pay, o.Total})
	same(t, "wallet, unpaid, timer", []any{walletNow(t, s.db, s.tenant).Available, s.unpaid(), s.timer(o)}, []any{0, 0, "none"})
	entry := audited(t, s.db, s.tenant)[0]
	same(t, "entry", []any{entry.Kind, entry.Reference, entry.Postings, entry.Balance}, []any{ledger.KindWalletSale, o.ID, []ledger.Posting{{Account: ledger.Wallet, Minor: 1299}, {Account: ledger.Sales, Minor: -1299}}, 0})
	contract, err := s.db.Subscription(t.Context(), s.tenant, customer, o.Subscriptions[0])
	ok(t, err)
	same(t, "contract, claim", []any{contract.State, contract.Entitlement.Origin, has(t, s.db, subscriptions, claimKey(s.tenant, customer, "plan_a"))}, []any{subscription.Pending, o.ID, true})
	same(t, "announced", s.told(), map[event.Type]int{event.TypeOrderCreated: 1, event.TypePaymentSucceeded: 1, event.TypeWalletMoved: 1, event.TypeContractSigned: 1, event.TypeOrderPaid: 1})
	s.books()
}

// Whatever is in the way of a payment from the wallet, nothing of it happens. S1-36, S1-37, S1-38, S1-40, S1-59.
func TestPayByWalletIsRefused(t *testing.T) {
	move := func(s shop, key string, do func(wallet.Balance) (wallet.Balance, error), entry func(ledger.ByStaff) ledger.Entry) {
		_, err := moved(s.Context(), s.db, s.tenant, key, func(b wallet.Balance) (wallet.Balance, ledger.Entry, error) {
			next, err := do(b)
			return next, entry(ledger.ByStaff{Tenant: s.tenant, Customer: customer, By: "ada", Reason: "test", At: noon}), err
		})
		ok(s.T, err)
	}
	for _, k := range []struct {
		name string
		set  func(s shop, o order.Order) order.Order
		want error
	}{
		{"there is nothing", func(_ shop, o order.Order) order.Order { return o }, wallet.ErrInsufficient},
		{"a cent is missing", func(s shop, o order.Order) order.Order { fund(t, s.db, s.tenant, 1298); return o }, wallet.ErrInsufficient},
		{"a cent is on hold", func(s shop, o order.Order) order.Order {
			fund(t, s.db, s.tenant, 1299)
			move(s, "hold", func(b wallet.Balance) (wallet.Balance, error) { return b.Hold(eur(1)) }, func(b ledger.ByStaff) ledger.Entry { return ledger.Hold(b, eur(1)) })
			return o
		}, wallet.ErrInsufficient},
		{"a top-up is paid and not delivered", func(s shop, o order.Order) order.Order {
			up := s.ordered(topUp(5000))
			ok(t, s.comes(s.open(up), up.Total, noon))
			return o
		}, wallet.ErrInsufficient},
		{"a top-up", func(s shop, _ order.Order) order.Order { fund(t, s.db, s.tenant, 5000); return s.ordered(topUp(1000)) }, payment.ErrWalletTopUp},
		{"paid already", func(s shop, o order.Order) order.Order {
			fund(t, s.db, s.tenant, 5000)
			ok(t, s.comes(s.open(o), o.Total, noon))
			return o
		}, order.ErrPaid},
		{"delivered", func(s shop, o order.Order) order.Order {
			fund(t, s.db, s.tenant, 5000)
			ok(t, s.byWallet(o))
			ok(t, s.deliver(o))
			return o
		}, order.ErrPaid},
		{"its time is over, and nobody noticed", func(s shop, o order.Order) order.Order {
			fund(t, s.db, s.tenant, 5000)
			s.clock.Advance(timeout)
			return o
		}, order.ErrExpired},
		{"the customer got the plan otherwise", func(s shop, o order.Order) order.Order {
			fund(t, s.db, s.tenant, 5000)
			ok(t, s.byWallet(s.ordered(plan("plan_a"))))
			return o
		}, subscription.ErrActive},
		{"another customer's", func(s shop, o order.Order) order.Order { fund(t, s.db, s.tenant, 5000); o.Customer = "cus_2"; return o }, order.ErrUnknown},
	} {
		t.Run(k.name, func(t *testing.T) {
			s := opened(t)
			o := k.set(s, s.ordered(plan("plan_a")))
			s.refused(k.want, func() error { return s.byWallet(o) })
			s.books()
		})
	}
	t.Run("the answer cannot be made", func(t *testing.T) {
		s, broken := opened(t), errors.New("no answer")
		fund(t, s.db, s.tenant, 5000)
		o := s.ordered(plan("plan_a"))
		s.refused(broken, func() error {
			return s.db.PayByWallet(t.Context(), s.key(), s.tenant, customer, o.ID, func(order.Order) error { return broken })
		})
	})
	t.Run("just in time", func(t *testing.T) { // S1-59
		s := opened(t)
		fund(t, s.db, s.tenant, 5000)
		o := s.ordered(plan("plan_a"))
		s.clock.Advance(timeout - 1)
		ok(t, s.byWallet(o))
	})
}

// S1-39: one order paid many times at once, by keys of their own: it is debited once, and the others learn that it is paid.
func TestPayOneOrderInParallel(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 10000)
	o := s.ordered(plan("plan_a"))
	same(t, "ends", at(10, func(int) error { return s.byWallet(o) }), map[string]int{"": 1, order.ErrPaid.Code: 9})
	same(t, "wallet, unpaid, paid", []any{walletNow(t, s.db, s.tenant).Available, s.unpaid(), s.told()[event.TypeOrderPaid]}, []any{10000 - 1299, 0, 1})
	same(t, "entries", len(audited(t, s.db, s.tenant)), 2)
}

// S1-39: many orders paid at once from a wallet that is enough for some: those, and never below zero.
func TestPayManyOrdersInParallel(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 3*1299+1298)
	all := make([]order.Order, 8)
	for i := range all {
		all[i] = s.draft(plan(id.Item(fmt.Sprint("plan_", i))))
		ok(t, s.db.Place(t.Context(), s.key(), all[i], nil, len(all)))
	}
	same(t, "ends", at(len(all), func(i int) error { return s.byWallet(all[i]) }), map[string]int{"": 3, wallet.ErrInsufficient.Code: 5})
	same(t, "wallet, unpaid, paid", []any{walletNow(t, s.db, s.tenant).Available, s.unpaid(), s.told()[event.TypeOrderPaid]}, []any{1298, 5, 3})
	audited(t, s.db, s.tenant)
	s.books()
}

// Two orders for one plan paid at once: the customer gets it once, and pays for it once.
func TestPayTwoOrdersForOnePlanInParallel(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 5000)
	both := []order.Order{s.ordered(plan("plan_a")), s.ordered(plan("plan_a"))}
	same(t, "ends", at(2, func(i int) error { return s.byWallet(both[i]) }), map[string]int{"": 1, subscription.ErrActive.Code: 1})
	same(t, "wallet, unpaid", []any{walletNow(t, s.db, s.tenant).Available, s.unpaid()}, []any{5000 - 1299, 1})
	s.books()
}

// One key at once and again: the wallet is debited once, and everybody is answered the same.
func TestPayByWalletWithOneKey(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 5000)
	o := s.ordered(plan("plan_a"))
	answers := make(chan id.Payment, 21)
	pay := func(int) error {
		return patiently(func() error {
			answer, err := once.Do(context.Background(), s.db, request(s.tenant, string(customer), "k", "f"), func(use *once.Use) (answer payment.Ticket, err error) {
				err = s.db.PayByWallet(context.Background(), use, s.tenant, customer, o.ID, func(paid order.Order) error {
					answer.PaymentID = paid.PaymentID
					return use.Answer(answer)
				})
				return answer, err
			})
			if err == nil {
				answers <- answer.PaymentID
			}
			return err
		})
	}
	same(t, "ends", at(20, pay), map[string]int{"": 20})
	ok(t, pay(0))
	for range 21 {
		same(t, "answer", <-answers, s.now(o).PaymentID)
	}
	same(t, "wallet", walletNow(t, s.db, s.tenant).Available, 5000-1299)
}

// Opening a page notes it on the order, sets the first look, and records the payment and the key.
func TestOpen(t *testing.T) {
	s := opened(t)
	o := s.ordered(plan("plan_a"))
	was := s.now(o)
	s.clock.Advance(time.Minute)
	p, page, e := s.page(o)
	use := s.key()
	ok(t, s.db.Open(t.Context(), use, was, p, page, e))
	got := s.now(o)
	same(t, "order", []any{got.State, got.Version, got.Page.PaymentID, got.Page.URL, got.Page.OpenedAt.Equal(noon.Add(time.Minute)), got.Page.ExpiresAt.Equal(page.ExpiresAt)},
		[]any{order.Unpaid, 2, p.ID, page.URL, true, true})
	same(t, "payment", []any{s.paymentNow(p).State, s.paymentNow(p).OrderID, s.paymentNow(p).SessionID}, []any{payment.Pending, o.ID, "cs_1"})
	same(t, "timer, place, announced", []any{s.timer(o), s.unpaid(), s.told()}, []any{"3m0s", 1, map[event.Type]int{event.TypeOrderCreated: 1, event.TypePaymentInitiated: 1}})

	other, otherPage, e := s.page(o) // decided on what the order was before: its page is one that nobody knows of
	s.refused(payment.ErrMoved, func() error { return s.db.Open(t.Context(), s.key(), was, other, otherPage, e) })
	var replay *once.Replay
	if err := s.db.Open(t.Context(), &once.Use{Request: use.Request}, was, other, otherPage, e); !errors.As(err, &replay) {
		t.Errorf("the same key: %v", err)
	}
}

// Pages opened at once for one order: one of them is the order's, and the others are nobody's.
func TestOpenInParallel(t *testing.T) {
	s := opened(t)
	o := s.ordered(plan("plan_a"))
	was := s.now(o)
	ends := at(10, func(int) error {
		p, page, e := s.page(o)
		return patiently(func() error { return s.db.Open(context.Background(), s.key(), was, p, page, e) })
	})
	same(t, "ends", ends, map[string]int{"": 1, payment.ErrMoved.Error(): 9})
	same(t, "order, announced", []any{s.now(o).Version, s.told()[event.TypePaymentInitiated]}, []any{2, 1})
}
