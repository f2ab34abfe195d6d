// Package subscriptions is the subscriptions service: a customer's contracts and what they entitle to.
package subscriptions

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "subscription"

// Store reads subscriptions.
type Store interface {
	// Subscription reads one of a customer's; unknown or another customer's is subscription.ErrUnknown.
	Subscription(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (subscription.Subscription, error)
	Subscriptions(ctx context.Context, tenant id.Tenant, customer id.Customer, after string, limit int32) (page []subscription.Subscription, next string, err error)
}

// Deps are the parts the service works with.
type Deps struct{ Store Store }

type service struct{ Deps }

type view struct {
	SubscriptionID id.Subscription          `json:"subscriptionId" doc:"Id of the subscription" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Status         subscription.State       `json:"status" enum:"pending,active,ended" doc:"pending: signed and paid, not yet delivered" example:"active"`
	ItemID         id.Item                  `json:"itemId" doc:"Id of the catalogue item" example:"plan_stream-hd"`
	Name           string                   `json:"name" doc:"Name as it was bought" example:"Stream HD"`
	Price          money.Amount             `json:"price" doc:"Price of one billing period"`
	BillingPeriod  string                   `json:"billingPeriod" doc:"ISO 8601 duration" example:"P1M"`
	SignedAt       time.Time                `json:"signedAt" doc:"When the contract came about" example:"2030-01-01T12:10:00Z"`
	Entitlement    subscription.Entitlement `json:"entitlement" doc:"The right to watch"`
}

func viewOf(s subscription.Subscription) view {
	return view{SubscriptionID: s.ID, Status: s.State, ItemID: s.ItemID, Name: s.Name, Price: s.Price, BillingPeriod: s.BillingPeriod, SignedAt: s.SignedAt,
		Entitlement: s.Entitlement}
}

type getInput struct {
	SubscriptionID id.Subscription `path:"subscriptionId" maxLength:"40" pattern:"^sub_[0-9A-Z]{26}$" patternDescription:"a subscription id" doc:"Id of the subscription" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type getOutput struct {
	Body view
}

type listInput struct {
	Limit  int32  `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most subscriptions a page"`
	Cursor string `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"c3ViXzAxSkQzUTZWNks4TTRIMFdaMFY1UTNZMVhB"`
}

type listOutput struct {
	Body page
}

type page struct {
	Subscriptions []view `json:"subscriptions" nullable:"false" doc:"Oldest first"`
	NextCursor    string `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"c3ViXzAxSkQzUTZWNks4TTRIMFdaMFY1UTNZMVhB"`
}

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	signed := time.Date(2030, 1, 1, 12, 10, 0, 0, time.UTC)
	example := view{SubscriptionID: "sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Status: subscription.Active, ItemID: "plan_stream-hd", Name: "Stream HD",
		Price: money.Amount{Minor: 1299, Currency: "EUR"}, BillingPeriod: "P1M", SignedAt: signed,
		Entitlement: subscription.Entitlement{State: subscription.Active, Since: signed.Add(2 * time.Second), Origin: "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}}
	rest.Register(a, rest.Op{
		ID: "listSubscriptions", Method: http.MethodGet, Path: "/subscriptions", Audience: rest.Customer, Service: Service,
		Summary: "List one's own subscriptions, oldest first",
		About:   "Go on with the nextCursor while there is one.",
		Faults:  []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this API")},
		Answer:  page{Subscriptions: []view{example}},
	}, s.list)
	rest.Register(a, rest.Op{
		ID: "getSubscription", Method: http.MethodGet, Path: "/subscriptions/{subscriptionId}", Audience: rest.Customer, Service: Service,
		Summary: "Read a subscription and its entitlement",
		About:   "The entitlement is the right to watch; it follows the contract within seconds of the payment.",
		Faults:  []*fault.Fault{subscription.ErrUnknown},
		Answer:  example,
	}, s.get)
}

func (s service) list(ctx context.Context, in *listInput) (*listOutput, error) {
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	caller := rest.CallerOf(ctx)
	found, next, err := s.Store.Subscriptions(ctx, caller.Tenant, caller.Customer, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := page{Subscriptions: []view{}, NextCursor: rest.Cursor(next)}
	for _, f := range found {
		out.Subscriptions = append(out.Subscriptions, viewOf(f))
	}
	return &listOutput{out}, nil
}

func (s service) get(ctx context.Context, in *getInput) (*getOutput, error) {
	caller := rest.CallerOf(ctx)
	found, err := s.Store.Subscription(ctx, caller.Tenant, caller.Customer, in.SubscriptionID)
	if err != nil {
		return nil, err
	}
	return &getOutput{viewOf(found)}, nil
}
