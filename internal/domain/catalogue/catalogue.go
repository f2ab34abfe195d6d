// Package catalogue owns what is for sale, where, when and at which price. It does not own carts or contracts: it
// gives them line items at today's price.
package catalogue

import (
	"slices"
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
	ErrPlanUnknown    = fault.New(fault.NotFound, "plan_not_found", "There is no such plan.", "customer")
	ErrNeedsPlace     = fault.New(fault.Conflict, "item_needs_location", "This plan is for a place. Please order it instead of putting it into a cart.", "integrator")
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
	BuyFrom       time.Time        // zero: always
	BuyUntil      time.Time        // exclusive; zero: for ever
	Excludes      []id.Item        // items that cannot be bought together with this one
	Tiers         []id.Tier        // customers' tiers it is for; empty: all
	Groups        []id.Group       // a private plan: only for customers in one of these; empty: not private
	Access        *lineitem.Access // of a plan that is a fibre line; nil of others
	Version       int64            // counts changes, from 1
}

// Restricted tells whether the offer is for some customers only. Such offers are plans; they are not shown to the public.
func (o Offer) Restricted() bool { return len(o.Tiers) > 0 || len(o.Groups) > 0 }

// For tells whether customers of a tier and some extra groups may have the offer: the tier must be one of its tiers, if
// it names any, and they must be in one of its groups, if it names any.
func (o Offer) For(tier id.Tier, groups []id.Group) bool {
	return (len(o.Tiers) == 0 || slices.Contains(o.Tiers, tier)) &&
		(len(o.Groups) == 0 || slices.ContainsFunc(groups, func(g id.Group) bool { return slices.Contains(o.Groups, g) }))
}

// Listed tells whether the offer may be bought now.
func (o Offer) Listed(now time.Time) bool {
	return o.OnSale && !now.Before(o.BuyFrom) && (o.BuyUntil.IsZero() || now.Before(o.BuyUntil))
}

// Public tells whether anybody may buy the offer now, wherever they live. Carts and the public catalogue hold such offers only.
func (o Offer) Public(now time.Time) bool {
	return o.Listed(now) && !o.Restricted() && o.Access == nil
}

// PublicLine is Line for carts: what is for some customers only is ErrNotSold as well, and a fibre line needs a place, which only an
// order has.
func (o Offer) PublicLine(now time.Time, quantity int64) (lineitem.Line, error) {
	if o.Restricted() {
		return lineitem.Line{}, ErrNotSold.With("itemId", string(o.ItemID))
	}
	l, err := o.Line(now, quantity)
	if err == nil && o.Access != nil { // last: what is not sold does not betray what it is
		err = ErrNeedsPlace.With("itemId", string(o.ItemID))
	}
	return l, err
}

// Line is the offer as a line item at today's price; not listed is ErrNotSold.
func (o Offer) Line(now time.Time, quantity int64) (lineitem.Line, error) {
	if !o.Listed(now) {
		return lineitem.Line{}, ErrNotSold.With("itemId", string(o.ItemID))
	}
	return lineitem.Line{ItemID: o.ItemID, Name: o.Name, Type: o.Type, Price: o.Price, Quantity: quantity, BillingPeriod: o.BillingPeriod, Access: o.Access}, nil
}

// At is a line of a fibre plan at a place.
func At(l lineitem.Line, place id.Location) lineitem.Line {
	access := *l.Access
	access.Location = place
	l.Access = &access
	return l
}

// LineFor is a plan as a line item for one customer at today's price. A plan that does not exist (nil), is not on sale or not
// for customers of this tier and these groups is ErrPlanUnknown alike: nobody learns of plans that are not for them.
func (o *Offer) LineFor(now time.Time, tier id.Tier, groups []id.Group) (lineitem.Line, error) {
	if o == nil || o.Type != lineitem.Subscription || !o.Offered(tier, groups, now) {
		return lineitem.Line{}, ErrPlanUnknown
	}
	return o.Line(now, 1)
}
