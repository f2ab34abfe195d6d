// Package orders is the order service: ordering a plan, what became of it, cancelling; and the same for staff. An order is
// paid by the payment service, and delivered by nobody's call.
package orders

import (
	"context"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/coupon"
	"turnup/internal/domain/order"
	"turnup/internal/domain/provisioning"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "order"

// Reader reads orders.
type Reader interface {
	// Order reads a customer's order; unknown or another customer's is order.ErrUnknown.
	Order(ctx context.Context, tenant id.Tenant, customer id.Customer, o id.Order) (order.Order, error)
	// Orders reads one page of a customer's orders, newest first.
	Orders(ctx context.Context, tenant id.Tenant, customer id.Customer, after string, limit int32) (page []order.Order, next string, err error)
	// Cancel cancels an unpaid order; one that is cancelled stays as it is.
	Cancel(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, o id.Order, by order.Canceller) (order.Order, error)
	// Now is the time by a customer's clock: the system's unless it is a test clock.
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
	once.Memory
}

// Store keeps orders.
type Store interface {
	Reader
	// Customer reads a profile.
	Customer(ctx context.Context, tenant id.Tenant, customer id.Customer) (account.Customer, error)
	// Location reads a place; unknown is provisioning.ErrLocationUnknown.
	Location(ctx context.Context, tenant id.Tenant, l id.Location) (provisioning.Location, error)
	// Counter reads what an order of one plan is decided on.
	Counter(ctx context.Context, tenant id.Tenant, customer id.Customer, country string, plan id.Item, code id.Coupon) (
		who account.Customer, offer *catalogue.Offer, claimed bool, shown *coupon.Shown, err error)
	// Tax is on what terms a customer buys now.
	Tax(ctx context.Context, who account.Customer, now time.Time) (lineitem.Tax, error)
	// CouponRefused counts unknown codes, and answers what the customer is told.
	CouponRefused(ctx context.Context, tenant id.Tenant, customer id.Customer, refusal error) error
	// Place writes a new order with the use of its coupon, among at most limit unpaid ones.
	Place(ctx context.Context, use *once.Use, o order.Order, c *coupon.Coupon, limit int) error
}

// Deps are the parts the service works with.
type Deps struct {
	Store       Store
	UnpaidLimit int           // most unpaid orders of a customer
	Timeout     time.Duration // how long an order may stay unpaid
}

type service struct{ Deps }

// Register adds the customers' operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerCreate(a)
	s.registerTopUp(a)
	s.registerList(a)
	s.registerGet(a)
	s.registerStatus(a)
	s.registerCancel(a)
}

// OrderPath names an order in the path. (huma reads embedded structs only when they are exported.)
type OrderPath struct {
	OrderID id.Order `path:"orderId" maxLength:"40" pattern:"^ord_[0-9A-Z]{26}$" patternDescription:"an order id" doc:"Id of the order" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

// PageQuery asks for a page of a list.
type PageQuery struct {
	Limit  int32  `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Most orders a page"`
	Cursor string `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"T1JEI29yZF8wMUpEM1E2VjZLOE00SDBXWjBWNVEzWTFYQQ"`
}

type orderOutput struct {
	Body view
}

type view struct {
	OrderID       id.Order          `json:"orderId" doc:"The order's number" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Status        order.State       `json:"status" enum:"unpaid,paid,delivered,cancelled" doc:"unpaid: waiting for payment; paid: waiting for delivery; delivered: everything in it is active; cancelled: it was not paid and cannot be any more" example:"delivered"`
	Lines         []lineitem.Line   `json:"lines" nullable:"false" doc:"What was ordered, at the price agreed"`
	Price         money.Amount      `json:"price" doc:"Sum of the lines"`
	Coupon        *couponView       `json:"coupon,omitempty" doc:"The coupon that was used"`
	Total         money.Amount      `json:"total" doc:"To pay, or paid; it does not change once the order is made"`
	Subscriptions []id.Subscription `json:"subscriptionIds" nullable:"false" doc:"The contracts that come of it" example:"[\"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA\"]"`
	PaidBy        string            `json:"paidBy,omitempty" enum:"saved_card,stripe,wallet,nothing_to_pay" doc:"How it was paid" example:"stripe"`
	PaymentID     id.Payment        `json:"paymentId,omitempty" doc:"The payment that paid it" example:"pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	PayURL        string            `json:"payUrl,omitempty" doc:"The page that is open for paying it" example:"https://checkout.stripe.com/c/pay/cs_test_a1"`
	ExpiresAt     *time.Time        `json:"expiresAt,omitempty" doc:"Until when an unpaid order can be paid" example:"2030-01-01T12:30:00Z"`
	CancelledBy   order.Canceller   `json:"cancelledBy,omitempty" enum:"user,admin,timeout,decline" doc:"Who or what cancelled it" example:"timeout"`
	Refunded      *money.Amount     `json:"refunded,omitempty" doc:"What was given back of the total since"`
	Surplus       []order.Surplus   `json:"surplus,omitempty" nullable:"false" doc:"Money that came for it and was given back at once: late, or twice"`
	History       []order.Change    `json:"history" nullable:"false" doc:"Transitions with their times"`
}

type couponView struct {
	Code     id.Coupon         `json:"code" doc:"Its code" example:"WELCOME20"`
	Discount money.Amount      `json:"discount" doc:"What it takes off the price"`
	State    order.CouponState `json:"state" enum:"held,consumed,returned" doc:"held while the order is unpaid, consumed by its payment, returned by its cancellation" example:"consumed"`
}

func viewOf(o order.Order) view {
	v := view{OrderID: o.ID, Status: o.State, Lines: o.Lines, Price: o.Price(), Total: o.Total, Subscriptions: o.Subscriptions, PaidBy: o.PaidBy, PaymentID: o.PaymentID,
		CancelledBy: o.CancelledBy, Surplus: o.Surplus, History: o.History}
	if v.Subscriptions == nil {
		v.Subscriptions = []id.Subscription{}
	}
	if o.Coupon != nil {
		v.Coupon = &couponView{o.Coupon.Code, o.Coupon.Discount, o.Coupon.State}
	}
	if o.State == order.Unpaid {
		v.ExpiresAt = &o.ExpiresAt
		if o.Page != nil {
			v.PayURL = o.Page.URL
		}
	}
	if o.Refunded > 0 {
		v.Refunded = &money.Amount{Minor: o.Refunded, Currency: o.Total.Currency}
	}
	return v
}

var (
	exampleAt   = time.Date(2030, 1, 1, 12, 10, 0, 0, time.UTC)
	exampleEnd  = exampleAt.Add(30 * time.Minute)
	exampleLine = lineitem.Line{ItemID: "plan_stream-hd", Name: "Stream HD", Type: lineitem.Subscription, Price: money.Amount{Minor: 1299, Currency: "EUR"},
		Quantity: 1, BillingPeriod: "P1M"}
	exampleUnpaid = view{OrderID: "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Status: order.Unpaid, Lines: []lineitem.Line{exampleLine}, Price: exampleLine.Price,
		Coupon: &couponView{"WELCOME20", money.Amount{Minor: 260, Currency: "EUR"}, order.Held}, Total: money.Amount{Minor: 1039, Currency: "EUR"},
		Subscriptions: []id.Subscription{"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}, ExpiresAt: &exampleEnd, History: []order.Change{{State: order.Unpaid, At: exampleAt}}}
	exampleDelivered = view{OrderID: exampleUnpaid.OrderID, Status: order.Delivered, Lines: exampleUnpaid.Lines, Price: exampleLine.Price, Total: exampleLine.Price,
		Subscriptions: exampleUnpaid.Subscriptions, PaidBy: "stripe", PaymentID: "pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA",
		History: []order.Change{{State: order.Unpaid, At: exampleAt}, {State: order.Paid, At: exampleAt.Add(time.Minute)}, {State: order.Delivered, At: exampleAt.Add(63 * time.Second)}}}
	exampleCancelled = view{OrderID: exampleUnpaid.OrderID, Status: order.Cancelled, Lines: exampleUnpaid.Lines, Price: exampleLine.Price, Total: exampleLine.Price,
		Subscriptions: exampleUnpaid.Subscriptions, CancelledBy: order.ByUser,
		History: []order.Change{{State: order.Unpaid, At: exampleAt}, {State: order.Cancelled, At: exampleAt.Add(time.Minute)}}}
)

// unknown: a valid token of somebody who does not exist finds what an unknown id finds.
func unknown(err error, instead *fault.Fault) error {
	if f := fault.Of(err); f != nil && f.Code == fault.ErrNotFound.Code {
		return instead.Because(err)
	}
	return err
}
