package testclocks

import (
	"context"
	"errors"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/testclock"
	"turnup/internal/platform/rest"
)

type attachInput struct {
	ClockPath
	Body attachment
}

type attachment struct {
	CustomerID id.Customer `json:"customerId" maxLength:"40" pattern:"^cus_[0-9A-Z]{26}$" patternDescription:"a customer id" doc:"Who shall live by the clock" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

func (s service) registerAttach(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "attachCustomer", Method: http.MethodPost, Path: "/test-clocks/{clockId}/customers", Audience: rest.Staff, Roles: admin, Service: Service,
		Summary: "Let a customer live by a test clock",
		About:   "Do it before the customer buys: for whom something is due by the real time already, it is refused. It cannot be undone.",
		Faults: []*fault.Fault{testclock.ErrSandboxOnly, testclock.ErrUnknown, account.ErrUnknown, testclock.ErrAttached, testclock.ErrWaiting, testclock.ErrAdvancing,
			testclock.ErrFull},
		Request: attachment{"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"},
		Answer:  exampleView,
	}, s.attachCustomer)
}

func (s service) attachCustomer(ctx context.Context, in *attachInput) (*clockOutput, error) {
	c, err := once.Do(ctx, s.Store, rest.Once(ctx, "attachCustomer", in), func(use *once.Use) (testclock.Clock, error) {
		was, err := s.clock(ctx, in.ClockID)
		if err != nil {
			return was, err
		}
		customer, err := s.Store.Customer(ctx, was.Tenant, in.Body.CustomerID)
		if errors.Is(err, fault.ErrNotFound) {
			err = account.ErrUnknown
		}
		if err != nil {
			return was, err
		}
		waiting, err := s.Store.Timers(ctx, was.Tenant, customer.ID)
		if err != nil {
			return was, err
		}
		next, err := was.Attach(customer.ID, customer.TestClock, len(waiting) > 0)
		if err != nil {
			return was, err
		}
		customer.TestClock = next.ID
		customer.Version++
		if err := use.Answer(next); err != nil {
			return next, err
		}
		return next, s.Store.AttachCustomer(ctx, use, next, customer)
	})
	if err != nil {
		return nil, err
	}
	return outputOf(c), nil
}
