package subscription_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/domain/subscription"
)

// in gives a contract in each state.
func in(t *testing.T, state subscription.State) subscription.Subscription {
	t.Helper()
	s := running(t, lasting("P1M"), "Europe/Berlin", at)
	switch state {
	case subscription.Pending:
		s = sign(lasting("P1M"))
	case subscription.Suspended:
		s = dunned(t, s, at)
		for range subscription.Usual.Reminders {
			s, _, _ = s.Reminded(subscription.Usual, at.AddDate(0, 0, 7))
		}
		var moved bool
		if s, moved = s.Suspend(subscription.Usual, at.AddDate(0, 0, 7)); !moved {
			t.Fatal("not suspended")
		}
	case subscription.Paused:
		var err error
		if s, err = s.Pause("", at); err != nil {
			t.Fatal(err)
		}
	case subscription.Ended:
		s, _ = s.End(at)
	}
	if s.State != state {
		t.Fatal(s.State)
	}
	return s
}

func dunned(t *testing.T, s subscription.Subscription, since time.Time) subscription.Subscription {
	t.Helper()
	s, first := s.Owe("inv_1", "card_declined", since)
	if !first {
		t.Fatal("the ladder does not begin")
	}
	return s
}

// S3-91: a contract that stays suspended ends by itself after the tenant's days, counted from the first one without; a cancellation that comes
// before ends it then, staff's hold keeps it, no days are never. Nothing else ends by that.
func TestEndsWhenUnpaid(t *testing.T) {
	s, p := in(t, subscription.Suspended), subscription.Usual
	month := s.IdleSince.Plus(30)
	first := func(s subscription.Subscription, p subscription.Policy) (out civil.Date) {
		for _, a := range s.Ahead(p) {
			if a.Step == subscription.Ends {
				out = s.Today(a.At)
			}
		}
		if at, _, will := s.EndsBy(p); will != (out != "") || will && s.Today(at) != out {
			t.Errorf("ends by %s, ahead is %s", at, out)
		}
		return out
	}
	if at, why, _ := s.EndsBy(p); first(s, p) != month || why != subscription.NonPayment || !s.Scheduled(p).Due.Equal(at) {
		t.Errorf("%s, %s", at, why)
	}
	never := p
	never.EndSuspended = 0
	if got := first(s, never); got != "" || !s.Scheduled(never).Due.IsZero() {
		t.Errorf("never is %s", got)
	}
	held := s.Hold(subscription.Hold{Until: month.Plus(5).Begin(time.UTC)}, at.AddDate(0, 0, 8))
	if got := first(held, p); got != month.Plus(5) {
		t.Errorf("held until %s", got)
	}
	cancelled, _, err := s.CancelLater("", at.AddDate(0, 0, 8))
	if _, why, _ := cancelled.EndsBy(p); err != nil || first(cancelled, p) != s.Period.Until || why != subscription.Cancelled {
		t.Errorf("%v, %s, %s", err, why, first(cancelled, p))
	}
	if paid, _, resumed := s.Paid(p, "inv_1", at.AddDate(0, 0, 9)); !resumed || first(paid, p) != "" {
		t.Error("paid, and it ends")
	}
	for _, state := range []subscription.State{subscription.Active, subscription.Paused, subscription.Ended} {
		if got := first(in(t, state), p); got != "" {
			t.Errorf("%s ends on %s", state, got)
		}
	}
}

// Every state × what dunning and renewal do: whether it does something, and the state it leads to.
func TestStatesAndActions(t *testing.T) {
	p, late := subscription.Usual, at.AddDate(0, 2, 0)
	const none = subscription.State("")
	states := []subscription.State{subscription.Pending, subscription.Active, subscription.Suspended, subscription.Paused, subscription.Ended}
	for name, a := range map[string]struct {
		does func(subscription.Subscription) (subscription.Subscription, bool)
		want [5]subscription.State // in the order of states; none: nothing is done
	}{
		"renewable": {func(s subscription.Subscription) (subscription.Subscription, bool) {
			return s, s.Renewable(p, late) == nil
		},
			[5]subscription.State{none, subscription.Active, none, none, none}},
		"announce": {func(s subscription.Subscription) (subscription.Subscription, bool) { return s.Announce(p, late) },
			[5]subscription.State{none, subscription.Active, none, none, none}},
		"remind, owing nothing": {func(s subscription.Subscription) (subscription.Subscription, bool) {
			s.Debts = nil
			s, _, ok := s.Reminded(p, late)
			return s, ok
		}, [5]subscription.State{}},
		"remind": {func(s subscription.Subscription) (subscription.Subscription, bool) {
			s.Debts = []subscription.Debt{{Invoice: "inv_2", Since: at}}
			s, _, ok := s.Reminded(p, late)
			return s, ok
		}, [5]subscription.State{none, subscription.Active, subscription.Suspended, subscription.Paused, none}},
		"suspend": {func(s subscription.Subscription) (subscription.Subscription, bool) {
			s.Debts = []subscription.Debt{{Invoice: "inv_2", Since: at, Reminded: 3}}
			return s.Suspend(p, late)
		}, [5]subscription.State{none, subscription.Suspended, none, none, none}},
		"paid": {func(s subscription.Subscription) (subscription.Subscription, bool) {
			s.Debts = []subscription.Debt{{Invoice: "inv_2", Since: at, Reminded: 3}}
			s, ended, _ := s.Paid(p, "inv_2", late)
			return s, ended
		}, [5]subscription.State{none, subscription.Active, subscription.Active, subscription.Paused, subscription.Ended}},
		"paid, something else": {func(s subscription.Subscription) (subscription.Subscription, bool) {
			s, ended, _ := s.Paid(p, "inv_3", late)
			return s, ended
		}, [5]subscription.State{}},
	} {
		for i, state := range states {
			if (name == "paid" || name == "remind") && state == subscription.Pending {
				continue // a pending contract owes nothing
			}
			was := in(t, state)
			is, moved := a.does(was)
			switch want := a.want[i]; {
			case moved != (want != none):
				t.Errorf("%s of one that is %s: %v", name, state, moved)
			case moved && is.State != want:
				t.Errorf("%s of one that is %s makes it %s", name, state, is.State)
			case moved && is.Entitlement.State != is.State:
				t.Errorf("%s of one that is %s entitles to %s", name, state, is.Entitlement.State)
			case !moved && !reflect.DeepEqual(is.Version, was.Version):
				t.Errorf("%s of one that is %s changes it", name, state)
			}
		}
	}
}

// S3-89, S3-90, S3-91: three reminders on the third, fifth and seventh day, each once; suspended when the grace is over and the last was sent,
// not before.
func TestLadder(t *testing.T) {
	p := subscription.Usual
	s := dunned(t, running(t, lasting("P1M"), "Europe/Berlin", at), at)
	if want := at.AddDate(0, 0, 7); !s.GraceEnds(p).Equal(want) {
		t.Errorf("grace ends %s", s.GraceEnds(p))
	}
	for i, day := range []int{3, 5, 7} {
		due := at.AddDate(0, 0, day)
		if _, _, ok := s.Reminded(p, due.Add(-time.Second)); ok {
			t.Errorf("reminder %d came early", i+1)
		}
		if _, moved := s.Suspend(p, due.AddDate(0, 0, 30)); moved {
			t.Error("suspended before the last reminder")
		}
		var step int
		var ok bool
		if s, step, ok = s.Reminded(p, due); !ok || step != i+1 {
			t.Errorf("reminder %d: %d, %v", i+1, step, ok)
		}
		if _, _, again := s.Reminded(p, due); again {
			t.Errorf("reminder %d comes twice", i+1)
		}
	}
	if _, moved := s.Suspend(p, at.AddDate(0, 0, 7).Add(-time.Second)); moved {
		t.Error("suspended within the grace")
	}
	s, moved := s.Suspend(p, at.AddDate(0, 0, 7))
	if !moved || s.State != subscription.Suspended || s.IdleSince != s.Today(at.AddDate(0, 0, 7)) {
		t.Errorf("%+v", s)
	}
	if steps := s.Ahead(p); len(steps) != 1 || steps[0].Step != subscription.Ends {
		t.Errorf("still to come: %v", steps)
	}
}

// S3-97: the oldest invoice drives the ladder; a second one, or one that is told twice, neither starts it anew nor skips a step; when the
// oldest is paid the next one counts from its own day.
func TestSeveralDebts(t *testing.T) {
	p := subscription.Usual
	s := dunned(t, running(t, lasting("P1W"), "Europe/Berlin", at), at)
	s, _, _ = s.Reminded(p, at.AddDate(0, 0, 3))
	second := at.AddDate(0, 0, 4)
	for range 2 {
		var first bool
		if s, first = s.Owe("inv_2", "card_declined", second); first {
			t.Error("the ladder begins again")
		}
	}
	if d, _ := s.Dunned(); len(s.Debts) != 2 || d.Invoice != "inv_1" || d.Reminded != 1 {
		t.Fatalf("%+v", s.Debts)
	}
	older, first := s.Owe("inv_0", "card_declined", at.AddDate(0, 0, -1)) // a dispute, for example
	if d, _ := older.Dunned(); first || d.Invoice != "inv_0" {
		t.Errorf("%+v", older.Debts)
	}
	s, ended, _ := s.Paid(p, "inv_1", second)
	if d, _ := s.Dunned(); ended || d.Invoice != "inv_2" || d.Reminded != 0 || !s.GraceEnds(p).Equal(second.AddDate(0, 0, 7)) {
		t.Errorf("%v %+v", ended, s.Debts)
	}
	s, ended, resumed := s.Paid(p, "inv_2", second)
	if !ended || resumed || len(s.Debts) != 0 {
		t.Errorf("%v %v %+v", ended, resumed, s.Debts)
	}
}

// S3-96: a hold puts off the suspension, not the reminders; one that is over, or is ended, does not any more.
func TestHold(t *testing.T) {
	p := subscription.Usual
	s := dunned(t, running(t, lasting("P1M"), "Europe/Berlin", at), at)
	until := at.AddDate(0, 0, 20)
	s = s.Hold(subscription.Hold{Until: until, By: "stf_1", Reason: "transfer"}, at)
	for range p.Reminders {
		var ok bool
		if s, _, ok = s.Reminded(p, at.AddDate(0, 0, 7)); !ok {
			t.Fatal("not reminded")
		}
	}
	if _, moved := s.Suspend(p, until.Add(-time.Second)); moved || !s.GraceEnds(p).Equal(until) {
		t.Error("suspended while held")
	}
	if _, moved := s.Suspend(p, until); !moved {
		t.Error("held for ever")
	}
	if free := s.Hold(subscription.Hold{Until: at}, at.Add(time.Second)); free.Held != nil {
		t.Error("not ended")
	} else if _, moved := free.Suspend(p, at.AddDate(0, 0, 8)); !moved {
		t.Error("held for ever")
	}
}

// Days on which a contract was suspended are credited when they are not billed, to the cent and never more than was charged; its billing
// day stays, and the next period begins no earlier than it gives something again.
func TestSuspendedDaysCostNothing(t *testing.T) {
	p := subscription.Usual
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := running(t, lasting("P1M"), "Europe/Berlin", time.Date(2026, 1, 1+r.IntN(60), 12, 0, 0, 0, time.UTC))
		since := s.Period.From.Begin(time.UTC).Add(13 * time.Hour)
		s = dunned(t, s, since)
		for range p.Reminders {
			s, _, _ = s.Reminded(p, since.AddDate(0, 0, 7))
		}
		s, _ = s.Suspend(p, since.AddDate(0, 0, 7))
		paid := since.AddDate(0, 0, 7+r.IntN(60))
		idle, span, of := s.Idled(paid), s.Span, civil.Days(s.Span.From, s.Period.Until)
		next, ended, resumed := s.Paid(p, "inv_1", paid)
		today := next.Today(paid)
		used := civil.Days(span.From, s.IdleSince)
		back := civil.Days(s.IdleSince, min(today, s.Period.Until))
		want := eur(span.Amount).Span(int64(used), int64(used+back), int64(of)).Minor
		switch {
		case !ended || !resumed || next.State != subscription.Active || next.IdleSince != "":
			t.Fatalf("%+v", next)
		case next.Credit != want || -idle.Amount.Minor != want || next.Credit > span.Amount:
			t.Fatalf("credited %d, not %d", next.Credit, want)
		case next.Anchor != s.Anchor || next.Period.Until < today && next.Period.Until != today:
			t.Fatalf("%+v", next)
		case today > s.Period.Until && next.Period != civil.Period{From: today, Until: today}:
			t.Fatalf("%+v", next.Period)
		}
		if b := next.Renewal(lineitem.Tax{}); b.Period.From != max(today, s.Period.Until) || b.Period.Until.Day() != s.Period.Until.Day() && s.Anchor.Day() <= 28 {
			t.Fatalf("%+v after %+v", b.Period, s.Period)
		}
		billed := p
		billed.BillSuspended = true
		if all, _, _ := s.Paid(billed, id.Invoice("inv_1"), paid); all.Credit != 0 {
			t.Fatalf("credited %d although the days are billed", all.Credit)
		}
	}
}
