// Package subscription owns contracts: what the customer is bound to, for which price and period, what they are entitled to, and the
// whole billing life of that: first period, renewal, change of plan, dunning with suspension and resumption, pause, cancellation.
//
// Everything here is a decision about one contract at one moment: no method waits, asks or writes. It does not own invoices and taxes
// (invoice), how money is taken (payment), or the network (provisioning). Money is in the prices of the catalogue, tax included.
//
// README.md beside this file has the rules of time and money.
package subscription

import (
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// The faults of subscriptions.
var (
	ErrUnknown = fault.New(fault.NotFound, "subscription_not_found", "There is no such subscription.", "integrator")
	// ErrMoved is returned by the store when somebody else changed the contract at the same moment. Read again.
	ErrMoved  = fault.New(fault.Unavailable, "subscription_moved", "Somebody else changed the subscription at the same moment. Please try again.", "integrator")
	ErrActive = fault.New(fault.Conflict, "subscription_already_active", "You already have this subscription.", "customer")
)

// State of a subscription.
type State string

// The states.
const (
	Pending   State = "pending" // signed and paid; what it gives is being delivered
	Active    State = "active"
	Suspended State = "suspended" // for an unpaid invoice: it gives nothing until that is paid
	Paused    State = "paused"    // by the customer: it gives nothing and costs nothing
	Ended     State = "ended"     // it gives nothing any more, or never did
)

// Entitlement is the customer's right to watch, as the streaming platform asks for it.
type Entitlement struct {
	State  State     `json:"state" dynamodbav:"state" enum:"pending,active,suspended,paused,ended" example:"active"`
	Since  time.Time `json:"since,omitzero" dynamodbav:"since,omitempty" doc:"When it became active"`
	Origin id.Order  `json:"origin" dynamodbav:"origin" doc:"The order that gave it" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

// Span is the part of the billed period for which the plan as it is now was charged: from its first day to the period's end.
type Span struct {
	From   civil.Date `dynamodbav:"f"`
	Amount int64      `dynamodbav:"a"` // what was charged for it, in minor units: never more than this is given back

	Rate   *int64              `dynamodbav:"r,omitempty"` // of the tax in that, in hundredths of a percent; nil, as of a first period, is that of the invoice that bills it
	Exempt *lineitem.Exemption `dynamodbav:"e,omitempty"` // why there was no tax in that
}

// Debt is an invoice that is not paid. The oldest one drives the dunning.
type Debt struct {
	Invoice  id.Invoice `dynamodbav:"i"`
	Since    time.Time  `dynamodbav:"s"`           // when paying it failed first; the ladder counts from here
	Reminded int        `dynamodbav:"r"`           // how many of the ladder's reminders were sent
	Reason   string     `dynamodbav:"y,omitempty"` // why it is not paid, as payments say it
}

// Change is another plan from the end of the period on.
type Change struct {
	Plan        lineitem.Line `dynamodbav:"p"`
	RequestedAt time.Time     `dynamodbav:"r"`
}

// Ending is a cancellation that takes effect later.
type Ending struct {
	On          civil.Date `json:"on" dynamodbav:"on" format:"date" doc:"The first day on which it gives nothing any more" example:"2030-02-01"`
	RequestedAt time.Time  `json:"requestedAt" dynamodbav:"at" doc:"When it was asked for" example:"2030-01-10T12:00:00Z"`
	Reason      string     `json:"reason,omitempty" dynamodbav:"reason,omitempty" doc:"Why, in the customer's words" example:"I am moving"`
}

// Hold keeps staff's promise not to suspend somebody for an unpaid invoice, until a day.
type Hold struct {
	Until  time.Time `json:"until" dynamodbav:"until" doc:"When it ends" example:"2030-02-01T00:00:00Z"`
	By     string    `json:"by" dynamodbav:"by" doc:"Who of the staff" example:"stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Reason string    `json:"reason" dynamodbav:"reason" doc:"Why" example:"Transfer is under way"`
}

// Subscription is one contract.
type Subscription struct {
	Tenant        id.Tenant
	Customer      id.Customer
	ID            id.Subscription
	OrderID       id.Order
	ItemID        id.Item
	Name          string
	Price         money.Amount // of a whole period
	BillingPeriod string       // ISO 8601 duration
	State         State
	SignedAt      time.Time
	EndedAt       time.Time
	Access        *lineitem.Access // of a fibre line; its service runs on the network
	Entitlement   Entitlement

	Zone       string       `dynamodbav:",omitempty"` // in which its days begin, by IANA; fixed when it becomes active
	BillingDay int          `dynamodbav:",omitempty"` // day of the month that the customer chose to be billed on; 0 is the day it becomes active
	Anchor     civil.Date   `dynamodbav:",omitempty"` // periods begin on its day
	Period     civil.Period // that is billed: [From, Until)
	Span       Span
	Billed     id.Invoice `dynamodbav:",omitempty"` // that bills the period, or what was changed in it last
	Credit     int64      `dynamodbav:",omitempty"` // in minor units: taken off what is billed next
	Debts      []Debt     `dynamodbav:",omitempty"` // oldest first
	Announced  civil.Date `dynamodbav:",omitempty"` // the renewal of which the customer was reminded
	Warned     civil.Date `dynamodbav:",omitempty"` // the renewal before which the customer was told that the card will have expired
	Next       *Change    `dynamodbav:",omitempty"`
	Ending     *Ending    `dynamodbav:",omitempty"`
	IdleSince  civil.Date `dynamodbav:",omitempty"` // while suspended or paused: the first day on which it gave nothing
	IdleUntil  civil.Date `dynamodbav:",omitempty"` // of a pause: when it ends by itself
	Held       *Hold      `dynamodbav:",omitempty"`
	Due        time.Time  `dynamodbav:",omitempty"` // when somebody must look after it next; zero is never
	TestClock  id.TestClock
	Version    int64 // counts changes, from 1
}

// Contract is what a new subscription is made of.
type Contract struct {
	Tenant     id.Tenant
	Customer   id.Customer
	ID         id.Subscription
	Order      id.Order
	Line       lineitem.Line
	Paid       int64               // for the first period, in minor units
	Exempt     *lineitem.Exemption // why there was no tax in that
	BillingDay int                 // 0 is the day it becomes active
	From       civil.Date          // with a billing day: the first day that was paid for
	TestClock  id.TestClock
}

// Sign makes the contract of one line.
func Sign(c Contract, at time.Time) Subscription {
	l := c.Line
	return Subscription{Tenant: c.Tenant, Customer: c.Customer, ID: c.ID, OrderID: c.Order, ItemID: l.ItemID, Name: l.Name, Price: l.List(),
		BillingPeriod: l.BillingPeriod, Access: l.Access, State: Pending, SignedAt: at, Entitlement: Entitlement{State: Pending, Origin: c.Order},
		BillingDay: c.BillingDay, Period: civil.Period{From: c.From}, Span: Span{Amount: c.Paid, Exempt: c.Exempt},
		Billed: id.Swap[id.Invoice](c.Order, id.OrderPrefix, id.InvoicePrefix), TestClock: c.TestClock, Version: 1}
}

// Plan is what the contract is for, as a line.
func (s Subscription) Plan() lineitem.Line {
	return lineitem.Line{ItemID: s.ItemID, Name: s.Name, Type: lineitem.Subscription, Price: s.Price, Quantity: 1, BillingPeriod: s.BillingPeriod, Access: s.Access}
}

// with is the contract for another plan.
func (s Subscription) with(l lineitem.Line) Subscription {
	s.ItemID, s.Name, s.Price, s.BillingPeriod = l.ItemID, l.Name, l.Price, l.BillingPeriod
	if l.Access != nil && s.Access != nil {
		access := *l.Access
		access.Location = s.Access.Location
		s.Access = &access
	}
	return s
}

// zone in which the days of the contract begin; one that is not known any more is UTC.
func (s Subscription) zone() *time.Location {
	zone, _ := civil.Zone(s.Zone)
	return zone
}

// Today is the day of a moment for this contract.
func (s Subscription) Today(at time.Time) civil.Date { return civil.On(at, s.zone()) }

// Activate lets the contract begin: its first period starts on the day. A contract of a month may begin with less than one, up to
// the billing day that was chosen: it was charged from the day it was ordered on, and days before it works are credited. Moved is false
// when it was active before, or has ended.
func (s Subscription) Activate(zone string, at time.Time) (next Subscription, moved bool) {
	if s.State != Pending {
		return s, false
	}
	s.State, s.Zone, s.Version = Active, zone, s.Version+1
	s.Entitlement.State, s.Entitlement.Since = Active, at
	today := s.Today(at)
	from := today
	if s.BillingDay > 0 {
		from = s.Period.From
		s.Anchor = civil.Anchor(from, s.BillingDay)
	} else {
		s.Anchor = from
	}
	s.Period = civil.Period{From: from, Until: s.cadence().Around(s.Anchor, from).Until}
	s.Span.From = from
	return s.skipped(from, today), true
}

// cadence of the plan. What is no billing period is billed by months: it was checked when the plan was written.
func (s Subscription) cadence() civil.Cadence { return cadenceOf(s.BillingPeriod) }

func cadenceOf(period string) civil.Cadence {
	c, err := civil.ParseCadence(period)
	if err != nil {
		return civil.Cadence{Months: 1}
	}
	return c
}

// End ends the contract and the entitlement. Moved is false when it had ended before.
func (s Subscription) End(at time.Time) (next Subscription, moved bool) {
	if s.State == Ended {
		return s, false
	}
	s.State, s.EndedAt, s.Version = Ended, at, s.Version+1
	s.Entitlement.State = Ended
	s.Next, s.Ending, s.Held, s.IdleSince, s.IdleUntil = nil, nil, nil, "", ""
	return s, true
}
