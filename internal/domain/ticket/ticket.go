// Package ticket owns a customer's talk with support: what it is about, who is to act next, and who wrote what in which
// order. It is open while it waits for staff, pending while it waits for the customer, and resolved until somebody writes
// to it again.
//
// It does not own who somebody is (account), nor the mails that tell of it (domain/notice), nor who may read what: its
// callers let a customer see their own tickets only, and never a note.
package ticket

import (
	"errors"
	"slices"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// The faults of tickets.
var (
	// ErrUnknown is answered to a ticket id that does not exist, or to a customer whose ticket it is not.
	ErrUnknown = fault.New(fault.NotFound, "ticket_not_found", "There is no such ticket.", "integrator")
	ErrFull    = fault.New(fault.Conflict, "ticket_full", "This ticket has too many messages. Please open a new one.", "customer")
	ErrErased  = fault.New(fault.Conflict, "ticket_erased", "The texts of this ticket were erased. It takes no new ones.", "operator")
	// ErrAssigneeUnknown is for callers to answer: this package knows no staff.
	ErrAssigneeUnknown = fault.New(fault.Invalid, "assignee_unknown", "There is no such member of staff.", "operator")
)

// ErrOpened is what a store answers to a ticket whose cause has one already.
var ErrOpened = errors.New("ticket: there is one of this cause")

// Status says who is to act next.
type Status string

// The statuses, and all there are.
const (
	Open     Status = "open"     // staff
	Pending  Status = "pending"  // the customer
	Resolved Status = "resolved" // nobody
)

// Priority says how urgent a ticket is.
type Priority string

// The priorities.
const (
	Low    Priority = "low"
	Normal Priority = "normal"
	High   Priority = "high"
	Urgent Priority = "urgent"
)

// priorities are in the order in which staff take them.
var priorities = []Priority{Urgent, High, Normal, Low}

// Rank is a priority's place in the order in which staff take them, from 0.
func (p Priority) Rank() int { return slices.Index(priorities, p) }

// Category says what a ticket is about.
type Category string

// The categories.
const (
	Account   Category = "account"
	Billing   Category = "billing"
	Technical Category = "technical"
	Other     Category = "other"
)

var categories = []Category{Account, Billing, Technical, Other}

// Limits of a ticket. Texts count in characters.
const (
	SubjectMax  = 200
	BodyMax     = 10_000
	MessagesMax = 500 // and as many notes
)

// Kind says what somebody is to a ticket.
type Kind string

// The kinds.
const (
	Customer Kind = "customer" // whose ticket it is
	Staff    Kind = "staff"
	System   Kind = "system" // a function that found something which staff must see to
)

// Author is who did something.
type Author struct {
	Kind Kind   `dynamodbav:"kind"`
	ID   string `dynamodbav:"id"` // the customer's id, who of the staff, or the function's name
}

// Transition is one entry of the history.
type Transition struct {
	Status Status    `dynamodbav:"status"`
	At     time.Time `dynamodbav:"at"`
	By     Author    `dynamodbav:"by"`
}

// Ticket is one question or trouble of a customer.
type Ticket struct {
	Tenant        id.Tenant
	Customer      id.Customer // whose it is
	ID            id.Ticket
	Subject       string
	Category      Category
	Priority      Priority
	Status        Status
	Assignee      string // who of the staff looks after it; empty for nobody
	OpenedAt      time.Time
	LastMessageAt time.Time // of what the customer sees; notes do not count
	ResolvedAt    time.Time // the last time; zero when it was not
	ErasedAt      time.Time // when its texts were; zero when they were not
	Messages      int64     // how many the customer sees, which is the number of the last one
	Notes         int64     // how many notes of staff there are besides
	History       []Transition
	TestClock     id.TestClock
	Version       int64 // counts changes, from 1
}

// Message is what somebody wrote. It never changes, but that its text may be erased.
type Message struct {
	Ticket id.Ticket
	Number int64 // of the message, from 1; of a note, that of the message before it
	Note   int64 // which note of the ticket it is, from 1; 0 of what the customer sees
	Author Author
	Body   string
	At     time.Time
	Erased bool
}

// Change is what one decision about a ticket writes, together or not at all. One that changed nothing has the ticket in the
// version it was in.
type Change struct {
	Ticket  Ticket   // as it is afterwards
	Message *Message // that was added; nil when none was
	Events  []event.Envelope
}

// IsOf tells whether a ticket is the customer's.
func (t Ticket) IsOf(c id.Customer) bool { return t.Customer == c }

// moved is the ticket in another status, or in the one it is in, after one more change.
func (t Ticket) moved(to Status, by Author, at time.Time) Ticket {
	t.Version++
	if t.Status == to {
		return t
	}
	t.Status, t.History = to, append(slices.Clone(t.History), Transition{Status: to, At: at, By: by})
	if to == Resolved {
		t.ResolvedAt = at
	}
	return t
}
