package payments

import (
	"context"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/rest"
)

type confirmOrderOutput struct {
	Body confirmedOrder
}

type confirmedOrder struct {
	OrderID id.Order    `json:"orderId" doc:"The order" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Status  order.State `json:"status" enum:"unpaid,paid,delivered,cancelled" doc:"How the order stands; unpaid: nothing was paid, the page may still be open" example:"paid"`
}

func (s service) registerConfirmOrder(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "confirmOrderPayment", Method: http.MethodPost, Path: "/orders/{orderId}/confirm", Audience: rest.Customer, Service: Service,
		Step:    "S1 6 Back from the gateway",
		Summary: "Ask whether an order's payment came",
		About: "For the front end when the customer comes back from the gateway's page: asks the gateway, server to server, and settles what it says. " +
			"Not necessary: the gateway's callback does the same, and so does a look after the order some minutes later. What the browser brings back is no proof and is not asked for.",
		Events: []string{string(event.TypePaymentSucceeded), string(event.TypeOrderPaid)},
		Faults: []*fault.Fault{order.ErrUnknown, payment.ErrUnsettled},
		Answer: confirmedOrder{OrderID: "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Status: order.Paid},
	}, s.confirmOrder)
}

func (s service) confirmOrder(ctx context.Context, in *struct{ OrderPath }) (*confirmOrderOutput, error) {
	caller := rest.CallerOf(ctx)
	done, err := once.Do(ctx, s.Orders, rest.Once(ctx, "confirmOrderPayment", in), func(*once.Use) (confirmedOrder, error) {
		o, err := s.Orders.Order(ctx, caller.Tenant, caller.Customer, in.OrderID)
		if err != nil {
			return confirmedOrder{}, err
		}
		if o.State == order.Unpaid && o.Page != nil {
			p, err := s.Checkout.Look(ctx, o.Tenant, o.Page.PaymentID, false)
			switch {
			case err != nil:
				return confirmedOrder{}, err
			case p.State == payment.Succeeded: // it paid the order; no need to read that
				return confirmedOrder{OrderID: o.ID, Status: order.Paid}, nil
			case p.State != payment.Pending: // the money may have gone back, because the order had been paid or cancelled
				if o, err = s.Orders.Order(ctx, caller.Tenant, caller.Customer, in.OrderID); err != nil {
					return confirmedOrder{}, err
				}
			}
		}
		return confirmedOrder{OrderID: o.ID, Status: o.State}, nil
	})
	if err != nil {
		return nil, err
	}
	return &confirmOrderOutput{done}, nil
}
