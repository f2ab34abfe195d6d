package civil_test

import (
	"testing"
	"time"

	"turnup/internal/base/civil"
)

// S3-39: the anchor's day comes back after short months, in leap years and over the turn of the year; periods have no gap.
func TestMonth(t *testing.T) {
	for _, k := range [][4]civil.Date{
		{"2026-01-31", "2026-01-31", "2026-01-31", "2026-02-28"}, {"2026-01-31", "2026-02-27", "2026-01-31", "2026-02-28"},
		{"2026-01-31", "2026-02-28", "2026-02-28", "2026-03-31"}, {"2026-01-31", "2026-03-30", "2026-02-28", "2026-03-31"},
		{"2028-01-30", "2028-02-29", "2028-02-29", "2028-03-30"}, {"2026-12-15", "2027-01-03", "2026-12-15", "2027-01-15"},
		{"2026-11-01", "2026-11-30", "2026-11-01", "2026-12-01"},
	} {
		if from, until := civil.Month(k[0], k[1]); from != k[2] || until != k[3] {
			t.Errorf("anchor %s, day %s: [%s, %s)", k[0], k[1], from, until)
		}
	}
	for _, anchor := range []civil.Date{"2024-01-01", "2024-01-28", "2024-01-29", "2024-01-30", "2024-01-31"} {
		_, end := civil.Month(anchor, anchor)
		for day := time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC); day.Year() < 2029; day = day.AddDate(0, 0, 1) {
			from, until := civil.Month(anchor, civil.On(day, time.UTC))
			if d := civil.On(day, time.UTC); d < from || d >= until || (from != end && until != end) {
				t.Fatalf("anchor %s: %s is in [%s, %s), the one before ended %s", anchor, d, from, until, end)
			}
			end = until
		}
	}
}

func TestOn(t *testing.T) {
	kiritimati := time.FixedZone("", 14*3600)
	if d := civil.On(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), kiritimati); d != "2026-11-26" {
		t.Error(d)
	}
}
