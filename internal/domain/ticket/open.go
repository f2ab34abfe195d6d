package ticket

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/freetext"
	"turnup/internal/base/id"
)

// Opening is what a ticket is opened with.
type Opening struct {
	Tenant    id.Tenant
	Customer  id.Customer // whose it is, whoever opens it
	By        Author
	Subject   string
	Body      string // of the first message
	Category  Category
	Priority  Priority // Normal when empty
	TestClock id.TestClock
	// Cause is the id of what made a function open the ticket, for example of a failed order; empty of people. One cause
	// makes one ticket, however often somebody is told of it.
	Cause string
}

// errCause is a slip of a caller, which no request can cause.
var errCause = errors.New("ticket: a cause is a prefixed id, and only the system has one")

// Open makes the ticket with its first message. It is open whoever opens it: it is new to the desk.
func (o Opening) Open(ctx context.Context, at time.Time) (Change, error) {
	if o.Priority == "" {
		o.Priority = Normal
	}
	if err := o.valid(); err != nil {
		return Change{}, err
	}
	ticketID, err := o.id(at)
	if err != nil {
		return Change{}, err
	}
	t := Ticket{Tenant: o.Tenant, Customer: o.Customer, ID: ticketID, Subject: o.Subject, Category: o.Category, Priority: o.Priority, OpenedAt: at,
		LastMessageAt: at, Messages: 1, TestClock: o.TestClock}.moved(Open, o.By, at)
	return Change{Ticket: t, Message: &Message{Ticket: t.ID, Number: 1, Author: o.By, Body: o.Body, At: at},
		Events: []event.Envelope{event.New(ctx, t.Tenant, at,
			event.TicketOpened{TicketID: t.ID, CustomerID: t.Customer, Category: string(t.Category), Priority: string(t.Priority)})}}, nil
}

func (o Opening) valid() error {
	if err := freetext.Line("body.subject", o.Subject, SubjectMax); err != nil {
		return err
	}
	if err := freetext.Text("body.body", o.Body, BodyMax); err != nil {
		return err
	}
	return errors.Join(known("body.category", categories, o.Category), known("body.priority", priorities, o.Priority))
}

// known refuses a value that is none of those there are. Requests cannot name one: their schema lists the same.
func known[T comparable](field string, all []T, v T) error {
	if slices.Contains(all, v) {
		return nil
	}
	return fault.ErrInvalid.Naming(field, "there is no such value")
}

// id makes a new id, or the one that follows from the cause: it shares its ULID.
func (o Opening) id(at time.Time) (id.Ticket, error) {
	_, unique, found := strings.Cut(o.Cause, "_")
	switch {
	case o.Cause == "" && o.By.Kind != System:
		return id.New[id.Ticket](id.TicketPrefix, at), nil
	case o.By.Kind != System || !found || len(unique) != ulidLength:
		return "", errCause
	}
	return id.Ticket(id.TicketPrefix + unique), nil
}

const ulidLength = 26
