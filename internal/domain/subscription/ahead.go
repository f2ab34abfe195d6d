package subscription

import (
	"hash/fnv"
	"slices"
	"time"

	"turnup/internal/base/civil"
)

// Step is something that will happen to a contract by itself.
type Step string

// The steps.
const (
	Reminds  Step = "renewal_reminder" // the customer is told that it renews soon
	Renews   Step = "renewal"
	Changes  Step = "plan_change" // with the renewal
	Ends     Step = "end"
	Resumes  Step = "resumption" // a pause ends
	Duns     Step = "payment_reminder"
	Suspends Step = "suspension"
)

// Ahead is one step, and when it will be taken.
type Ahead struct {
	Step Step
	At   time.Time
}

// Ahead is what will happen to the contract by itself as things stand, soonest first; what happens at the same moment is in the order in
// which it is done.
func (s Subscription) Ahead(p Policy) (steps []Ahead) {
	if s.State == Pending || s.State == Ended {
		return nil
	}
	add := func(step Step, at time.Time) { steps = append(steps, Ahead{step, at}) }
	if d, dunned := s.Dunned(); dunned {
		for i := d.Reminded; i < len(p.Reminders); i++ {
			add(Duns, d.Since.Add(p.Reminders[i]))
		}
		if at, will := s.suspends(p); will {
			add(Suspends, at)
		}
	}
	if s.State == Paused && s.IdleUntil != "" {
		add(Resumes, s.IdleUntil.Begin(s.zone()))
	}
	if at, _, will := s.EndsBy(p); will {
		add(Ends, at)
	}
	if s.Ending == nil && !s.idle(p) {
		if s.announces(p) {
			add(Reminds, s.Period.Until.Plus(-p.Announce).Begin(s.zone()).Add(9*time.Hour))
		}
		at := s.RenewsAt(p)
		add(Renews, at)
		if s.Next != nil {
			add(Changes, at)
		}
	}
	slices.SortStableFunc(steps, func(a, b Ahead) int { return a.At.Compare(b.At) })
	return steps
}

// announces tells whether the customer is still to be reminded of the next renewal. A period that is not longer than the notice has none.
func (s Subscription) announces(p Policy) bool {
	return p.Announce > 0 && s.Announced != s.Period.Until && civil.Days(s.Period.From, s.Period.Until) > p.Announce
}

// NextBilling is the day on which the next period is billed; empty when none is.
func (s Subscription) NextBilling() civil.Date {
	if s.State == Ended || s.Ending != nil && s.Ending.On <= s.Period.Until {
		return ""
	}
	return s.Period.Until
}

// RenewsAt is when the next period is billed: in the first hours of its first day, each contract at a moment of its own.
func (s Subscription) RenewsAt(p Policy) time.Time {
	at := s.Period.Until.Begin(s.zone())
	if p.Spread <= 0 {
		return at
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.ID))
	return at.Add(time.Duration(h.Sum64() % uint64(p.Spread)).Truncate(time.Second))
}

// Announce notes that the customer was reminded of the next renewal; moved is false when it is not time for that, or was done.
func (s Subscription) Announce(p Policy, at time.Time) (next Subscription, moved bool) {
	for _, a := range s.Ahead(p) {
		if a.Step == Reminds && !at.Before(a.At) {
			s.Announced, s.Version = s.Period.Until, s.Version+1
			return s, true
		}
	}
	return s, false
}

// Scheduled says when somebody must look after the contract next.
func (s Subscription) Scheduled(p Policy) Subscription {
	s.Due = time.Time{}
	if steps := s.Ahead(p); len(steps) > 0 {
		s.Due = steps[0].At
	}
	return s
}
