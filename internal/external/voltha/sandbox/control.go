package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/opencord/voltha-protos/v5/go/common"
)

// Add builds equipment, and changes what is there.
func (s *Server) Add(p Plant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range p.OLTs {
		if o.Serial == "" {
			return fmt.Errorf("voltha sandbox: an OLT without serial")
		}
		for _, n := range o.ONUs {
			if err := n.check(); err != nil {
				return err
			}
		}
	}
	s.build(p)
	return nil
}

func (n ONU) check() error {
	if n.Serial == "" || n.PON < 0 || n.PON > 255 || !slices.Contains(modes, n.Mode) {
		return fmt.Errorf("voltha sandbox: no ONU %q at PON %d with mode %q", n.Serial, n.PON, n.Mode)
	}
	return nil
}

// Plug puts an ONU at an OLT's PON, from another if it is at one, or changes its mode. Without an OLT it stays where it is.
func (s *Server) Plug(n ONU) error {
	if err := n.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if has := s.onu(n.Serial); n.OLT == "" && has != nil {
		n.OLT, n.PON = has.OLT, has.PON
	}
	if s.olt(n.OLT) == nil {
		return fmt.Errorf("voltha sandbox: no OLT %q", n.OLT)
	}
	s.plug(n)
	return nil
}

// SetMode changes an ONU's mode.
func (s *Server) SetMode(serial string, m Mode) error { return s.Plug(ONU{Serial: serial, Mode: m}) }

// ONUState is an ONU as GET /_sandbox/state shows it.
type ONUState struct {
	ONU
	ID        string `json:"id,omitempty"` // in VOLTHA; empty while it is not seen there
	Admin     string `json:"adminState"`
	Oper      string `json:"operStatus"`
	Connect   string `json:"connectStatus"`
	Reason    string `json:"reason"`
	Active    bool   `json:"active"`
	ServiceUp bool   `json:"serviceUp"`
	Reboots   int    `json:"reboots"`
}

// ServiceState is a service of the controller's, as GET /_sandbox/state shows it.
type ServiceState struct {
	Name      string `json:"name"`
	Port      string `json:"port"`
	RemoteID  string `json:"remoteId"`
	Up        string `json:"upstreamBandwidthProfile"`
	Down      string `json:"downstreamBandwidthProfile"`
	Active    bool   `json:"active"`
	Installed bool   `json:"installed"`
}

// OLTState is an OLT as GET /_sandbox/state shows it.
type OLTState struct {
	Serial string `json:"serial"`
	ID     string `json:"id,omitempty"`
	Admin  string `json:"adminState"`
	Oper   string `json:"operStatus"`
}

// State is everything.
type State struct {
	OLTs     []OLTState     `json:"olts"`
	ONUs     []ONUState     `json:"onus"`
	Profiles []*profile     `json:"profiles"`
	Services []ServiceState `json:"services"`
	Delays   Delays         `json:"delays"`
}

// State reads everything.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := State{OLTs: []OLTState{}, ONUs: []ONUState{}, Profiles: append([]*profile{}, s.profiles...), Services: []ServiceState{}, Delays: s.delays}
	for _, o := range s.olts {
		out.OLTs = append(out.OLTs, OLTState{o.OLT.Serial, o.id, o.admin.String(), o.oper.String()})
	}
	for _, o := range s.onus {
		out.ONUs = append(out.ONUs, s.stateOf(o))
	}
	for _, v := range s.services {
		out.Services = append(out.Services, ServiceState{v.name, v.port, v.remoteID, v.tags.Up, v.tags.Down, v.active, v.installed})
	}
	return out
}

func (s *Server) stateOf(o *onu) ONUState {
	n := ONUState{ONU: o.ONU, ID: o.id, Reason: o.reason, Active: o.active(), ServiceUp: s.serviceUp(o.Serial), Reboots: o.reboots}
	n.Admin, n.Oper, n.Connect = o.admin.String(), o.oper.String(), o.connect.String()
	if o.id == "" {
		n.Admin, n.Oper, n.Connect = common.AdminState_UNKNOWN.String(), common.OperStatus_UNKNOWN.String(), common.ConnectStatus_UNKNOWN.String()
	}
	return n
}

// routeControl serves the control API.
func (s *Server) routeControl() {
	control := func(pattern string, do func(r *http.Request) (any, error)) {
		s.routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			out, err := do(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			if out == nil {
				out = struct{}{}
			}
			answer(w, out)
		})
	}
	control("GET /_sandbox/health", func(*http.Request) (any, error) { return map[string]string{"status": "ok"}, nil })
	control("PUT /_sandbox/plant", func(r *http.Request) (any, error) {
		var p Plant
		return nil, or(decode(r, &p), func() error { return s.Add(p) })
	})
	control("PUT /_sandbox/onus/{serial}", func(r *http.Request) (any, error) {
		var n ONU
		return nil, or(decode(r, &n), func() error { n.Serial = r.PathValue("serial"); return s.Plug(n) })
	})
	control("GET /_sandbox/onus/{serial}", s.showONU)
	control("DELETE /_sandbox/onus/{serial}", func(r *http.Request) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if o := s.onu(r.PathValue("serial")); o != nil {
			s.unplug(o)
		}
		return nil, nil
	})
	control("PUT /_sandbox/delays", func(r *http.Request) (any, error) {
		var d Delays
		return nil, or(decode(r, &d), func() error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.delays.set(d)
			return nil
		})
	})
	control("PUT /_sandbox/faults", func(r *http.Request) (any, error) {
		var f []Fault
		return nil, or(decode(r, &f), func() error { return s.SetFaults(f...) })
	})
	control("DELETE /_sandbox/faults", func(*http.Request) (any, error) { return nil, s.SetFaults() })
	control("GET /_sandbox/faults", func(*http.Request) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		out := []Fault{}
		for _, f := range s.faults {
			out = append(out, *f)
		}
		return out, nil
	})
	control("GET /_sandbox/state", func(*http.Request) (any, error) { return s.State(), nil })
	control("DELETE /_sandbox/state", func(*http.Request) (any, error) { s.Reset(); return nil, nil })
	control("GET /_sandbox/requests", func(*http.Request) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return append([]request{}, s.requests...), nil
	})
	control("DELETE /_sandbox/requests", func(*http.Request) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests = nil
		return nil, nil
	})
}

func (s *Server) showONU(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.onu(r.PathValue("serial"))
	if o == nil {
		return nil, fmt.Errorf("no ONU %q", r.PathValue("serial"))
	}
	return s.stateOf(o), nil
}

func decode(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func or(err error, do func() error) error {
	if err != nil {
		return err
	}
	return do()
}
