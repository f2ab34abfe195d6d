package store

import (
	"context"
	"testing"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/subscription"
)

func topUp(minor int64) lineitem.Line {
	return lineitem.Line{ItemID: "top_up", Name: "Wallet top-up", Type: lineitem.TopUp, Price: eur(minor), Quantity: 1}
}

// asked is the event that asks for an order's delivery.
func asked(o order.Order) (event.Envelope, event.OrderPaid) {
	data := event.OrderPaid{OrderID: o.ID, CustomerID: o.Customer, Total: o.Total, Lines: o.Lines, Subscriptions: o.Subscriptions}
	return event.New(context.Background(), o.Tenant, noon, data), data
}

func (s shop) deliver(o order.Order) error {
	e, data := asked(o)
	return s.db.Deliver(context.Background(), "on-delivery", e, data)
}

// S1-46, S1-47: a plan order that is paid is delivered once, however often it is asked for: its plan is active.
func TestDeliverOfAPlanOrder(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 5000)
	o := s.ordered(plan("plan_a"))
	ok(t, s.deliver(o)) // before it is paid there is nothing to deliver
	same(t, "order", s.now(o).State, order.Unpaid)
	ok(t, s.byWallet(o))
	e, data := asked(o)
	at(10, func(i int) error {
		cause := e
		cause.ID += id.Event(rune('a' + i%2))
		return s.db.Deliver(context.Background(), "on-delivery", cause, data)
	})
	ok(t, s.deliver(o))
	got := s.now(o)
	same(t, "order", []any{got.State, got.Version, len(got.History), s.timer(o), s.told()[event.TypeOrderDelivered]}, []any{order.Delivered, 3, 3, "none", 1})
	active, err := s.db.Subscription(t.Context(), s.tenant, customer, o.Subscriptions[0])
	ok(t, err)
	same(t, "subscription", active.State, subscription.Active)
}

// S1-43: what is paid for a top-up is in the wallet when the order is delivered, once, and was owed until then.
func TestDeliverOfATopUp(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 100)
	o := s.ordered(topUp(2500))
	ok(t, s.deliver(o))
	same(t, "wallet before it is paid", walletNow(t, s.db, s.tenant).Available, 100)
	ok(t, s.comes(s.open(o), o.Total, noon))
	same(t, "books", s.books(), map[ledger.Account]int64{ledger.PSPCash: 2500, ledger.Prepaid: -2500, ledger.Adjustments: 100, ledger.Wallet: -100})
	e, data := asked(o)
	at(10, func(i int) error {
		cause := e
		cause.ID += id.Event(rune('a' + i%2))
		return s.db.Deliver(context.Background(), "on-delivery", cause, data)
	})
	ok(t, s.deliver(o))
	same(t, "order, events", []any{s.now(o).State, s.told()[event.TypeOrderDelivered]}, []any{order.Delivered, 1})
	same(t, "books", s.books(), map[ledger.Account]int64{ledger.PSPCash: 2500, ledger.Adjustments: 100, ledger.Wallet: -2600})
	entries := audited(t, s.db, s.tenant)
	same(t, "newest entry", []any{entries[0].Kind, entries[0].Reference, entries[0].Balance, len(entries)}, []any{ledger.KindTopUp, o.ID, 2600, 2})
}

// A wallet that moves while a top-up is delivered to it gets both.
func TestDeliverOfATopUpWhileTheWalletMoves(t *testing.T) {
	s := opened(t)
	o, paying := s.ordered(topUp(2500)), s.ordered(plan("plan_a"))
	ok(t, s.comes(s.open(o), o.Total, noon))
	fund(t, s.db, s.tenant, 2000)
	same(t, "ends", at(2, func(i int) error {
		if i == 0 {
			return patiently(func() error { return s.deliver(o) })
		}
		return s.byWallet(paying)
	}), map[string]int{"": 2})
	same(t, "wallet", walletNow(t, s.db, s.tenant).Available, 2000+2500-1299)
	audited(t, s.db, s.tenant)
	s.books()
}

// A line of a type that nobody can deliver is not worth trying again, whatever else is in the order: it is for an operator.
func TestDeliverOfAnUnknownType(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 5000)
	odd := lineitem.Line{ItemID: "odd", Name: "Odd", Type: "hologram", Price: eur(1), Quantity: 1}
	o := s.ordered(plan("plan_a"), odd)
	ok(t, s.byWallet(o))
	before := s.everything()
	err := s.deliver(o)
	want(t, err, fault.ErrInvalid)
	same(t, "worth trying again", fault.Transient(err), false)
	same(t, "everything", s.everything(), before)
}
