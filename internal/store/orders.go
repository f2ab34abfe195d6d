package store

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/coupon"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/timer"
)

// Order reads an order of a customer; unknown or another customer's is order.ErrUnknown.
func (db *DB) Order(ctx context.Context, tenant id.Tenant, customer id.Customer, o id.Order) (order.Order, error) {
	return get[order.Order](ctx, db, orders, orderKey(tenant, customer, o), order.ErrUnknown)
}

// Orders reads one page of a customer's orders, newest first.
func (db *DB) Orders(ctx context.Context, tenant id.Tenant, customer id.Customer, after string, limit int32) (page []order.Order, next string, err error) {
	condition, forward := "pk = :pk AND begins_with(sk, :sk)", false
	in := &dynamodb.QueryInput{TableName: db.table(orders), Limit: &limit, KeyConditionExpression: &condition, ScanIndexForward: &forward,
		ExpressionAttributeValues: item{":pk": text(customerPK(tenant, customer)), ":sk": text("ORD#")}}
	if in.ExclusiveStartKey, err = startKey(customerPK(tenant, customer), after, "ORD#"); err != nil {
		return nil, "", err
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	for _, row := range out.Items {
		o, err := decode[order.Order](row)
		if err != nil {
			return nil, "", err
		}
		page = append(page, o)
	}
	return page, positionOf(out.LastEvaluatedKey), nil
}

// errOrderMoved is what it means that an order's version is not the one that was read.
var errOrderMoved = errors.New("store: somebody else changed the order")

// onOrder reads an order and what time it is for its customer, lets change decide and write, and commits; again, when
// somebody else changed the order or the wallet meanwhile.
func (db *DB) onOrder(ctx context.Context, tenant id.Tenant, customer id.Customer, o id.Order, change func(*tx, order.Order, time.Time) error) error {
	return untilStill(ctx, func() error {
		found, err := db.Order(ctx, tenant, customer, o)
		if err != nil {
			return err
		}
		now, err := db.Now(ctx, tenant, found.TestClock)
		if err != nil {
			return err
		}
		t := db.tx()
		if err := change(t, found, now); err != nil || len(t.items) == 0 {
			return err
		}
		return t.commit(ctx)
	})
}

// order adds an order that was changed, on the condition that it was in the version it was changed from, and moves its
// timer.
func (t *tx) order(was, is order.Order, now time.Time) {
	k := orderKey(is.Tenant, is.Customer, is.ID)
	t.put(orders, k, orderRowOf(is), "Version = :was", item{":was": number(was.Version)}, errOrderMoved)
	before, after := was.Watch(now), is.Watch(now)
	switch {
	case after.IsZero() && !before.IsZero():
		t.clearTimer(is.Tenant, is.Customer, timer.OrderWatch, string(is.ID))
	case !after.IsZero() && !after.Equal(before):
		t.watch(is, after)
	}
}

// watch sets the time at which somebody looks after an order.
func (t *tx) watch(o order.Order, at time.Time) {
	t.setTimer(timer.Timer{Tenant: o.Tenant, Customer: o.Customer, Kind: timer.OrderWatch, Subject: string(o.ID), Due: at, TestClock: o.TestClock})
}

// takePlace counts one more unpaid order of a customer, if there is room for it.
func (t *tx) takePlace(o order.Order, limit int) {
	t.update(orders, unpaidKey(o.Tenant, o.Customer), "ADD #n :one", "attribute_not_exists(#n) OR #n < :limit", map[string]string{"#n": "Open"},
		item{":one": number(1), ":limit": number(int64(limit))}, order.ErrTooMany)
}

// freePlace counts one less.
func (t *tx) freePlace(o order.Order) {
	t.update(orders, unpaidKey(o.Tenant, o.Customer), "ADD #n :less", "", map[string]string{"#n": "Open"}, item{":less": number(-1)}, nil)
}

// Place writes a new order, in one transaction with the use of its coupon (nil for none) and its place among the
// customer's unpaid orders, of which there are at most limit. One for which there is nothing to pay comes paid.
func (db *DB) Place(ctx context.Context, use *once.Use, o order.Order, c *coupon.Coupon, limit int) error {
	return db.place(ctx, use, o, c, limit, func(*tx) {})
}

// PlaceCharged is Place of an order for which a saved method is charged at once, with that payment.
func (db *DB) PlaceCharged(ctx context.Context, use *once.Use, o order.Order, c *coupon.Coupon, limit int, p payment.Payment, e event.Envelope) error {
	return db.place(ctx, use, o, c, limit, func(t *tx) {
		t.create(payments, paymentKey(p.Tenant, p.ID), paymentRowOf(p), nil)
		t.announce(e)
	})
}

func (db *DB) place(ctx context.Context, use *once.Use, o order.Order, c *coupon.Coupon, limit int, also func(*tx)) error {
	at := o.History[0].At
	return db.withCoupon(ctx, o.Tenant, c, func(shard int) error {
		placed := o
		t := db.tx()
		t.once(use)
		if o.Coupon != nil {
			held := *o.Coupon
			held.Shard = shard
			placed.Coupon = &held
		}
		t.create(orders, orderKey(o.Tenant, o.Customer, o.ID), orderRowOf(placed), nil)
		created := event.OrderCreated{OrderID: o.ID, CustomerID: o.Customer, Lines: o.Lines, Total: o.Total}
		created.Coupon, created.Discount = couponOf(o)
		t.announce(event.New(ctx, o.Tenant, at, created))
		if o.State == order.Unpaid {
			t.takePlace(o, limit)
			t.watch(o, o.Watch(at))
		} else {
			t.bought(ctx, o, at, true)
		}
		if c != nil {
			t.holdCoupon(o.Tenant, o.Customer, *c, shard)
		}
		also(t)
		return t.commit(ctx)
	})
}

func couponOf(o order.Order) (id.Coupon, *money.Amount) {
	if o.Coupon == nil {
		return "", nil
	}
	return o.Coupon.Code, &o.Coupon.Discount
}

// Cancel cancels an unpaid order and gives back what it held. One that is cancelled stays as it is, and nothing is
// written. use may be nil.
func (db *DB) Cancel(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, o id.Order, by order.Canceller) (cancelled order.Order, err error) {
	err = db.onOrder(ctx, tenant, customer, o, func(t *tx, found order.Order, now time.Time) error {
		var moved bool
		if cancelled, moved, err = found.Cancel(by, now); err != nil || !moved {
			return err
		}
		if use != nil {
			if err := use.Answer(cancelled); err != nil {
				return err
			}
			t.once(use)
		}
		t.cancelled(ctx, found, cancelled, now)
		return nil
	})
	return cancelled, err
}

func (t *tx) cancelled(ctx context.Context, was, is order.Order, now time.Time) {
	t.order(was, is, now)
	t.freePlace(is)
	if is.Coupon != nil {
		t.returnCoupon(is.Tenant, is.Customer, is.Coupon.Code, is.Coupon.Shard)
	}
	t.announce(event.New(ctx, is.Tenant, now, event.OrderCancelled{OrderID: is.ID, CustomerID: is.Customer, By: string(is.CancelledBy)}))
}

// Watched ends a look after an order: an unpaid one whose time is over is cancelled, another's timer is set anew or cleared.
// closed is the payment whose page the look found closed, or paid with what must be parked; empty for none. That page is
// forgotten. Another page that is open, because somebody opened it or time went on since, keeps the order as it is: it is
// to be looked at again.
func (db *DB) Watched(ctx context.Context, tenant id.Tenant, customer id.Customer, o id.Order, closed id.Payment) error {
	return db.onOrder(ctx, tenant, customer, o, func(t *tx, found order.Order, now time.Time) error {
		is, forgot := found.Close(closed)
		switch next := is.Watch(now); {
		case is.State == order.Unpaid && is.Expired(now) && is.Page == nil:
			is.Version = found.Version // one change, whatever it is of
			is, _, _ = is.Cancel(order.ByTimeout, now)
			t.cancelled(ctx, found, is, now)
		case forgot:
			t.order(found, is, now)
		case next.IsZero():
			t.clearTimer(tenant, customer, timer.OrderWatch, string(o))
		default:
			t.watch(is, next)
		}
		return nil
	})
}

// bought adds what comes of an order that is paid: contracts (with their claims, unless the order came of a cart, whose
// attempt has them), and the events.
func (t *tx) bought(ctx context.Context, o order.Order, at time.Time, claim bool) {
	signed := event.ContractSigned{CustomerID: o.Customer, OrderID: o.ID, SignupID: o.Signup}
	for i, l := range lineitem.Subscriptions(o.Lines) {
		s := subscription.Sign(subscription.Contract{Tenant: o.Tenant, Customer: o.Customer, ID: o.Subscriptions[i], Order: o.ID, Line: l, Paid: paidFor(o, l),
			Exempt: o.Exempt, BillingDay: o.BillingDay, From: o.From(), TestClock: o.TestClock}, at)
		if claim {
			t.create(subscriptions, claimKey(o.Tenant, o.Customer, l.ItemID), claimRow{o.PaymentID, s.ID}, subscription.ErrActive.With("itemId", string(l.ItemID)))
		}
		t.create(subscriptions, subscriptionKey(o.Tenant, o.Customer, s.ID), contractRowOf(s), errOrderMoved)
		signed.Subscriptions = append(signed.Subscriptions, event.SignedContract{SubscriptionID: s.ID, ItemID: s.ItemID, Price: s.Price, BillingPeriod: s.BillingPeriod})
	}
	if o.PaymentID != "" {
		t.announce(event.New(ctx, o.Tenant, at, event.PaymentSucceeded{PaymentID: o.PaymentID, CustomerID: o.Customer, OrderID: o.ID, Amount: o.Total}))
	}
	if len(signed.Subscriptions) > 0 {
		t.announce(event.New(ctx, o.Tenant, at, signed))
	}
	paid := event.OrderPaid{OrderID: o.ID, CustomerID: o.Customer, PaymentID: o.PaymentID, Total: o.Total, Lines: o.Lines, Subscriptions: o.Subscriptions, PaidWith: o.PaidWith, First: o.First, Exempt: o.Exempt}
	paid.Coupon, paid.Discount = couponOf(o)
	t.announce(event.New(ctx, o.Tenant, at, paid))
}

// paidFor is what was paid for one line of an order, in minor units: its price less the discount. An order with a coupon has one line.
func paidFor(o order.Order, l lineitem.Line) int64 {
	if len(o.Lines) == 1 {
		return o.Total.Minor
	}
	return l.Price.Minor * l.Quantity
}
