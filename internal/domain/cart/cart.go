// Package cart owns what a customer is about to buy, until a payment attempt takes it over. Prices come in as line
// items; whether an item is sold is the catalogue's decision, and whether a checkout ended well is payment's.
package cart

import (
	"slices"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// The faults of carts.
var (
	ErrUnknown      = fault.New(fault.NotFound, "cart_not_found", "There is no such cart.", "integrator")
	ErrEmpty        = fault.New(fault.Conflict, "cart_empty", "Your cart is empty.", "customer")
	ErrCheckedOut   = fault.New(fault.Conflict, "cart_checked_out", "This cart was already checked out.", "customer")
	ErrInCheckout   = fault.New(fault.Conflict, "cart_in_checkout", "A payment for this cart is under way. Please wait for its result.", "customer")
	ErrDuplicate    = fault.New(fault.Conflict, "subscription_already_in_cart", "This subscription is already in your cart.", "customer")
	ErrIncompatible = fault.New(fault.Conflict, "items_incompatible", "These items cannot be bought together.", "customer")
	ErrCurrency     = fault.New(fault.Conflict, "currency_mixed", "Items of different currencies cannot share a cart.", "integrator")
	ErrFull         = fault.New(fault.Conflict, "cart_full", "A cart holds at most 20 different items.", "customer")
	ErrNotInCart    = fault.New(fault.NotFound, "item_not_in_cart", "This item is not in your cart.", "integrator")
	ErrPriceChanged = fault.New(fault.Conflict, "price_changed", "A price changed since you added the item. Please remove it and add it again.", "customer")
	ErrNotSoldNow   = fault.New(fault.Conflict, "item_no_longer_sold", "An item in your cart is no longer on sale. Please remove it.", "customer")
	ErrQuantity     = fault.New(fault.Invalid, "quantity_invalid", "A subscription can be bought once; other items up to 99 times.", "customer")
)

// MaxLines keeps a checkout within one transaction.
const MaxLines = 20

// State of a cart.
type State string

// The states. A cart whose payment failed is Open again.
const (
	Open       State = "open"
	InCheckout State = "in_checkout" // a payment attempt holds it; done when that payment succeeded
	CheckedOut State = "checked_out" // never stored: derived from the payment
)

// Cart is one customer's cart.
type Cart struct {
	Tenant    id.Tenant
	Customer  id.Customer
	ID        id.Cart
	State     State
	Lines     []lineitem.Line
	PaymentID id.Payment // the attempt that holds it, when InCheckout
	Version   int64      // counts changes, from 1
	UpdatedAt time.Time
}

// New makes an empty cart.
func New(tenant id.Tenant, customer id.Customer, now time.Time) Cart {
	return Cart{Tenant: tenant, Customer: customer, ID: id.New[id.Cart](id.CartPrefix, now), State: Open}
}

// Addition is a line to add with what it cannot be combined with.
type Addition struct {
	Line     lineitem.Line
	Excludes []id.Item
}

// Add gives the cart with all additions, or the fault of the first that cannot be added and the cart as it was.
func (c Cart) Add(additions []Addition, now time.Time) (Cart, error) {
	if err := c.changeable(); err != nil {
		return c, err
	}
	next := c
	next.Lines = slices.Clone(c.Lines)
	for _, a := range additions {
		if err := next.add(a); err != nil {
			return c, err
		}
	}
	if err := exclusive(next.Lines, additions); err != nil {
		return c, err
	}
	if _, err := lineitem.Total(next.Lines); err != nil {
		return c, ErrCurrency.Because(err)
	}
	next.Version, next.UpdatedAt = c.Version+1, now
	return next, nil
}

func (c *Cart) add(a Addition) error {
	subscription := a.Line.Type == lineitem.Subscription
	if a.Line.Quantity < 1 || a.Line.Quantity > 99 || subscription && a.Line.Quantity != 1 {
		return ErrQuantity.With("itemId", string(a.Line.ItemID))
	}
	at := slices.IndexFunc(c.Lines, func(l lineitem.Line) bool { return l.ItemID == a.Line.ItemID })
	switch {
	case at >= 0 && subscription:
		return ErrDuplicate.With("itemId", string(a.Line.ItemID))
	case at >= 0 && c.Lines[at].Price != a.Line.Price:
		return ErrPriceChanged.With("itemId", string(a.Line.ItemID))
	case at >= 0 && c.Lines[at].Quantity+a.Line.Quantity > 99:
		return ErrQuantity.With("itemId", string(a.Line.ItemID))
	case at >= 0:
		c.Lines[at].Quantity += a.Line.Quantity
	case len(c.Lines) == MaxLines:
		return ErrFull
	default:
		c.Lines = append(c.Lines, a.Line)
	}
	return nil
}

// exclusive checks the additions against everything in the cart. Exclusion is stated on either item, or on both: the
// catalogue loader writes it on both.
func exclusive(lines []lineitem.Line, additions []Addition) error {
	for _, a := range additions {
		for _, l := range lines {
			if slices.Contains(a.Excludes, l.ItemID) {
				return ErrIncompatible.With("itemId", string(a.Line.ItemID)).With("excludes", string(l.ItemID))
			}
		}
	}
	return nil
}

// Remove gives the cart without one item.
func (c Cart) Remove(item id.Item, now time.Time) (Cart, error) {
	if err := c.changeable(); err != nil {
		return c, err
	}
	at := slices.IndexFunc(c.Lines, func(l lineitem.Line) bool { return l.ItemID == item })
	if at < 0 {
		return c, ErrNotInCart
	}
	next := c
	next.Lines = slices.Delete(slices.Clone(c.Lines), at, at+1)
	next.Version, next.UpdatedAt = c.Version+1, now
	return next, nil
}

func (c Cart) changeable() error {
	switch c.State {
	case InCheckout:
		return ErrInCheckout
	case CheckedOut:
		return ErrCheckedOut
	}
	return nil
}

// Total is the sum of the lines.
func (c Cart) Total() money.Amount {
	total, _ := lineitem.Total(c.Lines) // one currency: Add refuses others
	return total
}

// ReadyFor checks an open cart against today's lines: today has the current line of every item that is still sold.
// A change since adding is a fault, never a silent new price.
func (c Cart) ReadyFor(today map[id.Item]lineitem.Line) error {
	if len(c.Lines) == 0 {
		return ErrEmpty
	}
	for _, l := range c.Lines {
		now, sold := today[l.ItemID]
		switch {
		case !sold:
			return ErrNotSoldNow.With("itemId", string(l.ItemID))
		case now.Price != l.Price || now.BillingPeriod != l.BillingPeriod:
			return ErrPriceChanged.With("itemId", string(l.ItemID)).With("price", now.Price.String())
		}
	}
	return nil
}
