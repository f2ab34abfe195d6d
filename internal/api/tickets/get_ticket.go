package tickets

import (
	"context"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/domain/ticket"
	"turnup/internal/platform/rest"
)

type getInput struct {
	TicketPath
	Limit  int32  `query:"limit" minimum:"1" maximum:"50" default:"50" doc:"Most messages a page"`
	Cursor string `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"TVNHIzAwMDA1MA"`
}

type viewOutput struct {
	ETag string `header:"ETag" doc:"For staff: version of the ticket, for If-Match" example:"\"3\""`
	Body view
}

func (s service) registerGet(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "getTicket", Method: http.MethodGet, Path: "/tickets/{ticketId}", Audience: rest.Person, Roles: desk, Early: token.Profile, Service: Service,
		Summary: "Read a ticket with its messages",
		About: "Messages are in the order in which they were written, from the first one on, a page of them. Staff also see their notes, each behind the message after which it was written, " +
			"and an ETag that goes into If-Match of a change.",
		Faults: []*fault.Fault{ticket.ErrUnknown, fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")},
		Answer: viewOf(examplePending, []ticket.Message{exampleMessage, exampleAnswer}, false),
		Variants: map[string]any{
			"to staff": viewOf(examplePending, []ticket.Message{exampleMessage, exampleNote, exampleAnswer}, true)},
	}, s.getTicket)
}

func (s service) getTicket(ctx context.Context, in *getInput) (*viewOutput, error) {
	caller := rest.CallerOf(ctx)
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	t, page, next, err := s.Store.Conversation(ctx, caller.Tenant, in.TicketID, atDesk(caller), after, in.Limit)
	if err == nil {
		err = mayReach(caller, t)
	}
	if err != nil {
		return nil, err
	}
	out := &viewOutput{Body: viewOf(t, page, atDesk(caller))}
	out.Body.NextCursor = rest.Cursor(next)
	if atDesk(caller) { // the version counts what customers are not to learn of
		out.ETag = rest.ETag(t.Version)
	}
	return out, nil
}
