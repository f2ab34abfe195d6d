// Package sandbox is an access network to try provisioning against: the gRPC of VOLTHA's core, the REST of voltha-go-controller, and
// OLTs with PONs and ONUs behind them. Its answers, codes and messages are those captured from rw_core 3.7 with openolt, openonu,
// BBSim and voltha-go-controller, traps included. README.md has the control API.
package sandbox

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/opencord/voltha-protos/v5/go/extension"
	"github.com/opencord/voltha-protos/v5/go/voltha"
	"google.golang.org/grpc"
)

// Options say how a Server runs. The zero value is an empty plant that works fast.
type Options struct {
	Plant  Plant
	Delays Delays
	// Event gets the events that VOLTHA sends to Kafka, as protojson of voltha.Event.
	Event func(serial string, event []byte)
	// Changed tells that the service at an ONU began to work, or ceased to.
	Changed func(serial string, up bool)
}

// Delays are how long things take, in milliseconds. What is 0 is the default; the real network's are in brackets.
type Delays struct {
	Enable   int `json:"enableMs"`   // an OLT from enabled to active: 50 (16 s)
	Activate int `json:"activateMs"` // an ONU from seen or enabled to active: 50 (some seconds)
	Reboot   int `json:"rebootMs"`   // an ONU is away: 100 (10 s); it leaves after a tenth of it
	Install  int `json:"installMs"`  // flows into the OLT: 20 (1 s)
}

// Server is the sandbox. It is an http.Handler for the controller (/vgc/v1/) and the control API (/_sandbox/).
type Server struct {
	options Options
	grpc    *grpc.Server
	routes  *http.ServeMux

	mu       sync.Mutex // guards everything below
	delays   Delays
	olts     []*olt
	onus     []*onu
	profiles []*profile
	services []*service
	up       map[string]bool // what Changed was told, by serial number
	faults   []*Fault
	requests []request
	conns    map[string]net.Conn // of the core, by the peer's address
	https    []*http.Server
	closed   bool
	done     chan struct{} // closed by Close

	telling sync.Mutex // guards tell
	tell    []func()
	told    *sync.Cond
}

// New makes a sandbox. Close it.
func New(o Options) *Server {
	s := &Server{options: o, conns: map[string]net.Conn{}, done: make(chan struct{})}
	s.told = sync.NewCond(&s.telling)
	s.Reset()
	s.grpc = grpc.NewServer(grpc.UnaryInterceptor(s.intercept))
	voltha.RegisterVolthaServiceServer(s.grpc, &core{s: s})
	extension.RegisterExtensionServer(s.grpc, &measuring{s: s})
	s.routes = http.NewServeMux()
	s.routeController()
	s.routeControl()
	go s.teller()
	return s
}

// Start serves the core and the controller in the background, at addresses of this machine only ("127.0.0.1:0" takes any port). It
// tells the core's address and the controller's base address. Without an address of its own the controller is left to who has the
// server as an http.Handler.
func (s *Server) Start(core, controller string) (coreAddress, controllerBase string, err error) {
	var listeners []net.Listener
	for _, address := range []string{core, controller} {
		if address == "" {
			continue
		}
		l, err := listen(address)
		if err != nil {
			for _, l := range listeners {
				_ = l.Close()
			}
			return "", "", err
		}
		listeners = append(listeners, l)
	}
	go func() { _ = s.grpc.Serve(tracked{listeners[0], s}) }()
	if controller == "" {
		return listeners[0].Addr().String(), "", nil
	}
	web := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.mu.Lock()
	s.https = append(s.https, web)
	s.mu.Unlock()
	go func() { _ = web.Serve(listeners[1]) }()
	return listeners[0].Addr().String(), "http://" + listeners[1].Addr().String() + base, nil
}

func listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("voltha sandbox: %s is not a loopback address", address)
	}
	return net.Listen("tcp", address)
}

// Close ends everything.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.done)
	webs := s.https
	s.mu.Unlock()
	s.grpc.Stop()
	var err error
	for _, web := range webs {
		err = errors.Join(err, web.Close())
	}
	s.telling.Lock()
	s.told.Broadcast()
	s.telling.Unlock()
	return err
}

// ServeHTTP serves the controller and the control API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	s.serve(w, r)
}

// Active tells whether an ONU is enabled, active and reachable.
func (s *Server) Active(serial string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.onu(serial)
	return o != nil && o.active()
}

// ServiceUp tells whether traffic passes an ONU: it is active and the flows of its service are installed.
func (s *Server) ServiceUp(serial string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.serviceUp(serial)
}

// Reset forgets everything; what is there then is the plant of the options.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reset()
}

// reset forgets everything and builds the plant of the options. The lock is held: an ONU may become active at once.
func (s *Server) reset() {
	for _, o := range s.onus {
		o.epoch++ // what it was about to become does not happen
	}
	for _, o := range s.olts {
		o.epoch++
	}
	for _, v := range s.services {
		v.epoch++
	}
	s.delays = Delays{Enable: 50, Activate: 50, Reboot: 100, Install: 20}
	s.delays.set(s.options.Delays)
	s.olts, s.onus, s.profiles, s.services, s.faults, s.requests = nil, nil, nil, nil, nil, nil
	s.up = map[string]bool{}
	s.build(s.options.Plant)
}

func (d *Delays) set(to Delays) {
	for _, each := range []struct {
		at *int
		to int
	}{{&d.Enable, to.Enable}, {&d.Activate, to.Activate}, {&d.Reboot, to.Reboot}, {&d.Install, to.Install}} {
		if each.to > 0 {
			*each.at = each.to
		}
	}
}

// later does something after so many milliseconds, unless the epoch has passed by then. The lock is held, now and then.
func (s *Server) later(ms int, epoch *int, do func()) {
	*epoch++
	now := *epoch
	time.AfterFunc(time.Duration(ms)*time.Millisecond, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.closed && *epoch == now {
			do()
		}
	})
}

// hook has a function called, after those before it and without the lock.
func (s *Server) hook(do func()) {
	s.telling.Lock()
	s.tell = append(s.tell, do)
	s.told.Signal()
	s.telling.Unlock()
}

func (s *Server) teller() {
	for {
		s.telling.Lock()
		for len(s.tell) == 0 {
			select {
			case <-s.done:
				s.telling.Unlock()
				return
			default:
			}
			s.told.Wait()
		}
		all := s.tell
		s.tell = nil
		s.telling.Unlock()
		for _, do := range all {
			do()
		}
	}
}
