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
	"turnup/internal/domain/ticket"
	"turnup/internal/platform/rest"
)

// resolution is what resolving answers. It is stored with the key, so it holds no text.
type resolution struct {
	TicketID   id.Ticket     `json:"ticketId" doc:"Id of the ticket" example:"tic_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Status     ticket.Status `json:"status" enum:"resolved" doc:"What it is now" example:"resolved"`
	ResolvedAt time.Time     `json:"resolvedAt" doc:"When it was resolved" example:"2030-01-01T14:00:00Z"`
}

type resolveOutput struct {
	Body resolution
}

func (s service) registerResolve(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "resolveTicket", Method: http.MethodPost, Path: "/tickets/{ticketId}/resolve", Audience: rest.Person, Roles: desk, Early: token.Profile, Service: Service,
		Summary: "Resolve a ticket",
		About:   "Says that nothing is left to do. The customer can, and staff. Resolving one that is resolved changes nothing and answers the same. Who writes to it later opens it again.",
		Events:  []string{string(event.TypeTicketResolved)},
		Faults:  []*fault.Fault{ticket.ErrUnknown},
		Answer:  resolution{exampleNew.ID, ticket.Resolved, exampleAt.Add(time.Hour)},
	}, s.resolveTicket)
}

func (s service) resolveTicket(ctx context.Context, in *struct{ TicketPath }) (*resolveOutput, error) {
	done, err := once.Do(ctx, s.Store, rest.Once(ctx, "resolveTicket", in), func(use *once.Use) (done resolution, err error) {
		err = s.change(ctx, use, in.TicketID, func(t ticket.Ticket, now time.Time) (ticket.Change, error) {
			c := t.Resolve(ctx, authorOf(rest.CallerOf(ctx)), now)
			done = resolution{c.Ticket.ID, c.Ticket.Status, c.Ticket.ResolvedAt}
			return c, use.Answer(done)
		})
		return done, err
	})
	if err != nil {
		return nil, err
	}
	return &resolveOutput{done}, nil
}
