package subscription_test

import (
	"errors"
	"fmt"
	"testing"
	"time"
	_ "time/tzdata"

	"turnup/internal/base/civil"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/subscription"
)

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

func lasting(period string) lineitem.Line {
	return lineitem.Line{ItemID: "plan_a", Name: "A", Type: lineitem.Subscription, Price: eur(4990), Quantity: 1, BillingPeriod: period}
}

// running is an active contract.
func running(t *testing.T, l lineitem.Line, zone string, from time.Time) subscription.Subscription {
	t.Helper()
	s, moved := sign(l).Activate(zone, from)
	if !moved {
		t.Fatal("not activated")
	}
	return s
}

func next(t *testing.T, s subscription.Subscription) subscription.Subscription {
	t.Helper()
	return s.Renewal(lineitem.Tax{}).After
}

// S3-39: a contract of the 31st is billed on the last day of shorter months and on the 31st again, in leap years on the 29th.
func TestBillingDayIsKept(t *testing.T) {
	for from, want := range map[string][]civil.Date{
		"2026-01-31": {"2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"},
		"2028-01-31": {"2028-02-29", "2028-03-31", "2028-04-30", "2028-05-31"},
		"2026-01-30": {"2026-02-28", "2026-03-30", "2026-04-30", "2026-05-30"},
		"2027-12-29": {"2028-01-29", "2028-02-29", "2028-03-29", "2028-04-29"},
	} {
		began, _ := time.Parse(time.DateOnly, from)
		s := running(t, lasting("P1M"), "Europe/Berlin", began.Add(12*time.Hour))
		for i, day := range want {
			if s.Period.Until != day {
				t.Errorf("from %s: period %d ends on %s, not %s", from, i+1, s.Period.Until, day)
			}
			s = next(t, s)
		}
	}
}

// R10, S3-39: over 36 months, in five zones with and without daylight saving, from each of the last days of a month, for each length of
// period: every renewal is due in the first hours of its day by the contract's zone, never before it; periods follow each other without
// gap or overlap; each is billed once and at its price.
func TestEveryPeriodIsBilledOnce(t *testing.T) {
	p := subscription.Usual
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Pacific/Kiritimati"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, period := range []string{"P1M", "P3M", "P1Y", "P30D", "P1W"} {
			for _, day := range []int{1, 28, 29, 30, 31} {
				began := time.Date(2027, 10, day, 23, 59, 0, 0, zone)
				s := running(t, lasting(period), name, began)
				if s.Period.From != civil.On(began, zone) {
					t.Fatalf("%s: begins on %s", name, s.Period.From)
				}
				var sum, periods int64
				for at := s.RenewsAt(p); at.Before(began.AddDate(3, 0, 0)); at = s.RenewsAt(p) {
					local := at.In(zone)
					if civil.On(at, zone) != s.Period.Until || local.Hour() > 7 {
						t.Fatalf("%s %s: %s is billed at %s", name, period, s.Period.Until, local)
					}
					if err := s.Renewable(p, at.Add(-6*time.Hour-time.Second)); !errors.Is(err, subscription.ErrNotDue) {
						t.Fatalf("%s %s: renewable the day before: %v", name, period, err)
					}
					if err := s.Renewable(p, at); err != nil {
						t.Fatal(err)
					}
					b := s.Renewal(lineitem.Tax{Rate: 1900})
					if b.Period.From != s.Period.Until || b.Period.Until <= b.Period.From || b.After.Anchor != s.Anchor {
						t.Fatalf("%s %s: %v after %v", name, period, b.Period, s.Period)
					}
					if b.Due() != eur(4990) || b.After.Span.From != b.Period.From || b.After.Span.Amount != 4990 || *b.After.Span.Rate != 1900 {
						t.Fatalf("%s %s: %+v", name, period, b)
					}
					if err := b.After.Renewable(p, at.Add(26*time.Hour)); period != "P1D" && !errors.Is(err, subscription.ErrNotDue) {
						t.Fatalf("%s %s: twice: %v", name, period, err)
					}
					sum, periods, s = sum+b.Due().Minor, periods+1, b.After
				}
				want := map[string]int64{"P1M": 36, "P3M": 12, "P1Y": 3, "P30D": 36, "P1W": 156}[period]
				if periods < want-1 || periods > want || sum != periods*4990 {
					t.Fatalf("%s %s from the %d: %d periods, %d", name, period, day, periods, sum)
				}
			}
		}
	}
}

// Credit pays renewals before the card does, and never more than there is.
func TestCreditIsUsedUp(t *testing.T) {
	s := running(t, lasting("P1M"), "Europe/Berlin", at)
	s.Credit = 6000
	for i, want := range [][2]int64{{4990, 0}, {1010, 3980}, {0, 4990}} {
		b := s.Renewal(lineitem.Tax{})
		if b.Credit != want[0] || b.Due().Minor != want[1] {
			t.Errorf("renewal %d: %d by credit, %d due", i+1, b.Credit, b.Due().Minor)
		}
		s = b.After
	}
}

// A change that waits is part of the renewal: the new plan for its own whole period, from the day on which the old one ends.
func TestRenewsWithAnotherPlan(t *testing.T) {
	s := running(t, lasting("P1M"), "Europe/Berlin", time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC))
	to := lineitem.Line{ItemID: "plan_b", Name: "B", Price: eur(9900), BillingPeriod: "P3M"}
	s, err := s.ChangeLater(to, time.Date(2026, 2, 10, 12, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	b := s.Renewal(lineitem.Tax{})
	if b.After.ItemID != "plan_b" || b.After.Next != nil || b.Period != (civil.Period{From: "2026-02-28", Until: "2026-05-28"}) || b.Due() != eur(9900) {
		t.Errorf("%+v", b)
	}
}

// What is to come, in the order in which it comes; one who is due is not reminded of it any more.
func TestAhead(t *testing.T) {
	p := subscription.Usual
	s := running(t, lasting("P1M"), "Europe/Berlin", time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC))
	renews := s.RenewsAt(p)
	steps := func(s subscription.Subscription) (out string) {
		for _, a := range s.Ahead(p) {
			out += fmt.Sprint(a.Step, " ")
		}
		return out
	}
	want := func(what string, s subscription.Subscription, steps_ string) {
		t.Helper()
		if got := steps(s); got != steps_ {
			t.Errorf("%s: %q, not %q", what, got, steps_)
		}
	}
	want("active", s, "renewal_reminder renewal ")
	announced, moved := s.Announce(p, renews)
	if !moved {
		t.Fatal("not announced")
	}
	if _, again := announced.Announce(p, renews); again {
		t.Error("announced twice")
	}
	if _, early := s.Announce(p, time.Date(2026, 2, 12, 7, 59, 0, 0, time.UTC)); early {
		t.Error("announced more than three days before")
	}
	want("announced", announced, "renewal ")
	changing, _ := announced.ChangeLater(lineitem.Line{ItemID: "plan_b", Price: eur(100), BillingPeriod: "P1M"}, s.SignedAt)
	changing.Next = &subscription.Change{Plan: lasting("P1M")}
	want("changing", changing, "renewal plan_change ")
	ending, _, err := announced.CancelLater("", renews.AddDate(0, 0, -3))
	if err != nil {
		t.Fatal(err)
	}
	want("ending", ending, "end ")
	ended, _ := ending.End(renews)
	want("ended", ended, "")
	want("pending", sign(lasting("P1M")), "")
	week := running(t, lasting("P1W"), "Europe/Berlin", at)
	want("a week", week, "renewal_reminder renewal ")
	days := running(t, lasting("P3D"), "Europe/Berlin", at)
	want("a period not longer than the notice", days, "renewal ")
	owing, _ := announced.Owe("inv_1", "card_declined", renews.AddDate(0, 0, -1))
	want("owing", owing, "renewal payment_reminder payment_reminder payment_reminder suspension ")
	standing := subscription.Standing{Subscription: s, Policy: p, Now: renews.Add(-time.Second)}
	if step, ok := standing.Step(); !ok || step != subscription.Reminds {
		t.Error(step, ok)
	}
	standing.Now = renews
	if step, ok := standing.Step(); !ok || step != subscription.Renews {
		t.Error(step, ok)
	}
	standing.Now = s.Entitlement.Since
	if step, ok := standing.Step(); ok {
		t.Error(step, ok)
	}
	if _, moved := standing.Rescheduled(); !moved {
		t.Error("nobody looks after it")
	}
	standing.Subscription = s.Scheduled(p)
	if _, moved := standing.Rescheduled(); moved {
		t.Error("rescheduled to when it was")
	}
}
