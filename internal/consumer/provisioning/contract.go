package provisioning

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscription"
)

// Book keeps contracts and services.
type Book interface {
	// Subscription reads a contract.
	Subscription(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (subscription.Subscription, error)
	// ConcludeService changes a service, whose end may give back what was paid.
	ConcludeService(ctx context.Context, use *once.Use, tenant id.Tenant, s id.Service, decide func(domain.Service, time.Time) (domain.Service, []event.Envelope, error)) error
}

// contractOf finds the contract that an event says has changed; false when it says nothing of one.
func contractOf(e event.Envelope) (s id.Subscription, c id.Customer, about bool, err error) {
	switch e.Type {
	case event.TypeSubscriptionEnded:
		var ended event.SubscriptionEnded
		err = event.Decode(e, &ended)
		return ended.SubscriptionID, ended.CustomerID, true, err
	case event.TypeSubscriptionSuspended:
		var suspended event.SubscriptionSuspended
		err = event.Decode(e, &suspended)
		return suspended.SubscriptionID, suspended.CustomerID, true, err
	case event.TypeSubscriptionResumed:
		var resumed event.SubscriptionResumed
		err = event.Decode(e, &resumed)
		return resumed.SubscriptionID, resumed.CustomerID, true, err
	case event.TypeSubscriptionPaused:
		var paused event.SubscriptionPaused
		err = event.Decode(e, &paused)
		return paused.SubscriptionID, paused.CustomerID, true, err
	case event.TypeSubscriptionChanged:
		var changed event.SubscriptionChanged
		err = event.Decode(e, &changed)
		return changed.SubscriptionID, changed.CustomerID, true, err
	case event.TypeSubscriptionRenewed: // with another plan: the rule sends no others
		var renewed event.SubscriptionRenewed
		err = event.Decode(e, &renewed)
		return renewed.SubscriptionID, renewed.CustomerID, true, err
	}
	return "", "", false, nil
}

// follow lets the service of a contract be as the contract is now, whatever the event says that it was. The contract is read again after
// the write: who changed it meanwhile may have looked at the service before.
func (c Consumer) follow(ctx context.Context, tenant id.Tenant, customer id.Customer, sub id.Subscription) error {
	for seen := int64(0); ; {
		s, err := c.Book.Subscription(ctx, tenant, customer, sub)
		if err != nil || s.Access == nil || s.Version == seen { // streaming follows by itself: it asks for the entitlement
			return err
		}
		seen = s.Version
		err = c.Book.ConcludeService(ctx, nil, tenant, domain.ServiceOf(sub), func(was domain.Service, now time.Time) (domain.Service, []event.Envelope, error) {
			next, events := was.Follow(ctx, domain.Contract{Name: s.Name, Profile: domain.Profile{DownKbps: s.Access.DownKbps, UpKbps: s.Access.UpKbps}, CapBytes: s.Access.CapBytes,
				Ended: s.State == subscription.Ended, Unpaid: s.State == subscription.Suspended, Paused: s.State == subscription.Paused}, now)
			return next, events, nil
		})
		switch {
		case errors.Is(err, domain.ErrUnknown): // its order is being delivered
			return fault.ErrUnavailable.Because(err)
		case err != nil:
			return err
		}
	}
}
