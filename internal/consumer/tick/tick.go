// Package tick announces, each minute, the timers that are due. What it costs follows what is due, not what waits, and
// nothing is lost when it does not run: the next tick finds it.
//
// A timer is leased before it is announced, so that ticks that run twice or at once announce it once. When nothing came of
// an announcement until the lease ends (the bus refused it, its handler failed for good) it is announced again. It does not
// own what is done then (internal/consumer/timers), and test clocks move their customers' timers (internal/consumer/clocks).
package tick

import (
	"context"
	"errors"
	"sync"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/timer"
)

// Lease is how long the effect of an announced timer has before it is announced again.
const Lease = 15 * time.Minute

// Margin is what a tick leaves of its time: enough to announce what it has leased.
const Margin = 8 * time.Second

// page is how many timers are leased before they are announced; leasers is how many of them at once.
const (
	page    = 100
	leasers = 16
)

// Store has the timers.
type Store interface {
	// DueTimers reads a page of what is due in one shard, oldest first, after the last of the page before.
	DueTimers(ctx context.Context, shard int, now time.Time, after *timer.Pending, limit int32) (found []timer.Pending, more bool, err error)
	// LeaseTimer moves a timer's next announcement, if nobody else did.
	LeaseTimer(ctx context.Context, w timer.Pending, until time.Time) (bool, error)
}

// Bus takes events; it answers how many it took.
type Bus interface {
	Announce(ctx context.Context, events []event.Envelope) (int, error)
}

// Tick announces what is due.
type Tick struct {
	Store  Store
	Bus    Bus
	Shards int
	Clock  clock.Clock
}

// Done is what one tick did.
type Done struct {
	Announced int
	Lag       time.Duration // how late the latest of them was
	Cut       bool          // the time was over before the work was
}

// Run is one tick. A shard that fails does not keep the others back.
func (t Tick) Run(ctx context.Context) (Done, error) {
	soft := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		soft, cancel = context.WithDeadline(ctx, deadline.Add(-Margin))
		defer cancel()
	}
	now, done := t.Clock.Now(), Done{}
	var failed error
	first := int(now.Unix()/60) % t.Shards // another one each minute: when there is too much, none comes last for ever
	for i := range t.Shards {
		failed = errors.Join(failed, t.shard(ctx, soft, (first+i)%t.Shards, now, &done))
	}
	return done, failed
}

// shard goes through a shard once, page by page, until the soft deadline.
func (t Tick) shard(ctx, soft context.Context, shard int, now time.Time, done *Done) error {
	var failed error
	var last *timer.Pending
	for more := true; more; {
		if soft.Err() != nil {
			done.Cut = true
			return failed
		}
		found, goesOn, err := t.Store.DueTimers(ctx, shard, now, last, page)
		if err != nil {
			return errors.Join(failed, err)
		}
		mine, err := t.lease(ctx, found, now)
		failed = errors.Join(failed, err)
		events := make([]event.Envelope, len(mine))
		for i, w := range mine {
			events[i] = due(ctx, w, now)
			done.Lag = max(done.Lag, now.Sub(w.Next))
		}
		sent, err := t.Bus.Announce(ctx, events)
		done.Announced += sent
		failed = errors.Join(failed, err)
		if more = goesOn && len(found) > 0; more {
			last = &found[len(found)-1]
		}
	}
	return failed
}

// lease keeps those timers that this tick is the one to announce.
func (t Tick) lease(ctx context.Context, found []timer.Pending, now time.Time) ([]timer.Pending, error) {
	got, errs := make([]bool, len(found)), make([]error, len(found))
	var all sync.WaitGroup
	free := make(chan struct{}, leasers)
	for i, w := range found {
		free <- struct{}{}
		all.Go(func() {
			got[i], errs[i] = t.Store.LeaseTimer(ctx, w, now.Add(Lease))
			<-free
		})
	}
	all.Wait()
	var mine []timer.Pending
	for i, w := range found {
		if got[i] {
			mine = append(mine, w)
		}
	}
	return mine, errors.Join(errs...)
}

// due is a timer's announcement. Each begins a trail of its own.
func due(ctx context.Context, w timer.Pending, now time.Time) event.Envelope {
	trail := string(id.New[id.Event]("cor_", now))
	ctx = event.WithTrace(ctx, event.Trace{Correlation: trail, Causation: trail, Actor: event.System("tick")})
	return event.New(ctx, w.Tenant, now, event.TimerDue{Kind: string(w.Kind), CustomerID: w.Customer, Subject: w.Subject, Due: w.Due})
}
