package renewals_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/consumer/renewals"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/worker"
)

type scene struct {
	*testing.T
	m *memory
	p *psp
	c renewals.Consumer
	s subscription.Subscription
}

func set(t *testing.T, plan lineitem.Line) *scene {
	m, p := newMemory(), newPSP()
	return &scene{t, m, p, renewals.Consumer{Store: m, PSP: p, Clock: clock.System}, m.sign(1, plan, began)}
}

func (s *scene) now() subscription.Subscription { return s.m.contracts[s.s.ID] }

// announce tells that the contract is due, as often as said at once.
func (s *scene) announce(copies int) error {
	errs, due := make(chan error, copies), dueOf(context.Background(), s.now())
	for range copies {
		go func() { errs <- s.c.Handle(context.Background(), due) }()
	}
	var all error
	for range copies {
		all = errors.Join(all, <-errs)
	}
	return all
}

// until lets time go on to a moment, one due step after the other.
func (s *scene) until(to time.Time) {
	s.Helper()
	for range 1000 {
		due := s.now().Due
		if due.IsZero() || due.After(to) {
			s.m.now = to
			return
		}
		if due.After(s.m.now) {
			s.m.now = due
		}
		if err := s.announce(1); err != nil {
			s.Fatal(err)
		}
	}
	s.Fatal("it never comes to rest")
}

// told counts the announcements of a type.
func (s *scene) told(typ event.Type) (n int) {
	for _, e := range s.m.events {
		if e.Type == typ {
			n++
		}
	}
	return n
}

func (s *scene) is(what string, got, want any) {
	s.Helper()
	if got != want {
		s.Errorf("%s is %v, not %v", what, got, want)
	}
}

// S3-08, S3-38, S3-76, S3-151: reminded once three days before, charged once on the day, in a period that begins at the anchor. I3:
// announcements that are doubled, at once or late do nothing twice.
func TestRenewsOnce(t *testing.T) {
	s := set(t, monthly)
	s.until(time.Date(2026, 2, 25, 7, 59, 0, 0, time.UTC))
	s.is("reminders", s.told(event.TypeRenewalUpcoming), 0)
	s.until(time.Date(2026, 2, 25, 8, 1, 0, 0, time.UTC))
	s.is("reminders", s.told(event.TypeRenewalUpcoming), 1)
	s.is("calls", s.p.calls, 0)
	s.m.now = time.Date(2026, 2, 28, 6, 0, 0, 0, time.UTC)
	for range 3 {
		if err := s.announce(5); err != nil && !errors.Is(err, payment.ErrUnsettled) && !errors.Is(err, subscription.ErrMoved) {
			t.Fatal(err)
		}
	}
	_, charges := s.p.took()
	s.is("charges", charges, 1)
	s.is("period", s.now().Period.From, civil.Date("2026-02-28"))
	s.is("next", s.now().Period.Until, civil.Date("2026-03-31"))
	s.is("reminders", s.told(event.TypeRenewalUpcoming), 1)
	s.until(time.Date(2026, 3, 30, 0, 0, 0, 0, time.UTC))
	s.is("reminders", s.told(event.TypeRenewalUpcoming), 2)
}

// A card that will have expired at the renewal is told of with the reminder, once.
func TestCardExpires(t *testing.T) {
	for expiry, told := range map[payment.Card]int{{ExpYear: 2026, ExpMonth: 1}: 1, {ExpYear: 2026, ExpMonth: 2}: 0, {}: 0} {
		s := set(t, monthly)
		s.m.card.Card = expiry
		s.until(time.Date(2026, 2, 27, 0, 0, 0, 0, time.UTC))
		s.is("told", s.told(event.TypeCardExpiring), told)
	}
}

// S3-86, S3-88, S3-89, S3-90, S3-91, S3-97: a decline owes the invoice; reminders on the third, fifth and seventh day, each once and each after the
// card was tried again; then it is suspended, and nothing more is charged or told.
func TestDunning(t *testing.T) {
	s := set(t, monthly)
	s.p.declines = payment.InsufficientFunds
	s.until(time.Date(2026, 2, 28, 8, 0, 0, 0, time.UTC))
	debt, dunned := s.now().Dunned()
	s.is("dunned", dunned, true)
	s.is("state", s.now().State, subscription.Active)
	for i, day := range []int{3, 5, 7} {
		at := debt.Since.AddDate(0, 0, day)
		s.until(at.Add(-time.Second))
		s.is("reminders", s.told(event.TypeDunningReminded), i)
		s.is("state", s.now().State, subscription.Active)
		s.m.now = at
		if err := s.announce(1); err != nil {
			t.Fatal(err)
		}
		s.is("reminders", s.told(event.TypeDunningReminded), i+1)
		s.is("calls", s.p.calls, i+2)
	}
	s.until(s.m.now)
	s.is("state", s.now().State, subscription.Suspended)
	s.is("suspensions", s.told(event.TypeSubscriptionSuspended), 1)
	s.until(s.m.now.AddDate(0, 0, 28))
	s.is("state", s.now().State, subscription.Suspended)
	s.until(s.m.now.AddDate(0, 3, 0))
	s.is("state", s.now().State, subscription.Ended)
	s.is("calls", s.p.calls, 4)
	s.is("reminders", s.told(event.TypeDunningReminded), 3)
}

// S3-92: an invoice that was withdrawn after its contract was read is neither charged, nor reminded of, nor a reason to suspend.
func TestWithdrawnUnderWay(t *testing.T) {
	for name, reminded := range map[string]int{"a reminder": 0, "the suspension": 3} {
		s := set(t, monthly)
		s.p.declines = payment.InsufficientFunds
		s.until(time.Date(2026, 2, 28, 8, 0, 0, 0, time.UTC))
		debt, _ := s.now().Dunned()
		was := s.now()
		was.Debts = []subscription.Debt{{Invoice: debt.Invoice, Since: debt.Since, Reminded: reminded}}
		s.m.contracts[was.ID] = was.Scheduled(s.m.policy)
		inv := s.m.invoices[debt.Invoice]
		inv.State = invoice.Void
		s.m.invoices[debt.Invoice] = inv
		s.m.now = debt.Since.AddDate(0, 0, 8)
		calls := s.p.calls
		if err := s.announce(1); !errors.Is(err, subscription.ErrMoved) {
			t.Errorf("%s: %v", name, err)
		}
		s.is("calls", s.p.calls, calls)
		s.is("reminders", s.told(event.TypeDunningReminded), 0)
		s.is("state", s.now().State, subscription.Active)
	}
}

// S3-92: the card that works again when it is tried before a reminder pays, and ends the dunning without one.
func TestTriedAgainQuietly(t *testing.T) {
	s := set(t, monthly)
	s.p.declines = payment.InsufficientFunds
	s.until(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	s.p.declines = ""
	s.until(time.Date(2026, 3, 30, 0, 0, 0, 0, time.UTC))
	s.is("debts", len(s.now().Debts), 0)
	s.is("reminders", s.told(event.TypeDunningReminded), 0)
	_, charges := s.p.took()
	s.is("charges", charges, 1)
}

// What a bank took back is reminded of, and charged by nobody but the customer.
func TestDisputedIsNotTriedAgain(t *testing.T) {
	s := set(t, monthly)
	s.until(time.Date(2026, 2, 28, 8, 0, 0, 0, time.UTC))
	owing, _ := s.now().Owe("inv_disputed", "charged_back", s.m.now)
	s.m.contracts[owing.ID] = owing.Scheduled(s.m.policy)
	s.m.invoices["inv_disputed"] = invoice.Invoice{ID: "inv_disputed", Kind: invoice.Standard, State: invoice.Open, Currency: "EUR", Total: monthly.Price.Minor,
		Receipts: []invoice.Receipt{{Amount: monthly.Price.Minor, Disputed: true}}}
	calls := s.p.calls
	s.until(s.m.now.AddDate(0, 0, 8))
	s.is("calls", s.p.calls, calls)
	s.is("reminders", s.told(event.TypeDunningReminded), 3)
	s.is("state", s.now().State, subscription.Suspended)
}

// Without a card to charge the invoice is owed as after a decline, and nobody calls the PSP. Credit that covers it all needs no card.
func TestNothingToCharge(t *testing.T) {
	s := set(t, monthly)
	s.m.card = payment.Standing{}
	rich := s.now()
	rich.Credit = 2000
	s.m.contracts[rich.ID] = rich
	s.until(time.Date(2026, 3, 30, 0, 0, 0, 0, time.UTC))
	s.is("debts", len(s.now().Debts), 0)
	s.is("credit", s.now().Credit, int64(701))
	s.until(time.Date(2026, 4, 4, 0, 0, 0, 0, time.UTC))
	s.is("debts", len(s.now().Debts), 1)
	s.is("reminders", s.told(event.TypeDunningReminded), 1)
	s.is("calls", s.p.calls, 0)
}

// R7: while the PSP cannot be reached, does not answer or refuses, nothing is charged twice or lost, and nobody owes, is reminded or
// suspended because of that; a message that was tried enough is not parked.
func TestOutage(t *testing.T) {
	for name, down := range map[string]error{"refused, 429": payment.ErrPSPUnavailable, "5xx": payment.ErrUnanswered} {
		t.Run(name, func(t *testing.T) {
			s := set(t, monthly)
			s.until(time.Date(2026, 2, 27, 0, 0, 0, 0, time.UTC))
			s.p.down, s.m.now = down, time.Date(2026, 2, 28, 8, 0, 0, 0, time.UTC)
			for tries := 1; tries <= worker.MaxTries; tries++ {
				err := s.c.Handle(worker.WithTries(context.Background(), tries), dueOf(context.Background(), s.now()))
				if last := tries == worker.MaxTries; (err == nil) != last || !last && !errors.Is(err, payment.ErrUnsettled) {
					t.Fatal(tries, err)
				}
			}
			s.is("debts", len(s.now().Debts), 0)
			for _, p := range s.m.payments {
				s.is("shown to operators", p.Overdue, true)
			}
			s.p.down, s.p.lost = nil, true
			if err := s.announce(1); !errors.Is(err, payment.ErrUnsettled) { // charged, and the answer is lost
				t.Fatal(err)
			}
			s.until(s.m.now)
			s.is("period", s.now().Period.From, civil.Date("2026-02-28"))
			s.p.declines = payment.CardDeclined
			s.until(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC))
			s.p.down, s.m.now = down, time.Date(2026, 4, 20, 0, 0, 0, 0, time.UTC)
			if err := s.announce(1); !errors.Is(err, payment.ErrUnsettled) {
				t.Fatal(err)
			}
			s.is("reminders", s.told(event.TypeDunningReminded), 0)
			s.is("state", s.now().State, subscription.Active)
			s.p.down, s.p.declines = nil, ""
			s.until(s.m.now)
			s.is("debts", len(s.now().Debts), 0)
			_, charges := s.p.took()
			s.is("charges", charges, 2)
		})
	}
}

// A plan that is changed for the end of the period while its renewal is under way: the attempt for the bill of before ends, or is given
// back when it was charged, and the new bill is charged once.
func TestChangedUnderWay(t *testing.T) {
	for _, charged := range []bool{false, true} {
		s := set(t, monthly)
		s.until(time.Date(2026, 2, 27, 0, 0, 0, 0, time.UTC))
		s.m.now, s.p.lost, s.p.down = time.Date(2026, 2, 28, 8, 0, 0, 0, time.UTC), charged, payment.ErrPSPUnavailable
		if charged {
			s.p.down = nil
		}
		if err := s.announce(1); !errors.Is(err, payment.ErrUnsettled) {
			t.Fatal(err)
		}
		s.p.down = nil
		dearer := monthly
		dearer.ItemID, dearer.Price = "plan_uhd", money.Amount{Minor: 1999, Currency: "EUR"}
		changed := s.now()
		changed.Next, changed.Version = &subscription.Change{Plan: dearer}, changed.Version+1
		s.m.contracts[changed.ID] = changed
		for range 3 {
			if err := s.announce(1); err != nil && !errors.Is(err, subscription.ErrMoved) {
				t.Fatal(err)
			}
		}
		s.is("plan", s.now().ItemID, dearer.ItemID)
		_, kept := s.p.took()
		s.is("charges that were kept", kept, 1)
		s.is("given back", s.p.refunds, map[bool]int{true: 1, false: 0}[charged])
	}
}

// R10: over three years, one of them a leap year, in five zones with and without daylight saving, from the last days of a month, with ticks that are
// skipped for 26 hours, doubled, late and at once, every period is billed once and to the cent: no day is in two of them, and none in no one.
func TestTicksAreSkippedAndDoubled(t *testing.T) {
	zones := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Pacific/Kiritimati"}
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 7))
		s, began := set(t, monthly), began.AddDate(0, 0, -int(seed/5)) // the 31st to the 28th
		s.m.zone = zones[seed%5]
		s.s = s.m.sign(1, monthly, began)
		first := s.s.Period
		for s.m.now.Before(began.AddDate(3, 0, 1)) { // in Kiritimati the day is half over
			s.m.now = s.m.now.Add(time.Duration(r.Int64N(int64(26 * time.Hour))))
			if due := s.now().Due; due.IsZero() || due.After(s.m.now) {
				continue
			}
			if err := s.announce(1 + r.IntN(3)); err != nil && !errors.Is(err, subscription.ErrMoved) && !errors.Is(err, payment.ErrUnsettled) {
				t.Fatal(err)
			}
		}
		sum, charges := s.p.took()
		s.is("charges", charges, 36)
		s.is("sum", sum, 36*monthly.Price.Minor)
		s.is("refunds", s.p.refunds, 0)
		next := map[civil.Date]civil.Date{}
		for _, i := range s.m.invoices {
			next[i.Period.From] = i.Period.Until
		}
		day, periods := first.Until, 0
		for until, there := next[day]; there; until, there = next[day] {
			day, periods = until, periods+1
		}
		s.is("periods without a gap", periods, len(s.m.invoices))
		s.is("the last day that is billed", day, s.now().Period.Until)
		if told := s.told(event.TypeRenewalUpcoming); told < 35 || told > 37 {
			t.Errorf("reminded %d times", told)
		}
	}
}

// A contract that was cancelled ends with its period instead of being renewed; a pause that is over resumes it, and it is billed again.
func TestEndsAndResumes(t *testing.T) {
	s := set(t, monthly)
	ending, _, err := s.now().CancelLater("", began)
	if err != nil {
		t.Fatal(err)
	}
	s.m.contracts[ending.ID] = ending.Scheduled(s.m.policy)
	s.until(began.AddDate(0, 2, 0))
	s.is("state", s.now().State, subscription.Ended)
	s.is("calls", s.p.calls, 0)
	s = set(t, monthly)
	paused, err := s.now().Pause("2026-02-20", began.AddDate(0, 0, 5))
	if err != nil {
		t.Fatal(err)
	}
	s.m.contracts[paused.ID] = paused.Scheduled(s.m.policy)
	s.until(time.Date(2026, 2, 19, 22, 0, 0, 0, time.UTC))
	s.is("state", s.now().State, subscription.Paused)
	s.until(time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC))
	s.is("state", s.now().State, subscription.Active)
	s.is("calls", s.p.calls, 1)
}
