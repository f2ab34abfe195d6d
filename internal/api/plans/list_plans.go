package plans

import (
	"context"
	"errors"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/platform/rest"
)

type listInput struct {
	Limit  int32  `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most plans a page"`
	Cursor string `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"cGxhbl9zdHJlYW0taGQ"`
}

type listOutput struct {
	Body page
}

type page struct {
	Plans      []view `json:"plans" nullable:"false" doc:"What the customer may order now"`
	NextCursor string `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"cGxhbl9zdHJlYW0taGQ"`
}

func (s service) registerList(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "listPlans", Method: http.MethodGet, Path: "/plans", Audience: rest.Customer, Service: Service,
		Step:    "S1 1 Browse",
		Summary: "List the plans one may have",
		About: "Plans on sale in the customer's country that their tier and groups may have. A change of tier, group or plan shows on the next call. " +
			"Go on with the nextCursor while there is one.",
		Faults: []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this API")},
		Answer: page{Plans: []view{examplePlan}},
	}, s.listPlans)
}

func (s service) listPlans(ctx context.Context, in *listInput) (*listOutput, error) {
	position, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	caller, out := rest.CallerOf(ctx), page{Plans: []view{}}
	customer, err := s.Store.Customer(ctx, caller.Tenant, caller.Customer)
	switch {
	case errors.Is(err, fault.ErrNotFound): // the token is of somebody who does not exist
		return &listOutput{out}, nil
	case err != nil:
		return nil, err
	}
	now, err := s.Store.Now(ctx, caller.Tenant, customer.TestClock)
	if err != nil {
		return nil, err
	}
	after, more := id.Item(position), true
	for more { // until the page is full, so that neither its length nor the cursor tells of plans that are not shown
		offers, further, err := s.Store.Plans(ctx, caller.Tenant, caller.Country, after, in.Limit+1)
		if err != nil {
			return nil, err
		}
		more = further
		for _, o := range offers {
			after = o.ItemID
			if !o.Offered(customer.Tier, customer.Groups, now) {
				continue
			}
			if len(out.Plans) == int(in.Limit) {
				out.NextCursor = rest.Cursor(string(out.Plans[in.Limit-1].PlanID))
				return &listOutput{out}, nil
			}
			out.Plans = append(out.Plans, viewOf(o))
		}
	}
	return &listOutput{out}, nil
}
