// Package orders is the orders service: what became of a purchase.
package orders

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/order"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "order"

// Store reads orders.
type Store interface {
	// Order reads a customer's order; unknown or another customer's is order.ErrUnknown.
	Order(ctx context.Context, tenant id.Tenant, customer id.Customer, o id.Order) (order.Order, error)
}

// Deps are the parts the service works with.
type Deps struct{ Store Store }

type service struct{ Deps }

type orderInput struct {
	OrderID id.Order `path:"orderId" maxLength:"40" pattern:"^ord_[0-9A-Z]{26}$" patternDescription:"an order id" doc:"Id of the order" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type orderOutput struct {
	Body view
}

type view struct {
	OrderID       id.Order          `json:"orderId" doc:"Id of the order" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Status        order.State       `json:"status" enum:"paid,delivered" doc:"delivered: everything in it is active" example:"delivered"`
	Lines         []lineitem.Line   `json:"lines" nullable:"false" doc:"What was bought, at the price agreed"`
	Total         money.Amount      `json:"total" doc:"What was charged"`
	Subscriptions []id.Subscription `json:"subscriptionIds" nullable:"false" doc:"The contracts that came of it" example:"[\"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA\"]"`
	History       []order.Change    `json:"history" nullable:"false" doc:"Transitions with their times"`
}

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	at := time.Date(2030, 1, 1, 12, 10, 0, 0, time.UTC)
	rest.Register(a, rest.Op{
		ID: "getOrder", Method: http.MethodGet, Path: "/orders/{orderId}", Audience: rest.Customer, Service: Service,
		Summary: "Read an order",
		About:   "An order is paid when checkout answers, and delivered when everything in it is active, normally within seconds.",
		Faults:  []*fault.Fault{order.ErrUnknown},
		Answer: view{OrderID: "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Status: order.Delivered, Total: money.Amount{Minor: 1299, Currency: "EUR"},
			Lines: []lineitem.Line{{ItemID: "plan_stream-hd", Name: "Stream HD", Type: lineitem.Subscription, Price: money.Amount{Minor: 1299, Currency: "EUR"},
				Quantity: 1, BillingPeriod: "P1M"}},
			Subscriptions: []id.Subscription{"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"},
			History:       []order.Change{{State: order.Paid, At: at}, {State: order.Delivered, At: at.Add(2 * time.Second)}}},
	}, s.getOrder)
}

func (s service) getOrder(ctx context.Context, in *orderInput) (*orderOutput, error) {
	caller := rest.CallerOf(ctx)
	o, err := s.Store.Order(ctx, caller.Tenant, caller.Customer, in.OrderID)
	if err != nil {
		return nil, err
	}
	v := view{OrderID: o.ID, Status: o.State, Lines: o.Lines, Total: o.Total, Subscriptions: o.Subscriptions, History: o.History}
	return &orderOutput{v}, nil
}
