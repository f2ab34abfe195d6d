package journey

import (
	"context"
	"time"
)

// What the operations on contracts answer, as a front end reads it.
type (
	// Contract answers getSubscription and what changes one.
	Contract struct {
		SubscriptionID, CustomerID, Status, ItemID, Name, ServiceID, OrderID, TimeZone, NextBilling string
		Price, Credit                                                                               Amount
		Period                                                                                      struct{ From, Until string }
		Entitlement                                                                                 struct{ State string }
		NextPlan                                                                                    *struct{ ItemID, On string }
		Cancellation                                                                                *struct{ On, Reason string }
		Pause                                                                                       *struct{ Since, Until string }
	}
	// Subscribed answers createSubscription.
	Subscribed struct {
		Status, SubscriptionID, PaymentID, RedirectURL string
		Amount                                         Amount
		Order                                          PlanOrder
	}
	// Proration answers quotePlanChange.
	Proration struct {
		QuoteID, PlanID, EffectiveOn                    string
		GoodUntil                                       time.Time
		Unused, Charge, CreditUsed, DueNow, CreditAfter Amount
		NextRenewal                                     struct {
			On     string
			Amount Amount
		}
		Lines []struct {
			Explanation string
			Amount      Amount
		}
	}
	// PlanChanged answers changePlan.
	PlanChanged struct {
		Status, PlanID, EffectiveOn, InvoiceID, PaymentID, RedirectURL string
		Charged, Credited                                              Amount
	}
	// Cancelled answers cancelSubscription.
	Cancelled struct {
		Status, EndsOn, CreditNoteID string
		Back, Owed                   Amount
	}
)

// Subscribe calls createSubscription.
func (c *Customer) Subscribe(ctx context.Context, key, plan string, more map[string]any) (Answer, error) {
	body := map[string]any{"planId": plan}
	for name, v := range more {
		body[name] = v
	}
	return c.Post(ctx, "/subscriptions", key, body)
}

// Contract calls getSubscription.
func (c *Customer) Contract(ctx context.Context, subscription string) (Contract, error) {
	var s Contract
	a, err := c.Get(ctx, "/subscriptions/"+subscription)
	if err == nil {
		err = a.Into(&s)
	}
	return s, err
}
