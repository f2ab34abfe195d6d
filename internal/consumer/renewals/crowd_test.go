package renewals_test

import (
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/consumer/renewals"
	"turnup/internal/domain/payment"
)

// P9: 100,000 renewals are due at once, the PSP allows 25 calls a second and answers 429 beyond, and forty functions renew. It is called
// once for each, hardly ever too often; the queue is drained nearly as fast as can be; and customers who buy meanwhile are served. Timers
// whose renewal waits longer than their lease are announced again, which calls nobody.
func TestACrowdIsPaced(t *testing.T) {
	const functions, rate = 40, 25
	n := 4_000
	if os.Getenv("CROWD") == "full" { // make bench
		n = 100_000
	}
	synctest.Test(t, func(t *testing.T) {
		m, p, tr := newMemory(), newPSP(), &turns{takes: 4 * time.Millisecond}
		m.takes, p.rate, p.latency = 5*time.Millisecond, rate, 700*time.Millisecond
		queue := make(chan event.Envelope, 2*n)
		for i := range n {
			queue <- dueOf(t.Context(), m.sign(i, monthly, began))
		}
		for i := range n / 4 { // announced again
			queue <- dueOf(t.Context(), m.contracts[subNo(i)])
		}
		m.now = began.AddDate(0, 1, 0)
		at := time.Now()
		var all sync.WaitGroup
		var renewed, bought, turnedAway atomic.Int64
		close(queue)
		for range functions {
			paced := &renewals.Paced{Charger: p, Turns: tr, Rate: rate, Clock: real{}, Wait: renewals.Sleep}
			c := renewals.Consumer{Store: m, PSP: paced, Clock: real{}}
			all.Go(func() {
				for e := range queue {
					if err := c.Handle(t.Context(), e); err != nil {
						t.Error(err)
					}
					renewed.Add(1)
				}
			})
		}
		over := make(chan struct{})
		go func() { // customers who buy: one a second
			for i := 0; ; i++ {
				select {
				case <-over:
					return
				case <-time.After(time.Second):
				}
				go func() {
					if err := p.admit(); err != nil {
						turnedAway.Add(1)
					}
					bought.Add(1)
				}()
			}
		}()
		all.Wait()
		took := time.Since(at)
		close(over)
		time.Sleep(10 * time.Second)
		sum, charges := p.took()
		if charges != n || sum != int64(n)*monthly.Price.Minor || p.refunds != 0 {
			t.Errorf("%d charges of %d, %d given back", charges, sum, p.refunds)
		}
		calls := p.calls - int(bought.Load())
		ideal := time.Duration(n) * time.Second / rate
		t.Logf("calls ÷ renewals %.4f, 429s %.3f %%, drain ÷ ideal %.3f, %d bought, %d turned away", float64(calls)/float64(n), 100*float64(p.refused)/float64(p.calls),
			float64(took)/float64(ideal), bought.Load(), turnedAway.Load())
		if float64(calls) > 1.02*float64(n) || float64(p.refused) > 0.01*float64(p.calls) || float64(took) > 1.15*float64(ideal) || turnedAway.Load() > 0 {
			t.Error("not within the bars")
		}
		for _, s := range m.contracts {
			if s.Period.From != "2026-02-28" || len(s.Debts) > 0 {
				t.Fatalf("%+v", s)
			}
		}
		for _, pay := range m.payments {
			if pay.State != payment.Succeeded {
				t.Fatalf("%+v", pay)
			}
		}
	})
}
