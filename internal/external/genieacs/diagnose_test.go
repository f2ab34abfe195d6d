package genieacs_test

import (
	"testing"

	"turnup/internal/domain/provisioning"
	"turnup/internal/external/genieacs/sandbox"
)

func (n *network) fact(facts []provisioning.Fact, name, want string) {
	n.Helper()
	for _, f := range facts {
		if f.Name == name && f.Value == want {
			return
		}
	}
	n.Errorf("%s is not %s: %v", name, want, facts)
}

// S3-128: both data models ping and trace, and tell what went wrong on the way.
func TestMeasure(t *testing.T) {
	n := start(t)
	for cpe, object := range map[string][3]string{
		router: {"Device.IP.Diagnostics.IPPing", "Device.IP.Diagnostics.TraceRoute", "HostAddress"},
		old:    {"InternetGatewayDevice.IPPingDiagnostics", "InternetGatewayDevice.TraceRouteDiagnostics", "HopHostAddress"},
	} {
		n.mode(cpe, func(m *sandbox.Modes) { m.Lost, m.Hops = 1, []string{"100.64.0.1", "100.64.0.9"} })
		n.faults(sandbox.Fault{Mode: "lose", Match: "connectionRequest", Times: 1})
		ping, err := n.client.Ping(t.Context(), cpe, "www.example.com", within)
		n.is(err, nil)
		n.fact(ping, object[0]+".DiagnosticsState", "Complete")
		n.fact(ping, object[0]+".Host", "www.example.com")
		n.fact(ping, object[0]+".SuccessCount", "3")
		n.fact(ping, object[0]+".FailureCount", "1")
		trace, err := n.client.Trace(t.Context(), cpe, "2001:db8::1", within)
		n.is(err, nil)
		n.fact(trace, object[1]+".RouteHops.2."+object[2], "100.64.0.9")
		n.mode(cpe, func(m *sandbox.Modes) { m.Error = "Error_CannotResolveHostName" })
		trace, err = n.client.Trace(t.Context(), cpe, "nowhere.example.com", within)
		n.is(err, nil)
		n.fact(trace, object[1]+".DiagnosticsState", "Error_CannotResolveHostName")
	}
	n.clean()
}

// S3-128, S3-98: a router without diagnostics, one that is off, and a host that is none are told apart.
func TestNotMeasured(t *testing.T) {
	n := start(t)
	if err := n.Put(sandbox.Device{ID: router, Modes: sandbox.Modes{Lacks: []string{"Device.IP.Diagnostics"}}}); err != nil {
		t.Fatal(err)
	}
	_, err := n.client.Ping(t.Context(), router, "www.example.com", within)
	n.is(err, provisioning.ErrNotMeasurable, "Device.IP.Diagnostics.IPPing")
	n.mode(router, func(m *sandbox.Modes) { m.Offline = true })
	_, err = n.client.Trace(t.Context(), router, "www.example.com", soon)
	n.is(err, provisioning.ErrCPEOffline)
	n.clean()
	before := len(n.Requests())
	for _, host := range []string{"", "-f", "a b", "a;b", "a\n", "$(x)", "example.com/"} {
		_, err = n.client.Ping(t.Context(), router, host, within)
		n.is(err, provisioning.ErrRefused)
	}
	if len(n.Requests()) != before {
		t.Error("it was asked all the same")
	}
}

// S3-128: parameters are read from the router, whole objects too, without what is secret.
func TestParameters(t *testing.T) {
	n := start(t)
	n.is(n.client.Configure(t.Context(), router, settings, within), nil)
	got, err := n.client.Parameters(t.Context(), router, []string{"Device.DeviceInfo.UpTime", "Device.ManagementServer.", "Device.PPP", "Device.Nothing"}, within)
	n.is(err, nil)
	n.fact(got, "Device.DeviceInfo.UpTime", "60")
	n.fact(got, "Device.ManagementServer.PeriodicInformInterval", "300")
	n.fact(got, "Device.PPP.Interface.1.Enable", "true")
	n.fact(got, "Device.PPP.Interface.1.Username", settings.Username)
	for _, f := range got {
		if f.Name == "Device.ManagementServer.ConnectionRequestPassword" || f.Name == "Device.PPP.Interface.1.Password" {
			t.Error("a password is told: ", f.Name)
		}
	}
	for _, names := range [][]string{nil, {""}, {"Device"}, {"Device."}, {"Device..A"}, {"_tags"}, {"Device.A,_id"}, {"Device.*"}, {"Device.A[B:1].C"}, {"Device.A", "x"}} {
		_, err := n.client.Parameters(t.Context(), router, names, within)
		n.is(err, provisioning.ErrRefused)
	}
	n.mode(router, func(m *sandbox.Modes) { m.InSession = true })
	_, err = n.client.Parameters(t.Context(), router, []string{"Device.DeviceInfo.UpTime"}, soon)
	n.is(err, provisioning.ErrCPEOffline)
}
