package chaos

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// batch is how many runs share a world before it is checked as a whole and cleared: reading it all takes longer the more
// it remembers.
const batch = 12

// mayLead is how far the PSP's clock may be ahead of ours: its pages have to be open for half an hour, and ours are for a minute longer.
const mayLead = 40 * time.Second

// R2: at every call that the functions make in a journey, a fault of every kind is followed by unaided recovery: the
// invariants hold, and a customer who stays has what they bought, once.
func TestEveryCallMayFail(t *testing.T) {
	all := openAll(t, worlds())
	var runs []Run
	for _, j := range Journeys {
		began := time.Now()
		points, err := all[0].Record(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		planned := Plan(j, points, whole)
		t.Logf("%s: %d calls in %v, %d runs", j.Name, len(points), time.Since(began).Round(time.Millisecond), len(planned))
		for i, p := range points {
			if testing.Verbose() && os.Getenv("CHAOS_POINTS") != "" {
				t.Logf("%3d %s", i, p)
			}
		}
		runs = append(runs, planned...)
	}
	finish(t, all[0], "the undisturbed journeys")
	only := strings.Split(os.Getenv("CHAOS_ONLY"), "|")
	began, played := time.Now(), 0
	queue := make(chan Run, len(runs))
	for _, r := range runs {
		if slices.ContainsFunc(only, func(part string) bool { return strings.Contains(r.String(), part) }) {
			queue <- r
			played++
		}
	}
	close(queue)
	var working sync.WaitGroup
	for _, w := range all {
		working.Go(func() { work(t, w, queue) })
	}
	working.Wait()
	for i, w := range all {
		if w.unreceived > 0 {
			t.Logf("world %d waited %d times for messages that were late", i, w.unreceived)
		}
	}
	t.Logf("%d runs in %v, %v each", played, time.Since(began).Round(time.Second), (time.Since(began) / time.Duration(max(played, 1))).Round(time.Millisecond))
}

// work plays runs in one world.
func work(t *testing.T, w *World, queue <-chan Run) {
	var together []string
	for r := range queue {
		_, wrong, err := w.Play(t.Context(), r)
		if err != nil {
			t.Errorf("%s: %v", r, err)
			return
		}
		together = append(together, r.String())
		if len(wrong) > 0 {
			t.Errorf("%s\n\t%s", r, strings.Join(wrong, "\n\t"))
			if err := w.clear(context.Background()); err != nil { // what is broken would break the next
				t.Error(err)
				return
			}
			together = nil
		}
		if len(together) == batch || w.ahead >= mayLead {
			finish(t, w, strings.Join(together, "\n\t"))
			together = nil
		}
	}
	finish(t, w, strings.Join(together, "\n\t"))
}

// finish checks a world as a whole after its deadlines.
func finish(t *testing.T, w *World, after string) {
	t.Helper()
	wrong, err := w.Finish(t.Context())
	if err != nil {
		t.Error(err)
	}
	if len(wrong) > 0 {
		t.Errorf("the whole world is wrong:\n\t%s\nafter\n\t%s", strings.Join(wrong, "\n\t"), after)
	}
}
