package plans

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token/tokentest"
	"turnup/internal/domain/account"
	"turnup/internal/domain/catalogue"
	"turnup/internal/platform/rest"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// shelf is a store of one customer and some plans.
type shelf struct {
	Store    // what these tests do not ask for
	customer account.Customer
	offers   []catalogue.Offer
	clocks   map[id.TestClock]time.Time
}

func (s *shelf) Customer(_ context.Context, _ id.Tenant, c id.Customer) (account.Customer, error) {
	if c != s.customer.ID {
		return account.Customer{}, fault.ErrNotFound
	}
	return s.customer, nil
}

func (s *shelf) Plans(_ context.Context, _ id.Tenant, _ string, after id.Item, limit int32) (page []catalogue.Offer, more bool, err error) {
	for _, o := range s.offers {
		if o.ItemID > after {
			if len(page) == int(limit) {
				return page, true, nil
			}
			page = append(page, o)
		}
	}
	return page, false, nil
}

func (s *shelf) PlanFor(ctx context.Context, tenant id.Tenant, c id.Customer, _ string, plan id.Item) (account.Customer, *catalogue.Offer, error) {
	who, err := s.Customer(ctx, tenant, c)
	for _, o := range s.offers {
		if o.ItemID == plan {
			return who, &o, err
		}
	}
	return who, nil, err
}

func (s *shelf) Now(_ context.Context, _ id.Tenant, c id.TestClock) (time.Time, error) {
	return s.clocks[c], nil
}

// ask sends a request as a customer.
func (s *shelf) ask(t *testing.T, customer id.Customer, path string) (int, page) {
	t.Helper()
	signer, verifier := tokentest.Pair(clock.At(noon))
	session, _, err := signer.Session("demo", customer, "DE", noon)
	if err != nil {
		t.Fatal(err)
	}
	api := rest.New(rest.Options{Tenant: "demo", Verifier: verifier, Clock: clock.At(noon)})
	Register(api, Deps{Store: s})
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Authorization", "Bearer "+session)
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	var p page
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	return w.Code, p
}

// many is a hundred plans, of which only every tenth is for customers of the standard tier.
func many() *shelf {
	s := &shelf{customer: account.Customer{ID: "cus_1", Tier: account.DefaultTier}, clocks: map[id.TestClock]time.Time{"": noon, "clk_1": noon.Add(time.Hour)}}
	for i := range 100 {
		o := catalogue.Offer{ItemID: id.Item("plan_" + strconv.Itoa(100+i)), Country: "DE", OnSale: true, Tiers: []id.Tier{"business"}}
		if i%10 == 5 {
			o.Tiers = nil
		}
		s.offers = append(s.offers, o)
	}
	return s
}

// S1-01: pages are full, and neither their length nor their cursor tells of plans that are not shown.
func TestPagesTellNothingOfOtherPlans(t *testing.T) {
	s := many()
	for limit := 1; limit <= 11; limit++ {
		var found []string
		for cursor := ""; ; {
			status, p := s.ask(t, "cus_1", "/plans?limit="+strconv.Itoa(limit)+"&cursor="+cursor)
			if status != http.StatusOK || p.NextCursor != "" && len(p.Plans) != limit || len(p.Plans) > limit {
				t.Fatalf("by %d: %d, %d plans, then %q", limit, status, len(p.Plans), p.NextCursor)
			}
			for _, plan := range p.Plans {
				found = append(found, string(plan.PlanID))
			}
			if cursor = p.NextCursor; cursor == "" {
				break
			}
			if at, err := rest.Position(cursor); err != nil || at != found[len(found)-1] {
				t.Errorf("the cursor tells of %s", at)
			}
		}
		if len(found) != 10 || !slices.IsSorted(found) || strings.Join(slices.Compact(found), " ") != strings.Join(found, " ") {
			t.Errorf("by %d: %v", limit, found)
		}
	}
}

// S1-02: what is on sale is decided by the customer's clock.
func TestPlansByTheCustomersClock(t *testing.T) {
	for name, c := range map[string]struct {
		clock       id.TestClock
		from, until time.Time
		status      int
	}{
		"system, not yet":     {"", noon.Add(time.Minute), time.Time{}, http.StatusNotFound},
		"ahead, on sale":      {"clk_1", noon.Add(time.Minute), time.Time{}, http.StatusOK},
		"system, still":       {"", time.Time{}, noon.Add(time.Minute), http.StatusOK},
		"ahead, no longer so": {"clk_1", time.Time{}, noon.Add(time.Minute), http.StatusNotFound},
	} {
		s := many()
		s.customer.TestClock = c.clock
		s.offers = []catalogue.Offer{{ItemID: "plan_a", OnSale: true, BuyFrom: c.from, BuyUntil: c.until}}
		status, _ := s.ask(t, "cus_1", "/plans/plan_a")
		_, list := s.ask(t, "cus_1", "/plans")
		if status != c.status || (len(list.Plans) == 1) != (c.status == http.StatusOK) {
			t.Errorf("%s: opened %d, %d listed", name, status, len(list.Plans))
		}
	}
}

// A valid token of somebody who does not exist opens nothing and lists nothing.
func TestNobodysPlans(t *testing.T) {
	s := many()
	if status, _ := s.ask(t, "cus_none", "/plans/plan_105"); status != http.StatusNotFound {
		t.Errorf("opened: %d", status)
	}
	if status, p := s.ask(t, "cus_none", "/plans"); status != http.StatusOK || len(p.Plans) > 0 {
		t.Errorf("listed: %d, %v", status, p.Plans)
	}
	if status, _ := s.ask(t, "cus_1", "/plans/plan_105"); status != http.StatusOK {
		t.Errorf("who exists: %d, so this test proves nothing", status)
	}
}
