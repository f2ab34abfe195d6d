package subscriptions

import (
	"context"
	"net/http"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/rest"
)

type cancelInput struct {
	Path
	Body cancellation
}

type cancellation struct {
	Mode   string `json:"mode,omitempty" enum:"end_of_period,now" doc:"end_of_period unless it says otherwise: it runs on until then, and the cancellation can be withdrawn" example:"end_of_period"`
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"Why, in the customer's words" example:"I am moving"`
}

type cancelOutput struct {
	Body cancelled
}

type cancelled struct {
	Status       subscription.State `json:"status" enum:"pending,active,suspended,paused,ended" doc:"Of the subscription, now" example:"active"`
	EndsOn       civil.Date         `json:"endsOn" format:"date" doc:"The first day on which it gives nothing any more" example:"2030-02-01"`
	Back         money.Amount       `json:"back" doc:"What is given back to the wallet when it ends, as things stand"`
	Owed         money.Amount       `json:"owed" doc:"What is left to pay of its last invoice, as things stand"`
	CreditNoteID id.Invoice         `json:"creditNoteId,omitempty" doc:"Over days that were paid for and are not used" example:"inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

func (s service) registerCancel(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "cancelSubscription", Method: http.MethodPost, Path: "/subscriptions/{subscriptionId}/cancel", Audience: rest.Person, Roles: deciders, Service: Service,
		Step:    "S3 11 Cancellation",
		Summary: "Cancel a subscription",
		About: "At the end of its period: it runs on until then, is not renewed, and ends by itself; keepSubscription withdraws it. Now: it ends at once, and what was charged for the days that are left lowers what is owed of its last invoice, or goes to the " +
			"wallet, with its credit. A fibre line is taken down with it; of one that never worked all that was paid is given back when it is taken down. Cancelling again is harmless. The customer gets a confirmation with the date and the estimate of the final bill.",
		Events:   []string{string(event.TypeSubscriptionCancelled), string(event.TypeSubscriptionEnded), string(event.TypeInvoiceIssued), string(event.TypeServiceTerminated)},
		Faults:   []*fault.Fault{subscription.ErrUnknown, subscription.ErrNotActive},
		Request:  cancellation{Mode: "end_of_period", Reason: "I am moving"},
		Answer:   cancelled{Status: subscription.Active, EndsOn: "2030-02-01", Back: eur(0), Owed: eur(0)},
		Variants: map[string]any{"now": cancelled{Status: subscription.Ended, EndsOn: "2030-01-12", Back: eur(838), Owed: eur(0), CreditNoteID: "inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}},
	}, s.cancel)
	rest.Register(a, rest.Op{
		ID: "keepSubscription", Method: http.MethodDelete, Path: "/subscriptions/{subscriptionId}/cancellation", Audience: rest.Person, Roles: deciders, Service: Service,
		Summary: "Withdraw a cancellation that has not taken effect",
		About:   "The subscription goes on and is renewed as before. The answer is the subscription.",
		Events:  []string{string(event.TypeSubscriptionCancellationWithdrawn)},
		Faults:  []*fault.Fault{subscription.ErrUnknown, subscription.ErrEnded, subscription.ErrNotEnding},
		Answer:  example,
	}, s.keep)
}

func (s service) cancel(ctx context.Context, in *cancelInput) (*cancelOutput, error) {
	whose, err := s.owner(ctx, in.SubscriptionID)
	if err != nil {
		return nil, err
	}
	done, err := once.Do(ctx, s.Store, rest.Once(ctx, "cancelSubscription", in), func(use *once.Use) (cancelled, error) {
		if in.Body.Mode == "now" {
			return s.cancelNow(ctx, use, whose, in)
		}
		return s.cancelLater(ctx, use, whose, in)
	})
	if err != nil {
		return nil, err
	}
	return &cancelOutput{done}, nil
}

func (s service) cancelNow(ctx context.Context, use *once.Use, whose id.Customer, in *cancelInput) (out cancelled, err error) {
	err = s.Store.CancelContract(ctx, use, rest.CallerOf(ctx).Tenant, whose, in.SubscriptionID, func(c subscription.Conclusion) error {
		out = cancelled{Status: subscription.Ended, EndsOn: c.After.Today(c.After.EndedAt), Back: c.Back, Owed: c.Owed, CreditNoteID: c.Note}
		return use.Answer(out)
	})
	return out, unknown(err)
}

func (s service) cancelLater(ctx context.Context, use *once.Use, whose id.Customer, in *cancelInput) (out cancelled, err error) {
	tenant := rest.CallerOf(ctx).Tenant
	err = s.Store.DecideContract(ctx, use, tenant, whose, in.SubscriptionID, func(is subscription.Standing) (subscription.Subscription, []event.Envelope, error) {
		next, moved, err := is.CancelLater(in.Body.Reason, is.Now)
		if err != nil {
			return next, nil, err
		}
		out = cancelled{Status: next.State, EndsOn: next.Today(next.EndedAt)}
		if next.Ending != nil {
			out.EndsOn = next.Ending.On
		}
		if out.Back, out.Owed, err = s.estimate(ctx, is, next); err != nil || !moved {
			return next, nil, err
		}
		return next, []event.Envelope{event.New(ctx, tenant, is.Now, event.SubscriptionCancelled{SubscriptionID: is.ID, CustomerID: whose, Name: is.Name, Mode: "end_of_period", EndsOn: out.EndsOn,
			Back: out.Back, Owed: out.Owed})}, use.Answer(out)
	})
	return out, unknown(err)
}

// estimate is what the end of a contract will come to as things stand.
func (s service) estimate(ctx context.Context, is subscription.Standing, next subscription.Subscription) (back, owed money.Amount, err error) {
	currency := next.Price.Currency
	back, owed = money.Amount{Currency: currency}, money.Amount{Currency: currency}
	if next.Ending == nil { // it has ended
		return back, owed, nil
	}
	final, _ := next.CancelNow(is.Policy, next.EndsAt())
	back.Minor = final.Credit - final.Unused.Amount.Minor
	for _, d := range next.Debts {
		i, err := s.Store.Invoice(ctx, next.Tenant, next.Customer, d.Invoice)
		if err != nil {
			return back, owed, err
		}
		owed.Minor += i.Left()
	}
	return back, owed, nil
}

func (s service) keep(ctx context.Context, in *pathInput) (*getOutput, error) {
	return s.decide(ctx, "", nil, in.SubscriptionID, func(is subscription.Standing) (subscription.Subscription, []event.Envelope, error) {
		next, err := is.KeepGoing()
		if err != nil {
			return next, nil, err
		}
		return next, []event.Envelope{event.New(ctx, is.Tenant, is.Now, event.SubscriptionCancellationWithdrawn{SubscriptionID: is.ID, CustomerID: is.Customer})}, nil
	})
}
