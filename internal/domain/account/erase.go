package account

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// What keeps a customer from being erased.
var (
	ErrSubscribed   = fault.New(fault.Conflict, "customer_has_subscriptions", "There are subscriptions. They must end before the customer can be erased.", "customer")
	ErrOrdersOpen   = fault.New(fault.Conflict, "customer_has_open_orders", "There are orders that wait for payment or delivery. Please cancel them, or wait for them, before the customer is erased.", "customer")
	ErrMoneyLeft    = fault.New(fault.Conflict, "customer_has_money", "There is money in the wallet. Please spend it, or have it paid out, before the customer is erased.", "customer")
	ErrInvoicesOpen = fault.New(fault.Conflict, "customer_has_unpaid_invoices", "There is an unpaid invoice. Please pay it first, then try again.", "customer")
)

// Ties are what is between a customer and us that must have ended before they can be erased.
type Ties struct {
	Subscriptions bool // that have not ended
	Orders        bool // unpaid or undelivered, or a cart whose payment is under way
	Money         bool // in a wallet, available or on hold
	Debts         bool // an invoice that is not paid, nor withdrawn or written off
}

// Free tells what ties there are; nil when there are none.
func (t Ties) Free() error {
	switch {
	case t.Subscriptions:
		return ErrSubscribed
	case t.Orders:
		return ErrOrdersOpen
	case t.Money:
		return ErrMoneyLeft
	case t.Debts:
		return ErrInvoicesOpen
	}
	return nil
}

// EraseKeeper keeps accounts and knows what ties customers.
type EraseKeeper interface {
	Account(ctx context.Context, tenant id.Tenant, account id.Customer) (Customer, Credentials, error)
	Ties(ctx context.Context, tenant id.Tenant, customer id.Customer) (Ties, error)
	SaveAccount(ctx context.Context, c Change) error
}

// Eraser erases customers: what is personal in the account itself, at once. What there is elsewhere goes by the event.
type Eraser struct {
	Store EraseKeeper
	Clock clock.Clock
}

// Erase leaves of an account what is not personal: nobody can sign in, its sessions are over and its names are free. One
// that is gone already is answered as it is, with false. An order that is placed at the same instant may slip through: what
// it leads to has no name and no address.
func (e Eraser) Erase(ctx context.Context, tenant id.Tenant, customer id.Customer) (is Customer, erased bool, err error) {
	for range decideTries {
		c, k, err := e.Store.Account(ctx, tenant, customer)
		if err != nil || c.Gone() {
			return c, false, err
		}
		ties, err := e.Store.Ties(ctx, tenant, customer)
		if err == nil {
			err = ties.Free()
		}
		if err != nil {
			return c, false, err
		}
		change := erasure(c, k, e.Clock.Now())
		change.Events = []event.Envelope{event.New(ctx, tenant, e.Clock.Now(), event.CustomerErased{CustomerID: customer})}
		if err := e.Store.SaveAccount(ctx, change); !errors.Is(err, fault.ErrStale) {
			return *change.Customer, err == nil, err
		}
	}
	return Customer{}, false, fault.ErrUnavailable.Because(errFaster)
}

// erasure is the change that erases an account. Attempts are counted under login names, so that they are forgotten as well.
func erasure(c Customer, k Credentials, now time.Time) Change {
	erased := c.blank(Erased)
	erased.Version++
	names := c.Logins()
	forgotten := make([]Attempt, len(names))
	for i, l := range names {
		forgotten[i] = Attempt{Kind: OnAccount, Name: l.Name}
	}
	return Change{Tenant: c.Tenant, Account: c.ID, Customer: &erased, MoveTimer: erased.MovesTimer(c), Free: names, Pardon: forgotten,
		Credentials: &Credentials{Tenant: c.Tenant, Account: c.ID, EndedAt: now, Version: k.Version + 1}}
}
