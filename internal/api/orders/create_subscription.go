package orders

import (
	"context"
	"net/http"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/coupon"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/rest"
)

// Till takes orders that are charged at once.
type Till interface {
	Store
	// Method reads a payment method; unknown or another customer's is payment.ErrMethodUnknown.
	Method(ctx context.Context, tenant id.Tenant, customer id.Customer, ref id.Reference) (payment.Method, error)
	// ChargeableMethod reads the one that the customer's contracts are charged to.
	ChargeableMethod(ctx context.Context, tenant id.Tenant, customer id.Customer) (payment.Standing, error)
	// PlaceCharged writes a new order with the payment that is to pay it.
	PlaceCharged(ctx context.Context, use *once.Use, o order.Order, c *coupon.Coupon, limit int, p payment.Payment, e event.Envelope) error
}

// Subscribing are the parts that ordering and paying in one step works with.
type Subscribing struct {
	Deps
	Till     Till
	Checkout payment.Checkout
	Clock    clock.Clock
	Origins  []string // allowed scheme://host[:port] of return addresses
}

type subscribing struct {
	Subscribing
	service
}

type subscribeInput struct {
	Body newSubscription
}

type newSubscription struct {
	PlanID     id.Item     `json:"planId" maxLength:"80" pattern:"^plan_[a-z0-9-]+$" patternDescription:"a plan id" doc:"The plan, as listed by listPlans" example:"plan_stream-hd"`
	Method     id.Method   `json:"paymentMethodId,omitempty" maxLength:"40" pattern:"^pmt_[0-9A-Z]{26}$" patternDescription:"the paymentMethodId of a confirmed method" doc:"What to charge, as answered by confirmPaymentMethod; without it, the default" example:"pmt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Location   id.Location `json:"locationId,omitempty" maxLength:"64" pattern:"^[a-z0-9][a-z0-9-]{0,63}$" patternDescription:"a location id" doc:"Of a fibre plan: where, as answered by qualifyAddress" example:"loc-100231"`
	Coupon     string      `json:"coupon,omitempty" maxLength:"60" doc:"Code of a coupon; capitals do not matter" example:"WELCOME20"`
	BillingDay int         `json:"billingDay,omitempty" minimum:"1" maximum:"31" doc:"Day of the month on which it is to be billed, of plans that are billed by the month and are no fibre line: the first payment is for the days up to it. Without it, the day on which it begins" example:"1"`
	ReturnURL  string      `json:"returnUrl,omitempty" format:"uri" maxLength:"500" doc:"Where the bank sends the customer back to, should it ask for authentication; its origin must be allowed. Without it, a card that needs authentication is declined" example:"http://localhost:3000/checkout/return"`
}

type subscribeOutput struct {
	Status int
	Body   subscribed
}

type subscribed struct {
	Status         string          `json:"status" enum:"complete,redirect_required" doc:"complete, or the customer must be sent to redirectUrl; then call createSubscription again with the same Idempotency-Key" example:"complete"`
	SubscriptionID id.Subscription `json:"subscriptionId" doc:"The subscription; read it with getSubscription" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	PaymentID      id.Payment      `json:"paymentId,omitempty" doc:"The payment; none when there was nothing to pay" example:"pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Amount         money.Amount    `json:"amount" doc:"What was charged, or will be"`
	RedirectURL    string          `json:"redirectUrl,omitempty" doc:"The bank's page" example:"https://hooks.stripe.com/3d_secure_2/redirect"`
	Order          view            `json:"order" doc:"The order it came of"`
}

// RegisterSubscribing adds the operation that orders a plan and pays it in one step.
func RegisterSubscribing(a *rest.API, d Subscribing) {
	s := subscribing{d, service{d.Deps}}
	example := subscribed{Status: "complete", SubscriptionID: "sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", PaymentID: "pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Amount: exampleDelivered.Total, Order: exampleDelivered}
	example.Order.Status, example.Order.History = order.Paid, example.Order.History[:2]
	waiting := example
	waiting.Status, waiting.RedirectURL, waiting.Order = "redirect_required", "https://hooks.stripe.com/3d_secure_2/redirect", exampleUnpaid
	rest.Register(a, rest.Op{
		ID: "createSubscription", Method: http.MethodPost, Path: "/subscriptions", Audience: rest.Customer, Service: "subscription", Status: http.StatusCreated,
		Step:    "S3 4 Plan",
		Summary: "Subscribe to a plan and pay it",
		About: "Places an order, as createOrder does, and charges a saved payment method at once. The first payment is taken before anything is set up. When it is declined the order is cancelled, its coupon is free again, and another method " +
			"can be tried at once with a new Idempotency-Key. When the bank wants the customer to authenticate, the answer is 202 with redirect_required: send the customer to redirectUrl, and call this operation again with the same key when " +
			"they come back. Repeating it with the same key makes one subscription and one charge.",
		Events: []string{string(event.TypeOrderCreated), string(event.TypePaymentInitiated), string(event.TypePaymentSucceeded), string(event.TypePaymentFailed), string(event.TypeContractSigned), string(event.TypeOrderPaid),
			string(event.TypeOrderCancelled), string(event.TypeOrderDelivered)},
		Faults: append([]*fault.Fault{catalogue.ErrPlanUnknown, subscription.ErrActive.With("itemId", "plan_stream-hd"), subscription.ErrBillingDay.Naming("body.billingDay", "only of plans that are billed by the month and are no line"),
			order.ErrTooMany, fault.ErrThrottled, provisioning.ErrLocationNeeded.Naming("body.locationId", "a fibre plan is for a place, and no other plan is"), provisioning.ErrLocationUnknown,
			provisioning.ErrNotServiceable, provisioning.ErrLocationServed, provisioning.ErrTooSlow, payment.ErrMethodUnknown, payment.ErrNoMethod,
			payment.ErrDeclined.With("reason", string(payment.InsufficientFunds)), payment.ErrReturnURL.Naming("body.returnUrl", "not one of the allowed origins"), payment.ErrPSPUnavailable, payment.ErrUnsettled}, coupon.Faults...),
		Request: newSubscription{PlanID: "plan_stream-hd", Method: "pmt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", ReturnURL: "http://localhost:3000/checkout/return"},
		Answer:  example, Variants: map[string]any{"redirect_required": waiting},
	}, s.subscribe)
}

// bought is what the Idempotency-Key remembers; the answer is derived from what it names.
type bought struct {
	OrderID   id.Order   `json:"orderId"`
	PaymentID id.Payment `json:"paymentId,omitempty"`
}

func (s subscribing) subscribe(ctx context.Context, in *subscribeInput) (*subscribeOutput, error) {
	code, err := coupon.Parse(in.Body.Coupon)
	if err != nil {
		return nil, err
	}
	if in.Body.ReturnURL != "" && !payment.ReturnAllowed(in.Body.ReturnURL, s.Origins) {
		return nil, payment.ErrReturnURL.Naming("body.returnUrl", "not one of the allowed origins")
	}
	var p payment.Payment
	begun := false
	ticket, err := once.Do(ctx, s.Till, rest.Once(ctx, "createSubscription", in), func(use *once.Use) (bought, error) {
		var t bought
		t, p, err = s.begin(ctx, use, in.Body, code)
		begun = err == nil && p.ID != ""
		return t, err
	})
	if err != nil {
		return nil, err
	}
	caller, charge := rest.CallerOf(ctx), payment.Charge{}
	if ticket.PaymentID != "" {
		if !begun || p.ID != ticket.PaymentID { // the key's first use began it: its answer is this one's
			begun = false
			if p, err = s.Checkout.Book.Payment(ctx, caller.Tenant, ticket.PaymentID); err != nil {
				return nil, err
			}
		}
		if p, charge, err = s.Checkout.Drive(ctx, p, begun); err != nil {
			return nil, err
		}
	}
	o, err := s.Till.Order(ctx, caller.Tenant, caller.Customer, ticket.OrderID)
	if err != nil {
		return nil, err
	}
	return subscribedBy(o, p, charge)
}

// begin places the order, and records the intent to charge for it.
func (s subscribing) begin(ctx context.Context, use *once.Use, in newSubscription, code id.Coupon) (t bought, p payment.Payment, err error) {
	if p, err = s.method(ctx, in.Method); err != nil {
		return t, p, err
	}
	o, c, err := s.take(ctx, newOrder{PlanID: in.PlanID, Location: in.Location, Coupon: in.Coupon}, code, in.BillingDay)
	if err != nil {
		return t, payment.Payment{}, err
	}
	t.OrderID = o.ID
	if o.State == order.Paid { // there is nothing to charge
		if err := use.Answer(t); err != nil {
			return t, payment.Payment{}, err
		}
		return t, payment.Payment{}, s.Till.Place(ctx, use, o, c, s.service.UnpaidLimit)
	}
	now := s.Clock.Now()
	p.Tenant, p.Customer, p.ID, p.OrderID, p.Subscriptions, p.Lines, p.Amount = o.Tenant, o.Customer, id.New[id.Payment](id.PaymentPrefix, now), o.ID, o.Subscriptions, o.Lines, o.Total
	p.State, p.InitiatedAt, p.Correlation, p.ReturnURL = payment.Pending, now, event.TraceOf(ctx).Correlation, in.ReturnURL
	t.PaymentID = p.ID
	if err := use.Answer(t); err != nil {
		return t, p, err
	}
	e := event.New(ctx, p.Tenant, now, event.PaymentInitiated{PaymentID: p.ID, CustomerID: p.Customer, OrderID: p.OrderID, Settles: true, Amount: p.Amount})
	return t, p, s.Till.PlaceCharged(ctx, use, o, c, s.service.UnpaidLimit, p, e)
}

// method is what is to be charged: the one that is named, or the default.
func (s subscribing) method(ctx context.Context, named id.Method) (payment.Payment, error) {
	caller := rest.CallerOf(ctx)
	if named == "" {
		card, err := s.Till.ChargeableMethod(ctx, caller.Tenant, caller.Customer)
		if err == nil && card.None() {
			err = payment.ErrNoMethod
		}
		return card.Charges(payment.Payment{}), err
	}
	m, err := s.Till.Method(ctx, caller.Tenant, caller.Customer, id.Swap[id.Reference](named, id.MethodPrefix, id.ReferencePrefix))
	if err == nil && m.ID() == "" {
		err = payment.ErrNoMethod
	}
	return m.Standing().Charges(payment.Payment{}), err
}

func subscribedBy(o order.Order, p payment.Payment, charge payment.Charge) (*subscribeOutput, error) {
	out := subscribed{Status: "complete", SubscriptionID: o.Subscriptions[0], PaymentID: p.ID, Amount: o.Total, Order: viewOf(o)}
	switch {
	case p.ID == "", p.State == payment.Succeeded:
		return &subscribeOutput{http.StatusCreated, out}, nil
	case p.State == payment.Pending && charge.RedirectURL != "":
		out.Status, out.RedirectURL = "redirect_required", charge.RedirectURL
		return &subscribeOutput{http.StatusAccepted, out}, nil
	case p.State == payment.Pending:
		return nil, payment.ErrUnsettled
	case p.State == payment.Refunded: // it came too late, or the plan was bought otherwise meanwhile
		if o.State == order.Cancelled {
			return nil, order.ErrCancelled
		}
		return nil, subscription.ErrActive.With("itemId", string(o.Lines[0].ItemID))
	case p.Reason == payment.NotCharged:
		return nil, payment.ErrPSPUnavailable
	}
	return nil, payment.ErrDeclined.With("reason", string(p.Reason))
}
