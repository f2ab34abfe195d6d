package tickets

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/ticket"
	"turnup/internal/platform/rest"
)

type createInput struct {
	Body question
}

type question struct {
	Subject    string          `json:"subject" minLength:"1" maxLength:"200" doc:"What it is about, in a line" example:"No picture since this morning"`
	Body       string          `json:"body" minLength:"1" maxLength:"10000" doc:"The first message. Plain text; line feeds and tabs are kept" example:"The box says E-12."`
	Category   ticket.Category `json:"category" enum:"account,billing,technical,other" doc:"What it is about" example:"technical"`
	CustomerID id.Customer     `json:"customerId,omitempty" maxLength:"40" pattern:"^cus_[0-9A-Z]{26}$" patternDescription:"a customer id" doc:"For staff, who must say it: whose ticket it is. Refused of customers, whose own it is" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Priority   ticket.Priority `json:"priority,omitempty" enum:"low,normal,high,urgent" doc:"For staff: how urgent it is, normal unless they say otherwise. Refused of customers" example:"high"`
}

type summaryOutput struct {
	Body Summary
}

// made is what is remembered of a ticket that was opened: the rest of the answer is in the request, whose repetition is the same.
// No text of a customer is kept with a key.
type made struct {
	TicketID id.Ticket `json:"ticketId"`
	At       time.Time `json:"at"`
}

func (s service) registerCreate(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "createTicket", Method: http.MethodPost, Path: "/tickets", Audience: rest.Person, Roles: desk, Early: token.Profile, Service: Service, Status: http.StatusCreated,
		Summary: "Open a ticket",
		About: "Asks support for help, with a first message. Staff open one for a customer whom they name. It is open at once, and support is told within seconds. " +
			"Texts that hold what looks like a card number are refused.",
		Events:  []string{string(event.TypeTicketOpened)},
		Faults:  []*fault.Fault{account.ErrUnknown},
		Request: question{Subject: exampleNew.Subject, Body: exampleMessage.Body, Category: exampleNew.Category},
		Answer:  summaryOf(exampleNew, false), Variants: map[string]any{"to staff": summaryOf(exampleNew, true)},
	}, s.createTicket)
}

func (s service) createTicket(ctx context.Context, in *createInput) (*summaryOutput, error) {
	o, err := openingOf(rest.CallerOf(ctx), in.Body)
	if err != nil {
		return nil, err
	}
	done, err := once.Do(ctx, s.Store, rest.Once(ctx, "createTicket", in), func(use *once.Use) (made, error) {
		return s.open(ctx, use, o)
	})
	if err != nil {
		return nil, err
	}
	return &summaryOutput{summaryOf(ticket.Ticket{ID: done.TicketID, Customer: o.Customer, Subject: o.Subject, Category: o.Category, Priority: o.Priority, Status: ticket.Open,
		OpenedAt: done.At, LastMessageAt: done.At, Messages: 1}, atDesk(rest.CallerOf(ctx)))}, nil
}

func (s service) open(ctx context.Context, use *once.Use, o ticket.Opening) (made, error) {
	customer, err := s.Store.Customer(ctx, o.Tenant, o.Customer)
	if err != nil {
		return made{}, unknown(err)
	}
	o.TestClock = customer.TestClock
	now, err := s.Store.Now(ctx, o.Tenant, o.TestClock)
	if err != nil {
		return made{}, err
	}
	c, err := o.Open(ctx, now)
	if err != nil {
		return made{}, err
	}
	done := made{c.Ticket.ID, now}
	if err := use.Answer(done); err != nil {
		return made{}, err
	}
	return done, s.Store.OpenTicket(ctx, use, c)
}

// openingOf is what the caller opens a ticket with: for themselves, or as staff for the customer they name.
func openingOf(c rest.Caller, q question) (ticket.Opening, error) {
	o := ticket.Opening{Tenant: c.Tenant, Customer: c.Customer, By: authorOf(c), Subject: q.Subject, Body: q.Body, Category: q.Category, Priority: q.Priority}
	switch {
	case atDesk(c) && q.CustomerID == "":
		return o, fault.ErrInvalid.Naming("body.customerId", "staff say whose ticket it is")
	case atDesk(c):
		o.Customer = q.CustomerID
	case q.CustomerID != "":
		return o, staffOnly("body.customerId")
	case q.Priority != "":
		return o, staffOnly("body.priority")
	}
	if o.Priority == "" {
		o.Priority = ticket.Normal
	}
	return o, nil
}
