package customeradmin

import (
	"context"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

type exemptInput struct {
	CustomerPath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the customer the change is meant for; another version is refused" example:"\"3\""`
	Body    exemption
}

type exemption struct {
	Reason      string `json:"reason" minLength:"1" maxLength:"120" doc:"Why, as invoices state it (BT-120)" example:"Reverse charge"`
	Code        string `json:"code,omitempty" maxLength:"40" pattern:"^VATEX-[A-Z]{2}(-[0-9A-Z]+)+$" patternDescription:"a code of the list VATEX" doc:"The same by the code list VATEX (BT-121)" example:"VATEX-EU-AE"`
	TaxID       string `json:"taxId,omitempty" maxLength:"40" doc:"The customer's VAT identification number, which their invoices state (BT-48); needed for reverse charge" example:"ATU00000000"`
	Certificate string `json:"certificate,omitempty" maxLength:"80" doc:"Number of what proves it" example:"FA 12/2029/4711"`
}

type taxpayerInput struct {
	CustomerPath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the customer the change is meant for; another version is refused" example:"\"4\""`
}

type taxOutput struct {
	ETag string `header:"ETag" doc:"Version of the customer, for If-Match" example:"\"4\""`
	Body taxView
}

type taxView struct {
	CustomerID id.Customer        `json:"customerId" doc:"Id of the customer" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Exemption  *account.Exemption `json:"taxExemption,omitempty" doc:"Why the customer pays no tax; missing of who does"`
}

func (s service) registerExemption(a *rest.API) {
	const path = "/admin/customers/{customerId}/tax-exemption"
	reverse := exemption{Reason: "Reverse charge", Code: lineitem.ReverseCharge, TaxID: "ATU00000000", Certificate: "FA 12/2029/4711"}
	noted := reverse.noted()
	noted.Since = exampleAt
	rest.Register(a, rest.Op{
		ID: "setTaxExemption", Method: http.MethodPut, Path: path, Audience: rest.Staff, Roles: []string{token.RoleAdmin, token.RoleBilling}, Service: Service,
		Summary: "Note that a customer pays no tax",
		About: "From then on plans cost the customer what they are without the tax of their country: orders and subscribing, renewals, changes of plan and previews of all these. Invoices state the reason. " +
			"What was ordered, quoted or invoiced before stays as it is, and is corrected on the terms it was billed on. Doing it again is harmless. Carts are at the listed prices.",
		Events:  []string{string(event.TypeCustomerUpdated)},
		Faults:  []*fault.Fault{account.ErrUnknown, account.ErrExemption.Naming("body.taxId", "is needed, because by reverse charge the buyer owes the tax"), fault.ErrStale},
		Request: reverse, Answer: taxView{"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", noted},
	}, s.exempt)
	rest.Register(a, rest.Op{
		ID: "withdrawTaxExemption", Method: http.MethodDelete, Path: path, Audience: rest.Staff, Roles: []string{token.RoleAdmin, token.RoleBilling}, Service: Service,
		Summary: "Note that a customer pays tax again",
		About:   "Counts from the next bill on; what was ordered or invoiced before stays as it is. Harmless where there is no exemption.",
		Events:  []string{string(event.TypeCustomerUpdated)},
		Faults:  []*fault.Fault{account.ErrUnknown, fault.ErrStale},
		Answer:  taxView{CustomerID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"},
	}, func(ctx context.Context, in *taxpayerInput) (*taxOutput, error) {
		return s.noteTax(ctx, in.CustomerID, nil, in.IfMatch)
	})
}

func (e exemption) noted() *account.Exemption {
	return &account.Exemption{Exemption: lineitem.Exemption{Reason: e.Reason, Code: e.Code}, TaxID: e.TaxID, Certificate: e.Certificate}
}

func (s service) exempt(ctx context.Context, in *exemptInput) (*taxOutput, error) {
	e := in.Body.noted()
	if err := e.Check(); err != nil {
		return nil, err
	}
	return s.noteTax(ctx, in.CustomerID, e, in.IfMatch)
}

func (s service) noteTax(ctx context.Context, customer id.Customer, e *account.Exemption, ifMatch string) (*taxOutput, error) {
	c, err := account.Profiles{Store: s.Store}.Exempt(ctx, rest.CallerOf(ctx).Tenant, customer, e, func(version int64) error { return rest.Matches(ifMatch, version) })
	if err != nil {
		return nil, err
	}
	return &taxOutput{ETag: rest.ETag(c.Version), Body: taxView{c.ID, c.Exemption}}, nil
}
