// Package target owns how the journey's own targets are measured: which event moves which counter of which day, and what the
// counters of a period say of a target. README.md beside this file says how each figure is counted.
//
// A figure is the sum of what each subject (a customer, a service, …) contributes by what is known of it. An event adds to what is
// known, and the difference it makes is added to the counters of the days it concerns. So events may come late, again and in any
// order, and nothing is ever looked through.
//
// Available is a service that is active, not suspended, and whose ONU is seen: it is down from loss of signal until that is cleared.
// Two things are no downtime: a suspension, whatever its cause, which is not counted at all; and a dying gasp, by which an ONU says that
// the customer's power is out. That a customer has no session is no downtime either: they may have switched their router off.
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

// Place is a counter of a day (UTC). Without a day it is what there is of it at all.
type Place struct {
	Day     civil.Date
	Counter Counter
}

// Counts is what is added to counters, or what they hold.
type Counts map[Place]int64

func (c Counts) add(at time.Time, counter Counter, by int64) { c[Place{day(at), counter}] += by }

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

// Sums is what the counters hold from the first day of a period on.
type Sums struct {
	Period civil.Period
	Counts Counts
	Now    time.Time // what has not happened yet is not counted
}

// of adds a counter up over the period.
func (s Sums) of(c Counter) (sum int64) {
	for p, n := range s.Counts {
		if p.Counter == c && p.Day != "" && s.Period.Holds(p.Day) {
			sum += n
		}
	}
	return sum
}

// before is where a counter stood when the period began: where it stands, less what came since.
func (s Sums) before(c Counter) int64 {
	sum := s.Counts[Place{"", c}]
	for p, n := range s.Counts {
		if p.Counter == c && p.Day != "" && p.Day >= s.Period.From {
			sum -= n
		}
	}
	return sum
}

const daySeconds = 24 * 60 * 60

// time adds up the seconds for which what a counter counts was so, in the period, as far as it has passed. (Periods that lie wholly in the
// future are those of test clocks and are counted to their end.)
func (s Sums) time(c Counter) (sum int64) {
	level := s.before(c)
	for d := s.Period.From; d < s.Period.Until; d = d.Plus(1) {
		sum += level*daySeconds + s.Counts[Place{d, c.seconds()}]
		level += s.Counts[Place{d, c}]
		if d == day(s.Now) {
			return sum - level*int64(d.Plus(1).Begin(time.UTC).Sub(s.Now)/time.Second)
		}
	}
	return sum
}

// Months is how many months a period has, rounded, and at least one: targets that are meant per month are as many times as large.
func Months(p civil.Period) float64 { return max(1, math.Round(float64(p.Days())/30.4375)) }

// Figures are all targets, in the order in which they are promised.
func (s Sums) Figures() []Figure {
	up := s.time(running)
	gone, customers := s.of(left), s.before(joined)-s.before(left)+s.of(joined)
	return []Figure{
		{"registration_success", Share, s.of(verified), s.of(registered), 0.90, true},
		{"onboarding_automated", Minutes, s.of(automated.seconds()), s.of(automated), 60, false},
		{"onboarding_manual", Minutes, s.of(manual.seconds()), s.of(manual), 24 * 60, false},
		{"first_payment_success", Share, s.of(paid), s.of(tried), 0.95, true},
		{"service_uptime", Share, up - s.time(down), up, 0.999, true},
		{"renewal_rate", Share, s.of(renewed), s.of(due), 0.95, true},
		{"churn", Share, gone, customers, 0.05 * Months(s.Period), false},
	}
}
