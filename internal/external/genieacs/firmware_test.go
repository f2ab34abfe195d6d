package genieacs_test

import (
	"context"
	"testing"
	"time"

	"turnup/internal/domain/provisioning"
	"turnup/internal/external/genieacs/sandbox"
)

// S3-127: a router restarts once, also when an answer is lost; one that cannot says so; one that is off does not later.
func TestReboot(t *testing.T) {
	for _, fault := range []sandbox.Fault{
		{Mode: "lose", Match: "connectionRequest", Times: 1}, {Mode: "lose", Match: "reboot", Times: 1},
		{Mode: "lose", Match: "GET /tasks", Times: 1}, {Mode: "lie", Times: 1}, {Mode: "cpe_offline", Times: 1},
	} {
		n := start(t)
		n.faults(fault)
		if err := n.client.Reboot(t.Context(), router, within); err != nil {
			n.is(err, provisioning.ErrUnanswered)
			n.is(n.client.Reboot(t.Context(), router, within), nil)
		}
		if d := n.device(router); d.Reboots != 1 {
			t.Fatalf("%+v: %d reboots", fault, d.Reboots)
		}
		n.clean()
	}
	n := start(t)
	n.mode(old, func(m *sandbox.Modes) { m.NoReboot = true })
	n.is(n.client.Reboot(t.Context(), old, within), provisioning.ErrCPERefused, "9000 Method not supported")
	n.mode(old, func(m *sandbox.Modes) { m.NoReboot, m.Offline = false, true })
	n.is(n.client.Reboot(t.Context(), old, soon), provisioning.ErrCPEOffline)
	n.clean()
	n.is(n.client.Reboot(t.Context(), "202BC1-BM632w-999999", soon), provisioning.ErrCPEUnknown)
}

// S3-126: firmware is installed when the router reports it, and not twice.
func TestUpgrade(t *testing.T) {
	for _, version := range []string{"2.0.0", ""} { // a file need not tell its version
		n := start(t)
		n.file(version)
		want := version
		if want == "" {
			want = installable
		}
		for range 2 {
			if version == "" && n.device(router).Downloads > 0 {
				break // asking for it again is asking to install it again
			}
			if got, err := n.client.Upgrade(t.Context(), router, installable, within); err != nil || got != want {
				t.Fatal(got, err)
			}
		}
		if d := n.device(router); d.Downloads != 1 || len(d.Tags) != 0 {
			t.Errorf("%+v", d)
		}
		n.clean()
	}
}

// S3-126, S3-137: lost answers do not install twice.
func TestUpgradeLost(t *testing.T) {
	for _, match := range []string{"download", "connectionRequest", "POST /devices/202BC1-BM%252D632w-000001/tags", "DELETE /devices", "GET /devices", "GET /files"} {
		n := start(t)
		n.file("")
		n.faults(sandbox.Fault{Mode: "lose", Match: match, Times: 1})
		got, err := n.client.Upgrade(t.Context(), router, installable, within)
		if err != nil {
			n.is(err, provisioning.ErrUnanswered)
			got, err = n.client.Upgrade(t.Context(), router, installable, within)
		}
		if d := n.device(router); err != nil || got != installable || d.Downloads != 1 || len(d.Tags) != 0 {
			t.Errorf("%s: %v %v %+v", match, got, err, d)
		}
	}
}

// S3-126, S3-98: a download that fails is refused by the router, one that has not ended is neither done nor begun again.
func TestUpgradeFailed(t *testing.T) {
	n := start(t)
	upgrade := func(cpe, file string, within time.Duration) error {
		_, err := n.client.Upgrade(t.Context(), cpe, file, within)
		return err
	}
	n.is(upgrade(router, installable, within), provisioning.ErrRefused, "no such file")
	n.file("2.0.0")
	n.mode(router, func(m *sandbox.Modes) { m.Firmware = "fails" })
	n.is(upgrade(router, installable, within), provisioning.ErrCPERefused, "9010 Download failure")
	n.mode(router, func(m *sandbox.Modes) { m.Firmware = "stays" })
	for range 2 {
		n.is(upgrade(router, installable, soon), provisioning.ErrUnanswered, "no other software version")
	}
	if d := n.device(router); d.Downloads != 2 || len(d.Tags) != 1 {
		t.Errorf("%+v", d)
	}
	n.mode(router, func(m *sandbox.Modes) { m.Firmware = "" })
	n.clock.Advance(2 * time.Hour) // whatever that download was, it is over
	n.is(upgrade(router, installable, within), nil)
	n.mode(old, func(m *sandbox.Modes) { m.Offline = true })
	n.is(upgrade(old, installable, soon), provisioning.ErrCPEOffline)
	if d := n.device(old); len(d.Tags) != 0 {
		t.Errorf("%+v", d)
	}
	n.clean()
}

// S3-98, S3-137: what does not answer is told from what is not there; a hang ends in time; routers that are off do not open the
// circuit to the others, a device management that fails does.
func TestFailures(t *testing.T) {
	n := start(t)
	status := func() error {
		_, err := n.client.Status(t.Context(), router)
		return err
	}
	n.mode(router, func(m *sandbox.Modes) { m.Offline = true })
	for range 10 {
		if c, err := n.client.Status(t.Context(), router); err != nil || c.Reachable || c.Configured {
			t.Fatal(c, err)
		}
	}
	for _, cpe := range []string{"202BC1-BM632w-999999", "../tasks", `x"}`, ""} {
		_, err := n.client.Status(t.Context(), cpe)
		n.is(err, provisioning.ErrCPEUnknown)
	}
	n.faults(sandbox.Fault{Mode: "hang", Times: 1})
	began := time.Now()
	n.is(status(), provisioning.ErrUnanswered)
	if took := time.Since(began); took > 10*time.Second {
		t.Error(took)
	}
	n.faults(sandbox.Fault{Mode: "hang", HangMs: 50, Times: 1})
	n.is(status(), nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	n.faults(sandbox.Fault{Mode: "hang", Device: router, Times: 1})
	_, err := n.client.Status(ctx, router)
	n.is(err, provisioning.ErrUnanswered)
	n.faults(sandbox.Fault{Mode: "fail"})
	for range 4 { // the fifth in a row
		n.is(status(), provisioning.ErrUnanswered)
	}
	n.faults()
	n.is(status(), provisioning.ErrNetwork) // the circuit is open
	n.Close()
}
