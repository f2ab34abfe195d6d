// Package plans is what a customer sees of the plans: those on sale in their country that their tier and groups may have.
// Who the customer is comes from the token; what they may have is read anew on each call.
package plans

import (
	"context"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/account"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/coupon"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "plan"

// Store reads plans and customers.
type Store interface {
	// Customer reads a profile.
	Customer(ctx context.Context, tenant id.Tenant, customer id.Customer) (account.Customer, error)
	// Plans reads one page of a country's plans after one; more tells that there may be others.
	Plans(ctx context.Context, tenant id.Tenant, country string, after id.Item, limit int32) (page []catalogue.Offer, more bool, err error)
	// PlanFor reads a profile and a plan (nil when there is none), in one call.
	PlanFor(ctx context.Context, tenant id.Tenant, customer id.Customer, country string, plan id.Item) (account.Customer, *catalogue.Offer, error)
	// Tax is on what terms a customer buys now.
	Tax(ctx context.Context, who account.Customer, now time.Time) (lineitem.Tax, error)
	// Quote reads in one call what the preview of a purchase is made of: the profile, the plan (nil when there is none), and the
	// coupon the customer shows (nil without a code).
	Quote(ctx context.Context, tenant id.Tenant, customer id.Customer, country string, plan id.Item, code id.Coupon) (account.Customer, *catalogue.Offer, *coupon.Shown, error)
	// CouponFull tells whether a coupon has no use left for anybody.
	CouponFull(ctx context.Context, tenant id.Tenant, code id.Coupon) (bool, error)
	// CouponRefused counts refusals of unknown codes and answers what the customer is told.
	CouponRefused(ctx context.Context, tenant id.Tenant, customer id.Customer, refusal error) error
	// Now is the time by a customer's clock: the system's unless it is a test clock.
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
}

// Deps are the parts the service works with.
type Deps struct{ Store Store }

type service struct{ Deps }

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerList(a)
	s.registerGet(a)
	s.registerQuote(a)
}

// view is a plan as a customer sees it: not for whom else it is.
type view struct {
	PlanID        id.Item      `json:"planId" doc:"Id of the plan" example:"plan_stream-hd"`
	Name          string       `json:"name" doc:"Name for the customer" example:"Stream HD"`
	Description   string       `json:"description,omitempty" doc:"Sentence for the customer" example:"All channels in HD on two screens"`
	Price         money.Amount `json:"price" doc:"List price of one billing period"`
	BillingPeriod string       `json:"billingPeriod" doc:"ISO 8601 duration" example:"P1M"`
}

func viewOf(o catalogue.Offer) view {
	return view{PlanID: o.ItemID, Name: o.Name, Description: o.Description, Price: o.Price, BillingPeriod: o.BillingPeriod}
}

var examplePlan = viewOf(catalogue.Offer{ItemID: "plan_stream-hd", Name: "Stream HD", Description: "All channels in HD on two screens",
	Type: lineitem.Subscription, Price: money.Amount{Minor: 1299, Currency: "EUR"}, BillingPeriod: "P1M"})
