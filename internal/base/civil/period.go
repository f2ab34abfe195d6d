package civil

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"turnup/internal/base/fault"
)

// ErrZone is answered to a name that is no zone of the IANA database.
var ErrZone = fault.New(fault.Invalid, "time_zone_unknown", "This time zone is not known.", "integrator")

// Zone finds a zone by its IANA name, such as Europe/Berlin; empty is UTC. A function that comes here imports time/tzdata, because
// the machine it runs on may have no zones.
func Zone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return time.UTC, ErrZone.With("timeZone", name)
	}
	return zone, nil
}

// Begin is the first moment of the day in a zone. Where clocks are put forward at midnight that is not 00:00.
func (d Date) Begin(zone *time.Location) time.Time {
	day := d.time()
	at := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
	if On(at, zone) < d { // midnight does not exist: the day begins when the clocks were put forward
		_, after := at.ZoneBounds()
		return after
	}
	if earlier := at.Add(-time.Hour); On(earlier, zone) == d { // it exists twice: the day begins at the first
		return earlier
	}
	return at
}

// Time is a time of the day in a zone, as time.Date takes it.
func (d Date) Time(hour int, zone *time.Location) time.Time {
	day := d.time()
	return time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, zone)
}

// Plus is so many days later.
func (d Date) Plus(days int) Date { return Date(d.time().AddDate(0, 0, days).Format(time.DateOnly)) }

// Day is the day of the month, from 1 to 31.
func (d Date) Day() int { return d.time().Day() }

// Valid tells whether it is a day of the calendar.
func (d Date) Valid() bool {
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

// Days is how many days lie in [from, until).
func Days(from, until Date) int { return int(until.time().Sub(from.time()) / (24 * time.Hour)) }

// Period is the half-open period [From, Until) of whole days.
type Period struct {
	From  Date `json:"from" dynamodbav:"from" format:"date" doc:"The first day" example:"2030-01-01"`
	Until Date `json:"until" dynamodbav:"until" format:"date" doc:"The day after the last one" example:"2030-02-01"`
}

// Days is how many days it has.
func (p Period) Days() int { return Days(p.From, p.Until) }

// Holds tells whether a day lies in it.
func (p Period) Holds(d Date) bool { return p.From <= d && d < p.Until }

// Cadence is how often something is billed: every so many months, or every so many days.
type Cadence struct{ Months, Days int }

// The form of an ISO 8601 duration of one unit.
var duration = regexp.MustCompile(`^P([1-9][0-9]{0,2})([DWMY])$`)

// ParseCadence reads an ISO 8601 duration of one unit: P1M, P3M, P1Y, P30D, P1W.
func ParseCadence(iso string) (Cadence, error) {
	m := duration.FindStringSubmatch(iso)
	if m == nil {
		return Cadence{}, fmt.Errorf("civil: %q is no billing period", iso)
	}
	n, _ := strconv.Atoi(m[1])
	switch m[2] {
	case "D":
		return Cadence{Days: n}, nil
	case "W":
		return Cadence{Days: 7 * n}, nil
	case "Y":
		return Cadence{Months: 12 * n}, nil
	}
	return Cadence{Months: n}, nil
}

// Around is the whole period that holds a day, when periods begin on the anchor. One of months that is anchored on a 31st begins on
// the last day of shorter months, and on the 31st again afterwards; one of years that is anchored on 29 February likewise.
func (c Cadence) Around(anchor, day Date) Period {
	if c.Days > 0 {
		n := Days(anchor, day)
		if n < 0 {
			n -= c.Days - 1 // Go divides towards zero
		}
		from := anchor.Plus(n / c.Days * c.Days)
		return Period{from, from.Plus(c.Days)}
	}
	a, d := anchor.time(), day.time()
	months := (d.Year()-a.Year())*12 + int(d.Month()-a.Month())
	if months < 0 {
		months -= c.Months - 1
	}
	n := months / c.Months * c.Months
	from := c.boundary(anchor, n)
	if day < from {
		return Period{c.boundary(anchor, n-c.Months), from}
	}
	return Period{from, c.boundary(anchor, n+c.Months)}
}

// boundary is the day so many months after the anchor.
func (c Cadence) boundary(anchor Date, months int) Date {
	a := anchor.time()
	return begin(a.Year(), a.Month()+time.Month(months), a.Day())
}

// Anchor is the last day up to a day that is a month's day of the given number: the anchor of months that are to begin on it.
func Anchor(day Date, of int) Date {
	at := day.time()
	for month := at.Month(); ; month-- { // months that are too short for it have none
		if d := begin(at.Year(), month, of); d.Day() == of && d <= day {
			return d
		}
	}
}
