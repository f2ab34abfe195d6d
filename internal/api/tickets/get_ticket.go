package tickets

import (
	"context"
	"net/http"
	"slices"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/domain/maintenance"
	"turnup/internal/domain/provisioning"
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
			"and an ETag that goes into If-Match of a change. With it comes the maintenance that may be behind it: what was announced for a line of the customer and was under way when the ticket was opened, " +
			"or is now as long as the ticket is not resolved, so that nobody looks for another cause. The network is worked on by the real time: for people on test clocks it is only what is under way now.",
		Faults: []*fault.Fault{ticket.ErrUnknown, fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")},
		Answer: viewOf(examplePending, []ticket.Message{exampleMessage, exampleAnswer}, exampleWorks, false, exampleAt),
		Variants: map[string]any{
			"to staff": viewOf(examplePending, []ticket.Message{exampleMessage, exampleNote, exampleAnswer}, exampleWorks, true, exampleAt)},
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
	now := rest.Arrived(ctx)
	works, err := s.worksBehind(ctx, t, now)
	if err != nil {
		return nil, err
	}
	out := &viewOutput{Body: viewOf(t, page, works, atDesk(caller), now)}
	out.Body.NextCursor = rest.Cursor(next)
	if atDesk(caller) { // the version counts what customers are not to learn of
		out.ETag = rest.ETag(t.Version)
	}
	return out, nil
}

// worksBehind reads the maintenance of the lines of a ticket's customer that was under way when it was opened, and what is now, while it is
// not resolved. Each is asked for by its moment: what was in between may be much, and is behind nothing.
func (s service) worksBehind(ctx context.Context, t ticket.Ticket, now time.Time) (works []maintenance.Window, err error) {
	var moments []time.Time
	if t.TestClock == "" { // the time of a test clock is not the network's
		moments = append(moments, t.OpenedAt)
	}
	if t.Status != ticket.Resolved {
		moments = append(moments, now)
	}
	if len(moments) == 0 {
		return nil, nil
	}
	lines, _, err := s.Store.ServicesOf(ctx, t.Tenant, t.Customer, "", 0)
	lines = slices.DeleteFunc(lines, func(l provisioning.Service) bool { return l.State == provisioning.Terminated })
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	for _, at := range moments {
		windows, _, err := s.Store.Windows(ctx, t.Tenant, at, at.Add(time.Second), "", 0)
		if err != nil {
			return nil, err
		}
		for _, w := range windows {
			known := slices.ContainsFunc(works, func(other maintenance.Window) bool { return other.ID == w.ID })
			if !known && w.State(at) == maintenance.Running && slices.ContainsFunc(lines, func(l provisioning.Service) bool { return w.Concerns(l.Port.OLT) }) {
				works = append(works, w)
			}
		}
	}
	return works, nil
}
