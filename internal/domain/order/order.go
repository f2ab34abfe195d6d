// Package order owns the lifecycle of what was bought: paid, then delivered. It does not own the money (payment,
// ledger) nor the service (subscription).
package order

import (
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// ErrUnknown is answered to an order id that does not exist or is another customer's.
var ErrUnknown = fault.New(fault.NotFound, "order_not_found", "There is no such order.", "integrator")

// State of an order.
type State string

// The states of an order bought by card: it comes into being paid.
const (
	Paid      State = "paid"      // waiting for delivery
	Delivered State = "delivered" // everything in it is active
)

// Change is one entry of the history.
type Change struct {
	State State     `json:"state" dynamodbav:"state" example:"paid"`
	At    time.Time `json:"at" dynamodbav:"at"`
}

// Order is one purchase.
type Order struct {
	Tenant        id.Tenant
	Customer      id.Customer
	ID            id.Order
	CartID        id.Cart
	PaymentID     id.Payment
	State         State
	Lines         []lineitem.Line
	Total         money.Amount
	Subscriptions []id.Subscription
	PaidWith      string // for people: brand and last four digits
	History       []Change
	Correlation   string
}

// Place makes a paid order.
func Place(o Order, at time.Time) Order {
	o.State, o.History = Paid, []Change{{State: Paid, At: at}}
	return o
}

// Deliver moves a paid order to delivered. Moved is false when it was delivered before.
func (o Order) Deliver(at time.Time) (next Order, moved bool) {
	if o.State != Paid {
		return o, false
	}
	o.State = Delivered
	o.History = append(append([]Change(nil), o.History...), Change{State: Delivered, At: at})
	return o, true
}
