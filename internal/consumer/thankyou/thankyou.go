// Package thankyou is the system that makes the page on which a signup ends, from its contract, and says where it is. The owner of the
// flow knows nothing of it but what it publishes.
package thankyou

import (
	"context"
	"fmt"
	"net/url"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/domain/signup"
	"turnup/internal/domain/subscription"
)

// Name of the consumer.
const Name = "on-thank-you"

// Store has the contracts, and keeps the pages.
type Store interface {
	Subscription(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (subscription.Subscription, error)
	// PublishThankYouPage writes the page once, with the event that says where it is.
	PublishThankYouPage(ctx context.Context, p signup.ThankYouPage, e event.Envelope) error
}

// Consumer handles contract.signed of signups.
type Consumer struct {
	Store Store
	Clock clock.Clock
	Base  string // address of the pages
}

// Handle makes the page of one contract.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	var signed event.ContractSigned
	if err := event.Decode(e, &signed); err != nil {
		return err
	}
	if signed.SignupID == "" || len(signed.Subscriptions) == 0 {
		return fault.ErrInvalid.Because(fmt.Errorf("thankyou: the contract of order %s came of no signup", signed.OrderID))
	}
	sub, err := c.Store.Subscription(ctx, e.Tenant, signed.CustomerID, signed.Subscriptions[0].SubscriptionID)
	if err != nil {
		return err
	}
	p := signup.ThankYouPage{Tenant: e.Tenant, ID: signup.ThankYouPageOf(signed.SignupID), Signup: signed.SignupID, Customer: signed.CustomerID, Order: signed.OrderID, At: c.Clock.Now(),
		Plan: lineitem.Line{ItemID: sub.ItemID, Name: sub.Name, Type: lineitem.Subscription, Price: sub.Price, Quantity: 1, BillingPeriod: sub.BillingPeriod}}
	address := fmt.Sprintf("%s/pages/thank-you/%s?client=%s", c.Base, p.ID, url.QueryEscape(string(p.Tenant)))
	return c.Store.PublishThankYouPage(ctx, p, event.New(ctx, e.Tenant, p.At, event.ThankYouPagePublished{ThankYouPageID: p.ID, SignupID: p.Signup, CustomerID: p.Customer, URL: address}))
}
