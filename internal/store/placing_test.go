package store

import (
	"context"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/coupon"
	"turnup/internal/domain/order"
	"turnup/internal/domain/subscription"
)

// S1-20: what is true of a placed order: it waits for exactly its amount, has a place among the unpaid ones, and somebody
// looks after it when its time is over.
func TestPlace(t *testing.T) {
	s := opened(t)
	o := s.ordered(plan("plan_a"))
	got := s.now(o)
	same(t, "order", []any{got.State, got.Total, got.Lines, got.Version, got.ExpiresAt.Equal(noon.Add(timeout)), len(got.History)}, []any{order.Unpaid, eur(1299), o.Lines, 1, true, 1})
	same(t, "place, timer", []any{s.unpaid(), s.timer(o)}, []any{1, "30m0s"})
	same(t, "announced", s.told(), map[event.Type]int{event.TypeOrderCreated: 1})
	same(t, "the plan is not claimed by it", has(t, s.db, subscriptions, claimKey(s.tenant, customer, "plan_a")), false)
	_, err := s.db.Order(t.Context(), s.tenant, "cus_2", o.ID)
	want(t, err, order.ErrUnknown)
}

// S1-22: with as many unpaid orders as are allowed the next one is refused, and leaves nothing; another customer's are
// counted apart.
func TestUnpaidLimit(t *testing.T) {
	s := opened(t)
	for range unpaidLimit {
		s.ordered(plan("plan_a"))
	}
	s.refused(order.ErrTooMany, func() error { return s.place(s.draft(plan("plan_a")), nil) })
	other := s.draft(plan("plan_a"))
	other.Customer = "cus_2"
	ok(t, s.place(other, nil))
	ok(t, s.db.Place(t.Context(), s.key(), s.draft(plan("plan_a")), nil, unpaidLimit+1)) // the limit is the caller's
}

// S1-23: placed all at once there are no more than the limit.
func TestUnpaidLimitInParallel(t *testing.T) {
	s := opened(t)
	drafts := make([]order.Order, 20)
	for i := range drafts {
		drafts[i] = s.draft(plan("plan_a"))
	}
	ends := at(len(drafts), func(i int) error { return s.place(drafts[i], nil) })
	same(t, "ends", ends, map[string]int{"": unpaidLimit, order.ErrTooMany.Code: len(drafts) - unpaidLimit})
	same(t, "counted", []any{s.unpaid(), s.told()[event.TypeOrderCreated]}, []any{unpaidLimit, unpaidLimit})
}

// S1-23: an order that is paid, either way, cancelled or over its time gives its place to the next.
func TestPlacesAreFreed(t *testing.T) {
	s := opened(t)
	fund(t, s.db, s.tenant, 5000)
	first := []order.Order{s.ordered(plan("plan_a")), s.ordered(plan("plan_b")), s.ordered(plan("plan_c"))}
	for i, ends := range []func(order.Order) error{
		s.byWallet,
		func(o order.Order) error { return s.comes(s.open(o), o.Total, noon) },
		func(o order.Order) error { _, err := s.cancel(o, order.ByUser); return err },
	} {
		want(t, s.place(s.draft(plan("plan_d")), nil), order.ErrTooMany)
		ok(t, ends(first[i]))
		same(t, "unpaid", s.unpaid(), unpaidLimit-1)
		s.ordered(plan("plan_e"))
	}
	want(t, s.place(s.draft(plan("plan_d")), nil), order.ErrTooMany)
	page, _, err := s.db.Orders(t.Context(), s.tenant, customer, "", 10)
	ok(t, err)
	s.clock.Advance(timeout)
	for _, o := range page {
		if o.State == order.Unpaid {
			ok(t, s.db.Watched(t.Context(), s.tenant, customer, o.ID, ""))
			same(t, "order", s.now(o).CancelledBy, order.ByTimeout)
		}
	}
	same(t, "unpaid", s.unpaid(), 0)
	s.ordered(plan("plan_d"))
}

// S1-24: one key fifty times at once and again: one order, and everybody is answered it.
func TestPlaceWithOneKey(t *testing.T) {
	s := opened(t)
	drafts, answers := make([]order.Order, 50), make(chan id.Order, 51)
	for i := range drafts {
		drafts[i] = s.draft(plan("plan_a"))
	}
	place := func(i int) error {
		return patiently(func() error {
			placed, err := once.Do(context.Background(), s.db, request(s.tenant, string(customer), "k", "f"), func(use *once.Use) (order.Order, error) {
				if err := use.Answer(drafts[i]); err != nil {
					return order.Order{}, err
				}
				return drafts[i], s.db.Place(context.Background(), use, drafts[i], nil, 1)
			})
			if err == nil {
				answers <- placed.ID
			}
			return err
		})
	}
	same(t, "ends", at(len(drafts), place), map[string]int{"": len(drafts)})
	ok(t, place(0)) // much later; though the limit is reached by now
	page, _, err := s.db.Orders(t.Context(), s.tenant, customer, "", 10)
	ok(t, err)
	same(t, "orders", []any{len(page), s.unpaid(), s.told()}, []any{1, 1, map[event.Type]int{event.TypeOrderCreated: 1}})
	for range len(drafts) + 1 {
		same(t, "answer", <-answers, page[0].ID)
	}
}

// S1-19: an order holds a use of its coupon; its payment keeps it, its cancellation and its timeout give it back.
func TestPlaceHoldsCoupon(t *testing.T) {
	for _, k := range []struct {
		name  string
		end   func(s shop, o order.Order) error
		state order.CouponState
		uses  int64
	}{
		{"unpaid", func(shop, order.Order) error { return nil }, order.Held, 1},
		{"paid from the wallet", func(s shop, o order.Order) error { return s.byWallet(o) }, order.Consumed, 1},
		{"paid on a page", func(s shop, o order.Order) error { return s.comes(s.open(o), o.Total, noon) }, order.Consumed, 1},
		{"cancelled", func(s shop, o order.Order) error { _, err := s.cancel(o, order.ByAdmin); return err }, order.Returned, 0},
		{"its time is over", func(s shop, o order.Order) error {
			s.clock.Advance(timeout)
			return s.db.Watched(s.Context(), s.tenant, customer, o.ID, "")
		}, order.Returned, 0},
	} {
		t.Run(k.name, func(t *testing.T) {
			s := opened(t)
			fund(t, s.db, s.tenant, 5000)
			c := limited(t, s.db, s.tenant, 8, 1)
			o := s.less(s.draft(plan("plan_a")), c, 299)
			ok(t, s.place(o, &c))
			want(t, s.place(s.less(s.draft(plan("plan_b")), c, 299), &c), coupon.ErrCustomerLimit)
			ok(t, k.end(s, o))
			got := s.now(o)
			same(t, "coupon", []any{got.Coupon.Code, got.Coupon.State, got.Total, uses(t, s.db, c)}, []any{"HALF", k.state, eur(1000), k.uses})
			again := s.place(s.less(s.draft(plan("plan_b")), c, 299), &c)
			if k.uses == 0 {
				ok(t, again)
			} else {
				want(t, again, coupon.ErrCustomerLimit)
			}
		})
	}
}

// S1-15: customers place at once with a coupon that has one use left: one order is placed with it, and the others take
// neither a place nor a use.
func TestPlaceWithTheLastUse(t *testing.T) {
	s := opened(t)
	c := limited(t, s.db, s.tenant, 1, 0)
	drafts := make([]order.Order, 20)
	for i := range drafts {
		drafts[i] = s.less(s.draft(plan("plan_a")), c, 299)
		drafts[i].Customer = nobody(i)
	}
	ends := at(len(drafts), func(i int) error { return s.place(drafts[i], &c) })
	same(t, "ends", ends, map[string]int{"": 1, coupon.ErrUsedUp.Code: 19})
	same(t, "uses, orders", []any{uses(t, s.db, c), s.told()}, []any{1, map[event.Type]int{event.TypeOrderCreated: 1}})
	for i, o := range drafts {
		placed := has(t, s.db, orders, orderKey(s.tenant, o.Customer, o.ID))
		same(t, "place and timer of "+string(nobody(i)), []any{has(t, s.db, orders, unpaidKey(s.tenant, o.Customer)), s.timer(o) != "none"}, []any{placed, placed})
		if placed { // with the use that is counted, where it is counted
			found := s.now(o)
			same(t, "shard", has(t, s.db, coupons, couponShardKey(s.tenant, c.Code, found.Coupon.Shard)), true)
			_, err := s.cancel(o, order.ByUser)
			ok(t, err)
			same(t, "uses", uses(t, s.db, c), 0)
		}
	}
}

// S1-16: a customer who places at once with a coupon for one use each places one order.
func TestPlaceWithTheCustomersLastUse(t *testing.T) {
	s := opened(t)
	c := limited(t, s.db, s.tenant, 0, 1)
	drafts := make([]order.Order, 10)
	for i := range drafts {
		drafts[i] = s.less(s.draft(plan("plan_a")), c, 299)
	}
	ends := at(len(drafts), func(i int) error {
		return patiently(func() error { return s.db.Place(context.Background(), s.key(), drafts[i], &c, 100) })
	})
	same(t, "ends", ends, map[string]int{"": 1, coupon.ErrCustomerLimit.Code: 9})
	same(t, "uses, unpaid", []any{uses(t, s.db, c), s.unpaid()}, []any{1, 1})
}

// S1-22: the limit of unpaid orders is told before what is wrong with the coupon.
func TestPlaceRefusedTwice(t *testing.T) {
	s := opened(t)
	c := limited(t, s.db, s.tenant, 1, 1)
	_, err := hold(t, s.db, customer, c)
	ok(t, err)
	s.refused(coupon.ErrCustomerLimit, func() error { return s.place(s.less(s.draft(plan("plan_a")), c, 1), &c) })
	for range unpaidLimit {
		s.ordered(plan("plan_a"))
	}
	s.refused(order.ErrTooMany, func() error { return s.place(s.less(s.draft(plan("plan_a")), c, 1), &c) })
}

// S1-25: an order with nothing to pay comes paid, by nobody: with its contract, without a place among the unpaid, a timer, a
// payment or an entry; a second one for the plan is refused.
func TestPlaceWithNothingToPay(t *testing.T) {
	s := opened(t)
	c := limited(t, s.db, s.tenant, 5, 0)
	free := func() order.Order {
		o := s.less(s.draft(plan("plan_a")), c, 1299)
		o, err := o.Pay(order.Payment{By: order.ByNobody, Made: noon}, noon)
		ok(t, err)
		return o
	}
	o := free()
	ok(t, s.db.Place(t.Context(), s.key(), o, &c, 0))
	got := s.now(o)
	same(t, "order", []any{got.State, got.Total, got.PaidBy, got.PaymentID, got.Coupon.State}, []any{order.Paid, eur(0), order.ByNobody, "", order.Consumed})
	contract, err := s.db.Subscription(t.Context(), s.tenant, customer, o.Subscriptions[0])
	ok(t, err)
	same(t, "contract", []any{contract.State, contract.Entitlement.Origin}, []any{subscription.Pending, o.ID})
	same(t, "claim", has(t, s.db, subscriptions, claimKey(s.tenant, customer, "plan_a")), true)
	same(t, "place, timer, uses, books", []any{s.unpaid(), s.timer(o), uses(t, s.db, c), len(s.books())}, []any{0, "none", 1, 0})
	same(t, "announced", s.told(), map[event.Type]int{event.TypeOrderCreated: 1, event.TypeContractSigned: 1, event.TypeOrderPaid: 1})
	s.refused(subscription.ErrActive, func() error { return s.place(free(), &c) })
}

// Orders are listed newest first, page by page, without the counter that lies beside them.
func TestOrders(t *testing.T) {
	s := opened(t)
	placed := make([]id.Order, unpaidLimit)
	for i := range placed {
		s.clock.Advance(time.Second)
		placed[len(placed)-1-i] = s.ordered(plan("plan_a")).ID
	}
	for limit := range int32(unpaidLimit + 2) {
		var found []id.Order
		for after, more := "", true; more; more = after != "" {
			page, next, err := s.db.Orders(t.Context(), s.tenant, customer, after, limit+1)
			ok(t, err)
			for _, o := range page {
				found = append(found, o.ID)
			}
			after = next
		}
		same(t, "orders", found, placed)
	}
	_, _, err := s.db.Orders(t.Context(), s.tenant, customer, "UNPAID", 10)
	same(t, "another row as a cursor", endOf(err), "cursor_invalid")
	none, next, err := s.db.Orders(t.Context(), s.tenant, "cus_2", "", 10)
	ok(t, err)
	same(t, "nobody's", []any{len(none), next}, []any{0, ""})
}
