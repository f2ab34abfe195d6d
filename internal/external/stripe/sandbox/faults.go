package sandbox

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// fault makes matching requests fail. It is set by PUT /_sandbox/faults.
type fault struct {
	Method string `json:"method"` // empty or * is any
	Path   string `json:"path"`   // prefix, or a path.Match pattern if it has *, ? or [
	Mode   string `json:"mode"`
	Status int    `json:"status"` // of the refusal; 500 if not given
	Effect bool   `json:"effect"` // of a hang: whether the request is carried out
	HangMs int    `json:"hangMs"`
	Times  int    `json:"times"` // 0: until cleared
	// StoreAnswer makes the idempotency key keep the real answer of an "after"
	// fault, as if something in front of the API had failed. Without it the key
	// keeps the error, which is what Stripe documents for its own 500s.
	StoreAnswer bool `json:"storeAnswer"`

	used int
}

// Modes of faults.
const (
	faultBefore = "before" // an error, without effect
	faultAfter  = "after"  // the effect, then an error
	faultRefuse = "refuse" // the connection ends without an answer, without effect
	faultLost   = "lost"   // the effect, then the connection ends without an answer
	faultHang   = "hang"   // no answer for a while
	faultSlow   = "slow"   // it takes a while until the request gets through; then all is as always
	faultStatus = "status" // another word for before, with a status
)

var faultModes = []string{faultBefore, faultAfter, faultRefuse, faultLost, faultHang, faultSlow, faultStatus}

func (f *fault) check() error {
	if f.Mode == "" && f.Status != 0 {
		f.Mode = faultStatus
	}
	if !slices.Contains(faultModes, f.Mode) {
		return fmt.Errorf("mode %q is none of %s", f.Mode, strings.Join(faultModes, ", "))
	}
	if _, err := path.Match(f.Path, "/"); err != nil {
		return fmt.Errorf("path %q: %w", f.Path, err)
	}
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		return fmt.Errorf("status %d is not an error status", f.Status)
	}
	if f.HangMs < 0 || f.Times < 0 || (f.HangMs == 0 && (f.Mode == faultHang || f.Mode == faultSlow)) {
		return fmt.Errorf("hangMs and times must not be negative, and hang and slow need hangMs")
	}
	return nil
}

func (f *fault) matches(r *http.Request) bool {
	if f.Method != "" && f.Method != "*" && !strings.EqualFold(f.Method, r.Method) {
		return false
	}
	if strings.ContainsAny(f.Path, "*?[") {
		ok, _ := path.Match(f.Path, r.URL.Path) // the pattern was checked when it was set
		return ok
	}
	return strings.HasPrefix(r.URL.Path, f.Path)
}

// takeFault finds the first fault for a request and uses it up by one.
func (s *Server) takeFault(r *http.Request) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if !f.matches(r) {
			continue
		}
		if f.used++; f.Times > 0 && f.used >= f.Times {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return f
	}
	return nil
}

// failure is the error a fault answers with.
func (f *fault) failure() *apiError {
	e := &apiError{Status: http.StatusInternalServerError, Type: typeAPI,
		Message: "An error occurred in the sandbox because a fault was asked for."}
	if f.Status != 0 {
		e.Status = f.Status
	}
	if e.Status == http.StatusTooManyRequests {
		e.Type, e.Code, e.Message = typeInvalidRequest, "rate_limit", "Request rate limit exceeded."
	}
	return e
}

// hang waits until the time is over, the client has gone or the server closes.
func (s *Server) hang(r *http.Request, f *fault) {
	timer := time.NewTimer(time.Duration(f.HangMs) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-s.ctx.Done():
	}
}

// hangUp ends the connection without an answer. One byte is sent first: when a
// connection that was used before ends without any, Go's HTTP client silently
// repeats the request, and the caller the fault was meant for never sees it.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // no hijacking on this connection: abort it instead
	}
	_, _ = conn.Write([]byte("H"))
	_ = conn.Close()
}
