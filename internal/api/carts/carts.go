// Package carts is the cart service: collecting items and checking out. It composes the catalogue's prices, the
// cart's rules and payment's checkout; each decides for itself.
package carts

import (
	"context"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/cart"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "cart"

// Store keeps carts.
type Store interface {
	once.Memory
	Cart(ctx context.Context, tenant id.Tenant, customer id.Customer, c id.Cart) (cart.Cart, error)
	Method(ctx context.Context, tenant id.Tenant, customer id.Customer, ref id.Reference) (payment.Method, error)
	// Shelf reads a cart (when c is not empty) and the country's offers of the items, in one call.
	Shelf(ctx context.Context, tenant id.Tenant, customer id.Customer, country string, c id.Cart, items []id.Item) (*cart.Cart, map[id.Item]catalogue.Offer, error)
	// Till reads a cart and a payment method (nil when there is none), in one call.
	Till(ctx context.Context, tenant id.Tenant, customer id.Customer, c id.Cart, ref id.Reference) (cart.Cart, *payment.Method, error)
	// SaveCart writes a changed cart; fault.ErrStale when somebody changed it meanwhile. use may be nil.
	SaveCart(ctx context.Context, use *once.Use, c cart.Cart) error
}

// Deps are the parts the service works with.
type Deps struct {
	Store    Store
	Checkout payment.Checkout
	Clock    clock.Clock
	Origins  []string // allowed origins of return addresses
}

type service struct{ Deps }

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerAdd(a)
	s.registerGet(a)
	s.registerRemove(a)
	s.registerCheckout(a)
}

// view is a cart as its owner sees it.
type view struct {
	CartID    id.Cart         `json:"cartId" doc:"Id of the cart" example:"cart_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Status    cart.State      `json:"status" enum:"open,in_checkout,checked_out" doc:"in_checkout: a payment is under way; checked_out: it was bought" example:"open"`
	Lines     []lineitem.Line `json:"lines" nullable:"false" doc:"What is in it, in the order of adding"`
	Total     *money.Amount   `json:"total,omitempty" doc:"Sum of the lines; absent for an empty cart"`
	OrderID   id.Order        `json:"orderId,omitempty" doc:"Of a checked-out cart" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	UpdatedAt time.Time       `json:"updatedAt" doc:"Time of the last change" example:"2030-01-01T12:05:00Z"`
}

func viewOf(c cart.Cart) view {
	v := view{CartID: c.ID, Status: c.State, Lines: c.Lines, UpdatedAt: c.UpdatedAt}
	if v.Lines == nil {
		v.Lines = []lineitem.Line{}
	}
	if total := c.Total(); total.Currency != "" {
		v.Total = &total
	}
	return v
}

// CartPath names a cart in the path. (huma reads embedded structs only when they are exported.)
type CartPath struct {
	CartID id.Cart `path:"cartId" maxLength:"40" pattern:"^cart_[0-9A-Z]{26}$" patternDescription:"a cart id" doc:"Id of the cart" example:"cart_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type cartOutput struct {
	ETag string `header:"ETag" doc:"Version of the cart, for If-Match" example:"\"3\""`
	Body view
}

func outputOf(c cart.Cart) *cartOutput {
	return &cartOutput{ETag: rest.ETag(c.Version), Body: viewOf(c)}
}

var (
	exampleLine = lineitem.Line{ItemID: "plan_stream-hd", Name: "Stream HD", Type: lineitem.Subscription, Price: money.Amount{Minor: 1299, Currency: "EUR"},
		Quantity: 1, BillingPeriod: "P1M"}
	exampleView = view{CartID: "cart_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Status: cart.Open, Lines: []lineitem.Line{exampleLine},
		Total: &money.Amount{Minor: 1299, Currency: "EUR"}, UpdatedAt: time.Date(2030, 1, 1, 12, 5, 0, 0, time.UTC)}
)
