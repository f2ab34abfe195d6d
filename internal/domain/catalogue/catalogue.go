// Package catalogue owns what is for sale, where, when and at which price. It does not own carts or contracts: it
// gives them line items at today's price.
package catalogue

import (
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// The faults of the catalogue.
var (
	ErrCountryUnknown = fault.New(fault.Invalid, "catalogue_country_unknown", "This country code is not known.", "integrator")
	ErrTypeUnknown    = fault.New(fault.Invalid, "item_type_unknown", "This item type is not known.", "integrator")
	ErrNotSold        = fault.New(fault.Conflict, "item_not_sold", "This item is not on sale in your country.", "customer")
)

// Prefixes of item ids: the id tells the type, so that a listing by type is a key range.
const (
	PlanPrefix = "plan_" // subscriptions
	GoodPrefix = "good_" // one-off items
)

// PrefixOf gives the id prefix of an item type; unknown types are ErrTypeUnknown.
func PrefixOf(itemType string) (string, error) {
	switch itemType {
	case lineitem.Subscription:
		return PlanPrefix, nil
	case lineitem.OneOff:
		return GoodPrefix, nil
	}
	return "", ErrTypeUnknown.Naming("query.itemType", "subscription or one_off")
}

// Offer is one item as it is sold in one country.
type Offer struct {
	Tenant        id.Tenant
	Country       string
	ItemID        id.Item
	Type          string
	Name          string
	Description   string
	Price         money.Amount
	BillingPeriod string // ISO 8601 duration; subscriptions only
	OnSale        bool
	BuyFrom       time.Time // zero: always
	BuyUntil      time.Time // exclusive; zero: for ever
	Excludes      []id.Item // items that cannot be bought together with this one
}

// Listed tells whether the offer may be bought now.
func (o Offer) Listed(now time.Time) bool {
	return o.OnSale && !now.Before(o.BuyFrom) && (o.BuyUntil.IsZero() || now.Before(o.BuyUntil))
}

// Line is the offer as a line item at today's price; not listed is ErrNotSold.
func (o Offer) Line(now time.Time, quantity int64) (lineitem.Line, error) {
	if !o.Listed(now) {
		return lineitem.Line{}, ErrNotSold.With("itemId", string(o.ItemID))
	}
	return lineitem.Line{ItemID: o.ItemID, Name: o.Name, Type: o.Type, Price: o.Price, Quantity: quantity, BillingPeriod: o.BillingPeriod}, nil
}
