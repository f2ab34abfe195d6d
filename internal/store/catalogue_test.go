package store

import (
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	domain "turnup/internal/domain/catalogue"
)

func stock(t *testing.T, db *DB, tenant id.Tenant) {
	t.Helper()
	for country, items := range map[string][]id.Item{"DE": {"plan_a", "plan_b", "good_a"}, "AT": {"plan_a", "good_b"}, "DX": {"plan_z"}} {
		for _, i := range items {
			kind := lineitem.Subscription
			if i[:5] == domain.GoodPrefix {
				kind = lineitem.OneOff
			}
			ok(t, db.PutOffer(t.Context(), domain.Offer{Tenant: tenant, Country: country, ItemID: i, Type: kind, Name: "Item " + string(i), Price: money.Amount{Minor: 1299, Currency: "EUR"},
				BillingPeriod: "P1M", OnSale: true, BuyFrom: noon, Excludes: []id.Item{"plan_q"}}))
		}
	}
}

// all walks the pages and checks that each is within the limit.
func all(t *testing.T, db *DB, tenant id.Tenant, country, itemPrefix string, limit int32) (found []string) {
	t.Helper()
	after := ""
	for pages := 0; ; pages++ {
		page, next, err := db.Offers(t.Context(), tenant, country, itemPrefix, after, limit)
		ok(t, err)
		if len(page) > int(limit) || pages > 20 {
			t.Fatalf("page %d has %d", pages, len(page))
		}
		for _, o := range page {
			found = append(found, o.Country+":"+string(o.ItemID))
		}
		if next == "" {
			return found
		}
		after = next
	}
}

// S0-16, S0-17, S0-18, S0-19: by country, by type, by both (AND), none; the same whatever the size of a page.
func TestOffers(t *testing.T) {
	db, tenant := fresh(t)
	stock(t, db, tenant)
	other, stranger := fresh(t)
	stock(t, other, stranger)
	for _, k := range []struct {
		country, prefix string
		want            []string
	}{
		{"", "", []string{"AT:good_b", "AT:plan_a", "DE:good_a", "DE:plan_a", "DE:plan_b", "DX:plan_z"}},
		{"DE", "", []string{"DE:good_a", "DE:plan_a", "DE:plan_b"}},
		{"", "plan_", []string{"AT:plan_a", "DE:plan_a", "DE:plan_b", "DX:plan_z"}},
		{"", "good_", []string{"AT:good_b", "DE:good_a"}},
		{"DE", "plan_", []string{"DE:plan_a", "DE:plan_b"}},
		{"AT", "good_", []string{"AT:good_b"}},
		{"FR", "", nil},
		{"D", "", nil},
		{"DX", "good_", nil},
	} {
		for _, limit := range []int32{1, 2, 5, 100} {
			same(t, fmt.Sprintf("%q %q by %d", k.country, k.prefix, limit), all(t, db, tenant, k.country, k.prefix, limit), k.want)
		}
	}
}

// S0-21: everything of an offer comes back; writing again changes it.
func TestPutOffer(t *testing.T) {
	db, tenant := fresh(t)
	o := domain.Offer{Tenant: tenant, Country: "DE", ItemID: "plan_a", Type: lineitem.Subscription, Name: "Ä", Description: "d", Price: money.Amount{Minor: 1, Currency: "JPY"}, BillingPeriod: "P1Y",
		OnSale: true, BuyFrom: noon, BuyUntil: noon.Add(time.Hour), Excludes: []id.Item{"plan_b"}}
	for _, sale := range []bool{true, false} {
		o.OnSale = sale
		ok(t, db.PutOffer(t.Context(), o))
		page, _, err := db.Offers(t.Context(), tenant, "DE", "", "", 10)
		ok(t, err)
		same(t, "offer", page, []domain.Offer{o})
	}
}
