package provisioning_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/once"
	"turnup/internal/consumer/provisioning"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscription"
)

// book has one contract and its service.
type book struct {
	contract subscription.Subscription
	service  domain.Service
	none     bool   // there is no service yet
	between  func() // what happens between the reading of the contract and the write
	err      error
}

func (b *book) Subscription(context.Context, id.Tenant, id.Customer, id.Subscription) (subscription.Subscription, error) {
	return b.contract, b.err
}

func (b *book) ConcludeService(_ context.Context, use *once.Use, _ id.Tenant, s id.Service, decide func(domain.Service, time.Time) (domain.Service, []event.Envelope, error)) error {
	switch {
	case use != nil:
		return errors.New("no request asked for it")
	case b.none || s != b.service.ID:
		return domain.ErrUnknown
	}
	if f := b.between; f != nil {
		b.between = nil
		f()
	}
	is, _, err := decide(b.service, noon)
	b.service = is
	return err
}

func line(state subscription.State) subscription.Subscription {
	return subscription.Subscription{Tenant: "demo", Customer: "cus_1", ID: "sub_1", Name: "Fibre", State: state, Access: &lineitem.Access{DownKbps: 1000, UpKbps: 500}, Version: 3}
}

func running() domain.Service {
	p := domain.Profile{DownKbps: 1000, UpKbps: 500}
	return domain.Service{Tenant: "demo", ID: "svc_1", State: domain.Active, Profile: p, Sold: domain.Sold{Profile: p}, ActiveSince: noon, Version: 1}
}

// S3-154, S3-155: whatever event comes, in whatever order and however late, the service becomes what the contract is now.
func TestFollowsTheContractAsItIs(t *testing.T) {
	of := []event.Data{event.SubscriptionEnded{SubscriptionID: "sub_1", CustomerID: "cus_1"}, event.SubscriptionSuspended{SubscriptionID: "sub_1", CustomerID: "cus_1"},
		event.SubscriptionResumed{SubscriptionID: "sub_1", CustomerID: "cus_1"}, event.SubscriptionPaused{SubscriptionID: "sub_1", CustomerID: "cus_1"},
		event.SubscriptionChanged{SubscriptionID: "sub_1", CustomerID: "cus_1"}, event.SubscriptionRenewed{SubscriptionID: "sub_1", CustomerID: "cus_1"}}
	for state, want := range map[subscription.State]domain.State{subscription.Active: domain.Active, subscription.Suspended: domain.Suspending, subscription.Paused: domain.Suspending,
		subscription.Ended: domain.Terminating, subscription.Pending: domain.Active} {
		for _, data := range of {
			b := &book{contract: line(state), service: running()}
			if err := (provisioning.Consumer{Book: b}).Handle(t.Context(), announced(t, data)); err != nil || b.service.State != want {
				t.Errorf("%T of a contract that is %s: %s, %v", data, state, b.service.State, err)
			}
		}
	}
}

// S3-155: the contract goes on between the reading and the write, and who changed it looked at the service before: it is looked at again.
func TestFollowLooksAgain(t *testing.T) {
	b := &book{contract: line(subscription.Suspended), service: running()}
	b.between = func() { b.contract.State, b.contract.Version = subscription.Active, 4 }
	if err := (provisioning.Consumer{Book: b}).Handle(t.Context(), announced(t, event.SubscriptionSuspended{SubscriptionID: "sub_1"})); err != nil || b.service.State != domain.Resuming {
		t.Errorf("%s, %v", b.service.State, err)
	}
}

// A contract that ends before its order is delivered has no service yet: it is tried again. Streaming has none, and nothing to do.
func TestFollowWithoutService(t *testing.T) {
	e := announced(t, event.SubscriptionEnded{SubscriptionID: "sub_1"})
	if err := (provisioning.Consumer{Book: &book{contract: line(subscription.Ended), none: true}}).Handle(t.Context(), e); !fault.Transient(err) {
		t.Errorf("got %v", err)
	}
	streaming := line(subscription.Ended)
	streaming.Access = nil
	if err := (provisioning.Consumer{Book: &book{contract: streaming, none: true}}).Handle(t.Context(), e); err != nil {
		t.Errorf("got %v", err)
	}
	if err := (provisioning.Consumer{Book: &book{err: fault.ErrUnavailable}}).Handle(t.Context(), e); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}
