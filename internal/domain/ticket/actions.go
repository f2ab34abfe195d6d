package ticket

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/freetext"
)

// errAuthor is a slip of a caller: functions open tickets, people talk in them.
var errAuthor = errors.New("ticket: only customers and staff write messages, and only staff write notes")

// waitsFor is whose turn it is after somebody's message.
var waitsFor = map[Kind]Status{Customer: Open, Staff: Pending}

// note is what a note is to its event, beside the kinds of authors.
const note = "note"

// Write adds a message: after the customer's the ticket waits for staff, after one of staff for the customer. A ticket that
// was resolved is not any more.
func (t Ticket) Write(ctx context.Context, by Author, body string, at time.Time) (Change, error) {
	next, ok := waitsFor[by.Kind]
	if !ok {
		return Change{}, errAuthor
	}
	if err := t.takes(body, t.Messages); err != nil {
		return Change{}, err
	}
	is := t.moved(next, by, at)
	is.Messages, is.LastMessageAt = is.Messages+1, at
	c := Change{Ticket: is, Message: &Message{Ticket: t.ID, Number: is.Messages, Author: by, Body: body, At: at}}
	if t.Status == Resolved {
		c.Events = append(c.Events, event.New(ctx, t.Tenant, at, event.TicketReopened{TicketID: t.ID, CustomerID: t.Customer}))
	}
	c.Events = append(c.Events, event.New(ctx, t.Tenant, at,
		event.TicketAnswered{TicketID: t.ID, CustomerID: t.Customer, By: string(by.Kind), Number: is.Messages}))
	return c, nil
}

// WriteNote adds a note of staff to staff. The customer is not to learn that it exists: nothing that they see moves.
func (t Ticket) WriteNote(ctx context.Context, by Author, body string, at time.Time) (Change, error) {
	if by.Kind != Staff {
		return Change{}, errAuthor
	}
	if err := t.takes(body, t.Notes); err != nil {
		return Change{}, err
	}
	is := t.moved(t.Status, by, at)
	is.Notes++
	return Change{Ticket: is, Message: &Message{Ticket: t.ID, Number: is.Messages, Note: is.Notes, Author: by, Body: body, At: at},
		Events: []event.Envelope{event.New(ctx, t.Tenant, at,
			event.TicketAnswered{TicketID: t.ID, CustomerID: t.Customer, By: note, Number: is.Messages})}}, nil
}

// takes tells why a ticket with so many texts of a sort does not take one more; nil when it does.
func (t Ticket) takes(body string, has int64) error {
	switch {
	case !t.ErasedAt.IsZero():
		return ErrErased
	case has >= MessagesMax:
		return ErrFull
	}
	return freetext.Text("body.body", body, BodyMax)
}

// Resolve says that the ticket is done. One that is resolved stays as it is.
func (t Ticket) Resolve(ctx context.Context, by Author, at time.Time) Change {
	if t.Status == Resolved {
		return Change{Ticket: t}
	}
	return Change{Ticket: t.moved(Resolved, by, at), Events: []event.Envelope{event.New(ctx, t.Tenant, at,
		event.TicketResolved{TicketID: t.ID, CustomerID: t.Customer, By: string(by.Kind)})}}
}

// Update is what staff change of a ticket; nil stays.
type Update struct {
	Assignee *string // empty for nobody
	Priority *Priority
	Category *Category
}

// Update changes what is given and differs. When nothing does, the ticket stays as it is.
func (t Ticket) Update(ctx context.Context, u Update, by Author, at time.Time) (Change, error) {
	is, fields := t, []string{}
	if u.Assignee != nil && *u.Assignee != t.Assignee {
		is.Assignee, fields = *u.Assignee, append(fields, "assignee")
	}
	if u.Priority != nil && *u.Priority != t.Priority {
		is.Priority, fields = *u.Priority, append(fields, "priority")
	}
	if u.Category != nil && *u.Category != t.Category {
		is.Category, fields = *u.Category, append(fields, "category")
	}
	if err := errors.Join(known("body.category", categories, is.Category), known("body.priority", priorities, is.Priority)); err != nil {
		return Change{}, err
	}
	if len(fields) == 0 {
		return Change{Ticket: t}, nil
	}
	return Change{Ticket: is.moved(t.Status, by, at), Events: []event.Envelope{event.New(ctx, t.Tenant, at,
		event.TicketUpdated{TicketID: t.ID, CustomerID: t.Customer, Fields: fields})}}, nil
}

// Erase takes the subject away and lets nothing be written any more; ids, statuses and times stay. The messages are for the
// store to erase after it. One that is erased stays as it is.
func (t Ticket) Erase(at time.Time) Ticket {
	if !t.ErasedAt.IsZero() {
		return t
	}
	is := t.moved(t.Status, Author{}, at)
	is.Subject, is.ErasedAt = "", at
	return is
}

// Erase takes a message's text away.
func (m Message) Erase() Message {
	m.Body, m.Erased = "", true
	return m
}
