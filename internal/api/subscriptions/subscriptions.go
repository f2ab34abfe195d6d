// Package subscriptions is the subscriptions service: a customer's contracts, what they entitle to, what happens to them next, and what
// the customer decides about them. Customers reach what is theirs; staff all of it.
package subscriptions

import (
	"context"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/catalogue"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "subscription"

var (
	readers  = []string{token.RoleAdmin, token.RoleSupport, token.RoleBilling, token.RoleNetwork}
	deciders = []string{token.RoleAdmin, token.RoleSupport, token.RoleBilling}
)

// Store keeps contracts.
type Store interface {
	once.Memory
	// Subscription reads one of a customer's; unknown or another customer's is subscription.ErrUnknown.
	Subscription(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (subscription.Subscription, error)
	Subscriptions(ctx context.Context, tenant id.Tenant, customer id.Customer, after string, limit int32) (page []subscription.Subscription, next string, err error)
	// SubscriptionOf and AllSubscriptions read anybody's.
	SubscriptionOf(ctx context.Context, tenant id.Tenant, s id.Subscription) (subscription.Subscription, error)
	AllSubscriptions(ctx context.Context, tenant id.Tenant, after string, limit int32) (page []subscription.Subscription, next string, err error)
	// Policy is how the tenant bills and duns.
	Policy(ctx context.Context, tenant id.Tenant) (subscription.Policy, error)
	// Standing reads how a contract stands, and the card it is charged to.
	Standing(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (subscription.Standing, payment.Standing, payment.Book, error)
	// DecideContract changes a contract as decide says of how it stands.
	DecideContract(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, s id.Subscription,
		decide func(subscription.Standing) (subscription.Subscription, []event.Envelope, error)) error
	// CancelContract ends a contract on the spot. answered is called with what it comes to, before it is written.
	CancelContract(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, s id.Subscription, answered func(subscription.Conclusion) error) error
	// BeginChange records the intent to charge a change of plan; ChangeUncharged changes it when nothing is to be paid.
	BeginChange(ctx context.Context, use *once.Use, p payment.Payment, e event.Envelope) error
	ChangeUncharged(ctx context.Context, use *once.Use, s subscription.Subscription, to lineitem.Line, quoted subscription.Bill, i id.Invoice, of id.Signup) error
	// Invoice reads one of a customer's documents.
	Invoice(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice) (invoice.Invoice, error)
	// Alternative reads what a change to another plan is decided on: the offer, and whether the customer has it already.
	Alternative(ctx context.Context, tenant id.Tenant, customer id.Customer, country string, plan id.Item) (offer *catalogue.Offer, claimed bool, err error)
	// Location reads a place; unknown is provisioning.ErrLocationUnknown.
	Location(ctx context.Context, tenant id.Tenant, l id.Location) (provisioning.Location, error)
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
}

// Quotes makes and verifies the ids of quotes.
type Quotes interface {
	Sign(p token.Purpose, link token.Link) (string, error)
	Verify(p token.Purpose, raw string) (token.Link, error)
}

// Deps are the parts the service works with.
type Deps struct {
	Store    Store
	Checkout payment.Checkout
	Quotes   Quotes
	Clock    clock.Clock
	Origins  []string // allowed scheme://host[:port] of return addresses
}

type service struct{ Deps }

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerRead(a)
	s.registerForecast(a)
	s.registerProration(a)
	s.registerChange(a)
	s.registerCancel(a)
	s.registerPreview(a)
	s.registerPause(a)
}

// Path names a subscription. (huma reads embedded structs only when they are exported.)
type Path struct {
	SubscriptionID id.Subscription `path:"subscriptionId" maxLength:"40" pattern:"^sub_[0-9A-Z]{26}$" patternDescription:"a subscription id" doc:"Id of the subscription" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type pathInput struct{ Path }

type view struct {
	SubscriptionID id.Subscription          `json:"subscriptionId" doc:"Id of the subscription" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	CustomerID     id.Customer              `json:"customerId" doc:"Whose it is" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Status         subscription.State       `json:"status" enum:"pending,active,suspended,paused,ended" doc:"pending: signed and paid, not yet delivered; suspended: for an unpaid invoice; paused: by the customer" example:"active"`
	ItemID         id.Item                  `json:"itemId" doc:"Id of the catalogue item" example:"plan_stream-hd"`
	Name           string                   `json:"name" doc:"Name as it was bought" example:"Stream HD"`
	Price          money.Amount             `json:"price" doc:"Price of one billing period"`
	BillingPeriod  string                   `json:"billingPeriod" doc:"ISO 8601 duration" example:"P1M"`
	SignedAt       time.Time                `json:"signedAt" doc:"When the contract came about" example:"2030-01-01T12:10:00Z"`
	EndedAt        time.Time                `json:"endedAt,omitzero" doc:"When it ended" example:"2030-03-01T00:00:00Z"`
	Entitlement    subscription.Entitlement `json:"entitlement" doc:"The right to watch"`
	OrderID        id.Order                 `json:"orderId" doc:"The order it came of" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	ServiceID      id.Service               `json:"serviceId,omitempty" doc:"Of a fibre line: what it runs on in the network" example:"svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	TimeZone       string                   `json:"timeZone,omitempty" doc:"In which its days begin (IANA); fixed since it became active" example:"Europe/Berlin"`
	Period         *civil.Period            `json:"period,omitempty" doc:"That is billed"`
	NextBilling    civil.Date               `json:"nextBilling,omitempty" format:"date" doc:"The day on which the next period is billed; none when it ends before" example:"2030-02-01"`
	Credit         money.Amount             `json:"credit" doc:"Taken off the next bills"`
	Next           *nextPlan                `json:"nextPlan,omitempty" doc:"Another plan from the next period on"`
	Cancellation   *subscription.Ending     `json:"cancellation,omitempty" doc:"A cancellation that takes effect later; it can be withdrawn until then"`
	Pause          *pauseView               `json:"pause,omitempty" doc:"While it is paused"`
	Dunning        *dunningView             `json:"dunning,omitempty" doc:"While an invoice is unpaid"`
}

type nextPlan struct {
	ItemID id.Item      `json:"itemId" doc:"Id of the plan" example:"plan_stream-4k"`
	Name   string       `json:"name" doc:"Its name" example:"Stream 4K"`
	Price  money.Amount `json:"price" doc:"Its price"`
	On     civil.Date   `json:"on" format:"date" doc:"From when" example:"2030-02-01"`
}

type pauseView struct {
	Since civil.Date `json:"since" format:"date" doc:"The first day on which it gives nothing and costs nothing" example:"2030-01-15"`
	Until civil.Date `json:"until,omitempty" format:"date" doc:"When it resumes by itself; none when it waits for the customer" example:"2030-03-01"`
}

type dunningView struct {
	InvoiceID      id.Invoice         `json:"invoiceId" doc:"The oldest unpaid invoice" example:"inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Reason         payment.Reason     `json:"reason,omitempty" enum:"insufficient_funds,card_expired,card_declined,authentication_failed,processing_error,authentication_abandoned,no_payment_method,charged_back" doc:"Why it is not paid; charged_back: the customer's bank took the payment back" example:"card_declined"`
	Since          time.Time          `json:"since" doc:"When paying it failed first" example:"2030-02-01T00:10:00Z"`
	Reminded       int                `json:"reminded" doc:"How many reminders were sent" example:"1"`
	NextReminderAt time.Time          `json:"nextReminderAt,omitzero" doc:"When the next one is sent" example:"2030-02-06T00:10:00Z"`
	SuspendsAt     time.Time          `json:"suspendsAt,omitzero" doc:"When it is suspended if nothing is paid" example:"2030-02-08T00:10:00Z"`
	EndsAt         time.Time          `json:"endsAt,omitzero" doc:"While suspended: when it ends if nothing is paid" example:"2030-03-10T00:00:00Z"`
	Held           *subscription.Hold `json:"held,omitempty" doc:"For staff: it is not suspended until then"`
}

// viewOf is a contract as its customer, or staff, may see it.
func viewOf(s subscription.Subscription, p subscription.Policy, staff bool) view {
	v := view{SubscriptionID: s.ID, CustomerID: s.Customer, Status: s.State, ItemID: s.ItemID, Name: s.Name, Price: s.Price, BillingPeriod: s.BillingPeriod, SignedAt: s.SignedAt,
		EndedAt: s.EndedAt, Entitlement: s.Entitlement, OrderID: s.OrderID, TimeZone: s.Zone, Credit: money.Amount{Minor: s.Credit, Currency: s.Price.Currency}, Cancellation: s.Ending}
	if s.Access != nil {
		v.ServiceID = provisioning.ServiceOf(s.ID)
	}
	if s.State != subscription.Pending {
		v.Period, v.NextBilling = &s.Period, s.NextBilling()
	}
	if s.Next != nil {
		v.Next = &nextPlan{s.Next.Plan.ItemID, s.Next.Plan.Name, s.Next.Plan.Price, s.Period.Until}
	}
	if s.State == subscription.Paused {
		v.Pause, v.NextBilling = &pauseView{s.IdleSince, s.IdleUntil}, ""
	}
	if d, dunned := s.Dunned(); dunned && s.State != subscription.Ended {
		v.Dunning = &dunningView{InvoiceID: d.Invoice, Reason: payment.Reason(d.Reason), Since: d.Since, Reminded: d.Reminded}
		for _, a := range s.Ahead(p) {
			switch {
			case a.Step == subscription.Duns && v.Dunning.NextReminderAt.IsZero():
				v.Dunning.NextReminderAt = a.At
			case a.Step == subscription.Suspends:
				v.Dunning.SuspendsAt = a.At
			case a.Step == subscription.Ends && s.State == subscription.Suspended:
				v.Dunning.EndsAt = a.At
			}
		}
		if staff {
			v.Dunning.Held = s.Held
		}
	}
	return v
}

// reach reads a contract that the caller may see; another customer's does not exist.
func (s service) reach(ctx context.Context, sub id.Subscription) (subscription.Subscription, error) {
	caller := rest.CallerOf(ctx)
	if caller.Staff != "" {
		return s.Store.SubscriptionOf(ctx, caller.Tenant, sub)
	}
	return s.Store.Subscription(ctx, caller.Tenant, caller.Customer, sub)
}

// owner is whose contract it is that the caller names. Of a customer's own that is known without reading it.
func (s service) owner(ctx context.Context, sub id.Subscription) (id.Customer, error) {
	caller := rest.CallerOf(ctx)
	if caller.Staff == "" {
		return caller.Customer, nil
	}
	found, err := s.Store.SubscriptionOf(ctx, caller.Tenant, sub)
	return found.Customer, err
}

var (
	exampleAt = time.Date(2030, 1, 1, 12, 10, 0, 0, time.UTC)
	example   = view{SubscriptionID: "sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", CustomerID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Status: subscription.Active, ItemID: "plan_stream-hd", Name: "Stream HD",
		Price: money.Amount{Minor: 1299, Currency: "EUR"}, BillingPeriod: "P1M", SignedAt: exampleAt, OrderID: "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", TimeZone: "Europe/Berlin",
		Period: &civil.Period{From: "2030-01-01", Until: "2030-02-01"}, NextBilling: "2030-02-01", Credit: money.Amount{Currency: "EUR"},
		Entitlement: subscription.Entitlement{State: subscription.Active, Since: exampleAt.Add(2 * time.Second), Origin: "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}}
)
