package tickets

import (
	"time"

	"turnup/internal/base/id"
	"turnup/internal/domain/maintenance"
	"turnup/internal/domain/ticket"
)

// Summary is a ticket without what was written in it. (huma reads embedded structs only when they are exported.)
type Summary struct {
	TicketID      id.Ticket       `json:"ticketId" doc:"Id of the ticket" example:"tic_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	CustomerID    id.Customer     `json:"customerId" doc:"Whose ticket it is" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Subject       string          `json:"subject" doc:"What it is about, in a line; empty when it was erased" example:"No picture since this morning"`
	Category      ticket.Category `json:"category" enum:"account,billing,technical,other" doc:"What it is about" example:"technical"`
	Status        ticket.Status   `json:"status" enum:"open,pending,resolved" doc:"open waits for staff, pending for the customer; resolved is done until somebody writes again" example:"open"`
	OpenedAt      time.Time       `json:"openedAt" doc:"When it was opened" example:"2030-01-01T12:10:00Z"`
	LastMessageAt time.Time       `json:"lastMessageAt" doc:"When somebody last wrote to somebody" example:"2030-01-01T12:10:00Z"`
	ResolvedAt    *time.Time      `json:"resolvedAt,omitempty" doc:"When it was resolved; absent when it is not" example:"2030-01-01T14:00:00Z"`
	Messages      int64           `json:"messageCount" doc:"How many messages there are" example:"1"`
	Erased        bool            `json:"erased,omitempty" doc:"Its texts were erased with its customer" example:"false"`
	Priority      ticket.Priority `json:"priority,omitempty" enum:"low,normal,high,urgent" doc:"For staff: how urgent it is" example:"normal"`
	Assignee      string          `json:"assignee,omitempty" doc:"For staff: who of them looks after it; absent for nobody" example:"stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Notes         *int64          `json:"noteCount,omitempty" doc:"For staff: how many notes there are besides" example:"0"`
}

type author struct {
	Kind ticket.Kind `json:"kind" enum:"customer,staff,system" doc:"What they are to the ticket" example:"staff"`
	ID   string      `json:"id,omitempty" doc:"Of the customer; for staff also who of them it was" example:"stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type message struct {
	Number   int64     `json:"number" doc:"Of the message, from 1; of a note, that of the message before it" example:"1"`
	Author   author    `json:"author" doc:"Who wrote it"`
	At       time.Time `json:"at" doc:"When" example:"2030-01-01T12:10:00Z"`
	Body     string    `json:"body" doc:"What they wrote, as it was given: show it as text, never as markup; empty when it was erased" example:"The box says E-12."`
	Internal bool      `json:"internal,omitempty" doc:"For staff: it is a note that the customer does not see" example:"false"`
	Erased   bool      `json:"erased,omitempty" doc:"Its text was erased with its customer" example:"false"`
}

type transition struct {
	Status ticket.Status `json:"status" enum:"open,pending,resolved" doc:"Status it moved to" example:"open"`
	At     time.Time     `json:"at" doc:"When" example:"2030-01-01T12:10:00Z"`
	By     author        `json:"by" doc:"Who moved it"`
}

// work is maintenance that may be behind a ticket.
type work struct {
	MaintenanceID id.Maintenance `json:"maintenanceId" doc:"Id of the maintenance" example:"chg-2030-0017"`
	Start         time.Time      `json:"start" doc:"When it began" example:"2030-01-01T12:00:00Z"`
	End           time.Time      `json:"end" doc:"When it is over" example:"2030-01-01T14:00:00Z"`
	Note          string         `json:"note" doc:"What our network operations say of it" example:"We replace a line card. The internet may be interrupted for some minutes."`
	Over          bool           `json:"over" doc:"Whether it is over" example:"false"`
}

type view struct {
	Summary
	Maintenance []work       `json:"maintenance" nullable:"false" doc:"Announced work on the network at the customer's lines that was under way when the ticket was opened, or is now, while the ticket is not resolved; what began first first, and empty of none"`
	History     []transition `json:"history" nullable:"false" doc:"Transitions, the first one first"`
	Talk        []message    `json:"messages" nullable:"false" doc:"What was written, in order, a page of it"`
	NextCursor  string       `json:"nextCursor,omitempty" doc:"Present when there are more messages" example:"TVNHIzAwMDA1MA"`
}

// summaryOf shows a ticket to staff, or to its customer.
func summaryOf(t ticket.Ticket, toStaff bool) Summary {
	s := Summary{TicketID: t.ID, CustomerID: t.Customer, Subject: t.Subject, Category: t.Category, Status: t.Status, OpenedAt: t.OpenedAt,
		LastMessageAt: t.LastMessageAt, Messages: t.Messages, Erased: !t.ErasedAt.IsZero()}
	if t.Status == ticket.Resolved {
		s.ResolvedAt = &t.ResolvedAt
	}
	if toStaff {
		s.Priority, s.Assignee, s.Notes = t.Priority, t.Assignee, &t.Notes
	}
	return s
}

func authorView(a ticket.Author, toStaff bool) author {
	if toStaff || a.Kind == ticket.Customer {
		return author{a.Kind, a.ID}
	}
	return author{Kind: a.Kind}
}

func messageView(m ticket.Message, toStaff bool) message {
	return message{Number: m.Number, Author: authorView(m.Author, toStaff), At: m.At, Body: m.Body, Internal: m.Note > 0, Erased: m.Erased}
}

func viewOf(t ticket.Ticket, page []ticket.Message, works []maintenance.Window, toStaff bool, now time.Time) view {
	v := view{Summary: summaryOf(t, toStaff), Maintenance: []work{}, History: []transition{}, Talk: []message{}}
	for _, w := range works {
		v.Maintenance = append(v.Maintenance, work{w.ID, w.Start, w.End, w.Note, w.State(now) == maintenance.Over})
	}
	for _, h := range t.History {
		v.History = append(v.History, transition{h.Status, h.At, authorView(h.By, toStaff)})
	}
	for _, m := range page {
		v.Talk = append(v.Talk, messageView(m, toStaff))
	}
	return v
}

var (
	exampleAt       = time.Date(2030, 1, 1, 12, 10, 0, 0, time.UTC)
	exampleCustomer = ticket.Author{Kind: ticket.Customer, ID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}
	exampleStaff    = ticket.Author{Kind: ticket.Staff, ID: "stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}
	exampleMessage  = ticket.Message{Number: 1, Author: exampleCustomer, Body: "The box says E-12.\nI have switched it off and on.", At: exampleAt}
	exampleAnswer   = ticket.Message{Number: 2, Author: exampleStaff, Body: "Please press the button at its back for five seconds.", At: exampleAt.Add(5 * time.Minute)}
	exampleWorks    = []maintenance.Window{{ID: "chg-2030-0017", Terms: maintenance.Terms{Start: exampleAt.Add(-10 * time.Minute), End: exampleAt.Add(110 * time.Minute),
		Note: "We replace a line card. The internet may be interrupted for some minutes."}}}
	exampleNote = ticket.Message{Number: 1, Note: 1, Author: exampleStaff, Body: "Third one with this firmware today.", At: exampleAt.Add(3 * time.Minute)}
	exampleNew  = ticket.Ticket{Customer: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", ID: "tic_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Subject: "No picture since this morning",
		Category: ticket.Technical, Priority: ticket.Normal, Status: ticket.Open, OpenedAt: exampleAt, LastMessageAt: exampleAt, Messages: 1,
		History: []ticket.Transition{{Status: ticket.Open, At: exampleAt, By: exampleCustomer}}}
	examplePending = func() ticket.Ticket {
		t := exampleNew
		t.Status, t.Priority, t.Assignee, t.Messages, t.Notes, t.LastMessageAt = ticket.Pending, ticket.High, exampleStaff.ID, 2, 1, exampleAnswer.At
		t.History = append(t.History[:1:1], ticket.Transition{Status: ticket.Pending, At: exampleAnswer.At, By: exampleStaff})
		return t
	}()
)
