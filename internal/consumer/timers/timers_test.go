package timers_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/consumer/timers"
	"turnup/internal/domain/timer"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

type orders struct {
	seen string
	err  error
}

func (o *orders) Watch(_ context.Context, tenant id.Tenant, customer id.Customer, order id.Order) error {
	o.seen = string(tenant) + " " + string(customer) + " " + string(order)
	return o.err
}

func due(t *testing.T, kind timer.Kind) event.Envelope {
	return event.New(t.Context(), "demo", noon, event.TimerDue{Kind: string(kind), CustomerID: "cus_1", Subject: "ord_1", Due: noon})
}

// What is due goes to whoever handles its kind; what becomes of it is theirs to say.
func TestHandledByKind(t *testing.T) {
	for _, ends := range []error{nil, fault.ErrUnavailable, errors.New("no table")} {
		o := &orders{err: ends}
		if err := timers.New(o, timers.Verifier{}).Handle(t.Context(), due(t, timer.OrderWatch)); !errors.Is(err, ends) || o.seen != "demo cus_1 ord_1" {
			t.Errorf("%v: got %v, %q", ends, err, o.seen)
		}
	}
}

// What nobody handles can never succeed.
func TestOthersAreRefused(t *testing.T) {
	for name, e := range map[string]event.Envelope{"kind": due(t, "order.dance"), "no kind": due(t, ""), "type": event.New(t.Context(), "demo", noon, event.OrderDelivered{})} {
		o := &orders{}
		if err := timers.New(o, timers.Verifier{}).Handle(t.Context(), e); !errors.Is(err, fault.ErrInvalid) || o.seen != "" {
			t.Errorf("another %s: %v", name, err)
		}
	}
}
