package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Fault makes the BNG misbehave. The first that matches is taken.
type Fault struct {
	Mode       string `json:"mode"`                 // hang, nak, lose, lie; duplicate, reorder
	Match      string `json:"match,omitempty"`      // disconnect, coa or accounting; empty: all
	User       string `json:"user,omitempty"`       // empty: everybody
	Times      int    `json:"times,omitempty"`      // 0: until cleared
	ErrorCause int    `json:"errorCause,omitempty"` // of a nak; 0 is 506, Resources-Unavailable
}

var modes = []string{"hang", "nak", "lose", "lie", "duplicate", "reorder"}

// Break replaces all faults.
func (b *BNG) Break(faults ...Fault) error {
	next := []*Fault{}
	for _, f := range faults {
		if !slices.Contains(modes, f.Mode) || !slices.Contains([]string{"", "disconnect", "coa", "accounting"}, f.Match) {
			return fmt.Errorf("there is no mode %q for %q", f.Mode, f.Match)
		}
		if f.ErrorCause == 0 {
			f.ErrorCause = noResources
		}
		if f.Times == 0 {
			f.Times = -1
		}
		next = append(next, &f)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = next
	return nil
}

// fault gives the fault of a mode that a call meets, nil for none.
func (b *BNG) fault(call, user, mode string) *Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		if f.Mode == mode && (f.Match == "" || f.Match == call) && (f.User == "" || f.User == user) && f.Times != 0 {
			f.Times--
			return f
		}
	}
	return nil
}

// Entry is a call, without passwords.
type Entry struct {
	At     time.Time `json:"at"`
	Call   string    `json:"call"` // authorize, post-auth, accounting: made; disconnect, coa: taken
	User   string    `json:"user,omitempty"`
	Status string    `json:"status,omitempty"` // Acct-Status-Type
	Signed bool      `json:"signed,omitempty"` // has a Message-Authenticator
	Answer string    `json:"answer"`           // HTTP status, 0 for none; ACK, NAK with Error-Cause
}

const mostEntries = 10000

func (b *BNG) log(e Entry) {
	e.At = time.Now().UTC()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests = append(b.requests[max(0, len(b.requests)-mostEntries+1):], e)
}

// Requests are the calls so far.
func (b *BNG) Requests() []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Entry{}, b.requests...)
}

// State is everything there is to see.
type State struct {
	NASIdentifier string `json:"nasIdentifier"`
	Address       string `json:"address"` // for Disconnect and CoA
	Lines         []Line `json:"lines"`
}

// Line is a subscriber's router that is switched on.
type Line struct {
	User    string    `json:"user"`
	Port    string    `json:"port"`
	Session *Session  `json:"session"` // null while there is none
	Dials   told      `json:"dials"`
	Ended   []Session `json:"ended"`
}

// State reads everything.
func (b *BNG) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := State{NASIdentifier: b.o.NASIdentifier, Address: b.Address(), Lines: []Line{}}
	for _, user := range b.users() {
		l := b.lines[user]
		seen := Line{User: user, Port: l.port, Dials: l.told, Ended: append([]Session{}, l.ended...)}
		if l.session != nil {
			l.meter()
			copied := l.session.Session
			seen.Session = &copied
		}
		s.Lines = append(s.Lines, seen)
	}
	return s
}

func (b *BNG) routes() *http.ServeMux {
	mux := http.NewServeMux()
	does := func(pattern string, do func(*http.Request, *json.Decoder) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			in := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
			in.DisallowUnknownFields()
			out, err := do(r, in)
			w.Header().Set("Content-Type", "application/json")
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				out = map[string]string{"error": err.Error()}
			}
			_ = json.NewEncoder(w).Encode(out)
		})
	}
	does("GET /_sandbox/state", func(*http.Request, *json.Decoder) (any, error) { return b.State(), nil })
	does("DELETE /_sandbox/state", func(*http.Request, *json.Decoder) (any, error) { b.Reset(); return b.State(), nil })
	does("GET /_sandbox/requests", func(*http.Request, *json.Decoder) (any, error) { return b.Requests(), nil })
	does("PUT /_sandbox/faults", func(_ *http.Request, in *json.Decoder) (any, error) {
		var faults []Fault
		if err := in.Decode(&faults); err != nil {
			return nil, err
		}
		return faults, b.Break(faults...)
	})
	does("DELETE /_sandbox/faults", func(*http.Request, *json.Decoder) (any, error) { return []Fault{}, b.Break() })
	does("POST /_sandbox/restart", func(*http.Request, *json.Decoder) (any, error) { b.Restart(); return b.State(), nil })
	does("PUT /_sandbox/sessions/{user}", b.controlDial)
	does("DELETE /_sandbox/sessions/{user}", func(r *http.Request, _ *json.Decoder) (any, error) {
		b.Hangup(r.PathValue("user"))
		return b.State(), nil
	})
	does("PUT /_sandbox/sessions/{user}/rate", func(r *http.Request, in *json.Decoder) (any, error) {
		var to flow
		if err := in.Decode(&to); err != nil {
			return nil, err
		}
		return to, b.Rate(r.PathValue("user"), to.UpBytesPerSecond, to.DownBytesPerSecond)
	})
	does("PUT /_sandbox/sessions/{user}/traffic", func(r *http.Request, in *json.Decoder) (any, error) {
		var to amount
		if err := in.Decode(&to); err != nil {
			return nil, err
		}
		return to, b.Traffic(r.Context(), r.PathValue("user"), to.UpBytes, to.DownBytes)
	})
	return mux
}

type flow struct {
	UpBytesPerSecond   uint64 `json:"upBytesPerSecond"`
	DownBytesPerSecond uint64 `json:"downBytesPerSecond"`
}

type amount struct {
	UpBytes   uint64 `json:"upBytes"`
	DownBytes uint64 `json:"downBytes"`
}

// controlDial answers 200 whatever comes of the dial; the state tells.
func (b *BNG) controlDial(r *http.Request, in *json.Decoder) (any, error) {
	var to struct{ Password, Port string }
	if err := in.Decode(&to); err != nil {
		return nil, errors.New("expected {\"password\", \"port\"}") // not what was sent
	}
	if err := b.Dial(r.PathValue("user"), to.Password, to.Port); err != nil {
		return map[string]string{"outcome": err.Error()}, nil
	}
	return map[string]string{"outcome": "accepted"}, nil
}
