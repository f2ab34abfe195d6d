package civil_test

import (
	"testing"
	"time"

	"turnup/internal/base/civil"
)

// S3-39: billing days come back after short months, over leap years and for every cadence.
func TestAround(t *testing.T) {
	for _, k := range []struct {
		cadence             string
		anchor, day         civil.Date
		wantFrom, wantUntil civil.Date
	}{
		{"P1M", "2026-01-31", "2026-02-28", "2026-02-28", "2026-03-31"}, {"P1M", "2028-01-30", "2028-02-29", "2028-02-29", "2028-03-30"},
		{"P3M", "2025-11-30", "2026-02-28", "2026-02-28", "2026-05-30"}, {"P3M", "2025-11-30", "2026-02-27", "2025-11-30", "2026-02-28"},
		{"P1Y", "2024-02-29", "2025-02-28", "2025-02-28", "2026-02-28"}, {"P1Y", "2024-02-29", "2028-02-28", "2027-02-28", "2028-02-29"}, {"P1Y", "2024-02-29", "2028-02-29", "2028-02-29", "2029-02-28"},
		{"P30D", "2026-01-01", "2026-01-30", "2026-01-01", "2026-01-31"}, {"P30D", "2026-01-01", "2026-01-31", "2026-01-31", "2026-03-02"},
		{"P1W", "2026-01-01", "2025-12-31", "2025-12-25", "2026-01-01"}, {"P1M", "2026-05-31", "2026-04-30", "2026-04-30", "2026-05-31"}, {"P3M", "2026-05-31", "2026-05-30", "2026-02-28", "2026-05-31"},
	} {
		c, err := civil.ParseCadence(k.cadence)
		if p := c.Around(k.anchor, k.day); err != nil || p != (civil.Period{From: k.wantFrom, Until: k.wantUntil}) {
			t.Errorf("%s from %s, day %s: %v, %v", k.cadence, k.anchor, k.day, p, err)
		}
	}
	for _, bad := range []string{"", "P", "1M", "P0M", "PT1H", "P1M1D", "P1000M", "p1m"} {
		if _, err := civil.ParseCadence(bad); err == nil {
			t.Errorf("%q is a cadence", bad)
		}
	}
}

// S3-39: periods follow each other without gap or overlap, whatever anchor and cadence: of each day before and after the anchor.
func TestPeriodsTile(t *testing.T) {
	for _, iso := range []string{"P1M", "P3M", "P1Y", "P30D", "P1W", "P5M"} {
		c, _ := civil.ParseCadence(iso)
		for anchor := civil.Date("2024-01-01"); anchor < "2024-03-05"; anchor = anchor.Plus(1) {
			if p := c.Around(anchor, anchor); p.From != anchor {
				t.Fatalf("%s: the period of the anchor %s begins %s", iso, anchor, p.From)
			}
			before := c.Around(anchor, "2022-06-01")
			for day := civil.Date("2022-06-01"); day < "2027-01-01"; day = day.Plus(1) {
				p := c.Around(anchor, day)
				if !p.Holds(day) || p != before && p.From != before.Until {
					t.Fatalf("%s from %s: %s is in %v, after %v", iso, anchor, day, p, before)
				}
				before = p
			}
		}
	}
}

// S3-39: a day begins when its first moment is, also where the clocks are put forward or back at midnight.
func TestBegin(t *testing.T) {
	for _, k := range []struct {
		zone string
		day  civil.Date
		want string
	}{
		{"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z"}, {"Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z"}, {"Europe/Berlin", "2026-10-26", "2026-10-25T23:00:00Z"},
		{"Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z"},   // 00:00 is 01:00
		{"America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"}, // 01:00 is 00:00 again
		{"Pacific/Kiritimati", "2026-01-01", "2025-12-31T10:00:00Z"}, {"", "2026-01-01", "2026-01-01T00:00:00Z"},
	} {
		zone, err := civil.Zone(k.zone)
		at := k.day.Begin(zone)
		if err != nil || at.UTC().Format(time.RFC3339) != k.want || civil.On(at, zone) != k.day || civil.On(at.Add(-time.Nanosecond), zone) == k.day {
			t.Errorf("%s in %s begins %s, %v", k.day, k.zone, at.UTC().Format(time.RFC3339), err)
		}
	}
	for _, bad := range []string{"Europe/Atlantis", "Local", "../etc/passwd"} {
		if _, err := civil.Zone(bad); err == nil {
			t.Errorf("%q is a zone", bad)
		}
	}
}

func TestDays(t *testing.T) {
	if n := civil.Days("2026-03-28", "2026-03-30"); n != 2 {
		t.Error(n)
	}
	if d := civil.Date("2026-02-28").Plus(1); d != "2026-03-01" || d.Day() != 1 || !d.Valid() || civil.Date("2026-02-30").Valid() {
		t.Error(d)
	}
}
