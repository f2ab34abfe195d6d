// Package catalogue is the catalogue service: what can be bought, where, at which price.
package catalogue

import (
	"context"
	"net/http"

	"turnup/internal/base/clock"
	"turnup/internal/base/country"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	domain "turnup/internal/domain/catalogue"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "catalogue"

// Store reads the catalogue.
type Store interface {
	Offers(ctx context.Context, tenant id.Tenant, country, itemPrefix, after string, limit int32) (page []domain.Offer, next string, err error)
}

// Deps are the parts the service works with.
type Deps struct {
	Store Store
	Clock clock.Clock
}

type service struct{ Deps }

type catalogueInput struct {
	Country  string `query:"country" maxLength:"20" doc:"Only items sold in this country (ISO 3166-1 alpha-2)" example:"DE"`
	ItemType string `query:"itemType" maxLength:"40" doc:"Only items of this type: subscription or one_off" example:"subscription"`
	Limit    int32  `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most items a page"`
	Cursor   string `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"REUjcGxhbl9zdHJlYW0taGQ"`
}

type catalogueOutput struct {
	CacheControl string `header:"Cache-Control" doc:"The list may be kept this long" example:"public, max-age=30"`
	Body         page
}

type page struct {
	Items      []entry `json:"items" nullable:"false" doc:"What is on sale now"`
	NextCursor string  `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"REUjcGxhbl9zdHJlYW0taGQ"`
}

type entry struct {
	ItemID        id.Item      `json:"itemId" doc:"Id of the item, for addItemsToCart" example:"plan_stream-hd"`
	Name          string       `json:"name" doc:"Name for the customer" example:"Stream HD"`
	Description   string       `json:"description,omitempty" doc:"Sentence for the customer" example:"All channels in HD on two screens"`
	ItemType      string       `json:"itemType" enum:"subscription,one_off" doc:"subscription becomes a contract; one_off is bought once" example:"subscription"`
	Country       string       `json:"country" doc:"Where it is sold at this price" example:"DE"`
	Price         money.Amount `json:"price" doc:"Price of one, or of one billing period"`
	BillingPeriod string       `json:"billingPeriod,omitempty" doc:"ISO 8601 duration; subscriptions only" example:"P1M"`
}

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	rest.Register(a, rest.Op{
		ID: "getCatalogue", Method: http.MethodGet, Path: "/catalogue/items", Audience: rest.Public, Service: Service,
		Summary: "List what can be bought",
		About:   "Filters by country and itemType; both together mean both. Items not on sale now are not listed, nor plans that are for some customers only or, as fibre lines, for a place: see listPlans. A page may hold fewer items than the limit although there are more: go on while nextCursor is present.",
		Step:    "S0 3 Catalogue",
		Faults:  []*fault.Fault{domain.ErrCountryUnknown.Naming("query.country", "not an ISO 3166-1 alpha-2 code"), domain.ErrTypeUnknown.Naming("query.itemType", "subscription or one_off"), fault.ErrCursor.Naming("query.cursor", "not a cursor of this API")},
		Answer: page{Items: []entry{{ItemID: "plan_stream-hd", Name: "Stream HD", Description: "All channels in HD on two screens", ItemType: lineitem.Subscription,
			Country: "DE", Price: money.Amount{Minor: 1299, Currency: "EUR"}, BillingPeriod: "P1M"}}},
	}, s.getCatalogue)
}

func (s service) getCatalogue(ctx context.Context, in *catalogueInput) (*catalogueOutput, error) {
	if in.Country != "" && !country.Known(in.Country) {
		return nil, domain.ErrCountryUnknown.Naming("query.country", "not an ISO 3166-1 alpha-2 code")
	}
	var prefix string
	if in.ItemType != "" {
		var err error
		if prefix, err = domain.PrefixOf(in.ItemType); err != nil {
			return nil, err
		}
	}
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	offers, next, err := s.Store.Offers(ctx, rest.CallerOf(ctx).Tenant, in.Country, prefix, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := page{Items: []entry{}, NextCursor: rest.Cursor(next)}
	now := s.Clock.Now()
	for _, o := range offers {
		if o.Public(now) {
			out.Items = append(out.Items, entry{ItemID: o.ItemID, Name: o.Name, Description: o.Description, ItemType: o.Type, Country: o.Country,
				Price: o.Price, BillingPeriod: o.BillingPeriod})
		}
	}
	return &catalogueOutput{CacheControl: "public, max-age=30", Body: out}, nil
}
