// Package order owns the lifecycle of what is bought, whichever way it is bought: unpaid, then paid, then delivered; or
// unpaid, then cancelled. A cart's purchase is placed and paid at once; a plan order waits for its money.
//
// It does not own the money (payment, wallet, ledger), nor what comes of a delivery (subscription), nor coupons: it
// remembers which use of one it holds.
package order

import (
	"slices"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// The faults of orders.
var (
	// ErrUnknown is answered to an order id that does not exist or is another customer's.
	ErrUnknown        = fault.New(fault.NotFound, "order_not_found", "There is no such order.", "integrator")
	ErrTooMany        = fault.New(fault.Conflict, "too_many_unpaid_orders", "You have too many unpaid orders. Please pay or cancel one of them first.", "customer")
	ErrPaid           = fault.New(fault.Conflict, "order_already_paid", "This order is already paid.", "customer")
	ErrCancelled      = fault.New(fault.Conflict, "order_cancelled", "This order was cancelled. Please make a new one.", "customer")
	ErrExpired        = fault.New(fault.Conflict, "order_expired", "The time to pay this order is over. Please make a new one.", "customer")
	ErrNotCancellable = fault.New(fault.Conflict, "order_not_cancellable", "A paid order cannot be cancelled here.", "customer")
)

// State of an order.
type State string

// The states, and all there are.
const (
	Unpaid    State = "unpaid"    // waiting for payment
	Paid      State = "paid"      // waiting for delivery
	Delivered State = "delivered" // everything in it is active
	Cancelled State = "cancelled" // it was never paid, and never will be
)

// Canceller is who or what cancelled an order.
type Canceller string

// The cancellers.
const (
	ByUser    Canceller = "user"
	ByAdmin   Canceller = "admin"
	ByTimeout Canceller = "timeout"
	ByDecline Canceller = "decline" // of the card that was to be charged at once
)

// How an order was paid.
const (
	BySavedCard = "saved_card"
	ByWallet    = "wallet"
	ByNobody    = "nothing_to_pay"
)

// Change is one entry of the history.
type Change struct {
	State State     `json:"state" dynamodbav:"state" enum:"unpaid,paid,delivered,cancelled" example:"paid"`
	At    time.Time `json:"at" dynamodbav:"at"`
}

// CouponState says what became of the use of a coupon that an order holds.
type CouponState string

// The states.
const (
	Held     CouponState = "held"     // while the order is unpaid
	Consumed CouponState = "consumed" // by its payment
	Returned CouponState = "returned" // by its cancellation
)

// Coupon is the use of a coupon that an order holds.
type Coupon struct {
	Code     id.Coupon    `dynamodbav:"code"`
	Shard    int          `dynamodbav:"shard"` // of the coupon's counters, where the use is counted
	Discount money.Amount `dynamodbav:"discount"`
	State    CouponState  `dynamodbav:"state"`
}

// Page is the page of a gateway that is open for the customer to pay on. While an order has one, its payment is pending.
type Page struct {
	PaymentID id.Payment `dynamodbav:"paymentId"`
	Gateway   string     `dynamodbav:"gateway"`
	URL       string     `dynamodbav:"url"`
	OpenedAt  time.Time  `dynamodbav:"openedAt"`
	ExpiresAt time.Time  `dynamodbav:"expiresAt"` // when the gateway closes it
}

// Surplus is money that came for an order and was given back, because the order could not be paid with it.
type Surplus struct {
	PaymentID id.Payment   `json:"paymentId" dynamodbav:"paymentId" doc:"The payment that was given back" example:"pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Amount    money.Amount `json:"amount" dynamodbav:"amount" doc:"What was given back"`
	Reason    string       `json:"reason" dynamodbav:"reason" enum:"late_payment,order_cancelled,duplicate_payment,already_active" doc:"Why" example:"duplicate_payment"`
	At        time.Time    `json:"at" dynamodbav:"at" doc:"When" example:"2030-01-01T12:20:00Z"`
}

// Order is one purchase. Its amount is locked when it is placed.
type Order struct {
	Tenant        id.Tenant
	Customer      id.Customer
	ID            id.Order
	CartID        id.Cart // when it came of a cart
	State         State
	Lines         []lineitem.Line
	Coupon        *Coupon      // nil when none was used
	Total         money.Amount // to pay, or paid: the lines less the discount
	Subscriptions []id.Subscription
	History       []Change
	CancelledBy   Canceller
	PaymentID     id.Payment          // that paid it
	PaidBy        string              // a gateway's name, or one of the constants
	PaidWith      string              // for people: brand and last four digits, or the wallet
	Refunded      int64               // given back since, in minor units
	Page          *Page               // nil when none is open
	Surplus       []Surplus           // money given back at once
	ExpiresAt     time.Time           // when an unpaid one can no longer be paid
	BillingDay    int                 `dynamodbav:",omitempty"` // of the month, on which the customer wants to be billed; 0 is the day it begins
	First         *lineitem.Charge    `dynamodbav:",omitempty"` // with a billing day: the part of the first period that is charged
	Exempt        *lineitem.Exemption `dynamodbav:",omitempty"` // why there is no tax in its prices
	Signup        id.Signup           `dynamodbav:",omitempty"` // that it came of
	TestClock     id.TestClock
	Correlation   string
	Version       int64 // counts changes, from 1
}

// Place makes an unpaid order. Subscriptions and Total are the caller's; the rest is set here.
func Place(o Order, at time.Time) Order {
	o.State, o.History, o.Version = Unpaid, []Change{{State: Unpaid, At: at}}, 1
	return o
}

// Price is the sum of the lines, before the discount.
func (o Order) Price() money.Amount {
	price, _ := lineitem.Total(o.Lines) // of one currency: it was placed
	return price
}

// From is the first day that is charged, when the customer chose a billing day.
func (o Order) From() civil.Date {
	if o.First == nil {
		return ""
	}
	return o.First.Period.From
}

// Plans are what the order is for, as far as they are plans.
func (o Order) Plans() (plans []id.Item) {
	for _, l := range lineitem.Subscriptions(o.Lines) {
		plans = append(plans, l.ItemID)
	}
	return plans
}

// Expired tells whether the time to pay is over, whether or not somebody has noticed.
func (o Order) Expired(now time.Time) bool { return !o.ExpiresAt.IsZero() && !now.Before(o.ExpiresAt) }

// Payable tells why the order cannot be paid now; nil when it can.
func (o Order) Payable(now time.Time) error {
	switch {
	case o.State == Cancelled:
		return ErrCancelled.With("cancelledBy", string(o.CancelledBy))
	case o.State != Unpaid:
		return ErrPaid
	case o.Expired(now):
		return ErrExpired
	}
	return nil
}

// Payment is what paid an order.
type Payment struct {
	ID   id.Payment
	By   string    // a gateway's name, or one of the constants
	With string    // for people
	Made time.Time // when the money was taken; in time when before the order's expiry
}

// Pay moves an unpaid order to paid. Its page, if open for another payment, stays: somebody must close it.
func (o Order) Pay(p Payment, at time.Time) (Order, error) {
	if err := o.Payable(p.Made); err != nil {
		return o, err
	}
	next := o.moved(Paid, at)
	next.PaymentID, next.PaidBy, next.PaidWith = p.ID, p.By, p.With
	if next.Page != nil && next.Page.PaymentID == p.ID {
		next.Page = nil
	}
	next.settleCoupon(Consumed)
	return next, nil
}

// Cancel moves an unpaid order to cancelled. One that is cancelled stays as it is (moved is false).
func (o Order) Cancel(by Canceller, at time.Time) (next Order, moved bool, err error) {
	switch o.State {
	case Cancelled:
		return o, false, nil
	case Unpaid:
		next = o.moved(Cancelled, at)
		next.CancelledBy = by
		next.settleCoupon(Returned)
		return next, true, nil
	}
	return o, false, ErrNotCancellable
}

// Deliver moves a paid order to delivered. Moved is false when it was delivered before, or is not paid.
func (o Order) Deliver(at time.Time) (next Order, moved bool) {
	if o.State != Paid {
		return o, false
	}
	return o.moved(Delivered, at), true
}

// Open notes the page that was opened for the order.
func (o Order) Open(p Page) Order {
	o.Page, o.Version = &p, o.Version+1
	return o
}

// Close forgets the page of a payment that has ended.
func (o Order) Close(p id.Payment) (next Order, moved bool) {
	if o.Page == nil || o.Page.PaymentID != p {
		return o, false
	}
	o.Page, o.Version = nil, o.Version+1
	return o, true
}

// GaveBack notes money that came for the order and was given back.
func (o Order) GaveBack(s Surplus) Order {
	next, moved := o.Close(s.PaymentID)
	if !moved {
		next.Version++
	}
	next.Surplus = append(slices.Clone(o.Surplus), s)
	return next
}

func (o Order) moved(to State, at time.Time) Order {
	o.State, o.Version = to, o.Version+1
	o.History = append(slices.Clone(o.History), Change{State: to, At: at})
	return o
}

func (o *Order) settleCoupon(to CouponState) {
	if o.Coupon != nil {
		c := *o.Coupon
		c.State = to
		o.Coupon = &c
	}
}

// firstLook is how long after its page was opened an order is looked after for the first time: most customers have paid
// by then, and been told of by the gateway.
const firstLook = 2 * time.Minute

// Watch says when somebody must look after the order next; zero is never. While a page is open that is in growing
// intervals, because the gateway's callback may be lost; at the latest when the time to pay is over. The page of an order
// that is no longer unpaid is to be closed at once.
func (o Order) Watch(now time.Time) time.Time {
	switch {
	case o.State != Unpaid && o.Page != nil:
		return now
	case o.State != Unpaid:
		return time.Time{}
	case o.Page == nil:
		return o.ExpiresAt
	}
	look := now.Add(max(firstLook, now.Sub(o.Page.OpenedAt)))
	if look.After(o.ExpiresAt) {
		return o.ExpiresAt
	}
	return look
}

// Polling says whether it is worth asking for the order's state again, and after how long. It follows from how long the
// order has been as it is.
func (o Order) Polling(now time.Time) (again bool, after time.Duration) {
	if o.State == Delivered || o.State == Cancelled {
		return false, 0
	}
	since := now.Sub(o.History[len(o.History)-1].At)
	if o.Page != nil && o.State == Unpaid {
		since = now.Sub(o.Page.OpenedAt)
	}
	switch {
	case o.State == Paid && since < 10*time.Second:
		return true, time.Second
	case since < time.Minute:
		return true, 3 * time.Second
	case since < 10*time.Minute:
		return true, 10 * time.Second
	}
	return true, time.Minute
}
