package journey

import (
	"context"
	"net/http"
	"testing"
)

func catalogue(t *testing.T, query string) Catalogue {
	t.Helper()
	return into[Catalogue](t, must[Answer](t)(site.Visitor().Get(context.Background(), "/catalogue/items"+query)))
}

// S0-15, S0-16, S0-17, S0-18, S0-21, S0-22: items with all they need, filtered by country, by type and by both; what is
// withdrawn or not yet on sale is not listed.
func TestCatalogueFilters(t *testing.T) {
	cases := []struct {
		query, country, kind string
		n                    int
	}{
		{"", "", "", 15}, {"?country=DE", "DE", "", 5}, {"?itemType=one_off", "", "one_off", 3}, {"?country=GB&itemType=subscription", "GB", "subscription", 4},
	}
	for _, c := range cases {
		items := catalogue(t, c.query).Items
		if len(items) != c.n {
			t.Errorf("%s: %d items, want %d", c.query, len(items), c.n)
		}
		for _, i := range items {
			if c.country != "" && i.Country != c.country || c.kind != "" && i.ItemType != c.kind {
				t.Errorf("%s lists %+v", c.query, i)
			}
			if i.ItemID == "" || i.Name == "" || i.Price.Minor <= 0 || len(i.Price.Currency) != 3 || (i.ItemType == "subscription") != (i.BillingPeriod != "") {
				t.Errorf("incomplete: %+v", i)
			}
			if i.ItemID == "plan_stream-classic" || i.ItemID == "plan_stream-8k" || i.ItemID == "plan_fibre-300" {
				t.Errorf("%s is not on sale, or not without a place", i.ItemID)
			}
		}
	}
	if de, gb := catalogue(t, "?country=DE").Items[0].Price, catalogue(t, "?country=GB").Items[0].Price; de.Currency != "EUR" || gb.Currency != "GBP" {
		t.Errorf("prices are not the country's: %v, %v", de, gb)
	}
}

// S0-19: nothing found is an empty list.
func TestCatalogueWithoutMatch(t *testing.T) {
	a := must[Answer](t)(site.Visitor().Get(context.Background(), "/catalogue/items?country=FR&itemType=subscription"))
	if a.Status != http.StatusOK || string(a.Raw) != `{"items":[]}`+"\n" {
		t.Errorf("%d %s", a.Status, a.Raw)
	}
}

// S0-20: unknown country or type is a fault.
func TestCatalogueRefusesUnknownFilters(t *testing.T) {
	ctx := context.Background()
	for query, code := range map[string]string{"?country=XX": "catalogue_country_unknown", "?country=de": "catalogue_country_unknown", "?itemType=gift": "item_type_unknown",
		"?country=DE&itemType=": "", "?colour=red": "invalid_request", "?cursor=%25%25": "cursor_invalid", "?limit=0": "invalid_request"} {
		a := must[Answer](t)(site.Visitor().Get(ctx, "/catalogue/items"+query))
		if code == "" {
			expect(t, a, nil, http.StatusOK, "")
			continue
		}
		expect(t, a, nil, http.StatusBadRequest, code)
	}
}

// Pages: following nextCursor gives every item once.
func TestCataloguePages(t *testing.T) {
	seen, cursor := map[string]int{}, ""
	for range 30 {
		page := catalogue(t, "?limit=2&cursor="+cursor)
		for _, i := range page.Items {
			seen[i.Country+i.ItemID]++
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if len(seen) != 15 || cursor != "" {
		t.Fatalf("%d items over the pages", len(seen))
	}
	for item, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", item, n)
		}
	}
}

// A cursor that was made up, or belongs to another list, is a fault.
func TestForeignCursors(t *testing.T) {
	ctx := context.Background()
	c, _ := newCustomer(t)
	for _, made := range []string{"c3ViXzAx", "UFJPRklMRQ", "AAAA", "____"} {
		expect(t, must[Answer](t)(c.Get(ctx, "/subscriptions?cursor="+made)), nil, http.StatusBadRequest, "cursor_invalid")
		expect(t, must[Answer](t)(c.Get(ctx, "/catalogue/items?country=DE&cursor="+made)), nil, http.StatusBadRequest, "cursor_invalid")
	}
}
