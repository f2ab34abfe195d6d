package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// Request is one call of the API, as the log has it: never with headers or bodies.
type Request struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"`
	Status int       `json:"status"` // 0: it got no answer
	Fault  string    `json:"fault,omitempty"`
}

const mostLogged = 10000

func (s *Server) note(r *http.Request, a answer, f *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.log) == mostLogged {
		s.log = slices.Delete(s.log, 0, mostLogged/10)
	}
	s.log = append(s.log, Request{At: time.Now().UTC(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Status: a.status, Fault: f.mode()})
}

// Requests are the last calls of the API.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request{}, s.log...)
}

// Reset forgets everything: records, faults and the log.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data, s.faults, s.log = newData(), nil, nil
}

// control serves /_sandbox/.
func (s *Server) control(w http.ResponseWriter, r *http.Request, raw []byte) {
	var err error
	var body any
	switch r.Method + " " + r.URL.Path {
	case "GET /_sandbox/health":
		body = obj{"ok": true}
	case "GET /_sandbox/state":
		body = s.State()
	case "DELETE /_sandbox/state":
		s.Reset()
	case "GET /_sandbox/requests":
		body = s.Requests()
	case "PUT /_sandbox/inventory":
		var i Inventory
		if err = strict(raw, &i); err == nil {
			err = s.Seed(i)
		}
	case "PUT /_sandbox/faults":
		var f []Fault
		if err = strict(raw, &f); err == nil {
			err = s.SetFaults(f...)
		}
	case "DELETE /_sandbox/faults":
		err = s.SetFaults()
	default:
		answer{http.StatusNotFound, obj{"error": "no such control"}}.write(w)
		return
	}
	switch {
	case err != nil:
		answer{http.StatusBadRequest, obj{"error": err.Error()}}.write(w)
	case body == nil:
		answer{status: http.StatusNoContent}.write(w)
	default:
		answer{http.StatusOK, body}.write(w)
	}
}

// strict reads JSON and refuses what it does not know: a misspelt fault would be none.
func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
