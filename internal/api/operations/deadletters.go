package operations

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/platform/deadletters"
	"turnup/internal/platform/rest"
)

// ErrQueueUnknown says that there is no such dead-letter queue.
var ErrQueueUnknown = fault.New(fault.NotFound, "queue_not_found", "There is no such queue.", "operator")

// Letters are the dead-letter queues of the deployment.
type Letters interface {
	All() []string
	Known(name string) bool
	Depth(ctx context.Context, name string) (int, error)
	Look(ctx context.Context, name string) ([]deadletters.Letter, error)
	Redrive(ctx context.Context, name string) (moved, left int, err error)
}

// Announcer writes events that no other write goes with, and the key of the request.
type Announcer interface {
	once.Memory
	AnnounceOnce(ctx context.Context, use *once.Use, events ...event.Envelope) error
}

// QueuePath names a queue. (huma reads embedded structs only when they are exported.)
type QueuePath struct {
	Queue string `path:"queue" maxLength:"40" pattern:"^[a-z][a-z-]*$" patternDescription:"the name of a queue" doc:"Whose dead letters: what the queue is named in what hangs" example:"delivery"`
}

type lettersOutput struct{ Body letters }

type letters struct {
	Queue    string   `json:"queue" doc:"Its name" example:"delivery"`
	Depth    int      `json:"depth" doc:"About how many messages are parked" example:"1"`
	Messages []letter `json:"messages" nullable:"false" doc:"Up to ten of them, the oldest of these first"`
}

type letter struct {
	EventID  id.Event          `json:"eventId,omitempty" doc:"Id of the event; missing of what is none" example:"evt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Type     event.Type        `json:"type,omitempty" doc:"Its type" example:"order.paid"`
	At       *time.Time        `json:"at,omitempty" doc:"When it became true" example:"2030-01-01T12:10:00Z"`
	Subjects map[string]string `json:"subjectIds" doc:"What it is about, by what the event calls it" example:"{\"orderId\":\"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA\"}"`
	Code     string            `json:"code,omitempty" doc:"Fault code; missing of a message that its consumer could not park itself" example:"subscription_not_found"`
	Reason   string            `json:"reason,omitempty" doc:"What went wrong, without mail addresses" example:"subscription_not_found: There is no such subscription."`
	ParkedAt time.Time         `json:"parkedAt" doc:"Since when it is parked" example:"2030-01-01T12:10:02Z"`
}

type redriveInput struct{ QueuePath }

type redriveOutput struct{ Body redriven }

type redriven struct {
	Queue string `json:"queue" doc:"Its name" example:"delivery"`
	Moved int    `json:"moved" doc:"How many messages were sent back to the queue" example:"1"`
	Left  int    `json:"left" doc:"About how many are parked afterwards: too many for one call, or parked again at once" example:"0"`
}

func (s service) registerLetters(a *rest.API) {
	at := time.Date(2030, 1, 1, 12, 10, 0, 0, time.UTC)
	rest.Register(a, rest.Op{
		ID: "listDeadLetters", Method: http.MethodGet, Path: "/admin/dead-letters/{queue}", Audience: rest.Staff, Roles: readers, Service: Service,
		Summary: "See what is parked of a queue",
		About:   "Messages that could not be handled, with the fault that ended the last try. What they hold is not shown, but the ids of what they are about.",
		Faults:  []*fault.Fault{ErrQueueUnknown},
		Answer: letters{"delivery", 1, []letter{{"evt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", event.TypeOrderPaid, &at, map[string]string{"orderId": "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"},
			"subscription_not_found", "subscription_not_found: There is no such subscription.", at.Add(2 * time.Second)}}},
	}, s.letters)
	rest.Register(a, rest.Op{
		ID: "redriveDeadLetters", Method: http.MethodPost, Path: "/admin/dead-letters/{queue}/redrive", Audience: rest.Staff, Roles: []string{token.RoleAdmin}, Service: Service,
		Summary: "Have what is parked of a queue done again",
		About: "Mend first what kept it from being done. All parked messages are sent back to their queue, for up to fifteen seconds; call it again, with another key, while some are left. What was done before is not done again. " +
			"Who did it goes on record.",
		Faults: []*fault.Fault{ErrQueueUnknown},
		Events: []string{string(event.TypeDeadLettersRedriven)},
		Answer: redriven{"delivery", 1, 0},
	}, s.redrive)
}

func (s service) letters(ctx context.Context, in *QueuePath) (*lettersOutput, error) {
	if !s.Letters.Known(in.Queue) {
		return nil, ErrQueueUnknown
	}
	depth, err := s.Letters.Depth(ctx, in.Queue)
	if err != nil {
		return nil, err
	}
	out := letters{Queue: in.Queue, Depth: depth, Messages: []letter{}}
	found, err := s.Letters.Look(ctx, in.Queue)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		l := letter{EventID: f.Event.ID, Type: f.Event.Type, Subjects: f.Subjects, Code: f.Code, Reason: f.Reason, ParkedAt: f.ParkedAt}
		if !f.Event.Time.IsZero() {
			l.At = &f.Event.Time
		}
		out.Messages = append(out.Messages, l)
	}
	return &lettersOutput{out}, nil
}

// redrive looks first whether it was done under this key: moving messages is no part of the transaction that remembers it.
func (s service) redrive(ctx context.Context, in *redriveInput) (*redriveOutput, error) {
	if !s.Letters.Known(in.Queue) {
		return nil, ErrQueueUnknown
	}
	request := rest.Once(ctx, "redriveDeadLetters", in)
	out, err := once.Do(ctx, s.Store, request, func(use *once.Use) (redriven, error) {
		before, err := s.Store.Recall(ctx, request)
		if err != nil {
			return redriven{}, err
		}
		if before != nil {
			return redriven{}, &once.Replay{Answer: before}
		}
		done := redriven{Queue: in.Queue}
		if done.Moved, done.Left, err = s.Letters.Redrive(ctx, in.Queue); err != nil {
			return done, err
		}
		if err := use.Answer(done); err != nil {
			return done, err
		}
		e := event.New(ctx, request.Tenant, s.Clock.Now(), event.DeadLettersRedriven{Queue: in.Queue, Moved: done.Moved, Left: done.Left})
		return done, s.Store.AnnounceOnce(ctx, use, e)
	})
	if err != nil {
		return nil, err
	}
	return &redriveOutput{out}, nil
}
