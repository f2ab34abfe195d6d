package testclocks

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/once"
	"turnup/internal/domain/testclock"
	"turnup/internal/platform/rest"
)

type advanceInput struct {
	ClockPath
	Body advance
}

type advance struct {
	To time.Time `json:"to" doc:"The clock's new time, after its present one" example:"2031-02-01T12:00:00Z"`
}

func (s service) registerAdvance(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "advanceTestClock", Method: http.MethodPost, Path: "/test-clocks/{clockId}/advance", Audience: rest.Staff, Roles: admin, Service: Service, Status: http.StatusAccepted,
		Summary: "Move a test clock forward",
		About:   "What is due for its customers until then is done in order, each at its time, after this answer. Ask getTestClock until the status is ready.",
		Faults:  []*fault.Fault{testclock.ErrSandboxOnly, testclock.ErrUnknown, testclock.ErrAdvancing, testclock.ErrBackwards.Naming("body.to", "not after the clock's time")},
		Events:  []string{string(event.TypeClockAdvanced)},
		Request: advance{exampleTime.AddDate(0, 13, 0)},
		Answer:  exampleAdvancing(),
	}, s.advanceTestClock)
}

func (s service) advanceTestClock(ctx context.Context, in *advanceInput) (*clockOutput, error) {
	c, err := once.Do(ctx, s.Store, rest.Once(ctx, "advanceTestClock", in), func(use *once.Use) (testclock.Clock, error) {
		was, err := s.clock(ctx, in.ClockID)
		if err != nil {
			return was, err
		}
		next, err := was.Advance(in.Body.To)
		if err != nil {
			return was, err
		}
		if err := use.Answer(next); err != nil {
			return next, err
		}
		return next, s.Store.AdvanceTestClock(ctx, use, next, event.New(ctx, next.Tenant, s.Clock.Now(), event.ClockAdvanced{TestClockID: next.ID, To: next.Target}))
	})
	if err != nil {
		return nil, err
	}
	return outputOf(c), nil
}
