package signup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/signlink"
)

// The faults of configuration.
var (
	ErrFlowUnknown    = fault.New(fault.NotFound, "signup_flow_not_found", "There is no such flow.", "integrator")
	ErrFlowInvalid    = fault.New(fault.Invalid, "signup_flow_invalid", "The flow cannot work like this.", "integrator")
	ErrPartnerUnknown = fault.New(fault.NotFound, "signup_partner_not_found", "There is no such partner system.", "integrator")
	ErrPartnerInvalid = fault.New(fault.Invalid, "signup_partner_invalid", "The partner system cannot be reached like this.", "integrator")
)

// The flows, by who coordinates them.
const (
	NewBusiness      = "new-business"
	ExistingBusiness = "existing-business" // upgrades of existing customers
)

// The pages a flow may have. Each belongs behind those it needs.
const (
	Register        = "register"         // answers who the customer is
	CustomerProfile = "customer-profile" // asks them for more; answers nothing
	PaymentProfile  = "payment-profile"  // answers how they pay
	Review          = "review"           // shows net, tax and gross, and has them confirm it; answers nothing
)

// What is waited for when the pages are done.
const (
	ContractStep = "contract"
	ThankYouStep = "thank-you"
)

// Fallback is what the customer is offered when a step's limit passes.
type Fallback string

// The fallbacks.
const (
	OfferRetry Fallback = "retry"
	OfferMail  Fallback = "mail" // "we will mail you", beside trying again
)

// Step is a page of a flow.
type Step struct {
	Name     string   `json:"name" dynamodbav:"name" enum:"register,customer-profile,payment-profile,review" doc:"Which page" example:"register"`
	Partner  string   `json:"partner" dynamodbav:"partner" minLength:"1" maxLength:"64" pattern:"^[a-z0-9][a-z0-9-]*$" patternDescription:"a name of small letters, digits and hyphens" doc:"Whose page it is: the name of a partner system" example:"turnup"`
	Limit    int      `json:"limitSeconds" dynamodbav:"limit" minimum:"1" maximum:"2592000" doc:"How long its answer may take, in seconds, before the customer is offered something else" example:"1800"`
	Fallback Fallback `json:"fallback" dynamodbav:"fallback" enum:"retry,mail" doc:"What they are offered then" example:"mail"`
}

// Flow is how signups of one kind go.
type Flow struct {
	Tenant        id.Tenant `json:"-" dynamodbav:"tenant"`
	Name          string    `json:"name" dynamodbav:"name" enum:"new-business,existing-business" doc:"Who coordinates it" example:"new-business"`
	Steps         []Step    `json:"steps" dynamodbav:"steps" nullable:"false" minItems:"1" maxItems:"4" doc:"The pages, in their order"`
	ContractLimit int       `json:"contractLimitSeconds" dynamodbav:"contractLimit" minimum:"1" maximum:"2592000" doc:"How long the contract may take, in seconds, before the customer is told that it takes longer" example:"60"`
	ThankYou      string    `json:"thankYouPartner" dynamodbav:"thankYou" minLength:"1" maxLength:"64" pattern:"^[a-z0-9][a-z0-9-]*$" patternDescription:"a name of small letters, digits and hyphens" doc:"Whose thank-you page it ends on" example:"turnup"`
	ThankYouLimit int       `json:"thankYouLimitSeconds" dynamodbav:"thankYouLimit" minimum:"1" maximum:"2592000" doc:"How long that page may take, in seconds, before the default confirmation is shown" example:"30"`
	AbandonAfter  int       `json:"abandonAfterSeconds" dynamodbav:"abandonAfter" minimum:"60" maximum:"2592000" doc:"After how many seconds in which nothing happens a signup expires" example:"604800"`
	RequestedTmp  bool      `json:"requestedTmp" dynamodbav:"requestedTmp" doc:"Deprecated: publish signup.requested.tmp, with a made-up customer, beside signup.requested" example:"false"`
	Version       int64     `json:"version" dynamodbav:"Version" doc:"Counts changes; 0 is the flow of who has set nothing" example:"1" readOnly:"true"`
}

// Default is the flow of a client account that has set none: the dated one.
func Default(t id.Tenant, name string) (Flow, error) {
	f := Flow{Tenant: t, Name: name, ContractLimit: 60, ThankYou: Hosted, ThankYouLimit: 30, AbandonAfter: 7 * 24 * 3600}
	pay := Step{PaymentProfile, Hosted, 1800, OfferMail}
	switch name {
	case NewBusiness:
		f.Steps = []Step{{Register, Hosted, 1800, OfferRetry}, pay}
	case ExistingBusiness:
		f.Steps = []Step{pay}
	default:
		return f, ErrFlowUnknown
	}
	return f, nil
}

// behind is which pages must come before a page, where they are in the flow at all.
var behind = map[string][]string{Register: {}, CustomerProfile: {Register}, PaymentProfile: {Register, CustomerProfile}, Review: {Register, CustomerProfile, PaymentProfile}}

// Validate checks that the flow can work.
func (f Flow) Validate() error {
	at := map[string]int{}
	for i, step := range f.Steps {
		before, known := behind[step.Name]
		field := fmt.Sprintf("body.steps[%d].name", i)
		if _, twice := at[step.Name]; twice || !known {
			return ErrFlowInvalid.Naming(field, "each page once")
		}
		at[step.Name] = i
		for _, b := range before {
			if slices.IndexFunc(f.Steps, func(s Step) bool { return s.Name == b }) > i {
				return ErrFlowInvalid.Naming(field, "must come after "+b)
			}
		}
	}
	_, registers := at[Register]
	_, pays := at[PaymentProfile]
	switch {
	case !pays:
		return ErrFlowInvalid.Naming("body.steps", "somebody must tell how the customer pays")
	case registers != (f.Name == NewBusiness):
		return ErrFlowInvalid.Naming("body.steps", "new customers register, existing ones do not")
	}
	return nil
}

// index of a page in the flow; -1 when it has none.
func (f Flow) index(step string) int {
	return slices.IndexFunc(f.Steps, func(s Step) bool { return s.Name == step })
}

// Hosted is the partner whose pages come with Turnup.
const Hosted = "turnup"

// Partner is another system, as the owner of a flow knows it. Its keys are among the keys of signed links, under its name.
type Partner struct {
	Tenant  id.Tenant         `json:"-" dynamodbav:"tenant"`
	Name    string            `json:"name" dynamodbav:"name" doc:"Its name" example:"crm" readOnly:"true"`
	Pages   map[string]string `json:"pages" dynamodbav:"pages" doc:"Addresses of its pages by step, without a query"`
	Origins []string          `json:"origins" dynamodbav:"origins" nullable:"false" maxItems:"10" doc:"Origins at which its pages and its thank-you pages are" example:"[\"https://people.example\"]"`
	Health  string            `json:"healthUrl,omitempty" dynamodbav:"health,omitempty" maxLength:"500" doc:"Asked before a customer is sent there, if given; anything but 2xx within two seconds means that its pages are not to be had" example:"https://people.example/health"`
	Version int64             `json:"version" dynamodbav:"Version" doc:"Counts changes" example:"1" readOnly:"true"`
}

// Validate checks addresses: each is https and at one of the origins.
func (p Partner) Validate() error {
	for i, o := range p.Origins {
		if !signlink.IsOrigin(o) {
			return ErrPartnerInvalid.Naming(fmt.Sprintf("body.origins[%d]", i), "not scheme://host[:port] of https")
		}
	}
	for step, address := range p.Pages {
		if _, known := behind[step]; !known {
			return ErrPartnerInvalid.Naming("body.pages."+step, "no such page")
		}
		if !signlink.IsTarget(address) || !signlink.Allowed(address, p.Origins) {
			return ErrPartnerInvalid.Naming("body.pages."+step, "not an address without a query at one of the origins")
		}
	}
	if p.Health != "" && !signlink.Allowed(p.Health, p.Origins) {
		return ErrPartnerInvalid.Naming("body.healthUrl", "not at one of the origins")
	}
	return nil
}

// HostedPartner is the partner whose pages come with Turnup, below a base address.
func HostedPartner(t id.Tenant, base string) Partner {
	p := Partner{Tenant: t, Name: Hosted, Pages: map[string]string{}, Origins: []string{signlink.OriginOf(base)}}
	for step := range behind {
		p.Pages[step] = base + "/pages/" + step
	}
	return p
}

// Partners are the records of other systems.
type Partners interface {
	// SignupPartner reads one; ErrPartnerUnknown.
	SignupPartner(ctx context.Context, tenant id.Tenant, name string) (Partner, error)
}

// FindPartner reads another system. The one whose pages come with Turnup, below a base address, is there without a record.
func FindPartner(ctx context.Context, from Partners, t id.Tenant, name, base string) (Partner, error) {
	p, err := from.SignupPartner(ctx, t, name)
	if errors.Is(err, ErrPartnerUnknown) && name == Hosted {
		return HostedPartner(t, base), nil
	}
	return p, err
}
