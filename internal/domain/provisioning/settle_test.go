package provisioning_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"turnup/internal/domain/provisioning"
)

// at brings a line to the step of its present work that waits for sessions.
func at(t *testing.T, state provisioning.State) *line {
	t.Helper()
	if state != provisioning.Provisioning {
		return lineOf(t, in(t, state))
	}
	l := begun(t)
	for _, name := range provisions[:4] {
		_, err := l.run(name)(t.Context(), l.ref())
		ok(t, err)
	}
	return l
}

// S3-52: who waits for sessions looks every second and no longer than one try may take: active means that a session is seen, suspended
// and terminated that none is left. What is not so in time is tried again, and parked when the tries are used up.
func TestWaits(t *testing.T) {
	for _, k := range []struct {
		state  provisioning.State
		step   provisioning.Step
		wanted int // sessions
		code   string
	}{
		{provisioning.Provisioning, provisioning.StepVerify, 1, "session_not_seen"},
		{provisioning.Resuming, provisioning.StepSettle, 1, "session_not_seen"},
		{provisioning.Suspending, provisioning.StepSettle, 0, "sessions_not_ended"},
		{provisioning.Terminating, provisioning.StepSubscriber, 0, "sessions_not_ended"},
	} {
		for _, after := range []time.Duration{0, 7 * time.Second, 19 * time.Second, 24 * time.Second, 10 * time.Minute} {
			l := at(t, k.state)
			synctest.Test(t, func(t *testing.T) {
				began, looks := time.Now(), 0
				l.online = func() int {
					looks++
					if (time.Since(began) >= after) == (k.wanted > 0) {
						return 1
					}
					return 0
				}
				r, before := l.ref(), l.stored
				_, err := l.run(k.step)(t.Context(), r)
				if took := time.Since(began); after < patience.Within {
					if err != nil || took != after || looks != int(after/time.Second)+1 || !l.stored.Work.Is(k.step) {
						t.Errorf("%s after %v: %v, took %v, %d looks", k.state, after, err, took, looks)
					}
					return
				} else if codeOf(err) != k.code || took != patience.Within || l.stored.State != before.State || l.stored.Work.Tries != 1 || l.stored.Work.Failed != k.code {
					t.Errorf("%s after %v: %v, took %v, %+v", k.state, after, err, took, l.stored.Work)
				}
				_, err = l.run(k.step)(t.Context(), r)
				if soon := after < 2*patience.Within; soon != (err == nil) || soon != l.stored.Work.Is(k.step) {
					t.Errorf("%s after %v, tried again: %v", k.state, after, err)
				} else if !soon {
					_, err = l.run(k.step)(t.Context(), r)
					if codeOf(err) != "work_parked" || l.stored.Work.Parked == nil || l.stored.Work.Parked.Code != k.code || l.stored.State != before.State || len(l.parkings()) != 1 {
						t.Errorf("%s, never: %v, %+v", k.state, err, l.stored.Work)
					}
				}
			})
		}
	}
}

// S3-52: a session that was never ended counts when a suspension is taken back before it took effect: nobody dials in anew who is in.
func TestResumeBeforeTheSuspensionTookEffect(t *testing.T) {
	l := lineOf(t, in(t, provisioning.Suspending))
	old := l.ref()
	s, err := l.stored.Resume(provisioning.ByStaff, noon.Add(time.Hour))
	ok(t, err)
	l.stored = s
	if _, err := l.settler().Settle(t.Context(), old); codeOf(err) != "work_superseded" || l.stored.State != provisioning.Resuming {
		t.Errorf("the suspension's machine: %v, %s", err, l.stored.State)
	}
	ok(t, l.machine())
	same(t, "service", []any{l.stored.State, l.types()}, []any{provisioning.Active, "[service.resumed]"})
}

// A wait ends with its task, and a store that cannot be asked is a failed try.
func TestWaitsThatEnd(t *testing.T) {
	l := at(t, provisioning.Suspending)
	ctx, cancel := context.WithCancel(t.Context())
	l.online = func() int { cancel(); return 1 }
	if _, err := l.run(provisioning.StepSettle)(ctx, l.ref()); codeOf(err) != "sessions_not_ended" {
		t.Error(err)
	}
	l.fails["sessions"] = []error{errLost}
	if _, err := l.run(provisioning.StepSettle)(t.Context(), l.ref()); !errors.Is(err, errLost) || l.stored.Work.Tries != 2 || l.stored.Work.Failed != "internal" {
		t.Errorf("%v, %+v", err, l.stored.Work)
	}
}

// S3-46: work that was begun with hold ends set up, verified and not activated; the customer is told nothing yet.
func TestHeldBack(t *testing.T) {
	l := begun(t)
	l.stored.Work.Hold = true
	ok(t, l.machine())
	same(t, "service", []any{l.stored.State, l.stored.ActiveSince.IsZero(), len(l.told), l.stored.Built, l.stored.Work.Done}, []any{provisioning.Provisioned, true, 0, provisions, provisions})
}

// S3-108: what counts from the activation on counts from the first; a second one, after a suspension, keeps it and sends no link.
func TestFirstActivation(t *testing.T) {
	s := in(t, provisioning.Provisioned)
	s.ActiveSince, s.Anchor = noon, "2026-11-02"
	active, events := s.Activated(t.Context(), noon.AddDate(0, 1, 5))
	if !active.ActiveSince.Equal(noon) || active.Anchor != "2026-11-02" || active.LinkNonce != "" || len(events) != 1 {
		t.Errorf("%+v", active)
	}
	first := lineOf(t, in(t, provisioning.Provisioning))
	first.clock.Advance(30 * 24 * time.Hour) // it took long
	ok(t, first.machine())
	same(t, "anchor", []any{first.stored.Anchor, first.stored.LinkUntil}, []any{"2026-12-02", first.clock.Now().Add(provisioning.LinkFor)})
}

// The end of work that somebody changed meanwhile is not written over the change: the machine is told to look again.
func TestSettleOfWhatMoved(t *testing.T) {
	l := lineOf(t, in(t, provisioning.Suspending))
	l.online = func() int { return 0 }
	l.during["save"] = func() {
		l.stored, _ = l.stored.Suspend(provisioning.Hold{Cause: provisioning.NonPayment, Since: noon})
	}
	r := l.ref()
	if _, err := l.settler().Settle(t.Context(), r); !errors.Is(err, provisioning.ErrMoved) {
		t.Fatal(err)
	}
	_, err := l.settler().Settle(t.Context(), r)
	ok(t, err)
	same(t, "service", []any{l.stored.State, len(l.stored.Holds), len(l.told)}, []any{provisioning.Suspended, 2, 1})
}

// What is told of the end of work, and of work that is parked, is told at the time of a customer who lives by a test clock, and so counts
// the service; whoever mends it lives by the real time.
func TestTimesOfATestClock(t *testing.T) {
	lives := time.Date(2029, 8, 15, 12, 0, 0, 0, time.UTC)
	l := begun(t)
	l.stored.TestClock, l.life = "clk_1", lives
	l.fails["configure"] = []error{provisioning.ErrCPEOffline, provisioning.ErrCPEOffline, provisioning.ErrCPEOffline}
	same(t, "parked", codeOf(l.machine()), "work_parked")
	same(t, "told, and waits since", []time.Time{l.told[0].Time, l.stored.Work.Parked.At}, []time.Time{lives, l.clock.Now()})
	l = begun(t)
	l.stored.TestClock, l.life = "clk_1", lives
	ok(t, l.machine())
	same(t, "told", []any{l.types(), l.told[0].Time}, []any{"[service.activated]", lives})
	same(t, "active", []time.Time{l.stored.ActiveSince, l.stored.StateSince, l.stored.LinkUntil}, []time.Time{lives, lives, lives.Add(provisioning.LinkFor)})
}
