package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Fault makes requests go wrong.
type Fault struct {
	Mode         string `json:"mode"`
	Match        string `json:"match,omitempty"`        // "METHOD /prefix-of-path", either alone, or empty for every request
	Times        int    `json:"times,omitempty"`        // how often; 0: until cleared
	Milliseconds int    `json:"milliseconds,omitempty"` // of hang and slow
}

// What a fault does.
const (
	ModeRefuse     = "refuse"     // the connection ends, without effect
	ModeHang       = "hang"       // no answer for so long, or ever (0); then the connection ends, without effect
	ModeSlow       = "slow"       // after so long it is done and answered, even if the client has left meanwhile
	ModeFail       = "fail"       // 500, without effect
	ModeLose       = "lose"       // it is done, then the connection ends
	ModeFull       = "full"       // available-ips and available-prefixes answer 409
	ModeUnfiltered = "unfiltered" // the query's filters are ignored, as NetBox does with filters it does not know
)

var modes = []string{ModeRefuse, ModeHang, ModeSlow, ModeFail, ModeLose, ModeFull, ModeUnfiltered}

func (f *Fault) mode() string {
	if f == nil {
		return ""
	}
	return f.Mode
}

func (f *Fault) check() error {
	switch {
	case !slices.Contains(modes, f.Mode):
		return fmt.Errorf("mode %q is none of %s", f.Mode, strings.Join(modes, ", "))
	case f.Times < 0 || f.Milliseconds < 0:
		return fmt.Errorf("times and milliseconds must not be negative")
	case f.Mode == ModeSlow && f.Milliseconds == 0:
		return fmt.Errorf("slow needs milliseconds")
	}
	return nil
}

func (f *Fault) matches(r *http.Request) bool {
	method, path, both := strings.Cut(f.Match, " ")
	if !both && strings.HasPrefix(f.Match, "/") {
		method, path = "", f.Match
	}
	if f.Mode == ModeFull && !(r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/available-")) {
		return false
	}
	return (method == "" || strings.EqualFold(method, r.Method)) && strings.HasPrefix(r.URL.Path, path)
}

// SetFaults replaces all faults; none clears them. The first that matches a request is taken.
func (s *Server) SetFaults(faults ...Fault) error {
	var set []*Fault
	for _, f := range faults {
		if err := f.check(); err != nil {
			return err
		}
		set = append(set, &f)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = set
	return nil
}

// takeFault finds the fault for a request and uses it up by one.
func (s *Server) takeFault(r *http.Request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if !f.matches(r) {
			continue
		}
		taken := *f
		if f.Times == 1 {
			s.faults = slices.Delete(s.faults, i, i+1)
		} else if f.Times > 1 {
			f.Times--
		}
		return &taken
	}
	return nil
}
