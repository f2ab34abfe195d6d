package catalogueadmin

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/country"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/token"
	"turnup/internal/domain/catalogue"
	"turnup/internal/platform/rest"
)

// Terms are what staff decide of a plan. (huma reads embedded structs only when they are exported.)
type Terms struct {
	Name          string     `json:"name" minLength:"1" maxLength:"100" doc:"Name for customers" example:"Stream Business"`
	Description   string     `json:"description,omitempty" maxLength:"500" doc:"Sentence for customers" example:"All channels for your lobby"`
	Price         price      `json:"price" doc:"List price of one billing period"`
	BillingPeriod string     `json:"billingPeriod" maxLength:"5" pattern:"^P[1-9][0-9]{0,2}[DWMY]$" patternDescription:"an ISO 8601 duration of days, weeks, months or years" doc:"How long a period is" example:"P1M"`
	Access        *access    `json:"access,omitempty" doc:"Makes it a fibre line, which is provisioned in the network"`
	OnSale        bool       `json:"onSale" doc:"Whether it may be bought"`
	BuyFrom       *time.Time `json:"buyFrom,omitempty" doc:"It may be bought from this time on; always without it" example:"2030-01-01T00:00:00Z"`
	BuyUntil      *time.Time `json:"buyUntil,omitempty" doc:"And before this one; for ever without it" example:"2031-01-01T00:00:00Z"`
	Excludes      []id.Item  `json:"excludes,omitempty" maxItems:"50" uniqueItems:"true" nullable:"false" pattern:"^[a-z]+_[a-z0-9-]{1,59}$" patternDescription:"item ids" doc:"Items that cannot be in one cart with it" example:"[\"plan_stream-hd\"]"`
	Tiers         []id.Tier  `json:"tiers,omitempty" maxItems:"20" uniqueItems:"true" nullable:"false" pattern:"^[a-z0-9][a-z0-9-]{0,39}$" patternDescription:"ids of tiers" doc:"Only for customers of one of these tiers; for all without it" example:"[\"business\"]"`
	Groups        []id.Group `json:"groups,omitempty" maxItems:"20" uniqueItems:"true" nullable:"false" pattern:"^[a-z0-9][a-z0-9-]{0,39}$" patternDescription:"ids of groups" doc:"A private plan: only for customers in one of these groups" example:"[\"staff-family\"]"`
}

// access is what the line can do; where it is, is the order's to say.
type access struct {
	DownKbps int64 `json:"downKbps" minimum:"1" maximum:"100000000" doc:"To the customer, kbit/s" example:"300000"`
	UpKbps   int64 `json:"upKbps" minimum:"1" maximum:"100000000" doc:"From the customer, kbit/s" example:"150000"`
	CapBytes int64 `json:"capBytes,omitempty" minimum:"1000000" maximum:"1000000000000000" doc:"Volume of a month, both ways, of which the customer is warned; none without it" example:"1000000000000"`
}

func accessOf(a *lineitem.Access) *access {
	if a == nil {
		return nil
	}
	return &access{a.DownKbps, a.UpKbps, a.CapBytes}
}

func (a *access) terms() *lineitem.Access {
	if a == nil {
		return nil
	}
	return &lineitem.Access{DownKbps: a.DownKbps, UpKbps: a.UpKbps, CapBytes: a.CapBytes}
}

type price struct {
	Minor    int64  `json:"minor" minimum:"0" maximum:"100000000000" doc:"Amount in the currency's minor unit, for example cents" example:"4900"`
	Currency string `json:"currency" minLength:"3" maxLength:"3" pattern:"^[A-Z]{3}$" patternDescription:"three capital letters" doc:"ISO 4217 code" example:"EUR"`
}

// plan is a plan as staff see it: in one country, with its terms.
type plan struct {
	ItemID  id.Item `json:"itemId" doc:"Id of the plan" example:"plan_stream-business"`
	Country string  `json:"country" doc:"Where it is sold at this price" example:"DE"`
	Version int64   `json:"version" doc:"Counts changes; the ETag holds it" example:"3"`
	Terms
}

// PlanPath names a plan of a country in the path. (huma reads embedded structs only when they are exported.)
type PlanPath struct {
	ItemID  id.Item `path:"itemId" maxLength:"64" pattern:"^plan_[a-z0-9-]+$" patternDescription:"an id that begins with plan_" doc:"Id of the plan, chosen by you" example:"plan_stream-business"`
	Country string  `path:"country" maxLength:"2" pattern:"^[A-Z]{2}$" patternDescription:"an ISO 3166-1 alpha-2 code" doc:"Where it is sold" example:"DE"`
}

type planOutput struct {
	ETag string `header:"ETag" doc:"Version of the plan, for If-Match" example:"\"3\""`
	Body plan
}

func outputOf(o catalogue.Offer) *planOutput {
	return &planOutput{ETag: rest.ETag(o.Version), Body: planOf(o)}
}

func planOf(o catalogue.Offer) plan {
	return plan{ItemID: o.ItemID, Country: o.Country, Version: o.Version, Terms: Terms{Name: o.Name, Description: o.Description,
		Price: price{o.Price.Minor, o.Price.Currency}, BillingPeriod: o.BillingPeriod, Access: accessOf(o.Access), OnSale: o.OnSale, BuyFrom: timeOrNone(o.BuyFrom),
		BuyUntil: timeOrNone(o.BuyUntil), Excludes: o.Excludes, Tiers: o.Tiers, Groups: o.Groups}}
}

func timeOrNone(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

var examplePlan = plan{ItemID: "plan_stream-business", Country: "DE", Version: 3, Terms: Terms{Name: "Stream Business", Description: "All channels for your lobby",
	Price: price{4900, "EUR"}, BillingPeriod: "P1M", OnSale: true, Tiers: []id.Tier{"business"}}}

type listInput struct {
	Country string `query:"country" maxLength:"20" doc:"Only plans of this country (ISO 3166-1 alpha-2)" example:"DE"`
	Limit   int32  `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most plans a page"`
	Cursor  string `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"REUjcGxhbl9zdHJlYW0taGQ"`
}

type listOutput struct {
	Body planPage
}

type planPage struct {
	Plans      []plan `json:"plans" nullable:"false" doc:"By country, then by id"`
	NextCursor string `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"REUjcGxhbl9zdHJlYW0taGQ"`
}

func (s service) registerList(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "listAllPlans", Method: http.MethodGet, Path: "/admin/plans", Audience: rest.Staff, Roles: []string{token.RoleAdmin, token.RoleSupport, token.RoleBilling}, Service: Service,
		Summary: "List all plans",
		About:   "Also those that are not on sale or for some customers only. A page may hold fewer plans than the limit although there are more: go on while nextCursor is present.",
		Faults:  []*fault.Fault{catalogue.ErrCountryUnknown.Naming("query.country", "not an ISO 3166-1 alpha-2 code"), fault.ErrCursor.Naming("query.cursor", "not a cursor of this API")},
		Answer:  planPage{Plans: []plan{examplePlan}},
	}, s.listAllPlans)
}

func (s service) listAllPlans(ctx context.Context, in *listInput) (*listOutput, error) {
	if in.Country != "" && !country.Known(in.Country) {
		return nil, catalogue.ErrCountryUnknown.Naming("query.country", "not an ISO 3166-1 alpha-2 code")
	}
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	offers, next, err := s.Store.Offers(ctx, rest.CallerOf(ctx).Tenant, in.Country, catalogue.PlanPrefix, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := planPage{Plans: []plan{}, NextCursor: rest.Cursor(next)}
	for _, o := range offers {
		out.Plans = append(out.Plans, planOf(o))
	}
	return &listOutput{out}, nil
}

func (s service) registerRead(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "readPlan", Method: http.MethodGet, Path: "/admin/plans/{itemId}/{country}", Audience: rest.Staff, Roles: []string{token.RoleAdmin, token.RoleSupport, token.RoleBilling}, Service: Service,
		Summary: "Read a plan with all its terms",
		About:   "Whether or not it is on sale, and whomever it is for.",
		Faults:  []*fault.Fault{catalogue.ErrPlanUnknown},
		Answer:  examplePlan,
	}, s.readPlan)
}

func (s service) readPlan(ctx context.Context, in *PlanPath) (*planOutput, error) {
	o, _, err := s.Store.Plan(ctx, rest.CallerOf(ctx).Tenant, in.Country, in.ItemID, nil, nil)
	switch {
	case err != nil:
		return nil, err
	case o == nil:
		return nil, catalogue.ErrPlanUnknown
	}
	return outputOf(*o), nil
}

func offerOf(tenant id.Tenant, in PlanPath, kind string, t Terms, version int64) catalogue.Offer {
	return catalogue.Offer{Tenant: tenant, Country: in.Country, ItemID: in.ItemID, Type: kind, Name: t.Name, Description: t.Description,
		Price: money.Amount{Minor: t.Price.Minor, Currency: t.Price.Currency}, BillingPeriod: t.BillingPeriod, Access: t.Access.terms(), OnSale: t.OnSale, BuyFrom: timeOf(t.BuyFrom),
		BuyUntil: timeOf(t.BuyUntil), Excludes: t.Excludes, Tiers: t.Tiers, Groups: t.Groups, Version: version}
}
