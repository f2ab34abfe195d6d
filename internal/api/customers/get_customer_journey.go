package customers

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/history"
	"turnup/internal/platform/rest"
)

type journeyOutput struct {
	Body journey
}

type journey struct {
	CustomerID id.Customer `json:"customerId" doc:"Id of the customer" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Current    string      `json:"current" enum:"registration,verification,profile,plan,activation,usage,renewal,plan_change,suspension,resumption,cancellation" doc:"The stage the customer is in" example:"profile"`
	Stages     []stage     `json:"stages" nullable:"false" doc:"All eleven, in their order"`
}

type stage struct {
	Number  int       `json:"number" doc:"Place in the journey, from 1" example:"3"`
	Stage   string    `json:"stage" enum:"registration,verification,profile,plan,activation,usage,renewal,plan_change,suspension,resumption,cancellation" doc:"Which stage" example:"profile"`
	FirstAt time.Time `json:"firstAt,omitzero" doc:"When it was reached first; missing when it never was" example:"2030-01-01T12:05:00Z"`
	LastAt  time.Time `json:"lastAt,omitzero" doc:"When it was reached last: some stages come again" example:"2030-01-01T12:05:00Z"`
}

func (s service) registerJourney(a *rest.API) {
	registered, verified, profiled := example.RegisteredAt, example.VerifiedAt, example.ProfiledAt
	rest.Register(a, rest.Op{
		ID: "getCustomerJourney", Method: http.MethodGet, Path: "/customers/{customerId}/journey", Audience: rest.Person, Roles: readers, Early: token.Verification, Service: Service,
		Summary: "How far a customer's journey is",
		About: "The eleven stages from registration to cancellation, each with when it was reached first and last. Until there is a plan the current stage is the furthest one; " +
			"from then on it is the one that was reached last, because those come and go. A stage shows within seconds of being reached.",
		Faults: []*fault.Fault{account.ErrUnknown},
		Answer: journeyOf(example.CustomerID, history.JourneyOf(nil, registered, verified, profiled)),
	}, s.getJourney)
}

func journeyOf(customer id.Customer, j history.Journey) journey {
	out := journey{CustomerID: customer, Current: j.Current().String()}
	for _, r := range j {
		out.Stages = append(out.Stages, stage{Number: int(r.Stage), Stage: r.Stage.String(), FirstAt: r.First, LastAt: r.Last})
	}
	return out
}

func (s service) getJourney(ctx context.Context, in *CustomerPath) (*journeyOutput, error) {
	c, err := s.read(ctx, in.CustomerID)
	if err != nil {
		return nil, err
	}
	reached, err := s.Store.Stages(ctx, c.Tenant, c.ID)
	if err != nil {
		return nil, err
	}
	return &journeyOutput{journeyOf(c.ID, history.JourneyOf(reached, c.RegisteredAt, c.VerifiedAt, c.ProfiledAt))}, nil
}
