package catalogue_test

import (
	"errors"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/catalogue"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// S0-22: on sale, and inside the buy window; its end is exclusive.
func TestListed(t *testing.T) {
	tick := time.Nanosecond
	cases := []struct {
		name        string
		on          bool
		from, until time.Time
		want        bool
	}{
		{"always", true, time.Time{}, time.Time{}, true},
		{"off sale", false, time.Time{}, time.Time{}, false},
		{"begins now", true, noon, time.Time{}, true},
		{"begins in a moment", true, noon.Add(tick), time.Time{}, false},
		{"ends in a moment", true, time.Time{}, noon.Add(tick), true},
		{"ends now", true, time.Time{}, noon, false},
		{"inside", true, noon.Add(-time.Hour), noon.Add(time.Hour), true},
		{"inside but off sale", false, noon.Add(-time.Hour), noon.Add(time.Hour), false},
	}
	for _, k := range cases {
		o := catalogue.Offer{ItemID: "plan_hd", Name: "HD", Type: lineitem.Subscription, Price: money.Amount{Minor: 1299, Currency: "EUR"}, BillingPeriod: "P1M",
			OnSale: k.on, BuyFrom: k.from, BuyUntil: k.until}
		if o.Listed(noon) != k.want {
			t.Errorf("%s: listed is %v", k.name, !k.want)
		}
		line, err := o.Line(noon, 1) // S0-37: what is not listed cannot be added
		if k.want && (err != nil || line.Price != o.Price || line.BillingPeriod != "P1M" || line.Quantity != 1) {
			t.Errorf("%s: got %+v, %v", k.name, line, err)
		}
		if !k.want && !errors.Is(err, catalogue.ErrNotSold) {
			t.Errorf("%s: got %v", k.name, err)
		}
	}
}

// S0-17, S0-20: the id tells the type; unknown types are refused.
func TestPrefixOf(t *testing.T) {
	for itemType, want := range map[string]string{lineitem.Subscription: "plan_", lineitem.OneOff: "good_"} {
		if got, err := catalogue.PrefixOf(itemType); got != want || err != nil {
			t.Errorf("%s: %q, %v", itemType, got, err)
		}
	}
	for _, unknown := range []string{"", "Subscription", "oneoff", "plan_", "*"} {
		if _, err := catalogue.PrefixOf(unknown); !errors.Is(err, catalogue.ErrTypeUnknown) {
			t.Errorf("%q: %v", unknown, err)
		}
	}
}

// S1-05: what a customer may not have, what is not on sale and what does not exist are one answer.
func TestLineFor(t *testing.T) {
	plan := catalogue.Offer{ItemID: "plan_a", Type: lineitem.Subscription, Price: money.Amount{Minor: 1299, Currency: "EUR"}, BillingPeriod: "P1M", OnSale: true,
		BuyUntil: noon.Add(1), Tiers: []id.Tier{"business"}, Groups: []id.Group{"family"}}
	family := []id.Group{"family"}
	if line, err := plan.LineFor(noon, "business", family); err != nil || line.Price != plan.Price || line.Quantity != 1 {
		t.Errorf("got %+v, %v", line, err)
	}
	good := plan
	good.Type = lineitem.OneOff
	for name, k := range map[string]struct {
		offer  *catalogue.Offer
		now    time.Time
		tier   id.Tier
		groups []id.Group
	}{
		"none":         {nil, noon, "business", family},
		"not a plan":   {&good, noon, "business", family},
		"not on sale":  {&plan, noon.Add(1), "business", family},
		"other tier":   {&plan, noon, "standard", family},
		"not in group": {&plan, noon, "business", nil},
	} {
		if line, err := k.offer.LineFor(k.now, k.tier, k.groups); !errors.Is(err, catalogue.ErrPlanUnknown) || fault.Of(err).Details != nil || line.ItemID != "" {
			t.Errorf("%s: got %+v, %v", name, line, err)
		}
	}
}
