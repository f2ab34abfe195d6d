package provisioning_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/provisioning"
)

// S3-124, S3-126, S3-127, S3-128: which fields belong to which kind, and what they may hold; nothing that could be read as another
// command or path.
func TestValidateRequest(t *testing.T) {
	for _, k := range []struct {
		r     provisioning.Request
		field string // that does not fit; "" when all do
	}{
		{provisioning.Request{Kind: provisioning.Health}, ""}, {provisioning.Request{Kind: provisioning.Optics}, ""}, {provisioning.Request{Kind: provisioning.RebootONU}, ""}, {provisioning.Request{Kind: provisioning.RebootCPE}, ""},
		{provisioning.Request{Kind: provisioning.Ping, Host: "192.0.2.1"}, ""}, {provisioning.Request{Kind: provisioning.Trace, Host: "example.com"}, ""}, {provisioning.Request{Kind: provisioning.Ping, Host: "2001:db8::1"}, ""},
		{provisioning.Request{Kind: provisioning.Ping, Host: "a"}, ""},
		{provisioning.Request{Kind: provisioning.Ping}, "body.host"}, {provisioning.Request{Kind: provisioning.Trace}, "body.host"}, {provisioning.Request{Kind: provisioning.Health, Host: "a"}, "body.host"},
		{provisioning.Request{Kind: provisioning.Firmware, File: "a", Host: "a"}, "body.host"},
		{provisioning.Request{Kind: provisioning.Ping, Host: "-f"}, "body.host"}, {provisioning.Request{Kind: provisioning.Ping, Host: "a b"}, "body.host"}, {provisioning.Request{Kind: provisioning.Ping, Host: "a;reboot"}, "body.host"},
		{provisioning.Request{Kind: provisioning.Ping, Host: "a."}, "body.host"}, {provisioning.Request{Kind: provisioning.Ping, Host: "a\n"}, "body.host"}, {provisioning.Request{Kind: provisioning.Ping, Host: strings.Repeat("a", 254)}, "body.host"},
		{provisioning.Request{Kind: provisioning.Firmware, File: "fw-1.2.3.bin"}, ""},
		{provisioning.Request{Kind: provisioning.Firmware}, "body.file"}, {provisioning.Request{Kind: provisioning.Optics, File: "a"}, "body.file"}, {provisioning.Request{Kind: provisioning.Firmware, File: "../a"}, "body.file"},
		{provisioning.Request{Kind: provisioning.Firmware, File: "a/b"}, "body.file"}, {provisioning.Request{Kind: provisioning.Firmware, File: ".a"}, "body.file"},
		{provisioning.Request{Kind: provisioning.Parameters, Parameters: []string{"Device.DeviceInfo.", "Device.WiFi.SSID.1.Stats_X"}}, ""},
		{provisioning.Request{Kind: provisioning.Parameters}, "body.parameters"}, {provisioning.Request{Kind: provisioning.Health, Parameters: []string{"a"}}, "body.parameters"},
		{provisioning.Request{Kind: provisioning.Parameters, Parameters: []string{"a", "b c"}}, "body.parameters[1]"}, {provisioning.Request{Kind: provisioning.Parameters, Parameters: []string{"a", "b", ""}}, "body.parameters[2]"},
		{provisioning.Request{Kind: provisioning.Parameters, Parameters: []string{strings.Repeat("a", 257)}}, "body.parameters[0]"},
	} {
		err := k.r.Validate()
		f := fault.Of(err)
		if (err == nil) != (k.field == "") || f != nil && (f.Code != "invalid_request" || len(f.Fields) != 1 || f.Fields[0].Name != k.field) {
			t.Errorf("%+v: %v", k.r, err)
		}
	}
}

// S3-50: a service can be diagnosed as soon as something of it may be in the network, and until nothing is.
func TestAsk(t *testing.T) {
	for _, state := range states {
		s := in(t, state)
		d, e, err := provisioning.Ask(t.Context(), s, provisioning.Request{Kind: provisioning.Ping, Host: "a"}, "staff:ada", noon)
		if state == provisioning.Designed || state == provisioning.Terminated {
			if !errors.Is(err, provisioning.ErrNotDiagnosable) || fault.Of(err).Details["current"] != string(state) {
				t.Errorf("%s: %v", state, err)
			}
			continue
		}
		var asked event.DiagnosisRequested
		ok(t, err)
		ok(t, event.Decode(e, &asked))
		same(t, string(state), asked, event.DiagnosisRequested{DiagnosisID: d.ID, ServiceID: s.ID, CustomerID: "cus_1", Kind: "ping"})
		same(t, "diagnosis", []any{d.State, d.By, d.AskedAt, d.Version, d.Customer, d.Request.Host, strings.HasPrefix(string(d.ID), id.DiagnosisPrefix)}, []any{"running", "staff:ada", noon, 1, "cus_1", "a", true})
	}
}

// ward keeps one diagnosis of a line's service.
type ward struct {
	*line
	diagnosis provisioning.Diagnosis
	broken    error // of the next write
}

func (w *ward) ServiceDiagnosis(ctx context.Context, t id.Tenant, s id.Service, d id.Diagnosis) (provisioning.Service, provisioning.Diagnosis, error) {
	svc, err := w.Service(ctx, t, s)
	if err == nil && (s != w.diagnosis.Service || d != w.diagnosis.ID) {
		err = provisioning.ErrDiagnosisUnknown
	}
	if err != nil {
		return svc, provisioning.Diagnosis{}, err
	}
	return svc, w.diagnosis, nil
}

func (w *ward) SaveDiagnosis(_ context.Context, d provisioning.Diagnosis, events ...event.Envelope) error {
	if err := w.broken; err != nil {
		w.broken = nil
		return err
	}
	if d.Version != w.diagnosis.Version+1 {
		w.Errorf("version %d was written over %d", d.Version, w.diagnosis.Version)
	}
	w.diagnosis, w.told = d, append(w.told, events...)
	return nil
}

// asked is a ward with a diagnosis of a service that is in use.
func asked(t *testing.T, r provisioning.Request) *ward {
	t.Helper()
	l := begun(t)
	ok(t, l.machine())
	l.calls, l.got, l.told = nil, nil, nil
	d, _, err := provisioning.Ask(t.Context(), l.stored, r, "staff:ada", noon)
	ok(t, err)
	return &ward{line: l, diagnosis: d}
}

func (w *ward) doctor() provisioning.Doctor {
	return provisioning.Doctor{Records: w, Systems: provisioning.Systems{Inventory: inventory{w.line}, Access: access{w.line}, Devices: devices{w.line}}, Sessions: w.line, Clock: w.clock,
		Within: 20 * time.Second, Longest: 14 * time.Minute}
}

func (w *ward) order() provisioning.Order {
	return provisioning.Order{Tenant: "demo", Service: w.stored.ID, Diagnosis: w.diagnosis.ID, Kind: w.diagnosis.Request.Kind}
}

// measured carries the diagnosis out, each task twice.
func (w *ward) measured() provisioning.Diagnosis {
	w.Helper()
	g := w.doctor()
	tasks := []func(context.Context, provisioning.Order) (provisioning.Outcome, error){g.CPE}
	switch w.diagnosis.Request.Kind {
	case provisioning.Health:
		tasks = append(tasks, g.Access, g.Inventory)
	case provisioning.Optics, provisioning.RebootONU:
		tasks[0] = g.Access
	}
	for _, do := range append(tasks, g.Finish) {
		for range 2 {
			_, err := do(w.Context(), w.order())
			ok(w.T, err)
		}
	}
	return w.diagnosis
}

// in words, the parts of a diagnosis: their names, and the code of what is not well.
func partsOf(d provisioning.Diagnosis) string {
	words := []string{}
	for _, p := range d.Parts {
		word := p.Part
		if p.OK == (p.Code != "") {
			word += " (ok contradicts its code)"
		}
		if !p.OK {
			word += ":" + p.Code
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func fact(d provisioning.Diagnosis, part, name string) string {
	for _, p := range d.Parts {
		for _, f := range p.Facts {
			if p.Part == part && f.Name == name {
				return f.Value
			}
		}
	}
	return ""
}

// S3-50, S3-123: health tells each part apart. What a system refuses, or that it does not answer, is a result, and its own part's alone;
// a task that ran twice asked once.
func TestHealth(t *testing.T) {
	for name, k := range map[string]struct {
		set  func(w *ward)
		want string
	}{
		"well":        {func(*ward) {}, "cpe onu address radius"},
		"CPE off":     {func(w *ward) { w.fails["cpe status"] = []error{provisioning.ErrNetwork.With("cause", "timeout")} }, "cpe:network_error onu address radius"},
		"CPE unknown": {func(w *ward) { w.fails["cpe status"] = []error{provisioning.ErrCPEUnknown} }, "cpe:cpe_not_found onu address radius"},
		"CPE reset":   {func(w *ward) { delete(w.stands, "cpe") }, "cpe:cpe_offline onu address radius"},
		"ONU gone":    {func(w *ward) { w.fails["status"] = []error{provisioning.ErrONUNotFound} }, "cpe onu:onu_not_found address radius"},
		"ONU off":     {func(w *ward) { delete(w.stands, "onu") }, "cpe onu:onu_not_active address radius"},
		"ONU without power": {func(w *ward) {
			w.stored, _ = w.stored.Noticed(provisioning.DyingGasp, true, noon)
			delete(w.stands, "onu")
		}, "cpe onu:dying_gasp address radius"},
		"alarm":           {func(w *ward) { w.stored, _ = w.stored.Noticed(provisioning.LossOfSignal, true, noon) }, "cpe onu:loss_of_signal address radius"},
		"dark":            {func(w *ward) { w.rx = -29 }, "cpe onu:optical_level_out_of_range address radius"},
		"not measurable":  {func(w *ward) { w.rx = 0 }, "cpe onu address radius"},
		"address lost":    {func(w *ward) { delete(w.stands, "addresses") }, "cpe onu address:address_not_assigned radius"},
		"address differs": {func(w *ward) { w.stored.Allocation.Address = "100.64.10.2/29" }, "cpe onu address:address_not_assigned radius"},
		"NetBox down":     {func(w *ward) { w.fails["find"] = []error{errors.New("dial tcp: refused")} }, "cpe onu address:internal radius"},
		"nobody online":   {func(w *ward) { w.online = func() int { return 0 } }, "cpe onu address radius:session_not_seen"},
		"suspended":       {func(w *ward) { w.stored = in(t, provisioning.Suspended); w.online = func() int { return 0 } }, "cpe onu address radius"},
		"still in":        {func(w *ward) { w.stored = in(t, provisioning.Suspending) }, "cpe onu address radius:sessions_not_ended"},
		"coming back":     {func(w *ward) { w.stored = in(t, provisioning.Resuming); w.online = func() int { return 0 } }, "cpe onu address radius"},
	} {
		w := asked(t, provisioning.Request{Kind: provisioning.Health})
		k.set(w)
		d := w.measured()
		if partsOf(d) != k.want || d.State != provisioning.DiagnosisDone || !d.EndedAt.Equal(w.clock.Now()) || len(w.told) != 1 || len(w.calls) != 3 {
			t.Errorf("%s: %s, %s, %v, %v", name, d.State, partsOf(d), w.told, w.calls)
		}
		for _, p := range d.Parts {
			if p.Facts == nil {
				t.Errorf("%s: the facts of %s are nil", name, p.Part)
			}
		}
	}
	w := asked(t, provisioning.Request{Kind: provisioning.Health})
	w.fails["cpe status"] = []error{provisioning.ErrNetwork.With("cause", "timeout")}
	d := w.measured()
	same(t, "facts", []string{fact(d, "onu", "rxDbm"), fact(d, "onu", "serial"), fact(d, "address", "address"), fact(d, "radius", "openSessions"), fact(d, "cpe", "cause")},
		[]string{"-18.0", equipment.ONU, allocation.Address, "1", "timeout"})
}

// S3-50: a part whose task never came to an end is not well: silence is no health.
func TestHealthWithoutAPart(t *testing.T) {
	w := asked(t, provisioning.Request{Kind: provisioning.Health})
	g := w.doctor()
	_, err := g.Access(t.Context(), w.order())
	ok(t, err)
	_, err = g.Finish(t.Context(), w.order())
	ok(t, err)
	same(t, "parts", []any{partsOf(w.diagnosis), w.diagnosis.State, w.diagnosis.Version}, []any{"onu radius cpe:network_unanswered address:network_unanswered", "done", 3})
}

// S3-122, S3-124, S3-126, S3-127, S3-128: what is measured or done, with which arguments, and what a failure comes to.
func TestMeasurements(t *testing.T) {
	for _, k := range []struct {
		r     provisioning.Request
		call  string // and what it was given
		part  string
		facts string
	}{
		{provisioning.Request{Kind: provisioning.Optics}, "[status] [BBSM00000001]", "onu", "-18.0"},
		{provisioning.Request{Kind: provisioning.RebootONU}, "[reboot onu] [BBSM00000001 20s]", "onu", ""},
		{provisioning.Request{Kind: provisioning.RebootCPE}, "[reboot cpe] [202BC1-BM632w-000001 20s]", "cpe", ""},
		{provisioning.Request{Kind: provisioning.Ping, Host: "192.0.2.1"}, "[ping] [202BC1-BM632w-000001 192.0.2.1 20s]", "cpe", "7"},
		{provisioning.Request{Kind: provisioning.Trace, Host: "192.0.2.1"}, "[trace] [202BC1-BM632w-000001 192.0.2.1 20s]", "cpe", "192.0.2.1"},
		{provisioning.Request{Kind: provisioning.Parameters, Parameters: []string{"Device.A"}}, "[parameters] [202BC1-BM632w-000001 [Device.A] 20s]", "cpe", "x"},
		{provisioning.Request{Kind: provisioning.Firmware, File: "fw.bin"}, "[upgrade] [202BC1-BM632w-000001 fw.bin 14m0s]", "cpe", "2.0.0"},
	} {
		w := asked(t, k.r)
		d := w.measured()
		same(t, string(k.r.Kind), []any{fmt.Sprint(w.calls, " ", w.got), partsOf(d), d.State}, []any{k.call, k.part, "done"})
		var finished event.DiagnosisFinished
		ok(t, event.Decode(w.told[0], &finished))
		same(t, "told", finished, event.DiagnosisFinished{DiagnosisID: d.ID, ServiceID: d.Service, CustomerID: "cus_1", Kind: string(k.r.Kind), State: "done"})
		if !strings.Contains(fmt.Sprint(d.Parts[0].Facts), k.facts) {
			t.Errorf("%s: %v", k.r.Kind, d.Parts[0].Facts)
		}

		w = asked(t, k.r)
		w.fails[w.calledFor(k.call)] = []error{provisioning.ErrCPEOffline.With("cause", "no answer")}
		d = w.measured()
		same(t, string(k.r.Kind)+" failed", []any{partsOf(d), d.State, len(w.calls), fact(d, k.part, "cause")}, []any{k.part + ":cpe_offline", "failed", 1, "no answer"})
	}
	w := asked(t, provisioning.Request{Kind: provisioning.Optics})
	w.rx = 0
	same(t, "no levels", partsOf(w.measured()), "onu:not_measurable")
	w = asked(t, provisioning.Request{Kind: provisioning.Optics})
	w.rx = -27.4
	d := w.measured()
	same(t, "out of range", []string{partsOf(d), fact(d, "onu", "rxDbm")}, []string{"onu:optical_level_out_of_range", "-27.4"})
}

// calledFor is the name of the call in "[name] […]".
func (w *ward) calledFor(call string) string {
	return strings.TrimPrefix(strings.Split(call, "]")[0], "[")
}

// A diagnosis of which nothing came is failed; one that is over is not measured again; what cannot be recorded is tried again.
func TestFinish(t *testing.T) {
	w := asked(t, provisioning.Request{Kind: provisioning.Ping, Host: "a"})
	g := w.doctor()
	w.broken = provisioning.ErrMoved
	if _, err := g.CPE(t.Context(), w.order()); !errors.Is(err, provisioning.ErrMoved) {
		t.Errorf("the task is not told to try again: %v", err)
	}
	w.fails["sessions"] = []error{errLost} // not asked for
	w.diagnosis.Parts = nil
	_, err := g.Finish(t.Context(), w.order())
	same(t, "nothing came", []any{err, w.diagnosis.State, len(w.told)}, []any{nil, "failed", 1})
	w.calls = nil
	for _, do := range []func(context.Context, provisioning.Order) (provisioning.Outcome, error){g.CPE, g.Access, g.Inventory, g.Finish} {
		_, err := do(t.Context(), w.order())
		same(t, "over", []any{err, len(w.calls), len(w.told), len(w.diagnosis.Parts)}, []any{nil, 0, 1, 0})
	}
	if _, err := g.CPE(t.Context(), provisioning.Order{Tenant: "demo", Service: w.stored.ID, Diagnosis: "dia_none"}); !errors.Is(err, provisioning.ErrDiagnosisUnknown) {
		t.Error(err)
	}
	w = asked(t, provisioning.Request{Kind: provisioning.Health})
	w.fails["sessions"] = []error{errLost}
	if _, err := w.doctor().Finish(t.Context(), w.order()); !errors.Is(err, errLost) || w.diagnosis.State != provisioning.DiagnosisRunning {
		t.Errorf("what is not known is told: %v", err)
	}
}
