package network

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"turnup/internal/base/event"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
)

// Run is the life of a line, in which something fails.
type Run struct {
	Given  *Fault // parks the work; then the way back from there can fail as well
	Fault  *Fault
	Cancel bool // provisioning that is parked is given up, not retried
	Twice  bool // queues deliver twice
	Early  bool // staff retry once before anything is mended
}

func (r Run) String() string {
	after := ""
	if r.Given != nil {
		after = ", after " + r.Given.String()
	}
	if r.Cancel {
		after += ", given up"
	}
	if r.Twice {
		after += ", messages come twice"
	}
	if r.Early {
		after += ", retried too early"
	}
	if r.Fault == nil {
		return "undisturbed" + after
	}
	return r.Fault.String() + after
}

// parks is the fault that may park the work.
func (r Run) parks() *Fault {
	if r.Given != nil {
		return r.Given
	}
	return r.Fault
}

// overtaken tells whether what would be parked may be overtaken by a try that nothing disturbs, or by the end of the service.
func (r Run) overtaken() bool {
	return r.Given != nil && r.Fault != nil && slices.Contains([]Mode{Twin, Ended, EndedKilled}, r.Fault.Mode)
}

// kind is the work in which the fault strikes.
func (r Run) kind() domain.Kind {
	if r.Given != nil && r.Fault == nil {
		return kindOf(r.Given)
	}
	return kindOf(r.Fault)
}

func kindOf(f *Fault) domain.Kind {
	if f == nil {
		return ""
	}
	kind, _, _ := strings.Cut(f.Function, " ")
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
	w.mu.Lock() // the NAS has begun to report
	w.twice = r.Twice
	w.mu.Unlock()
	w.Wire.terminate = l.terminateNow
	w.Wire.Break(r.Given, r.Fault)
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
	for _, f := range w.Wire.Missed() {
		out.add("the fault never struck: %s", f)
	}
	if len(out) == 0 {
		w.Wire.Mend()
		l.inform()
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
		l.parked[kind] = true
		if parked == 3 {
			out.add("%s is parked again and again: %+v", kind, *s.Work.Parked)
			return s, nil
		}
		*out = append(*out, parkedWell(r, kind, s)...)
		operation, early := "retry", r.Early && parked == 0
		if !early {
			l.mend(ctx)
		}
		if kind == domain.Provision && r.Cancel && !early {
			operation = "cancel"
			l.begin(domain.Terminate)
		}
		before := l.beyond(kind, s.Work.Done)
		if err := l.ask(ctx, operation, ""); err != nil {
			out.add("%v", err)
		}
		l.pump(ctx)
		if after := l.beyond(kind, s.Work.Done); after != before && !r.overtaken() {
			out.add("%s did finished steps again: %d calls of %v, then %d", operation, before, s.Work.Done, after)
		}
	}
	if f := r.parks(); kindOf(f) == kind && !slices.Contains(l.Wire.Missed(), *f) {
		if f.Lasting && parked == 0 && !endless(f) && !r.overtaken() {
			out.add("the work was not parked; it is %s", s.State)
		} else if !f.Lasting && parked > 0 && f.Mode != Lie {
			out.add("the work was parked though the fault passed by itself: %+v", s.Work)
		}
		if f.System == nas && f.Mode == Lie {
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
	l.inform()
	return s, l.eventually(ctx, func() wrong { return l.standing(ctx, s) })
}

// endless tells of faults that do not keep work from its end: a NAS that does what it is told though nobody hears so, or that lies, which
// the session's next report shows; one that is not needed, because the line is taken down; and reports of a session that we end ourselves.
func endless(f *Fault) bool {
	if f.System == nas {
		return !slices.Contains([]Mode{Refuse, Fail, KillBefore}, f.Mode) || kindOf(f) != domain.Suspend
	}
	return strings.Contains(f.Function, "radius-hook") && kindOf(f) == domain.Suspend
}

// parkedWell is what is wrong about how work is parked (S3-104): step, system and code say what failed.
func parkedWell(r Run, kind domain.Kind, s domain.Service) (out wrong) {
	p := s.Work.Parked
	f := r.parks()
	if kindOf(f) != kind {
		out.add("%s is parked, and nothing failed in it: %+v", kind, *p)
		return out
	}
	if want := stepOf(f.Function); p.Step != want {
		out.add("parked at step %s, not %s", p.Step, want)
	}
	want := f.System
	if want == nas || strings.Contains(f.Function, "radius-hook") {
		want = "radius"
	}
	crashed := slices.Contains([]Mode{KillBefore, KillAfter}, f.Mode) && want != "radius"
	if !crashed && want != dynamo && (p.System != want && !(want == controller && p.System == core) || p.Code == "internal" || p.Cause == "") {
		out.add("parked with system %q, code %q, cause %q; the system is %s", p.System, p.Code, p.Cause, want)
	}
	if p.Code == "" || p.At.IsZero() {
		out.add("parked without code or time: %+v", *p)
	}
	return out
}

// stepOf is the step that a function does, or that waits for what it does.
func stepOf(function string) domain.Step {
	kind, name, _ := strings.Cut(function, " ")
	switch {
	case name == "bar":
		return domain.StepSubscriber
	case strings.HasPrefix(name, "radius-hook") && kind == string(domain.Provision):
		return domain.StepVerify
	case name == "on-access", strings.HasPrefix(name, "radius-hook"):
		return domain.StepSettle
	}
	return domain.Step(name)
}

// beyond counts the calls to the network that the finished steps made: it stays as it is when work goes on (S3-105).
func (l *Line) beyond(kind domain.Kind, done []domain.Step) (n int) {
	for _, p := range l.Wire.Points() {
		for _, step := range done {
			if p.System != dynamo && p.Function == fmt.Sprintf("%s %s", kind, step) {
				n++
			}
		}
	}
	return n
}

// mend ends the fault; the functions' circuits have closed by then.
func (l *Line) mend(ctx context.Context) {
	l.Wire.Mend()
	l.restart()
	l.inform()
}

// inform has the router report, as it does from time to time, and work off what waits for it; what it refused once is tried again.
func (l *Line) inform() {
	for _, t := range l.Plant.Genieacs.State().Tasks {
		if t.Device == l.Home.CPE {
			r := httptest.NewRequest(http.MethodPost, "/tasks/"+t.ID+"/retry", nil)
			l.Plant.Genieacs.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
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
	if err != nil && !errors.Is(err, subscriber.ErrUnknown) {
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
