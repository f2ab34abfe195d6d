package orders

import (
	"context"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/order"
	"turnup/internal/platform/rest"
)

const aboutCancel = "Only an unpaid order can be cancelled; it can never be paid after that. What its coupon held is given back. " +
	"Cancelling one that is cancelled changes nothing. Money that comes for it later is refunded by itself."

func (s service) registerCancel(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "cancelOrder", Method: http.MethodPost, Path: "/orders/{orderId}/cancel", Audience: rest.Customer, Service: Service,
		Step:    "S1 8 Change one's mind",
		Summary: "Cancel an unpaid order", About: aboutCancel,
		Events: []string{string(event.TypeOrderCancelled)},
		Faults: []*fault.Fault{order.ErrUnknown, order.ErrNotCancellable},
		Answer: exampleCancelled,
	}, func(ctx context.Context, in *struct{ OrderPath }) (*orderOutput, error) {
		return cancel(ctx, s.Store, rest.Once(ctx, "cancelOrder", in), rest.CallerOf(ctx).Customer, in.OrderID, order.ByUser)
	})
}

func cancel(ctx context.Context, store Reader, key once.Request, customer id.Customer, o id.Order, by order.Canceller) (*orderOutput, error) {
	cancelled, err := once.Do(ctx, store, key, func(use *once.Use) (order.Order, error) {
		return store.Cancel(ctx, use, key.Tenant, customer, o, by)
	})
	if err != nil {
		return nil, err
	}
	return &orderOutput{viewOf(cancelled)}, nil
}

// StaffService is the OpenAPI tag of the staff's operations.
const StaffService = "order administration"

// StaffDeps are the parts the staff's operations work with.
type StaffDeps struct{ Store Reader }

// CustomerPath names a customer in the path.
type CustomerPath struct {
	CustomerID id.Customer `path:"customerId" maxLength:"40" pattern:"^cus_[0-9A-Z]{26}$" patternDescription:"a customer id" doc:"Id of the customer" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type staffOrderInput struct {
	CustomerPath
	OrderPath
}

type staffListInput struct {
	CustomerPath
	PageQuery
}

// RegisterStaff adds the staff's operations to an API.
func RegisterStaff(a *rest.API, d StaffDeps) {
	const orders = "/admin/customers/{customerId}/orders"
	readers := []string{token.RoleAdmin, token.RoleSupport, token.RoleBilling}
	rest.Register(a, rest.Op{
		ID: "listCustomerOrders", Method: http.MethodGet, Path: orders, Audience: rest.Staff, Roles: readers, Service: StaffService,
		Summary: "List a customer's orders", About: "Newest first, in pages. A customer who does not exist has none.",
		Faults: []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this API")},
		Answer: page{Orders: []view{exampleDelivered}},
	}, func(ctx context.Context, in *staffListInput) (*pageOutput, error) {
		return list(ctx, d.Store, rest.CallerOf(ctx).Tenant, in.CustomerID, in.PageQuery)
	})
	rest.Register(a, rest.Op{
		ID: "readCustomerOrder", Method: http.MethodGet, Path: orders + "/{orderId}", Audience: rest.Staff, Roles: readers, Service: StaffService,
		Summary: "Read a customer's order", About: "As the customer sees it. surplus lists money that came late or twice and was given back.",
		Faults: []*fault.Fault{order.ErrUnknown},
		Answer: exampleDelivered,
	}, func(ctx context.Context, in *staffOrderInput) (*orderOutput, error) {
		o, err := d.Store.Order(ctx, rest.CallerOf(ctx).Tenant, in.CustomerID, in.OrderID)
		if err != nil {
			return nil, err
		}
		return &orderOutput{viewOf(o)}, nil
	})
	rest.Register(a, rest.Op{
		ID: "cancelCustomerOrder", Method: http.MethodPost, Path: orders + "/{orderId}/cancel", Audience: rest.Staff, Roles: []string{token.RoleAdmin}, Service: StaffService,
		Summary: "Cancel a customer's unpaid order", About: aboutCancel,
		Events: []string{string(event.TypeOrderCancelled)},
		Faults: []*fault.Fault{order.ErrUnknown, order.ErrNotCancellable},
		Answer: exampleCancelled,
	}, func(ctx context.Context, in *staffOrderInput) (*orderOutput, error) {
		return cancel(ctx, d.Store, rest.Once(ctx, "cancelCustomerOrder", in), in.CustomerID, in.OrderID, order.ByAdmin)
	})
}
