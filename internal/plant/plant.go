// Package plant is a network to provision against: the stand-ins for NetBox, VOLTHA with its controller, GenieACS and a BNG with its
// FreeRADIUS, coupled as in reality: a router that was given credentials dials in with them, as long as traffic passes the ONU it stands
// behind. README.md has how it is reached and what it understands.
package plant

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	genieacs "turnup/internal/external/genieacs/sandbox"
	netbox "turnup/internal/external/netbox/sandbox"
	radius "turnup/internal/external/radius/sandbox"
	voltha "turnup/internal/external/voltha/sandbox"
)

// NAS is what the BNG calls itself.
const NAS = "bng1"

// Options say how a Plant runs.
type Options struct {
	Pool string // prefix in NetBox that lines get their addresses from, "100.64.0.0/20"
	Core string // loopback address of VOLTHA's core, "127.0.0.1:0" is any port
	CoA  string // UDP address for Disconnect and CoA requests; likewise

	Redial time.Duration // from a refusal to the next dial, and from a report that was not taken to its repetition; 0 is a second
}

// Plant is the four of them. It is an http.Handler for NetBox, GenieACS, VOLTHA's controller and all control APIs.
type Plant struct {
	Netbox   *netbox.Server
	Genieacs *genieacs.Server
	Voltha   *voltha.Server
	BNG      *radius.BNG
	Core     string // where VOLTHA's core is

	pool    string
	control *http.ServeMux
	routes  []route

	mu      sync.Mutex      // guards what is below
	homes   map[string]Home // by the CPE's id
	given   map[string]dial // credentials by the CPE's id
	dialled map[string]dial // what the BNG's lines are, by the CPE's id
	pointed bool
}

// route is a system by the beginning of its paths. What is stripped of it does not reach the system.
type route struct {
	prefix, stripped string
	to               http.Handler
}

// New starts a plant without homes. Close it.
func New(o Options) (*Plant, error) {
	p := &Plant{pool: o.Pool, homes: map[string]Home{}, given: map[string]dial{}, dialled: map[string]dial{}}
	if o.Redial == 0 {
		o.Redial = time.Second
	}
	bng, err := radius.New(radius.Options{NASIdentifier: NAS, Listen: o.CoA, Redial: o.Redial, Retransmit: o.Redial})
	if err != nil {
		return nil, fmt.Errorf("plant: %w", err)
	}
	p.BNG = bng
	p.Netbox = netbox.New(netbox.Options{})
	p.Genieacs = genieacs.New(genieacs.Options{Configured: p.configured})
	// An ONU that restarts is away for longer than one look takes, as real ones are.
	delays := voltha.Delays{Enable: 50, Activate: 50, Reboot: 2500, Install: 20}
	p.Voltha = voltha.New(voltha.Options{Delays: delays, Changed: func(serial string, _ bool) { p.changed(serial) }})
	if p.Core, _, err = p.Voltha.Start(o.Core, ""); err == nil {
		err = p.seed()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("plant: %w", err), p.Close())
	}
	p.control = p.controls()
	p.routes = []route{{"/netbox/", "/netbox", p.Netbox}, {"/genieacs/", "/genieacs", p.Genieacs}, {"/vgc/", "", p.Voltha}, {"/voltha/", "/voltha", p.Voltha}, {"/bng/", "/bng", p.BNG}}
	return p, nil
}

// Close ends everything at once.
func (p *Plant) Close() error {
	return errors.Join(p.Genieacs.Close(), p.Voltha.Close(), p.Netbox.Close(), p.BNG.Close())
}

// ServeHTTP serves what has a path. No router is between: it would clean paths that the systems take as they are.
func (p *Plant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, each := range p.routes {
		if strings.HasPrefix(r.URL.Path, each.prefix) {
			http.StripPrefix(each.stripped, each.to).ServeHTTP(w, r)
			return
		}
	}
	p.control.ServeHTTP(w, r)
}

// Listen takes a TCP port of loopback.
func Listen(address string) (net.Listener, error) {
	if host, _, err := net.SplitHostPort(address); err != nil || !net.ParseIP(host).IsLoopback() {
		return nil, fmt.Errorf("plant: %q is not an address of loopback, as 127.0.0.1:12120", address)
	}
	return net.Listen("tcp", address)
}
