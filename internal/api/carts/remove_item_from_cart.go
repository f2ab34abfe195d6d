package carts

import (
	"context"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/domain/cart"
	"turnup/internal/platform/rest"
)

type removeInput struct {
	CartPath
	ItemID  id.Item `path:"itemId" maxLength:"64" pattern:"^[a-z]+_[a-z0-9-]+$" patternDescription:"an item id of the catalogue" doc:"Id of the item to remove" example:"plan_stream-hd"`
	IfMatch string  `header:"If-Match" maxLength:"40" doc:"ETag of the cart the change is meant for; another version is refused" example:"\"3\""`
}

func (s service) registerRemove(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "removeItemFromCart", Method: http.MethodDelete, Path: "/carts/{cartId}/items/{itemId}", Audience: rest.Customer, Service: Service,
		Summary: "Remove an item from a cart",
		About:   "Also the way out when a price changed: remove the item and add it again at its new price.",
		Faults:  []*fault.Fault{cart.ErrUnknown, cart.ErrNotInCart, cart.ErrInCheckout, cart.ErrCheckedOut.With("orderId", "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"), fault.ErrStale},
		Answer:  view{CartID: exampleView.CartID, Status: cart.Open, Lines: []lineitem.Line{}, UpdatedAt: exampleView.UpdatedAt},
	}, s.removeItemFromCart)
}

func (s service) removeItemFromCart(ctx context.Context, in *removeInput) (*cartOutput, error) {
	caller := rest.CallerOf(ctx)
	was, err := s.Store.Cart(ctx, caller.Tenant, caller.Customer, in.CartID)
	if err != nil {
		return nil, err
	}
	if err := rest.Matches(in.IfMatch, was.Version); err != nil {
		return nil, err
	}
	next, err := was.Remove(in.ItemID, s.Clock.Now())
	if err != nil {
		return nil, s.explain(ctx, was, err)
	}
	if err := s.Store.SaveCart(ctx, nil, next); err != nil {
		return nil, err
	}
	return outputOf(next), nil
}
