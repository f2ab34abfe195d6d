package carts

import (
	"context"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/cart"
	"turnup/internal/domain/catalogue"
	"turnup/internal/platform/rest"
)

type addInput struct {
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the cart the change is meant for; another version is refused" example:"\"3\""`
	Body    additions
}

type additions struct {
	CartID id.Cart    `json:"cartId,omitempty" maxLength:"40" pattern:"^cart_[0-9A-Z]{26}$" patternDescription:"a cart id" doc:"The cart to add to; without it a new cart is begun" example:"cart_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Items  []addition `json:"items" minItems:"1" maxItems:"20" nullable:"false" doc:"All are added, or none"`
}

type addition struct {
	ItemID   id.Item `json:"itemId" minLength:"1" maxLength:"64" pattern:"^[a-z]+_[a-z0-9-]+$" patternDescription:"an item id of the catalogue" doc:"Id of the catalogue item" example:"plan_stream-hd"`
	Quantity int64   `json:"quantity,omitempty" minimum:"1" maximum:"99" default:"1" doc:"How many; 1 for subscriptions" example:"1"`
}

func (s service) registerAdd(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "addItemsToCart", Method: http.MethodPost, Path: "/carts/items", Audience: rest.Customer, Service: Service,
		Summary: "Add items to a cart",
		About:   "Adds all items or none, at today's price in the customer's country. Needs no payment method.",
		Step:    "S0 6 Cart",
		Faults: []*fault.Fault{cart.ErrUnknown, catalogue.ErrNotSold.With("itemId", "plan_stream-hd"), catalogue.ErrNeedsPlace.With("itemId", "plan_fibre-300"), cart.ErrDuplicate.With("itemId", "plan_stream-hd"), cart.ErrIncompatible.With("itemId", "plan_stream-hd").With("excludes", "plan_stream-4k"), cart.ErrQuantity.With("itemId", "plan_stream-hd"), cart.ErrFull, cart.ErrCurrency,
			cart.ErrPriceChanged.With("itemId", "good_streaming-stick"), cart.ErrInCheckout, cart.ErrCheckedOut.With("orderId", "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"), fault.ErrStale},
		Request: additions{Items: []addition{{ItemID: "plan_stream-hd", Quantity: 1}}},
		Answer:  exampleView,
	}, s.addItemsToCart)
}

func (s service) addItemsToCart(ctx context.Context, in *addInput) (*cartOutput, error) {
	caller := rest.CallerOf(ctx)
	c, err := once.Do(ctx, s.Store, rest.Once(ctx, "addItemsToCart", in.Body), func(use *once.Use) (cart.Cart, error) {
		was, wanted, err := s.gather(ctx, in)
		if err != nil {
			return was, err
		}
		next, err := was.Add(wanted, s.Clock.Now())
		if err != nil {
			return was, s.explain(ctx, was, err)
		}
		if err := use.Answer(next); err != nil {
			return next, err
		}
		return next, s.Store.SaveCart(ctx, use, next)
	})
	if err != nil {
		return nil, err
	}
	if c.Customer != caller.Customer {
		return nil, cart.ErrUnknown
	}
	return outputOf(c), nil
}

// gather reads the cart (or begins one) and makes lines of the wanted items at today's price.
func (s service) gather(ctx context.Context, in *addInput) (cart.Cart, []cart.Addition, error) {
	caller, now := rest.CallerOf(ctx), s.Clock.Now()
	ids := make([]id.Item, 0, len(in.Body.Items))
	seen := map[id.Item]bool{}
	for _, i := range in.Body.Items {
		if !seen[i.ItemID] { // a batch read refuses doubles
			ids, seen[i.ItemID] = append(ids, i.ItemID), true
		}
	}
	found, offers, err := s.Store.Shelf(ctx, caller.Tenant, caller.Customer, caller.Country, in.Body.CartID, ids)
	if err != nil {
		return cart.Cart{}, nil, err
	}
	was := cart.New(caller.Tenant, caller.Customer, now)
	if found != nil {
		was = *found
	}
	if err := rest.Matches(in.IfMatch, was.Version); err != nil {
		return was, nil, err
	}
	wanted := make([]cart.Addition, 0, len(in.Body.Items))
	for _, i := range in.Body.Items {
		offer, sold := offers[i.ItemID]
		if !sold {
			return was, nil, catalogue.ErrNotSold.With("itemId", string(i.ItemID))
		}
		line, err := offer.PublicLine(now, max(i.Quantity, 1))
		if err != nil {
			return was, nil, err
		}
		wanted = append(wanted, cart.Addition{Line: line, Excludes: offer.Excludes})
	}
	return was, wanted, nil
}
