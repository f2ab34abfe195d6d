package sandbox

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// State is everything the sandbox knows, without passwords.
type State struct {
	Devices []DeviceState `json:"devices"`
	Tasks   []TaskState   `json:"tasks"`
	Faults  []string      `json:"faults"` // ids of the faults that the server keeps
	Files   []string      `json:"files"`
}

// DeviceState is a router as it is, which the server need not know.
type DeviceState struct {
	Device
	Tags       []string       `json:"tags"`
	Parameters map[string]any `json:"parameters"`
	Username   string         `json:"username"` // it dials in with; empty when it does not
	Changes    int            `json:"changes"`  // of its credentials
	Reboots    int            `json:"reboots"`
	Downloads  int            `json:"downloads"`
}

// TaskState is a task that waits, with the parameters it is about.
type TaskState struct {
	ID         string   `json:"id"`
	Device     string   `json:"device"`
	Name       string   `json:"name"`
	Parameters []string `json:"parameters,omitempty"`
}

// Put adds routers, as they are after their first inform; one with the same id is replaced.
func (s *Server) Put(devices ...Device) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, spec := range devices {
		d, err := newRouter(spec, time.Now())
		if err != nil {
			return err
		}
		s.remove(spec.ID)
		s.devices[spec.ID] = d
	}
	return nil
}

var errUnknown = errors.New("no such device")

// Switch changes how a router behaves. What it lacks is decided when it is put.
func (s *Server) Switch(id string, change func(*Modes) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.devices[id]; d != nil {
		return change(&d.Modes)
	}
	return errUnknown
}

// Reset forgets everything, and puts the devices of the options.
func (s *Server) Reset() {
	s.mu.Lock()
	s.devices, s.tasks, s.refusals, s.faults, s.requests = map[string]*router{}, nil, nil, nil, nil
	s.files, s.presets, s.scripts = map[string]file{}, map[string]json.RawMessage{}, map[string]string{}
	s.mu.Unlock()
	if err := s.Put(s.o.Devices...); err != nil {
		panic(err) // a mistake of who wrote the options
	}
}

// State tells everything.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := State{Devices: []DeviceState{}, Tasks: []TaskState{}, Faults: []string{}, Files: slices.Sorted(maps.Keys(s.files))}
	for _, id := range slices.Sorted(maps.Keys(s.devices)) {
		d := s.devices[id]
		out := DeviceState{Device: d.Device, Tags: slices.Clone(d.tags), Parameters: map[string]any{}, Username: d.credentials().username,
			Changes: d.changes, Reboots: d.reboots, Downloads: d.downloads}
		for path, p := range d.params {
			if !strings.HasSuffix(path, "Password") {
				out.Parameters[path] = p.value
			}
		}
		state.Devices = append(state.Devices, out)
	}
	for _, t := range s.tasks {
		state.Tasks = append(state.Tasks, TaskState{t.id, t.device, t.name, t.paths()})
	}
	for _, r := range s.refusals {
		state.Faults = append(state.Faults, channel(r.task))
	}
	return state
}

// Requests tells what was called.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request{}, s.requests...)
}

// controls are the control API.
func (s *Server) controls() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("PUT /_sandbox/devices", func(w http.ResponseWriter, r *http.Request) {
		var devices []Device
		reply(w, strict(r, &devices), func() (any, error) { return nil, s.Put(devices...) })
	})
	m.HandleFunc("PATCH /_sandbox/devices/{id}", func(w http.ResponseWriter, r *http.Request) {
		reply(w, nil, func() (any, error) {
			return nil, s.Switch(r.PathValue("id"), func(modes *Modes) error { return strict(r, modes) })
		})
	})
	m.HandleFunc("POST /_sandbox/devices/{id}/inform", func(w http.ResponseWriter, r *http.Request) {
		reply(w, nil, func() (any, error) {
			if !s.Inform(r.PathValue("id")) {
				return nil, errUnknown
			}
			return nil, nil
		})
	})
	m.HandleFunc("PUT /_sandbox/faults", func(w http.ResponseWriter, r *http.Request) {
		var faults []Fault
		reply(w, strict(r, &faults), func() (any, error) { return nil, s.SetFaults(faults...) })
	})
	m.HandleFunc("DELETE /_sandbox/faults", func(w http.ResponseWriter, r *http.Request) {
		reply(w, nil, func() (any, error) { return nil, s.SetFaults() })
	})
	m.HandleFunc("GET /_sandbox/state", func(w http.ResponseWriter, r *http.Request) {
		reply(w, nil, func() (any, error) { return s.State(), nil })
	})
	m.HandleFunc("DELETE /_sandbox/state", func(w http.ResponseWriter, r *http.Request) {
		reply(w, nil, func() (any, error) { s.Reset(); return nil, nil })
	})
	m.HandleFunc("GET /_sandbox/requests", func(w http.ResponseWriter, r *http.Request) {
		reply(w, nil, func() (any, error) { return s.Requests(), nil })
	})
	return m
}

// strict reads a body; a name it does not know is a mistake.
func strict(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func reply(w http.ResponseWriter, mistake error, do func() (any, error)) {
	var v any
	if mistake == nil {
		v, mistake = do()
	}
	switch {
	case errors.Is(mistake, errUnknown):
		http.Error(w, mistake.Error(), http.StatusNotFound)
	case mistake != nil:
		http.Error(w, mistake.Error(), http.StatusBadRequest)
	case v == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		asJSON(http.StatusOK, v).write(w)
	}
}
