package store

import (
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// S0-07: a budget per caller and window, counted exactly under load, with the time to come back.
func TestSpend(t *testing.T) {
	_, tenant := fresh(t)
	now := clock.At(noon.Add(20 * time.Second))
	db := New(client, prefix, now)
	spend := func(who id.Tenant, what, caller string) error {
		return db.Spend(t.Context(), who, what, caller, 10, time.Minute)
	}
	ends := at(30, func(int) error { return spend(tenant, "query", "1.2.3.4") })
	same(t, "ends", ends, map[string]int{"": 10, fault.ErrThrottled.Code: 20})
	err := spend(tenant, "query", "1.2.3.4")
	same(t, "come back", fault.Of(err).RetryAfter, 40*time.Second)
	ok(t, spend(tenant, "query", "1.2.3.5")) // others have their own
	ok(t, spend(tenant, "login", "1.2.3.4"))
	ok(t, spend(tenant+"x", "query", "1.2.3.4"))
	now.Advance(40 * time.Second)
	ok(t, spend(tenant, "query", "1.2.3.4"))
}

// S0-51, I8: what a transaction announced lies in one row until it is published; asking leaves younger rows alone.
func TestOutbox(t *testing.T) {
	db, tenant := fresh(t)
	p, _, _ := paid(t, db, tenant)
	mine := func(since time.Time) (rows []event.Batch) {
		all, err := db.Waiting(t.Context(), since)
		ok(t, err)
		for _, row := range all {
			if row.Events[0].Tenant == tenant {
				rows = append(rows, row)
			}
		}
		return rows
	}
	rows := mine(time.Now().Add(time.Hour))
	same(t, "rows", len(rows), 2) // one for Begin, one for Complete
	sizes := map[int]bool{}
	for _, row := range rows {
		sizes[len(row.Events)] = true
		same(t, "the row has its first event's id", row.ID, row.Events[0].ID)
		same(t, "version and time", []any{row.Events[0].Version, row.Events[0].Time.IsZero()}, []any{1, false})
	}
	same(t, "events", sizes, map[int]bool{1: true, 4: true})
	same(t, "older than a minute", len(mine(p.InitiatedAt.Add(-time.Minute))), 0)
	ok(t, db.Published(t.Context(), rows[:1]))
	left := mine(time.Now().Add(time.Hour))
	same(t, "left", []any{len(left), left[0].ID}, []any{1, rows[1].ID})
	ok(t, db.Published(t.Context(), rows)) // again, as after a crash
	same(t, "left", len(mine(time.Now().Add(time.Hour))), 0)
	ok(t, db.Published(t.Context(), nil))
}
