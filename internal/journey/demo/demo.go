// Package demo is a small catalogue of a provider of streaming and fibre, for trying things out. All of it is made up.
package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/coupon"
	"turnup/internal/domain/group"
)

// Tenant is the demo's client account.
const Tenant id.Tenant = "demo"

// Shelf takes offers, tiers, groups and coupons.
type Shelf interface {
	PutGroup(ctx context.Context, g group.Group) error
	PutOffer(ctx context.Context, o catalogue.Offer) error
	PutCoupon(ctx context.Context, c coupon.Coupon) error
}

// Load writes the catalogue; loading it again changes nothing.
func Load(ctx context.Context, s Shelf) (int, error) {
	for _, g := range Groups() {
		if err := s.PutGroup(ctx, g); err != nil {
			return 0, fmt.Errorf("demo: %s: %w", g.ID, err)
		}
	}
	for _, c := range Coupons() {
		if err := s.PutCoupon(ctx, c); err != nil && !errors.Is(err, fault.ErrStale) { // it is there already, perhaps changed
			return 0, fmt.Errorf("demo: %s: %w", c.Code, err)
		}
	}
	offers := Offers()
	for _, o := range offers {
		if err := s.PutOffer(ctx, o); err != nil {
			return 0, fmt.Errorf("demo: %s in %s: %w", o.ItemID, o.Country, err)
		}
	}
	return len(offers), nil
}

// countries and how a price in euro cents becomes one in their currency.
var countries = []struct {
	code, currency string
	price          func(euroCents int64) int64
}{
	{"DE", "EUR", func(c int64) int64 { return c }},
	{"AT", "EUR", func(c int64) int64 { return c + 100 }},
	{"GB", "GBP", func(c int64) int64 { return c - 200 }},
}

// Groups are the tiers and groups beside the standard tier.
func Groups() []group.Group {
	return []group.Group{{Tenant: Tenant, ID: "business", Kind: group.Tier, Name: "Business"},
		{Tenant: Tenant, ID: "staff-family", Kind: group.Extra, Name: "Families of our staff"}}
}

// Coupons are one of each kind.
func Coupons() []coupon.Coupon {
	return []coupon.Coupon{
		{Tenant: Tenant, Code: "WELCOME20", Description: "20 % off your first plan", Kind: coupon.Percentage, Percent: 2000, PerCustomer: 1, Version: 1},
		{Tenant: Tenant, Code: "FIVE-OFF", Description: "5 euros off plans from 10 euros", Kind: coupon.Fixed, Amount: money.Amount{Minor: 500, Currency: "EUR"},
			Minimum: &money.Amount{Minor: 1000, Currency: "EUR"}, Limit: 1000, Version: 1}}
}

// Offers is the catalogue: three plans that exclude each other, an add-on, a stick; two fibre lines, one of them with a volume; two
// items that cannot be bought (one withdrawn, one not yet on sale), for the demo of what is not listed; and three plans for some
// customers only: of the business tier, of a group (a private plan), and one for the tier that is not on sale.
func Offers() []catalogue.Offer {
	var all []catalogue.Offer
	for _, c := range countries {
		offer := func(item, kind, name, about string, cents int64, excludes ...id.Item) catalogue.Offer {
			o := catalogue.Offer{Tenant: Tenant, Country: c.code, ItemID: id.Item(item), Type: kind, Name: name, Description: about,
				Price: money.Amount{Minor: c.price(cents), Currency: c.currency}, OnSale: true, Excludes: excludes, Version: 1}
			if kind == lineitem.Subscription {
				o.BillingPeriod = "P1M"
			}
			return o
		}
		line := func(item, name, about string, cents int64, access lineitem.Access, excludes ...id.Item) catalogue.Offer {
			o := offer(item, lineitem.Subscription, name, about, cents, excludes...)
			o.Access = &access
			return o
		}
		withdrawn := offer("plan_stream-classic", lineitem.Subscription, "Stream Classic", "No longer sold", 799)
		withdrawn.OnSale = false
		future := offer("plan_stream-8k", lineitem.Subscription, "Stream 8K", "Coming", 2499)
		future.BuyFrom = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
		business := offer("plan_stream-business", lineitem.Subscription, "Stream Business", "All channels for your lobby", 4900)
		business.Tiers = []id.Tier{"business"}
		lobby := offer("plan_stream-lobby", lineitem.Subscription, "Stream Lobby", "No longer sold", 3900)
		lobby.Tiers, lobby.OnSale = []id.Tier{"business"}, false
		family := offer("plan_stream-family", lineitem.Subscription, "Stream Family", "For families of our staff", 499)
		family.Groups = []id.Group{"staff-family"}
		all = append(all,
			offer("plan_stream-basic", lineitem.Subscription, "Stream Basic", "All channels on one screen", 899, "plan_stream-hd", "plan_stream-4k"),
			offer("plan_stream-hd", lineitem.Subscription, "Stream HD", "All channels in HD on two screens", 1299, "plan_stream-basic", "plan_stream-4k"),
			offer("plan_stream-4k", lineitem.Subscription, "Stream 4K", "All channels in 4K on four screens", 1799, "plan_stream-basic", "plan_stream-hd"),
			offer("plan_sports-pass", lineitem.Subscription, "Sports Pass", "Every match, live", 999),
			offer("good_streaming-stick", lineitem.OneOff, "Streaming Stick", "For televisions without our app", 3900),
			line("plan_fibre-300", "Fibre 300", "300 Mbit/s down, 150 up; 1 TB a month", 2999, lineitem.Access{DownKbps: 300_000, UpKbps: 150_000, CapBytes: 1_000_000_000_000}, "plan_fibre-1000"),
			line("plan_fibre-1000", "Fibre 1000", "1 Gbit/s down, 500 Mbit/s up", 4999, lineitem.Access{DownKbps: 1_000_000, UpKbps: 500_000}, "plan_fibre-300"),
			withdrawn, future, business, lobby, family)
	}
	return all
}
