package notifications

import (
	"context"
	"slices"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/notice"
	"turnup/internal/domain/subscription"
)

// ofRenewal finds the mails about renewals that are near.
func (c Consumer) ofRenewal(e event.Envelope) (due, error) {
	switch e.Type {
	case event.TypeRenewalUpcoming:
		var near event.RenewalUpcoming
		err := event.Decode(e, &near)
		return as(near.CustomerID, "", notice.RenewalReminder{Service: near.Name, Subscription: near.SubscriptionID, Renews: dayOf(near.RenewsOn), Price: near.Amount}), err
	case event.TypeCardExpiring:
		var expiring event.CardExpiring
		err := event.Decode(e, &expiring)
		return as(expiring.CustomerID, "", notice.CardExpiring{Service: expiring.Name, Card: expiring.Card, Renews: dayOf(expiring.RenewsOn)}), err
	}
	return due{}, nil
}

// dayOf is a civil day as mails take it.
func dayOf(d civil.Date) time.Time { return d.Begin(time.UTC) }

// ofDunning finds the mails about invoices that are not paid. Who has paid meanwhile gets none.
func (c Consumer) ofDunning(e event.Envelope) (due, error) {
	switch e.Type {
	case event.TypeDunningStarted:
		var began event.DunningStarted
		err := event.Decode(e, &began)
		return c.owing(began.CustomerID, began.SubscriptionID, began.InvoiceID,
			notice.PaymentFailed{Service: began.Name, Amount: began.Amount, Reason: began.Reason, Grace: began.GraceEnds}), err
	case event.TypeDunningReminded:
		var again event.DunningReminded
		err := event.Decode(e, &again)
		return c.owing(again.CustomerID, again.SubscriptionID, again.InvoiceID,
			notice.DunningReminder{Service: again.Name, Amount: again.Amount, Step: again.Step, Suspends: again.Suspends}), err
	case event.TypeSubscriptionSuspended:
		var off event.SubscriptionSuspended
		err := event.Decode(e, &off)
		return c.owing(off.CustomerID, off.SubscriptionID, off.InvoiceID, notice.ServiceSuspended{Service: off.Name, Amount: off.Amount, Ends: noonOf(off.EndsOn)}), err
	case event.TypeSubscriptionEnded:
		var over event.SubscriptionEnded
		err := event.Decode(e, &over)
		d := as(over.CustomerID, string(over.SubscriptionID), notice.ServiceEnded{Service: over.Name, Amount: over.Owed})
		if over.Cause != string(subscription.NonPayment) { // the rule sends no others
			d.write = func(context.Context, state) (notice.Content, error) {
				return nil, stale("its cancellation was confirmed")
			}
		}
		return d, err
	case event.TypeSubscriptionResumed:
		var on event.SubscriptionResumed
		err := event.Decode(e, &on)
		d := as(on.CustomerID, "", notice.ServiceResumed{Service: on.Name})
		if on.Line { // the rule sends no others
			d.write = func(context.Context, state) (notice.Content, error) {
				return nil, stale("service.resumed tells it when the line is back")
			}
		}
		return d, err
	}
	return due{}, nil
}

// owing is a mail that is true as long as the invoice is not paid.
func (c Consumer) owing(owner id.Customer, sub id.Subscription, inv id.Invoice, content notice.Content) due {
	return due{account: owner, write: func(ctx context.Context, a state) (notice.Content, error) {
		s, err := c.Store.Subscription(ctx, a.Customer.Tenant, owner, sub)
		if err == nil && !slices.ContainsFunc(s.Debts, func(d subscription.Debt) bool { return d.Invoice == inv }) {
			err = stale("it is paid")
		}
		return content, err
	}}
}
