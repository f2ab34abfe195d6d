package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/consumer/delivery"
	"turnup/internal/domain/order"
	"turnup/internal/platform/worker"
)

type store struct {
	got event.OrderPaid
	by  string
	n   int
	err error

	order   id.Order
	trouble order.Trouble
}

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func (s *store) NoteTrouble(_ context.Context, _ id.Tenant, o id.Order, t order.Trouble) error {
	s.order, s.trouble = o, t
	return errors.New("lost") // which is no trouble of the delivery
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
		err := delivery.Consumer{Store: s, Clock: clock.At(noon)}.Handle(t.Context(), e)
		if !errors.Is(err, k.want) || (err == nil) != (k.want == nil) || s.got.OrderID != "ord_1" || s.by != delivery.Name {
			t.Errorf("%v: got %v, %+v", k.from, err, s)
		}
	}
	s := &store{}
	if err := (delivery.Consumer{Store: s, Clock: clock.At(noon)}).Handle(t.Context(), event.New(t.Context(), "demo", time.Now(), event.OrderDelivered{})); err == nil || s.n != 0 {
		t.Errorf("another event was handled: %v", err)
	}
}

// S1-48: what keeps an order from being delivered is noted for staff: the code, and when it is tried again, or that it is parked; of what
// succeeds nothing is.
func TestTrouble(t *testing.T) {
	e := event.New(t.Context(), "demo", noon, event.OrderPaid{OrderID: "ord_1", CustomerID: "cus_1"})
	for _, c := range []struct {
		err   error
		tries int
		want  order.Trouble
	}{
		{nil, 1, order.Trouble{}},
		{once.ErrHandled, 1, order.Trouble{}},
		{order.ErrUnknown, 1, order.Trouble{Code: "order_not_found", Text: order.ErrUnknown.Message, At: noon, Parked: true}},
		{errors.New("secret"), 2, order.Trouble{Code: fault.ErrInternal.Code, Text: fault.ErrInternal.Message, At: noon, Next: noon.Add(20 * time.Second)}},
		{fault.ErrUnavailable, worker.MaxTries, order.Trouble{Code: fault.ErrUnavailable.Code, Text: fault.ErrUnavailable.Message, At: noon, Parked: true}},
	} {
		s := &store{err: c.err}
		_ = delivery.Consumer{Store: s, Clock: clock.At(noon)}.Handle(worker.WithTries(t.Context(), c.tries), e)
		if s.trouble != c.want || (c.want.Code != "") != (s.order == "ord_1") {
			t.Errorf("%v: noted %+v of %s", c.err, s.trouble, s.order)
		}
	}
}
