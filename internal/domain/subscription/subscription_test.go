package subscription_test

import (
	"reflect"
	"testing"
	"time"

	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/subscription"
)

// sign makes a contract of one line, paid in full.
func sign(l lineitem.Line) subscription.Subscription {
	return subscription.Sign(subscription.Contract{Tenant: "demo", Customer: "cus_1", ID: "sub_1", Order: "ord_1", Line: l, Paid: l.Price.Minor}, at)
}

var at = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// S0-41, S0-43: signed with the agreed price and pending; active, with the entitlement, once delivered. I7: the
// entitlement names the order that gave it.
func TestLifecycle(t *testing.T) {
	price := money.Amount{Minor: 1299, Currency: "EUR"}
	s := sign(lineitem.Line{ItemID: "plan_hd", Name: "HD", Price: price, BillingPeriod: "P1M"})
	if s.State != subscription.Pending || s.Entitlement.State != subscription.Pending || s.Entitlement.Origin != "ord_1" || !s.Entitlement.Since.IsZero() ||
		s.Price != price || s.ItemID != "plan_hd" || s.BillingPeriod != "P1M" || !s.SignedAt.Equal(at) || s.OrderID != "ord_1" {
		t.Fatalf("got %+v", s)
	}
	active, moved := s.Activate("Europe/Berlin", at.Add(time.Second))
	if !moved || active.State != subscription.Active || active.Entitlement.State != subscription.Active || !active.Entitlement.Since.Equal(at.Add(time.Second)) {
		t.Fatalf("got %+v, %v", active, moved)
	}
	if s.State != subscription.Pending {
		t.Error("the subscription it was made from changed")
	}
	again, moved := active.Activate("Europe/Berlin", at.Add(time.Hour))
	if moved || !again.Entitlement.Since.Equal(at.Add(time.Second)) {
		t.Errorf("activated twice: %+v", again)
	}
}

// S3-105: a contract ends once, from whichever state, and gives nothing afterwards: not even when a delivery comes late.
func TestEnd(t *testing.T) {
	pending := sign(lineitem.Line{ItemID: "plan_a"})
	active, _ := pending.Activate("Europe/Berlin", at)
	for _, s := range []subscription.Subscription{pending, active} {
		was := s.State
		ended, moved := s.End(at.Add(time.Minute))
		if !moved || ended.State != subscription.Ended || ended.Entitlement.State != subscription.Ended || !ended.EndedAt.Equal(at.Add(time.Minute)) || s.State != was {
			t.Errorf("%s: %v, %+v", was, moved, ended)
		}
		if again, moved := ended.End(at.Add(time.Hour)); moved || !reflect.DeepEqual(again, ended) {
			t.Errorf("ended twice: %+v", again)
		}
		if late, moved := ended.Activate("Europe/Berlin", at.Add(time.Hour)); moved || !reflect.DeepEqual(late, ended) {
			t.Errorf("revived: %+v", late)
		}
	}
}
