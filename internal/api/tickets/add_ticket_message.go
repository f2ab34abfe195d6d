package tickets

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/ticket"
	"turnup/internal/platform/rest"
)

type addInput struct {
	TicketPath
	Body words
}

type words struct {
	Body     string `json:"body" minLength:"1" maxLength:"10000" doc:"What is to be said. Plain text; line feeds and tabs are kept" example:"It works again, thank you."`
	Internal bool   `json:"internal,omitempty" doc:"For staff: a note to other staff, which the customer does not see. Refused of customers" example:"false"`
}

type added struct {
	Message message       `json:"message" doc:"The message"`
	Status  ticket.Status `json:"status" enum:"open,pending,resolved" doc:"Status of the ticket after it" example:"pending"`
}

type addOutput struct {
	Body added
}

// written is what is remembered of a message: the rest of the answer is in the request, whose repetition is the same.
type written struct {
	Number int64         `json:"number"`
	Note   int64         `json:"note,omitempty"`
	At     time.Time     `json:"at"`
	Status ticket.Status `json:"status"`
}

func (s service) registerAdd(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "addTicketMessage", Method: http.MethodPost, Path: "/tickets/{ticketId}/messages", Audience: rest.Person, Roles: desk, Early: token.Profile, Service: Service,
		Status:  http.StatusCreated,
		Summary: "Write in a ticket",
		About: "After the customer's message the ticket waits for staff, after one of staff for the customer. A message to a resolved ticket opens it again; a note changes nothing that the customer sees. " +
			"A ticket has at most 500 messages and as many notes. Texts that hold what looks like a card number are refused.",
		Events:   []string{string(event.TypeTicketAnswered), string(event.TypeTicketReopened)},
		Faults:   []*fault.Fault{ticket.ErrUnknown, ticket.ErrFull, ticket.ErrErased},
		Request:  words{Body: exampleAnswer.Body},
		Answer:   added{messageView(exampleAnswer, false), ticket.Pending},
		Variants: map[string]any{"to staff, of a note": added{messageView(exampleNote, true), ticket.Open}},
	}, s.addTicketMessage)
}

func (s service) addTicketMessage(ctx context.Context, in *addInput) (*addOutput, error) {
	caller := rest.CallerOf(ctx)
	if in.Body.Internal && !atDesk(caller) {
		return nil, staffOnly("body.internal")
	}
	done, err := once.Do(ctx, s.Store, rest.Once(ctx, "addTicketMessage", in), func(use *once.Use) (done written, err error) {
		err = s.change(ctx, use, in.TicketID, func(t ticket.Ticket, now time.Time) (ticket.Change, error) {
			write := t.Write
			if in.Body.Internal {
				write = t.WriteNote
			}
			c, err := write(ctx, authorOf(caller), in.Body.Body, now)
			if err != nil {
				return c, err
			}
			done = written{c.Message.Number, c.Message.Note, now, c.Ticket.Status}
			return c, use.Answer(done)
		})
		return done, err
	})
	if err != nil {
		return nil, err
	}
	m := ticket.Message{Number: done.Number, Note: done.Note, Author: authorOf(caller), Body: in.Body.Body, At: done.At}
	return &addOutput{added{messageView(m, atDesk(caller)), done.Status}}, nil
}
