package plans

import (
	"context"
	"errors"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/catalogue"
	"turnup/internal/platform/rest"
)

// PlanPath names a plan in the path. (huma reads embedded structs only when they are exported.)
type PlanPath struct {
	PlanID id.Item `path:"planId" maxLength:"64" pattern:"^plan_[a-z0-9-]+$" patternDescription:"the id of a plan" doc:"Id of the plan" example:"plan_stream-hd"`
}

type getOutput struct {
	Body view
}

func (s service) registerGet(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "getPlan", Method: http.MethodGet, Path: "/plans/{planId}", Audience: rest.Customer, Service: Service,
		Step:    "S1 2 Open a plan",
		Summary: "Read a plan one may have",
		About:   "A plan that is not on sale or not for this customer is answered like one that does not exist.",
		Faults:  []*fault.Fault{catalogue.ErrPlanUnknown},
		Answer:  examplePlan,
	}, s.getPlan)
}

func (s service) getPlan(ctx context.Context, in *PlanPath) (*getOutput, error) {
	caller := rest.CallerOf(ctx)
	customer, offer, err := s.Store.PlanFor(ctx, caller.Tenant, caller.Customer, caller.Country, in.PlanID)
	switch {
	case errors.Is(err, fault.ErrNotFound): // the token is of somebody who does not exist
		return nil, catalogue.ErrPlanUnknown.Because(err)
	case err != nil:
		return nil, err
	}
	now, err := s.Store.Now(ctx, caller.Tenant, customer.TestClock)
	switch {
	case err != nil:
		return nil, err
	case offer == nil || !offer.Offered(customer.Tier, customer.Groups, now): // one answer, or it would tell of plans for others
		return nil, catalogue.ErrPlanUnknown
	}
	return &getOutput{viewOf(*offer)}, nil
}
