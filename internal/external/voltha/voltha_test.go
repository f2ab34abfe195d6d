package voltha_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/provisioning"
	"turnup/internal/external/voltha"
	"turnup/internal/external/voltha/alarm"
	"turnup/internal/external/voltha/sandbox"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // hundreds of calls
	os.Exit(m.Run())
}

const (
	serial = "BBSM00000001"
	other  = "BBSM00000002"
	enough = 3 * time.Second
)

// quick is a network that works fast, with two ONUs at one PON.
var quick = sandbox.Options{
	Delays: sandbox.Delays{Enable: 10, Activate: 20, Reboot: 60, Install: 10},
	Plant: sandbox.Plant{OLTs: []sandbox.OLT{{Serial: "BBSIM_OLT_0", Enabled: true, ONUs: []sandbox.ONU{
		{Serial: serial, PON: 1}, {Serial: other, PON: 1}}}, {Serial: "BBSIM_OLT_1", Enabled: true}}},
}

type network struct {
	*sandbox.Server
	*voltha.Client
	ctx context.Context
	t   *testing.T
}

// begin starts a network and a client of it over real sockets.
func begin(t *testing.T, s sandbox.Options, change ...func(*voltha.Options)) network {
	t.Helper()
	server := sandbox.New(s)
	core, controller, err := server.Start("127.0.0.1:0", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := voltha.Options{Core: core, Controller: controller, OLTs: map[string]string{"olt-1": "BBSIM_OLT_0"},
		Within: 800 * time.Millisecond, Discovery: 400 * time.Millisecond, Poll: 5 * time.Millisecond}
	for _, c := range change {
		c(&o)
	}
	client, err := voltha.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = client.Close(), server.Close() })
	return network{server, client, t.Context(), t}
}

func line(serial string) provisioning.Line {
	return provisioning.Line{Service: id.Service("svc-1"), Port: provisioning.Port{OLT: "olt-1", PON: "pon-0/1"}, Serial: serial,
		Profile: provisioning.Profile{DownKbps: 300_000, UpKbps: 150_000}, Username: "sub-1001"}
}

func (n network) fails(f ...sandbox.Fault) {
	n.t.Helper()
	if err := n.SetFaults(f...); err != nil {
		n.t.Fatal(err)
	}
}

func (n network) provisioned(l provisioning.Line) {
	n.t.Helper()
	if err := n.Provision(n.ctx, l, enough); err != nil {
		n.t.Fatal(err)
	}
}

// seen waits until an ONU is active.
func (n network) seen(serial string) {
	n.t.Helper()
	for end := time.Now().Add(enough); !n.Active(serial); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			n.t.Fatal(serial, "is not active")
		}
	}
}

// wants checks an error, and that its details say which system it is about.
func (n network) wants(err error, want *fault.Fault) {
	n.t.Helper()
	if !errors.Is(err, want) {
		n.t.Errorf("got %v, want %s", err, want.Code)
	} else if !strings.HasPrefix(fault.Of(err).Details["system"], "voltha") {
		n.t.Errorf("details %v", fault.Of(err).Details)
	}
}

// S3-121, S3-118: an ONU is provisioned by serial and PON port with the plan's speeds, and is active afterwards.
func TestProvision(t *testing.T) {
	t.Parallel()
	var told sync.Map
	o := quick
	o.Changed = func(serial string, up bool) { told.Store(serial, up) }
	n := begin(t, o)
	n.provisioned(line(serial))
	if !n.Active(serial) || !n.ServiceUp(serial) || n.ServiceUp(other) {
		t.Error("the service does not work")
	}
	state := n.State()
	if len(state.Services) != 1 || state.Services[0].Name != serial+"-1_"+serial+"-1-4096-901-901-64" || state.Services[0].RemoteID != "sub-1001" ||
		state.Services[0].Up != "HSI-150000" || state.Services[0].Down != "HSI-300000" {
		t.Errorf("services %+v", state.Services)
	}
	if len(state.Profiles) != 2 || state.Profiles[1].PIR != 300_000 || state.Profiles[1].CIR != 30_000 || state.Profiles[1].PBS != 375_000 || state.Profiles[1].GIR != 0 {
		t.Errorf("profiles %+v", state.Profiles[1])
	}
	if up, _ := told.Load(serial); up != true {
		t.Errorf("told %v", up)
	}
	// again: nothing happens twice
	n.provisioned(line(serial))
	if again := n.State(); len(again.Services) != 1 || len(again.Profiles) != 2 {
		t.Errorf("again: %+v", again.Services)
	}
	// another ONU at the PON has another VLAN
	n.provisioned(line(other))
	if s := n.State().Services[1]; s.Name != other+"-1_"+other+"-1-4096-901-902-64" {
		t.Error(s.Name)
	}
}

// S3-121: an ONU that was disabled, one that is about to appear, and one whose serial number is written in another way.
func TestProvisionLater(t *testing.T) {
	t.Parallel()
	n := begin(t, quick)
	n.provisioned(line(serial))
	if err := n.Deprovision(n.ctx, line(serial)); err != nil || n.Active(serial) {
		t.Fatal(err)
	}
	n.provisioned(line(serial))
	late := "ALCLb3a12c01"
	time.AfterFunc(100*time.Millisecond, func() { _ = n.Plug(sandbox.ONU{Serial: late, OLT: "BBSIM_OLT_0", PON: 1}) })
	n.provisioned(line(strings.ToUpper(late)))
	if !n.ServiceUp(late) {
		t.Error("not up")
	}
}

// S3-98, S3-106, S3-121: what is wrong with an ONU is told apart, and whether waiting helps.
func TestProvisionFaults(t *testing.T) {
	t.Parallel()
	elsewhere := line(serial)
	elsewhere.Port.PON = "pon-0/2"
	otherOLT := line(serial)
	otherOLT.Port.OLT = "BBSIM_OLT_1"
	tests := []struct {
		name  string
		mode  sandbox.Mode
		line  provisioning.Line
		want  *fault.Fault
		cause string
	}{
		{"unknown serial", "", line("BBSM0000FFFF"), provisioning.ErrONUNotFound, ""},
		{"no serial", "", line(""), provisioning.ErrONUNotFound, ""},
		{"never seen", sandbox.Absent, line(serial), provisioning.ErrONUNotFound, ""},
		{"other PON", "", elsewhere, provisioning.ErrONUElsewhere, "seen at BBSIM_OLT_0 PON 1"},
		{"other OLT", "", otherOLT, provisioning.ErrONUElsewhere, "seen at BBSIM_OLT_0 PON 1"},
		{"never active", sandbox.Inactive, line(serial), provisioning.ErrONUWaiting, "ENABLED ACTIVATING REACHABLE"},
		{"dark", sandbox.NoSignal, line(serial), provisioning.ErrONUWaiting, "ENABLED DISCOVERED UNREACHABLE"},
		{"no flows", sandbox.UNIDown, line(serial), provisioning.ErrONUWaiting, "NO_FLOWS_PROVISIONED"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := begin(t, quick, func(o *voltha.Options) { o.Discovery = 100 * time.Millisecond })
			n.t = t
			n.seen(serial)
			if err := n.SetMode(serial, test.mode); err != nil {
				t.Fatal(err)
			}
			err := n.Provision(n.ctx, test.line, 300*time.Millisecond)
			n.wants(err, test.want)
			if f := fault.Of(err); f != nil && !strings.Contains(f.Details["cause"], test.cause) {
				t.Errorf("cause %q", f.Details["cause"])
			}
			if transient := test.want == provisioning.ErrONUWaiting; fault.Transient(err) != transient {
				t.Errorf("transient %v", !transient)
			}
		})
	}
}

// The flows need not be there for operators whose customers plug the router in later.
func TestWithoutFlows(t *testing.T) {
	t.Parallel()
	n := begin(t, quick, func(o *voltha.Options) { o.WithoutFlows = true })
	if err := n.SetMode(serial, sandbox.UNIDown); err != nil {
		t.Fatal(err)
	}
	n.provisioned(line(serial))
	if s, err := n.Status(n.ctx, serial); err != nil || !s.Service || n.ServiceUp(serial) {
		t.Errorf("%+v %v", s, err)
	}
}

// A controller that does not sum flows up is asked for the flows.
func TestOlderController(t *testing.T) {
	t.Parallel()
	n := begin(t, quick)
	n.fails(sandbox.Fault{Mode: sandbox.Missing, Match: "GET /vgc/v1/flow-status"})
	n.provisioned(line(serial))
	if s, err := n.Status(n.ctx, serial); err != nil || !s.Service {
		t.Errorf("%+v %v", s, err)
	}
	if s, err := n.Status(n.ctx, other); err != nil || s.Service {
		t.Errorf("%+v %v", s, err)
	}
	if err := n.SetMode(other, sandbox.UNIDown); err != nil {
		t.Fatal(err)
	}
	n.wants(n.Provision(n.ctx, line(other), 200*time.Millisecond), provisioning.ErrONUWaiting)
}

// S3-118: another plan is another speed; the controller would ignore it over the old one.
func TestSetProfile(t *testing.T) {
	t.Parallel()
	n := begin(t, quick)
	n.provisioned(line(serial))
	l := line(serial)
	l.Profile = provisioning.Profile{DownKbps: 1_000_000, UpKbps: 500_000}
	for range 2 {
		if err := n.SetProfile(n.ctx, l); err != nil {
			t.Fatal(err)
		}
		s := n.State().Services
		if len(s) != 1 || s[0].Up != "HSI-500000" || s[0].Down != "HSI-1000000" || !n.ServiceUp(serial) {
			t.Errorf("%+v", s)
		}
	}
	l.Serial = "BBSM0000FFFF"
	n.wants(n.SetProfile(n.ctx, l), provisioning.ErrONUNotFound)
	// while the ONU is dark the controller's word is enough: it takes the speed when the ONU is back
	l = line(serial)
	if err := n.SetMode(serial, sandbox.NoSignal); err != nil {
		t.Fatal(err)
	}
	if err := n.SetProfile(n.ctx, l); err != nil {
		t.Fatal(err)
	}
	if s := n.State().Services; s[0].Down != "HSI-300000" || n.ServiceUp(serial) {
		t.Errorf("%+v", s)
	}
}

// Taking down what is there, what is there no longer, and what never was.
func TestDeprovision(t *testing.T) {
	t.Parallel()
	n := begin(t, quick)
	n.provisioned(line(serial))
	n.provisioned(line(other))
	for range 2 {
		if err := n.Deprovision(n.ctx, line(serial)); err != nil {
			t.Fatal(err)
		}
		if n.ServiceUp(serial) || n.Active(serial) || !n.ServiceUp(other) || len(n.State().Services) != 1 {
			t.Errorf("%+v", n.State())
		}
	}
	if err := n.Deprovision(n.ctx, line("BBSM0000FFFF")); err != nil {
		t.Error(err)
	}
	// the ONU is another line's: ordered with a mistaken serial number, that line is taken down again
	mistaken := line(other)
	mistaken.Port.PON = "pon-0/7"
	n.wants(n.Provision(n.ctx, mistaken, enough), provisioning.ErrONUElsewhere)
	if err := n.Deprovision(n.ctx, mistaken); err != nil || !n.ServiceUp(other) {
		t.Errorf("another line was taken down: %v", err)
	}
}

// S3-122, S3-123: status with optical levels, in range, out of range and not measurable.
func TestStatus(t *testing.T) {
	t.Parallel()
	n := begin(t, quick)
	n.provisioned(line(serial))
	s, err := n.Status(n.ctx, serial)
	if err != nil || s.Serial != serial || !s.Active || s.State != "ENABLED ACTIVE REACHABLE" || s.Reason != "omci-flows-pushed" || !s.Service {
		t.Fatalf("%+v %v", s, err)
	}
	if o := s.Optical; o == nil || !o.InRange() || o.RxDBm > -18.3 || o.RxDBm < -18.5 || o.Volts < 3 || o.Celsius != 45 || o.BiasMilliamp != 12.5 || o.TxDBm < 2 {
		t.Errorf("%+v", o)
	}
	for mode, ok := range map[sandbox.Mode]func(provisioning.ONU) bool{
		sandbox.Weak: func(s provisioning.ONU) bool {
			return s.Active && s.Service && s.Optical != nil && !s.Optical.InRange()
		},
		sandbox.Unmeasurable: func(s provisioning.ONU) bool { return s.Active && s.Optical == nil },
		sandbox.NoSignal: func(s provisioning.ONU) bool {
			return !s.Active && !s.Service && s.Optical == nil && s.State == "ENABLED DISCOVERED UNREACHABLE"
		},
	} {
		if err := n.SetMode(serial, mode); err != nil {
			t.Fatal(err)
		}
		time.Sleep(60 * time.Millisecond) // it is as the mode says
		if s, err := n.Status(n.ctx, serial); err != nil || !ok(s) {
			t.Errorf("%s: %+v %+v %v", mode, s, s.Optical, err)
		}
	}
	_, err = n.Status(n.ctx, "BBSM0000FFFF")
	n.wants(err, provisioning.ErrONUNotFound)
}

// S3-123: the events of an ONU that goes dark or loses power reach whoever reads alarms.
func TestEvents(t *testing.T) {
	t.Parallel()
	events := make(chan []byte, 4)
	o := quick
	o.Event = func(_ string, event []byte) { events <- event }
	n := begin(t, o)
	n.seen(serial)
	for _, step := range []struct {
		mode   sandbox.Mode
		kind   string
		raised bool
	}{{sandbox.NoSignal, alarm.LossOfSignal, true}, {sandbox.Normal, alarm.LossOfSignal, false}, {sandbox.Gasped, alarm.DyingGasp, true}} {
		if err := n.SetMode(serial, step.mode); err != nil {
			t.Fatal(err)
		}
		a, err := alarm.Parse(<-events)
		if err != nil || a.Kind != step.kind || a.Raised != step.raised || a.Serial != serial || a.Device == "" || time.Since(a.At) > time.Minute {
			t.Errorf("%+v %v", a, err)
		}
	}
}

// S3-124: a reboot is seen going and coming.
func TestReboot(t *testing.T) {
	t.Parallel()
	n := begin(t, quick)
	n.provisioned(line(serial))
	if err := n.Reboot(n.ctx, serial, enough); err != nil {
		t.Fatal(err)
	}
	if s := reboots(n); s != 1 || !n.Active(serial) {
		t.Errorf("%d reboots", s)
	}
	n.wants(n.Reboot(n.ctx, "BBSM0000FFFF", enough), provisioning.ErrONUNotFound)
	n.wants(n.Reboot(n.ctx, serial, 40*time.Millisecond), provisioning.ErrONUWaiting)
	// it is still away: asked again it is only waited for, not told anything
	n.fails(sandbox.Fault{Mode: sandbox.Fail, Match: "RebootDevice", Code: "Unknown"})
	if err := n.Reboot(n.ctx, serial, enough); err != nil || reboots(n) != 2 {
		t.Errorf("%d reboots, %v", reboots(n), err)
	}
	// an answer of success without a reboot is not believed
	n.fails(sandbox.Fault{Mode: sandbox.Lie, Match: "RebootDevice"})
	n.wants(n.Reboot(n.ctx, serial, enough), provisioning.ErrONUWaiting)
}

func reboots(n network) int {
	s := n.State().ONUs
	return s[slices.IndexFunc(s, func(o sandbox.ONUState) bool { return o.Serial == serial })].Reboots
}
