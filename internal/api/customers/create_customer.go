package customers

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

type createInput struct {
	Body profile
}

type profile struct {
	Name      string     `json:"name" maxLength:"500" doc:"How to address the customer; up to 120 characters" example:"Ada Lovelace"`
	Phone     string     `json:"phone,omitempty" maxLength:"500" doc:"E.164" example:"+4930123456"`
	Address   newAddress `json:"address" doc:"Where the customer lives. Its country decides what can be bought, and stays."`
	Language  string     `json:"language,omitempty" maxLength:"500" doc:"Of mails and pages (BCP 47)" example:"en"`
	Marketing bool       `json:"marketingConsent,omitempty" doc:"Agrees to marketing mail" example:"false"`
}

type newAddress struct {
	Line1      string `json:"line1" maxLength:"500" doc:"Street and number; up to 100 characters" example:"Unter den Linden 1"`
	Line2      string `json:"line2,omitempty" maxLength:"500" doc:"Floor, apartment, care of; up to 100 characters" example:"3rd floor"`
	PostalCode string `json:"postalCode" maxLength:"500" doc:"Postal code; up to 16 characters" example:"10117"`
	City       string `json:"city" maxLength:"500" doc:"City; up to 100 characters" example:"Berlin"`
	Region     string `json:"region,omitempty" maxLength:"500" doc:"State or province, where addresses need one; up to 100 characters" example:"Berlin"`
	Country    string `json:"country" maxLength:"500" doc:"ISO 3166-1 alpha-2" example:"DE"`
}

type createOutput struct {
	Body created
}

type created struct {
	CustomerID id.Customer `json:"customerId" doc:"Id of the customer" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Country    string      `json:"country" doc:"Where the customer buys from now on (ISO 3166-1 alpha-2)" example:"DE"`
	ProfiledAt time.Time   `json:"profiledAt" doc:"When the profile was complete" example:"2030-01-01T12:05:00Z"`
	Refresh    bool        `json:"refreshSession" doc:"Always true: the session does not know yet; refresh it to buy with it" example:"true"`
}

func (s service) registerCreate(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "createCustomer", Method: http.MethodPost, Path: "/customers", Audience: rest.Customer, Early: token.Verification, Service: Service, Status: http.StatusCreated,
		Summary: "Complete the profile", Step: "S3 3 Profile",
		About: "Makes the account that is signed in a customer who can buy. The mail address must be confirmed by now; a session that began before it was is good enough. " +
			"What is wrong with the profile is named field by field. Refresh the session afterwards: its access token then knows the country and that nothing is pending.",
		Events: []string{string(event.TypeCustomerRegistered)},
		Faults: []*fault.Fault{account.ErrProfileInvalid.Naming("body.address.postalCode", "1 to 16 characters in one line"), account.ErrProfileExists, account.ErrUnknown, token.ErrUnverified},
		Request: profile{Name: example.Name, Phone: example.Phone, Language: example.Language,
			Address: newAddress{Line1: example.Address.Line1, PostalCode: example.Address.PostalCode, City: example.Address.City, Country: example.Address.Country}},
		Answer: created{CustomerID: example.CustomerID, Country: example.Country, ProfiledAt: example.ProfiledAt, Refresh: true},
	}, s.createCustomer)
}

func (s service) createCustomer(ctx context.Context, in *createInput) (*createOutput, error) {
	caller, b := rest.CallerOf(ctx), in.Body
	said := account.Profile{Name: &b.Name, Phone: &b.Phone, Language: &b.Language, Marketing: &b.Marketing, Address: &account.AddressChange{Line1: &b.Address.Line1,
		Line2: &b.Address.Line2, PostalCode: &b.Address.PostalCode, City: &b.Address.City, Region: &b.Address.Region, Country: &b.Address.Country}}
	done, err := s.profiles().Create(ctx, rest.Once(ctx, "createCustomer", in), caller.Tenant, caller.Customer, said)
	if err != nil {
		return nil, err
	}
	return &createOutput{created{CustomerID: done.CustomerID, Country: done.Country, ProfiledAt: done.ProfiledAt, Refresh: true}}, nil
}
