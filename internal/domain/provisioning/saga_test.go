package provisioning_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/provisioning"
)

var refused = provisioning.ErrONUNotFound.With("system", "voltha").With("cause", "no device BBSM00000001")

// parkings are what was told of parked work.
func (l *line) parkings() (found []event.ProvisioningParked) {
	for _, e := range l.told {
		if e.Type == event.TypeProvisioningParked {
			var p event.ProvisioningParked
			ok(l.T, event.Decode(e, &p))
			found = append(found, p)
		}
	}
	return found
}

// S3-117, S3-121, S3-125, S3-129, S3-131: what is set up, in which order and with what; what the inventory gave is the service's.
func TestProvisioning(t *testing.T) {
	l := begun(t)
	ok(t, l.machine())
	same(t, "calls", l.calls, "[validate reserve provision status configure]")
	s := l.stored
	same(t, "given", l.got, []any{port, s.ID,
		provisioning.Binding{Service: s.ID, Customer: "cus_1", Port: port, Serial: equipment.ONU, Hostname: "01jd3q6v6k8m4h0wz0v5q3y1xa.demo"},
		provisioning.Line{Service: s.ID, Port: port, Serial: equipment.ONU, Profile: s.Profile, Username: s.Username}, patience.Within, equipment.ONU,
		equipment.CPE, provisioning.Settings{Service: s.ID, Username: s.Username, Secret: provisioning.Key("key").Secret(s)}, patience.Within})
	same(t, "service", []any{s.State, s.Allocation, s.Built, s.Work.Done, s.Barred(), l.types()}, []any{provisioning.Active, allocation, provisions, provisions, "", "[service.activated]"})
	var active event.ServiceActivated
	ok(t, event.Decode(l.told[0], &active))
	same(t, "told", active, event.ServiceActivated{OrderID: "ord_1", First: true, OLT: port.OLT, ServiceChanged: event.ServiceChanged{ServiceID: s.ID, SubscriptionID: s.Subscription, CustomerID: "cus_1", Service: "Fibre 300"}})
	same(t, "standing", l.standing(), "[addresses cpe onu]")
}

// S3-53: a step that runs again after it was recorded calls nobody; one whose record was lost is done again under the same names and
// recorded once; two of one step at once record it once.
func TestStepsTwice(t *testing.T) {
	for _, name := range provisions[:4] {
		t.Run(string(name), func(t *testing.T) {
			l := begun(t)
			for _, before := range provisions {
				if before == name {
					break
				}
				_, err := l.run(before)(t.Context(), l.ref())
				ok(t, err)
			}
			l.calls, l.got, l.broken = nil, nil, errLost
			if _, err := l.run(name)(t.Context(), l.ref()); !errors.Is(err, errLost) {
				t.Fatal(err)
			}
			first := l.got
			l.got = nil
			r, done := l.ref(), len(l.stored.Built)
			l.during["save"] = func() { // another try of the same step is faster
				_, err := l.run(name)(t.Context(), r)
				ok(t, err)
				l.got = nil
			}
			_, err := l.run(name)(t.Context(), r)
			ok(t, err)
			same(t, "done and built", []any{l.stored.Work.Done, l.stored.Built}, []any{provisions[:done+1], provisions[:done+1]})
			l.calls, l.saves = nil, 0
			_, err = l.run(name)(t.Context(), l.ref())
			ok(t, err)
			same(t, "once it is recorded", []any{len(l.calls), l.saves}, []any{0, 0})
			if len(first) > 0 && name != provisioning.StepSubscriber {
				again := begun(t)
				ok(t, again.machine())
				for _, given := range first {
					found := false
					for _, g := range again.got {
						found = found || g == given
					}
					if !found {
						t.Errorf("%v was given once only", given)
					}
				}
			}
		})
	}
}

// A try that fails while another try of the same step succeeded counts nothing and parks nothing.
func TestFailureAfterSuccess(t *testing.T) {
	l := begun(t)
	r := l.ref()
	l.fails["validate"] = []error{refused}
	l.during["validate"] = func() {
		l.fails["validate"] = nil
		_, err := l.run(provisioning.StepInventory)(t.Context(), r)
		ok(t, err)
		l.fails["validate"] = []error{refused}
	}
	_, err := l.run(provisioning.StepInventory)(t.Context(), r)
	same(t, "answer", []any{err, l.stored.Work.Parked, l.stored.Work.Tries, l.stored.Work.Done}, []any{nil, "<nil>", 0, "[inventory]"})
}

// S3-98, S3-103, S3-104: what fails in passing is tried again and counted, by the service and not by the machine, and parked when its
// tries are used up. A success forgets them.
func TestTransient(t *testing.T) {
	l := begun(t)
	offline := provisioning.ErrCPEOffline.With("system", "genieacs").With("cause", "no answer within 20s")
	l.fails["configure"] = []error{offline, offline}
	l.fails["provision"] = []error{provisioning.ErrNetwork, errors.New("dial tcp: refused")}
	r := l.ref()
	for _, name := range provisions[:2] {
		_, err := l.run(name)(t.Context(), r)
		ok(t, err)
	}
	for tries, code := range []string{"network_error", "internal"} {
		_, err := l.run(provisioning.StepAccess)(t.Context(), r)
		same(t, "a failed try", []any{fault.Transient(err), errors.Is(err, provisioning.ErrParked), l.stored.Work.Tries, l.stored.Work.Failed}, []any{true, false, tries + 1, code})
	}
	ok(t, l.machine())
	same(t, "in the end", []any{l.stored.State, l.stored.Work.Tries, l.stored.Work.Failed, l.types()}, []any{provisioning.Active, 0, "", "[service.activated]"})

	l = begun(t)
	l.fails["configure"] = []error{offline, offline, offline}
	err := l.machine()
	same(t, "answer", []any{codeOf(err), fault.Transient(err)}, []any{"work_parked", false})
	same(t, "parked", *l.stored.Work.Parked, provisioning.Parked{Step: provisioning.StepCPE, System: "genieacs", Code: "cpe_offline", Cause: "no answer within 20s", At: l.clock.Now()})
	same(t, "stands", []any{l.stored.State, l.stored.Work.Tries, l.stored.Work.Failed, l.stored.Built, l.standing()}, []any{provisioning.Provisioning, 3, "cpe_offline", "[inventory subscriber access]", "[addresses onu]"})
	same(t, "told", l.parkings(), []event.ProvisioningParked{{ServiceID: l.stored.ID, SubscriptionID: l.stored.Subscription, CustomerID: "cus_1", OrderID: "ord_1", Service: "Fibre 300", Kind: "provision",
		Step: "cpe", System: "genieacs", Code: "cpe_offline", Cause: "no answer within 20s"}})
	l.calls = nil
	if err := l.machine(); codeOf(err) != "work_superseded" || len(l.calls) > 0 {
		t.Errorf("the machine of parked work goes on: %v, %v", err, l.calls)
	}
}

// S3-98, S3-106: what somebody must change first is parked at once, at whichever system, and told apart by its code.
func TestPermanent(t *testing.T) {
	for call, k := range map[string]struct {
		failed *fault.Fault
		step   provisioning.Step
		stands string
	}{
		"validate":  {provisioning.ErrPortFull, provisioning.StepInventory, "[]"},
		"reserve":   {provisioning.ErrPoolEmpty, provisioning.StepInventory, "[]"},
		"provision": {refused, provisioning.StepAccess, "[addresses]"},
		"status":    {provisioning.ErrONUElsewhere, provisioning.StepAccess, "[addresses onu]"},
		"configure": {provisioning.ErrCPEUnknown, provisioning.StepCPE, "[addresses onu]"},
	} {
		l := begun(t)
		l.fails[call] = []error{k.failed}
		err := l.machine()
		p := l.stored.Work.Parked
		if codeOf(err) != "work_parked" || !errors.Is(err, k.failed) || p == nil || p.Step != k.step || p.Code != k.failed.Code || p.Cause == "" || l.stored.Work.Tries != 1 || len(l.parkings()) != 1 {
			t.Errorf("%s: %v, %+v", call, err, l.stored.Work)
		}
		same(t, call, l.standing(), k.stands)
	}
}

// S3-101, S3-102, S3-105: parking again says so, which keeps ticket and mail single; going on calls nobody whose step is done. Other
// work is told of anew.
func TestRetry(t *testing.T) {
	l := begun(t)
	l.fails["configure"] = []error{provisioning.ErrCPEUnknown, provisioning.ErrCPERefused}
	for range 2 {
		if err := l.machine(); codeOf(err) != "work_parked" {
			t.Fatal(err)
		}
		s, err := l.stored.Retry(l.clock.Now())
		ok(t, err)
		same(t, "work", []any{s.Work.Number, s.Work.Parked, s.Work.Tries, s.Work.Since}, []any{1, "<nil>", 0, noon})
		l.stored, l.calls = s, nil
	}
	same(t, "execution", l.stored.Work.Execution(l.stored.ID), l.stored.ID+"-1-3")
	ok(t, l.machine())
	same(t, "calls", []any{l.calls, l.stored.State}, []any{"[configure]", provisioning.Active})
	same(t, "again", []any{len(l.parkings()), l.parkings()[0].Again, l.parkings()[1].Again}, []any{2, false, true})
	next, _ := l.stored.Terminate(l.clock.Now())
	l.stored, l.fails["forget"] = next, []error{provisioning.ErrRefused}
	if err := l.machine(); codeOf(err) != "work_parked" || l.parkings()[2].Again || l.parkings()[2].Kind != "terminate" {
		t.Errorf("%v, %+v", err, l.parkings())
	}
}

// S3-105: an attempt that is not the present one does nothing: one of before a retry, of other work, of a service that is done.
func TestOldAttempts(t *testing.T) {
	l := begun(t)
	l.fails["validate"] = []error{provisioning.ErrPortDown}
	old := l.ref()
	_ = l.machine()
	l.stored, _ = l.stored.Retry(noon)
	l.calls = nil
	for _, r := range []provisioning.Ref{old, {Tenant: "demo", Service: old.Service, Number: 2, Run: 2}, {Tenant: "demo", Service: old.Service, Number: 1, Run: 3}} {
		for _, name := range append(provisions, provisioning.StepSettle) {
			if _, err := l.run(name)(t.Context(), r); codeOf(err) != "work_superseded" || fault.Transient(err) || len(l.calls) > 0 {
				t.Errorf("%s of %+v: %v, %v", name, r, err, l.calls)
			}
		}
	}
	if _, err := l.run(provisioning.StepInventory)(t.Context(), provisioning.Ref{Tenant: "other", Service: old.Service, Number: 1, Run: 2}); codeOf(err) != "service_not_found" {
		t.Error(err)
	}
}

// S3-122: a level outside of what the ONU works with is a failure of its own, at both ends of the range; one that cannot be measured is none.
func TestOpticalLevel(t *testing.T) {
	for rx, good := range map[float64]bool{0: true, -18: true, -27: true, -8: true, -27.1: false, -7.9: false, -40: false, 3: false} {
		l := begun(t)
		l.rx = rx
		err := l.machine()
		if good != (err == nil) {
			t.Errorf("%v dBm: %v", rx, err)
		}
		if p := l.stored.Work.Parked; !good && (p == nil || p.Code != "optical_level_out_of_range" || p.System != "voltha" || !strings.Contains(p.Cause, "dBm") || p.Step != provisioning.StepAccess || l.stored.Work.Tries != 1) {
			t.Errorf("%v dBm: %+v", rx, p)
		}
	}
}

// S3-101, S3-104: work whose machine gave up waits for a human as well, told of once; an old or ended machine parks nothing.
func TestPark(t *testing.T) {
	l := begun(t)
	g, r := l.settler(), l.ref()
	l.during["save"] = func() { l.stored.Version++ } // somebody changed it meanwhile
	if _, err := g.Park(t.Context(), r, provisioning.StepAccess, "States.Timeout: "); !errors.Is(err, provisioning.ErrMoved) || !fault.Transient(err) {
		t.Errorf("the machine is not told to try again: %v", err)
	}
	for range 2 {
		_, err := g.Park(t.Context(), r, provisioning.StepAccess, "States.Timeout: ")
		ok(t, err)
	}
	same(t, "parked", *l.stored.Work.Parked, provisioning.Parked{Step: provisioning.StepAccess, Code: "internal", Cause: "States.Timeout: ", At: l.clock.Now()})
	same(t, "told", []any{len(l.parkings()), l.parkings()[0].Again}, []any{1, false})
	l.stored, _ = l.stored.Retry(noon)
	_, err := g.Park(t.Context(), r, provisioning.StepAccess, "late")
	same(t, "an old machine", []any{err, l.stored.Work.Parked}, []any{nil, "<nil>"})
	ok(t, l.machine())
	_, err = g.Park(t.Context(), l.ref(), provisioning.StepActivate, "late")
	same(t, "an ended machine", []any{err, l.stored.Work.Parked, l.stored.State}, []any{nil, "<nil>", provisioning.Active})
}

// S3-118: a line that is set up gets the speed that its service has now; one that is not gets it when it is, even when it changes in the
// midst of that. One that ends gets none.
func TestSpeed(t *testing.T) {
	l := lineOf(t, in(t, provisioning.Active))
	l.stored.Profile = provisioning.Profile{DownKbps: 7, UpKbps: 5}
	r := provisioning.Ref{Tenant: "demo", Service: l.stored.ID, Number: 99}
	l.fails["set profile"] = []error{provisioning.ErrNetwork}
	if _, err := l.settler().Speed(t.Context(), r); !errors.Is(err, provisioning.ErrNetwork) {
		t.Errorf("the machine is not told to try again: %v", err)
	}
	_, err := l.settler().Speed(t.Context(), r)
	ok(t, err)
	same(t, "the line", l.got[1], provisioning.Line{Service: l.stored.ID, Port: port, Serial: equipment.ONU, Profile: l.stored.Profile, Username: l.stored.Username})
	same(t, "the service", []any{l.saves, l.stored.State}, []any{0, provisioning.Active})
	for state, calls := range map[provisioning.State]string{provisioning.Designed: "[]", provisioning.Provisioning: "[]", provisioning.Terminating: "[deprovision]", provisioning.Terminated: "[deprovision]"} {
		l := lineOf(t, in(t, state))
		_, err := l.settler().Speed(t.Context(), r)
		same(t, string(state), []any{err, l.calls}, []any{nil, calls}) // a try before may have set the line up again
	}
	l = lineOf(t, in(t, provisioning.Active))
	l.during["set profile"] = func() { l.stored, _ = l.stored.Terminate(noon) }
	_, err = l.settler().Speed(t.Context(), r)
	same(t, "ended meanwhile", []any{err, l.calls}, []any{nil, "[set profile deprovision]"})
	l = begun(t)
	l.during["provision"] = func() { l.stored, _, _ = l.stored.NewSpeed(provisioning.Profile{DownKbps: 7, UpKbps: 5}, 0) }
	ok(t, l.machine())
	set := provisioning.Profile{}
	for _, given := range l.got {
		if line, is := given.(provisioning.Line); is {
			set = line.Profile
		}
	}
	same(t, "changed in the midst", []any{set, l.stored.State, l.stored.Work.Tries}, []any{provisioning.Profile{DownKbps: 7, UpKbps: 5}, provisioning.Active, 0})
}

// S3-100: what is told and kept of a failure holds no secret of the account.
func TestNoSecretInWork(t *testing.T) {
	l := begun(t)
	l.fails["configure"] = []error{provisioning.ErrCPERefused}
	_ = l.machine()
	kept, err := json.Marshal([]any{l.stored, l.told})
	ok(t, err)
	if strings.Contains(string(kept), provisioning.Key("key").Secret(l.stored)) {
		t.Error("the secret is kept")
	}
}

// A step that there is not is nobody's.
func TestUnknownStep(t *testing.T) {
	l := begun(t)
	_, err := l.settler().Run(t.Context(), l.ref(), "dance")
	same(t, "answer", []any{codeOf(err), l.stored.Work.Parked.Code, l.stored.Work.Since}, []any{"work_parked", "invalid_request", noon})
}
