package genieacs_test

import (
	"strings"
	"testing"

	"turnup/internal/base/id"
	"turnup/internal/domain/provisioning"
	"turnup/internal/external/genieacs/sandbox"
)

// S3-125: both data models; the router dials in with what it was given; repeating gives it nothing again.
func TestConfigure(t *testing.T) {
	for _, cpe := range []string{router, old} {
		n := start(t)
		n.is(n.client.Configure(t.Context(), cpe, settings, within), nil)
		n.dialled(cpe + " " + settings.Username + " " + password)
		n.clean()
		before := n.queued("")
		n.is(n.client.Configure(t.Context(), cpe, settings, within), nil)
		if after := n.queued(""); after != before {
			t.Errorf("%s: %d more tasks", cpe, after-before)
		}
		if c, err := n.client.Status(t.Context(), cpe); err != nil || !c.Configured || !c.Reachable || c.Software != "1.0.0" || c.LastInform.IsZero() {
			t.Error(c, err)
		}
	}
}

// S3-125, S3-98: a task that is only queued is not done, whether the router is off, in a session or says it will and does not.
// It stays, once, and what it did later is seen without another one.
func TestConfigureQueued(t *testing.T) {
	for name, change := range map[string]func(*sandbox.Modes, bool){
		"offline":    func(m *sandbox.Modes, on bool) { m.Offline = on },
		"lies":       func(m *sandbox.Modes, on bool) { m.Lies = on },
		"in session": func(m *sandbox.Modes, on bool) { m.InSession = on },
	} {
		t.Run(name, func(t *testing.T) {
			n := start(t)
			n.mode(router, func(m *sandbox.Modes) { change(m, true) })
			for range 2 {
				n.is(n.client.Configure(t.Context(), router, settings, soon), provisioning.ErrCPEOffline)
			}
			if state := n.State(); len(state.Tasks) != 1 || n.device(router).Username != "" {
				t.Fatal(state.Tasks)
			}
			n.mode(router, func(m *sandbox.Modes) { change(m, false) })
			if !n.Inform(router) {
				t.Fatal("no inform")
			}
			n.is(n.client.Configure(t.Context(), router, settings, within), nil)
			if times := n.queued("setParameterValues"); times != 1 {
				t.Errorf("queued %d times", times)
			}
			n.clean()
		})
	}
}

// S3-98, S3-125: a router that refuses is told from one that is off, and by its fault; nothing stays that would make trying again fail.
func TestConfigureRefused(t *testing.T) {
	n := start(t)
	const username = "Device.PPP.Interface.1.Username"
	n.mode(router, func(m *sandbox.Modes) { m.Rejects = []string{username} })
	n.is(n.client.Configure(t.Context(), router, settings, within), provisioning.ErrCPERefused, "9003", "Invalid arguments", username, "9007")
	n.clean()
	n.mode(router, func(m *sandbox.Modes) { m.Rejects = nil })
	n.faults(sandbox.Fault{Mode: "refuse_task", Match: "setParameterValues", Times: 1, Code: "9002"})
	n.is(n.client.Configure(t.Context(), router, settings, within), provisioning.ErrCPERefused, "9002 Internal error")
	n.clean()
	n.is(n.client.Configure(t.Context(), router, settings, within), nil)
	n.dialled(router + " " + settings.Username + " " + password)

	// The new secret is refused while the user name is the same: the old one must not pass for it.
	n.faults(sandbox.Fault{Mode: "refuse_task", Match: "setParameterValues", Times: 1, Code: "9007", Text: "not a password: " + other})
	anew := settings
	anew.Secret = other
	n.is(n.client.Configure(t.Context(), router, anew, within), provisioning.ErrCPERefused, "9007 not a password: ***")
	n.is(n.client.Configure(t.Context(), router, anew, within), nil)
	n.dialled(router + " " + settings.Username + " " + other)
}

// S3-125: setting what the router does not have is answered like success.
func TestConfigureWithoutEffect(t *testing.T) {
	n := start(t)
	if err := n.Put(sandbox.Device{ID: router, Modes: sandbox.Modes{Lacks: []string{"Device.PPP.Interface.1"}}}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		n.is(n.client.Configure(t.Context(), router, settings, within), provisioning.ErrCPERefused, "Device.PPP.Interface.1.Username was not taken")
	}
	n.clean()
}

// S3-137: whatever answer is lost, or call fails, repeating ends well and the router is given its settings once.
func TestConfigureLost(t *testing.T) {
	for _, match := range []string{"setParameterValues", "getParameterValues", "connectionRequest", "POST /devices/" + strings.ReplaceAll(router, "%", "%25") + "/tags",
		"GET /devices", "GET /tasks", "GET /faults"} {
		for _, mode := range []string{"lose", "fail", "refuse"} {
			t.Run(mode+" "+match, func(t *testing.T) {
				n := start(t)
				n.faults(sandbox.Fault{Mode: mode, Match: match, Times: 2})
				var err error
				for range 4 {
					if err = n.client.Configure(t.Context(), router, settings, within); err == nil {
						break
					}
					n.is(err, provisioning.ErrUnanswered)
				}
				n.is(err, nil)
				n.clean()
				if d := n.device(router); d.Changes != 1 || d.Username != settings.Username || len(d.Tags) != 2 {
					t.Errorf("%+v", d)
				}
			})
		}
	}
}

// What waits for the router with other settings is withdrawn, so that it does not come after the newer ones.
func TestConfigureAnew(t *testing.T) {
	n := start(t)
	n.mode(router, func(m *sandbox.Modes) { m.Offline = true })
	n.is(n.client.Configure(t.Context(), router, settings, soon), provisioning.ErrCPEOffline)
	anew := settings
	anew.Service, anew.Secret = "svc_01KAT3YZ9Q8W7E6R5T4Y3U2I2P", other
	n.is(n.client.Configure(t.Context(), router, anew, soon), provisioning.ErrCPEOffline)
	if tasks := n.State().Tasks; len(tasks) != 1 {
		t.Fatal(tasks)
	}
	n.mode(router, func(m *sandbox.Modes) { m.Offline = false })
	n.is(n.client.Configure(t.Context(), router, anew, within), nil)
	n.dialled(router + " " + settings.Username + " " + other)
	if d := n.device(router); d.Changes != 1 || len(d.Tags) != 2 {
		t.Errorf("%+v", d)
	}
	// The router is the other service's now: what the first one had is no reason to touch it.
	n.is(n.client.Forget(t.Context(), router, service, settings.Username), nil)
	n.Inform(router)
	if d := n.device(router); d.Username != settings.Username {
		t.Errorf("%+v", d)
	}
}

// Forgetting does not need the router to be on, happens once, and drops what waits for it.
func TestForget(t *testing.T) {
	n := start(t)
	n.is(n.client.Configure(t.Context(), router, settings, within), nil)
	n.is(n.client.Forget(t.Context(), router, service, settings.Username), nil)
	n.dialled(router + "  ")
	n.is(n.client.Configure(t.Context(), router, settings, within), nil)
	n.mode(router, func(m *sandbox.Modes) { m.Offline = true })
	anew := settings
	anew.Secret = other
	n.is(n.client.Configure(t.Context(), router, anew, soon), provisioning.ErrCPEOffline)
	for range 2 {
		n.is(n.client.Forget(t.Context(), router, service, settings.Username), nil)
	}
	if tasks := n.State().Tasks; len(tasks) != 1 || len(n.device(router).Tags) != 0 {
		t.Fatal(tasks, n.device(router).Tags)
	}
	n.mode(router, func(m *sandbox.Modes) { m.Offline = false })
	n.Inform(router)
	n.dialled(router + "  ")
	n.clean()
	n.is(n.client.Forget(t.Context(), "202BC1-BM632w-999999", service, settings.Username), nil)
	n.is(n.client.Forget(t.Context(), old, id.Service(service), settings.Username), nil)
	if n.clean(); n.queued("setParameterValues") != 5 {
		t.Error(n.queued("setParameterValues"))
	}
}

// S3-137: forgetting whose answers are lost can be repeated.
func TestForgetLost(t *testing.T) {
	for _, match := range []string{"setParameterValues", "connectionRequest", "DELETE /devices", "GET /tasks"} {
		n := start(t)
		n.is(n.client.Configure(t.Context(), router, settings, within), nil)
		n.faults(sandbox.Fault{Mode: "lose", Match: match, Times: 1})
		if err := n.client.Forget(t.Context(), router, service, settings.Username); err != nil {
			n.is(err, provisioning.ErrUnanswered)
			n.is(n.client.Forget(t.Context(), router, service, settings.Username), nil)
		}
		n.Inform(router)
		if d := n.device(router); d.Username != "" || d.Changes != 2 || len(d.Tags) != 0 {
			t.Errorf("%s: %+v", match, d)
		}
		n.clean()
	}
}
