package tick_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/consumer/tick"
	"turnup/internal/domain/timer"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

const shards = 4

// book is the store in memory: the same conditions, and a count of the rows that were read.
type book struct {
	mu     sync.Mutex
	rows   [shards][]timer.Pending
	stale  *[shards][]timer.Pending // what the index shows instead, because it lags behind
	reads  int
	broken map[int]bool // shards that cannot be read
	held   int          // leases under way
	most   int
}

func waiting(n int, due time.Time) *book {
	b := &book{broken: map[int]bool{}}
	for i := range n {
		b.rows[i%shards] = append(b.rows[i%shards], timer.Pending{Timer: timer.Timer{Tenant: "demo", Customer: "cus_1", Kind: timer.OrderWatch, Subject: fmt.Sprint("ord_", i), Due: due}, Next: due})
	}
	return b
}

func (b *book) DueTimers(_ context.Context, shard int, now time.Time, after *timer.Pending, limit int32) (page []timer.Pending, more bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken[shard] {
		return nil, false, errors.New("no index")
	}
	order := func(x, y timer.Pending) int { return cmp.Or(x.Next.Compare(y.Next), cmp.Compare(x.Subject, y.Subject)) }
	rows := slices.Clone(b.rows[shard])
	if b.stale != nil {
		rows = slices.Clone(b.stale[shard])
	}
	if b.reads > 10_000 {
		return nil, false, errors.New("the tick goes round in circles")
	}
	slices.SortFunc(rows, order)
	for _, w := range rows {
		switch {
		case w.Next.After(now) || after != nil && order(w, *after) <= 0:
		case len(page) == int(limit):
			return page, true, nil
		default:
			b.reads++
			page = append(page, w)
		}
	}
	return page, false, nil
}

func (b *book) LeaseTimer(_ context.Context, w timer.Pending, until time.Time) (bool, error) {
	b.mu.Lock()
	b.held++
	b.most = max(b.most, b.held)
	b.mu.Unlock()
	time.Sleep(100 * time.Microsecond)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held--
	for s := range b.rows {
		for i, r := range b.rows[s] {
			if r.Subject == w.Subject {
				if !r.Next.Equal(w.Next) {
					return false, nil
				}
				b.rows[s][i].Next = until
				return true, nil
			}
		}
	}
	return false, nil
}

// bus counts the announcements of each timer.
type bus struct {
	mu      sync.Mutex
	seen    map[string]int
	refuses func(subject string) bool
	calls   int
}

func (b *bus) Announce(_ context.Context, events []event.Envelope) (sent int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range events {
		var due event.TimerDue
		if err := event.Decode(e, &due); err != nil {
			return sent, err
		}
		if b.refuses != nil && b.refuses(due.Subject) {
			err = errors.New("the bus refused it")
			continue
		}
		b.seen[due.Subject]++
		sent++
	}
	b.calls++
	return sent, err
}

func (b *bus) each(t *testing.T, n, times int) {
	t.Helper()
	if len(b.seen) != n {
		t.Errorf("%d timers announced, want %d", len(b.seen), n)
	}
	for subject, got := range b.seen {
		if got != times {
			t.Errorf("%s: announced %d times, want %d", subject, got, times)
		}
	}
}

func on(b *book, out *bus, now time.Time) tick.Tick {
	return tick.Tick{Store: b, Bus: out, Shards: shards, Clock: clock.At(now)}
}

func run(t *testing.T, k tick.Tick) tick.Done {
	t.Helper()
	done, err := k.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// Everything that is due is announced, over several pages, and nothing else is read.
func TestAnnouncesWhatIsDue(t *testing.T) {
	b, out := waiting(1000, noon.Add(-3*time.Minute)), &bus{seen: map[string]int{}}
	later := waiting(5000, noon.Add(time.Second))
	for s := range b.rows {
		b.rows[s] = append(b.rows[s], later.rows[s]...)
	}
	done := run(t, on(b, out, noon))
	out.each(t, 1000, 1)
	if done.Announced != 1000 || done.Lag != 3*time.Minute || done.Cut || b.reads != 1000 {
		t.Errorf("%+v, %d rows read", done, b.reads)
	}
	if b.most > 16 || b.most < 2 {
		t.Errorf("%d leases at once", b.most)
	}
}

// An index that does not show the leases yet is gone through once all the same.
func TestStaleIndex(t *testing.T) {
	b, out := waiting(1000, noon), &bus{seen: map[string]int{}}
	index := b.rows
	for s := range index {
		index[s] = slices.Clone(index[s])
	}
	b.stale = &index
	run(t, on(b, out, noon))
	run(t, on(b, out, noon.Add(time.Minute)))
	out.each(t, 1000, 1)
	if b.reads != 2000 {
		t.Errorf("%d rows read by two ticks", b.reads)
	}
}

// R10: ticks that run at once, and one after the other, announce each timer once within the lease.
func TestTicksAtOnce(t *testing.T) {
	b, out := waiting(500, noon), &bus{seen: map[string]int{}}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { run(t, on(b, out, noon)) })
	}
	all.Wait()
	run(t, on(b, out, noon.Add(tick.Lease-time.Second)))
	out.each(t, 500, 1)
}

// R10: no tick for 26 hours; the next one catches up by itself.
func TestMissedTicks(t *testing.T) {
	b, out := &book{broken: map[int]bool{}}, &bus{seen: map[string]int{}}
	for minute := range 26 * 60 {
		due := noon.Add(time.Duration(minute) * time.Minute)
		b.rows[minute%shards] = append(b.rows[minute%shards], timer.Pending{Timer: timer.Timer{Subject: fmt.Sprint("ord_", minute), Due: due}, Next: due})
	}
	done := run(t, on(b, out, noon.Add(26*time.Hour)))
	out.each(t, 26*60, 1)
	if done.Lag != 26*time.Hour {
		t.Errorf("lag %v", done.Lag)
	}
}

// What the bus refused, and what led to nothing, is announced again when the lease is over; a timer that was cleared is not.
func TestAnnouncedAgainAfterTheLease(t *testing.T) {
	b, out := waiting(40, noon), &bus{seen: map[string]int{}, refuses: func(s string) bool { return s == "ord_7" || s == "ord_8" }}
	done, err := on(b, out, noon).Run(t.Context())
	if err == nil || done.Announced != 38 {
		t.Fatalf("%+v, %v", done, err)
	}
	out.refuses = nil
	run(t, on(b, out, noon.Add(time.Minute)))
	out.each(t, 38, 1)
	for s := range b.rows { // all but the two, and ord_0, are done meanwhile
		b.rows[s] = slices.DeleteFunc(b.rows[s], func(w timer.Pending) bool {
			return w.Subject != "ord_0" && w.Subject != "ord_7" && w.Subject != "ord_8"
		})
	}
	if done := run(t, on(b, out, noon.Add(tick.Lease))); done.Announced != 3 || out.seen["ord_0"] != 2 || out.seen["ord_7"] != 1 || out.seen["ord_1"] != 1 {
		t.Errorf("%+v, %v", done, out.seen)
	}
}

// A shard that cannot be read does not keep the others back, and the tick is reported as failed.
func TestBrokenShard(t *testing.T) {
	b, out := waiting(40, noon), &bus{seen: map[string]int{}}
	b.broken[2] = true
	if _, err := on(b, out, noon).Run(t.Context()); err == nil {
		t.Error("no error")
	}
	out.each(t, 30, 1)
}

// A tick ends before its time does; what is left is found by the next.
func TestStopsInTime(t *testing.T) {
	b, out := waiting(40, noon), &bus{seen: map[string]int{}}
	ctx, cancel := context.WithTimeout(t.Context(), tick.Margin/2)
	defer cancel()
	done, err := on(b, out, noon).Run(ctx)
	if err != nil || !done.Cut || done.Announced != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	run(t, on(b, out, noon.Add(time.Minute)))
	out.each(t, 40, 1)
}
