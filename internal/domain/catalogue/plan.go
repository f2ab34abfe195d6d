package catalogue

import (
	"slices"
	"time"

	"turnup/internal/base/country"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// Offered tells whether a customer of a tier and some extra groups may have the offer now: it is on sale and for them.
func (o Offer) Offered(tier id.Tier, groups []id.Group, now time.Time) bool {
	return o.Listed(now) && o.For(tier, groups)
}

// Validate checks of an offer that staff wrote what the schema of the request cannot, and names the field.
func (o Offer) Validate() error {
	switch {
	case !country.Known(o.Country):
		return ErrCountryUnknown.Naming("path.country", "not an ISO 3166-1 alpha-2 code")
	case !o.BuyUntil.IsZero() && !o.BuyFrom.Before(o.BuyUntil):
		return fault.ErrInvalid.Naming("body.buyUntil", "must be after buyFrom")
	case slices.Contains(o.Excludes, o.ItemID):
		return fault.ErrInvalid.Naming("body.excludes", "a plan cannot exclude itself")
	}
	return nil
}
