package sandbox

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Options say how a Server runs. The zero value is a server with the real clock
// that keeps everything in memory.
type Options struct {
	// Now is the clock; nil is the real one. The control API adds an offset.
	Now func() time.Time
	// StateFile keeps the state across restarts; empty keeps it in memory only.
	// It is written right after changes, replacing the file as a whole.
	StateFile string
	// Log takes what an operator may want to know; nil drops it.
	Log *slog.Logger
}

// Server is the sandbox. It is an http.Handler for everything it serves: the
// API under /v1/, the hosted pages and the control API.
type Server struct {
	clock  func() time.Time
	file   string
	log    *slog.Logger
	client *http.Client

	mu       sync.Mutex // guards everything below
	st       *state
	inflight map[string]bool // idempotency keys being worked on
	faults   []*fault
	capture  *capture // how the next captures differ from what was asked
	requests []*logEntry
	queue    queue
	sending  int

	ctx   context.Context // ends when the server closes
	stop  context.CancelFunc
	work  sync.WaitGroup
	wake  chan struct{} // something to deliver
	dirty chan struct{} // something to save
	close sync.Once
}

// maxBody bounds what is read of a request.
const maxBody = 1 << 20

// New starts a server, with the state of its file if there is one. Close it to
// stop its workers.
func New(o Options) (*Server, error) {
	s := &Server{clock: o.Now, file: o.StateFile, log: o.Log, st: newState(), inflight: map[string]bool{},
		wake: make(chan struct{}, 1), dirty: make(chan struct{}, 1)}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.client = &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("sandbox state %s: %w", s.file, err)
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.work.Add(3)
	go s.deliver()
	go s.tick()
	go s.saveChanges()
	return s, nil
}

// Close stops the workers and saves the state. Webhooks not yet delivered are
// kept in the state file and go out after the next start.
func (s *Server) Close() error {
	var err error
	s.close.Do(func() {
		s.stop()
		s.work.Wait()
		s.client.CloseIdleConnections()
		err = s.save()
	})
	return err
}

// now is the sandbox's time. The lock is held.
func (s *Server) now() time.Time { return s.clock().Add(s.st.Offset) }

// changed has the state saved soon. The lock is held.
func (s *Server) changed() { poke(s.dirty) }

// tick does what time brings about: sessions expire, slow refunds settle.
func (s *Server) tick() {
	defer s.work.Done()
	each := time.NewTicker(time.Second)
	defer each.Stop()
	for n := 0; ; n++ {
		select {
		case <-s.ctx.Done():
			return
		case <-each.C:
			s.mu.Lock()
			s.passTime()
			if n%60 == 0 {
				s.forgetKeys(s.now())
			}
			s.mu.Unlock()
		}
	}
}

// passTime lets happen what is due. The lock is held.
func (s *Server) passTime() {
	o := &op{s: s, st: s.st, now: s.now()}
	expired, turned, disputed := o.expireSessions(), o.turnRefunds(), o.turnDisputes()
	if expired || turned || disputed {
		s.changed()
	}
}

// op is the piece of work a request stands for.
func (s *Server) op(r *http.Request) *op {
	o := &op{s: s, path: r.URL.Path, base: "http://" + r.Host}
	if strings.HasPrefix(r.URL.Path, "/v1/") {
		o.requestID = randomID("req_", 14)
		if r.Method == http.MethodPost {
			o.key = r.Header.Get("Idempotency-Key")
		}
	}
	return o
}

// response is an answer before it is written.
type response struct {
	status   int
	header   http.Header
	body     []byte
	replayed bool
}

func (r *response) write(w http.ResponseWriter) {
	for k, v := range r.header {
		w.Header()[k] = v
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body)
}

// ServeHTTP serves the API, the pages and the control API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if strings.HasPrefix(r.URL.Path, "/_sandbox/") {
		s.control(w, r)
		return
	}
	o, f := s.op(r), s.takeFault(r)
	form, refusal := readForm(r)
	entry := &logEntry{Method: r.Method, Path: r.URL.Path, RequestID: o.requestID, IdempotencyKey: o.key}
	var answer *response
	switch {
	case refusal != nil:
		answer = s.refuse(o, refusal)
	case f != nil:
		entry.Fault = f.Mode
		answer = s.faulty(o, r, form, f)
	default:
		answer = s.answer(o, r, form, nil)
	}
	if !strings.HasPrefix(r.URL.Path, "/v1/") {
		form = nil // what is typed on a page is not logged at all
	}
	if answer != nil {
		entry.Status, entry.Replayed = answer.status, answer.replayed
	}
	s.mu.Lock()
	entry.Time = s.now()
	s.note(entry, form)
	s.mu.Unlock()
	if answer == nil {
		hangUp(w)
		return
	}
	answer.write(w)
}

// answer carries a request out. The fault, if any, is one that lets it happen.
func (s *Server) answer(o *op, r *http.Request, form url.Values, f *fault) *response {
	if strings.HasPrefix(r.URL.Path, "/v1/") {
		return s.api(o, r, form, f)
	}
	p := s.page(r, form)
	if f != nil && f.Mode == faultHang {
		s.hang(r, f)
	}
	return p
}

// faulty answers a request as the fault wants it; nil is no answer at all.
func (s *Server) faulty(o *op, r *http.Request, form url.Values, f *fault) *response {
	switch f.Mode {
	case faultRefuse:
		return nil
	case faultBefore, faultStatus:
		return s.refuse(o, f.failure())
	case faultAfter:
		s.answer(o, r, form, f)
		return s.refuse(o, f.failure())
	case faultLost:
		s.answer(o, r, form, f)
		return nil
	case faultSlow:
		s.hang(r, f)
		return s.answer(o, r, form, nil)
	}
	if !f.Effect {
		s.hang(r, f)
		return nil
	}
	return s.answer(o, r, form, f)
}

// readForm reads the query and a form-encoded body as one.
func readForm(r *http.Request) (url.Values, *apiError) {
	form, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badState("", "Invalid query string.")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, &apiError{Status: http.StatusRequestEntityTooLarge, Type: typeInvalidRequest, Message: "Request body too large."}
	}
	if len(body) == 0 {
		return form, nil
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/x-www-form-urlencoded" {
		return nil, badState("", "Invalid request (check that your POST content type is application/x-www-form-urlencoded).")
	}
	posted, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, badState("", "Invalid form-encoded body.")
	}
	for k, v := range posted {
		form[k] = append(form[k], v...)
	}
	return form, nil
}
