package subscriptions

import (
	"context"
	"net/http"
	"slices"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/domain/account"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/rest"
)

type getOutput struct {
	Body view
}

type listInput struct {
	CustomerID id.Customer `query:"customerId" maxLength:"40" pattern:"^cus_[0-9A-Z]{26}$" patternDescription:"a customer id" doc:"For staff: whose subscriptions; without it, everybody's. Refused of customers" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Limit      int32       `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most subscriptions a page"`
	Cursor     string      `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"c3ViXzAxSkQzUTZWNks4TTRIMFdaMFY1UTNZMVhB"`
}

type listOutput struct {
	Body page
}

type page struct {
	Subscriptions []view `json:"subscriptions" nullable:"false" doc:"A customer's oldest first; everybody's newest first"`
	NextCursor    string `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"c3ViXzAxSkQzUTZWNks4TTRIMFdaMFY1UTNZMVhB"`
}

func (s service) registerRead(a *rest.API) {
	ending := example
	ending.Cancellation = &subscription.Ending{On: "2030-02-01", RequestedAt: exampleAt.AddDate(0, 0, 9), Reason: "I am moving"}
	ending.NextBilling = ""
	dunned := example
	dunned.Dunning = &dunningView{InvoiceID: "inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Reason: payment.CardDeclined, Since: exampleAt, Reminded: 1, NextReminderAt: exampleAt.AddDate(0, 0, 5), SuspendsAt: exampleAt.AddDate(0, 0, 7)}
	rest.Register(a, rest.Op{
		ID: "listSubscriptions", Method: http.MethodGet, Path: "/subscriptions", Audience: rest.Person, Roles: readers, Service: Service,
		Summary: "List subscriptions",
		About:   "Customers list their own, oldest first; staff list everybody's, newest first, or those of the customer they name. Everybody's may lack one of the last second, and a page may be short: go on with the nextCursor while there is one.",
		Faults:  []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this API")},
		Answer:  page{Subscriptions: []view{example}},
	}, s.list)
	rest.Register(a, rest.Op{
		ID: "getSubscription", Method: http.MethodGet, Path: "/subscriptions/{subscriptionId}", Audience: rest.Person, Roles: readers, Service: Service,
		Summary: "Read a subscription",
		About:   "The entitlement is the right to watch; it follows the contract within seconds of the payment. What is going on is told beside it: a plan to come, a cancellation, a pause, an unpaid invoice.",
		Faults:  []*fault.Fault{subscription.ErrUnknown},
		Answer:  example, Variants: map[string]any{"cancelled": ending, "with an unpaid invoice": dunned},
	}, s.get)
}

func (s service) list(ctx context.Context, in *listInput) (*listOutput, error) {
	caller := rest.CallerOf(ctx)
	if caller.Staff == "" && in.CustomerID != "" {
		return nil, fault.ErrInvalid.Naming("query.customerId", "is for staff")
	}
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	var found []subscription.Subscription
	var next string
	if caller.Staff != "" && in.CustomerID == "" {
		found, next, err = s.Store.AllSubscriptions(ctx, caller.Tenant, after, in.Limit)
	} else {
		found, next, err = s.Store.Subscriptions(ctx, caller.Tenant, in.CustomerID+caller.Customer, after, in.Limit)
	}
	if err != nil {
		return nil, err
	}
	policy, err := s.policyFor(ctx, found...)
	if err != nil {
		return nil, err
	}
	out := page{Subscriptions: []view{}, NextCursor: rest.Cursor(next)}
	for _, f := range found {
		out.Subscriptions = append(out.Subscriptions, viewOf(f, policy, caller.Staff != ""))
	}
	return &listOutput{out}, nil
}

func (s service) get(ctx context.Context, in *pathInput) (*getOutput, error) {
	caller := rest.CallerOf(ctx)
	found, err := s.reach(ctx, in.SubscriptionID)
	if err != nil {
		return nil, err
	}
	policy, err := s.policyFor(ctx, found)
	if err != nil {
		return nil, err
	}
	return &getOutput{viewOf(found, policy, caller.Staff != "")}, nil
}

// policyFor reads how the tenant duns, when one of the contracts is dunned: nothing else of what is shown depends on it.
func (s service) policyFor(ctx context.Context, shown ...subscription.Subscription) (subscription.Policy, error) {
	if !slices.ContainsFunc(shown, func(c subscription.Subscription) bool { _, dunned := c.Dunned(); return dunned }) {
		return subscription.Policy{}, nil
	}
	return s.Store.Policy(ctx, rest.CallerOf(ctx).Tenant)
}

type forecastOutput struct {
	Body forecast
}

type forecast struct {
	Steps []stepView `json:"steps" nullable:"false" doc:"What will happen by itself as things stand, soonest first"`
}

type stepView struct {
	Step   subscription.Step `json:"step" enum:"renewal_reminder,renewal,plan_change,end,resumption,payment_reminder,suspension" doc:"What will happen" example:"renewal"`
	At     time.Time         `json:"at" doc:"When" example:"2030-02-01T00:10:00Z"`
	Amount *money.Amount     `json:"amount,omitempty" doc:"Of a renewal: what will be charged, less the credit"`
}

func (s service) registerForecast(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "forecastSubscription", Method: http.MethodGet, Path: "/subscriptions/{subscriptionId}/forecast", Audience: rest.Person, Roles: readers, Service: Service,
		Summary: "Tell what happens to a subscription next, and when",
		About:   "The next renewal with its reminder, a plan to come, the end, the end of a pause, reminders of an unpaid invoice, the suspension and the end that follows it, as far as they will happen by themselves as things stand.",
		Faults:  []*fault.Fault{subscription.ErrUnknown},
		Answer: forecast{Steps: []stepView{{Step: subscription.Reminds, At: exampleAt.AddDate(0, 0, 28)},
			{Step: subscription.Renews, At: exampleAt.AddDate(0, 0, 31), Amount: &money.Amount{Minor: 1299, Currency: "EUR"}}}},
	}, s.forecast)
}

func (s service) forecast(ctx context.Context, in *pathInput) (*forecastOutput, error) {
	whose, err := s.owner(ctx, in.SubscriptionID)
	if err != nil {
		return nil, err
	}
	is, _, _, err := s.Store.Standing(ctx, rest.CallerOf(ctx).Tenant, whose, in.SubscriptionID)
	if err != nil {
		return nil, unknown(err)
	}
	out := forecast{Steps: []stepView{}}
	for _, a := range is.Ahead(is.Policy) {
		v := stepView{Step: a.Step, At: a.At}
		if a.Step == subscription.Renews {
			due := is.Renewal(is.Tax).Due()
			v.Amount = &due
		}
		out.Steps = append(out.Steps, v)
	}
	return &forecastOutput{out}, nil
}

// unknown: a valid token of somebody who does not exist finds what an unknown id finds.
func unknown(err error) error {
	if f := fault.Of(err); f != nil && (f.Code == account.ErrUnknown.Code || f.Code == fault.ErrNotFound.Code) {
		return subscription.ErrUnknown.Because(err)
	}
	return err
}
