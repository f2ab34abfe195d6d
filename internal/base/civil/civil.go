// Package civil has dates as people bill by them: a day of the calendar without a time or a zone, and months counted from an anchor
// day that short months do not change.
package civil

import "time"

// Date is a day of the calendar, as 2026-11-26.
type Date string

// On is the day of a moment in a zone.
func On(at time.Time, zone *time.Location) Date { return Date(at.In(zone).Format(time.DateOnly)) }

func (d Date) time() time.Time {
	t, _ := time.Parse(time.DateOnly, string(d))
	return t
}

// Month is the half-open period [from, until) of a month that holds a day, when months begin on an anchor's day: one of the 31st begins
// on the last day of shorter months, and on the 31st again afterwards.
func Month(anchor, day Date) (from, until Date) {
	p := Cadence{Months: 1}.Around(anchor, day)
	return p.From, p.Until
}

// begin is the anchor's day in a month, or the month's last day when it is shorter.
func begin(year int, month time.Month, anchor int) Date {
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date(first.AddDate(0, 0, min(anchor, last)-1).Format(time.DateOnly))
}
