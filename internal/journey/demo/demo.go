// Package demo is a small catalogue of an OTT service, for trying things out. All of it is made up.
package demo

import (
	"context"
	"fmt"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/catalogue"
)

// Tenant is the demo's client account.
const Tenant id.Tenant = "demo"

// Shelf takes offers.
type Shelf interface {
	PutOffer(ctx context.Context, o catalogue.Offer) error
}

// Load writes the catalogue; loading it again changes nothing.
func Load(ctx context.Context, s Shelf) (int, error) {
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

// Offers is the catalogue: three plans that exclude each other, an add-on, a stick; and two items that cannot be
// bought (one withdrawn, one not yet on sale), for the demo of what is not listed.
func Offers() []catalogue.Offer {
	var all []catalogue.Offer
	for _, c := range countries {
		offer := func(item, kind, name, about string, cents int64, excludes ...id.Item) catalogue.Offer {
			o := catalogue.Offer{Tenant: Tenant, Country: c.code, ItemID: id.Item(item), Type: kind, Name: name, Description: about,
				Price: money.Amount{Minor: c.price(cents), Currency: c.currency}, OnSale: true, Excludes: excludes}
			if kind == lineitem.Subscription {
				o.BillingPeriod = "P1M"
			}
			return o
		}
		withdrawn := offer("plan_stream-classic", lineitem.Subscription, "Stream Classic", "No longer sold", 799)
		withdrawn.OnSale = false
		future := offer("plan_stream-8k", lineitem.Subscription, "Stream 8K", "Coming", 2499)
		future.BuyFrom = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
		all = append(all,
			offer("plan_stream-basic", lineitem.Subscription, "Stream Basic", "All channels on one screen", 899, "plan_stream-hd", "plan_stream-4k"),
			offer("plan_stream-hd", lineitem.Subscription, "Stream HD", "All channels in HD on two screens", 1299, "plan_stream-basic", "plan_stream-4k"),
			offer("plan_stream-4k", lineitem.Subscription, "Stream 4K", "All channels in 4K on four screens", 1799, "plan_stream-basic", "plan_stream-hd"),
			offer("plan_sports-pass", lineitem.Subscription, "Sports Pass", "Every match, live", 999),
			offer("good_streaming-stick", lineitem.OneOff, "Streaming Stick", "For televisions without our app", 3900),
			withdrawn, future)
	}
	return all
}
