package orders

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/order"
	"turnup/internal/platform/rest"
)

type listInput struct{ PageQuery }

type page struct {
	Orders     []view `json:"orders" nullable:"false" doc:"Newest first"`
	NextCursor string `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"T1JEI29yZF8wMUpEM1E2VjZLOE00SDBXWjBWNVEzWTFYQQ"`
}

type pageOutput struct {
	Body page
}

func (s service) registerList(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "listOrders", Method: http.MethodGet, Path: "/orders", Audience: rest.Customer, Service: Service,
		Summary: "List one's orders",
		About:   "Newest first, in pages.",
		Faults:  []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this API")},
		Answer:  page{Orders: []view{exampleDelivered}},
	}, func(ctx context.Context, in *listInput) (*pageOutput, error) {
		caller := rest.CallerOf(ctx)
		return list(ctx, s.Store, caller.Tenant, caller.Customer, in.PageQuery)
	})
}

func list(ctx context.Context, store Reader, tenant id.Tenant, customer id.Customer, q PageQuery) (*pageOutput, error) {
	after, err := rest.Position(q.Cursor)
	if err != nil {
		return nil, err
	}
	found, next, err := store.Orders(ctx, tenant, customer, after, q.Limit)
	if err != nil {
		return nil, err
	}
	out := page{Orders: make([]view, len(found)), NextCursor: rest.Cursor(next)}
	for i, o := range found {
		out.Orders[i] = viewOf(o)
	}
	return &pageOutput{out}, nil
}

func (s service) registerGet(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "getOrder", Method: http.MethodGet, Path: "/orders/{orderId}", Audience: rest.Customer, Service: Service,
		Summary: "Read an order",
		About:   "Everything about one order. To wait for its delivery, ask getOrderStatus, which says when to ask again.",
		Faults:  []*fault.Fault{order.ErrUnknown},
		Answer:  exampleDelivered, Variants: map[string]any{"unpaid": exampleUnpaid, "cancelled": exampleCancelled},
	}, func(ctx context.Context, in *struct{ OrderPath }) (*orderOutput, error) {
		caller := rest.CallerOf(ctx)
		o, err := s.Store.Order(ctx, caller.Tenant, caller.Customer, in.OrderID)
		if err != nil {
			return nil, err
		}
		return &orderOutput{viewOf(o)}, nil
	})
}

type status struct {
	OrderID     id.Order        `json:"orderId" doc:"The order's number" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Status      order.State     `json:"status" enum:"unpaid,paid,delivered,cancelled" doc:"As in getOrder" example:"paid"`
	AskAgain    bool            `json:"askAgain" doc:"Whether the state can still change by itself" example:"true"`
	AskAfter    int             `json:"askAfterSeconds,omitempty" doc:"After how many seconds it is worth asking again" example:"1"`
	ExpiresAt   *time.Time      `json:"expiresAt,omitempty" doc:"Until when an unpaid order can be paid" example:"2030-01-01T12:30:00Z"`
	CancelledBy order.Canceller `json:"cancelledBy,omitempty" enum:"user,admin,timeout" doc:"Who or what cancelled it" example:"timeout"`
	History     []order.Change  `json:"history" nullable:"false" doc:"Transitions with their times"`
}

type statusOutput struct {
	RetryAfter string `header:"Retry-After" doc:"The same as askAfterSeconds; absent when there is nothing to wait for" example:"1"`
	Body       status
}

func (s service) registerStatus(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "getOrderStatus", Method: http.MethodGet, Path: "/orders/{orderId}/status", Audience: rest.Customer, Service: Service,
		Step:    "S1 7 Wait for delivery",
		Summary: "Ask how an order stands",
		About:   "For polling until the order is delivered or cancelled: it says whether to ask again, and after how long. Asking more often changes nothing.",
		Faults:  []*fault.Fault{order.ErrUnknown},
		Answer: status{OrderID: exampleUnpaid.OrderID, Status: order.Paid, AskAgain: true, AskAfter: 1,
			History: []order.Change{{State: order.Unpaid, At: exampleAt}, {State: order.Paid, At: exampleAt.Add(time.Minute)}}},
	}, s.getOrderStatus)
}

func (s service) getOrderStatus(ctx context.Context, in *struct{ OrderPath }) (*statusOutput, error) {
	caller := rest.CallerOf(ctx)
	o, err := s.Store.Order(ctx, caller.Tenant, caller.Customer, in.OrderID)
	if err != nil {
		return nil, err
	}
	now, err := s.Store.Now(ctx, caller.Tenant, o.TestClock)
	if err != nil {
		return nil, err
	}
	again, after := o.Polling(now)
	out := status{OrderID: o.ID, Status: o.State, AskAgain: again, AskAfter: int(after.Seconds()), CancelledBy: o.CancelledBy, History: o.History}
	if o.State == order.Unpaid {
		out.ExpiresAt = &o.ExpiresAt
	}
	answer := &statusOutput{Body: out}
	if again {
		answer.RetryAfter = strconv.Itoa(out.AskAfter)
	}
	return answer, nil
}
