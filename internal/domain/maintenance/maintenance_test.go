package maintenance_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/domain/maintenance"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// span is from some minutes after noon to others.
func span(from, until int) maintenance.Terms {
	return maintenance.Terms{Start: noon.Add(time.Duration(from) * time.Minute), End: noon.Add(time.Duration(until) * time.Minute), Note: "New line card"}
}

func announced(t *testing.T) maintenance.Window {
	t.Helper()
	w, events, err := maintenance.Window{Tenant: "demo", ID: "chg-1"}.Announce(t.Context(), span(60, 120), "stf_1", noon)
	if err != nil || len(events) != 1 || events[0].Type != event.TypeMaintenanceAnnounced || w.Version != 1 || w.By != "stf_1" || !w.At.Equal(noon) {
		t.Fatal(w, events, err)
	}
	return w
}

// S3-82, A15: what is announced is ahead, ends after it begins and within a day; it is in whole seconds, as uptime is counted.
func TestAnnounce(t *testing.T) {
	second := maintenance.Terms{Start: noon, End: noon.Add(time.Second)}
	for name, c := range map[string]struct {
		terms maintenance.Terms
		now   time.Time
		want  error
	}{
		"from this instant":      {second, noon, nil},
		"the longest":            {span(0, 24*60), noon, nil},
		"longer":                 {maintenance.Terms{Start: noon, End: noon.Add(24*time.Hour + time.Second)}, noon, maintenance.ErrSpan},
		"of no length":           {span(60, 60), noon, maintenance.ErrSpan},
		"less than a second":     {maintenance.Terms{Start: noon, End: noon.Add(999 * time.Millisecond)}, noon, maintenance.ErrSpan},
		"backwards":              {span(60, 59), noon, maintenance.ErrSpan},
		"after it has begun":     {second, noon.Add(time.Millisecond), maintenance.ErrPast},
		"after it was":           {span(-60, -30), noon, maintenance.ErrPast},
		"what has begun already": {span(-1, 60), noon, maintenance.ErrPast},
	} {
		was := maintenance.Window{Tenant: "demo", ID: "chg-1"}
		is, events, err := was.Announce(t.Context(), c.terms, "stf_1", c.now)
		if !errors.Is(err, c.want) || err != nil && (is != was || events != nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	w, events, err := maintenance.Window{Tenant: "demo", ID: "chg-1"}.Announce(t.Context(), maintenance.Terms{Start: noon.Add(time.Minute + 700*time.Millisecond).In(time.FixedZone("", 3600)), End: noon.Add(time.Hour), OLT: "olt-1", Note: "New line card"}, "stf_1", noon)
	if err != nil || w.Start != noon.Add(time.Minute) {
		t.Fatal(w, err)
	}
	if data, _ := json.Marshal(events[0].Data); string(data) != `{"maintenanceId":"chg-1","start":"2026-11-02T12:01:00Z","end":"2026-11-02T13:00:00Z","olt":"olt-1","note":"New line card"}` {
		t.Errorf("told %s", data)
	}
}

// S3-82: what may be changed of a window: everything until it begins, then its end and note, until it is over; and nothing with hindsight.
func TestChange(t *testing.T) {
	w := announced(t)
	other := w.Terms
	other.OLT = "olt-1"
	noted := w.Terms
	noted.Note = "Takes longer"
	for name, c := range map[string]struct {
		minute int
		terms  maintenance.Terms
		want   error
	}{
		"moved before it begins":   {59, span(90, 100), nil},
		"moved into the past":      {59, span(58, 100), maintenance.ErrPast},
		"another scope before":     {59, other, nil},
		"ended early":              {90, span(60, 91), nil},
		"it had ended already":     {90, span(60, 80), nil},
		"extended":                 {119, span(60, 180), nil},
		"extended beyond a day":    {119, span(60, 60+24*60+1), maintenance.ErrSpan},
		"explained while it runs":  {60, noted, nil},
		"it began earlier":         {60, span(59, 120), maintenance.ErrBegun},
		"it begins later":          {60, span(61, 120), maintenance.ErrBegun},
		"another scope in it":      {60, other, maintenance.ErrBegun},
		"it never was":             {90, span(60, 60), maintenance.ErrSpan},
		"extended when it is over": {120, span(60, 180), maintenance.ErrOver},
		"shortened afterwards":     {120, span(60, 90), maintenance.ErrOver},
		"explained afterwards":     {121, noted, maintenance.ErrOver},
	} {
		now := noon.Add(time.Duration(c.minute) * time.Minute)
		next, events, err := w.Announce(t.Context(), c.terms, "stf_2", now)
		switch {
		case !errors.Is(err, c.want):
			t.Errorf("%s: %v, want %v", name, err, c.want)
		case err != nil && (next != w || events != nil):
			t.Errorf("%s: changed all the same", name)
		case err == nil && (next.Version != 2 || next.Terms != c.terms || next.By != "stf_1" || len(events) != 1 || events[0].Type != event.TypeMaintenanceChanged):
			t.Errorf("%s: %+v %+v", name, next, events)
		}
	}
}

// R1: announcing the same again says the same and tells nothing, at any time.
func TestAgain(t *testing.T) {
	w := announced(t)
	for _, minute := range []int{0, 60, 90, 500} {
		if next, events, err := w.Announce(t.Context(), w.Terms, "stf_2", noon.Add(time.Duration(minute)*time.Minute)); next != w || events != nil || err != nil {
			t.Errorf("after %d minutes: %+v %v %v", minute, next, events, err)
		}
	}
}

// S3-82: what has not begun can be withdrawn; what has begun was.
func TestWithdraw(t *testing.T) {
	w := announced(t)
	for minute, want := range map[int]error{0: nil, 59: nil, 60: maintenance.ErrBegun, 119: maintenance.ErrBegun, 120: maintenance.ErrOver} {
		events, err := w.Withdraw(t.Context(), noon.Add(time.Duration(minute)*time.Minute))
		if !errors.Is(err, want) || err == nil && (len(events) != 1 || events[0].Type != event.TypeMaintenanceWithdrawn) {
			t.Errorf("after %d minutes: %v %v, want %v", minute, events, err, want)
		}
	}
}

// A window is of all lines, or of those of one OLT.
func TestConcerns(t *testing.T) {
	w := announced(t)
	if !w.Concerns("olt-1") || !w.Concerns("") {
		t.Error("a window of the whole network leaves lines out")
	}
	w.OLT = "olt-1"
	if !w.Concerns("olt-1") || w.Concerns("olt-2") || w.Concerns("") {
		t.Error("a window of one OLT is of others as well")
	}
}
