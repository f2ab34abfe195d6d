package testclocks

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/once"
	"turnup/internal/domain/testclock"
	"turnup/internal/platform/rest"
)

type createInput struct {
	Body creation
}

type creation struct {
	Name string     `json:"name,omitempty" maxLength:"100" doc:"What to call it" example:"Thirteen months"`
	Now  *time.Time `json:"now,omitempty" doc:"The time it shows; the real time when it is left out" example:"2030-01-01T12:00:00Z"`
}

func (s service) registerCreate(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "createTestClock", Method: http.MethodPost, Path: "/test-clocks", Audience: rest.Staff, Roles: admin, Service: Service, Status: http.StatusCreated,
		Summary: "Make a test clock",
		About:   "A clock that moves only when it is told to. Attach customers to it before they buy; advancing it does what is due for them until then, in order. Sandboxes only.",
		Faults:  []*fault.Fault{testclock.ErrSandboxOnly},
		Request: creation{Name: "Thirteen months"},
		Answer:  exampleView,
	}, s.createTestClock)
}

func (s service) createTestClock(ctx context.Context, in *createInput) (*clockOutput, error) {
	if !s.Sandbox {
		return nil, testclock.ErrSandboxOnly
	}
	made, err := once.Do(ctx, s.Store, rest.Once(ctx, "createTestClock", in.Body), func(use *once.Use) (testclock.Clock, error) {
		now := s.Clock.Now()
		shows := now
		if in.Body.Now != nil {
			shows = *in.Body.Now
		}
		c := testclock.New(rest.CallerOf(ctx).Tenant, in.Body.Name, shows, now)
		if err := use.Answer(c); err != nil {
			return c, err
		}
		return c, s.Store.CreateTestClock(ctx, use, c)
	})
	if err != nil {
		return nil, err
	}
	return outputOf(made), nil
}
