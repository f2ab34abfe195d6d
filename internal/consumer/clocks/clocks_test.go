package clocks_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/consumer/clocks"
	"turnup/internal/domain/testclock"
	"turnup/internal/domain/timer"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// world is the store and the bus in memory. What is announced is done a little later, by effect.
type world struct {
	mu     sync.Mutex
	clock  testclock.Clock
	timers []timer.Pending
	effect func(w *world, due event.TimerDue) // under the lock; nil clears the timer
	done   []string                           // subject at the clock's time
	moved  bool                               // somebody else writes the clock before the next write
	refuse error
	again  time.Duration // when not a minute
	all    sync.WaitGroup
}

func (w *world) TestClock(_ context.Context, _ id.Tenant, c id.TestClock) (testclock.Clock, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c != w.clock.ID {
		return testclock.Clock{}, testclock.ErrUnknown
	}
	return w.clock, nil
}

func (w *world) MoveTestClock(_ context.Context, c testclock.Clock) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.moved || c.Version != w.clock.Version+1 || c.Now.Before(w.clock.Now) {
		w.moved = false
		return fault.ErrUnavailable
	}
	w.clock = c
	return nil
}

func (w *world) Timers(_ context.Context, _ id.Tenant, customer id.Customer) (found []timer.Pending, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.timers {
		if p.Customer == customer {
			found = append(found, p)
		}
	}
	return found, nil
}

func (w *world) Announce(_ context.Context, events []event.Envelope) (int, error) {
	for _, e := range events {
		var due event.TimerDue
		if err := event.Decode(e, &due); err != nil || w.refuse != nil {
			return 0, errors.Join(err, w.refuse)
		}
		w.all.Go(func() {
			time.Sleep(3 * time.Millisecond)
			w.mu.Lock()
			defer w.mu.Unlock()
			w.done = append(w.done, due.Subject+" "+w.clock.Now.Format("15:04"))
			if w.effect != nil {
				w.effect(w, due)
				return
			}
			w.clear(due.Subject)
		})
	}
	return len(events), nil
}

func (w *world) clear(subject string) {
	w.timers = slices.DeleteFunc(w.timers, func(p timer.Pending) bool { return p.Subject == subject })
}

func (w *world) set(customer id.Customer, subject string, due time.Time) {
	w.clear(subject)
	w.timers = append(w.timers, timer.Pending{Next: due, Timer: timer.Timer{Tenant: "demo", Customer: customer, Kind: timer.OrderWatch, Subject: subject, Due: due, TestClock: w.clock.ID}})
}

// advancing is a world whose clock moves from noon by an hour, with two customers.
func advancing(t *testing.T) *world {
	t.Helper()
	c := testclock.New("demo", "", noon, noon)
	c.Customers = []id.Customer{"cus_1", "cus_2"}
	c, err := c.Advance(noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{clock: c}
	t.Cleanup(w.all.Wait)
	return w
}

func handle(t *testing.T, w *world, within time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	c := clocks.Consumer{Store: w, Bus: w, Clock: clock.At(noon), Look: time.Millisecond, Again: cmp.Or(w.again, time.Minute), Quiet: 5 * time.Millisecond, Margin: 5 * time.Millisecond}
	return c.Handle(ctx, event.New(ctx, "demo", noon, event.ClockAdvanced{TestClockID: w.clock.ID, To: w.clock.Target}))
}

func (w *world) expect(t *testing.T, status testclock.Status, now time.Time, done ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.clock.Status != status || !w.clock.Now.Equal(now) || !slices.Equal(w.done, done) {
		t.Errorf("%s at %v, done %v; want %s at %v, %v", w.clock.Status, w.clock.Now, w.done, status, now, done)
	}
}

// What is due until the target is done in order, each at its time, whosever it is; what is due later stays.
func TestInOrder(t *testing.T) {
	w := advancing(t)
	w.set("cus_1", "c", noon.Add(30*time.Minute))
	w.set("cus_2", "b", noon.Add(20*time.Minute))
	w.set("cus_1", "last", noon.Add(time.Hour))
	w.set("cus_1", "late", noon.Add(time.Hour+time.Nanosecond))
	w.set("cus_2", "a", noon.Add(-time.Minute)) // before the clock was there
	if err := handle(t, w, time.Minute); err != nil {
		t.Fatal(err)
	}
	w.expect(t, testclock.Ready, noon.Add(time.Hour), "a 12:00", "b 12:20", "c 12:30", "last 13:00")
	if len(w.timers) != 1 {
		t.Errorf("left %v", w.timers)
	}
	if err := handle(t, w, time.Minute); err != nil { // delivered twice
		t.Fatal(err)
	}
	w.expect(t, testclock.Ready, noon.Add(time.Hour), "a 12:00", "b 12:20", "c 12:30", "last 13:00")
}

// What sets its timer anew for the same moment has more to do then: it is announced again until it has not.
func TestTwoThingsAtOneMoment(t *testing.T) {
	w := advancing(t)
	w.set("cus_1", "a", noon.Add(time.Minute))
	left := 2
	w.again = 30 * time.Millisecond
	w.effect = func(w *world, due event.TimerDue) {
		if left--; left == 0 {
			w.clear(due.Subject)
		}
	}
	if err := handle(t, w, time.Minute); err != nil {
		t.Fatal(err)
	}
	w.expect(t, testclock.Ready, noon.Add(time.Hour), "a 12:01", "a 12:01")
}

// An effect that sets its timer anew, or another one, is followed in the same advance, also when that is there a little late.
func TestEffectsLeadToEffects(t *testing.T) {
	w := advancing(t)
	w.effect = func(w *world, due event.TimerDue) {
		switch due.Subject {
		case "again":
			w.set("cus_1", "again", due.Due.Add(25*time.Minute))
		case "lone":
			w.clear("lone")
			w.all.Go(func() {
				time.Sleep(2 * time.Millisecond)
				w.mu.Lock()
				defer w.mu.Unlock()
				w.set("cus_2", "child", noon.Add(59*time.Minute))
			})
		default:
			w.clear(due.Subject)
		}
	}
	w.set("cus_1", "again", noon.Add(5*time.Minute))
	w.set("cus_2", "lone", noon.Add(58*time.Minute))
	if err := handle(t, w, time.Minute); err != nil {
		t.Fatal(err)
	}
	w.expect(t, testclock.Ready, noon.Add(time.Hour), "again 12:05", "again 12:30", "again 12:55", "lone 12:58", "child 12:59")
}

// An effect that fails keeps the clock where it is, advancing; the next delivery goes on from there.
func TestGivesUpInTime(t *testing.T) {
	w := advancing(t)
	w.effect = func(*world, event.TimerDue) {}
	w.set("cus_1", "stuck", noon.Add(10*time.Minute))
	w.set("cus_1", "next", noon.Add(20*time.Minute))
	if err := handle(t, w, 60*time.Millisecond); !errors.Is(err, fault.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	w.expect(t, testclock.Advancing, noon.Add(10*time.Minute), "stuck 12:10")
	w.mu.Lock()
	w.effect = nil
	w.mu.Unlock()
	if err := handle(t, w, time.Minute); err != nil {
		t.Fatal(err)
	}
	w.expect(t, testclock.Ready, noon.Add(time.Hour), "stuck 12:10", "stuck 12:10", "next 12:20")
}

// A twin under way, or a bus that does not take it: later.
func TestPassingFailures(t *testing.T) {
	w := advancing(t)
	w.set("cus_1", "a", noon.Add(10*time.Minute))
	w.moved = true
	if err := handle(t, w, time.Minute); !errors.Is(err, fault.ErrUnavailable) || len(w.done) != 0 {
		t.Errorf("got %v", err)
	}
	w.refuse = errors.New("no bus")
	if err := handle(t, w, time.Minute); !errors.Is(err, w.refuse) || !fault.Transient(err) || w.clock.Status != testclock.Advancing {
		t.Errorf("got %v", err)
	}
}

// An announcement of an earlier advance, of no clock, and other events change nothing.
func TestOldAnnouncements(t *testing.T) {
	w := advancing(t)
	c := clocks.Consumer{Store: w, Bus: w, Clock: clock.At(noon)}
	if err := c.Handle(t.Context(), event.New(t.Context(), "demo", noon, event.ClockAdvanced{TestClockID: w.clock.ID, To: noon.Add(time.Minute)})); err != nil {
		t.Error(err)
	}
	w.expect(t, testclock.Advancing, noon)
	if err := c.Handle(t.Context(), event.New(t.Context(), "demo", noon, event.ClockAdvanced{TestClockID: "clk_2"})); !errors.Is(err, testclock.ErrUnknown) {
		t.Error(err)
	}
	if err := c.Handle(t.Context(), event.New(t.Context(), "demo", noon, event.OrderDelivered{})); err == nil {
		t.Error("another event was handled")
	}
}
