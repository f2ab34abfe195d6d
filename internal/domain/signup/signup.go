// Package signup coordinates how somebody comes from a plan to its contract over the pages of several systems. It owns the order of the
// pages, where the customer goes next, how long each answer may take, and what they see when one does not come.
//
// It does not own the pages (other systems: they are given a return address, and use it), nor customers, payment methods and contracts, of
// which it knows ids. The flow from its sides is README.md beside this file.
package signup

import (
	"slices"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
)

// The faults of signups.
var (
	// ErrUnknown is answered to a signup that does not exist or is another client account's.
	ErrUnknown    = fault.New(fault.NotFound, "signup_not_found", "We do not know this signup. Please choose a plan again.", "customer")
	ErrOutOfOrder = fault.New(fault.Conflict, "signup_step_out_of_order", "Another step comes first. Please go on with that one.", "customer")
	ErrFilled     = fault.New(fault.Conflict, "signup_step_filled", "This step was already done with other details.", "customer")
	ErrIncomplete = fault.New(fault.Invalid, "signup_return_incomplete", "The page you came from did not tell us what we need. Please try this step again.", "integrator")
	ErrExpired    = fault.New(fault.Gone, "signup_expired", "This signup has expired. Please choose a plan again.", "customer")
	ErrNoAddress  = fault.New(fault.Conflict, "signup_mail_unknown", "We do not know your mail address yet. Please go on in this browser.", "customer")
	// ErrEarly is the answer to an event about a signup that is not there, or not so far yet: it is tried again, then parked.
	ErrEarly = fault.New(fault.Unavailable, "signup_event_early", "Something was said of a signup that is not so far.", "operator")
	// ErrMoved is answered when somebody else changed the signup at the same moment, again and again.
	ErrMoved = fault.New(fault.Unavailable, "signup_moved", "Something else happened to your signup at the same moment. Please try again.", "customer")
)

// State of a signup.
type State string

// The states, and all there are.
const (
	Open      State = "open"      // the customer is on the pages
	Requested State = "requested" // the pages are done; contract and thank-you page are collected
	Failed    State = "failed"    // the contract could not be created; the customer may try again
	Completed State = "completed" // contract and thank-you page are there
	Expired   State = "expired"   // abandoned; nothing of its customer is left
)

// Stop is why a signup that is open does not go on by itself. Trying again, or the answer itself, ends it.
type Stop string

// The stops.
const (
	Cancelled   Stop = "cancelled"        // by the customer, on a page
	PageFailed  Stop = "page_failed"      // the page said that it could not do its work
	TimedOut    Stop = "timed_out"        // no answer within the step's limit
	Unavailable Stop = "page_unavailable" // the page could not be presented
)

// Fact is what the history tells.
type Fact string

// The facts.
const (
	Began        Fact = "began"
	Done         Fact = "step_completed"
	Stopped      Fact = "stopped"
	Retried      Fact = "retried"
	Asked        Fact = "requested"
	BankAsked    Fact = "bank_asked"
	Signed       Fact = "contract_signed"
	NotSigned    Fact = "contract_failed"
	LimitPassed  Fact = "limit_passed"
	Published    Fact = "thank_you_page_published"
	Finished     Fact = "completed"
	GivenUp      Fact = "expired"
	ResumeMailed Fact = "resume_link_requested"
)

// Entry of the history.
type Entry struct {
	At     time.Time `json:"at" dynamodbav:"at" doc:"When" example:"2030-01-01T12:10:00Z"`
	Fact   Fact      `json:"fact" dynamodbav:"fact" doc:"What became true" enum:"began,step_completed,stopped,retried,requested,bank_asked,contract_signed,contract_failed,limit_passed,thank_you_page_published,completed,expired,resume_link_requested" example:"step_completed"`
	Step   string    `json:"step,omitempty" dynamodbav:"step,omitempty" doc:"Of which step" example:"register"`
	Detail string    `json:"detail,omitempty" dynamodbav:"detail,omitempty" doc:"Why, or by whom" example:"turnup"`
}

// Signup is one on its way. The flow is as it was when it began: changing the flow changes later signups.
type Signup struct {
	Tenant      id.Tenant
	ID          id.Signup
	Flow        Flow
	Country     string // whose catalogue the plan is of
	Plan        lineitem.Line
	PlanVersion int64
	Upgrades    id.Subscription `dynamodbav:",omitempty"` // of an existing customer
	State       State
	Since       time.Time // of the state, or the step, or what is waited for
	Step        int       // index of the page that is next; as many as there are when all are done
	Stop        Stop      `dynamodbav:",omitempty"`
	Late        bool      // a limit passed while it is requested: the customer is shown something else meanwhile
	Promised    bool      // and was told that we will mail them
	Customer    id.Customer
	Profile     id.Method
	Refused     []id.Method `dynamodbav:",omitempty"` // that were declined: their returns are worth nothing any more
	Attempt     int         // of the contract; 0 before the first
	Reason      string      `dynamodbav:",omitempty"` // why the contract could not be created
	BankURL     string      `dynamodbav:",omitempty"` // where the customer's bank wants them
	Contract    Contract
	ThankYou    string `dynamodbav:",omitempty"` // the page's address
	ResumeMails int
	History     []Entry
	BeganAt     time.Time
	EndedAt     time.Time // zero while it goes on
	Waits       Waiting
	TestClock   id.TestClock
	Version     int64 // counts changes, from 1
}

// Contract is what a signup led to. An upgrade has no order.
type Contract struct {
	Order        id.Order        `dynamodbav:",omitempty"`
	Subscription id.Subscription `dynamodbav:",omitempty"`
}

// Signed tells whether there is one.
func (c Contract) Signed() bool { return c.Subscription != "" }

// Beginning is what a signup begins with.
type Beginning struct {
	Tenant      id.Tenant
	ID          id.Signup
	Flow        Flow
	Country     string
	Plan        lineitem.Line
	PlanVersion int64
	Customer    id.Customer     // of Existing Business
	Upgrades    id.Subscription // of Existing Business
	TestClock   id.TestClock
}

// Begin makes the signup of a plan.
func Begin(b Beginning, at time.Time) (Signup, []event.Data) {
	s := Signup{Tenant: b.Tenant, ID: b.ID, Flow: b.Flow, Country: b.Country, Plan: b.Plan, PlanVersion: b.PlanVersion, Customer: b.Customer, Upgrades: b.Upgrades, TestClock: b.TestClock,
		State: Open, Since: at, BeganAt: at, Version: 1}
	s.tell(at, Began, "", string(b.Plan.ItemID))
	return s, []event.Data{event.SignupStarted{SignupID: s.ID, Flow: s.Flow.Name, CustomerID: s.Customer, SubscriptionID: s.Upgrades, PlanID: s.Plan.ItemID, PlanVersion: s.PlanVersion, Price: s.Plan.Price}}
}

// Owner is whose timers the signup's timer is among: its customer, or while there is none the signup itself.
func (s Signup) Owner() id.Customer {
	if s.Customer == "" {
		return id.Customer(s.ID)
	}
	return s.Customer
}

// Current is the step the customer is at; false when all are done.
func (s Signup) Current() (Step, bool) {
	if s.Step >= len(s.Flow.Steps) {
		return Step{}, false
	}
	return s.Flow.Steps[s.Step], true
}

// Ended tells whether nothing can happen to it any more.
func (s Signup) Ended() bool { return s.State == Completed || s.State == Expired }

// Hangs tells whether somebody should look at it: it waits longer than it may, or was refused.
func (s Signup) Hangs() bool { return !s.Ended() && (s.Late || s.Stop != "" || s.State == Failed) }

// next is the signup one change later.
func (s Signup) next() Signup {
	s.Version++
	s.History, s.Refused = slices.Clone(s.History), slices.Clone(s.Refused)
	return s
}

// historyKept bounds what somebody who tries again and again can add.
const historyKept = 100

func (s *Signup) tell(at time.Time, f Fact, step, detail string) {
	s.History = append(s.History, Entry{at, f, step, detail})
	if len(s.History) > historyKept {
		s.History = slices.Delete(s.History, 1, 2) // how it began stays
	}
}
