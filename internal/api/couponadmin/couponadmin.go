// Package couponadmin is the coupons for the operator's staff: what each is worth, for whom, and how often it was used. What a
// coupon takes off a customer's price is told by plans, and taken by orders.
package couponadmin

import (
	"context"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/domain/coupon"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "coupon administration"

// Store keeps coupons.
type Store interface {
	// CouponUsed reads one with its uses so far; unknown is coupon.ErrNotFound.
	CouponUsed(ctx context.Context, tenant id.Tenant, code id.Coupon) (coupon.Coupon, int64, error)
	// Coupons reads a page in the order of their codes.
	Coupons(ctx context.Context, tenant id.Tenant, after string, limit int32) (page []coupon.Coupon, next string, err error)
	// CouponUses counts the uses by all customers of as many coupons as a page holds, also those that unpaid orders hold.
	CouponUses(ctx context.Context, tenant id.Tenant, codes ...id.Coupon) (map[id.Coupon]int64, error)
	// PutCoupon writes a new or changed coupon; fault.ErrStale when somebody changed it meanwhile.
	PutCoupon(ctx context.Context, c coupon.Coupon) error
}

// Deps are the parts the service works with.
type Deps struct{ Store Store }

type service struct{ Deps }

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerList(a)
	s.registerRead(a)
	s.registerPut(a)
}

// Terms are what staff decide of a coupon. (huma reads embedded structs only when they are exported.)
type Terms struct {
	Description string      `json:"description,omitempty" maxLength:"200" doc:"Sentence for customers" example:"20 % off your first month"`
	Kind        coupon.Kind `json:"kind" enum:"percentage,fixed" doc:"percentage: of the price, rounded half up to the minor unit; fixed: an amount, at most the price" example:"percentage"`
	BasisPoints int64       `json:"basisPoints,omitempty" minimum:"1" maximum:"10000" doc:"Of a percentage, in hundredths of a percent: 2000 is 20 %" example:"2000"`
	Amount      *sum        `json:"amount,omitempty" doc:"Of a fixed coupon; it is only for plans of this currency"`
	From        *time.Time  `json:"from,omitempty" doc:"It may be used from this time on; always without it" example:"2030-01-01T00:00:00Z"`
	Until       *time.Time  `json:"until,omitempty" doc:"And before this one; for ever without it" example:"2031-01-01T00:00:00Z"`
	Limit       int64       `json:"limit,omitempty" minimum:"1" maximum:"1000000000" doc:"Uses by all customers together; without it as many as they like. Lowered below the uses so far it refuses further ones" example:"1000"`
	PerCustomer int64       `json:"perCustomer,omitempty" minimum:"1" maximum:"1000000" doc:"Uses by each customer; without it as many as they like" example:"1"`
	Minimum     *sum        `json:"minimum,omitempty" doc:"Least price it may be used on, before the discount; it is only for plans of this currency"`
	Plans       []id.Item   `json:"plans,omitempty" maxItems:"50" uniqueItems:"true" nullable:"false" pattern:"^plan_[a-z0-9-]{1,59}$" patternDescription:"ids of plans" doc:"Only for these plans; for all without it" example:"[\"plan_stream-hd\"]"`
	Disabled    bool        `json:"disabled,omitempty" doc:"Whether it is refused to everybody"`
}

type sum struct {
	Minor    int64  `json:"minor" minimum:"1" maximum:"100000000000" doc:"Amount in the currency's minor unit, for example cents" example:"500"`
	Currency string `json:"currency" minLength:"3" maxLength:"3" pattern:"^[A-Z]{3}$" patternDescription:"three capital letters" doc:"ISO 4217 code" example:"EUR"`
}

// view is a coupon as staff see it.
type view struct {
	Code    id.Coupon `json:"code" doc:"What customers enter; capitals and blanks around do not matter" example:"WELCOME20"`
	Uses    int64     `json:"uses" doc:"Uses so far, with those that unpaid orders hold" example:"17"`
	Version int64     `json:"version" doc:"Counts changes; the ETag holds it" example:"3"`
	Terms
}

// CouponPath names a coupon in the path. (huma reads embedded structs only when they are exported.)
type CouponPath struct {
	Code string `path:"code" maxLength:"40" pattern:"^[A-Za-z0-9_-]{3,40}$" patternDescription:"3 to 40 letters, digits, - or _" doc:"The coupon's code, chosen by you; it is kept in capitals" example:"WELCOME20"`
}

type output struct {
	ETag string `header:"ETag" doc:"Version of the coupon, for If-Match" example:"\"3\""`
	Body view
}

func outputOf(c coupon.Coupon, uses int64) *output {
	return &output{ETag: rest.ETag(c.Version), Body: viewOf(c, uses)}
}

func viewOf(c coupon.Coupon, uses int64) view {
	v := view{Code: c.Code, Uses: uses, Version: c.Version, Terms: Terms{Description: c.Description, Kind: c.Kind, BasisPoints: c.Percent,
		From: timeOrNone(c.From), Until: timeOrNone(c.Until), Limit: c.Limit, PerCustomer: c.PerCustomer, Plans: c.Plans, Disabled: c.Disabled}}
	if c.Kind == coupon.Fixed {
		v.Amount = &sum{c.Amount.Minor, c.Amount.Currency}
	}
	if c.Minimum != nil {
		v.Minimum = &sum{c.Minimum.Minor, c.Minimum.Currency}
	}
	return v
}

func couponOf(tenant id.Tenant, code id.Coupon, o Terms, version int64) coupon.Coupon {
	c := coupon.Coupon{Tenant: tenant, Code: code, Description: o.Description, Kind: o.Kind, Percent: o.BasisPoints, From: timeOf(o.From), Until: timeOf(o.Until),
		Limit: o.Limit, PerCustomer: o.PerCustomer, Plans: o.Plans, Disabled: o.Disabled, Version: version}
	if o.Amount != nil {
		c.Amount = money.Amount{Minor: o.Amount.Minor, Currency: o.Amount.Currency}
	}
	if o.Minimum != nil {
		c.Minimum = &money.Amount{Minor: o.Minimum.Minor, Currency: o.Minimum.Currency}
	}
	return c
}

func timeOrNone(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

var exampleCoupon = view{Code: "WELCOME20", Uses: 17, Version: 3, Terms: Terms{Description: "20 % off your first month", Kind: coupon.Percentage, BasisPoints: 2000,
	Limit: 1000, PerCustomer: 1, Plans: []id.Item{"plan_stream-hd"}}}
