package store

import (
	"fmt"
	"slices"
	"testing"

	"turnup/internal/base/event"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/billing"
	domain "turnup/internal/domain/catalogue"
	"turnup/internal/domain/coupon"
	"turnup/internal/domain/group"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/signup"
	"turnup/internal/domain/webhook"
)

// S3-156: whatever is set up by hand is announced, so that it is among what staff did; what is refused is not.
func TestWhatIsSetUpIsAnnounced(t *testing.T) {
	s := opened(t)
	ok(t, s.db.PutGroup(t.Context(), group.Group{Tenant: s.tenant, ID: "loaded", Kind: group.Tier, Name: "By nobody"}))
	ctx := event.WithTrace(t.Context(), event.Trace{Actor: "staff:stf_1"})
	plan := domain.Offer{Tenant: s.tenant, Country: "DE", ItemID: "plan_a", Type: lineitem.Subscription, Name: "A", Price: money.Amount{Minor: 900, Currency: "EUR"}, BillingPeriod: "P1M", Version: 1}
	ok(t, s.db.SavePlan(ctx, plan))
	if s.db.SavePlan(ctx, plan) == nil {
		t.Error("it was made twice")
	}
	ok(t, s.db.PutGroup(ctx, group.Group{Tenant: s.tenant, ID: "gold", Kind: group.Tier, Name: "Gold"}))
	ok(t, s.db.PutCoupon(ctx, coupon.Coupon{Tenant: s.tenant, Code: "HALF", Kind: coupon.Percentage, Percent: 50, Limit: 10, Version: 1}))
	ok(t, s.db.SaveLocation(ctx, provisioning.Location{Tenant: s.tenant, ID: "loc-1", Version: 1}))
	ok(t, s.db.PutBillingSettings(ctx, billing.Settings{Tenant: s.tenant, Version: 1}))
	ok(t, s.db.PutSignupFlow(ctx, signup.Flow{Tenant: s.tenant, Name: "web", Version: 1}))
	ok(t, s.db.PutSignupPartner(ctx, signup.Partner{Tenant: s.tenant, Name: "bank", Version: 1}))
	e := webhook.Open(s.tenant, partnerTerms, s.clock.Now())
	ok(t, s.db.SaveEndpoint(ctx, nil, e))
	ok(t, s.db.DeleteEndpoint(ctx, e))
	var said []string
	for _, a := range announced(t, s.db, s.tenant) {
		var c event.ConfigurationChanged
		ok(t, event.Decode(a, &c))
		said = append(said, fmt.Sprint(c.Setting, ": ", c.Name, " ", c.Version, " ", c.Removed))
	}
	slices.Sort(said) // they are of the same moment
	same(t, "said", said, []string{"billing: settings 1 false", "coupon: HALF 1 false", "group: gold 0 false", "location: loc-1 1 false", "plan: plan_a DE 1 false",
		"signup flow: web 1 false", "signup partner: bank 1 false", fmt.Sprint("webhook endpoint: ", e.ID, " 0 true"), fmt.Sprint("webhook endpoint: ", e.ID, " 1 false")})
}
