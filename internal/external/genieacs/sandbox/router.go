package sandbox

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Device is a router to be.
type Device struct {
	ID       string `json:"id"`                 // OUI-ProductClass-Serial, %-encoded by parts
	Root     string `json:"root,omitempty"`     // Device (TR-181), if not given, or InternetGatewayDevice (TR-098)
	Software string `json:"software,omitempty"` // 1.0.0 if not given
	Modes
}

// Modes are how a router behaves. The zero value is one that works.
type Modes struct {
	Offline   bool     `json:"offline"`   // does not answer connection requests, nor inform by itself
	InSession bool     `json:"inSession"` // is in a session that does not end: rejects connection requests, tasks stay queued
	Lies      bool     `json:"lies"`      // answers connection requests and opens no session: tasks wait for its next inform
	Lacks     []string `json:"lacks"`     // parameters and objects it does not have: setting them gets no fault, and has no effect
	Rejects   []string `json:"rejects"`   // parameters whose values it refuses, with fault 9003 and 9007
	NoReboot  bool     `json:"noReboot"`  // answers Reboot with fault 9000, as genieacs-sim does
	Firmware  string   `json:"firmware"`  // installs, if empty; "fails": fault 9010 later; "stays": restarts with the old one
	Lost      int      `json:"lost"`      // pings that get no answer
	Hops      []string `json:"hops"`      // addresses on the way to every host
	Error     string   `json:"error"`     // DiagnosticsState of every diagnosis, for example Error_CannotResolveHostName
}

// param is a parameter of a router.
type param struct {
	kind     string // xsd:string and so on
	value    any
	writable bool
}

// leaf is what the server knows of a parameter.
type leaf struct {
	param
	at time.Time
}

// router is a device and what the server knows of it.
type router struct {
	Device
	params     map[string]param
	known      map[string]leaf
	tags       []string
	registered time.Time
	informed   time.Time
	booted     time.Time
	restarting bool
	dialled    dial // what the hook was told last

	reboots, downloads, changes int
}

// model is where a data model keeps things.
type model struct{ ppp, ping, trace string }

var models = map[string]model{
	"Device": {"Device.PPP.Interface.1", "Device.IP.Diagnostics.IPPing", "Device.IP.Diagnostics.TraceRoute"},
	"InternetGatewayDevice": {"InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.WANPPPConnection.1",
		"InternetGatewayDevice.IPPingDiagnostics", "InternetGatewayDevice.TraceRouteDiagnostics"},
}

func (d *router) model() model { return models[d.Root] }

// newRouter makes a router as it is after its first inform: the server knows what an inform tells, and nothing else yet.
func newRouter(spec Device, now time.Time) (*router, error) {
	if spec.Root == "" {
		spec.Root = "Device"
	}
	if spec.Software == "" {
		spec.Software = "1.0.0"
	}
	parts := strings.Split(spec.ID, "-")
	if _, ok := models[spec.Root]; !ok || len(parts) < 3 {
		return nil, fmt.Errorf("device %q: the id is OUI-ProductClass-Serial, the root Device or InternetGatewayDevice", spec.ID)
	}
	d := &router{Device: spec, params: map[string]param{}, known: map[string]leaf{}, registered: now, booted: now}
	serial, _ := url.PathUnescape(parts[len(parts)-1])
	for name, p := range map[string]param{
		".DeviceInfo.Manufacturer": text0("Sample"), ".DeviceInfo.SerialNumber": text0(serial),
		".DeviceInfo.HardwareVersion": text0("1"), ".DeviceInfo.SoftwareVersion": text0(spec.Software),
		".DeviceInfo.UpTime":                                    {"xsd:unsignedInt", 60, false},
		".ManagementServer.ConnectionRequestURL":                text0("http://100.64.0.2:7547/"),
		".ManagementServer.ConnectionRequestUsername":           {"xsd:string", spec.ID, true},
		".ManagementServer.ConnectionRequestPassword":           {"xsd:string", "asks-to-connect", true},
		".ManagementServer.ParameterKey":                        text0(""),
		".ManagementServer.PeriodicInformInterval":              {"xsd:unsignedInt", 300, true},
		strings.TrimPrefix(d.model().ppp, d.Root) + ".Enable":   {"xsd:boolean", false, true},
		strings.TrimPrefix(d.model().ppp, d.Root) + ".Username": {"xsd:string", "", true},
		strings.TrimPrefix(d.model().ppp, d.Root) + ".Password": {"xsd:string", "", true},
	} {
		d.params[d.Root+name] = p
	}
	for _, object := range []string{d.model().ping, d.model().trace} {
		d.params[object+".DiagnosticsState"] = param{"xsd:string", "None", true}
		d.params[object+".Host"] = param{"xsd:string", "", true}
	}
	d.params[d.model().ping+".NumberOfRepetitions"] = param{"xsd:unsignedInt", 1, true}
	for _, name := range d.Lacks {
		maps.DeleteFunc(d.params, func(p string, _ param) bool { return within(p, name) })
	}
	d.inform(now)
	return d, nil
}

func text0(v string) param { return param{"xsd:string", v, false} }

// within tells whether a path is an object, or one of its parameters.
func within(path, object string) bool {
	return path == object || strings.HasPrefix(path, strings.TrimSuffix(object, ".")+".")
}

// inform has the server know what every inform tells (TR-069 3.7.1.5, TR-181 forced inform parameters).
func (d *router) inform(now time.Time) {
	d.informed = now
	for _, name := range []string{".DeviceInfo.HardwareVersion", ".DeviceInfo.SoftwareVersion", ".ManagementServer.ConnectionRequestURL",
		".ManagementServer.ParameterKey"} {
		d.refresh(d.Root+name, now)
	}
}

// refresh has the server know an object, or a parameter, as it is. A password is read back empty (TR-181, TR-098).
func (d *router) refresh(object string, now time.Time) {
	maps.DeleteFunc(d.known, func(path string, _ leaf) bool { return within(path, object) })
	for path, p := range d.params {
		if within(path, object) {
			d.know(path, p, now)
		}
	}
}

func (d *router) know(path string, p param, now time.Time) {
	if path == d.model().ppp+".Password" {
		p.value = ""
	}
	d.known[path] = leaf{p, now}
}

func (d *router) set(path string, v any) {
	d.params[path] = param{d.params[path].kind, v, d.params[path].writable}
}

// credentials are what the router dials in with; nothing while its PPP connection is not enabled.
func (d *router) credentials() dial {
	ppp := d.model().ppp
	username, _ := d.params[ppp+".Username"].value.(string)
	password, _ := d.params[ppp+".Password"].value.(string)
	if d.params[ppp+".Enable"].value != true || username == "" {
		return dial{device: d.ID}
	}
	return dial{d.ID, username, password}
}

// measured puts the results of a diagnosis at the router.
func (d *router) measured(object string) {
	add := func(name string, kind string, v any) { d.params[object+"."+name] = param{kind, v, false} }
	maps.DeleteFunc(d.params, func(p string, _ param) bool { return within(p, object+".RouteHops") })
	state := "Complete"
	if d.Error != "" {
		state = d.Error
	}
	d.set(object+".DiagnosticsState", state)
	switch object {
	case d.model().ping:
		sent, _ := strconv.Atoi(fmt.Sprint(d.params[object+".NumberOfRepetitions"].value))
		lost := min(d.Lost, sent)
		if d.Error != "" {
			lost = sent
		}
		add("SuccessCount", "xsd:unsignedInt", sent-lost)
		add("FailureCount", "xsd:unsignedInt", lost)
		for i, name := range []string{"MinimumResponseTime", "AverageResponseTime", "MaximumResponseTime"} {
			add(name, "xsd:unsignedInt", 3+i)
		}
	case d.model().trace:
		hops := slices.Clone(d.Hops)
		if d.Error != "" {
			hops = nil
		}
		add("RouteHopsNumberOfEntries", "xsd:unsignedInt", len(hops))
		address := map[string]string{"Device": "HostAddress", "InternetGatewayDevice": "HopHostAddress"}[d.Root]
		for i, hop := range hops {
			add(fmt.Sprintf("RouteHops.%d.%s", i+1, address), "xsd:string", hop)
		}
	}
}
