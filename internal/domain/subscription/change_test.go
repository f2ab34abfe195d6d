package subscription_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/subscription"
)

var (
	small = plan("plan_small", 1000)
	large = plan("plan_large", 3100)
)

func plan(item string, minor int64) lineitem.Line {
	return lineitem.Line{ItemID: id.Item(item), Name: item, Type: lineitem.Subscription, Price: money.Amount{Minor: minor, Currency: "EUR"}, Quantity: 1, BillingPeriod: "P1M"}
}

func every(l lineitem.Line, period string) lineitem.Line {
	l.BillingPeriod = period
	return l
}

// begun is an active contract whose first period began on a day.
func begun(l lineitem.Line, on civil.Date) subscription.Subscription {
	s, _ := sign(l).Activate("Europe/Berlin", noonOf(on))
	return s
}

func noonOf(d civil.Date) time.Time { return d.Time(12, time.UTC) }

// S3-35, S3-36: what a change of plan collects or credits, to the cent, for each direction, and which day belongs to which plan.
func TestChangeNow(t *testing.T) {
	for name, c := range map[string]struct {
		from, to      lineitem.Line
		credit        int64
		on            civil.Date
		due, left     int64 // to pay, credit afterwards
		until, anchor civil.Date
	}{
		"up, on the first day":            {small, large, 0, "2026-11-01", 2100, 0, "2026-12-01", "2026-11-01"},
		"up, in the middle":               {small, large, 0, "2026-11-16", 1050, 0, "2026-12-01", "2026-11-01"},
		"up, on the last day":             {small, large, 0, "2026-11-30", 70, 0, "2026-12-01", "2026-11-01"},
		"up, credit pays a part":          {small, large, 50, "2026-11-16", 1000, 0, "2026-12-01", "2026-11-01"},
		"up, credit pays all":             {small, large, 2000, "2026-11-16", 0, 950, "2026-12-01", "2026-11-01"},
		"down, in the middle":             {large, small, 0, "2026-11-16", 0, 1050, "2026-12-01", "2026-11-01"},
		"down, with credit":               {large, small, 7, "2026-11-16", 0, 1057, "2026-12-01", "2026-11-01"},
		"down, on the last day":           {large, small, 0, "2026-11-30", 0, 70, "2026-12-01", "2026-11-01"},
		"of the same price":               {large, plan("plan_other", 3100), 0, "2026-11-16", 0, 0, "2026-12-01", "2026-11-01"},
		"to a year":                       {small, every(plan("plan_year", 10000), "P1Y"), 0, "2026-11-16", 9500, 0, "2027-11-16", "2026-11-16"},
		"to thirty days, beginning anew":  {small, every(large, "P30D"), 0, "2026-11-16", 2600, 0, "2026-12-16", "2026-11-16"},
		"rounded by the days up to a day": {plan("plan_small", 999), plan("plan_large", 1999), 0, "2026-11-08", 767, 0, "2026-12-01", "2026-11-01"},
	} {
		s := begun(c.from, "2026-11-01")
		s.Credit = c.credit
		b := s.ChangeNow(c.to, c.on, lineitem.Tax{})
		if b.Due().Minor != c.due || b.After.Credit != c.left || b.After.Period.Until != c.until || b.After.Anchor != c.anchor {
			t.Errorf("%s: due %d, credit %d, until %s, anchor %s", name, b.Due().Minor, b.After.Credit, b.After.Period.Until, b.After.Anchor)
		}
		if b.After.ItemID != c.to.ItemID || b.After.Price != c.to.Price || b.After.Span.From != c.on || b.After.Next != nil || b.After.Version != s.Version+1 || b.After.State != subscription.Active {
			t.Errorf("%s: %+v", name, b.After)
		}
		if total, _ := lineitem.TotalOf(b.Charges); total != b.Total {
			t.Errorf("%s: the lines are %v, the total is %v", name, total, b.Total)
		}
		if back := -b.Charges[0].Amount.Minor; back < 0 || back > s.Span.Amount {
			t.Errorf("%s: gives back %d of %d", name, back, s.Span.Amount)
		}
	}
}

// S3-36, S3-155: each state allows what it allows, and says by its own fault why it does not allow the rest; a refusal changes nothing.
func TestStateByAction(t *testing.T) {
	active := begun(small, "2026-11-01")
	owing, _ := active.Owe("inv_1", "card_declined", at)
	suspended := owing
	suspended.State, suspended.Entitlement.State, suspended.IdleSince = subscription.Suspended, subscription.Suspended, "2026-11-09"
	paused, err := active.Pause("2026-11-20", noonOf("2026-11-10"))
	if err != nil {
		t.Fatal(err)
	}
	ending, _, _ := active.CancelLater("moving", at)
	waiting, err := active.ChangeLater(large, noonOf("2026-11-10"))
	if err != nil {
		t.Fatal(err)
	}
	ended, _ := active.End(at)
	over := begun(small, "2026-10-01") // its period is over: it is being renewed
	states := map[string]subscription.Subscription{"pending": sign(small), "active": active, "owing": owing, "suspended": suspended, "paused": paused, "ending": ending, "waiting": waiting, "ended": ended, "over": over}
	now := noonOf("2026-11-12")
	actions := map[string]func(s subscription.Subscription) (subscription.Subscription, error){
		"change": func(s subscription.Subscription) (subscription.Subscription, error) {
			return s, s.Changeable(large, now)
		},
		"same": func(s subscription.Subscription) (subscription.Subscription, error) {
			return s, s.Changeable(small, now)
		},
		"changeLater": func(s subscription.Subscription) (subscription.Subscription, error) { return s.ChangeLater(large, now) },
		"keepPlan":    func(s subscription.Subscription) (subscription.Subscription, error) { return s.KeepPlan() },
		"cancelLater": func(s subscription.Subscription) (subscription.Subscription, error) {
			next, _, err := s.CancelLater("", now)
			return next, err
		},
		"keepGoing": func(s subscription.Subscription) (subscription.Subscription, error) { return s.KeepGoing() },
		"pause":     func(s subscription.Subscription) (subscription.Subscription, error) { return s.Pause("", now) },
		"unpause":   func(s subscription.Subscription) (subscription.Subscription, error) { return s.Unpause(now) },
	}
	want := map[string]map[string]error{
		"pending":   {"change": subscription.ErrNotActive, "same": subscription.ErrNotActive, "changeLater": subscription.ErrNotActive, "keepPlan": subscription.ErrNoChange, "cancelLater": subscription.ErrNotActive, "keepGoing": subscription.ErrNotEnding, "pause": subscription.ErrNotActive, "unpause": subscription.ErrNotPaused},
		"active":    {"same": subscription.ErrSamePlan, "keepPlan": subscription.ErrNoChange, "keepGoing": subscription.ErrNotEnding, "unpause": subscription.ErrNotPaused},
		"owing":     {"change": subscription.ErrOverdue, "same": subscription.ErrOverdue, "changeLater": subscription.ErrOverdue, "keepPlan": subscription.ErrNoChange, "keepGoing": subscription.ErrNotEnding, "pause": subscription.ErrOverdue, "unpause": subscription.ErrNotPaused},
		"suspended": {"change": subscription.ErrOverdue, "same": subscription.ErrOverdue, "changeLater": subscription.ErrOverdue, "keepPlan": subscription.ErrNoChange, "keepGoing": subscription.ErrNotEnding, "pause": subscription.ErrOverdue, "unpause": subscription.ErrSuspended},
		"paused":    {"change": subscription.ErrPaused, "same": subscription.ErrPaused, "changeLater": subscription.ErrPaused, "keepPlan": subscription.ErrNoChange, "keepGoing": subscription.ErrNotEnding, "pause": subscription.ErrPaused},
		"ending":    {"change": subscription.ErrWillEnd, "same": subscription.ErrWillEnd, "changeLater": subscription.ErrWillEnd, "keepPlan": subscription.ErrNoChange, "pause": subscription.ErrWillEnd, "unpause": subscription.ErrNotPaused},
		"waiting":   {"same": subscription.ErrSamePlan, "keepGoing": subscription.ErrNotEnding, "unpause": subscription.ErrNotPaused},
		"ended":     {"change": subscription.ErrEnded, "same": subscription.ErrEnded, "changeLater": subscription.ErrEnded, "keepPlan": subscription.ErrNoChange, "keepGoing": subscription.ErrEnded, "pause": subscription.ErrEnded, "unpause": subscription.ErrEnded},
		"over":      {"change": subscription.ErrRenewing, "same": subscription.ErrSamePlan, "changeLater": subscription.ErrRenewing, "keepPlan": subscription.ErrNoChange, "keepGoing": subscription.ErrNotEnding, "pause": subscription.ErrRenewing, "unpause": subscription.ErrNotPaused},
	}
	for state, s := range states {
		for action, do := range actions {
			before := fmt.Sprintf("%+v", s)
			next, err := do(s)
			if !errors.Is(err, want[state][action]) || err == nil && want[state][action] != nil {
				t.Errorf("%s of %s: %v, want %v", action, state, err, want[state][action])
			}
			if err != nil && !reflect.DeepEqual(next, s) || before != fmt.Sprintf("%+v", s) {
				t.Errorf("%s of %s was refused and changed it", action, state)
			}
		}
		f, moved := s.CancelNow(subscription.Usual, now)
		if moved != (state != "ended") || f.After.State != subscription.Ended || f.After.Credit != 0 || !f.After.Scheduled(subscription.Usual).Due.IsZero() {
			t.Errorf("cancel of %s: %v, %+v", state, moved, f.After)
		}
	}
}

// S3-42: a cancellation can be seen and withdrawn; twice is as once; it takes the place of a plan that waits.
func TestCancelLater(t *testing.T) {
	s, _ := begun(small, "2026-11-01").ChangeLater(large, at)
	one, moved, err := s.CancelLater("moving", noonOf("2026-11-05"))
	if err != nil || !moved || one.Ending == nil || one.Ending.On != "2026-12-01" || one.Ending.Reason != "moving" || one.Next != nil || one.State != subscription.Active {
		t.Fatalf("%+v, %v, %v", one, moved, err)
	}
	if two, moved, err := one.CancelLater("other", noonOf("2026-11-06")); err != nil || moved || !reflect.DeepEqual(two, one) {
		t.Errorf("twice: %+v, %v, %v", two, moved, err)
	}
	steps := one.Ahead(subscription.Usual)
	if len(steps) != 1 || steps[0].Step != subscription.Ends || !steps[0].At.Equal(civil.Date("2026-12-01").Begin(must(civil.Zone("Europe/Berlin")))) {
		t.Errorf("ahead: %+v", steps)
	}
	if kept, err := one.KeepGoing(); err != nil || kept.Ending != nil {
		t.Errorf("%+v, %v", kept, err)
	}
}

// S3-40: cancelled now, what was charged for the days from today on is given back, with the credit; of a plan that never began, all.
func TestCancelNow(t *testing.T) {
	s := begun(small, "2026-11-01")
	s.Credit = 120
	f, _ := s.CancelNow(subscription.Usual, noonOf("2026-11-16"))
	if f.Unused.Amount.Minor != -500 || f.Credit != 120 || f.Unused.Days != 15 || f.Unused.Of != 30 {
		t.Errorf("%+v", f)
	}
	paused, _ := s.Pause("", noonOf("2026-11-11"))
	if f, _ := paused.CancelNow(subscription.Usual, noonOf("2026-11-16")); f.Unused.Amount.Minor != -667 { // nothing was given from the 11th on
		t.Errorf("paused: %+v", f)
	}
	if f, _ := paused.CancelNow(subscription.Usual, noonOf("2026-12-16")); f.Unused.Amount.Minor != -667 {
		t.Errorf("paused beyond the period: %+v", f)
	}
	if f, _ := sign(small).CancelNow(subscription.Usual, at); f.Unused.Amount.Minor != -1000 {
		t.Errorf("never begun: %+v", f)
	}
	line := small
	line.Access = &lineitem.Access{DownKbps: 1}
	if f, _ := sign(line).CancelNow(subscription.Usual, at); f.Unused.Amount.Minor != 0 {
		t.Errorf("a line that never worked: %+v", f)
	}
}

// A pause gives nothing and costs nothing, from its first day up to the day of the resumption; the billing day stays.
func TestPause(t *testing.T) {
	s := begun(small, "2026-11-01")
	if _, err := s.Pause("2026-11-10", noonOf("2026-11-10")); !errors.Is(err, subscription.ErrPauseEnd) {
		t.Errorf("ends before it begins: %v", err)
	}
	paused, err := s.Pause("2026-11-20", noonOf("2026-11-10"))
	steps := paused.Ahead(subscription.Usual)
	if err != nil || paused.Entitlement.State != subscription.Paused || len(steps) != 1 || steps[0].Step != subscription.Resumes {
		t.Fatalf("%+v, %v, %+v", paused, err, steps)
	}
	for on, want := range map[civil.Date]struct {
		credit      int64
		from, until civil.Date
	}{
		"2026-11-10": {0, "2026-11-01", "2026-12-01"}, "2026-11-20": {333, "2026-11-01", "2026-12-01"},
		"2026-12-01": {700, "2026-11-01", "2026-12-01"}, "2027-01-15": {700, "2027-01-15", "2027-01-15"},
	} {
		back, err := paused.Unpause(noonOf(on))
		if err != nil || back.Credit != want.credit || back.Period.From != want.from || back.Period.Until != want.until || back.State != subscription.Active || back.Anchor != s.Anchor {
			t.Errorf("resumed on %s: credit %d, %+v, %v", on, back.Credit, back.Period, err)
		}
	}
	back, _ := paused.Unpause(noonOf("2027-01-15"))
	if b := back.Renewal(lineitem.Tax{}); b.Period != (civil.Period{From: "2027-01-15", Until: "2027-02-01"}) || b.Total.Minor != 548 || b.Due().Minor != 0 || b.After.Credit != 152 {
		t.Errorf("the part up to the billing day: %+v", b)
	}
}

// R10: the first period reaches from the day it begins in the customer's zone to the billing day that was chosen.
func TestFirstPeriod(t *testing.T) {
	for name, c := range map[string]struct {
		zone        string
		at          time.Time
		day         int
		from, until civil.Date
		charged     int64
	}{
		"none chosen":                {"Europe/Berlin", time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), 0, "2026-01-31", "2026-02-28", 3100},
		"in the middle":              {"Europe/Berlin", time.Date(2026, 1, 21, 12, 0, 0, 0, time.UTC), 1, "2026-01-21", "2026-02-01", 1100},
		"on the day":                 {"Europe/Berlin", time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC), 1, "2026-01-01", "2026-02-01", 3100},
		"the 31st in February":       {"Europe/Berlin", time.Date(2026, 2, 10, 12, 0, 0, 0, time.UTC), 31, "2026-02-10", "2026-02-28", 1993},
		"already tomorrow in Berlin": {"Europe/Berlin", time.Date(2026, 1, 20, 23, 30, 0, 0, time.UTC), 1, "2026-01-21", "2026-02-01", 1100},
		"still yesterday in Denver":  {"America/Denver", time.Date(2026, 1, 21, 5, 0, 0, 0, time.UTC), 1, "2026-01-20", "2026-02-01", 1200},
	} {
		zone := must(civil.Zone(c.zone))
		first, err := subscription.First(large, c.day, civil.On(c.at, zone), lineitem.Tax{})
		if err != nil || *first.Period != (civil.Period{From: c.from, Until: c.until}) || first.Amount.Minor != c.charged {
			t.Errorf("%s: %+v, %v, %v", name, first.Period, first.Amount, err)
		}
		s := subscription.Sign(subscription.Contract{Line: large, Paid: first.Amount.Minor, BillingDay: c.day, From: first.Period.From}, c.at)
		active, moved := s.Activate(c.zone, c.at)
		if !moved || active.Period != *first.Period || active.Credit != 0 || active.Span != (subscription.Span{From: c.from, Amount: c.charged}) {
			t.Errorf("%s: active %+v", name, active)
		}
		// Active two days after it was charged: these days are credited when they were charged, and the billing day stays.
		late, _ := s.Activate(c.zone, c.at.Add(48*time.Hour))
		if c.day > 0 && (late.Credit != first.Amount.Span(0, 2, int64(first.Days)).Minor || late.Period != active.Period) || c.day == 0 && (late.Credit != 0 || late.Period.From != c.from.Plus(2)) {
			t.Errorf("%s: late %+v", name, late)
		}
	}
	line := large
	line.Access = &lineitem.Access{DownKbps: 1}
	for _, l := range []lineitem.Line{line, every(large, "P3M"), every(large, "P30D"), every(large, "P1Y")} {
		if _, err := subscription.First(l, 1, "2026-01-01", lineitem.Tax{}); !errors.Is(err, subscription.ErrBillingDay) {
			t.Errorf("%s has a billing day: %v", l.BillingPeriod, err)
		}
	}
}

// days is what each day of a contract was charged, by a model that knows nothing of spans: a charge is laid over its days, the n-th
// getting what its first n days sum to less what its first n-1 do.
type days map[civil.Date]int64

func (d days) lay(from, until civil.Date, amount int64) {
	n := int64(civil.Days(from, until))
	for i := range n {
		d[from.Plus(int(i))] += money.Amount{Minor: amount, Currency: "EUR"}.Span(i, i+1, n).Minor
	}
}

func (d days) lift(from, until civil.Date) {
	for day := range d {
		if from <= day && day < until {
			delete(d, day)
		}
	}
}

func (d days) sum() (all int64) {
	for _, minor := range d {
		all += minor
	}
	return all
}

// A year of changes of plan, pauses, renewals and at last a cancellation, of any sort and on any days, several a day: all that was paid
// less all that was given back is what the days that were used cost, to the cent (I1, S3-35).
func TestYearBalances(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 1))
		plans := []lineitem.Line{plan("plan_a", 1+r.Int64N(9999)), plan("plan_b", 1+r.Int64N(9999)), plan("plan_c", 0), every(plan("plan_d", 1+r.Int64N(9999)), "P30D"), every(plan("plan_e", 1+r.Int64N(99999)), "P3M")}
		day := civil.Date("2027-01-01").Plus(r.IntN(365))
		s := begun(plans[0], day)
		used := days{}
		used.lay(s.Period.From, s.Period.Until, s.Span.Amount)
		paid := s.Span.Amount
		for range 365 {
			for range r.IntN(3) { // some things on a day
				switch to := plans[r.IntN(len(plans))]; r.IntN(12) {
				case 0:
					if s.Changeable(to, noonOf(day)) == nil {
						b := s.ChangeNow(to, day, lineitem.Tax{})
						used.lift(day, s.Period.Until)
						used.lay(day, b.After.Period.Until, b.After.Span.Amount)
						if given := -b.Charges[0].Amount.Minor; given > s.Span.Amount || b.Due().Minor < 0 || b.After.Credit < 0 {
							t.Fatalf("seed %d: gives back %d of %d; %+v", seed, given, s.Span.Amount, b)
						}
						paid, s = paid+b.Due().Minor, b.After
					}
				case 1:
					if next, err := s.ChangeLater(to, noonOf(day)); err == nil {
						s = next
					}
				case 2:
					if next, err := s.Pause("", noonOf(day)); err == nil {
						s = next
					}
				case 3, 4:
					if next, err := s.Unpause(noonOf(day)); err == nil {
						used.lift(s.IdleSince, day)
						s = next
					}
				case 5:
					if next, _, err := s.CancelLater("", noonOf(day)); err == nil {
						if kept, err := next.KeepGoing(); err == nil && r.IntN(2) == 0 {
							s = kept
						}
					}
				}
			}
			if s.Renewable(subscription.Usual, noonOf(day)) == nil {
				b := s.Renewal(lineitem.Tax{})
				used.lay(b.Period.From, b.Period.Until, b.After.Span.Amount)
				paid, s = paid+b.Due().Minor, b.After
			}
			day = day.Plus(1)
		}
		from := day
		if s.State == subscription.Paused {
			from = s.IdleSince
		}
		f, _ := s.CancelNow(subscription.Usual, noonOf(day))
		used.lift(from, "9999-12-31")
		if back := -f.Unused.Amount.Minor + f.Credit; paid-back != used.sum() {
			t.Fatalf("seed %d: paid %d, given back %d, the days used cost %d", seed, paid, back, used.sum())
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// S3-34, S3-36, S3-38: an exempt buyer is billed the price without tax, in its parts as well; days that were charged with tax are given back with it.
func TestExemptBills(t *testing.T) {
	exempt := lineitem.Tax{Rate: 1900, Exempt: &lineitem.Exemption{Reason: "Reverse charge"}}
	small, large := plan("plan_small", 1190), plan("plan_large", 2380)
	s := begun(small, "2026-11-01")
	up := s.ChangeNow(large, "2026-11-16", exempt)
	back, charge := up.Charges[0], up.Charges[1]
	if back.Amount.Minor != -595 || back.Exempt != nil || charge.Price.Minor != 2000 || charge.Amount.Minor != 1000 || charge.Exempt != exempt.Exempt || up.Due().Minor != 405 || up.After.Price.Minor != 2380 {
		t.Errorf("%+v", up)
	}
	next := up.After.Renewal(exempt)
	if next.Total.Minor != 2000 || next.After.Renewal(lineitem.Tax{Rate: 1900}).Total.Minor != 2380 {
		t.Errorf("%+v", next)
	}
	final, _ := next.After.CancelNow(subscription.Usual, noonOf("2026-12-01"))
	if final.Unused.Amount.Minor != -2000 || final.Unused.Exempt != exempt.Exempt {
		t.Errorf("%+v", final)
	}
	line := large.For(exempt)
	if line.Price.Minor != 2000 || line.List().Minor != 2380 || large.For(lineitem.Tax{Rate: 1900}) != large {
		t.Errorf("%+v", line)
	}
	signed := subscription.Sign(subscription.Contract{Line: line, Paid: 2000, Exempt: exempt.Exempt}, noonOf("2026-11-01"))
	if f, _ := signed.CancelNow(subscription.Usual, noonOf("2026-11-02")); signed.Price.Minor != 2380 || f.Unused.Amount.Minor != -2000 || f.Unused.Exempt != exempt.Exempt {
		t.Errorf("%+v, %+v", signed, f)
	}
}
