package store

import (
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
)

// paid is a purchase waiting for delivery, with the event that asks for it.
func paid(t *testing.T, db *DB, tenant id.Tenant) (payment.Payment, event.Envelope, event.OrderPaid) {
	t.Helper()
	p := succeeded(begun(t, db, filled(t, db, tenant, plan("plan_a"), plan("plan_b"), box), "k"))
	ok(t, db.Complete(t.Context(), p))
	events := announced(t, db, tenant)
	e := events[len(events)-1]
	var data event.OrderPaid
	ok(t, event.Decode(e, &data))
	return p, e, data
}

// S0-43: delivered ten times at once and again: everything active, one order.delivered.
func TestDeliverOnce(t *testing.T) {
	db, tenant := fresh(t)
	p, e, data := paid(t, db, tenant)
	ends := at(10, func(int) error { return db.Deliver(t.Context(), "on-delivery", e, data) })
	for end := range ends { // nothing to do; done by another delivery of the event; or come back
		if end != "" && end != once.ErrHandled.Error() && end != "temporarily_unavailable" {
			t.Errorf("ends: %v", ends)
		}
	}
	ok(t, db.Deliver(t.Context(), "on-delivery", e, data)) // delivered again, much later
	o, err := db.Order(t.Context(), tenant, customer, p.OrderID)
	ok(t, err)
	same(t, "order", []any{o.State, len(o.History), o.History[2].State}, []any{order.Delivered, 3, order.Delivered})
	for _, sub := range p.Subscriptions {
		s, err := db.Subscription(t.Context(), tenant, customer, sub)
		ok(t, err)
		same(t, "subscription", []any{s.State, s.Entitlement.State, s.Entitlement.Since.Equal(o.History[2].At)}, []any{subscription.Active, subscription.Active, true})
	}
	events := announced(t, db, tenant)
	same(t, "events", typesOf(events)[5:], []event.Type{event.TypeOrderDelivered})
	same(t, "correlation", events[5].Tenant, tenant)
}

// S0-43: the order's own condition holds too, where there is no subscription whose condition could.
func TestDeliverOfGoodsOnce(t *testing.T) {
	db, tenant := fresh(t)
	ok(t, db.Complete(t.Context(), succeeded(begun(t, db, filled(t, db, tenant, box), "k"))))
	events := announced(t, db, tenant)
	e := events[len(events)-1]
	var data event.OrderPaid
	ok(t, event.Decode(e, &data))
	at(20, func(i int) error {
		cause := e
		cause.ID += id.Event(rune('a' + i%2)) // two events, each delivered many times
		return db.Deliver(t.Context(), "on-delivery", cause, data)
	})
	ok(t, db.Deliver(t.Context(), "on-delivery", e, data))
	same(t, "events", typesOf(announced(t, db, tenant))[4:], []event.Type{event.TypeOrderDelivered})
}

// A second event of the same order (the sweep's copy has the first one's id; another id would be a defect) changes nothing.
func TestDeliverByAnotherEvent(t *testing.T) {
	db, tenant := fresh(t)
	_, e, data := paid(t, db, tenant)
	ok(t, db.Deliver(t.Context(), "on-delivery", e, data))
	e.ID = "evt_other"
	ok(t, db.Deliver(t.Context(), "on-delivery", e, data))
	same(t, "events", len(announced(t, db, tenant)), 6)
}

// What is not whole is not delivered in part: the order stays paid, nothing is active, nothing is announced.
func TestDeliverIsAllOrNothing(t *testing.T) {
	db, tenant := fresh(t)
	p, e, data := paid(t, db, tenant)
	data.Subscriptions = data.Subscriptions[:1] // so the second is not read
	want(t, db.Deliver(t.Context(), "on-delivery", e, data), subscription.ErrUnknown)
	o, err := db.Order(t.Context(), tenant, customer, p.OrderID)
	ok(t, err)
	same(t, "order", o.State, order.Paid)
	s, err := db.Subscription(t.Context(), tenant, customer, p.Subscriptions[0])
	ok(t, err)
	same(t, "subscription", s.State, subscription.Pending)
	same(t, "events", len(announced(t, db, tenant)), 5)
	data.OrderID = "ord_unknown"
	want(t, db.Deliver(t.Context(), "on-delivery", e, data), order.ErrUnknown)
}

// Orders and subscriptions are their customer's; another customer's is unknown, as one that does not exist.
func TestOrdersAreTheirCustomers(t *testing.T) {
	db, tenant := fresh(t)
	p, _, _ := paid(t, db, tenant)
	for _, k := range []struct {
		tenant   id.Tenant
		customer id.Customer
		order    id.Order
		sub      id.Subscription
	}{{tenant, "cus_2", p.OrderID, p.Subscriptions[0]}, {tenant + "x", customer, p.OrderID, p.Subscriptions[0]}, {tenant, customer, "ord_9", "sub_9"}} {
		o, err := db.Order(t.Context(), k.tenant, k.customer, k.order)
		want(t, err, order.ErrUnknown)
		same(t, "nothing of it is told", o.ID, "")
		_, err = db.Subscription(t.Context(), k.tenant, k.customer, k.sub)
		want(t, err, subscription.ErrUnknown)
	}
	_, err := db.Payment(t.Context(), tenant+"x", p.ID)
	want(t, err, payment.ErrUnknownPay)
}

// Subscriptions are listed by age, page by page, without the claims that lie beside them.
func TestSubscriptions(t *testing.T) {
	db, tenant := fresh(t)
	p, _, _ := paid(t, db, tenant)
	time.Sleep(2 * time.Millisecond) // ids are ordered by the millisecond
	later := succeeded(begun(t, db, filled(t, db, tenant, plan("plan_c")), "k2"))
	ok(t, db.Complete(t.Context(), later))
	for _, limit := range []int32{1, 2, 3, 10} {
		var found []id.Subscription
		after := ""
		for {
			page, next, err := db.Subscriptions(t.Context(), tenant, customer, after, limit)
			ok(t, err)
			for _, s := range page {
				found = append(found, s.ID)
			}
			if after = next; next == "" {
				break
			}
		}
		same(t, "count", len(found), 3)
		same(t, "last", found[2], later.Subscriptions[0])
		same(t, "first", found[0] == p.Subscriptions[0] || found[0] == p.Subscriptions[1], true)
	}
	none, next, err := db.Subscriptions(t.Context(), tenant, "cus_2", "", 10)
	ok(t, err)
	same(t, "nobody's", []any{len(none), next}, []any{0, ""})
}
