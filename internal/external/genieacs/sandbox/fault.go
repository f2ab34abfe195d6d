package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Fault makes calls of the NBI, or routers, fail. It is set by PUT /_sandbox/faults.
type Fault struct {
	Mode string `json:"mode"`
	// Match is "METHOD /path-prefix", as the path is sent, with its query; or the name of a task, or connectionRequest. Empty is any.
	Match  string `json:"match,omitempty"`
	Device string `json:"device,omitempty"` // its id; empty is any
	Times  int    `json:"times,omitempty"`  // 0: until cleared
	Code   string `json:"code,omitempty"`   // of refuse_task: the CWMP fault, 9002 if not given
	Text   string `json:"text,omitempty"`   // of refuse_task: what the router says, if not what the standard has for the code
	HangMs int    `json:"hangMs,omitempty"` // of hang: after so long it is answered; 0: never
}

// Modes of faults.
const (
	modeRefuse  = "refuse"      // the connection ends without an answer, without effect
	modeHang    = "hang"        // no answer for a while, or ever
	modeFail    = "fail"        // 500, without effect
	modeLose    = "lose"        // the effect, then the connection ends without an answer
	modeOffline = "cpe_offline" // the router does not answer a connection request
	modeLie     = "lie"         // the router answers a connection request and opens no session
	modeTask    = "refuse_task" // the router refuses a task
)

var modes = []string{modeRefuse, modeHang, modeFail, modeLose, modeOffline, modeLie, modeTask}

func (f Fault) check() error {
	if !slices.Contains(modes, f.Mode) {
		return fmt.Errorf("mode %q is none of %s", f.Mode, strings.Join(modes, ", "))
	}
	if f.Times < 0 || f.HangMs < 0 {
		return fmt.Errorf("times and hangMs must not be negative")
	}
	return nil
}

// SetFaults replaces the faults.
func (s *Server) SetFaults(faults ...Fault) error {
	for _, f := range faults {
		if err := f.check(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = slices.Clone(faults)
	return nil
}

// meets tells whether a fault concerns a call.
func (c *call) meets(f Fault) bool {
	decoded, _ := url.PathUnescape(c.uri)
	return (f.Match == "" || f.Match == c.task || strings.HasPrefix(c.method+" "+c.uri, f.Match)) && strings.Contains(decoded, f.Device)
}

// concerns gives what tells whether a fault concerns a device's task, or a connection request to it.
func concerns(device, name string) func(Fault) bool {
	return func(f Fault) bool {
		return (f.Match == "" || f.Match == name) && (f.Device == "" || f.Device == device)
	}
}

// take finds the first fault of these modes, and uses it up by one; the zero Fault when there is none.
func (s *Server) take(meets func(Fault) bool, modes ...string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken(meets, modes...)
}

// taken is take with the lock held.
func (s *Server) taken(meets func(Fault) bool, modes ...string) Fault {
	for i, f := range s.faults {
		if !slices.Contains(modes, f.Mode) || !meets(f) {
			continue
		}
		if f.Times > 0 {
			if s.faults[i].Times--; s.faults[i].Times == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		return f
	}
	return Fault{}
}

// faulty answers a call as a fault wants it; the zero Fault wants nothing.
func (s *Server) faulty(c *call, f Fault) *answer {
	switch f.Mode {
	case modeRefuse:
		return nil
	case modeHang:
		if f.HangMs == 0 {
			select {
			case <-c.ctx.Done():
			case <-s.ctx.Done():
			}
			return nil
		}
		s.sleep(c.ctx, time.Duration(f.HangMs)*time.Millisecond)
	case modeFail:
		return text(http.StatusInternalServerError, "MongoServerSelectionError: the sandbox was asked to fail")
	case modeLose:
		s.answer(c)
		return nil
	}
	return s.answer(c)
}

// hangUp ends the connection without an answer. One byte is sent first: when a connection that was used before ends without any,
// Go's HTTP client silently repeats the request, and the caller the fault was meant for never sees it.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // no hijacking on this connection: abort it instead
	}
	_, _ = conn.Write([]byte("H"))
	_ = conn.Close()
}
