package journey

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/token"
)

func admin(t *testing.T) *Customer {
	t.Helper()
	return must[*Customer](t)(site.Staff(context.Background(), token.RoleAdmin))
}

func support(t *testing.T) *Customer {
	t.Helper()
	return must[*Customer](t)(site.Staff(context.Background(), token.RoleSupport))
}

// planTerms is a valid body of putPlan. Plans of these tests are not for everybody, so that the public catalogue stays as
// it is.
func planTerms(tiers, groups []string) map[string]any {
	return map[string]any{"name": "Journey", "price": map[string]any{"minor": 100, "currency": "EUR"}, "billingPeriod": "P1M", "onSale": len(tiers)+len(groups) > 0,
		"tiers": append([]string{}, tiers...), "groups": append([]string{}, groups...)}
}

// putPlan writes a plan of Germany.
func putPlan(t *testing.T, plan string, terms map[string]any) Answer {
	t.Helper()
	return expect(t, must[Answer](t)(admin(t).Put(context.Background(), "/admin/plans/"+plan+"/DE", terms)), nil, http.StatusOK, "")
}

// member is a new customer of a tier and groups.
func member(t *testing.T, tier string, groups ...string) (*Customer, string) {
	t.Helper()
	c, r := newCustomer(t)
	move(t, r.CustomerID, tier, groups...)
	return c, r.CustomerID
}

func move(t *testing.T, customer, tier string, groups ...string) {
	t.Helper()
	expect(t, must[Answer](t)(admin(t).SetAccess(context.Background(), customer, tier, groups...)), nil, http.StatusOK, "")
}

// plansOf lists the ids of the plans somebody sees.
func plansOf(t *testing.T, c *Customer) []string {
	t.Helper()
	var ids []string
	for _, p := range must[[]Plan](t)(c.Plans(context.Background(), "100")) {
		if strings.HasPrefix(p.PlanID, "plan_stream-") || strings.HasPrefix(p.PlanID, "plan_fibre-") || p.PlanID == "plan_sports-pass" { // the demo's; other tests have their own
			ids = append(ids, p.PlanID)
		}
	}
	return ids
}

var forAll = []string{"plan_fibre-1000", "plan_fibre-300", "plan_sports-pass", "plan_stream-4k", "plan_stream-basic", "plan_stream-hd"}

// forAllAnd adds plans to those that everybody may have, in the order of a list.
func forAllAnd(more ...string) []string {
	all := append(more, forAll...)
	slices.Sort(all)
	return all
}

// S1-01, S1-02, S1-04, S1-07: each sees what their tier and groups may have, of what is on sale; a private plan is seen by
// its group only, whatever the tier.
func TestPlansByTierAndGroup(t *testing.T) {
	newcomer, _ := newCustomer(t)
	business, _ := member(t, "business")
	family, _ := member(t, "standard", "staff-family")
	both, _ := member(t, "business", "staff-family")
	for who, c := range map[string]struct {
		customer *Customer
		want     []string
	}{
		"a new customer": {newcomer, forAll}, "business": {business, forAllAnd("plan_stream-business")}, "family": {family, forAllAnd("plan_stream-family")},
		"business and family": {both, forAllAnd("plan_stream-business", "plan_stream-family")},
	} {
		if got := plansOf(t, c.customer); !slices.Equal(got, c.want) {
			t.Errorf("%s sees %v, want %v", who, got, c.want)
		}
	}
}

// A plan tells its price and period, in the list and by itself, and not for whom else it is. Pages of any size give each
// plan once, and neither a page nor its cursor shows that plans were left out.
func TestPlansShowWhatTheyCost(t *testing.T) {
	ctx := context.Background()
	c, _ := member(t, "business")
	whole := must[[]Plan](t)(c.Plans(ctx, "100"))
	for _, limit := range []string{"1", "2", "3"} {
		if got := must[[]Plan](t)(c.Plans(ctx, limit)); !slices.Equal(got, whole) {
			t.Errorf("by %s: %v, want %v", limit, got, whole)
		}
	}
	a := expect(t, must[Answer](t)(c.Get(ctx, "/plans/plan_stream-business")), nil, http.StatusOK, "")
	want := `{"planId":"plan_stream-business","name":"Stream Business","description":"All channels for your lobby","price":{"minor":4900,"currency":"EUR"},"billingPeriod":"P1M"}` + "\n"
	if string(a.Raw) != want {
		t.Errorf("got %s", a.Raw)
	}
	for _, made := range []string{"REUjcGxhbl9zdHJlYW0taGQ", "UFJPRklMRQ", "____"} {
		expect(t, must[Answer](t)(c.Get(ctx, "/plans?cursor="+made)), nil, http.StatusBadRequest, "cursor_invalid")
	}
}

// S1-02: taken off the market or not there yet, a plan is neither listed nor opened; back on it, it is.
func TestPlansNotOnSale(t *testing.T) {
	ctx := context.Background()
	const plan = "plan_journey-sale"
	c, _ := member(t, "standard", "staff-family")
	now := time.Now()
	for name, k := range map[string]struct {
		change map[string]any
		status int
	}{
		"on sale": {nil, http.StatusOK}, "off sale": {map[string]any{"onSale": false}, http.StatusNotFound},
		"not yet":       {map[string]any{"buyFrom": now.Add(time.Hour).Format(time.RFC3339)}, http.StatusNotFound},
		"no longer":     {map[string]any{"buyUntil": now.Add(-time.Second).Format(time.RFC3339)}, http.StatusNotFound},
		"in its window": {map[string]any{"buyFrom": now.Add(-time.Hour).Format(time.RFC3339), "buyUntil": now.Add(time.Hour).Format(time.RFC3339)}, http.StatusOK},
	} {
		terms := planTerms(nil, []string{"staff-family"})
		for field, value := range k.change {
			terms[field] = value
		}
		putPlan(t, plan, terms)
		a := must[Answer](t)(c.Get(ctx, "/plans/"+plan))
		listed := slices.ContainsFunc(must[[]Plan](t)(c.Plans(ctx, "100")), func(p Plan) bool { return p.PlanID == plan })
		if a.Status != k.status || listed != (k.status == http.StatusOK) {
			t.Errorf("%s: opened with %d, listed: %v", name, a.Status, listed)
		}
	}
}

// S1-03: tier and group must both fit, and a customer who is moved sees the other set on the next call, with the token they
// have.
func TestPlansFollowTheCustomer(t *testing.T) {
	ctx := context.Background()
	const plan = "plan_journey-both"
	putPlan(t, plan, planTerms([]string{"business"}, []string{"staff-family"}))
	c, r := newCustomer(t)
	for i, k := range []struct {
		tier   string
		groups []string
		sees   bool
	}{{"standard", nil, false}, {"business", nil, false}, {"business", []string{"staff-family"}, true}, {"standard", []string{"staff-family"}, false},
		{"business", []string{"staff-family"}, true}, {"business", nil, false}} {
		move(t, r.CustomerID, k.tier, k.groups...)
		listed := slices.ContainsFunc(must[[]Plan](t)(c.Plans(ctx, "100")), func(p Plan) bool { return p.PlanID == plan })
		a := must[Answer](t)(c.Get(ctx, "/plans/"+plan))
		if listed != k.sees || (a.Status == http.StatusOK) != k.sees {
			t.Errorf("%d: as %s %v: listed %v, opened %d", i, k.tier, k.groups, listed, a.Status)
		}
	}
}

// S1-05: opening a plan that is not for the customer, not on sale or not in their country is answered like an unknown one,
// to the letter.
func TestIneligiblePlansAreUnknown(t *testing.T) {
	ctx := context.Background()
	c, _ := newCustomer(t)
	terms := planTerms([]string{"standard"}, nil)
	terms["price"] = map[string]any{"minor": 100, "currency": "CHF"}
	expect(t, must[Answer](t)(admin(t).Put(ctx, "/admin/plans/plan_journey-swiss/CH", terms)), nil, http.StatusOK, "")
	letter := func(plan string) string {
		a := expect(t, must[Answer](t)(c.Get(ctx, "/plans/"+plan)), nil, http.StatusNotFound, "plan_not_found")
		return strings.ReplaceAll(string(a.Raw), a.Header.Get("X-Request-Id"), "")
	}
	unknown := letter("plan_there-is-none")
	for _, plan := range []string{"plan_stream-business", "plan_stream-family", "plan_stream-lobby", "plan_stream-classic", "plan_stream-8k", "plan_journey-swiss"} {
		if got := letter(plan); got != unknown {
			t.Errorf("%s: %s, want %s", plan, got, unknown)
		}
	}
	expect(t, must[Answer](t)(c.Get(ctx, "/plans/good_streaming-stick")), nil, http.StatusBadRequest, "invalid_request")
}

// S1-01: what is for some customers only is neither in the public catalogue nor can it be put into a cart, not even by who
// may have it; and it leaves a cart that held it before it was restricted.
func TestRestrictedPlansStayOutOfCarts(t *testing.T) {
	ctx := context.Background()
	for _, i := range catalogue(t, "?country=DE").Items {
		if strings.Contains(i.ItemID, "business") || strings.Contains(i.ItemID, "family") || strings.Contains(i.ItemID, "journey") {
			t.Errorf("the public catalogue lists %s", i.ItemID)
		}
	}
	c, _ := member(t, "business", "staff-family")
	for _, plan := range []string{"plan_stream-business", "plan_stream-family"} {
		a := must[Answer](t)(c.Post(ctx, "/carts/items", Key(), map[string]any{"items": []any{item(plan)}}))
		expect(t, a, nil, http.StatusConflict, "item_not_sold")
	}
	const plan = "plan_journey-restricted"
	open := planTerms(nil, nil)
	open["onSale"] = true
	putPlan(t, plan, open)
	t.Cleanup(func() { putPlan(t, plan, planTerms(nil, nil)) })
	cart := must[Cart](t)(c.Fill(ctx, plan))
	method := must[Method](t)(c.AddCard(ctx, cardGood))
	putPlan(t, plan, planTerms([]string{"business"}, nil))
	a := must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID))
	expect(t, a, nil, http.StatusConflict, "item_no_longer_sold")
}

// S1-64: only admins manage plans and groups; support reads them; customers and strangers neither.
func TestOnlyAdminsManagePlansAndGroups(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	access := map[string]any{"tier": "business", "groups": []string{"staff-family"}}
	for _, k := range []struct {
		method, path string
		body         any
	}{
		{http.MethodGet, "/admin/plans", nil}, {http.MethodGet, "/admin/plans/plan_stream-business/DE", nil}, {http.MethodGet, "/admin/groups", nil},
		{http.MethodGet, "/admin/customers/" + r.CustomerID + "/access", nil}, {http.MethodPut, "/admin/plans/plan_journey-rights/DE", planTerms([]string{"standard"}, nil)},
		{http.MethodPut, "/admin/groups/journey-rights", map[string]any{"kind": "group", "name": "Rights"}}, {http.MethodPut, "/admin/customers/" + r.CustomerID + "/access", access},
	} {
		for _, who := range []*Customer{c, site.Visitor()} {
			if a := must[Answer](t)(who.Call(ctx, k.method, k.path, k.body)); a.Status != http.StatusUnauthorized {
				t.Errorf("%s %s: %d %s", k.method, k.path, a.Status, a.Raw)
			}
		}
		a := must[Answer](t)(support(t).Call(ctx, k.method, k.path, k.body))
		if reads := k.method == http.MethodGet; reads && a.Status != http.StatusOK || !reads && (a.Status != http.StatusForbidden || a.Code() != "forbidden") {
			t.Errorf("support, %s %s: %d %s", k.method, k.path, a.Status, a.Raw)
		}
	}
	if got := plansOf(t, c); !slices.Equal(got, forAll) {
		t.Errorf("a refused call had an effect: the customer sees %v", got)
	}
	for path, who := range map[string]*Customer{"/plans": admin(t), "/plans/plan_stream-hd": support(t), "/orders": admin(t)} {
		expect(t, must[Answer](t)(who.Get(ctx, path)), nil, http.StatusUnauthorized, "token_invalid")
	}
}

// Staff's changes: terms come back, versions guard against overwriting, and what cannot be right is refused by name.
func TestManagingPlans(t *testing.T) {
	ctx := context.Background()
	const path = "/admin/plans/plan_journey-managed/DE"
	boss := admin(t)
	terms := planTerms([]string{"business"}, []string{"staff-family"})
	terms["description"], terms["excludes"], terms["buyUntil"] = "Managed", []string{"plan_stream-hd"}, "2099-01-01T00:00:00Z"
	first := putPlan(t, "plan_journey-managed", terms)
	read := expect(t, must[Answer](t)(boss.Get(ctx, path)), nil, http.StatusOK, "")
	if string(read.Raw) != string(first.Raw) || read.Header.Get("ETag") == "" || read.Header.Get("ETag") != first.Header.Get("ETag") {
		t.Errorf("written %s %s, read %s %s", first.Raw, first.Header.Get("ETag"), read.Raw, read.Header.Get("ETag"))
	}
	etag := Header{"If-Match", first.Header.Get("ETag")}
	expect(t, must[Answer](t)(boss.Put(ctx, path, with(terms, "name", "Second"), etag)), nil, http.StatusOK, "")
	expect(t, must[Answer](t)(boss.Put(ctx, path, with(terms, "name", "Third"), etag)), nil, http.StatusPreconditionFailed, "version_mismatch")
	expect(t, must[Answer](t)(boss.Put(ctx, "/admin/plans/plan_journey-none/DE", terms, etag)), nil, http.StatusPreconditionFailed, "version_mismatch")
	expect(t, must[Answer](t)(boss.Get(ctx, "/admin/plans/plan_journey-none/DE")), nil, http.StatusNotFound, "plan_not_found")
	for name, k := range map[string]struct {
		path  string
		body  any
		code  string
		field string
	}{
		"unknown tier":      {path, with(terms, "tiers", []string{"business", "gold"}), "tier_unknown", "body.tiers[1]"},
		"group as a tier":   {path, with(terms, "tiers", []string{"staff-family"}), "tier_unknown", "body.tiers[0]"},
		"unknown group":     {path, with(terms, "groups", []string{"nobody"}), "group_unknown", "body.groups[0]"},
		"negative price":    {path, with(terms, "price", map[string]any{"minor": -1, "currency": "EUR"}), "invalid_request", "body.price.minor"},
		"broken price":      {path, with(terms, "price", map[string]any{"minor": 1.5, "currency": "EUR"}), "invalid_request", ""},
		"currency":          {path, with(terms, "price", map[string]any{"minor": 1, "currency": "eur"}), "invalid_request", "body.price.currency"},
		"period":            {path, with(terms, "billingPeriod", "monthly"), "invalid_request", "body.billingPeriod"},
		"window":            {path, with(terms, "buyFrom", "2099-01-01T00:00:00Z"), "invalid_request", "body.buyUntil"},
		"itself":            {path, with(terms, "excludes", []string{"plan_journey-managed"}), "invalid_request", "body.excludes"},
		"no plan":           {"/admin/plans/good_journey/DE", terms, "invalid_request", "path.itemId"},
		"unknown country":   {"/admin/plans/plan_journey-managed/XX", terms, "catalogue_country_unknown", "path.country"},
		"server-owned":      {path, with(terms, "version", 7), "invalid_request", "body.version"},
		"unspeakable group": {path, with(terms, "groups", []string{""}), "invalid_request", "body.groups[0]"},
	} {
		a := expect(t, must[Answer](t)(boss.Put(ctx, k.path, k.body)), nil, http.StatusBadRequest, k.code)
		if !strings.Contains(fields(a), k.field) {
			t.Errorf("%s: it complains of %q", name, fields(a))
		}
	}
	seen := map[string]int{}
	for cursor := ""; ; {
		var page struct {
			Plans []struct {
				ItemID, Country string
				OnSale          bool
			}
			NextCursor string
		}
		if err := must[Answer](t)(boss.Get(ctx, "/admin/plans?country=DE&limit=3&cursor="+cursor)).Into(&page); err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Plans {
			seen[p.ItemID]++
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	for _, plan := range []string{"plan_stream-classic", "plan_stream-8k", "plan_stream-business", "plan_stream-lobby", "plan_stream-family", "plan_stream-hd", "plan_journey-managed"} {
		if seen[plan] != 1 {
			t.Errorf("%s is listed %d times", plan, seen[plan])
		}
	}
}

// Tiers and groups have names that mean one thing, the standard tier is always there, and customers are moved only to what
// there is.
func TestManagingGroups(t *testing.T) {
	ctx := context.Background()
	boss := admin(t)
	_, r := newCustomer(t)
	access := "/admin/customers/" + r.CustomerID + "/access"
	put := func(path, kind, name string) Answer {
		return must[Answer](t)(boss.Put(ctx, path, map[string]any{"kind": kind, "name": name}))
	}
	expect(t, put("/admin/groups/journey-a", "group", "A"), nil, http.StatusOK, "")
	expect(t, put("/admin/groups/journey-a", "group", "B"), nil, http.StatusOK, "")
	expect(t, put("/admin/groups/journey-a", "tier", "B"), nil, http.StatusConflict, "group_kind_fixed")
	expect(t, put("/admin/groups/standard", "group", "B"), nil, http.StatusConflict, "group_kind_fixed")
	expect(t, put("/admin/groups/No", "group", "B"), nil, http.StatusBadRequest, "invalid_request")
	expect(t, put("/admin/groups/journey-a", "clan", "B"), nil, http.StatusBadRequest, "invalid_request")
	names := map[string]string{}
	for cursor := ""; ; {
		var page struct {
			Groups     []struct{ GroupID, Kind, Name string }
			NextCursor string
		}
		if err := must[Answer](t)(boss.Get(ctx, "/admin/groups?limit=2&cursor="+cursor)).Into(&page); err != nil {
			t.Fatal(err)
		}
		for _, g := range page.Groups {
			names[g.GroupID] += g.Kind + " " + g.Name + ";"
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if names["journey-a"] != "group B;" || names["standard"] != "tier Standard;" || names["business"] != "tier Business;" || names["staff-family"] != "group Families of our staff;" {
		t.Errorf("got %v", names)
	}
	first := expect(t, must[Answer](t)(boss.Get(ctx, access)), nil, http.StatusOK, "")
	if want := fmt.Sprintf(`{"customerId":%q,"tier":"standard","groups":[]}`+"\n", r.CustomerID); string(first.Raw) != want {
		t.Errorf("a new customer has %s", first.Raw)
	}
	expect(t, must[Answer](t)(boss.SetAccess(ctx, r.CustomerID, "gold")), nil, http.StatusBadRequest, "tier_unknown")
	expect(t, must[Answer](t)(boss.SetAccess(ctx, r.CustomerID, "staff-family")), nil, http.StatusBadRequest, "tier_unknown")
	expect(t, must[Answer](t)(boss.SetAccess(ctx, r.CustomerID, "business", "business")), nil, http.StatusBadRequest, "group_unknown")
	expect(t, must[Answer](t)(boss.SetAccess(ctx, "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", "standard")), nil, http.StatusNotFound, "customer_not_found")
	body := map[string]any{"tier": "business", "groups": []string{"journey-a"}}
	etag := Header{"If-Match", first.Header.Get("ETag")}
	expect(t, must[Answer](t)(boss.Put(ctx, access, body, etag)), nil, http.StatusOK, "")
	expect(t, must[Answer](t)(boss.Put(ctx, access, body, etag)), nil, http.StatusPreconditionFailed, "version_mismatch")
}
