package testclocks

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/timer"
	"turnup/internal/platform/rest"
)

type listInput struct {
	CustomerID id.Customer `path:"customerId" maxLength:"40" pattern:"^cus_[0-9A-Z]{26}$" patternDescription:"a customer id" doc:"Id of the customer" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type listOutput struct {
	Body list
}

type list struct {
	Timers []waiting `json:"timers" nullable:"false" doc:"What is due first comes first"`
}

type waiting struct {
	Kind    timer.Kind   `json:"kind" enum:"order.watch,account.verification,subscription.due,signup.due" doc:"What will happen; order.watch: an unpaid order is looked after, and cancelled when its time is over; account.verification: somebody is reminded of confirming their address, or the account expires; subscription.due: the next step of a contract (getForecast); signup.due: a limit of a signup has passed" example:"order.watch"`
	Subject string       `json:"subject" doc:"What it is about: the id of an order, an account or a subscription" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Due     time.Time    `json:"due" doc:"When" example:"2030-01-01T12:30:00Z"`
	Next    time.Time    `json:"nextTry" doc:"When it is tried; later than due when it was tried and is not done" example:"2030-01-01T12:30:00Z"`
	ClockID id.TestClock `json:"clockId,omitempty" doc:"The test clock it is due by, if not the real time" example:"clk_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

func (s service) registerListTimers(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "listTimers", Method: http.MethodGet, Path: "/admin/customers/{customerId}/timers", Audience: rest.Staff, Roles: []string{token.RoleAdmin, token.RoleSupport}, Service: Service,
		Summary: "What will happen to a customer next",
		About:   "Everything that is to happen later, by itself. The list is empty for a customer for whom nothing waits, and for one who does not exist.",
		Answer:  list{Timers: []waiting{{Kind: timer.OrderWatch, Subject: "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Due: exampleTime.Add(30 * time.Minute), Next: exampleTime.Add(30 * time.Minute)}}},
	}, s.listTimers)
}

func (s service) listTimers(ctx context.Context, in *listInput) (*listOutput, error) {
	found, err := s.Store.Timers(ctx, rest.CallerOf(ctx).Tenant, in.CustomerID)
	if err != nil {
		return nil, err
	}
	out := list{Timers: []waiting{}}
	for _, w := range found {
		out.Timers = append(out.Timers, waiting{Kind: w.Kind, Subject: w.Subject, Due: w.Due, Next: w.Next, ClockID: w.TestClock})
	}
	slices.SortStableFunc(out.Timers, func(a, b waiting) int { return cmp.Compare(a.Due.UnixNano(), b.Due.UnixNano()) })
	return &listOutput{out}, nil
}
