// Package subscription owns contracts: what the customer is bound to, for which price and period, and the OTT
// entitlement that lets them watch. It does not own renewals or the network.
package subscription

import (
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// The faults of subscriptions.
var (
	ErrUnknown = fault.New(fault.NotFound, "subscription_not_found", "There is no such subscription.", "integrator")
	ErrActive  = fault.New(fault.Conflict, "subscription_already_active", "You already have this subscription.", "customer")
)

// State of a subscription.
type State string

// The states.
const (
	Pending State = "pending" // signed and paid; the entitlement is being delivered
	Active  State = "active"
	Ended   State = "ended" // it gives nothing any more, or never did
)

// Entitlement is the customer's right to watch, as the streaming platform asks for it.
type Entitlement struct {
	State  State     `json:"state" dynamodbav:"state" enum:"pending,active,ended" example:"active"`
	Since  time.Time `json:"since,omitzero" dynamodbav:"since,omitempty" doc:"When it became active"`
	Origin id.Order  `json:"origin" dynamodbav:"origin" doc:"The order that gave it" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

// Subscription is one contract.
type Subscription struct {
	Tenant        id.Tenant
	Customer      id.Customer
	ID            id.Subscription
	OrderID       id.Order
	ItemID        id.Item
	Name          string
	Price         money.Amount
	BillingPeriod string
	State         State
	SignedAt      time.Time
	EndedAt       time.Time
	Access        *lineitem.Access // of a fibre line; its service runs on the network
	Entitlement   Entitlement
}

// Sign makes the contract of one line.
func Sign(tenant id.Tenant, customer id.Customer, sub id.Subscription, order id.Order, l lineitem.Line, at time.Time) Subscription {
	return Subscription{Tenant: tenant, Customer: customer, ID: sub, OrderID: order, ItemID: l.ItemID, Name: l.Name, Price: l.Price,
		BillingPeriod: l.BillingPeriod, Access: l.Access, State: Pending, SignedAt: at, Entitlement: Entitlement{State: Pending, Origin: order}}
}

// Activate makes the entitlement active. Moved is false when it was active before.
func (s Subscription) Activate(at time.Time) (next Subscription, moved bool) {
	if s.State != Pending {
		return s, false
	}
	s.State = Active
	s.Entitlement.State, s.Entitlement.Since = Active, at
	return s, true
}

// End ends the contract and the entitlement. Moved is false when it had ended before.
func (s Subscription) End(at time.Time) (next Subscription, moved bool) {
	if s.State == Ended {
		return s, false
	}
	s.State, s.EndedAt = Ended, at
	s.Entitlement.State = Ended
	return s, true
}
