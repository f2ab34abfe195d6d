// Package customers is the customer service: the profile that makes an account a customer, reading and changing it, the list
// of customers for staff, erasure, and how far a customer's journey is.
//
// What somebody signs in with belongs to other services; nothing here answers it.
package customers

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/history"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "customer"

// Store keeps customers.
type Store interface {
	account.ProfileKeeper
	account.EraseKeeper
	// Customers reads a page of the customers that a filter takes, newest first.
	Customers(ctx context.Context, tenant id.Tenant, f account.Filter, after string, limit int) (page []account.Customer, next string, err error)
	// Stages reads which stages of their journey a customer has reached.
	Stages(ctx context.Context, tenant id.Tenant, customer id.Customer) ([]history.Reached, error)
}

// Deps are the parts the service works with.
type Deps struct {
	Store Store
	Clock clock.Clock
}

type service struct{ Deps }

func (s service) profiles() account.Profiles { return account.Profiles{Store: s.Store} }

// CustomerPath names a customer in the path. (huma reads embedded structs only when they are exported.)
type CustomerPath struct {
	CustomerID id.Customer `path:"customerId" maxLength:"40" pattern:"^cus_[0-9A-Z]{26}$" patternDescription:"a customer id" doc:"Id of the customer" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

// readers may look at any customer.
var readers = []string{token.RoleAdmin, token.RoleSupport, token.RoleBilling, token.RoleNetwork}

type view struct {
	CustomerID   id.Customer        `json:"customerId" doc:"Id of the customer" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Status       account.Status     `json:"status" enum:"unverified,active,expired,erased" doc:"Where the account is in its life; only staff see expired and erased ones, which hold nothing personal" example:"active"`
	Pending      token.Pending      `json:"pending,omitempty" enum:"verification,profile" doc:"What is to be done before the customer can buy" example:"profile"`
	Username     string             `json:"username,omitempty" doc:"Of who has one" example:"ada.lovelace"`
	Email        string             `json:"email,omitempty" doc:"Where mails go" example:"ada@example.com"`
	Name         string             `json:"name,omitempty" doc:"How to address the customer" example:"Ada Lovelace"`
	Phone        string             `json:"phone,omitempty" doc:"E.164" example:"+4930123456"`
	Address      *address           `json:"address,omitempty" doc:"Where the customer lives"`
	Country      string             `json:"country,omitempty" doc:"Where the customer buys (ISO 3166-1 alpha-2)" example:"DE"`
	Language     string             `json:"language,omitempty" doc:"Of mails and pages (BCP 47)" example:"en"`
	TimeZone     string             `json:"timeZone,omitempty" doc:"In which the days of bills begin (IANA), when it is not the country's" example:"Europe/Berlin"`
	Marketing    bool               `json:"marketingConsent" doc:"Agrees to marketing mail" example:"false"`
	Tier         id.Tier            `json:"tier" doc:"What kind of customer this is" example:"standard"`
	Exemption    *account.Exemption `json:"taxExemption,omitempty" doc:"Why the customer pays no tax; missing of who does"`
	RegisteredAt time.Time          `json:"registeredAt" doc:"When the account was made" example:"2030-01-01T12:00:00Z"`
	VerifiedAt   time.Time          `json:"verifiedAt,omitzero" doc:"When the mail address was confirmed" example:"2030-01-01T12:01:00Z"`
	ProfiledAt   time.Time          `json:"profiledAt,omitzero" doc:"When the profile was complete" example:"2030-01-01T12:05:00Z"`
}

type address struct {
	Line1      string `json:"line1" doc:"Street and number" example:"Unter den Linden 1"`
	Line2      string `json:"line2,omitempty" doc:"Floor, apartment, care of" example:"3rd floor"`
	PostalCode string `json:"postalCode" doc:"Postal code" example:"10117"`
	City       string `json:"city" doc:"City" example:"Berlin"`
	Region     string `json:"region,omitempty" doc:"State or province, where addresses need one" example:"Berlin"`
	Country    string `json:"country" doc:"ISO 3166-1 alpha-2" example:"DE"`
}

func viewOf(c account.Customer) view {
	v := view{CustomerID: c.ID, Status: c.Status, Username: c.Username, Email: c.Email, Name: c.Name, Phone: c.Phone, Country: c.Country, Language: c.Language, TimeZone: c.TimeZone,
		Marketing: c.Marketing, Tier: c.Tier, RegisteredAt: c.RegisteredAt, VerifiedAt: c.VerifiedAt, ProfiledAt: c.ProfiledAt, Exemption: c.Exemption}
	if !c.Gone() {
		v.Pending = c.Pending()
	}
	if c.Address != (account.Address{}) {
		a := address(c.Address)
		v.Address = &a
	}
	return v
}

type viewOutput struct {
	ETag string `header:"ETag" doc:"Version of the customer, for If-Match" example:"\"3\""`
	Body view
}

func outputOf(c account.Customer) *viewOutput {
	return &viewOutput{ETag: rest.ETag(c.Version), Body: viewOf(c)}
}

var (
	exampleTime = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	example     = view{CustomerID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Status: account.Active, Email: "ada@example.com", Name: "Ada Lovelace", Phone: "+4930123456",
		Address: &address{Line1: "Unter den Linden 1", PostalCode: "10117", City: "Berlin", Country: "DE"}, Country: "DE", Language: "en", Tier: account.DefaultTier,
		RegisteredAt: exampleTime, VerifiedAt: exampleTime.Add(time.Minute), ProfiledAt: exampleTime.Add(5 * time.Minute)}
)

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerCreate(a)
	s.registerList(a)
	s.registerGet(a)
	s.registerUpdate(a)
	s.registerDelete(a)
	s.registerJourney(a)
}

// reach refuses a customer who reaches for somebody else, with what an unknown id gets.
func reach(ctx context.Context, customer id.Customer) error {
	if caller := rest.CallerOf(ctx); caller.Customer != "" && caller.Customer != customer {
		return account.ErrUnknown
	}
	return nil
}

// read gives a customer to themselves, as long as the account is there, or to staff.
func (s service) read(ctx context.Context, customer id.Customer) (account.Customer, error) {
	if err := reach(ctx, customer); err != nil {
		return account.Customer{}, err
	}
	caller := rest.CallerOf(ctx)
	c, err := s.Store.Customer(ctx, caller.Tenant, customer)
	if errors.Is(err, fault.ErrNotFound) || err == nil && c.Gone() && caller.Staff == "" {
		err = account.ErrUnknown
	}
	return c, err
}
