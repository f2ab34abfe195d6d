package store

import (
	"context"
	"fmt"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/domain/account"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/subscription"
)

// parcel is what a delivery works with.
type parcel struct {
	order order.Order
	rows  map[string]map[string]item // what was read, by table and sort key
	at    time.Time
}

// fulfilment is how one type of line item is delivered: what must be read for it, and what is written, in the transaction
// that moves the order to delivered.
type fulfilment struct {
	reads  func(b *batch, tenant id.Tenant, paid event.OrderPaid)
	writes func(ctx context.Context, t *tx, p parcel) error
	later  bool // the order is delivered when the network says so, not now
}

// fibreLine is the key of fulfilments of subscriptions that are a fibre line.
const fibreLine = "access"

// fulfilmentOf has one for each type of line item, and one for fibre lines. A type that is not here cannot be delivered, and its orders
// are parked.
func fulfilmentOf(itemType string) (fulfilment, error) {
	switch itemType {
	case lineitem.Subscription:
		return fulfilment{readContracts, activate, false}, nil
	case fibreLine:
		return fulfilment{readLocations, design, true}, nil
	case lineitem.TopUp:
		return fulfilment{readWallet, credit, false}, nil
	case lineitem.OneOff: // handed over elsewhere
		return fulfilment{func(*batch, id.Tenant, event.OrderPaid) {}, func(context.Context, *tx, parcel) error { return nil }, false}, nil
	}
	return fulfilment{}, fault.ErrInvalid.Because(fmt.Errorf("store: a line of type %q cannot be delivered", itemType))
}

// fulfilmentsOf finds those that an order needs, each once.
func fulfilmentsOf(lines []lineitem.Line) (needed []fulfilment, err error) {
	seen := map[string]bool{}
	for _, l := range lines {
		kind := l.Type
		if l.Access != nil {
			kind = fibreLine
		}
		f, err := fulfilmentOf(kind)
		if err != nil {
			return nil, err
		}
		if !seen[kind] {
			seen[kind], needed = true, append(needed, f)
		}
	}
	return needed, nil
}

// Deliver delivers what a paid order holds and moves it to delivered, in one transaction that also remembers the event
// as handled. An order with a fibre line stays paid until the line works. Delivering again changes nothing.
func (db *DB) Deliver(ctx context.Context, consumer string, cause event.Envelope, paid event.OrderPaid) error {
	needed, err := fulfilmentsOf(paid.Lines)
	if err != nil {
		return err
	}
	return untilStill(ctx, func() error {
		b, k := db.batch(), orderKey(cause.Tenant, paid.CustomerID, paid.OrderID)
		b.add(orders, k)
		for _, f := range needed {
			f.reads(b, cause.Tenant, paid)
		}
		rows, err := b.read(ctx)
		if err != nil {
			return err
		}
		row, ok := rows[orders][k.sk]
		if !ok {
			return order.ErrUnknown.With("orderId", string(paid.OrderID))
		}
		o, err := decode[order.Order](row)
		if err != nil {
			return err
		}
		at, err := db.Now(ctx, cause.Tenant, o.TestClock)
		if err != nil {
			return err
		}
		at = at.Truncate(time.Millisecond)
		delivered, moved := o.Deliver(at)
		if !moved {
			return nil
		}
		t := db.tx()
		t.handled(consumer, cause.ID)
		later := false
		for _, f := range needed {
			later = later || f.later
			if err := f.writes(ctx, t, parcel{order: o, rows: rows, at: at}); err != nil {
				return err
			}
		}
		if !later {
			t.order(o, delivered, at)
			t.announce(event.New(ctx, cause.Tenant, at, event.OrderDelivered{OrderID: o.ID, CustomerID: o.Customer, Subscriptions: o.Subscriptions}))
		}
		return t.commit(ctx)
	})
}

func readContracts(b *batch, tenant id.Tenant, paid event.OrderPaid) {
	b.add(accounts, profileKey(tenant, paid.CustomerID))
	for _, s := range paid.Subscriptions {
		b.add(subscriptions, subscriptionKey(tenant, paid.CustomerID, s))
	}
}

// activate makes the entitlements active.
func activate(_ context.Context, t *tx, p parcel) error {
	zone, err := zoneAmong(p.rows)
	if err != nil {
		return err
	}
	for i, l := range lineitem.Subscriptions(p.order.Lines) {
		if l.Access != nil {
			continue
		}
		s := p.order.Subscriptions[i]
		k := subscriptionKey(p.order.Tenant, p.order.Customer, s)
		row, ok := p.rows[subscriptions][k.sk]
		if !ok {
			return subscription.ErrUnknown.With("subscriptionId", string(s))
		}
		pending, err := decode[subscription.Subscription](row)
		if err != nil {
			return err
		}
		if active, moved := pending.Activate(zone, p.at); moved {
			t.contract(pending, active.Scheduled(subscription.Usual))
		}
	}
	return nil
}

// zoneAmong is the time zone of the customer whose profile was read: their own, or their country's. What was paid for is delivered
// without a profile as well; its days are UTC's.
func zoneAmong(rows map[string]map[string]item) (string, error) {
	row, ok := rows[accounts]["PROFILE"]
	if !ok {
		return "", nil
	}
	c, err := decode[account.Customer](row)
	return c.Zone(), err
}

func readWallet(b *batch, tenant id.Tenant, paid event.OrderPaid) {
	b.add(ledgers, walletKey(tenant, paid.CustomerID, paid.Total.Currency))
}

// credit puts what was paid for a top-up into the wallet.
func credit(_ context.Context, t *tx, p parcel) error {
	before, err := walletAmong(p.rows, p.order.Tenant, p.order.Customer, p.order.Total.Currency)
	if err != nil {
		return err
	}
	after, err := before.Credit(p.order.Total)
	if err == nil {
		t.moveWallet(before, after, ledger.TopUpCredited(p.order.Tenant, p.order.Customer, p.order.ID, p.order.Total, p.at))
	}
	return err
}
