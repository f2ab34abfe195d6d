package store

import (
	"context"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/once"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscription"
)

// SettleService implements provisioning.Final.
func (db *DB) SettleService(ctx context.Context, was, is provisioning.Service, events ...event.Envelope) error {
	return untilStill(ctx, func() error {
		at, err := db.Now(ctx, is.Tenant, is.TestClock)
		if err != nil {
			return err
		}
		t := db.tx()
		if err := db.settled(ctx, t, was, is, at); err != nil {
			return err
		}
		t.service(was, is, provisioning.ErrMoved)
		t.announce(events...)
		return t.commit(ctx)
	})
}

// settled adds what the change of a service means for its contract and order.
func (db *DB) settled(ctx context.Context, t *tx, was, is provisioning.Service, at time.Time) error {
	switch {
	case was.ActiveSince.IsZero() && !is.ActiveSince.IsZero():
		return db.delivered(ctx, t, is, at)
	case is.State == provisioning.Terminated && was.State != provisioning.Terminated && is.Cancelled:
		return db.givenUp(ctx, t, is, at)
	}
	return nil
}

// delivered makes the subscription active and the order delivered: what was bought works (S1-46).
func (db *DB) delivered(ctx context.Context, t *tx, s provisioning.Service, at time.Time) error {
	o, sub, zone, err := db.boughtWith(ctx, s)
	if err != nil {
		return err
	}
	if active, moved := sub.Activate(zone, at); moved {
		t.contract(sub, active.Scheduled(subscription.Usual))
	}
	if next, moved := o.Deliver(at); moved {
		t.order(o, next, at)
		t.announce(event.New(ctx, s.Tenant, at, event.OrderDelivered{OrderID: o.ID, CustomerID: o.Customer, Subscriptions: o.Subscriptions}))
	}
	return nil
}

// givenUp ends the contract of a service that never worked, frees its plan for another purchase, and gives back what was paid, the way
// it came. The order stays paid: refunds are about the money alone.
func (db *DB) givenUp(ctx context.Context, t *tx, s provisioning.Service, at time.Time) error {
	o, sub, _, err := db.boughtWith(ctx, s)
	if err != nil {
		return err
	}
	if ended, moved := sub.End(at); moved {
		t.contract(sub, ended.Scheduled(subscription.Usual))
		t.delete(subscriptions, claimKey(s.Tenant, s.Customer, sub.ItemID), "", nil, nil)
	}
	next, back := o.GiveUp()
	if back.Minor <= 0 {
		return nil
	}
	if returned, err := db.backByInvoice(ctx, t, o, back, "provisioning given up"); err != nil || returned {
		t.order(o, next, at)
		return err
	}
	before, err := db.Wallet(ctx, s.Tenant, s.Customer, back.Currency)
	if err != nil {
		return err
	}
	after, err := before.Credit(back)
	if err != nil {
		return err
	}
	t.order(o, next, at)
	by := ledger.ByStaff{Tenant: s.Tenant, Customer: s.Customer, By: event.TraceOf(ctx).Actor, Reason: "provisioning given up", At: at}
	t.moveWallet(before, after, ledger.WalletRefund(by, o.ID, o.Refunded, back))
	return nil
}

// boughtWith reads the order and the subscription of a service, and the customer's time zone.
func (db *DB) boughtWith(ctx context.Context, s provisioning.Service) (o order.Order, sub subscription.Subscription, zone string, err error) {
	b := db.batch()
	b.add(accounts, profileKey(s.Tenant, s.Customer))
	b.add(orders, orderKey(s.Tenant, s.Customer, s.Order))
	b.add(subscriptions, subscriptionKey(s.Tenant, s.Customer, s.Subscription))
	rows, err := b.read(ctx)
	if err != nil {
		return o, sub, zone, err
	}
	ordered, ok := rows[orders][orderKey(s.Tenant, s.Customer, s.Order).sk]
	if !ok {
		return o, sub, zone, order.ErrUnknown
	}
	signed, ok := rows[subscriptions][subscriptionKey(s.Tenant, s.Customer, s.Subscription).sk]
	if !ok {
		return o, sub, zone, subscription.ErrUnknown
	}
	if o, err = decode[order.Order](ordered); err == nil {
		sub, err = decode[subscription.Subscription](signed)
	}
	if err == nil {
		zone, err = zoneAmong(rows)
	}
	return o, sub, zone, err
}

// design writes the service of each fibre line of an order that was paid, at its location. One whose equipment stands there already is
// begun at once.
func design(ctx context.Context, t *tx, p parcel) error {
	for i, l := range lineitem.Subscriptions(p.order.Lines) {
		if l.Access == nil {
			continue
		}
		sub := p.order.Subscriptions[i]
		place, err := among[provisioning.Location](p.rows[services], locationKey(p.order.Tenant, l.Access.Location))
		switch {
		case err != nil:
			return err
		case place == nil:
			return provisioning.ErrLocationUnknown.With("locationId", string(l.Access.Location))
		}
		sold := provisioning.Sold{Profile: provisioning.Profile{DownKbps: l.Access.DownKbps, UpKbps: l.Access.UpKbps}, CapBytes: l.Access.CapBytes}
		s := provisioning.Design(provisioning.Service{Tenant: p.order.Tenant, Customer: p.order.Customer, Subscription: sub, Order: p.order.ID, Name: l.Name,
			Profile: sold.Profile, CapBytes: sold.CapBytes, Sold: sold,
			Location: place.ID, Port: place.Port, TestClock: p.order.TestClock, Correlation: p.order.Correlation}, p.at)
		ordered := event.New(ctx, s.Tenant, p.at, event.ServiceOrdered{ServiceID: s.ID, SubscriptionID: sub, CustomerID: s.Customer, OrderID: s.Order, LocationID: s.Location})
		events := []event.Envelope{ordered}
		if begun, moved, err := s.Begin(place.Equipment, false, p.at); err == nil && moved {
			begun.Version = 1 // one write, whatever it is of
			s, events = begun, append(events, begun.Request(ctx, p.at))
		}
		t.service(provisioning.Service{}, s, once.ErrHandled) // there is one of the subscription: by another event
		t.update(services, locationKey(s.Tenant, s.Location), "SET Serves = :svc ADD Version :one", "attribute_exists(pk) AND (attribute_not_exists(Serves) OR Serves IN (:none, :svc))", nil,
			item{":svc": text(s.ID), ":none": text(""), ":one": number(1)}, provisioning.ErrLocationServed.With("locationId", string(s.Location)))
		t.announce(events...)
	}
	return nil
}

func readLocations(b *batch, tenant id.Tenant, paid event.OrderPaid) {
	for _, l := range paid.Lines {
		if l.Access != nil {
			b.add(services, locationKey(tenant, l.Access.Location))
		}
	}
}
