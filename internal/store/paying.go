package store

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/once"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
)

// Open records the page that was opened for an order, its payment and the key, if nobody changed the order meanwhile; else
// payment.ErrMoved, and the page is one that nobody knows of.
func (db *DB) Open(ctx context.Context, use *once.Use, o order.Order, p payment.Payment, page order.Page, e event.Envelope) error {
	now, err := db.Now(ctx, o.Tenant, o.TestClock)
	if err != nil {
		return err
	}
	page.OpenedAt = now
	t := db.tx()
	t.once(use)
	t.create(payments, paymentKey(p.Tenant, p.ID), paymentRowOf(p), nil)
	t.order(o, o.Open(page), now)
	t.announce(e)
	if err := t.commit(ctx); !errors.Is(err, errOrderMoved) {
		return err
	}
	return payment.ErrMoved
}

// PayByWallet takes what an order costs from the customer's wallet and makes it paid, or does neither. answered is called
// with the order as it will be, before it is written, to set the key's answer.
func (db *DB) PayByWallet(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, o id.Order, answered func(order.Order) error) error {
	return db.onOrder(ctx, tenant, customer, o, func(t *tx, found order.Order, now time.Time) error {
		if err := found.Payable(now); err != nil {
			return err
		}
		if lineitem.Has(found.Lines, lineitem.TopUp) {
			return payment.ErrWalletTopUp
		}
		before, err := db.Wallet(ctx, tenant, customer, found.Total.Currency)
		if err != nil {
			return err
		}
		after, err := before.Debit(found.Total)
		if err != nil {
			return err
		}
		paid, err := found.Pay(order.Payment{ID: id.Swap[id.Payment](o, id.OrderPrefix, id.PaymentPrefix), By: order.ByWallet, With: "wallet", Made: now}, now)
		if err == nil {
			err = answered(paid)
		}
		if err != nil {
			return err
		}
		t.once(use)
		t.paid(ctx, found, paid, now)
		t.moveWallet(before, after, ledger.WalletSale(tenant, customer, o, found.Total, now))
		return nil
	})
}

// paid adds an order that was waiting and is paid now, with all that comes of it.
func (t *tx) paid(ctx context.Context, was, is order.Order, now time.Time) {
	t.order(was, is, now)
	t.freePlace(is)
	t.bought(ctx, is, now, true)
}

// completeOrder records that an order's page brought its money. When the order is not waiting for it any more, the money is
// not wanted.
func (db *DB) completeOrder(ctx context.Context, p payment.Payment) error {
	err := db.onOrder(ctx, p.Tenant, p.Customer, p.OrderID, func(t *tx, o order.Order, now time.Time) error {
		if o.PaymentID == p.ID {
			return payment.ErrMoved
		}
		made := p.CapturedAt // by a test clock the time of arrival counts: the PSP does not live by it
		if made.IsZero() || o.TestClock != "" {
			made = now
		}
		by := payment.Stripe
		if p.SessionID == "" {
			by = order.BySavedCard
		}
		paid, err := o.Pay(order.Payment{ID: p.ID, By: by, With: p.PaidWith, Made: made}, now)
		if why := unwanted(err); why != "" {
			return &payment.UnwantedError{Reason: why}
		}
		if err != nil {
			return err
		}
		t.settle(p, payment.Pending)
		t.paid(ctx, o, paid, now)
		sale := ledger.PageSale
		switch {
		case p.SessionID == "":
			sale = ledger.CardSale
		case lineitem.Has(o.Lines, lineitem.TopUp):
			sale = ledger.TopUpPaid
		}
		t.book(sale(p.Tenant, p.Customer, p.ID, p.Amount, now), payment.ErrMoved)
		return nil
	})
	if errors.Is(err, subscription.ErrActive) {
		return &payment.UnwantedError{Reason: payment.AlreadyActive}
	}
	return err
}

func unwanted(err error) payment.Unwanted {
	switch {
	case errors.Is(err, order.ErrCancelled):
		return payment.OrderCancelled
	case errors.Is(err, order.ErrPaid):
		return payment.DuplicatePayment
	case errors.Is(err, order.ErrExpired):
		return payment.LatePayment
	}
	return ""
}

// failOrder records that nothing was paid on an order's page, and that it is closed. An order for which a saved method was to be charged at
// once is cancelled with it.
func (db *DB) failOrder(ctx context.Context, p payment.Payment, e event.Envelope) error {
	return db.onOrder(ctx, p.Tenant, p.Customer, p.OrderID, func(t *tx, o order.Order, now time.Time) error {
		t.settle(p, payment.Pending)
		t.announce(e)
		if p.SessionID == "" {
			if is, moved, err := o.Cancel(order.ByDecline, now); err == nil && moved {
				t.cancelled(ctx, o, is, now)
			}
			return nil
		}
		if closed, moved := o.Close(p.ID); moved {
			t.order(o, closed, now)
		}
		return nil
	})
}
