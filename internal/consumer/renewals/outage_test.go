package renewals_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/worker"
)

// lease is how long after an announcement that led to nothing a timer is announced again.
const lease = 15 * time.Minute

// goesOn announces what is due, minute by minute, two copies at once and each again as the queue does, until a time. trouble is asked each
// minute what the PSP does.
func (s *scene) goesOn(until time.Time, trouble func(at time.Time) (down error, lost bool)) {
	s.Helper()
	told := map[id.Subscription]time.Time{}
	for ; s.m.now.Before(until); s.m.now = s.m.now.Add(time.Minute) {
		s.p.down, s.p.lossy = trouble(s.m.now)
		var all sync.WaitGroup
		for n, c := range maps.Clone(s.m.contracts) {
			if c.Due.IsZero() || c.Due.After(s.m.now) || told[n].Add(lease).After(s.m.now) {
				continue
			}
			told[n] = s.m.now
			due := dueOf(context.Background(), c)
			for range 2 {
				all.Go(func() {
					for tries := 1; tries <= worker.MaxTries; tries++ {
						err := s.c.Handle(worker.WithTries(context.Background(), tries), due)
						if err == nil {
							return
						}
						if !errors.Is(err, payment.ErrUnsettled) && !errors.Is(err, subscription.ErrMoved) {
							s.Error(err)
						}
					}
				})
			}
		}
		all.Wait()
	}
}

// R7: the PSP refuses connections for an hour, then answers 5xx for one, half of which had their effect, then 429 for one, while two hundred
// contracts come due. A hundred of them were declined before, and their last reminder, with the charge before it, falls into the outage:
// their cards would pay. Each period is charged once, none is lost, nobody is told to owe, reminded or suspended because of us.
func TestRenewalsGoThroughAnOutage(t *testing.T) {
	s := set(t, monthly)
	s.m.contracts = map[id.Subscription]subscription.Subscription{}
	const n = 100
	for i := range 2 * n {
		at := began
		if i < n { // due a week earlier
			at = began.AddDate(0, 0, -7)
		}
		s.m.sign(i, monthly, at)
	}
	fine := func(time.Time) (error, bool) { return nil, false }
	s.m.now, s.p.declines = time.Date(2026, 2, 23, 12, 0, 0, 0, time.UTC), payment.InsufficientFunds
	s.goesOn(time.Date(2026, 2, 27, 12, 0, 0, 0, time.UTC), fine) // a hundred are declined on the 24th, and reminded on the 27th
	reminded, owing := s.told(event.TypeDunningReminded), 0
	for _, c := range s.m.contracts {
		owing += len(c.Debts)
	}
	if reminded != n || owing != n {
		t.Fatalf("%d are reminded and %d owe", reminded, owing)
	}
	s.p.declines = ""
	outage := time.Date(2026, 2, 27, 22, 30, 0, 0, time.UTC) // the others are due from 23:00 on, reminders of the fifth day and the seventh fall into it
	for _, c := range s.m.contracts {
		if len(c.Debts) > 0 { // to the last reminder
			c.Debts[0].Since, c.Debts[0].Reminded = outage.Add(time.Hour).AddDate(0, 0, -7), 2
			s.m.contracts[c.ID] = c.Scheduled(s.m.policy)
		}
	}
	s.goesOn(outage.Add(3*time.Hour), func(at time.Time) (error, bool) {
		switch since := at.Sub(outage); {
		case since < 0:
			return nil, false
		case since < time.Hour:
			return payment.ErrPSPUnavailable, false
		case since < 2*time.Hour:
			return payment.ErrUnanswered, true
		}
		return payment.ErrPSPUnavailable, false
	})
	if again := s.told(event.TypeDunningReminded); again != reminded {
		t.Errorf("%d are reminded in the outage", again-reminded)
	}
	for _, c := range s.m.contracts {
		if c.State != subscription.Active {
			t.Fatalf("suspended in the outage: %+v", c)
		}
	}
	s.goesOn(outage.Add(14*time.Hour), fine)
	sum, kept := s.p.took()
	s.is("charges", kept, 2*n)
	s.is("sum", sum, int64(2*n)*monthly.Price.Minor)
	s.is("given back", s.p.refunds, 0)
	s.is("reminders", s.told(event.TypeDunningReminded), reminded)
	s.is("suspensions", s.told(event.TypeSubscriptionSuspended), 0)
	for _, c := range s.m.contracts {
		if len(c.Debts) > 0 || c.State != subscription.Active || c.Period.Until < "2026-03-24" {
			t.Fatalf("%+v", c)
		}
	}
}
