package tickets

import (
	"context"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/ticket"
	"turnup/internal/platform/rest"
)

// unassigned is the assignee of tickets that nobody looks after, in a filter.
const unassigned = "none"

type listInput struct {
	Status     ticket.Status   `query:"status" enum:"open,pending,resolved" doc:"Only tickets in this status" example:"open"`
	CustomerID id.Customer     `query:"customerId" maxLength:"40" pattern:"^cus_[0-9A-Z]{26}$" patternDescription:"a customer id" doc:"For staff: only this customer's tickets" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Assignee   string          `query:"assignee" maxLength:"64" pattern:"^[A-Za-z0-9._@-]+$" patternDescription:"a member of staff, or none" doc:"For staff: only tickets that this member of staff looks after; none for those that nobody does" example:"stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Priority   ticket.Priority `query:"priority" enum:"low,normal,high,urgent" doc:"For staff: only tickets of this priority" example:"urgent"`
	Category   ticket.Category `query:"category" enum:"account,billing,technical,other" doc:"For staff: only tickets of this category" example:"billing"`
	Limit      int32           `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Most tickets a page"`
	Cursor     string          `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"b3BlbiMyI3RpY18wMUpEM1E2VjZLOE00SDBXWjBWNVEzWTFYQQ"`
}

type page struct {
	Tickets    []Summary `json:"tickets" nullable:"false" doc:"In the order described"`
	NextCursor string    `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"b3BlbiMyI3RpY18wMUpEM1E2VjZLOE00SDBXWjBWNVEzWTFYQQ"`
}

type pageOutput struct {
	Body page
}

func (s service) registerList(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "listTickets", Method: http.MethodGet, Path: "/tickets", Audience: rest.Person, Roles: desk, Early: token.Profile, Service: Service,
		Summary: "List tickets",
		About: "Customers see their own, newest first. Staff see the desk: all that are not resolved, first those that wait for staff, then those that wait for their customer, of each the most urgent first, " +
			"then the oldest; with a status only those, where of resolved ones the last resolved is first; with customerId all of this customer, newest first. " +
			"The list is eventually consistent: what was just changed shows within a second. A ticket that moves while the pages are read may be on two of them, or on none.",
		Faults: []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")},
		Answer: page{Tickets: []Summary{summaryOf(exampleNew, false)}}, Variants: map[string]any{"to staff": page{Tickets: []Summary{summaryOf(exampleNew, true), summaryOf(examplePending, true)}}},
	}, s.listTickets)
}

func (s service) listTickets(ctx context.Context, in *listInput) (*pageOutput, error) {
	caller := rest.CallerOf(ctx)
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	f := ticket.Filter{Status: in.Status, Priority: in.Priority, Category: in.Category}
	if in.Assignee != "" {
		f.Assignee = &in.Assignee
		if in.Assignee == unassigned {
			f.Assignee = new(string)
		}
	}
	owner := in.CustomerID
	if !atDesk(caller) {
		if err := in.own(); err != nil {
			return nil, err
		}
		owner = caller.Customer
	}
	var found []ticket.Ticket
	var next string
	if owner != "" {
		found, next, err = s.Store.CustomerTickets(ctx, caller.Tenant, owner, f, after, in.Limit)
	} else {
		found, next, err = s.Store.TicketQueue(ctx, caller.Tenant, f, after, in.Limit)
	}
	if err != nil {
		return nil, err
	}
	out := page{Tickets: make([]Summary, len(found)), NextCursor: rest.Cursor(next)}
	for i, t := range found {
		out.Tickets[i] = summaryOf(t, atDesk(caller))
	}
	return &pageOutput{out}, nil
}

// own refuses what a customer may not look for: theirs are the only ones they see, and the desk's marks are not for them.
func (in *listInput) own() error {
	for _, q := range []struct{ name, value string }{
		{"customerId", string(in.CustomerID)}, {"assignee", in.Assignee}, {"priority", string(in.Priority)}, {"category", string(in.Category)}} {
		if q.value != "" {
			return staffOnly("query." + q.name)
		}
	}
	return nil
}
