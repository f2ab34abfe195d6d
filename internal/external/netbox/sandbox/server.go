package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options say how a Server runs.
type Options struct {
	Tokens  []string // the API tokens it accepts, of version 1 or 2 (nbt_<key>.<token>); none are demanded when empty
	MaxPage int      // records of a page at most, however many are asked for; 0: 1000, as MAX_PAGE_SIZE is by default
}

// Server is the sandbox: an http.Handler for the API and the control API.
type Server struct {
	maxPage int
	http    http.Server
	ctx     context.Context // ends when the server closes
	stop    context.CancelFunc

	mu     sync.Mutex // guards the rest; held while a request changes something, which is NetBox's advisory lock
	tokens []string
	data   data
	faults []*Fault
	log    []Request
}

// New makes an empty server. Close it to end what hangs.
func New(o Options) *Server {
	s := &Server{tokens: o.Tokens, maxPage: o.MaxPage, data: newData()}
	if s.maxPage == 0 {
		s.maxPage = 1000
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.http.Handler = s
	return s
}

// Accept changes the API tokens it accepts; without any, none is demanded.
func (s *Server) Accept(tokens ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = tokens
}

// Serve answers on a listener until the server is closed. The listener must be on a loopback address.
func (s *Server) Serve(l net.Listener) error {
	if a, ok := l.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		return fmt.Errorf("netbox sandbox: %s is not a loopback address", a)
	}
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Close ends the connections and all that hangs.
func (s *Server) Close() error {
	s.stop()
	return s.http.Close()
}

// maxBody bounds what is read of a request.
const maxBody = 1 << 20

// answer is what a request gets: a status and JSON. A body that is nil is none.
type answer struct {
	status int
	body   any
}

// obj is a JSON object.
type obj = map[string]any

// ServeHTTP serves the API, with the faults asked for, and the control API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/_sandbox/") {
		s.control(w, r, raw)
		return
	}
	f := s.takeFault(r)
	a := s.respond(r, raw, f)
	s.note(r, a, f)
	if a.status == 0 {
		hangUp(w)
		return
	}
	a.write(w)
}

// respond does what a request asks for, or what the fault makes of it. A status of 0 is no answer at all.
func (s *Server) respond(r *http.Request, raw []byte, f *Fault) answer {
	switch f.mode() {
	case ModeRefuse:
		return answer{}
	case ModeFail:
		return answer{http.StatusInternalServerError, obj{"error": "A failure was asked for.", "exception": "OperationalError", "netbox_version": version}}
	case ModeFull:
		return full
	case ModeHang:
		s.wait(r.Context(), f.Milliseconds)
		return answer{}
	case ModeSlow:
		s.wait(context.Background(), f.Milliseconds) // it goes on when the client has left, as NetBox does
	}
	a := s.api(r, raw, f.mode() == ModeUnfiltered)
	if f.mode() == ModeLose {
		return answer{}
	}
	return a
}

// wait waits so long, 0 being for ever, but not after the context or the server has ended.
func (s *Server) wait(ctx context.Context, milliseconds int) {
	var over <-chan time.Time
	if milliseconds > 0 {
		over = time.After(time.Duration(milliseconds) * time.Millisecond)
	}
	select {
	case <-over:
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
}

func (a answer) write(w http.ResponseWriter) {
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(a.body)
}

// hangUp ends the connection without an answer. One byte goes first: when a connection that was used before ends without any,
// Go's HTTP client repeats some requests by itself, and the caller the fault was meant for does not see it.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = conn.Write([]byte("H"))
	_ = conn.Close()
}
