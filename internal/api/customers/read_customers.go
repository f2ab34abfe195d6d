package customers

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

type listInput struct {
	Status         account.Status `query:"status" enum:"unverified,active" doc:"Only those" example:"active"`
	Tier           id.Tier        `query:"tier" maxLength:"40" pattern:"^[a-z0-9][a-z0-9-]{0,39}$" patternDescription:"the id of a tier" doc:"Only those of the tier" example:"standard"`
	Email          string         `query:"email" maxLength:"254" doc:"Only who has this mail address, in any case" example:"ada@example.com"`
	Username       string         `query:"username" maxLength:"64" doc:"Only who has this username, in any case" example:"ada.lovelace"`
	RegisteredFrom time.Time      `query:"registeredFrom" doc:"Only those who registered then or later" example:"2030-01-01T00:00:00Z"`
	RegisteredTo   time.Time      `query:"registeredTo" doc:"Only those who registered before" example:"2030-02-01T00:00:00Z"`
	Limit          int            `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most customers a page"`
	Cursor         string         `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"Y3VzXzAxSkQzUTZWNks4TTRIMFdaMFY1UTNZMVhB"`
}

type listOutput struct {
	Body page
}

type page struct {
	Customers  []entry `json:"customers" nullable:"false" doc:"Newest first"`
	NextCursor string  `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"Y3VzXzAxSkQzUTZWNks4TTRIMFdaMFY1UTNZMVhB"`
}

// entry is a customer in the list; who needs more reads the customer.
type entry struct {
	CustomerID   id.Customer    `json:"customerId" doc:"Id of the customer" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Status       account.Status `json:"status" enum:"unverified,active" doc:"Where the account is in its life" example:"active"`
	Pending      token.Pending  `json:"pending,omitempty" enum:"verification,profile" doc:"What is to be done before the customer can buy" example:"profile"`
	Username     string         `json:"username,omitempty" doc:"Of who has one" example:"ada.lovelace"`
	Email        string         `json:"email,omitempty" doc:"Where mails go" example:"ada@example.com"`
	Name         string         `json:"name,omitempty" doc:"How to address the customer" example:"Ada Lovelace"`
	Country      string         `json:"country,omitempty" doc:"Where the customer buys (ISO 3166-1 alpha-2)" example:"DE"`
	Tier         id.Tier        `json:"tier" doc:"What kind of customer this is" example:"standard"`
	RegisteredAt time.Time      `json:"registeredAt" doc:"When the account was made" example:"2030-01-01T12:00:00Z"`
}

func (s service) registerList(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "listCustomers", Method: http.MethodGet, Path: "/customers", Audience: rest.Staff, Roles: readers, Service: Service,
		Summary: "List customers, newest first",
		About: "All conditions must hold. A change shows after a second or so; a look for a mail address or a username is exact at once. " +
			"A page may hold fewer than limit, also none: go on with the nextCursor while there is one. Accounts that expired or were erased are not listed.",
		Faults: []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")},
		Answer: page{Customers: []entry{{CustomerID: example.CustomerID, Status: example.Status, Email: example.Email, Name: example.Name, Country: example.Country,
			Tier: example.Tier, RegisteredAt: example.RegisteredAt}}},
	}, s.listCustomers)
}

func (s service) listCustomers(ctx context.Context, in *listInput) (*listOutput, error) {
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	f := account.Filter{Status: in.Status, Tier: in.Tier, Email: in.Email, Username: in.Username, From: in.RegisteredFrom, To: in.RegisteredTo}
	found, next, err := s.Store.Customers(ctx, rest.CallerOf(ctx).Tenant, f, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := page{Customers: []entry{}, NextCursor: rest.Cursor(next)}
	for _, c := range found {
		out.Customers = append(out.Customers, entry{CustomerID: c.ID, Status: c.Status, Pending: c.Pending(), Username: c.Username, Email: c.Email, Name: c.Name,
			Country: c.Country, Tier: c.Tier, RegisteredAt: c.RegisteredAt})
	}
	return &listOutput{out}, nil
}

func (s service) registerGet(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "getCustomer", Method: http.MethodGet, Path: "/customers/{customerId}", Audience: rest.Person, Roles: readers, Early: token.Verification, Service: Service,
		Summary: "Read a customer",
		About:   "Customers read themselves, also before the mail address is confirmed or the profile complete: then there is what is known so far. Somebody else's id is answered like an unknown one.",
		Faults:  []*fault.Fault{account.ErrUnknown},
		Answer:  example,
	}, s.getCustomer)
}

func (s service) getCustomer(ctx context.Context, in *CustomerPath) (*viewOutput, error) {
	c, err := s.read(ctx, in.CustomerID)
	if err != nil {
		return nil, err
	}
	return outputOf(c), nil
}
