package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Options say how a Server runs.
type Options struct {
	// Devices are there from the start, and again after a reset.
	Devices []Device
	// Takes is how long a router takes for each of: opening a session after a connection request, measuring, restarting,
	// installing firmware. 0 is 20 ms; real ones took 0.6 to 2.2 s for a session.
	Takes time.Duration
	// Crash is how long a request with an unknown task name waits until its connection is cut; 0 is 21 s.
	Crash time.Duration
	// Configured is told when the PPP credentials of a router change, in the order in which they do: it dials in with them.
	// Without a user name it dials in no more.
	Configured func(device, username, password string)
}

// Server is the sandbox. It is an http.Handler for the NBI and the control API.
type Server struct {
	o       Options
	control *http.ServeMux
	ctx     context.Context // ends when the server closes
	stop    context.CancelFunc
	work    sync.WaitGroup
	dials   chan dial

	mu       sync.Mutex // guards everything below
	devices  map[string]*router
	tasks    []*task
	refusals []*refusal
	files    map[string]file
	presets  map[string]json.RawMessage
	scripts  map[string]string // provisions
	faults   []Fault
	requests []Request
}

// dial is what the hook is told.
type dial struct{ device, username, password string }

// New starts a server. Close it to stop its routers.
func New(o Options) *Server {
	if o.Takes == 0 {
		o.Takes = 20 * time.Millisecond
	}
	if o.Crash == 0 {
		o.Crash = 21 * time.Second
	}
	s := &Server{o: o, dials: make(chan dial, 1024)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.control = s.controls()
	s.Reset()
	s.work.Go(func() {
		for {
			select {
			case <-s.ctx.Done():
				return
			case d := <-s.dials:
				if o.Configured != nil {
					o.Configured(d.device, d.username, d.password)
				}
			}
		}
	})
	return s
}

// Serve serves until the server is closed. Only loopback addresses are listened at.
func (s *Server) Serve(l net.Listener) error {
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return fmt.Errorf("genieacs sandbox: %s is not a loopback address", l.Addr())
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(s.ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// Close stops the routers and what is being answered.
func (s *Server) Close() error {
	s.stop()
	s.work.Wait()
	return nil
}

// later does something after a router took its time, unless the server closed or the router is gone by then.
func (s *Server) later(d *router, do func()) {
	if s.ctx.Err() != nil {
		return
	}
	s.work.Go(func() {
		if !s.sleep(context.Background(), s.o.Takes) {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.devices[d.ID] == d {
			do()
		}
	})
}

// sleep waits, and tells whether all of it was waited for.
func (s *Server) sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	return false
}

// answer is an answer before it is written; nil is none at all.
type answer struct {
	status int
	reason string // of the status line, where it is not the usual one
	header http.Header
	body   []byte
}

func text(status int, body string) *answer { return &answer{status: status, body: []byte(body)} }

func asJSON(status int, v any) *answer {
	body, err := json.Marshal(v)
	if err != nil {
		return text(http.StatusInternalServerError, err.Error())
	}
	return &answer{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: body}
}

// Request is one call of the NBI. Bodies are not kept: they hold passwords.
type Request struct {
	Time   time.Time `json:"time"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Task   string    `json:"task,omitempty"` // its name, or connectionRequest
	Status int       `json:"status"`         // 0: no answer was given
	Reason string    `json:"reason,omitempty"`
	Fault  string    `json:"fault,omitempty"`
}

// connectionRequest stands for a task's name where a device is only asked to connect.
const connectionRequest = "connectionRequest"

// call is a request to the NBI, read.
type call struct {
	ctx    context.Context
	method string
	path   []string // its segments, decoded
	query  url.Values
	header http.Header
	body   []byte
	task   string
	uri    string // as it was sent
}

func read(r *http.Request) (*call, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if err != nil {
		return nil, err
	}
	c := &call{ctx: r.Context(), method: r.Method, query: r.URL.Query(), header: r.Header, body: body, uri: r.URL.RequestURI()}
	for segment := range strings.SplitSeq(strings.Trim(r.URL.EscapedPath(), "/"), "/") {
		decoded, err := url.PathUnescape(segment)
		if err != nil {
			return nil, err
		}
		c.path = append(c.path, decoded)
	}
	if c.method == http.MethodPost && len(c.path) == 3 && c.path[2] == "tasks" {
		var t struct{ Name string }
		if c.task = connectionRequest; len(body) > 0 && json.Unmarshal(body, &t) == nil {
			c.task = t.Name
		}
	}
	return c, nil
}

// ServeHTTP serves the NBI and the control API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_sandbox/") {
		s.control.ServeHTTP(w, r)
		return
	}
	c, err := read(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f := s.take(c.meets, modeRefuse, modeHang, modeFail, modeLose)
	a := s.faulty(c, f)
	entry := Request{Time: time.Now(), Method: c.method, Path: c.uri, Task: c.task, Fault: f.Mode}
	if a != nil {
		entry.Status, entry.Reason = a.status, a.reason
	}
	s.mu.Lock()
	s.requests = append(s.requests, entry)
	s.mu.Unlock()
	if a == nil {
		hangUp(w)
		return
	}
	a.write(w)
}

// write writes an answer. Go's server has no reason phrases of one's own: such an answer is written to the connection itself.
func (a *answer) write(w http.ResponseWriter) {
	if a.reason != "" {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			defer conn.Close()
			var out bytes.Buffer
			fmt.Fprintf(&out, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\nConnection: close\r\n", a.status, a.reason, len(a.body))
			_ = a.header.Write(&out)
			out.WriteString("\r\n")
			out.Write(a.body)
			_, _ = conn.Write(out.Bytes())
			return
		}
	}
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}
