// Package customeradmin is customers for the operator's staff: which tier and groups they have, what happened to them, and help
// with their accounts.
package customeradmin

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/group"
	"turnup/internal/domain/history"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "customer administration"

// Store keeps customers.
type Store interface {
	account.SessionKeeper
	// Access reads a customer and which of the tiers and groups exist, in one call; unknown is account.ErrUnknown.
	Access(ctx context.Context, tenant id.Tenant, customer id.Customer, tiers []id.Tier, extra []id.Group) (account.Customer, group.Known, error)
	// SetAccess moves a customer and announces it; fault.ErrStale when somebody changed the customer since the version.
	SetAccess(ctx context.Context, tenant id.Tenant, customer id.Customer, tier id.Tier, groups []id.Group, was int64, e event.Envelope) error
	Customer(ctx context.Context, tenant id.Tenant, customer id.Customer) (account.Customer, error)
	// History reads a page of what happened to a customer, newest first.
	History(ctx context.Context, tenant id.Tenant, customer id.Customer, after string, limit int32) (page []history.Entry, next string, err error)
}

// Deps are the parts the service works with.
type Deps struct {
	Store    Store
	Clock    clock.Clock
	Security account.Security
}

var exampleAt = time.Date(2030, 1, 1, 12, 30, 0, 0, time.UTC)

type service struct {
	Deps
	gate account.Gate
}

// CustomerPath names a customer in the path. (huma reads embedded structs only when they are exported.)
type CustomerPath struct {
	CustomerID id.Customer `path:"customerId" maxLength:"40" pattern:"^cus_[0-9A-Z]{26}$" patternDescription:"a customer id" doc:"Id of the customer" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type setInput struct {
	CustomerPath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the access the change is meant for; another version is refused" example:"\"3\""`
	Body    access
}

// access decides which plans a customer is offered.
type access struct {
	Tier   id.Tier    `json:"tier" maxLength:"40" pattern:"^[a-z0-9][a-z0-9-]{0,39}$" patternDescription:"the id of a tier" doc:"The customer's tier" example:"business"`
	Groups []id.Group `json:"groups" maxItems:"20" uniqueItems:"true" nullable:"false" pattern:"^[a-z0-9][a-z0-9-]{0,39}$" patternDescription:"ids of groups" doc:"All extra groups the customer is in" example:"[\"staff-family\"]"`
}

type accessOutput struct {
	ETag string `header:"ETag" doc:"Version of the customer, for If-Match" example:"\"3\""`
	Body view
}

type view struct {
	CustomerID id.Customer `json:"customerId" doc:"Id of the customer" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Tier       id.Tier     `json:"tier" doc:"The customer's tier" example:"business"`
	Groups     []id.Group  `json:"groups" nullable:"false" doc:"All extra groups the customer is in" example:"[\"staff-family\"]"`
}

func outputOf(c id.Customer, tier id.Tier, groups []id.Group, version int64) *accessOutput {
	if groups == nil {
		groups = []id.Group{}
	}
	return &accessOutput{ETag: rest.ETag(version), Body: view{c, tier, groups}}
}

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d, account.Gate{Store: d.Store, Clock: d.Clock}}
	s.registerVerify(a)
	s.registerReset(a)
	s.registerExemption(a)
	const path = "/admin/customers/{customerId}/access"
	example := view{"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", "business", []id.Group{"staff-family"}}
	rest.Register(a, rest.Op{
		ID: "getCustomerAccess", Method: http.MethodGet, Path: path, Audience: rest.Staff, Roles: []string{token.RoleAdmin, token.RoleSupport}, Service: Service,
		Summary: "Read a customer's tier and groups",
		About:   "They decide which plans the customer is offered.",
		Faults:  []*fault.Fault{account.ErrUnknown},
		Answer:  example,
	}, s.getAccess)
	rest.Register(a, rest.Op{
		ID: "setCustomerAccess", Method: http.MethodPut, Path: path, Audience: rest.Staff, Roles: []string{token.RoleAdmin}, Service: Service,
		Summary: "Move a customer to a tier and groups",
		About:   "Replaces both. It takes effect on the customer's next call. What was ordered before stays as it is.",
		Events:  []string{string(event.TypeCustomerUpdated)},
		Faults: []*fault.Fault{account.ErrUnknown, group.ErrTierUnknown.Naming("body.tier", "there is no such tier"),
			group.ErrUnknown.Naming("body.groups[0]", "there is no such group"), fault.ErrStale},
		Request: access{"business", []id.Group{"staff-family"}},
		Answer:  example,
	}, s.setAccess)
	s.registerHistory(a)
}

func (s service) getAccess(ctx context.Context, in *CustomerPath) (*accessOutput, error) {
	c, _, err := s.Store.Access(ctx, rest.CallerOf(ctx).Tenant, in.CustomerID, nil, nil)
	if err != nil {
		return nil, err
	}
	return outputOf(c.ID, c.Tier, c.Groups, c.Version), nil
}

func (s service) setAccess(ctx context.Context, in *setInput) (*accessOutput, error) {
	tenant, tiers := rest.CallerOf(ctx).Tenant, []id.Tier{in.Body.Tier}
	was, known, err := s.Store.Access(ctx, tenant, in.CustomerID, tiers, in.Body.Groups)
	if err != nil {
		return nil, err
	}
	if err := rest.Matches(in.IfMatch, was.Version); err != nil {
		return nil, err
	}
	if err := known.Tiers(tiers, func(int) string { return "body.tier" }); err != nil {
		return nil, err
	}
	if err := known.Groups(in.Body.Groups, func(i int) string { return fmt.Sprintf("body.groups[%d]", i) }); err != nil {
		return nil, err
	}
	fields := differing(was, in.Body)
	if len(fields) == 0 {
		return outputOf(was.ID, was.Tier, was.Groups, was.Version), nil
	}
	moved := event.New(ctx, tenant, s.Clock.Now(), event.CustomerUpdated{CustomerID: in.CustomerID, Fields: fields})
	if err := s.Store.SetAccess(ctx, tenant, in.CustomerID, in.Body.Tier, in.Body.Groups, was.Version, moved); err != nil {
		return nil, err
	}
	return outputOf(in.CustomerID, in.Body.Tier, in.Body.Groups, was.Version+1), nil
}

// differing names what a move changes. The order of groups has no meaning.
func differing(was account.Customer, is access) (fields []string) {
	if was.Tier != is.Tier {
		fields = append(fields, "tier")
	}
	if !slices.Equal(slices.Sorted(slices.Values(was.Groups)), slices.Sorted(slices.Values(is.Groups))) {
		fields = append(fields, "groups")
	}
	return fields
}
