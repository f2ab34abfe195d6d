package voltha_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/loopback"
	"turnup/internal/domain/provisioning"
	"turnup/internal/external/voltha"
	"turnup/internal/external/voltha/sandbox"
)

// S3-98, S3-137: failures of both systems have the names the domain knows.
func TestFaultNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault sandbox.Fault
		want  *fault.Fault
	}{
		{"core drops", sandbox.Fault{Mode: sandbox.Refuse, Match: "ListDevices"}, provisioning.ErrUnanswered},
		{"core hangs", sandbox.Fault{Mode: sandbox.Hang, Match: "ListDevices"}, provisioning.ErrUnanswered},
		{"core unavailable", sandbox.Fault{Mode: sandbox.Fail, Match: "ListDevices"}, provisioning.ErrUnanswered},
		{"core fails", sandbox.Fault{Mode: sandbox.Fail, Match: "ListDevices", Code: "Internal"}, provisioning.ErrUnanswered},
		{"core refuses", sandbox.Fault{Mode: sandbox.Fail, Match: "ListDevices", Code: "Unknown", Message: "no such thing"}, provisioning.ErrRefused},
		{"core does not know us", sandbox.Fault{Mode: sandbox.Fail, Match: "ListDevices", Code: "Unauthenticated"}, provisioning.ErrCredential},
		{"not ready for it", sandbox.Fault{Mode: sandbox.Fail, Match: "RebootDevice", Code: "Unknown", Message: "command-rejected-improper-device-state"}, provisioning.ErrONUWaiting},
		{"ONU gone meanwhile", sandbox.Fault{Mode: sandbox.Fail, Match: "RebootDevice", Code: "NotFound"}, provisioning.ErrONUNotFound},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := begin(t, quick)
			n.seen(serial)
			n.fails(test.fault)
			n.wants(n.Reboot(n.ctx, serial, enough), test.want)
		})
	}
	for mode, want := range map[sandbox.FaultMode]*fault.Fault{sandbox.Refuse: provisioning.ErrUnanswered, sandbox.Hang: provisioning.ErrUnanswered,
		sandbox.Fail: provisioning.ErrUnanswered, sandbox.Missing: provisioning.ErrRefused} {
		t.Run("controller "+string(mode), func(t *testing.T) {
			n := begin(t, quick)
			n.fails(sandbox.Fault{Mode: mode, Match: "POST /vgc/v1/subscribers"})
			n.wants(n.Provision(n.ctx, line(serial), enough), want)
		})
	}
}

// S3-98, S3-137: nobody there is a network error, for the core and for the controller; after some of them calls are not even tried.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	n := begin(t, quick, func(o *voltha.Options) { o.Core = loopback.Refused })
	for range 6 {
		_, err := n.Status(n.ctx, serial)
		n.wants(err, provisioning.ErrNetwork)
	}
	n = begin(t, quick, func(o *voltha.Options) { o.Controller = "http://" + loopback.Refused + "/vgc/v1" })
	_, err := n.Status(n.ctx, serial)
	n.wants(err, provisioning.ErrNetwork)
}

// S3-137: the core is back, and so are we.
func TestCoreRestarts(t *testing.T) {
	t.Parallel()
	server := sandbox.New(quick)
	core, controller, err := server.Start("127.0.0.1:0", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client, err := voltha.New(voltha.Options{Core: core, Controller: controller, Within: 800 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Status(t.Context(), serial); !errors.Is(err, provisioning.ErrONUNotFound) && err != nil {
		t.Fatal(err)
	}
	_ = server.Close()
	if _, err := client.Status(t.Context(), serial); !fault.Transient(err) {
		t.Fatal(err)
	}
	again := sandbox.New(quick)
	defer again.Close()
	if _, _, err := again.Start(core, controller[len("http://"):len(controller)-len("/vgc/v1")]); err != nil {
		t.Fatal(err)
	}
	// more tries would open the circuit
	for end := time.Now().Add(enough); ; time.Sleep(time.Second) {
		if _, err := client.Status(t.Context(), serial); err == nil {
			return
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// effects are the calls that change something.
var effects = []string{"EnableDevice", "DisableDevice", "POST /vgc/v1/profiles", "POST /vgc/v1/subscribers", "POST /vgc/v1/services",
	"DELETE /vgc/v1/services", "DELETE /vgc/v1/subscribers"}

// S3-137: whichever answer is lost, of the effect or before it, repeating comes to the same end without a second effect.
func TestRepeatedAfterLoss(t *testing.T) {
	t.Parallel()
	faster := line(serial)
	faster.Profile.DownKbps = 900_000
	steps := []struct {
		name   string
		before func(network)
		do     func(context.Context, network) error
		ok     func(network) bool
	}{
		{"provision", func(n network) { _ = n.Deprovision(n.ctx, line(serial)) },
			func(ctx context.Context, n network) error { return n.Provision(ctx, line(serial), enough) },
			func(n network) bool { return n.ServiceUp(serial) && len(n.State().Services) == 1 }},
		{"profile", func(n network) { n.provisioned(line(serial)) },
			func(ctx context.Context, n network) error { return n.SetProfile(ctx, faster) },
			func(n network) bool {
				s := n.State().Services
				return n.ServiceUp(serial) && len(s) == 1 && s[0].Down == "HSI-900000"
			}},
		{"deprovision", func(n network) { n.provisioned(line(serial)) },
			func(ctx context.Context, n network) error { return n.Deprovision(ctx, line(serial)) },
			func(n network) bool { return !n.Active(serial) && len(n.State().Services) == 0 }},
	}
	for _, step := range steps {
		for _, match := range effects {
			for _, mode := range []sandbox.FaultMode{sandbox.Lose, sandbox.Refuse} {
				t.Run(step.name+" "+match+" "+string(mode), func(t *testing.T) {
					t.Parallel()
					n := begin(t, quick)
					n.seen(serial)
					step.before(n)
					n.fails(sandbox.Fault{Mode: mode, Match: match, Times: 1})
					for tries := 0; ; tries++ {
						err := step.do(n.ctx, n)
						if err == nil {
							break
						}
						if tries == 3 || !errors.Is(err, provisioning.ErrUnanswered) {
							t.Fatal(err)
						}
					}
					if !step.ok(n) {
						t.Errorf("%+v", n.State())
					}
				})
			}
		}
	}
}

// S3-124, S3-137: a reboot whose answer is lost is recognised by what the ONU does, and is not done twice.
func TestRebootAfterLoss(t *testing.T) {
	t.Parallel()
	n := begin(t, quick)
	n.provisioned(line(serial))
	n.fails(sandbox.Fault{Mode: sandbox.Lose, Match: "RebootDevice", Times: 1})
	if err := n.Reboot(n.ctx, serial, enough); err != nil || reboots(n) != 1 {
		t.Errorf("%d reboots, %v", reboots(n), err)
	}
	n.fails(sandbox.Fault{Mode: sandbox.Refuse, Match: "RebootDevice", Times: 1})
	n.wants(n.Reboot(n.ctx, serial, enough), provisioning.ErrUnanswered)
	if err := n.Reboot(n.ctx, serial, enough); err != nil || reboots(n) != 2 {
		t.Errorf("%d reboots, %v", reboots(n), err)
	}
}

// S3-121: 200 and OK are not believed.
func TestLies(t *testing.T) {
	t.Parallel()
	for _, match := range []string{"POST /vgc/v1/profiles", "POST /vgc/v1/subscribers", "POST /vgc/v1/services", "EnableDevice"} {
		t.Run(match, func(t *testing.T) {
			n := begin(t, quick)
			n.seen(serial)
			if err := n.Deprovision(n.ctx, line(serial)); err != nil {
				t.Fatal(err)
			}
			n.fails(sandbox.Fault{Mode: sandbox.Lie, Match: match})
			n.wants(n.Provision(n.ctx, line(serial), 200*time.Millisecond), provisioning.ErrONUWaiting)
			n.fails()
			if match != "POST /vgc/v1/services" { // the service stays hollow until it is turned on anew, which the real one ignores
				n.provisioned(line(serial))
			}
		})
	}
	for _, match := range []string{"DELETE /vgc/v1/subscribers", "DisableDevice"} {
		t.Run(match, func(t *testing.T) {
			n := begin(t, quick, func(o *voltha.Options) { o.Discovery = 100 * time.Millisecond })
			n.provisioned(line(serial))
			n.fails(sandbox.Fault{Mode: sandbox.Lie, Match: match})
			if err := n.Deprovision(n.ctx, line(serial)); err == nil || !fault.Transient(err) {
				t.Error(err)
			}
		})
	}
}

// S3-137: trouble while waiting passes.
func TestTroubleWhileWaiting(t *testing.T) {
	t.Parallel()
	n := begin(t, quick)
	n.fails(sandbox.Fault{Mode: sandbox.Fail, Match: "ListDevices", Times: 1}, sandbox.Fault{Mode: sandbox.Refuse, Match: "GetDevice", Times: 1},
		sandbox.Fault{Mode: sandbox.Fail, Match: "GetDevice", Code: "Internal", Times: 1}, sandbox.Fault{Mode: sandbox.Fail, Match: "GET /vgc/v1/flow-status", Times: 2})
	n.provisioned(line(serial))
	_ = n.Deprovision(n.ctx, line(serial))
	n.fails(sandbox.Fault{Mode: sandbox.Fail, Match: "EnableDevice", Code: "Unknown", Message: "command-rejected-improper-device-state", Times: 2})
	n.provisioned(line(serial))
	n.fails(sandbox.Fault{Mode: sandbox.Fail, Match: "GetExtValue", Code: "Unknown", Message: "command-rejected-improper-device-state", Times: 1})
	if s, err := n.Status(n.ctx, serial); err != nil || s.Optical != nil {
		t.Errorf("%+v %v", s, err)
	}
}

// An ONU that was moved leaves its old device behind; the one at the line's port counts, and of others the one that is up.
func TestMovedONU(t *testing.T) {
	t.Parallel()
	n := begin(t, quick)
	n.provisioned(line(serial))
	if err := n.Plug(sandbox.ONU{Serial: serial, OLT: "BBSIM_OLT_1", PON: 4}); err != nil {
		t.Fatal(err)
	}
	moved := line(serial)
	moved.Port = provisioning.Port{OLT: "BBSIM_OLT_1", PON: "4"}
	n.provisioned(moved)
	if s := n.State().Services; len(s) != 1 || s[0].Name != serial+"-1_"+serial+"-1-4096-904-901-64" {
		t.Errorf("%+v", s)
	}
	n.wants(n.SetProfile(n.ctx, line(serial)), provisioning.ErrONUElsewhere)
}

func TestNew(t *testing.T) {
	t.Parallel()
	if _, err := voltha.New(voltha.Options{Core: "127.0.0.1:1"}); err == nil {
		t.Error("no controller, and no error")
	}
	n := begin(t, quick, func(o *voltha.Options) { o.STag = 4094 })
	n.wants(n.Provision(n.ctx, line(serial), enough), provisioning.ErrRefused)
	if slices.ContainsFunc(n.State().Services, func(sandbox.ServiceState) bool { return true }) {
		t.Error("something was set up")
	}
}
