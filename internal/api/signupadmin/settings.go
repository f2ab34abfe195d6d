package signupadmin

import (
	"context"
	"errors"
	"maps"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/domain/signup"
	"turnup/internal/platform/rest"
)

// FlowTerms are what can be set of a flow.
type FlowTerms struct {
	Steps         []signup.Step `json:"steps" nullable:"false" minItems:"1" maxItems:"4" doc:"The pages, in their order"`
	ContractLimit int           `json:"contractLimitSeconds" minimum:"1" maximum:"2592000" doc:"How long the contract may take, in seconds, before the customer is told that it takes longer" example:"60"`
	ThankYou      string        `json:"thankYouPartner" minLength:"1" maxLength:"64" pattern:"^[a-z0-9][a-z0-9-]*$" patternDescription:"a name of small letters, digits and hyphens" doc:"Whose thank-you page it ends on" example:"turnup"`
	ThankYouLimit int           `json:"thankYouLimitSeconds" minimum:"1" maximum:"2592000" doc:"How long that page may take, in seconds, before the default confirmation is shown" example:"30"`
	AbandonAfter  int           `json:"abandonAfterSeconds" minimum:"60" maximum:"2592000" doc:"After how many seconds in which nothing happens a signup expires" example:"604800"`
	RequestedTmp  bool          `json:"requestedTmp,omitempty" doc:"Deprecated, for reporting: publish signup.requested.tmp, with a made-up customer, beside signup.requested" example:"false"`
}

type flow struct {
	Name string `json:"flow" doc:"Who coordinates it" example:"new-business"`
	FlowTerms
	Version int64 `json:"version" doc:"Counts changes; 0 is how it is when nobody said anything" example:"3"`
}

// FlowPath names a flow. (huma reads embedded structs only when they are exported.)
type FlowPath struct {
	Flow string `path:"flow" maxLength:"40" doc:"new-business, or existing-business for upgrades" example:"new-business"`
}

type putFlowInput struct {
	FlowPath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the flow the change is meant for; another version is refused" example:"\"3\""`
	Body    FlowTerms
}

type flowOutput struct {
	ETag string `header:"ETag" doc:"Version of the flow, for If-Match" example:"\"3\""`
	Body flow
}

func flowOf(f signup.Flow) *flowOutput {
	return &flowOutput{ETag: rest.ETag(f.Version), Body: flow{Name: f.Name, Version: f.Version, FlowTerms: FlowTerms{Steps: f.Steps, ContractLimit: f.ContractLimit, ThankYou: f.ThankYou, ThankYouLimit: f.ThankYouLimit,
		AbandonAfter: f.AbandonAfter, RequestedTmp: f.RequestedTmp}}}
}

func (s service) registerFlows(a *rest.API) {
	const path = "/admin/signup-flows/{flow}"
	dated, _ := signup.Default("demo", signup.NewBusiness)
	dated.Version = 3
	answer := flowOf(dated).Body
	rest.Register(a, rest.Op{
		ID: "getSignupFlow", Method: http.MethodGet, Path: path, Audience: rest.Staff, Roles: []string{token.RoleAdmin}, Service: Service,
		Summary: "Read how signups go",
		About:   "The pages in their order, whose they are, and how long each answer may take. The ETag is for putSignupFlow.",
		Faults:  []*fault.Fault{signup.ErrFlowUnknown},
		Answer:  answer,
	}, func(ctx context.Context, in *FlowPath) (*flowOutput, error) {
		found, err := s.Store.SignupFlow(ctx, rest.CallerOf(ctx).Tenant, in.Flow)
		if err != nil {
			return nil, err
		}
		return flowOf(found), nil
	})
	rest.Register(a, rest.Op{
		ID: "putSignupFlow", Method: http.MethodPut, Path: path, Audience: rest.Staff, Roles: []string{token.RoleAdmin}, Service: Service,
		Summary: "Change how signups go",
		About:   "Replaces everything. It counts for signups that begin from then on; those on their way go on as they began. A page can be put in or taken out here and nowhere else.",
		Events:  []string{string(event.TypeConfigurationChanged)},
		Faults:  []*fault.Fault{signup.ErrFlowUnknown, signup.ErrFlowInvalid.Naming("body.steps[0].name", "must come after register"), signup.ErrPartnerUnknown, fault.ErrStale},
		Request: answer.FlowTerms, Answer: answer,
	}, s.putFlow)
}

func (s service) putFlow(ctx context.Context, in *putFlowInput) (*flowOutput, error) {
	tenant, t := rest.CallerOf(ctx).Tenant, in.Body
	was, err := s.Store.SignupFlow(ctx, tenant, in.Flow)
	if err == nil {
		err = rest.Matches(in.IfMatch, was.Version)
	}
	if err != nil {
		return nil, err
	}
	next := signup.Flow{Tenant: tenant, Name: was.Name, Steps: t.Steps, ContractLimit: t.ContractLimit, ThankYou: t.ThankYou, ThankYouLimit: t.ThankYouLimit, AbandonAfter: t.AbandonAfter, RequestedTmp: t.RequestedTmp,
		Version: was.Version + 1}
	if err := next.Validate(); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, name := range append(partnersOf(t.Steps), t.ThankYou) {
		if known[name] {
			continue
		}
		if _, err := s.partner(ctx, name); err != nil {
			return nil, err
		}
		known[name] = true
	}
	if err := s.Store.PutSignupFlow(ctx, next); err != nil {
		return nil, err
	}
	return flowOf(next), nil
}

func partnersOf(steps []signup.Step) (names []string) {
	for _, s := range steps {
		names = append(names, s.Partner)
	}
	return names
}

type pages struct {
	Register        string `json:"register,omitempty" maxLength:"500" doc:"Of its page that makes the customer, without a query" example:"https://people.example/register"`
	CustomerProfile string `json:"customer-profile,omitempty" maxLength:"500" doc:"Of its page that asks for more" example:"https://people.example/profile"`
	PaymentProfile  string `json:"payment-profile,omitempty" maxLength:"500" doc:"Of its page that asks how they pay" example:"https://people.example/payment"`
	Review          string `json:"review,omitempty" maxLength:"500" doc:"Of its page that has them confirm" example:"https://people.example/review"`
}

// byStep has those that there are.
func (p pages) byStep() map[string]string {
	all := map[string]string{signup.Register: p.Register, signup.CustomerProfile: p.CustomerProfile, signup.PaymentProfile: p.PaymentProfile, signup.Review: p.Review}
	maps.DeleteFunc(all, func(_, address string) bool { return address == "" })
	return all
}

func pagesOf(p map[string]string) pages {
	return pages{p[signup.Register], p[signup.CustomerProfile], p[signup.PaymentProfile], p[signup.Review]}
}

// PartnerTerms are what can be set of another system.
type PartnerTerms struct {
	Pages   pages    `json:"pages" doc:"Addresses of its pages, by step"`
	Origins []string `json:"origins" nullable:"false" minItems:"1" maxItems:"10" doc:"Origins at which its pages and its thank-you pages are; https, or http of this machine" example:"[\"https://people.example\"]"`
	Health  string   `json:"healthUrl,omitempty" maxLength:"500" doc:"Asked before a customer is sent there, if given: anything but 2xx means that its pages are not to be had" example:"https://people.example/health"`
}

type partner struct {
	Name string `json:"partner" doc:"Its name; its keys are among signup-keys under it" example:"crm"`
	PartnerTerms
	Version int64 `json:"version" doc:"Counts changes" example:"1"`
}

// PartnerPath names another system. (huma reads embedded structs only when they are exported.)
type PartnerPath struct {
	Partner string `path:"partner" minLength:"1" maxLength:"64" pattern:"^[a-z0-9][a-z0-9-]*$" patternDescription:"a name of small letters, digits and hyphens" doc:"Its name" example:"crm"`
}

type putPartnerInput struct {
	PartnerPath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the system the change is meant for; another version is refused" example:"\"1\""`
	Body    PartnerTerms
}

type partnerOutput struct {
	ETag string `header:"ETag" doc:"Version of the system, for If-Match" example:"\"1\""`
	Body partner
}

func partnerOf(p signup.Partner) *partnerOutput {
	return &partnerOutput{ETag: rest.ETag(p.Version), Body: partner{Name: p.Name, Version: p.Version, PartnerTerms: PartnerTerms{Pages: pagesOf(p.Pages), Origins: p.Origins, Health: p.Health}}}
}

func (s service) registerPartners(a *rest.API) {
	const path = "/admin/signup-partners/{partner}"
	answer := partner{Name: "crm", Version: 1, PartnerTerms: PartnerTerms{Pages: pages{Register: "https://people.example/register"}, Origins: []string{"https://people.example"}, Health: "https://people.example/health"}}
	rest.Register(a, rest.Op{
		ID: "getSignupPartner", Method: http.MethodGet, Path: path, Audience: rest.Staff, Roles: []string{token.RoleAdmin}, Service: Service,
		Summary: "Read a partner system of signups",
		About:   "Where its pages are. The pages that come with Turnup are the system turnup.",
		Faults:  []*fault.Fault{signup.ErrPartnerUnknown},
		Answer:  answer,
	}, func(ctx context.Context, in *PartnerPath) (*partnerOutput, error) {
		found, err := s.partner(ctx, in.Partner)
		if err != nil {
			return nil, err
		}
		return partnerOf(found), nil
	})
	rest.Register(a, rest.Op{
		ID: "putSignupPartner", Method: http.MethodPut, Path: path, Audience: rest.Staff, Roles: []string{token.RoleAdmin}, Service: Service,
		Summary: "Set up a partner system of signups",
		About:   "Replaces everything, at once and for signups on their way as well. Customers are sent to its pages by signed links; its keys are in the secret signup-keys under its name, and how links are signed is in the recipe for partners.",
		Events:  []string{string(event.TypeConfigurationChanged)},
		Faults:  []*fault.Fault{signup.ErrPartnerInvalid.Naming("body.pages.register", "not an address without a query at one of the origins"), fault.ErrStale},
		Request: answer.PartnerTerms, Answer: answer,
	}, s.putPartner)
}

// partner reads another system of the caller's client account.
func (s service) partner(ctx context.Context, name string) (signup.Partner, error) {
	return signup.FindPartner(ctx, s.Store, rest.CallerOf(ctx).Tenant, name, s.Hosted)
}

func (s service) putPartner(ctx context.Context, in *putPartnerInput) (*partnerOutput, error) {
	was, err := s.partner(ctx, in.Partner)
	if err != nil && !errors.Is(err, signup.ErrPartnerUnknown) {
		return nil, err
	}
	if err := rest.Matches(in.IfMatch, was.Version); err != nil {
		return nil, err
	}
	next := signup.Partner{Tenant: rest.CallerOf(ctx).Tenant, Name: in.Partner, Pages: in.Body.Pages.byStep(), Origins: in.Body.Origins, Health: in.Body.Health, Version: was.Version + 1}
	if err := next.Validate(); err != nil {
		return nil, err
	}
	if err := s.Store.PutSignupPartner(ctx, next); err != nil {
		return nil, err
	}
	return partnerOf(next), nil
}
