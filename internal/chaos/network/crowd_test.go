package network

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	domain "turnup/internal/domain/provisioning"
)

// hands is how many messages and executions of a crowd are worked on at once.
const hands = 16

// crowd carries everything on, many at once, until nothing moves.
func (w *World) crowd(ctx context.Context) {
	var working sync.WaitGroup
	for range hands {
		working.Go(func() {
			for {
				w.mu.Lock()
				w.busy++
				w.mu.Unlock()
				moved := w.step(ctx)
				w.mu.Lock()
				w.busy--
				rest := w.busy == 0 && len(w.queue) == 0
				w.mu.Unlock()
				if !moved && rest {
					return
				}
				if !moved {
					time.Sleep(2 * time.Millisecond)
				}
			}
		})
	}
	working.Wait()
}

// each does something with every line, some at once.
func each(all []*Line, do func(*Line)) {
	queue := make(chan *Line, len(all))
	for _, l := range all {
		queue <- l
	}
	close(queue)
	var working sync.WaitGroup
	for range hands {
		working.Go(func() {
			for l := range queue {
				do(l)
			}
		})
	}
	working.Wait()
}

// R11, S3-53, S3-105, S3-129: 200 lines are provisioned at once while one call in a hundred to the network fails: each is active or parked, none
// has two addresses or ONUs; after all were terminated or given up, while calls fail as well, none of it is left.
func TestACrowd(t *testing.T) {
	t.Parallel()
	n := 30
	if whole {
		n = 200
	}
	ctx, began := t.Context(), time.Now()
	w, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.many = true
	w.begin(domain.Provision)
	all := make([]*Line, n)
	for i := range all {
		if all[i], err = w.build(ctx); err != nil {
			t.Fatal(err)
		}
	}
	w.Wire.Chance(0.01)
	each(all, func(l *Line) {
		if err := l.buy(ctx); err != nil {
			t.Error(err)
		}
	})
	w.crowd(ctx)
	w.Wire.Mend()
	count := map[domain.State]int{}
	check := func(what string, look func(*Line, domain.Service) wrong) {
		t.Helper()
		for _, l := range all {
			s, err := l.is(ctx)
			if err != nil {
				t.Fatal(err)
			}
			count[s.State]++
			l.inform()
			if out := w.eventually(ctx, func() wrong { return look(l, s) }); len(out) > 0 {
				t.Errorf("%s: %s\n\t%s", what, l.Service, strings.Join(out, "\n\t"))
			}
		}
	}
	check("set up", func(l *Line, s domain.Service) (out wrong) {
		if s.State == domain.Active {
			return l.standing(ctx, s)
		}
		if n := l.inNetwork(s.Username); s.State != domain.Provisioning || s.Work.Parked == nil || len(n.addresses) > 1 || len(n.onus) > 1 || len(n.prefixes) > 1 {
			out.add("%s, %+v, with addresses %+v, prefixes %+v, ONUs %+v", s.State, s.Work, n.addresses, n.prefixes, n.onus)
		}
		return out
	})
	taken := map[string]int{}
	for _, a := range w.Plant.Netbox.State().Addresses {
		taken[a.Address.String()]++
		taken[a.Description]++
	}
	for what, n := range taken {
		if n > 1 {
			t.Errorf("%s is there %d times", what, n)
		}
	}
	t.Logf("%d lines in %v: %v", n, time.Since(began).Round(time.Millisecond), count)
	if count[domain.Active] < n*8/10 {
		t.Errorf("only %d of %d lines came up, though one call in a hundred failed", count[domain.Active], n)
	}
	w.begin(domain.Terminate)
	w.Wire.Chance(0.01)
	end := func(l *Line) {
		s, err := l.is(ctx)
		operation := "terminate"
		if s.Work.Parked != nil && s.State == domain.Terminating {
			operation = "retry"
		} else if s.Work.Parked != nil {
			operation = "cancel"
		} else if s.State == domain.Terminated {
			return
		}
		if err == nil {
			err = l.ask(ctx, operation, "")
		}
		if err != nil {
			t.Error(err)
		}
	}
	each(all, end)
	w.crowd(ctx)
	w.Wire.Mend()
	w.restart()
	each(all, end) // what got stuck
	w.crowd(ctx)
	check("ended", func(l *Line, s domain.Service) wrong { return append(l.left(ctx, s), l.escalations(ctx)...) })
	t.Logf("ended after %v", time.Since(began).Round(time.Millisecond))
}
