// Package testclocks is the time service, for staff: what will happen to a customer next, and, in sandboxes, test clocks
// that make it happen sooner.
package testclocks

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/testclock"
	"turnup/internal/domain/timer"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "time"

// Store keeps clocks and reads timers and customers.
type Store interface {
	once.Memory
	TestClock(ctx context.Context, tenant id.Tenant, clock id.TestClock) (testclock.Clock, error)
	CreateTestClock(ctx context.Context, use *once.Use, c testclock.Clock) error
	// AttachCustomer and AdvanceTestClock write under the versions; a change meanwhile is fault.ErrUnavailable.
	AttachCustomer(ctx context.Context, use *once.Use, c testclock.Clock, customer account.Customer) error
	AdvanceTestClock(ctx context.Context, use *once.Use, c testclock.Clock, e event.Envelope) error
	Customer(ctx context.Context, tenant id.Tenant, customer id.Customer) (account.Customer, error)
	Timers(ctx context.Context, tenant id.Tenant, customer id.Customer) ([]timer.Pending, error)
}

// Deps are the parts the service works with.
type Deps struct {
	Store   Store
	Clock   clock.Clock
	Sandbox bool // whether there are test clocks at all
}

type service struct{ Deps }

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerCreate(a)
	s.registerGet(a)
	s.registerAttach(a)
	s.registerAdvance(a)
	s.registerListTimers(a)
}

var admin = []string{token.RoleAdmin}

// ClockPath names a clock in the path. It is exported because only so it is filled where it is embedded.
type ClockPath struct {
	ClockID id.TestClock `path:"clockId" maxLength:"40" pattern:"^clk_[0-9A-Z]{26}$" patternDescription:"a test clock's id" doc:"Id of the test clock" example:"clk_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type view struct {
	ClockID   id.TestClock     `json:"clockId" doc:"Id of the test clock" example:"clk_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Name      string           `json:"name,omitempty" doc:"What it is called" example:"Thirteen months"`
	Status    testclock.Status `json:"status" enum:"ready,advancing" doc:"advancing: what is due until target is being done, in order" example:"ready"`
	Now       time.Time        `json:"now" doc:"The time of its customers" example:"2030-01-01T12:00:00Z"`
	Target    time.Time        `json:"target" doc:"Where it moves to; the same as now when it is ready" example:"2030-01-01T12:00:00Z"`
	Customers []id.Customer    `json:"customerIds" nullable:"false" doc:"Who lives by it" example:"[\"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA\"]"`
	CreatedAt time.Time        `json:"createdAt" doc:"When it was made, by the real time" example:"2030-01-01T12:00:00Z"`
}

type clockOutput struct {
	RetryAfter string `header:"Retry-After" doc:"Seconds to wait before asking again; present while the clock is advancing" example:"1"`
	Body       view
}

func outputOf(c testclock.Clock) *clockOutput {
	out := &clockOutput{Body: view{ClockID: c.ID, Name: c.Name, Status: c.Status, Now: c.Now, Target: c.Target, Customers: c.Customers, CreatedAt: c.CreatedAt}}
	if out.Body.Customers == nil {
		out.Body.Customers = []id.Customer{}
	}
	if c.Status == testclock.Advancing {
		out.RetryAfter = "1"
	}
	return out
}

var (
	exampleTime = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	exampleView = view{ClockID: "clk_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Name: "Thirteen months", Status: testclock.Ready, Now: exampleTime, Target: exampleTime,
		Customers: []id.Customer{"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}, CreatedAt: exampleTime}
)

func exampleAdvancing() view {
	v := exampleView
	v.Status, v.Target = testclock.Advancing, exampleTime.AddDate(0, 13, 0)
	return v
}

func (s service) registerGet(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "getTestClock", Method: http.MethodGet, Path: "/test-clocks/{clockId}", Audience: rest.Staff, Roles: admin, Service: Service,
		Summary:  "Read a test clock",
		About:    "After advanceTestClock, ask until it is ready. One that stays advancing waits for an effect that fails; its now tells which time that is due at.",
		Faults:   []*fault.Fault{testclock.ErrSandboxOnly, testclock.ErrUnknown},
		Answer:   exampleView,
		Variants: map[string]any{"advancing": exampleAdvancing()},
	}, s.getTestClock)
}

func (s service) getTestClock(ctx context.Context, in *ClockPath) (*clockOutput, error) {
	c, err := s.clock(ctx, in.ClockID)
	if err != nil {
		return nil, err
	}
	return outputOf(c), nil
}

// clock reads one of the caller's client account; outside sandboxes there is none.
func (s service) clock(ctx context.Context, clock id.TestClock) (testclock.Clock, error) {
	if !s.Sandbox {
		return testclock.Clock{}, testclock.ErrSandboxOnly
	}
	return s.Store.TestClock(ctx, rest.CallerOf(ctx).Tenant, clock)
}
