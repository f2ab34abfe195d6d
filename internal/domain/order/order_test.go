package order_test

import (
	"testing"
	"time"

	"turnup/internal/domain/order"
)

var at = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// S0-43: paid, then delivered, once; a card purchase knows no other transition.
func TestLifecycle(t *testing.T) {
	paid := order.Place(order.Order{ID: "ord_1"}, at)
	if paid.State != order.Paid || len(paid.History) != 1 || paid.History[0] != (order.Change{State: order.Paid, At: at}) {
		t.Fatalf("got %+v", paid)
	}
	delivered, moved := paid.Deliver(at.Add(time.Second))
	if !moved || delivered.State != order.Delivered || len(delivered.History) != 2 || delivered.History[1].At != at.Add(time.Second) {
		t.Fatalf("got %+v, %v", delivered, moved)
	}
	if paid.State != order.Paid || len(paid.History) != 1 {
		t.Error("the order it was made from changed")
	}
	for _, state := range []order.State{order.Delivered, "", "cancelled"} {
		o := delivered
		o.State = state
		if next, moved := o.Deliver(at.Add(time.Hour)); moved || next.State != state || len(next.History) != 2 {
			t.Errorf("%q was delivered: %+v", state, next)
		}
	}
}

// Two deliveries that start from one order must not write into each other's history.
func TestHistoryIsNotShared(t *testing.T) {
	paid := order.Place(order.Order{}, at)
	paid.History = append(make([]order.Change, 0, 8), paid.History...) // room to share
	a, _ := paid.Deliver(at.Add(time.Second))
	b, _ := paid.Deliver(at.Add(time.Minute))
	if a.History[1].At.Equal(b.History[1].At) {
		t.Error("one wrote over the other")
	}
}
