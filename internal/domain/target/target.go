// Package target owns how the journey's own targets are measured: which event moves which counter of which day, and what the
// counters of a period say of a target. README.md beside this file says how each figure is counted.
//
// A figure is the sum of what each subject (a customer, a service, …) contributes by what is known of it. An event adds to what is
// known, and the difference it makes is added to the counters of the days it concerns. So events may come late, again and in any
// order, and nothing is ever looked through.
//
// Available is a service that is active, not suspended, and whose ONU is seen: it is down from loss of signal until that is cleared.
// Two things are no downtime: a suspension, whatever its cause, which is not counted at all; and a dying gasp, by which an ONU says that
// the customer's power is out. That a customer has no session is no downtime either: they may have switched their router off. Maintenance
// that was announced is not counted at all, as a suspension is not.
package target

import (
	"math"
	"time"

	"turnup/internal/base/civil"
)

// Counter is something that is counted of a day, by its name in the rows.
type Counter string

// The counters. Those with seconds add up to means and to shares of time.
const (
	registered Counter = "registered"
	verified   Counter = "verified"
	tried      Counter = "tried"
	paid       Counter = "paid"
	due        Counter = "due"
	renewed    Counter = "renewed"
	joined     Counter = "joined"
	left       Counter = "left"
	running    Counter = "running" // services that began to be counted on, less those that ended to
	down       Counter = "down"    // of them, those that went down, less those that came back
)

// seconds is the counter of the time that belongs to another one; within counts what took no longer than it should.
func (c Counter) seconds() Counter { return c + "_s" }
func (c Counter) within() Counter  { return c + "_in" }

// Place is a counter of a day (UTC), or of one second of it. Without a day it is what there is of it at all. What goes up and down of
// lines is counted thrice: of all, of those of an OLT, and by the second, because maintenance is from any second to any other.
type Place struct {
	Day     civil.Date
	Counter Counter
	OLT     string // of the lines of one; empty is of all, and by the second of those whose OLT is not known
	Second  int    // of the day, from 1; 0 is the whole day
}

// Counts is what is added to counters, or what they hold.
type Counts map[Place]int64

func (c Counts) add(at time.Time, counter Counter, by int64) {
	c[Place{Day: day(at), Counter: counter}] += by
}

func day(at time.Time) civil.Date { return civil.On(at, time.UTC) }

// Unit is what a figure is in.
type Unit string

// The units.
const (
	Share   Unit = "share"
	Minutes Unit = "minutes"
)

// Result is how a figure compares with its target.
type Result string

// The results.
const (
	Met    Result = "met"
	Missed Result = "missed"
	NoData Result = "no_data"
)

// Figure is a target and how it was met in a period.
type Figure struct {
	Name        string
	Unit        Unit
	Numerator   int64 // of a mean, all seconds together
	Denominator int64
	Excluded    int64 // of the uptime: seconds in maintenance that was announced, which neither of them has
	Target      float64
	AtLeast     bool // the value may be the target and must not be less; else it must be less
}

// Value is the figure itself; nothing without data.
func (f Figure) Value() float64 {
	if f.Denominator == 0 {
		return 0
	}
	v := float64(f.Numerator) / float64(f.Denominator)
	if f.Unit == Minutes {
		v /= 60
	}
	return v
}

// Result compares with the target.
func (f Figure) Result() Result {
	switch {
	case f.Denominator == 0:
		return NoData
	case f.AtLeast && f.Value() >= f.Target, !f.AtLeast && f.Value() < f.Target:
		return Met
	}
	return Missed
}

// Months is how many months a period has, rounded, and at least one: targets that are meant per month are as many times as large.
func Months(p civil.Period) float64 { return max(1, math.Round(float64(p.Days())/30.4375)) }

// Figures are all targets, in the order in which they are promised.
func (s Sums) Figures() []Figure {
	up := s.uptime()
	gone, customers := s.of(left), s.before(joined)-s.before(left)+s.of(joined)
	return []Figure{
		{Name: "registration_success", Unit: Share, Numerator: s.of(verified), Denominator: s.of(registered), Target: 0.90, AtLeast: true},
		{Name: "onboarding_automated", Unit: Minutes, Numerator: s.of(automated.seconds()), Denominator: s.of(automated), Target: 60},
		{Name: "onboarding_manual", Unit: Minutes, Numerator: s.of(manual.seconds()), Denominator: s.of(manual), Target: 24 * 60},
		{Name: "first_payment_success", Unit: Share, Numerator: s.of(paid), Denominator: s.of(tried), Target: 0.95, AtLeast: true},
		{Name: "service_uptime", Unit: Share, Numerator: up.served - up.lost, Denominator: up.served, Excluded: up.excluded, Target: 0.999, AtLeast: true},
		{Name: "renewal_rate", Unit: Share, Numerator: s.of(renewed), Denominator: s.of(due), Target: 0.95, AtLeast: true},
		{Name: "churn", Unit: Share, Numerator: gone, Denominator: customers, Target: 0.05 * Months(s.Period)},
	}
}
