package sandbox

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Fault makes calls go wrong. The first that matches is taken.
type Fault struct {
	Mode FaultMode `json:"mode"`
	// Match is an RPC's name ("EnableDevice") or a method and the beginning of a path ("POST /vgc/v1/services"). Empty is any.
	Match   string `json:"match,omitempty"`
	Serial  string `json:"serial,omitempty"`  // only calls about this ONU
	Times   int    `json:"times,omitempty"`   // 0: until cleared
	DelayMs int    `json:"delayMs,omitempty"` // of hang; 0: no answer at all
	Code    string `json:"code,omitempty"`    // of fail, for RPCs: Unavailable (if empty), Internal, Unknown, …
	Message string `json:"message,omitempty"` // of fail, for RPCs
}

// FaultMode is what goes wrong.
type FaultMode string

// The modes.
const (
	Refuse  FaultMode = "refuse"  // the connection ends, without effect
	Hang    FaultMode = "hang"    // no answer for a while, then the real one; without effect until then
	Fail    FaultMode = "fail"    // an error without effect: the code, or HTTP 503
	Lose    FaultMode = "lose"    // the effect, then the connection ends
	Lie     FaultMode = "lie"     // the answer of success, without effect; a service turned on never gets its flows
	Missing FaultMode = "missing" // HTTP 404, as of a controller that is too old to have it
)

var faultModes = []FaultMode{Refuse, Hang, Fail, Lose, Lie, Missing}

var codeByName = func() map[string]codes.Code {
	byName := map[string]codes.Code{}
	for c := codes.Canceled; c <= codes.Unauthenticated; c++ {
		byName[c.String()] = c
	}
	return byName
}()

func (f Fault) check() error {
	if !slices.Contains(faultModes, f.Mode) {
		return fmt.Errorf("no mode %q", f.Mode)
	}
	if _, ok := codeByName[f.Code]; f.Code != "" && !ok {
		return fmt.Errorf("no code %q", f.Code)
	}
	return nil
}

// SetFaults replaces all faults.
func (s *Server) SetFaults(faults ...Fault) error {
	kept := make([]*Fault, len(faults))
	for i, f := range faults {
		if err := f.check(); err != nil {
			return fmt.Errorf("voltha sandbox: fault %d: %w", i, err)
		}
		kept[i] = &f
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = kept
	return nil
}

// take finds the fault for a call about an ONU and uses it up by one.
func (s *Server) take(call, serial string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if !strings.HasPrefix(call, f.Match) || f.Serial != "" && !strings.EqualFold(serial, f.Serial) {
			continue
		}
		taken := *f
		if f.Times == 1 {
			s.faults = slices.Delete(s.faults, i, i+1)
		} else if f.Times > 1 {
			f.Times--
		}
		return taken
	}
	return Fault{}
}

// hang waits as long as the fault says, the caller stays, and the server is open.
func (s *Server) hang(ctx context.Context, f Fault) {
	var over <-chan time.Time
	if f.DelayMs > 0 {
		timer := time.NewTimer(time.Duration(f.DelayMs) * time.Millisecond)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
	case <-ctx.Done():
	case <-s.done:
	}
}

// request is one call in the log. Bodies are not kept.
type request struct {
	At     time.Time `json:"at"`
	Call   string    `json:"call"`
	Serial string    `json:"serial,omitempty"`
	Answer string    `json:"answer"` // code or HTTP status; "cut" when the connection was ended
	Fault  FaultMode `json:"fault,omitempty"`
}

const mostRequests = 10_000

func (s *Server) note(q request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q.At = time.Now().UTC()
	if s.requests = append(s.requests, q); len(s.requests) > mostRequests {
		s.requests = s.requests[1:]
	}
}

// intercept takes faults of RPCs.
func (s *Server) intercept(ctx context.Context, in any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (out any, err error) {
	q := request{Call: path.Base(info.FullMethod), Serial: s.serialOf(in)}
	f := s.take(q.Call, q.Serial)
	q.Fault = f.Mode
	switch f.Mode {
	case Refuse:
	case Fail:
		code, ok := codeByName[f.Code]
		if !ok {
			code = codes.Unavailable
		}
		err = status.Error(code, f.Message)
	case Lie:
		out = &emptypb.Empty{}
		if !strings.HasPrefix(q.Call, "Enable") && !strings.HasPrefix(q.Call, "Disable") && !strings.HasPrefix(q.Call, "Reboot") && !strings.HasPrefix(q.Call, "Delete") {
			out, err = handle(ctx, in) // there is nothing to lie about
		}
	case Hang:
		if s.hang(ctx, f); ctx.Err() != nil {
			err = status.FromContextError(ctx.Err()).Err()
			break
		}
		fallthrough
	default:
		out, err = handle(ctx, in)
	}
	q.Answer = status.Code(err).String()
	if f.Mode == Refuse || f.Mode == Lose {
		q.Answer, err = "cut", status.Error(codes.Unavailable, "cut")
		s.cut(ctx)
	}
	s.note(q)
	return out, err
}

// serialOf is the ONU a message is about.
func (s *Server) serialOf(in any) string {
	var id string
	switch m := in.(type) {
	case interface{ GetTargetId() string }:
		id = m.GetTargetId()
	case interface{ GetId() string }:
		id = m.GetId()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, o, err := s.known(id); err == nil && o != nil {
		return o.Serial
	}
	return ""
}

// tracked remembers connections, so that they can be cut.
type tracked struct {
	net.Listener
	s *Server
}

func (t tracked) Accept() (net.Conn, error) {
	c, err := t.Listener.Accept()
	if err == nil {
		t.s.mu.Lock()
		t.s.conns[c.RemoteAddr().String()] = c
		t.s.mu.Unlock()
	}
	return c, err
}

func (s *Server) cut(ctx context.Context) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.conns[p.Addr.String()]; c != nil {
		_ = c.Close()
		delete(s.conns, p.Addr.String())
	}
}

type lying struct{}

// lies tells whether a request is to be answered without its effect.
func lies(r *http.Request) bool { return r.Context().Value(lying{}) != nil }

// serve takes faults of requests.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, base) {
		s.routes.ServeHTTP(w, r)
		return
	}
	q := request{Call: r.Method + " " + r.URL.Path}
	if segments := strings.Split(strings.TrimPrefix(r.URL.Path, base+"/"), "/"); len(segments) > 1 {
		q.Serial, _, _ = strings.Cut(segments[1], "-")
	}
	f := s.take(q.Call, q.Serial)
	q.Fault = f.Mode
	code := http.StatusOK
	switch f.Mode {
	case Refuse:
	case Fail:
		code = http.StatusServiceUnavailable
	case Missing:
		code = http.StatusNotFound
	case Hang:
		s.hang(r.Context(), f)
	case Lie:
		r = r.WithContext(context.WithValue(r.Context(), lying{}, true))
	}
	answered := &answerer{header: http.Header{}}
	if f.Mode == Hang && r.Context().Err() != nil || f.Mode == Refuse {
		answered = nil
	} else if code != http.StatusOK {
		http.Error(answered, http.StatusText(code), code)
	} else {
		s.routes.ServeHTTP(answered, r)
		answered.WriteHeader(http.StatusOK)
	}
	if answered == nil || f.Mode == Lose {
		q.Answer = "cut"
		s.note(q)
		hangUp(w)
		return
	}
	q.Answer = fmt.Sprint(answered.code)
	s.note(q)
	maps.Copy(w.Header(), answered.header)
	w.WriteHeader(answered.code)
	_, _ = w.Write(answered.body)
}

// answerer keeps an answer back: it may be lost.
type answerer struct {
	header http.Header
	code   int
	body   []byte
}

func (a *answerer) Header() http.Header { return a.header }

func (a *answerer) WriteHeader(code int) {
	if a.code == 0 {
		a.code = code
	}
}

func (a *answerer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.body = append(a.body, b...)
	return len(b), nil
}

// hangUp ends a connection without an answer. A byte is sent first: when a connection that was used before ends without any, Go's
// client repeats requests by itself, and the caller the fault is meant for never sees it.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = conn.Write([]byte("H"))
	_ = conn.Close()
}
