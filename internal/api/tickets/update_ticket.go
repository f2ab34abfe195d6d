package tickets

import (
	"context"
	"errors"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/ticket"
	"turnup/internal/platform/rest"
)

type updateInput struct {
	TicketPath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the ticket the change is meant for; another version is refused" example:"\"3\""`
	Body    marks
}

// marks are what the desk says of a ticket; what is absent stays.
type marks struct {
	Assignee *string          `json:"assignee,omitempty" maxLength:"64" pattern:"^[A-Za-z0-9._@-]*$" patternDescription:"a member of staff, or empty" doc:"Who of the staff looks after it: the caller or a colleague with an account; empty for nobody" example:"stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Priority *ticket.Priority `json:"priority,omitempty" enum:"low,normal,high,urgent" doc:"How urgent it is" example:"high"`
	Category *ticket.Category `json:"category,omitempty" enum:"account,billing,technical,other" doc:"What it is about" example:"technical"`
}

type updateOutput struct {
	ETag string `header:"ETag" doc:"Version of the ticket, for If-Match" example:"\"3\""`
	Body Summary
}

func (s service) registerUpdate(a *rest.API) {
	high, who := ticket.High, exampleStaff.ID
	rest.Register(a, rest.Op{
		ID: "updateTicket", Method: http.MethodPatch, Path: "/tickets/{ticketId}", Audience: rest.Staff, Roles: desk, Service: Service,
		Summary: "Assign a ticket, or say how urgent it is and what it is about",
		About:   "Changes what is sent and nothing else; null is as if it were absent, and an empty assignee is nobody. The customer sees only the category. Every message counts as a change of the ticket, and makes another ETag.",
		Events:  []string{string(event.TypeTicketUpdated)},
		Faults:  []*fault.Fault{ticket.ErrUnknown, ticket.ErrAssigneeUnknown.Naming("body.assignee", "there is no such member of staff"), fault.ErrStale},
		Request: marks{Assignee: &who, Priority: &high},
		Answer:  summaryOf(examplePending, true),
	}, s.updateTicket)
}

func (s service) updateTicket(ctx context.Context, in *updateInput) (*updateOutput, error) {
	if err := s.assignable(ctx, in.Body.Assignee); err != nil {
		return nil, err
	}
	var is ticket.Ticket
	err := s.change(ctx, nil, in.TicketID, func(t ticket.Ticket, now time.Time) (ticket.Change, error) {
		if err := rest.Matches(in.IfMatch, t.Version); err != nil {
			return ticket.Change{}, err
		}
		c, err := t.Update(ctx, ticket.Update{Assignee: in.Body.Assignee, Priority: in.Body.Priority, Category: in.Body.Category}, authorOf(rest.CallerOf(ctx)), now)
		is = c.Ticket
		return c, err
	})
	if err != nil {
		return nil, err
	}
	return &updateOutput{ETag: rest.ETag(is.Version), Body: summaryOf(is, true)}, nil
}

// assignable tells whether somebody can look after a ticket: the caller, nobody, or a colleague with an account.
func (s service) assignable(ctx context.Context, who *string) error {
	caller := rest.CallerOf(ctx)
	if who == nil || *who == "" || *who == caller.Staff {
		return nil
	}
	c, err := s.Store.Customer(ctx, caller.Tenant, id.Customer(*who))
	switch {
	case err != nil && !errors.Is(err, fault.ErrNotFound):
		return err
	case err != nil || c.Gone() || len(c.Roles) == 0:
		return ticket.ErrAssigneeUnknown.Naming("body.assignee", "there is no such member of staff")
	}
	return nil
}
