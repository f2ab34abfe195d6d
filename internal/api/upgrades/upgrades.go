// Package upgrades is where an existing customer's change to another plan begins as a signup that Existing Business coordinates: the same
// pages and links as those of new customers. What follows is on pages.
package upgrades

import (
	"context"
	"errors"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/signlink"
	"turnup/internal/domain/account"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/signup"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "signup"

// linkWithin is how long the link is good by which the customer's browser is let in; the signup goes on for longer.
const linkWithin = 30 * time.Minute

// Store keeps signups and reads what they begin with.
type Store interface {
	once.Memory
	// PlanFor reads a profile and a plan (nil when there is none), in one call.
	PlanFor(ctx context.Context, tenant id.Tenant, customer id.Customer, country string, plan id.Item) (account.Customer, *catalogue.Offer, error)
	// Subscription reads one of a customer's; unknown or another customer's is subscription.ErrUnknown.
	Subscription(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (subscription.Subscription, error)
	// SignupFlow reads how signups of a kind go.
	SignupFlow(ctx context.Context, tenant id.Tenant, name string) (signup.Flow, error)
	// BeginSignup writes a new signup with its events. The key's answer is set before.
	BeginSignup(ctx context.Context, use *once.Use, s signup.Signup, events []event.Data) error
	// Now is the time by a customer's clock: the system's unless it is a test clock.
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
}

// Deps are the parts the service works with.
type Deps struct {
	Store Store
	Keys  *signlink.Keys // the owner's
	Base  string         // of the owner's pages
}

type service struct{ Deps }

type beginInput struct {
	Body beginning
}

type beginning struct {
	SubscriptionID id.Subscription `json:"subscriptionId" maxLength:"40" pattern:"^sub_[0-9A-Z]{26}$" patternDescription:"a subscription's id" doc:"The contract that is changed" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	PlanID         id.Item         `json:"planId" maxLength:"80" pattern:"^plan_[a-z0-9-]+$" patternDescription:"a plan id" doc:"The plan to change to" example:"plan_stream-4k"`
}

type beginOutput struct {
	Body begun
}

type begun struct {
	SignupID  id.Signup `json:"signupId" doc:"Names the signup; also the correlation of its events" example:"sgn_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	URL       string    `json:"url" doc:"Where to send the customer's browser, once; everything else happens on the pages it leads to" example:"https://pages.turnup.example/signup/demo/sgn_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA/resume?client=demo&exp=1893501000&kid=o1&purpose=resume&signup=sgn_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA&hash=pZ1Vnq5eZk2W5l3l1Jm0nQd3m6o0m1v2c3b4n5m6a7s"`
	ExpiresAt time.Time `json:"expiresAt" doc:"Until when the address is good" example:"2030-01-01T12:30:00Z"`
}

// Register adds the operation to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	rest.Register(a, rest.Op{
		ID: "beginUpgrade", Method: http.MethodPost, Path: "/signups", Audience: rest.Customer, Service: Service, Status: http.StatusCreated,
		Summary: "Begin a change of plan on the pages of a signup",
		About: "The flow is that of Existing Business: its pages, in its order, as its configuration says. The customer has the new plan when the contract is signed, charged as changePlan does. " +
			"changePlan does the same without pages.",
		Events:  []string{string(event.TypeSignupStarted)},
		Faults:  append([]*fault.Fault{subscription.ErrUnknown, subscription.ErrActive.With("itemId", "plan_stream-4k"), catalogue.ErrPlanUnknown}, subscription.Unchangeable...),
		Request: beginning{SubscriptionID: "sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", PlanID: "plan_stream-4k"},
		Answer: begun{SignupID: "sgn_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", URL: "https://pages.turnup.example/signup/demo/sgn_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA/resume?client=demo",
			ExpiresAt: time.Date(2030, 1, 1, 12, 30, 0, 0, time.UTC)},
	}, s.begin)
}

func (s service) begin(ctx context.Context, in *beginInput) (*beginOutput, error) {
	done, err := once.Do(ctx, s.Store, rest.Once(ctx, "beginUpgrade", in.Body), func(use *once.Use) (begun, error) {
		b, err := s.beginning(ctx, in.Body)
		if err != nil {
			return begun{}, err
		}
		now, err := s.Store.Now(ctx, b.Tenant, b.TestClock)
		if err != nil {
			return begun{}, err
		}
		made, events := signup.Begin(b, now)
		done := begun{SignupID: made.ID, ExpiresAt: rest.Arrived(ctx).Add(linkWithin).Truncate(time.Second)}
		if err := use.Answer(done); err != nil { // the address is made of it, and kept nowhere
			return done, err
		}
		return done, s.Store.BeginSignup(ctx, use, made, events)
	})
	if err != nil {
		return nil, err
	}
	target, params := signup.ResumeTarget(s.Base, rest.CallerOf(ctx).Tenant, done.SignupID)
	done.URL, err = s.Keys.Sign(signup.Owner, signup.Resume, target, params, done.ExpiresAt)
	return &beginOutput{done}, err
}

// beginning checks that the contract is the customer's and the plan one that they may have.
func (s service) beginning(ctx context.Context, in beginning) (signup.Beginning, error) {
	caller := rest.CallerOf(ctx)
	b := signup.Beginning{Tenant: caller.Tenant, ID: id.New[id.Signup](id.SignupPrefix, rest.Arrived(ctx)), Country: caller.Country, Customer: caller.Customer, Upgrades: in.SubscriptionID}
	is, err := s.Store.Subscription(ctx, caller.Tenant, caller.Customer, in.SubscriptionID)
	switch {
	case err != nil:
		return b, err
	case is.ItemID == in.PlanID:
		return b, subscription.ErrActive.With("itemId", string(in.PlanID))
	}
	who, offer, err := s.Store.PlanFor(ctx, caller.Tenant, caller.Customer, caller.Country, in.PlanID)
	switch {
	case errors.Is(err, fault.ErrNotFound): // the token is of somebody who does not exist
		return b, catalogue.ErrPlanUnknown.Because(err)
	case err != nil:
		return b, err
	}
	now, err := s.Store.Now(ctx, caller.Tenant, who.TestClock)
	if err != nil {
		return b, err
	}
	if b.Plan, err = offer.LineFor(now, who.Tier, who.Groups); err != nil {
		return b, err
	}
	if b.Plan.Access != nil { // it is for a place
		return b, catalogue.ErrPlanUnknown
	}
	if err := is.Changeable(b.Plan, now); err != nil { // or the customer would hear it on the last page
		return b, err
	}
	b.PlanVersion, b.TestClock = offer.Version, who.TestClock
	b.Flow, err = s.Store.SignupFlow(ctx, caller.Tenant, signup.ExistingBusiness)
	return b, err
}
