package catalogueadmin

import (
	"context"
	"fmt"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/token"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/group"
	"turnup/internal/platform/rest"
)

type putInput struct {
	PlanPath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the plan the change is meant for; another version is refused" example:"\"3\""`
	Body    Terms
}

func (s service) registerPut(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "putPlan", Method: http.MethodPut, Path: "/admin/plans/{itemId}/{country}", Audience: rest.Staff, Roles: []string{token.RoleAdmin}, Service: Service,
		Summary: "Create or change a plan",
		About: "Replaces all terms of the plan in this country. Orders and contracts that were made before keep theirs. " +
			"Plans with tiers or groups are for those customers only: they are neither in the public catalogue nor can they be put into a cart.",
		Events: []string{string(event.TypeConfigurationChanged)},
		Faults: []*fault.Fault{catalogue.ErrCountryUnknown.Naming("path.country", "not an ISO 3166-1 alpha-2 code"), group.ErrTierUnknown.Naming("body.tiers[0]", "there is no such tier"),
			group.ErrUnknown.Naming("body.groups[0]", "there is no such group"), fault.ErrStale},
		Request: examplePlan.Terms,
		Answer:  examplePlan,
	}, s.putPlan)
}

func (s service) putPlan(ctx context.Context, in *putInput) (*planOutput, error) {
	was, known, err := s.Store.Plan(ctx, rest.CallerOf(ctx).Tenant, in.Country, in.ItemID, in.Body.Tiers, in.Body.Groups)
	if err != nil {
		return nil, err
	}
	version := int64(0)
	if was != nil {
		version = was.Version
	}
	if err := rest.Matches(in.IfMatch, version); err != nil {
		return nil, err
	}
	next := offerOf(rest.CallerOf(ctx).Tenant, in.PlanPath, lineitem.Subscription, in.Body, version+1)
	if err := next.Validate(); err != nil {
		return nil, err
	}
	if err := known.Tiers(next.Tiers, field("body.tiers[%d]")); err != nil {
		return nil, err
	}
	if err := known.Groups(next.Groups, field("body.groups[%d]")); err != nil {
		return nil, err
	}
	if err := s.Store.SavePlan(ctx, next); err != nil {
		return nil, err
	}
	return outputOf(next), nil
}

func field(format string) func(int) string {
	return func(i int) string { return fmt.Sprintf(format, i) }
}
