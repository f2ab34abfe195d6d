package store

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/cart"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
)

// claimRow holds a plan for a customer from the attempt to buy it until the subscription ends.
type claimRow struct {
	PaymentID      id.Payment
	SubscriptionID id.Subscription
}

// Payment implements payment.Book.
func (db *DB) Payment(ctx context.Context, tenant id.Tenant, p id.Payment) (payment.Payment, error) {
	return get[payment.Payment](ctx, db, payments, paymentKey(tenant, p), payment.ErrUnknownPay)
}

// Begin implements payment.Book.
func (db *DB) Begin(ctx context.Context, use *once.Use, p payment.Payment, cartVersion int64, e event.Envelope) error {
	held := cart.Cart{Tenant: p.Tenant, Customer: p.Customer, ID: p.CartID, State: cart.InCheckout, Lines: p.Lines, PaymentID: p.ID,
		Version: cartVersion + 1, UpdatedAt: p.InitiatedAt}
	t := db.tx()
	t.once(use)
	t.put(carts, cartKey(p.Tenant, p.Customer, p.CartID), held, "Version = :was", item{":was": number(cartVersion)}, payment.ErrMoved)
	t.create(payments, paymentKey(p.Tenant, p.ID), paymentRowOf(p), nil)
	for i, l := range lineitem.Subscriptions(p.Lines) {
		t.create(subscriptions, claimKey(p.Tenant, p.Customer, l.ItemID), claimRow{p.ID, p.Subscriptions[i]},
			subscription.ErrActive.With("itemId", string(l.ItemID)))
	}
	t.announce(e)
	return t.commit(ctx)
}

// settle adds the payment's new state on the condition that it was in the given one.
func (t *tx) settle(p payment.Payment, was payment.State) {
	putState(t, payments, paymentKey(p.Tenant, p.ID), paymentRowOf(p), was, payment.ErrMoved)
}

// Complete implements payment.Book: the payment succeeded, so there are an order, a ledger entry and contracts. The order of
// a cart is placed and paid at once; the cart stays as it is: held by a payment that succeeded, it is checked out.
func (db *DB) Complete(ctx context.Context, p payment.Payment) error {
	if p.Bill != nil {
		return db.completeBill(ctx, p)
	}
	if p.CartID == "" {
		return db.completeOrder(ctx, p)
	}
	at := p.SettledAt
	placed := order.Place(order.Order{Tenant: p.Tenant, Customer: p.Customer, ID: p.OrderID, CartID: p.CartID, Lines: p.Lines, Total: p.Amount,
		Subscriptions: p.Subscriptions, Correlation: p.Correlation}, p.InitiatedAt)
	paid, err := placed.Pay(order.Payment{ID: p.ID, By: order.BySavedCard, With: p.PaidWith, Made: at}, at)
	if err != nil {
		return err
	}
	t := db.tx()
	t.settle(p, payment.Pending)
	t.create(orders, orderKey(p.Tenant, p.Customer, p.OrderID), orderRowOf(paid), payment.ErrMoved)
	t.book(ledger.CardSale(p.Tenant, p.Customer, p.ID, p.Amount, at), payment.ErrMoved)
	t.announce(event.New(ctx, p.Tenant, at, event.OrderCreated{OrderID: p.OrderID, CustomerID: p.Customer, Lines: p.Lines, Total: p.Amount}))
	t.bought(ctx, paid, at, false)
	return t.commit(ctx)
}

// book adds an entry that moves no wallet.
func (t *tx) book(e ledger.Entry, booked error) {
	if err := e.Validate(); err != nil {
		t.err = errors.Join(t.err, err)
		return
	}
	t.create(ledgers, entryKey(e.Tenant, e.ID), e, booked)
}

// Fail implements payment.Book: the cart is open again and the claims are given back, or the order is payable again.
func (db *DB) Fail(ctx context.Context, p payment.Payment, e event.Envelope) error {
	if p.Bill != nil {
		return db.failBill(ctx, p, e)
	}
	if p.CartID == "" {
		return db.failOrder(ctx, p, e)
	}
	held, err := db.Cart(ctx, p.Tenant, p.Customer, p.CartID)
	if err != nil {
		return err
	}
	t := db.tx()
	t.settle(p, payment.Pending)
	if held.PaymentID == p.ID && held.State == cart.InCheckout {
		open := held
		open.State, open.PaymentID, open.Version, open.UpdatedAt = cart.Open, "", held.Version+1, p.SettledAt
		t.put(carts, cartKey(p.Tenant, p.Customer, p.CartID), open, "Version = :was", item{":was": number(held.Version)}, payment.ErrMoved)
	}
	for _, l := range lineitem.Subscriptions(p.Lines) {
		t.delete(subscriptions, claimKey(p.Tenant, p.Customer, l.ItemID), "PaymentID = :mine", item{":mine": text(p.ID)}, payment.ErrMoved)
	}
	t.announce(e)
	return t.commit(ctx)
}

// Note implements payment.Book.
func (db *DB) Note(ctx context.Context, p payment.Payment, events ...event.Envelope) error {
	t := db.tx()
	t.settle(p, payment.Pending)
	t.announce(events...)
	return t.commit(ctx)
}

// Unassigned implements payment.Book.
func (db *DB) Unassigned(ctx context.Context, p payment.Payment, came money.Amount, e event.Envelope) error {
	t := db.tx()
	t.settle(p, payment.Pending)
	t.book(ledger.Unassigned(p.Tenant, p.Customer, p.ID, p.ChargeID, came, e.Time), payment.ErrMoved)
	t.announce(e)
	return t.commit(ctx)
}

// RefundFailed implements payment.Book.
func (db *DB) RefundFailed(ctx context.Context, p payment.Payment, left money.Amount, e event.Envelope) error {
	t := db.tx()
	t.settle(p, payment.Refunded)
	t.book(ledger.RefundFailed(p.Tenant, p.Customer, p.ID, p.ChargeID, left, e.Time), payment.ErrMoved)
	t.announce(e)
	return t.commit(ctx)
}

// Refunded implements payment.Book: both ways of the money are booked, and its order says so.
func (db *DB) Refunded(ctx context.Context, p payment.Payment, was payment.State, back payment.GivenBack, e event.Envelope) error {
	write := func(t *tx) {
		t.settle(p, was)
		t.book(ledger.LateMoney(p.Tenant, p.Customer, p.ID, p.ChargeID, back.Amount, p.SettledAt), payment.ErrMoved)
		t.book(ledger.GivenBack(p.Tenant, p.Customer, p.ID, p.ChargeID, back.Amount, p.SettledAt), payment.ErrMoved)
		t.announce(e)
	}
	if p.CartID != "" || p.Bill != nil {
		t := db.tx()
		write(t)
		return t.commit(ctx)
	}
	return db.onOrder(ctx, p.Tenant, p.Customer, p.OrderID, func(t *tx, o order.Order, now time.Time) error {
		write(t)
		t.order(o, o.GaveBack(order.Surplus{PaymentID: p.ID, Amount: back.Amount, Reason: string(back.Why), At: now}), now)
		return nil
	})
}
