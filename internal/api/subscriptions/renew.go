package subscriptions

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/rest"
)

// RenewalStore reads what renewing leads to and keeps what staff decide.
type RenewalStore interface {
	once.Memory
	// Remember keeps a key whose effect is there.
	Remember(ctx context.Context, use *once.Use) error
	// Invoice reads one of a customer's; unknown is invoice.ErrUnknown.
	Invoice(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice) (invoice.Invoice, error)
	// Hold puts off a contract's suspension, or ends that; unknown is subscription.ErrUnknown.
	Hold(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription, h subscription.Hold) (subscription.Subscription, error)
}

// Renewer renews contracts.
type Renewer interface {
	// Renew renews a contract that is due, and answers the invoice, paid or not.
	Renew(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (id.Invoice, error)
}

// RenewalDeps are the parts that renewals work with.
type RenewalDeps struct {
	Store   RenewalStore
	Renewer Renewer
}

type renewalService struct{ RenewalDeps }

type renewal struct {
	InvoiceID id.Invoice    `json:"invoiceId" doc:"Id of the invoice" example:"inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Number    string        `json:"number" doc:"Its number" example:"INV-3-000042"`
	Status    invoice.State `json:"status" enum:"open,paid" doc:"open: the card was declined, or there is none" example:"paid"`
	Period    civil.Period  `json:"period" doc:"The days that are billed"`
	Total     money.Amount  `json:"total" doc:"Tax included"`
	Due       money.Amount  `json:"due" doc:"What is left to pay"`
}

type renewOutput struct {
	Body renewal
}

// holding is what staff say about putting off a suspension.
type holding struct {
	CustomerID id.Customer `json:"customerId" maxLength:"40" pattern:"^cus_[0-9A-Z]{26}$" patternDescription:"a customer id" doc:"Whose subscription it is" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Until      time.Time   `json:"until" doc:"Until when it is not suspended; a time that is over ends the hold" example:"2030-02-01T00:00:00Z"`
	Reason     string      `json:"reason" minLength:"1" maxLength:"300" doc:"Why, for the history" example:"A bank transfer is under way"`
}

type renewInput struct {
	SubscriptionID id.Subscription `path:"subscriptionId" maxLength:"40" pattern:"^sub_[0-9A-Z]{26}$" patternDescription:"a subscription id" doc:"Id of the subscription" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type holdInput struct {
	SubscriptionID id.Subscription `path:"subscriptionId" maxLength:"40" pattern:"^sub_[0-9A-Z]{26}$" patternDescription:"a subscription id" doc:"Id of the subscription" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Body           holding
}

type held struct {
	SubscriptionID id.Subscription    `json:"subscriptionId" doc:"Id of the subscription" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Hold           *subscription.Hold `json:"hold,omitempty" doc:"Absent when nothing holds its suspension"`
}

type holdOutput struct {
	Body held
}

// RegisterRenewals adds renewing by hand, and staff's hold of a suspension.
func RegisterRenewals(a *rest.API, d RenewalDeps) {
	s := renewalService{d}
	rest.Register(a, rest.Op{
		ID: "renewSubscription", Method: http.MethodPost, Path: "/subscriptions/{subscriptionId}/renew", Audience: rest.Customer, Service: Service,
		Step:    "S3 7 Renewal",
		Summary: "Renew a subscription that is due now",
		About: "Subscriptions renew by themselves, in the first hours of the day on which a period begins; this does it at once. The period is billed and charged once, whoever asks and how often. " +
			"When the card is declined the invoice stays open, and the answer says so.",
		Events: []string{string(event.TypeSubscriptionRenewed), string(event.TypeInvoiceIssued), string(event.TypeInvoicePaid), string(event.TypePaymentSucceeded), string(event.TypePaymentFailed), string(event.TypeDunningStarted)},
		Faults: []*fault.Fault{subscription.ErrUnknown, subscription.ErrNotDue.With("renewsOn", "2030-02-01"), subscription.ErrNotActive, subscription.ErrEnded, subscription.ErrWillEnd.With("endsOn", "2030-02-01"),
			payment.ErrUnsettled, subscription.ErrMoved, invoice.ErrMoved},
		Answer: renewal{InvoiceID: "inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Number: "INV-3-000042", Status: invoice.Paid, Period: civil.Period{From: "2030-01-01", Until: "2030-02-01"},
			Total: money.Amount{Minor: 1299, Currency: "EUR"}, Due: money.Amount{Currency: "EUR"}},
	}, s.renew)
	until := time.Date(2030, 2, 1, 0, 0, 0, 0, time.UTC)
	rest.Register(a, rest.Op{
		ID: "holdSuspension", Method: http.MethodPut, Path: "/subscriptions/{subscriptionId}/hold", Audience: rest.Staff, Roles: []string{token.RoleAdmin, token.RoleBilling, token.RoleSupport}, Service: Service,
		Summary: "Put off the suspension of a subscription that is not paid",
		About:   "Until the time it is not suspended for unpaid invoices; reminders go on. What is paid ends the hold, and so does a time that is over.",
		Events:  []string{string(event.TypeSuspensionHeld)},
		Faults:  []*fault.Fault{subscription.ErrUnknown, subscription.ErrEnded, subscription.ErrMoved},
		Request: holding{CustomerID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Until: until, Reason: "A bank transfer is under way"},
		Answer:  held{SubscriptionID: "sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Hold: &subscription.Hold{Until: until, By: "stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Reason: "A bank transfer is under way"}},
	}, s.hold)
}

func (s renewalService) renew(ctx context.Context, in *renewInput) (*renewOutput, error) {
	caller := rest.CallerOf(ctx)
	done, err := once.Do(ctx, s.Store, rest.Once(ctx, "renewSubscription", in), func(use *once.Use) (done renewal, err error) {
		i, err := s.Renewer.Renew(ctx, caller.Tenant, caller.Customer, in.SubscriptionID)
		if err != nil {
			return done, err
		}
		made, err := s.Store.Invoice(ctx, caller.Tenant, caller.Customer, i)
		if err != nil {
			return done, err
		}
		done = renewal{InvoiceID: made.ID, Number: made.Number, Status: made.State, Total: money.Amount{Minor: made.Total, Currency: made.Currency}, Due: made.LeftAmount()}
		if made.Period != nil {
			done.Period = *made.Period
		}
		if err := use.Answer(done); err != nil {
			return done, err
		}
		return done, s.Store.Remember(ctx, use)
	})
	if err != nil {
		return nil, err
	}
	return &renewOutput{done}, nil
}

func (s renewalService) hold(ctx context.Context, in *holdInput) (*holdOutput, error) {
	caller := rest.CallerOf(ctx)
	is, err := s.Store.Hold(ctx, caller.Tenant, in.Body.CustomerID, in.SubscriptionID, subscription.Hold{Until: in.Body.Until.UTC(), By: caller.Staff, Reason: in.Body.Reason})
	if err != nil {
		return nil, err
	}
	return &holdOutput{held{is.ID, is.Held}}, nil
}
