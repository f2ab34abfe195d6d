package network

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"turnup/internal/base/event"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
)

// Run is the life of a line with at most one fault.
type Run struct {
	Fault  *Fault
	Cancel bool // provisioning that is parked is given up, not retried
	Twice  bool // queues deliver twice
}

func (r Run) String() string {
	if r.Fault == nil {
		return "undisturbed"
	}
	after := ""
	if r.Cancel {
		after = ", given up"
	}
	if r.Twice {
		after += ", messages come twice"
	}
	return r.Fault.String() + after
}

// kind is the work in which the fault strikes.
func (r Run) kind() domain.Kind {
	if r.Fault == nil {
		return ""
	}
	kind, _, _ := strings.Cut(r.Fault.Function, " ")
	return domain.Kind(kind)
}

// life is what is done to the line: as little as needed to come to the fault, and its end.
func (r Run) life() []domain.Kind {
	switch r.kind() {
	case domain.Provision, domain.Terminate:
		return []domain.Kind{domain.Provision, domain.Terminate}
	case domain.Suspend:
		return []domain.Kind{domain.Provision, domain.Suspend, domain.Terminate}
	}
	return []domain.Kind{domain.Provision, domain.Suspend, domain.Resume, domain.Terminate}
}

// ends is the state that each kind of work leads to.
var ends = map[domain.Kind]domain.State{domain.Provision: domain.Active, domain.Suspend: domain.Suspended, domain.Resume: domain.Active, domain.Terminate: domain.Terminated}

// Play plays a run and tells what is wrong, and the calls that were made.
func Play(ctx context.Context, r Run) (out wrong, points []Point) {
	w, err := open()
	if err != nil {
		return wrong{err.Error()}, nil
	}
	defer w.Close()
	l, err := w.build(ctx)
	if err != nil {
		return wrong{err.Error()}, nil
	}
	w.twice = r.Twice
	w.Wire.mu.Lock()
	w.Wire.fault, w.Wire.terminate = r.Fault, l.terminateNow
	w.Wire.mu.Unlock()
	for _, kind := range r.life() {
		if err := l.request(ctx, kind); err != nil {
			out.add("%v", err)
		}
		s, more := l.finish(ctx, r, kind, &out)
		if s.State == domain.Terminated || len(out) > 0 {
			break
		}
		out = append(out, more...)
	}
	if r.Fault != nil && !w.Wire.Struck() {
		out.add("the fault never struck")
	}
	if len(out) == 0 {
		w.Wire.Mend()
		w.Plant.Genieacs.Inform(l.Home.CPE)
		out = w.eventually(ctx, func() wrong {
			s, err := l.is(ctx)
			if err != nil {
				return wrong{err.Error()}
			}
			return l.left(ctx, s)
		})
		out = append(out, l.escalations(ctx)...)
	}
	return out, w.Wire.Points()
}

// finish sees work to its end: what is parked is mended and retried, or given up. It tells what is wrong then.
func (l *Line) finish(ctx context.Context, r Run, kind domain.Kind, out *wrong) (s domain.Service, more wrong) {
	parked := 0
	for ; ; parked++ {
		var err error
		if s, err = l.is(ctx); err != nil {
			out.add("%v", err)
			return s, nil
		}
		if s.Work.Parked == nil {
			break
		}
		if parked == 3 {
			out.add("%s is parked again and again: %+v", kind, *s.Work.Parked)
			return s, nil
		}
		*out = append(*out, parkedWell(r, kind, s)...)
		l.mend(ctx)
		operation := "retry"
		if kind == domain.Provision && r.Cancel {
			operation = "cancel"
			l.begin(domain.Terminate)
		}
		if err := l.ask(ctx, operation, ""); err != nil {
			out.add("%v", err)
		}
		l.pump(ctx)
	}
	if r.kind() == kind && l.Wire.Struck() {
		if must := r.Fault.Lasting; must && parked == 0 && !endless(r.Fault) {
			out.add("the work was not parked; it is %s", s.State)
		} else if !must && parked > 0 && r.Fault.Mode != Lie {
			out.add("the work was parked though the fault passed by itself: %+v", s.Work)
		}
		if r.Fault.System == nas && r.Fault.Mode == Lie {
			l.mend(ctx)
			l.halfAMinute(ctx, s, out)
		}
	}
	if s.State == domain.Terminated {
		return s, nil
	}
	if want := ends[kind]; s.State != want {
		out.add("after %s the service is %s, not %s; work %+v, dead letters %v", kind, s.State, want, s.Work, l.dead)
		return s, nil
	}
	return s, l.eventually(ctx, func() wrong { return l.standing(ctx, s) })
}

// endless tells of faults that do not keep work from its end: a NAS that does not do what it is told is noticed by the session's next
// report, or by its end when the line is taken down.
func endless(f *Fault) bool {
	return f.System == nas && (f.Mode == Lie || !strings.HasPrefix(f.Function, string(domain.Suspend)))
}

// parkedWell is what is wrong about how work is parked (S3-104): step, system and code say what failed.
func parkedWell(r Run, kind domain.Kind, s domain.Service) (out wrong) {
	p := s.Work.Parked
	if r.kind() != kind || r.Fault == nil {
		out.add("%s is parked, and nothing failed in it: %+v", kind, *p)
		return out
	}
	if want := stepOf(r.Fault.Function); p.Step != want {
		out.add("parked at step %s, not %s", p.Step, want)
	}
	want := r.Fault.System
	if want == nas {
		want = "radius"
	}
	crashed := slices.Contains([]Mode{KillBefore, KillAfter}, r.Fault.Mode)
	if !crashed && want != dynamo && (p.System != want && !(want == controller && p.System == core) || p.Code == "internal" || p.Cause == "") {
		out.add("parked with system %q, code %q, cause %q; the system is %s", p.System, p.Code, p.Cause, want)
	}
	if p.Code == "" || p.At.IsZero() {
		out.add("parked without code or time: %+v", *p)
	}
	return out
}

// stepOf is the step that a task does.
func stepOf(function string) domain.Step {
	_, name, _ := strings.Cut(function, " ")
	return cmp.Or(map[string]domain.Step{"bar": domain.StepSubscriber, "on-access": domain.StepSettle}[name], domain.Step(name))
}

// mend ends the fault; the functions' circuits have closed by then.
func (l *Line) mend(ctx context.Context) {
	l.Wire.Mend()
	l.restart()
	l.Plant.Genieacs.Inform(l.Home.CPE)
}

// halfAMinute passes, and the NAS reports: that a session goes on which was taken for ended is noticed.
func (l *Line) halfAMinute(ctx context.Context, s domain.Service, out *wrong) {
	err := l.Store.ChangeLive(ctx, l.tenant, s.Username, func(_ subscriber.Account, was subscriber.Live) (subscriber.Live, []event.Envelope, error) {
		for i := range was.Sessions {
			if !was.Sessions[i].Open() {
				was.Sessions[i].Ended = was.Sessions[i].Ended.Add(-31 * time.Second)
			}
		}
		was.Version++
		return was, nil, nil
	})
	if err != nil && !unknown(err) {
		out.add("%v", err)
	}
	within, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := l.Plant.BNG.Traffic(within, s.Username, 1, 1); err == nil {
		l.pump(ctx)
	}
}

// undisturbed plays lives without a fault and gives the calls of each.
func undisturbed(ctx context.Context) ([]Point, error) {
	out, points := Play(ctx, Run{})
	if len(out) > 0 {
		return nil, fmt.Errorf("an undisturbed line is wrong: %s", strings.Join(out, "\n\t"))
	}
	return points, nil
}
