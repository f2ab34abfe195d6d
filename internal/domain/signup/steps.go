package signup

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/signlink"
)

// Outcome of a page, as its system tells.
type Outcome string

// The outcomes.
const (
	Success   Outcome = "success"
	Cancel    Outcome = "cancel"
	PageError Outcome = "failed"
)

// Return is what a system's page came back with. Its link was verified before anybody looked at it.
type Return struct {
	Partner   string // whose key signed it
	Step      string
	Outcome   Outcome
	Customer  id.Customer // of register; elsewhere empty, or who it was about
	Profile   id.Method   // of payment-profile
	TestClock id.TestClock
}

// Returned is the signup after a page came back. A valid return that comes again changes nothing, whatever step the signup is at by then;
// another id for what is filled, and a step whose turn it is not, are refused.
func (s Signup) Returned(r Return, at time.Time) (Signup, []event.Data, error) {
	i := s.Flow.index(r.Step)
	switch {
	case s.State == Expired:
		return s, nil, ErrExpired
	case i < 0 || i > s.Step:
		return s, nil, ErrOutOfOrder
	case r.Partner != s.Flow.Steps[i].Partner:
		return s, nil, signlink.ErrInvalid.Because(fmt.Errorf("signup: %s is not a page of %s", r.Step, r.Partner))
	case r.Customer != "" && s.Customer != "" && r.Customer != s.Customer, r.Profile != "" && i < s.Step && s.Profile != r.Profile && !slices.Contains(s.Refused, r.Profile):
		return s, nil, ErrFilled
	case i < s.Step, slices.Contains(s.Refused, r.Profile) && r.Profile != "":
		return s, nil, nil
	case r.Outcome == Cancel:
		return s.stopped(Cancelled, "", at), nil, nil
	case r.Outcome == PageError:
		return s.stopped(PageFailed, r.Partner, at), nil, nil
	case r.Outcome != Success, r.Step == Register && r.Customer == "", r.Step == PaymentProfile && r.Profile == "":
		return s, nil, ErrIncomplete
	}
	next, events := s.filled(r, at)
	return next, events, nil
}

// filled goes on to the next step, or to the contract.
func (s Signup) filled(r Return, at time.Time) (Signup, []event.Data) {
	next := s.next()
	switch r.Step {
	case Register:
		next.Customer, next.TestClock = r.Customer, r.TestClock
	case PaymentProfile:
		next.Profile = r.Profile
	}
	next.Step, next.Since, next.Stop = s.Step+1, at, ""
	next.tell(at, Done, r.Step, r.Partner)
	events := []event.Data{event.SignupStepCompleted{SignupID: s.ID, Flow: s.Flow.Name, Step: r.Step, System: r.Partner, CustomerID: next.Customer}}
	if next.Step < len(next.Flow.Steps) {
		return next, events
	}
	return next, append(events, next.ask(at)...)
}

// stopped is at the same step and waits for the customer to try again; it may be stopped already.
func (s Signup) stopped(why Stop, detail string, at time.Time) Signup {
	if s.Stop == why {
		return s
	}
	next := s.next()
	next.Stop, next.Since = why, at
	step, _ := s.Current()
	next.tell(at, Stopped, step.Name, strings.TrimSuffix(string(why)+": "+detail, ": "))
	return next
}

// PageUnavailable is the signup when the page it is at cannot be presented: reason says what was seen.
func (s Signup) PageUnavailable(step, reason string, at time.Time) (Signup, []event.Data) {
	now, there := s.Current()
	if s.State != Open || !there || now.Name != step || s.Stop == Unavailable {
		return s, nil
	}
	return s.stopped(Unavailable, reason, at), []event.Data{event.SignupPageUnavailable{SignupID: s.ID, Flow: s.Flow.Name, Step: step, System: now.Partner, Reason: reason, CustomerID: s.Customer}}
}

// declines are the reasons for which another payment method may help.
var declines = []string{"insufficient_funds", "card_expired", "card_declined", "authentication_failed", "authentication_abandoned", "no_payment_method", "payment_method_not_found"}

// Retry goes on where the signup stopped: at the same page, at the payment-profile page when the card was declined, or with another
// attempt at the contract. A signup that goes on by itself stays as it is.
func (s Signup) Retry(at time.Time) (Signup, []event.Data, error) {
	switch {
	case s.State == Expired:
		return s, nil, ErrExpired
	case s.State == Failed && slices.Contains(declines, s.Reason):
		next := s.next()
		next.Refused = append(next.Refused, s.Profile)
		next.State, next.Step, next.Profile, next.Since, next.Reason = Open, s.Flow.index(PaymentProfile), "", at, ""
		next.tell(at, Retried, PaymentProfile, s.Reason)
		return next, nil, nil
	case s.State == Failed:
		next := s.next()
		next.tell(at, Retried, ContractStep, s.Reason)
		return next, next.ask(at), nil
	case s.State == Open && s.Stop != "":
		next := s.next()
		next.Stop, next.Since = "", at
		step, _ := s.Current()
		next.tell(at, Retried, step.Name, string(s.Stop))
		return next, nil, nil
	}
	return s, nil, nil
}

// resumeMails is how many links a signup is mailed at most.
const resumeMails = 5

// MailResume asks for a mail with a link by which the customer goes on later, on whatever device. Above a number of them nothing is sent,
// and nothing is told.
func (s Signup) MailResume(at time.Time) (Signup, []event.Data, error) {
	switch {
	case s.State == Expired:
		return s, nil, ErrExpired
	case s.Customer == "":
		return s, nil, ErrNoAddress
	case s.ResumeMails >= resumeMails:
		return s, nil, nil
	}
	next := s.next()
	return next, next.mail(at), nil
}

// mail asks for that mail where it can be sent. s is changed already.
func (s *Signup) mail(at time.Time) []event.Data {
	if s.Customer == "" || s.ResumeMails >= resumeMails {
		return nil
	}
	s.ResumeMails++
	s.tell(at, ResumeMailed, "", "")
	return []event.Data{event.SignupResumeRequested{SignupID: s.ID, CustomerID: s.Customer}}
}
