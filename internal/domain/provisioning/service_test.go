package provisioning_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/domain/provisioning"
)

var states = []provisioning.State{provisioning.Designed, provisioning.Provisioning, provisioning.Provisioned, provisioning.Active, provisioning.Suspending, provisioning.Suspended,
	provisioning.Resuming, provisioning.Terminating, provisioning.Terminated}

// in is a service that came to a state the way services do; it is held by staff where it is held at all.
func in(t *testing.T, state provisioning.State) provisioning.Service {
	t.Helper()
	if state == provisioning.Designed {
		return designed()
	}
	s, _, err := designed().Begin(equipment, state == provisioning.Provisioned, noon)
	ok(t, err)
	l := lineOf(t, s)
	finish := func(s provisioning.Service) {
		l.stored = s
		ok(t, l.machine())
	}
	if state != provisioning.Provisioning {
		finish(s)
	}
	if slices.Contains([]provisioning.State{provisioning.Suspending, provisioning.Suspended, provisioning.Resuming}, state) {
		s, err = l.stored.Suspend(provisioning.Hold{Cause: provisioning.ByStaff, Reason: "asked", Since: noon.Add(time.Hour)})
		ok(t, err)
		if l.stored = s; state != provisioning.Suspending {
			l.online = func() int { return 0 }
			finish(s)
		}
		if state == provisioning.Resuming {
			l.stored, err = l.stored.Resume(provisioning.ByStaff, noon.Add(2*time.Hour))
			ok(t, err)
		}
	}
	if state == provisioning.Terminating || state == provisioning.Terminated {
		s, _ = l.stored.Terminate(noon.Add(3 * time.Hour))
		if l.stored = s; state == provisioning.Terminated {
			l.online = func() int { return 0 }
			finish(s)
		}
	}
	same(t, "state", l.stored.State, state)
	return l.stored
}

// actions are all that can be done to a service.
var actions = []struct {
	name string
	do   func(s provisioning.Service, at time.Time) (provisioning.Service, error)
	// ends says how it ends in each state: another state, or "=" when nothing changes, "+" when only what holds the service or its work
	// does, or a fault's code with the current and the wanted state.
	ends string
}{
	{"begin", func(s provisioning.Service, at time.Time) (provisioning.Service, error) {
		next, moved, err := s.Begin(equipment, false, at)
		return next, claimed(s, next, moved, err)
	}, "provisioning | = | = | = | = | = | = | service_state_conflict terminating active | service_state_conflict terminated active"},
	{"begin with other equipment", func(s provisioning.Service, at time.Time) (provisioning.Service, error) {
		next, moved, err := s.Begin(provisioning.Equipment{ONU: "BBSM00000002", CPE: equipment.CPE}, false, at)
		return next, claimed(s, next, moved, err)
	}, "provisioning | service_equipment_differs | service_equipment_differs | service_equipment_differs | service_equipment_differs | service_equipment_differs | service_equipment_differs | " +
		"service_state_conflict terminating active | service_state_conflict terminated active"},
	{"begin without an ONU", func(s provisioning.Service, at time.Time) (provisioning.Service, error) {
		next, moved, err := s.Begin(provisioning.Equipment{CPE: equipment.CPE}, false, at)
		return next, claimed(s, next, moved, err)
	}, "onu_required | service_equipment_differs | service_equipment_differs | service_equipment_differs | service_equipment_differs | service_equipment_differs | service_equipment_differs | " +
		"service_state_conflict terminating active | service_state_conflict terminated active"},
	{"activate", func(s provisioning.Service, at time.Time) (provisioning.Service, error) {
		next, moved, err := s.Activate(at)
		return next, claimed(s, next, moved, err)
	}, "service_state_conflict designed active | service_state_conflict provisioning active | active | = | service_state_conflict suspending active | service_state_conflict suspended active | " +
		"service_state_conflict resuming active | service_state_conflict terminating active | service_state_conflict terminated active"},
	{"suspend by staff", func(s provisioning.Service, at time.Time) (provisioning.Service, error) {
		return s.Suspend(provisioning.Hold{Cause: provisioning.ByStaff, Since: at})
	}, "service_state_conflict designed suspended | service_state_conflict provisioning suspended | service_state_conflict provisioned suspended | suspending | " +
		"service_held_already suspending suspended | service_held_already suspended suspended | suspending | service_state_conflict terminating suspended | service_state_conflict terminated suspended"},
	{"suspend for non-payment", func(s provisioning.Service, at time.Time) (provisioning.Service, error) {
		return s.Suspend(provisioning.Hold{Cause: provisioning.NonPayment, Since: at})
	}, "service_state_conflict designed suspended | service_state_conflict provisioning suspended | service_state_conflict provisioned suspended | suspending | + | + | suspending | " +
		"service_state_conflict terminating suspended | service_state_conflict terminated suspended"},
	{"resume by staff", func(s provisioning.Service, at time.Time) (provisioning.Service, error) {
		return s.Resume(provisioning.ByStaff, at)
	}, "service_state_conflict designed active | service_state_conflict provisioning active | service_state_conflict provisioned active | service_state_conflict active active | resuming | resuming | " +
		"service_state_conflict resuming active | service_state_conflict terminating active | service_state_conflict terminated active"},
	{"resume after payment", func(s provisioning.Service, at time.Time) (provisioning.Service, error) {
		return s.Resume(provisioning.NonPayment, at)
	}, "service_state_conflict designed active | service_state_conflict provisioning active | service_state_conflict provisioned active | service_state_conflict active active | service_not_held | " +
		"service_not_held | service_state_conflict resuming active | service_state_conflict terminating active | service_state_conflict terminated active"},
	{"terminate", func(s provisioning.Service, at time.Time) (provisioning.Service, error) {
		next, moved := s.Terminate(at)
		return next, claimed(s, next, moved, nil)
	}, "terminated | terminating | terminating | terminating | terminating | terminating | terminating | = | ="},
	{"give up", func(s provisioning.Service, at time.Time) (provisioning.Service, error) { return s.GiveUp(at) },
		strings.TrimSuffix(strings.Repeat("service_not_parked | ", 9), " | ")},
	{"give up what is parked", func(s provisioning.Service, at time.Time) (provisioning.Service, error) {
		return parked(s).GiveUp(at)
	}, "service_not_parked | terminating | service_not_parked | service_not_parked | service_not_parked | service_not_parked | service_not_parked | service_not_parked | service_not_parked"},
	{"retry", func(s provisioning.Service, at time.Time) (provisioning.Service, error) { return s.Retry(at) },
		strings.TrimSuffix(strings.Repeat("service_not_parked | ", 9), " | ")},
	{"retry what is parked", func(s provisioning.Service, at time.Time) (provisioning.Service, error) {
		return parked(s).Retry(at)
	}, "service_not_parked | + | service_not_parked | service_not_parked | + | service_not_parked | + | + | service_not_parked"},
}

// parked is the service with its work parked, if it has work that can be.
func parked(s provisioning.Service) provisioning.Service {
	if s.Working() {
		s.Work.Parked = &provisioning.Parked{Step: provisioning.StepCPE, Code: "cpe_offline", At: noon}
	}
	return s
}

// claimed finds a lie about whether something changed.
func claimed(was, is provisioning.Service, moved bool, err error) error {
	if err == nil && moved != (is.Version == was.Version+1) || err != nil && moved {
		return fmt.Errorf("moved is %v", moved)
	}
	return err
}

// S3-46, S3-47, S3-48, S3-49, S3-51: every action in every state; what is forbidden is a fault that names the current and the wanted
// state, and changes nothing. What changes counts one version, and nothing of what it was made from.
func TestEveryActionInEveryState(t *testing.T) {
	later := noon.Add(24 * time.Hour)
	for _, a := range actions {
		ends := strings.Split(a.ends, " | ")
		for i, state := range states {
			t.Run(a.name+"/"+string(state), func(t *testing.T) {
				s := in(t, state)
				before := fmt.Sprintf("%+v", s)
				next, err := a.do(s, later)
				same(t, "the service it was made from", fmt.Sprintf("%+v", s), before)
				want := strings.Fields(ends[i])
				f := fault.Of(err)
				switch {
				case err != nil:
					if f == nil || f.Code != want[0] {
						t.Fatalf("got %v, want %s", err, ends[i])
					}
					if len(want) == 3 {
						same(t, "current and wanted", []string{f.Details["current"], f.Details["wanted"]}, want[1:])
					}
					same(t, "version and state", []any{next.Version, next.State}, []any{s.Version, s.State})
				case want[0] == "=":
					same(t, "service", next, s)
				case want[0] == "+":
					same(t, "version, state, since", []any{next.Version, next.State, next.StateSince}, []any{s.Version + 1, s.State, s.StateSince})
				default:
					same(t, "version, state, since", []any{next.Version, next.State, next.StateSince}, []any{s.Version + 1, want[0], later})
					newWork := next.Working()
					same(t, "work", []any{next.Work.Number - s.Work.Number, next.Work.Kind != s.Work.Kind}, []any{map[bool]int{true: 1}[newWork], newWork})
					if newWork {
						same(t, "fresh work", []any{next.Work.Run, next.Work.Since, len(next.Work.Done), next.Work.Tries, next.Work.Parked, next.Work.Told}, []any{1, later, 0, 0, "<nil>", false})
					}
				}
			})
		}
	}
}

// S3-46, S3-49, S3-52: the end of each kind of work, which state it leads to and what is told of it.
func TestEndOfWork(t *testing.T) {
	for _, k := range []struct {
		from, to provisioning.State
		told     string
	}{
		{provisioning.Provisioning, provisioning.Active, "[service.activated]"},
		{provisioning.Suspending, provisioning.Suspended, "[service.suspended]"},
		{provisioning.Resuming, provisioning.Active, "[service.resumed]"},
		{provisioning.Terminating, provisioning.Terminated, "[service.terminated]"},
	} {
		l := lineOf(t, in(t, k.from))
		l.online = func() int {
			return map[bool]int{true: 1}[k.to == provisioning.Active]
		}
		was := l.stored
		ok(t, l.machine())
		same(t, string(k.from), []any{l.stored.State, l.stored.StateSince, l.stored.Working(), l.types(), l.settles}, []any{k.to, l.clock.Now(), false, k.told, 1})
		if l.stored.Work.Number != was.Work.Number || !l.stored.ActiveSince.Equal(firstOf(was.ActiveSince, l.stored.StateSince)) {
			t.Errorf("%s: %+v", k.from, l.stored)
		}
		if _, err := l.settler().Settle(t.Context(), l.ref()); codeOf(err) != "work_superseded" || l.settles != 1 {
			t.Errorf("%s: ended twice: %v", k.from, err)
		}
	}
	held := lineOf(t, in(t, provisioning.Provisioned))
	same(t, "held back", []any{held.stored.ActiveSince.IsZero(), held.stored.Barred(), held.stored.LinkNonce}, []any{true, "", ""})
	active, events := held.stored.Activated(t.Context(), noon.Add(time.Hour))
	same(t, "activated by hand", []any{active.State, active.ActiveSince, active.Anchor, active.LinkNonce != "", active.LinkUntil, len(events)},
		[]any{provisioning.Active, noon.Add(time.Hour), "2026-11-02", true, noon.Add(time.Hour + 7*24*time.Hour), 1})
	if ended := in(t, provisioning.Terminated); len(ended.Built) > 0 || ended.Allocation != (provisioning.Allocation{}) || ended.LinkNonce != "" || ended.Cancelled {
		t.Errorf("terminated: %+v", ended)
	}
}

func firstOf(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// S3-48: each cause is a hold of its own. The service runs only when no hold is left: a payment does not lift what staff suspended,
// nor staff what is not paid.
func TestHolds(t *testing.T) {
	for _, k := range []struct{ first, second provisioning.Cause }{{provisioning.ByStaff, provisioning.NonPayment}, {provisioning.NonPayment, provisioning.ByStaff}} {
		s, err := in(t, provisioning.Active).Suspend(provisioning.Hold{Cause: k.first, Reason: "why", Since: noon})
		ok(t, err)
		same(t, "barred", []any{s.Barred(), s.Holds}, []any{k.first, []provisioning.Hold{{Cause: k.first, Reason: "why", Since: noon}}})
		if _, err := s.Resume(k.second, noon); codeOf(err) != "service_not_held" || fault.Of(err).Details["heldFor"] != string(k.first) {
			t.Errorf("resumed for %s: %v", k.second, err)
		}
		s, err = s.Suspend(provisioning.Hold{Cause: k.second, Since: noon})
		ok(t, err)
		same(t, "work of two holds", s.Work.Number, 2)
		for _, gone := range []provisioning.Cause{k.first, k.second} {
			left := map[bool]provisioning.Cause{true: k.second, false: k.first}[gone == k.first]
			one, err := s.Resume(gone, noon)
			ok(t, err)
			same(t, "one hold is left", []any{one.State, one.Barred(), len(one.Holds), len(s.Holds)}, []any{provisioning.Suspending, left, 1, 2})
			none, err := one.Resume(left, noon)
			ok(t, err)
			same(t, "no hold is left", []any{none.State, none.Barred(), len(none.Holds)}, []any{provisioning.Resuming, "", 0})
		}
		same(t, "barred for both", s.Barred(), provisioning.NonPayment) // what the customer can do something about
	}
}

// S3-49, S3-52: with the account of a service somebody gets in from when it is set up until it is held or ends, and at no other time.
func TestBarred(t *testing.T) {
	for state, want := range map[provisioning.State]string{provisioning.Designed: "not_in_service", provisioning.Provisioning: "not_in_service", provisioning.Provisioned: "", provisioning.Active: "",
		provisioning.Suspending: "staff", provisioning.Suspended: "staff", provisioning.Resuming: "", provisioning.Terminating: "not_in_service", provisioning.Terminated: "not_in_service"} {
		s := in(t, state)
		change := s.AccessChange(t.Context(), noon)
		if s.Barred() != want || !strings.Contains(string(change.Data), `"username":"01jd3q6v6k8m4h0wz0v5q3y1xa@demo"`) || strings.Contains(string(change.Data), "barred") != (want != "") {
			t.Errorf("%s: barred %q, told %s", state, s.Barred(), change.Data)
		}
	}
	l := begun(t)
	for _, name := range []provisioning.Step{provisioning.StepInventory, provisioning.StepSubscriber} {
		same(t, "before "+string(name), l.stored.Barred(), "not_in_service")
		_, err := l.run(name)(t.Context(), l.ref())
		ok(t, err)
	}
	same(t, "with the account", l.stored.Barred(), "")
}

// A service that ends before it ever worked was cancelled; one that worked was not. What it was begun with stays: number and cause of
// works count on.
func TestTerminate(t *testing.T) {
	for state, cancelled := range map[provisioning.State]bool{provisioning.Designed: true, provisioning.Provisioning: true, provisioning.Provisioned: true, provisioning.Active: false,
		provisioning.Suspended: false, provisioning.Resuming: false} {
		next, moved := in(t, state).Terminate(noon)
		if !moved || next.Cancelled != cancelled || len(next.Holds) > 0 || next.LinkNonce != "" {
			t.Errorf("%s: %v, %+v", state, moved, next)
		}
	}
}

// S3-53: a service's id, user name and works follow from its subscription, so that two services of one subscription cannot be.
func TestDesign(t *testing.T) {
	s := designed()
	same(t, "service", []any{s.ID, s.Username, s.State, s.StateSince, s.Generation, s.Version}, []any{"svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", "01jd3q6v6k8m4h0wz0v5q3y1xa@demo", provisioning.Designed, noon, 1, 1})
	same(t, "and back", provisioning.SubscriptionOf(s.ID), s.Subscription)
	next, moved, err := s.Begin(equipment, true, noon)
	same(t, "begun", []any{moved, err, next.Equipment, next.Work.Hold, next.Anchor, next.Work.Execution(next.ID)}, []any{true, nil, equipment, true, "2026-11-02", s.ID + "-1-1"})
	if _, _, err := s.Begin(provisioning.Equipment{ONU: equipment.ONU}, false, noon); codeOf(err) != "cpe_required" {
		t.Error(err)
	}
	_, _, err = next.Begin(provisioning.Equipment{ONU: equipment.ONU, CPE: "other"}, false, noon)
	same(t, "what it has", fault.Of(err).Details, map[string]string{"onuSerial": equipment.ONU, "cpeId": equipment.CPE})
	same(t, "what is asked for", string(next.Request(t.Context(), noon).Data), `{"serviceId":"svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA","customerId":"cus_1","kind":"provision","number":1,"run":1}`)
	for name, done := range map[string][]provisioning.Step{"designed": s.Work.Done, "begun": next.Work.Done} { // null is not in the contract
		if done == nil {
			t.Errorf("the done steps of one %s are nil", name)
		}
	}
}

// S3-118: another speed, once; what has ended gets none. It is asked for at the line and in running sessions.
func TestNewSpeed(t *testing.T) {
	s, wanted := in(t, provisioning.Active), provisioning.Profile{DownKbps: 1, UpKbps: 2}
	faster, moved, err := s.NewSpeed(wanted, 3)
	same(t, "speed", []any{faster.Profile, faster.CapBytes, faster.Version, moved, err, s.Profile == wanted}, []any{wanted, 3, s.Version + 1, true, nil, false})
	same(t, "the same", func() any { _, moved, err := faster.NewSpeed(wanted, 3); return []any{moved, err} }(), []any{false, nil})
	told := faster.SpeedChange(t.Context(), noon)
	if len(told) != 2 || told[0].Type != "access.changed" || told[1].Type != "provisioning.requested" {
		t.Errorf("told: %+v", told)
	}
	for _, state := range []provisioning.State{provisioning.Terminating, provisioning.Terminated} {
		if _, moved, err := in(t, state).NewSpeed(wanted, 3); moved || codeOf(err) != "service_state_conflict" {
			t.Errorf("%s: %v, %v", state, moved, err)
		}
	}
}

// S3-123: alarms are raised and cleared once each. Nobody clears a dying gasp: an ONU whose signal is back has its power back.
func TestAlarms(t *testing.T) {
	s := in(t, provisioning.Active)
	for i, k := range []struct {
		kind   string
		raised bool
		moved  bool
		left   string
	}{
		{provisioning.LossOfSignal, false, false, "[]"}, {provisioning.DyingGasp, true, true, "[dying_gasp]"}, {provisioning.DyingGasp, true, false, "[dying_gasp]"},
		{provisioning.LossOfSignal, true, true, "[dying_gasp loss_of_signal]"}, {"rx_power_low", true, true, "[dying_gasp loss_of_signal rx_power_low]"},
		{provisioning.LossOfSignal, true, false, "[dying_gasp loss_of_signal rx_power_low]"}, {provisioning.LossOfSignal, false, true, "[rx_power_low]"},
		{provisioning.DyingGasp, true, true, "[rx_power_low dying_gasp]"}, {provisioning.LossOfSignal, false, true, "[rx_power_low]"}, {"rx_power_low", false, true, "[]"},
	} {
		at := noon.Add(time.Duration(i) * time.Minute)
		next, moved := s.Noticed(k.kind, k.raised, at)
		left := []string{}
		for _, a := range next.Alarms {
			left = append(left, a.Kind)
		}
		if moved != k.moved || fmt.Sprint(left) != k.left || (next.Version == s.Version+1) != k.moved || k.raised && k.moved && !next.Alarms[len(next.Alarms)-1].Since.Equal(at) {
			t.Errorf("%d: %s raised %v: moved %v, %v", i, k.kind, k.raised, moved, next.Alarms)
		}
		s = next
	}
}
