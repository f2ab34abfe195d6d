package registration

import (
	"context"
	"errors"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

type registerInput struct {
	Body registration
}

type registration struct {
	Username string  `json:"username" maxLength:"200" pattern:"^\\s*[A-Za-z0-9][A-Za-z0-9._@+-]{2,63}\\s*$" patternDescription:"3 to 64 letters, digits or . _ @ + -" doc:"Unique; case and surrounding blanks do not matter" example:"ada.lovelace"`
	Password string  `json:"password" maxLength:"128" doc:"At least 8 characters, not a common one" example:"correct horse battery"`
	Name     string  `json:"name,omitempty" maxLength:"120" doc:"How to address the customer" example:"Ada Lovelace"`
	Contact  contact `json:"contact" doc:"How to reach the customer"`
	Country  string  `json:"country" pattern:"^[A-Z]{2}$" patternDescription:"two capital letters" doc:"ISO 3166-1 alpha-2; where the customer buys" example:"DE"`
	Language string  `json:"language,omitempty" maxLength:"10" pattern:"^[a-z]{2}(-[A-Z]{2})?$" patternDescription:"a language tag such as en or de-AT" doc:"Language for mails and the PSP's page (BCP 47)" example:"en"`
	Consent  consent `json:"consent" doc:"What the customer agreed to"`
}

type contact struct {
	Email string `json:"email" format:"email" maxLength:"254" doc:"Where mails go" example:"ada@example.com"`
	Phone string `json:"phone,omitempty" pattern:"^\\+[0-9]{6,15}$" patternDescription:"a number in E.164 form" doc:"E.164" example:"+4930123456"`
}

type consent struct {
	Terms     bool `json:"terms" doc:"Accepts the terms; must be true" example:"true"`
	Marketing bool `json:"marketing,omitempty" doc:"Agrees to marketing mail" example:"false"`
}

type registerOutput struct {
	Body registered
}

type registered struct {
	CustomerID id.Customer `json:"customerId" doc:"Id of the customer" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Session    session     `json:"session" doc:"Lets the front end act as this customer"`
}

type session struct {
	AccessToken string    `json:"accessToken" doc:"Send it as Authorization: Bearer" example:"eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl"`
	ExpiresAt   time.Time `json:"expiresAt" doc:"When the token ends" example:"2030-01-01T13:00:00Z"`
}

func (s service) registerCustomer(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "registerCustomer", Method: http.MethodPost, Path: "/registration/customers", Audience: rest.Public, Service: Service, Status: http.StatusCreated,
		Summary: "Register a new customer",
		About:   "Creates the customer and answers a session. The contract country is fixed here. Who meets many names and addresses that are taken has to wait.",
		Step:    "S0 2 Registration",
		Events:  []string{string(event.TypeCustomerRegistered)},
		Faults: []*fault.Fault{account.ErrUsernameExists.With("loginUrl", "http://localhost:3000/login"), account.ErrEmailExists.With("loginUrl", "http://localhost:3000/login"),
			account.ErrUsernameEmail.Naming("body.username", "an address that is not yours"),
			account.ErrUsernameInvalid.Naming("body.username", "3 to 64 letters, digits or . _ @ + -"), account.ErrPasswordWeak.Naming("body.password", "at least 8 characters"),
			account.ErrCountryUnknown.Naming("body.country", "not an ISO 3166-1 alpha-2 code"), fault.ErrThrottled},
		Request: registration{Username: "ada.lovelace", Password: "correct horse battery", Name: "Ada Lovelace", Contact: contact{Email: "ada@example.com"},
			Country: "DE", Language: "en", Consent: consent{Terms: true}},
		Answer: registered{CustomerID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Session: session{AccessToken: "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl",
			ExpiresAt: time.Date(2030, 1, 1, 13, 0, 0, 0, time.UTC)}},
	}, s.register)
}

func (s service) register(ctx context.Context, in *registerInput) (*registerOutput, error) {
	tenant, body := rest.CallerOf(ctx).Tenant, in.Body
	visible := body
	visible.Password = "" // the fingerprint is stored; the password's hash vouches for it instead
	done, err := s.Registrar.Register(ctx, rest.Once(ctx, "registerCustomer", visible), account.Customer{
		Tenant: tenant, Username: body.Username, Name: body.Name, Email: body.Contact.Email, Phone: body.Contact.Phone, Country: body.Country,
		Language: body.Language, Marketing: body.Consent.Marketing,
	}, body.Password, body.Consent.Terms)
	if errors.Is(err, account.ErrUsernameExists) || errors.Is(err, account.ErrEmailExists) { // one may be told now and then, not all day
		caller := rest.CallerOf(ctx)
		if spent := s.Store.Spend(ctx, tenant, "registration-conflict", caller.Address, QueryBudget, QueryWindow); spent != nil {
			return nil, spent
		}
		return nil, fault.Of(err).With("loginUrl", s.LoginURL)
	}
	if err != nil {
		return nil, err
	}
	access, expires, err := s.Signer.Session(tenant, done.CustomerID, done.Country, done.RegisteredAt)
	if err != nil {
		return nil, err
	}
	return &registerOutput{registered{CustomerID: done.CustomerID, Session: session{AccessToken: access, ExpiresAt: expires}}}, nil
}
