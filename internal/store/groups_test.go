package store

import (
	"context"
	"fmt"
	"testing"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/account"
	domain "turnup/internal/domain/catalogue"
	"turnup/internal/domain/group"
)

func name(t *testing.T, db *DB, tenant id.Tenant, kind group.Kind, ids ...string) {
	t.Helper()
	for _, i := range ids {
		ok(t, db.PutGroup(t.Context(), group.Group{Tenant: tenant, ID: i, Kind: kind, Name: "Name of " + i}))
	}
}

// Tiers and groups come in the order of their ids, whatever the size of a page; one that exists is renamed and keeps its
// kind.
func TestGroups(t *testing.T) {
	db, tenant := fresh(t)
	name(t, db, tenant, group.Tier, "gold", "business")
	name(t, db, tenant, group.Extra, "friends", "staff-family", "a")
	name(t, db, tenant+"x", group.Extra, "foreign")
	for _, limit := range []int32{1, 2, 5, 100} {
		var found []string
		for after := ""; ; {
			page, next, err := db.Groups(t.Context(), tenant, after, limit)
			ok(t, err)
			for _, g := range page {
				found = append(found, g.ID)
			}
			if after = next; after == "" {
				break
			}
		}
		same(t, fmt.Sprint("by ", limit), found, []string{"a", "business", "friends", "gold", "staff-family"})
	}
	renamed := group.Group{Tenant: tenant, ID: "gold", Kind: group.Tier, Name: "Gold"}
	ok(t, db.PutGroup(t.Context(), renamed))
	want(t, db.PutGroup(t.Context(), group.Group{Tenant: tenant, ID: "gold", Kind: group.Extra, Name: "Other"}), group.ErrKindFixed)
	page, _, err := db.Groups(t.Context(), tenant, "friends", 1)
	ok(t, err)
	same(t, "gold", page, []group.Group{renamed})
}

// S1-03: a customer is moved at once, on the version that was read; the rest of the profile stays.
func TestAccess(t *testing.T) {
	db, tenant := fresh(t)
	name(t, db, tenant, group.Tier, "business")
	name(t, db, tenant, group.Extra, "staff-family")
	c := ada(tenant)
	c.Tier, c.TestClock, c.Version = account.DefaultTier, "clk_1", 1
	out, err := register(db, tenant, "k", c)
	ok(t, err)
	groups := []id.Group{"staff-family", "gone", "business", "staff-family"} // also one that is a tier, one twice, one unknown
	was, known, err := db.Access(t.Context(), tenant, out.CustomerID, []id.Tier{"business", "standard"}, groups)
	ok(t, err)
	same(t, "known", known, group.Known{"business": group.Tier, "staff-family": group.Extra})
	same(t, "was", []any{was.Tier, len(was.Groups), was.Version}, []any{"standard", 0, 1})
	ok(t, db.SetAccess(t.Context(), tenant, out.CustomerID, "business", []id.Group{"staff-family"}, was.Version, access(tenant)))
	want(t, db.SetAccess(t.Context(), tenant, out.CustomerID, "standard", nil, was.Version, access(tenant)), fault.ErrStale)
	is, err := db.Customer(t.Context(), tenant, out.CustomerID)
	ok(t, err)
	was.Tier, was.Groups, was.Version = "business", []id.Group{"staff-family"}, 2
	same(t, "is", is, was)
	ok(t, db.SetAccess(t.Context(), tenant, out.CustomerID, "standard", nil, 2, access(tenant)))
	if is, _, err = db.Access(t.Context(), tenant, out.CustomerID, nil, nil); err != nil || len(is.Groups) != 0 || is.Tier != "standard" {
		t.Errorf("got %+v, %v", is, err)
	}
	_, _, err = db.Access(t.Context(), tenant+"x", out.CustomerID, nil, nil)
	want(t, err, account.ErrUnknown)
	for _, version := range []int64{0, 1} { // nobody is made by moving them
		want(t, db.SetAccess(t.Context(), tenant, "cus_none", "business", nil, version, access(tenant)), fault.ErrStale)
	}
	same(t, "profile", has(t, db, accounts, profileKey(tenant, "cus_none")), false)
}

// Of ten that move a customer on the same version one does.
func TestAccessRace(t *testing.T) {
	db, tenant := fresh(t)
	c := ada(tenant)
	c.Version = 1
	out, err := register(db, tenant, "k", c)
	ok(t, err)
	ends := at(10, func(i int) error {
		return db.SetAccess(t.Context(), tenant, out.CustomerID, id.Tier(fmt.Sprint("t", i)), nil, 1, access(tenant))
	})
	same(t, "ends", ends, map[string]int{"": 1, "version_mismatch": 9})
}

// A plan's terms come back whole; it is changed on the version that was read only.
func TestSavePlan(t *testing.T) {
	db, tenant := fresh(t)
	name(t, db, tenant, group.Tier, "business")
	o := domain.Offer{Tenant: tenant, Country: "DE", ItemID: "plan_a", Type: lineitem.Subscription, Name: "A", Price: money.Amount{Minor: 0, Currency: "EUR"}, BillingPeriod: "P1M",
		OnSale: true, BuyUntil: noon, Tiers: []id.Tier{"business"}, Groups: []id.Group{"friends"}, Version: 1}
	none, known, err := db.Plan(t.Context(), tenant, "DE", "plan_a", o.Tiers, o.Groups)
	ok(t, err)
	same(t, "before", []any{none == nil, known}, []any{true, group.Known{"business": group.Tier}})
	ok(t, db.SavePlan(t.Context(), o))
	want(t, db.SavePlan(t.Context(), o), fault.ErrStale)
	second := o
	second.Version, second.Name = 2, "B"
	same(t, "ends", at(10, func(int) error { return db.SavePlan(t.Context(), second) }), map[string]int{"": 1, "version_mismatch": 9})
	is, _, err := db.Plan(t.Context(), tenant, "DE", "plan_a", nil, nil)
	ok(t, err)
	same(t, "is", *is, second)
	for _, elsewhere := range []string{"AT", ""} {
		is, _, err = db.Plan(t.Context(), tenant, elsewhere, "plan_a", nil, nil)
		ok(t, err)
		same(t, "elsewhere", is == nil, true)
	}
	unseen := second
	unseen.ItemID, unseen.Version = "plan_new", 7
	want(t, db.SavePlan(t.Context(), unseen), fault.ErrStale)
}

// Plans are those of one country, in pages; a position outside of it is no cursor.
func TestPlans(t *testing.T) {
	db, tenant := fresh(t)
	stock(t, db, tenant)
	for _, limit := range []int32{1, 2, 100} {
		var found []id.Item
		for after, more := id.Item(""), true; more; {
			var page []domain.Offer
			var err error
			page, more, err = db.Plans(t.Context(), tenant, "DE", after, limit)
			ok(t, err)
			for _, o := range page {
				found, after = append(found, o.ItemID), o.ItemID
			}
		}
		same(t, fmt.Sprint("by ", limit), found, []id.Item{"plan_a", "plan_b"})
	}
	_, _, err := db.Plans(t.Context(), tenant, "DE", "good_a", 10)
	want(t, err, fault.ErrCursor)
}

// The customer and the plan in their country come in one call.
func TestPlanFor(t *testing.T) {
	db, tenant := fresh(t)
	stock(t, db, tenant)
	c := ada(tenant)
	c.Tier = "business"
	out, err := register(db, tenant, "k", c)
	ok(t, err)
	for plan, country := range map[id.Item]string{"plan_a": "DE", "plan_b": "DE", "plan_z": "DX"} {
		who, o, err := db.PlanFor(t.Context(), tenant, out.CustomerID, country, plan)
		ok(t, err)
		same(t, "found", []any{who.ID, who.Tier, o.ItemID, o.Country}, []any{out.CustomerID, "business", plan, country})
	}
	_, o, err := db.PlanFor(t.Context(), tenant, out.CustomerID, "AT", "plan_b")
	ok(t, err)
	same(t, "elsewhere", o == nil, true)
	_, _, err = db.PlanFor(t.Context(), tenant, "cus_none", "DE", "plan_a")
	want(t, err, fault.ErrNotFound)
}

// access announces that somebody was moved.
func access(tenant id.Tenant) event.Envelope {
	return event.New(context.Background(), tenant, noon, event.CustomerUpdated{CustomerID: "cus_1", Fields: []string{"tier"}})
}
