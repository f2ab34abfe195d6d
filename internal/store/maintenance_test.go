package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/maintenance"
	domain "turnup/internal/domain/target"
)

// planned is a window that begins some hours after noon and lasts two.
func planned(t *testing.T, tenant id.Tenant, m id.Maintenance, hour int) (maintenance.Window, []event.Envelope) {
	t.Helper()
	start := noon.Add(time.Duration(hour) * time.Hour)
	w, events, err := maintenance.Window{Tenant: tenant, ID: m}.Announce(t.Context(), maintenance.Terms{Start: start, End: start.Add(2 * time.Hour), Note: "New line card"}, "stf_1", noon.AddDate(-1, 0, 0))
	ok(t, err)
	return w, events
}

// windowsListed are the ids of all pages of the windows of a time.
func windowsListed(t *testing.T, db *DB, tenant id.Tenant, from, until time.Time, limit int32) (all []string) {
	t.Helper()
	for after := ""; ; {
		page, next, err := db.Windows(t.Context(), tenant, from, until, after, limit)
		ok(t, err)
		for _, w := range page {
			all = append(all, string(w.ID))
		}
		if after = next; after == "" {
			return all
		}
	}
}

// S3-82, P1: a window is there with its event or not at all, changed under its version, and gone when it is withdrawn; of many who announce one at
// once, one does.
func TestMaintenance(t *testing.T) {
	db, tenant := fresh(t)
	_, err := db.Maintenance(t.Context(), tenant, "chg-1")
	same(t, "unknown", errors.Is(err, maintenance.ErrUnknown), true)
	w, events := planned(t, tenant, "chg-1", 0)
	ends := at(8, func(int) error { return db.SaveMaintenance(t.Context(), w, events...) })
	same(t, "one announces", ends[""], 1)
	is, err := db.Maintenance(t.Context(), tenant, "chg-1")
	ok(t, err)
	same(t, "kept", is, w)
	again, none, err := is.Announce(t.Context(), w.Terms, "stf_2", noon)
	ok(t, err)
	same(t, "the same again", again == is && none == nil, true)
	moved := w.Terms
	moved.Start = moved.Start.Add(time.Hour)
	next, told, err := is.Announce(t.Context(), moved, "stf_2", noon.AddDate(-1, 0, 0))
	ok(t, err)
	ok(t, db.SaveMaintenance(t.Context(), next, told...))
	same(t, "stale", errors.Is(db.SaveMaintenance(t.Context(), next, told...), fault.ErrStale), true)
	same(t, "withdrawn as it was before", errors.Is(db.WithdrawMaintenance(t.Context(), is, told...), fault.ErrStale), true)
	same(t, "listed once", windowsListed(t, db, tenant, noon, time.Time{}, 0), []string{"chg-1"})
	ok(t, db.WithdrawMaintenance(t.Context(), next, told...))
	_, err = db.Maintenance(t.Context(), tenant, "chg-1")
	same(t, "withdrawn", errors.Is(err, maintenance.ErrUnknown), true)
	same(t, "listed no more", windowsListed(t, db, tenant, noon, time.Time{}, 0), []string(nil))
}

// S3-82: windows are listed by when they begin: those that end after a time and begin before another, by pages, and of nobody else.
func TestMaintenanceOfATime(t *testing.T) {
	db, tenant := fresh(t)
	for _, hour := range []int{9, 0, 3, -30, 6} {
		w, events := planned(t, tenant, id.Maintenance(fmt.Sprintf("chg%d", hour)), hour)
		ok(t, db.SaveMaintenance(t.Context(), w, events...))
	}
	foreign, events := planned(t, tenant+"x", "chg-x", 3)
	ok(t, db.SaveMaintenance(t.Context(), foreign, events...))
	hours := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	for _, limit := range []int32{0, 1, 2} {
		same(t, "all that come", windowsListed(t, db, tenant, hours(0), time.Time{}, limit), []string{"chg0", "chg3", "chg6", "chg9"})
		same(t, "those that were, too", windowsListed(t, db, tenant, hours(-29), time.Time{}, limit), []string{"chg-30", "chg0", "chg3", "chg6", "chg9"})
		same(t, "between", windowsListed(t, db, tenant, hours(2), hours(6), limit), []string{"chg3"})
		same(t, "touching", windowsListed(t, db, tenant, hours(1), hours(7), limit), []string{"chg0", "chg3", "chg6"})
	}
	_, _, err := db.Windows(t.Context(), tenant, noon, time.Time{}, "made up", 1)
	same(t, "made up", errors.Is(err, fault.ErrCursor), true)
}

// S3-82, A15, R1: lines of two OLTs and one whose OLT nobody said, with outages in maintenance and beside it; told three times, in any order and by many at once.
func TestTargetsInMaintenance(t *testing.T) {
	db, tenant := fresh(t)
	var events []happening
	tell := func(minute int, data event.Data) {
		events = append(events, happening{event.New(t.Context(), tenant, noon.Add(time.Duration(minute)*time.Minute), data), data})
	}
	for i, olt := range []string{"olt-1", "olt#2", ""} {
		svc := id.Service(fmt.Sprint("svc_", i))
		line := event.ServiceChanged{ServiceID: svc, CustomerID: "cus_1"}
		tell(0, event.ServiceActivated{ServiceChanged: line, OLT: olt})
		for _, outage := range [][2]int{{20, 40}, {70, 75}} {
			for j, raised := range []bool{true, false} {
				tell(outage[j], event.LineAlarmed{ServiceID: svc, Alarm: "loss_of_signal", Raised: raised, At: noon.Add(time.Duration(outage[j]) * time.Minute)})
			}
		}
		tell(100, event.ServiceTerminated{ServiceChanged: line})
	}
	deliveries := append(append(append([]happening{}, events...), events...), events...)
	rand.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
	ends := at(len(deliveries), func(i int) error { return patiently(func() error { return learn(db, deliveries[i]) }) })
	same(t, "ends", ends, map[string]int{"": len(deliveries)})
	window := func(from, until int, olt string) domain.Window {
		return domain.Window{Start: noon.Add(time.Duration(from) * time.Minute), End: noon.Add(time.Duration(until) * time.Minute), OLT: olt}
	}
	today := civil.On(noon, time.UTC)
	for name, c := range map[string]struct {
		windows []domain.Window
		want    string // in minutes
	}{
		"none":                     {nil, "225/300 0"},
		"of all":                   {[]domain.Window{window(30, 60, "")}, "165/210 90"},
		"of an OLT":                {[]domain.Window{window(30, 60, "olt-1")}, "205/270 30"},
		"of one with another name": {[]domain.Window{window(30, 60, "olt#2")}, "205/270 30"},
		"of none there is":         {[]domain.Window{window(30, 60, "olt-3")}, "225/300 0"},
		"of one, then of all":      {[]domain.Window{window(10, 40, "olt-1"), window(30, 60, "")}, "155/190 110"},
		"tomorrow":                 {[]domain.Window{window(24*60, 25*60, "")}, "225/300 0"},
	} {
		for _, p := range []civil.Period{{From: today, Until: today.Plus(1)}, {From: today.Plus(-3), Until: today.Plus(20)}} {
			counts, err := db.Targets(t.Context(), tenant, p.From)
			ok(t, err)
			olts, days := domain.Scopes(c.windows, p)
			ok(t, db.LineTargets(t.Context(), tenant, p.From, olts, days, counts))
			for _, f := range (domain.Sums{Period: p, Counts: counts, Windows: c.windows, Now: noon.AddDate(0, 1, 0)}).Figures() {
				if strings.HasSuffix(f.Name, "uptime") {
					same(t, name, fmt.Sprintf("%d/%d %d", f.Numerator/60, f.Denominator/60, f.Excluded/60), c.want)
				}
			}
		}
	}
}
