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
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/rest"
)

type changeInput struct {
	Path
	Body change
}

type change struct {
	PlanID    id.Item `json:"planId" maxLength:"80" pattern:"^plan_[a-z0-9-]+$" patternDescription:"a plan id" doc:"The plan to change to" example:"plan_stream-4k"`
	When      string  `json:"when,omitempty" enum:"now,period_end" doc:"now unless it says otherwise; period_end: from the next renewal on" example:"now"`
	QuoteID   string  `json:"quoteId,omitempty" maxLength:"1000" doc:"Of quotePlanChange, for a change now: it is charged exactly that, or refused" example:"eyJhbGciOiJIUzI1NiIsInR5cCI6Imxpbmsrand0In0.eyJ0ZW5hbnQiOiJkZW1vIn0.c2ln"`
	ReturnURL string  `json:"returnUrl,omitempty" format:"uri" maxLength:"500" doc:"Where the bank sends the customer back to, should it ask for authentication; its origin must be allowed. Without it, a card that needs authentication is declined" example:"http://localhost:3000/checkout/return"`
}

type changeOutput struct {
	Status int
	Body   changed
}

// changed answers changePlan. What is charged is told of the payment, so that a repetition is told the same.
type changed struct {
	Status      string       `json:"status" enum:"complete,scheduled,redirect_required" doc:"complete: it has the plan; scheduled: it will have it; redirect_required: send the customer to redirectUrl, then call changePlan again with the same Idempotency-Key" example:"complete"`
	PlanID      id.Item      `json:"planId" doc:"The plan" example:"plan_stream-4k"`
	EffectiveOn civil.Date   `json:"effectiveOn" format:"date" doc:"The first day of the plan" example:"2030-01-12"`
	Charged     money.Amount `json:"charged" doc:"What was charged, or will be"`
	Credited    money.Amount `json:"credited" doc:"What a step down gives as credit for later bills"`
	InvoiceID   id.Invoice   `json:"invoiceId,omitempty" doc:"The invoice, or the credit note; none when nothing is charged or credited" example:"inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	PaymentID   id.Payment   `json:"paymentId,omitempty" doc:"The payment; none when nothing is charged" example:"pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	RedirectURL string       `json:"redirectUrl,omitempty" doc:"The bank's page" example:"https://hooks.stripe.com/3d_secure_2/redirect"`
}

func (s service) registerChange(a *rest.API) {
	done := changed{Status: "complete", PlanID: "plan_stream-4k", EffectiveOn: "2030-01-12", Charged: eur(452), Credited: eur(0), InvoiceID: "inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", PaymentID: "pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}
	waiting := done
	waiting.Status, waiting.RedirectURL = "redirect_required", "https://hooks.stripe.com/3d_secure_2/redirect"
	rest.Register(a, rest.Op{
		ID: "changePlan", Method: http.MethodPost, Path: "/subscriptions/{subscriptionId}/change-plan", Audience: rest.Person, Roles: deciders, Service: Service,
		Step:    "S3 8 Plan change",
		Summary: "Change the plan",
		About: "Now: what quotePlanChange says of the same moment is charged to the default payment method; a step down gives credit for later bills. Declined, nothing changes. A fibre line has its new speed within seconds, also in the running session. " +
			"At the period's end: the next renewal is of the new plan; withdraw it with keepPlan. When the bank wants the customer to authenticate, the answer is 202 with redirect_required.",
		Events: []string{string(event.TypePaymentInitiated), string(event.TypePaymentSucceeded), string(event.TypePaymentFailed), string(event.TypeSubscriptionChanged), string(event.TypeSubscriptionChangeScheduled), string(event.TypeInvoiceIssued), string(event.TypeInvoicePaid), string(event.TypeAccessChanged)},
		Faults: append([]*fault.Fault{subscription.ErrUnknown, catalogue.ErrPlanUnknown, subscription.ErrQuoteStale, payment.ErrNoMethod, payment.ErrDeclined.With("reason", string(payment.InsufficientFunds)),
			payment.ErrReturnURL.Naming("body.returnUrl", "not one of the allowed origins"), payment.ErrPSPUnavailable, payment.ErrUnsettled, subscription.ErrActive.With("itemId", "plan_stream-4k"), subscription.ErrMoved}, refusals...),
		Request: change{PlanID: "plan_stream-4k"},
		Answer:  done, Variants: map[string]any{"redirect_required": waiting, "at the period's end": changed{Status: "scheduled", PlanID: "plan_stream-4k", EffectiveOn: "2030-02-01", Charged: eur(0), Credited: eur(0)}},
	}, s.changePlan)
	rest.Register(a, rest.Op{
		ID: "keepPlan", Method: http.MethodDelete, Path: "/subscriptions/{subscriptionId}/change-plan", Audience: rest.Person, Roles: deciders, Service: Service,
		Summary: "Withdraw a change of plan that waits for the period's end",
		About:   "The next renewal is of the plan as it is. The answer is the subscription.",
		Events:  []string{string(event.TypeSubscriptionChangeWithdrawn)},
		Faults:  []*fault.Fault{subscription.ErrUnknown, subscription.ErrNoChange},
		Answer:  example,
	}, s.keepPlan)
}

// ticket is what the Idempotency-Key of a change remembers: its answer, or the payment that the answer is derived from.
type ticket struct {
	PaymentID id.Payment `json:"paymentId,omitempty"`
	Done      *changed   `json:"done,omitempty"`
}

func (s service) changePlan(ctx context.Context, in *changeInput) (*changeOutput, error) {
	if in.Body.ReturnURL != "" && !payment.ReturnAllowed(in.Body.ReturnURL, s.Origins) {
		return nil, payment.ErrReturnURL.Naming("body.returnUrl", "not one of the allowed origins")
	}
	var p payment.Payment
	t, err := once.Do(ctx, s.Store, rest.Once(ctx, "changePlan", in), func(use *once.Use) (ticket, error) {
		o, err := s.offer(ctx, in.SubscriptionID, in.Body.PlanID)
		switch {
		case err != nil:
			return ticket{}, err
		case in.Body.When == "period_end":
			return s.changeLater(ctx, use, o)
		}
		bill, err := s.pinned(o, in.Body.QuoteID)
		if err != nil {
			return ticket{}, err
		}
		if bill.Due().Minor == 0 {
			return s.changeUncharged(ctx, use, o, bill)
		}
		p, err = s.beginChange(ctx, use, o, bill, in.Body.ReturnURL)
		return ticket{PaymentID: p.ID}, err
	})
	switch {
	case err != nil:
		return nil, err
	case t.Done != nil:
		return &changeOutput{http.StatusOK, *t.Done}, nil
	}
	begun := p.ID == t.PaymentID
	if !begun { // the key's first use began it: its answer is this one's
		if p, err = s.Checkout.Book.Payment(ctx, rest.CallerOf(ctx).Tenant, t.PaymentID); err != nil {
			return nil, err
		}
	}
	p, charge, err := s.Checkout.Drive(ctx, p, begun)
	if err != nil {
		return nil, err
	}
	return changedBy(p, charge)
}

func (s service) changeLater(ctx context.Context, use *once.Use, o offered) (t ticket, err error) {
	err = s.Store.DecideContract(ctx, use, o.Tenant, o.Customer, o.ID, func(is subscription.Standing) (subscription.Subscription, []event.Envelope, error) {
		next, err := is.ChangeLater(o.to, is.Now)
		if err != nil {
			return next, nil, err
		}
		none := money.Amount{Currency: is.Price.Currency}
		t.Done = &changed{Status: "scheduled", PlanID: o.to.ItemID, EffectiveOn: is.Period.Until, Charged: none, Credited: none}
		return next, []event.Envelope{event.New(ctx, is.Tenant, is.Now, event.SubscriptionChangeScheduled{SubscriptionID: is.ID, CustomerID: is.Customer, ItemID: o.to.ItemID, On: is.Period.Until})}, use.Answer(t)
	})
	return t, err
}

func (s service) changeUncharged(ctx context.Context, use *once.Use, o offered, b subscription.Bill) (ticket, error) {
	none := money.Amount{Currency: b.Total.Currency}
	done := changed{Status: "complete", PlanID: o.to.ItemID, EffectiveOn: b.Period.From, Charged: none, Credited: none}
	if b.Total.Minor != 0 {
		done.InvoiceID = id.New[id.Invoice](id.InvoicePrefix, o.Now)
	}
	if b.Total.Minor < 0 {
		done.Credited = b.Total.Times(-1)
	}
	t := ticket{Done: &done}
	if err := use.Answer(t); err != nil {
		return t, err
	}
	return t, s.Store.ChangeUncharged(ctx, use, o.Subscription, o.to, b, done.InvoiceID, "")
}

// beginChange records the intent to charge a change.
func (s service) beginChange(ctx context.Context, use *once.Use, o offered, b subscription.Bill, returnURL string) (payment.Payment, error) {
	if o.card.None() {
		return payment.Payment{}, payment.ErrNoMethod
	}
	now := s.Clock.Now().Truncate(time.Millisecond)
	p := o.card.Charges(payment.Payment{Tenant: o.Tenant, Customer: o.Customer, ID: id.New[id.Payment](id.PaymentPrefix, now), Amount: b.Due(), State: payment.Pending, InitiatedAt: now,
		Correlation: event.TraceOf(ctx).Correlation, ReturnURL: returnURL})
	p.Bill = &payment.Bill{Kind: payment.PlanChange, Invoice: id.Swap[id.Invoice](p.ID, id.PaymentPrefix, id.InvoicePrefix), Subscription: o.ID, Period: b.Period, Charges: b.Charges, Credit: b.Credit, Plan: &o.to,
		Version: o.Version}
	if err := use.Answer(ticket{PaymentID: p.ID}); err != nil {
		return p, err
	}
	e := event.New(ctx, p.Tenant, now, event.PaymentInitiated{PaymentID: p.ID, CustomerID: p.Customer, InvoiceID: p.Bill.Invoice, Settles: true, Amount: p.Amount})
	return p, s.Store.BeginChange(ctx, use, p, e)
}

func changedBy(p payment.Payment, charge payment.Charge) (*changeOutput, error) {
	out := changed{Status: "complete", PlanID: p.Bill.Plan.ItemID, EffectiveOn: p.Bill.Period.From, Charged: p.Amount, Credited: money.Amount{Currency: p.Amount.Currency}, PaymentID: p.ID}
	switch {
	case p.State == payment.Succeeded:
		out.InvoiceID = p.Bill.Invoice
		return &changeOutput{http.StatusOK, out}, nil
	case p.State == payment.Pending && charge.RedirectURL != "":
		out.Status, out.RedirectURL = "redirect_required", charge.RedirectURL
		return &changeOutput{http.StatusAccepted, out}, nil
	case p.State == payment.Pending:
		return nil, payment.ErrUnsettled
	case p.State == payment.Refunded: // the contract was changed otherwise meanwhile
		return nil, subscription.ErrMoved
	case p.Reason == payment.NotCharged:
		return nil, payment.ErrPSPUnavailable
	}
	return nil, payment.ErrDeclined.With("reason", string(p.Reason))
}

func (s service) keepPlan(ctx context.Context, in *pathInput) (*getOutput, error) {
	return s.decide(ctx, "", nil, in.SubscriptionID, func(is subscription.Standing) (subscription.Subscription, []event.Envelope, error) {
		next, err := is.KeepPlan()
		if err != nil {
			return next, nil, err
		}
		return next, []event.Envelope{event.New(ctx, is.Tenant, is.Now, event.SubscriptionChangeWithdrawn{SubscriptionID: is.ID, CustomerID: is.Customer, ItemID: is.Next.Plan.ItemID})}, nil
	})
}

// decide changes a contract as a rule says, under the Idempotency-Key of an operation; a DELETE has none. The answer is the contract
// afterwards.
func (s service) decide(ctx context.Context, operation string, in any, sub id.Subscription,
	rule func(subscription.Standing) (subscription.Subscription, []event.Envelope, error)) (*getOutput, error) {
	caller := rest.CallerOf(ctx)
	whose, err := s.owner(ctx, sub)
	if err != nil {
		return nil, err
	}
	act := func(use *once.Use) (v view, err error) {
		err = s.Store.DecideContract(ctx, use, caller.Tenant, whose, sub, func(is subscription.Standing) (subscription.Subscription, []event.Envelope, error) {
			next, events, err := rule(is)
			if err != nil {
				return next, nil, err
			}
			v = viewOf(next, is.Policy, caller.Staff != "")
			if use != nil {
				err = use.Answer(v)
			}
			return next, events, err
		})
		return v, unknown(err)
	}
	if operation == "" {
		v, err := act(nil)
		if err != nil {
			return nil, err
		}
		return &getOutput{v}, nil
	}
	v, err := once.Do(ctx, s.Store, rest.Once(ctx, operation, in), act)
	if err != nil {
		return nil, err
	}
	return &getOutput{v}, nil
}
