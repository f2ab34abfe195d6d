package signup

import (
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
)

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// Due is when time will have passed that changes something; zero is never. A signup has one timer, for this.
func (s Signup) Due() time.Time {
	abandoned := s.Since.Add(seconds(s.Flow.AbandonAfter))
	switch s.State {
	case Open:
		step, there := s.Current()
		if limit := s.Since.Add(seconds(step.Limit)); there && s.Stop == "" && limit.Before(abandoned) {
			return limit
		}
		return abandoned
	case Failed:
		return abandoned
	case Requested:
		if !s.Late {
			_, limit := s.awaited()
			return s.Since.Add(seconds(limit))
		}
	}
	return time.Time{}
}

// awaited is what a requested signup waits for, and for how many seconds it may.
func (s Signup) awaited() (step string, limit int) {
	if s.Contract.Signed() {
		return ThankYouStep, s.Flow.ThankYouLimit
	}
	return ContractStep, s.Flow.ContractLimit
}

// Passed is the signup after time has passed: a limit, or so much of it that it is given up. It stays as it is when neither has. A
// signup that waits for its contract is never given up: money may be on its way.
func (s Signup) Passed(at time.Time) (Signup, []event.Data) {
	due := s.Due()
	switch {
	case due.IsZero() || at.Before(due):
		return s, nil
	case s.State == Requested:
		step, limit := s.awaited()
		next := s.next()
		next.Late, next.Promised = true, true
		next.tell(at, LimitPassed, step, "")
		return next, []event.Data{s.timedOut(step, limit)}
	case !at.Before(s.Since.Add(seconds(s.Flow.AbandonAfter))):
		return s.expired(at)
	}
	step, _ := s.Current()
	next := s.next()
	next.Stop = TimedOut // Since stays: being given up counts from when something happened
	next.tell(at, LimitPassed, step.Name, "")
	events := []event.Data{s.timedOut(step.Name, step.Limit)}
	if step.Fallback == OfferMail {
		events = append(events, next.mail(at)...)
	}
	return next, events
}

func (s Signup) timedOut(step string, limit int) event.Data {
	return event.SignupStepTimedOut{SignupID: s.ID, Flow: s.Flow.Name, Step: step, Limit: limit, Attempt: s.Attempt, CustomerID: s.Customer}
}

// expired gives it up and forgets whose it was.
func (s Signup) expired(at time.Time) (Signup, []event.Data) {
	step, _ := s.Current()
	next := s.next()
	next.State, next.Since, next.EndedAt, next.Stop, next.Late, next.BankURL, next.Reason, next.ThankYou = Expired, at, at, "", false, "", "", ""
	next.Customer, next.Profile, next.Refused, next.Upgrades = id.Customer(""), "", nil, ""
	next.tell(at, GivenUp, step.Name, "")
	return next, []event.Data{event.SignupExpired{SignupID: s.ID, Flow: s.Flow.Name, Step: step.Name}}
}
