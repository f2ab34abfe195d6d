package store

import (
	"context"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
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
	t.create(payments, paymentKey(p.Tenant, p.ID), p, nil)
	for i, l := range lineitem.Subscriptions(p.Lines) {
		t.create(subscriptions, claimKey(p.Tenant, p.Customer, l.ItemID), claimRow{p.ID, p.Subscriptions[i]},
			subscription.ErrActive.With("itemId", string(l.ItemID)))
	}
	t.announce(e)
	return t.commit(ctx)
}

// settle adds the payment's new state on the condition that it was in the given one.
func (t *tx) settle(p payment.Payment, was payment.State) {
	putState(t, payments, paymentKey(p.Tenant, p.ID), p, was, payment.ErrMoved)
}

// Complete implements payment.Book: the payment succeeded, so there are an order, a ledger entry and contracts. The
// cart stays as it is: held by a payment that succeeded, it is checked out.
func (db *DB) Complete(ctx context.Context, p payment.Payment) error {
	at := p.SettledAt
	placed := order.Place(order.Order{Tenant: p.Tenant, Customer: p.Customer, ID: p.OrderID, CartID: p.CartID, PaymentID: p.ID, Lines: p.Lines,
		Total: p.Amount, Subscriptions: p.Subscriptions, PaidWith: p.PaidWith, Correlation: p.Correlation}, at)
	entry := ledger.CardSale(p.Tenant, p.ID, p.Amount, at)
	if err := entry.Validate(); err != nil {
		return err
	}
	t := db.tx()
	t.settle(p, payment.Pending)
	t.create(orders, orderKey(p.Tenant, p.OrderID), placed, payment.ErrMoved)
	t.create(ledgers, entryKey(p.Tenant, entry.ID), entry, payment.ErrMoved)
	signed := event.ContractSigned{CustomerID: p.Customer, OrderID: p.OrderID}
	for i, l := range lineitem.Subscriptions(p.Lines) {
		s := subscription.Sign(p.Tenant, p.Customer, p.Subscriptions[i], p.OrderID, l, at)
		t.create(subscriptions, subscriptionKey(p.Tenant, p.Customer, s.ID), s, payment.ErrMoved)
		signed.Subscriptions = append(signed.Subscriptions, event.SignedContract{SubscriptionID: s.ID, ItemID: s.ItemID, Price: s.Price, BillingPeriod: s.BillingPeriod})
	}
	t.announce(event.New(ctx, p.Tenant, at, event.PaymentSucceeded{PaymentID: p.ID, CustomerID: p.Customer, OrderID: p.OrderID, Amount: p.Amount}))
	if len(signed.Subscriptions) > 0 {
		t.announce(event.New(ctx, p.Tenant, at, signed))
	}
	t.announce(event.New(ctx, p.Tenant, at, event.OrderPaid{OrderID: p.OrderID, CustomerID: p.Customer, PaymentID: p.ID, Total: p.Amount,
		Lines: p.Lines, Subscriptions: p.Subscriptions, PaidWith: p.PaidWith}))
	return t.commit(ctx)
}

// Fail implements payment.Book: the cart is open again and the claims are given back.
func (db *DB) Fail(ctx context.Context, p payment.Payment, e event.Envelope) error {
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

// Refunded implements payment.Book.
func (db *DB) Refunded(ctx context.Context, p payment.Payment, e event.Envelope) error {
	t := db.tx()
	t.settle(p, payment.Failed)
	t.announce(e)
	return t.commit(ctx)
}
