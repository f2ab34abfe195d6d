package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/once"
	"turnup/internal/consumer/delivery"
)

type store struct {
	got event.OrderPaid
	by  string
	n   int
	err error
}

func (s *store) Deliver(_ context.Context, consumer string, _ event.Envelope, paid event.OrderPaid) error {
	s.by, s.got, s.n = consumer, paid, s.n+1
	return s.err
}

// S0-43: what was paid is delivered; delivered before is success; any other failure is the worker's to judge.
func TestHandle(t *testing.T) {
	e := event.New(t.Context(), "demo", time.Now(), event.OrderPaid{OrderID: "ord_1", CustomerID: "cus_1"})
	for _, k := range []struct{ from, want error }{{nil, nil}, {once.ErrHandled, nil}, {fmt.Errorf("w: %w", once.ErrHandled), nil}, {fault.ErrUnavailable, fault.ErrUnavailable}} {
		s := &store{err: k.from}
		err := delivery.Consumer{Store: s}.Handle(t.Context(), e)
		if !errors.Is(err, k.want) || (err == nil) != (k.want == nil) || s.got.OrderID != "ord_1" || s.by != delivery.Name {
			t.Errorf("%v: got %v, %+v", k.from, err, s)
		}
	}
	s := &store{}
	if err := (delivery.Consumer{Store: s}).Handle(t.Context(), event.New(t.Context(), "demo", time.Now(), event.OrderDelivered{})); err == nil || s.n != 0 {
		t.Errorf("another event was handled: %v", err)
	}
}
