package carts

import (
	"context"
	"errors"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/domain/cart"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/rest"
)

func (s service) registerGet(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "getCart", Method: http.MethodGet, Path: "/carts/{cartId}", Audience: rest.Customer, Service: Service,
		Summary: "Read a cart",
		About:   "Tells whether it can still be changed, and the order once it was bought. Its ETag goes into If-Match of a change.",
		Faults:  []*fault.Fault{cart.ErrUnknown},
		Answer:  exampleView,
	}, s.getCart)
}

func (s service) getCart(ctx context.Context, in *CartPath) (*cartOutput, error) {
	caller := rest.CallerOf(ctx)
	c, err := s.Store.Cart(ctx, caller.Tenant, caller.Customer, in.CartID)
	if err != nil {
		return nil, err
	}
	paid, err := s.paid(ctx, c)
	if err != nil {
		return nil, err
	}
	out := outputOf(c)
	if paid != nil {
		out.Body.Status, out.Body.OrderID = cart.CheckedOut, paid.OrderID
	}
	return out, nil
}

// paid is the payment that checked the cart out, nil when there is none: a cart is checked out when the payment that
// holds it succeeded.
func (s service) paid(ctx context.Context, c cart.Cart) (*payment.Payment, error) {
	if c.State != cart.InCheckout {
		return nil, nil
	}
	p, err := s.Checkout.Book.Payment(ctx, c.Tenant, c.PaymentID)
	if err != nil || p.State != payment.Succeeded {
		return nil, err
	}
	return &p, nil
}

// explain tells a cart under way from one that was checked out.
func (s service) explain(ctx context.Context, c cart.Cart, refusal error) error {
	if !errors.Is(refusal, cart.ErrInCheckout) {
		return refusal
	}
	paid, err := s.paid(ctx, c)
	switch {
	case err != nil:
		return err
	case paid != nil:
		return cart.ErrCheckedOut.With("orderId", string(paid.OrderID))
	}
	return refusal
}
