package provisioning_test

import (
	"strings"
	"testing"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/provisioning"
)

// S3-155: a step during which the service is terminated undoes its own effect, whether it succeeded or may have had half of one;
// whoever takes the line down may have been here before it.
func TestSupersededWorkUndoesItself(t *testing.T) {
	for _, failed := range []error{nil, provisioning.ErrUnanswered, refused} {
		for call, k := range map[string]struct{ undo, step string }{"reserve": {"release", "inventory"}, "provision": {"deprovision", "access"}, "configure": {"forget", "cpe"}} {
			l := begun(t)
			for _, name := range provisions {
				if string(name) == k.step {
					break
				}
				_, err := l.run(name)(t.Context(), l.ref())
				ok(t, err)
			}
			r := l.ref()
			l.during[call] = func() {
				next, _ := l.stored.Terminate(noon)
				l.stored = next
				ok(t, l.machine())
			}
			if failed != nil {
				l.fails[call] = []error{failed}
				l.stands[map[string]string{"reserve": "addresses", "provision": "onu", "configure": "cpe"}[call]] = true // it may have acted
			}
			l.online = func() int { return 0 }
			_, err := l.run(provisioning.Step(k.step))(t.Context(), r)
			if codeOf(err) != "work_superseded" || fault.Transient(err) || l.calls[len(l.calls)-1] != k.undo {
				t.Errorf("%s, %v: %v, %v", call, failed, err, l.calls)
			}
			same(t, call, []any{l.standing(), l.stored.State, len(l.parkings())}, []any{"[]", provisioning.Terminated, 0})
		}
	}
}

// S3-155: a try that is cut off between its effect and its record, while the service is terminated, is taken back by the next one; what
// cannot be taken back yet is tried again; and an ONU that is another service's by then is left alone.
func TestACutOffTryIsTakenBack(t *testing.T) {
	l := begun(t)
	r := l.ref()
	for _, step := range provisions[:2] {
		_, err := l.run(step)(t.Context(), r)
		ok(t, err)
	}
	l.stored, _ = l.stored.Terminate(noon)
	l.online = func() int { return 0 }
	ok(t, l.machine())
	l.calls, l.stands["onu"] = nil, true // by the try that was cut off
	l.fails["deprovision"] = []error{provisioning.ErrNetwork}
	if _, err := l.run(provisioning.StepAccess)(t.Context(), r); codeOf(err) != "network_error" || !fault.Transient(err) {
		t.Errorf("the machine is not told to try again: %v", err)
	}
	if _, err := l.run(provisioning.StepAccess)(t.Context(), r); codeOf(err) != "work_superseded" {
		t.Error(err)
	}
	same(t, "calls", []any{l.calls, l.standing()}, []any{"[deprovision deprovision]", "[]"})
	l.holder, l.calls = provisioning.Service{ID: "svc_2"}, nil
	if _, err := l.run(provisioning.StepAccess)(t.Context(), r); codeOf(err) != "work_superseded" || len(l.calls) > 0 {
		t.Error(err, l.calls)
	}
}

// A step that comes late, when its work has gone on or ended well without it, takes down nothing: not what runs, is held back, is
// suspended, or is about to be tried again.
func TestLateStepsLeaveWhatStands(t *testing.T) {
	for name, meanwhile := range map[string]func(l *line){
		"active":    func(l *line) { ok(l.T, l.machine()) },
		"held back": func(l *line) { l.stored.Work.Hold = true; ok(l.T, l.machine()) },
		"suspending": func(l *line) {
			ok(l.T, l.machine())
			l.stored, _ = l.stored.Suspend(provisioning.Hold{Cause: provisioning.ByStaff, Since: noon})
		},
		"parked": func(l *line) { l.fails["configure"] = []error{refused}; _ = l.machine() },
		"tried again": func(l *line) {
			l.fails["configure"] = []error{refused}
			_ = l.machine()
			l.stored, _ = l.stored.Retry(noon)
		},
	} {
		l := begun(t)
		r := l.ref()
		for _, step := range provisions[:2] {
			_, err := l.run(step)(t.Context(), r)
			ok(t, err)
		}
		l.during["provision"] = func() { meanwhile(l) }
		_, err := l.run(provisioning.StepAccess)(t.Context(), r)
		if code := codeOf(err); code != "work_superseded" || !l.stands["onu"] || strings.Contains(strings.Join(l.calls, " "), "deprovision") {
			t.Errorf("%s: %v, %v", name, err, l.calls)
		}
	}
}

// S3-49, S3-105, S3-129: terminating undoes in reverse what may stand, and nothing else, however far provisioning came: what stands,
// and the step in whose midst it stopped.
func TestTermination(t *testing.T) {
	for call, want := range map[string]string{
		"validate":  "[release]",
		"reserve":   "[release]",
		"provision": "[deprovision release]",
		"status":    "[deprovision release]",
		"configure": "[forget deprovision release]",
		"sessions":  "[forget deprovision release]",
		"":          "[forget deprovision release]",
	} {
		l := begun(t)
		l.fails[call] = []error{refused}
		if err := l.machine(); (err == nil) != (call == "") {
			t.Fatal(call, err)
		}
		next, moved := l.stored.Terminate(noon)
		if l.stored.Work.Parked != nil {
			var err error
			next, err = l.stored.GiveUp(noon)
			ok(t, err)
		}
		l.stored, l.calls, l.online = next, nil, func() int { return 0 }
		ok(t, l.machine())
		same(t, call, []any{moved, l.calls, l.standing(), l.stored.State, l.stored.Cancelled}, []any{true, want, "[]", provisioning.Terminated, call != ""})
		var ended event.ServiceTerminated
		ok(t, event.Decode(l.told[len(l.told)-1], &ended))
		same(t, "told", ended.Cancelled, call != "")
	}
}

// S3-53: undoing is done once, too: what is undone is not undone again when its machine begins anew.
func TestTerminationGoesOn(t *testing.T) {
	l := lineOf(t, in(t, provisioning.Terminating))
	l.online = func() int { return 0 }
	l.fails["release"] = []error{provisioning.ErrCredential}
	if err := l.machine(); codeOf(err) != "work_parked" {
		t.Fatal(err)
	}
	same(t, "calls", []any{l.calls, l.stored.State, len(l.stored.Built)}, []any{"[forget deprovision release]", provisioning.Terminating, 6})
	l.stored, _ = l.stored.Retry(noon)
	l.calls = nil
	ok(t, l.machine())
	same(t, "calls", []any{l.calls, l.stored.State}, []any{"[release]", provisioning.Terminated})
}
