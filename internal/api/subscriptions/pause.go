package subscriptions

import (
	"context"
	"net/http"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/rest"
)

type pauseInput struct {
	Path
	Body pause
}

type pause struct {
	Until civil.Date `json:"until,omitempty" format:"date" doc:"The day on which it resumes by itself; without it, it waits for resumeSubscription" example:"2030-03-01"`
}

func (s service) registerPause(a *rest.API) {
	paused := example
	paused.Status, paused.Entitlement.State, paused.NextBilling, paused.Pause = subscription.Paused, subscription.Paused, "", &pauseView{"2030-01-15", "2030-03-01"}
	rest.Register(a, rest.Op{
		ID: "pauseSubscription", Method: http.MethodPost, Path: "/subscriptions/{subscriptionId}/pause", Audience: rest.Person, Roles: deciders, Service: Service,
		Summary: "Pause a subscription",
		About:   "From today on it gives nothing and costs nothing, until it is resumed. What was charged for these days is credited to later bills when it is resumed, and the billing day stays. A fibre line is barred meanwhile.",
		Events:  []string{string(event.TypeSubscriptionPaused), string(event.TypeServiceSuspended)},
		Faults: []*fault.Fault{subscription.ErrUnknown, subscription.ErrEnded, subscription.ErrPaused, subscription.ErrOverdue, subscription.ErrNotActive, subscription.ErrWillEnd.With("endsOn", "2030-02-01"), subscription.ErrRenewing,
			subscription.ErrPauseEnd.Naming("body.until", "not later than today")},
		Request: pause{Until: "2030-03-01"}, Answer: paused,
	}, s.pause)
	rest.Register(a, rest.Op{
		ID: "resumeSubscription", Method: http.MethodPost, Path: "/subscriptions/{subscriptionId}/resume", Audience: rest.Person, Roles: deciders, Service: Service,
		Summary: "Resume a paused subscription",
		About:   "Today is billed again. One that is suspended for an unpaid invoice resumes by itself when that is paid.",
		Events:  []string{string(event.TypeSubscriptionResumed), string(event.TypeServiceResumed), string(event.TypeInvoiceIssued)},
		Faults:  []*fault.Fault{subscription.ErrUnknown, subscription.ErrEnded, subscription.ErrNotPaused, subscription.ErrSuspended},
		Answer:  example,
	}, s.resume)
}

func (s service) pause(ctx context.Context, in *pauseInput) (*getOutput, error) {
	return s.decide(ctx, "pauseSubscription", in, in.SubscriptionID, func(is subscription.Standing) (subscription.Subscription, []event.Envelope, error) {
		next, err := is.Pause(in.Body.Until, is.Now)
		if err != nil {
			return next, nil, err
		}
		return next, []event.Envelope{event.New(ctx, is.Tenant, is.Now, event.SubscriptionPaused{SubscriptionID: is.ID, CustomerID: is.Customer, Until: in.Body.Until})}, nil
	})
}

func (s service) resume(ctx context.Context, in *pathInput) (*getOutput, error) {
	return s.decide(ctx, "resumeSubscription", in, in.SubscriptionID, func(is subscription.Standing) (subscription.Subscription, []event.Envelope, error) {
		next, err := is.Unpause(is.Now)
		if err != nil {
			return next, nil, err
		}
		return next, []event.Envelope{event.New(ctx, is.Tenant, is.Now, event.SubscriptionResumed{SubscriptionID: is.ID, CustomerID: is.Customer, Name: is.Name, Line: is.Access != nil, Cause: "pause_over"})}, nil
	})
}
