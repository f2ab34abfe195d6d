package customers

import (
	"context"
	"net/http"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

type updateInput struct {
	CustomerPath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the customer the change is meant for; another version is refused" example:"\"3\""`
	Body    change
}

// change has what is to be another; what is not sent stays.
type change struct {
	Name      *string        `json:"name,omitempty" nullable:"false" maxLength:"500" doc:"How to address the customer; up to 120 characters" example:"Ada Lovelace"`
	Phone     *string        `json:"phone,omitempty" nullable:"false" maxLength:"500" doc:"E.164; empty for none" example:"+4930123456"`
	Address   *addressChange `json:"address,omitempty" doc:"What is another of the address; the whole must be right"`
	Language  *string        `json:"language,omitempty" nullable:"false" maxLength:"500" doc:"Of mails and pages (BCP 47); empty for the default" example:"en"`
	TimeZone  *string        `json:"timeZone,omitempty" nullable:"false" maxLength:"64" doc:"In which the days of bills begin (IANA); empty for the country's. Subscriptions that run keep theirs" example:"Europe/Berlin"`
	Marketing *bool          `json:"marketingConsent,omitempty" nullable:"false" doc:"Agrees to marketing mail" example:"false"`
}

type addressChange struct {
	Line1      *string `json:"line1,omitempty" nullable:"false" maxLength:"500" doc:"Street and number; up to 100 characters" example:"Unter den Linden 1"`
	Line2      *string `json:"line2,omitempty" nullable:"false" maxLength:"500" doc:"Floor, apartment, care of; empty for none" example:"3rd floor"`
	PostalCode *string `json:"postalCode,omitempty" nullable:"false" maxLength:"500" doc:"Postal code; up to 16 characters" example:"10117"`
	City       *string `json:"city,omitempty" nullable:"false" maxLength:"500" doc:"City; up to 100 characters" example:"Berlin"`
	Region     *string `json:"region,omitempty" nullable:"false" maxLength:"500" doc:"State or province; empty for none" example:"Berlin"`
	Country    *string `json:"country,omitempty" nullable:"false" maxLength:"500" doc:"As it is; another one is refused" example:"DE"`
}

func (s service) registerUpdate(a *rest.API) {
	phone, line := "+4930654321", "Unter den Linden 2"
	after := example
	at := *example.Address
	at.Line1 = line
	after.Phone, after.Address = phone, &at
	rest.Register(a, rest.Op{
		ID: "updateCustomer", Method: http.MethodPatch, Path: "/customers/{customerId}", Audience: rest.Person, Roles: []string{token.RoleAdmin, token.RoleSupport}, Service: Service,
		Summary: "Change a customer's profile",
		About: "Only what is sent changes; an empty text removes what may be missing. Changes of different fields at the same time are all kept; with If-Match a change is refused instead when somebody was faster. " +
			"The country is fixed, and the mail address has an operation of its own.",
		Events:  []string{string(event.TypeCustomerUpdated)},
		Faults:  []*fault.Fault{account.ErrProfileInvalid.Naming("body.phone", "a number in E.164 form, as +4930123456"), civil.ErrZone.Naming("body.timeZone", "a time zone of the IANA database, as Europe/Berlin"), account.ErrCountryFixed, account.ErrUnknown, fault.ErrStale},
		Request: change{Phone: &phone, Address: &addressChange{Line1: &line}},
		Answer:  after,
	}, s.updateCustomer)
}

func (s service) updateCustomer(ctx context.Context, in *updateInput) (*viewOutput, error) {
	if err := reach(ctx, in.CustomerID); err != nil {
		return nil, err
	}
	b := in.Body
	said := account.Profile{Name: b.Name, Phone: b.Phone, Language: b.Language, TimeZone: b.TimeZone, Marketing: b.Marketing}
	if a := b.Address; a != nil {
		said.Address = &account.AddressChange{Line1: a.Line1, Line2: a.Line2, PostalCode: a.PostalCode, City: a.City, Region: a.Region, Country: a.Country}
	}
	c, err := s.profiles().Update(ctx, rest.CallerOf(ctx).Tenant, in.CustomerID, said, func(version int64) error { return rest.Matches(in.IfMatch, version) })
	if err != nil {
		return nil, err
	}
	return outputOf(c), nil
}
