package signup

import (
	"strings"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
)

// ask asks for the contract, for the first time or again. s is changed already.
func (s *Signup) ask(at time.Time) []event.Data {
	s.State, s.Since, s.Reason, s.BankURL, s.Stop, s.Late = Requested, at, "", "", "", false
	s.Attempt++
	s.tell(at, Asked, "", "")
	asked := event.SignupRequested{SignupID: s.ID, ClientID: s.Tenant, Flow: s.Flow.Name, CustomerID: s.Customer, Profile: s.Profile, SubscriptionID: s.Upgrades, PlanID: s.Plan.ItemID,
		PlanVersion: s.PlanVersion, Price: s.Plan.Price, Attempt: s.Attempt}
	if !s.Flow.RequestedTmp {
		return []event.Data{asked}
	}
	return []event.Data{asked, event.SignupRequestedTmp{SignupRequested: asked, Customer: generated(s.ID)}}
}

// generated is a customer made up of a signup's id.
func generated(s id.Signup) event.GeneratedCustomer {
	number := strings.ToLower(strings.TrimPrefix(string(s), id.SignupPrefix))
	number = number[max(0, len(number)-10):]
	return event.GeneratedCustomer{Number: "G-" + number, Name: "Generated Customer " + number, Email: number + "@generated.invalid"}
}

// BankAsks remembers where the customer's bank wants them before it lets the attempt be charged.
func (s Signup) BankAsks(attempt int, url string, at time.Time) Signup {
	if s.State != Requested || s.Attempt != attempt || s.Contract.Signed() || s.BankURL == url {
		return s
	}
	next := s.next()
	next.BankURL = url
	next.tell(at, BankAsked, "", "")
	return next
}

// ContractSigned collects the contract. Whatever else is told of it later changes nothing.
func (s Signup) ContractSigned(c Contract, at time.Time) (Signup, []event.Data) {
	if s.Contract.Signed() || s.State != Requested && s.State != Failed {
		return s, nil
	}
	if s.Upgrades != "" { // the order is that of the contract as it was
		c.Order = ""
	}
	next := s.next()
	next.State, next.Contract, next.BankURL, next.Reason, next.Since, next.Late = Requested, c, "", "", at, false
	next.tell(at, Signed, "", string(c.Subscription))
	return next.collected(at)
}

// ContractFailed ends an attempt at the contract; one that is over, or that succeeded after all, is not touched.
func (s Signup) ContractFailed(attempt int, reason string, at time.Time) (Signup, []event.Data) {
	if s.State != Requested || s.Attempt != attempt || s.Contract.Signed() {
		return s, nil
	}
	next := s.next()
	next.State, next.Reason, next.Since, next.BankURL, next.Late = Failed, reason, at, "", false
	next.tell(at, NotSigned, "", reason)
	events := []event.Data{event.SignupFailed{SignupID: s.ID, Flow: s.Flow.Name, CustomerID: s.Customer, Attempt: attempt, Reason: reason}}
	if s.Late {
		events = append(events, next.mail(at)...)
	}
	return next, events
}

// ThankYouPublished collects the thank-you page. The first address counts; who publishes before the pages are done is out of order.
func (s Signup) ThankYouPublished(url string, at time.Time) (Signup, []event.Data, error) {
	switch {
	case s.State == Open && s.Attempt == 0:
		return s, nil, ErrOutOfOrder
	case s.ThankYou != "", s.State == Expired:
		return s, nil, nil
	}
	next := s.next()
	next.ThankYou = url
	next.tell(at, Published, "", "")
	next, events := next.collected(at)
	return next, events, nil
}

// collected completes a signup that has both. s is changed already.
func (s Signup) collected(at time.Time) (Signup, []event.Data) {
	if !s.Contract.Signed() || s.ThankYou == "" {
		return s, nil
	}
	s.State, s.Since, s.EndedAt = Completed, at, at
	s.tell(at, Finished, "", "")
	return s, []event.Data{event.SignupCompleted{SignupID: s.ID, Flow: s.Flow.Name, CustomerID: s.Customer, OrderID: s.Contract.Order, URL: s.ThankYou, Late: s.Promised}}
}
