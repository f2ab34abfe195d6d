package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	stripe "github.com/stripe/stripe-go/v76/webhook"

	"turnup/internal/external/stripe/sandbox"
	"turnup/internal/rig"
)

// World is a Turnup of its own: stack, functions, PSP, and everything that carries messages between them, which is moved
// by hand, so that a run is the same each time.
type World struct {
	*rig.Site
	Tape *Tape

	programs string
	psp      *sandbox.Server
	pspAt    *httptest.Server
	inbox    *httptest.Server // takes the PSP's webhooks
	partner  *partner
	gateway  *httptest.Server
	caller   atomic.Pointer[string] // IP address that the gateway tells the functions
	runners  map[string]*runner
	ctx      context.Context

	mu       sync.Mutex
	twins    map[string]*runner // second processes, of functions whose events were overtaken
	failed   []string           // what went wrong where nobody waits for an error
	webhooks []*webhook
	late     []*webhook // kept back until everything else is over

	runs       int
	restarts   atomic.Int64    // how often a process ended in the midst of an event
	unreceived int             // how often a message was late, or hidden though nobody had received it
	doubtful   bool            // a mail may have gone out twice since the world was cleared
	lossy      bool            // the outbox's stream gives up what fails once
	deaf       bool            // the PSP's webhooks are kept back
	lost       map[string]bool // rows of the outbox that the stream gave up
	hidden     []message       // failed messages, until their time is over
	blame      map[string]int  // what was tried in vain since the last success, by its name
	ahead      time.Duration   // by which the PSP's clock is ahead since the world was cleared
}

// webhook is an event of the PSP on its way.
type webhook struct {
	body   []byte
	header http.Header
}

// Open makes a world. programs is the folder of the functions' programs.
func Open(ctx context.Context, name, programs string) (*World, error) {
	w := &World{ctx: ctx, twins: map[string]*runner{}, Tape: &Tape{}, programs: programs, runners: map[string]*runner{}, lost: map[string]bool{}, blame: map[string]int{}}
	w.Tape.Rewind()
	var err error
	// A payment may be looked at at once: a run is past the life of the function that began it when it asks for it. The
	// PSP answers here within milliseconds, so waiting long for it would only take time.
	w.gateway = httptest.NewUnstartedServer(nil) // its routes are known later; the functions are told its address
	address := "http://" + w.gateway.Listener.Addr().String()
	w.Site, err = rig.Open(ctx, rig.Options{Name: name, Queues: true, Parameters: map[string]string{"FirstLook": "0", "PspTimeout": "500ms", "PagesUrl": address, "Sandbox": "on"}})
	if err != nil {
		return nil, err
	}
	if w.psp, err = sandbox.New(sandbox.Options{}); err != nil {
		return nil, err
	}
	w.pspAt = httptest.NewServer(w.psp)
	w.inbox = httptest.NewServer(http.HandlerFunc(w.receive))
	if err := w.control(http.MethodPut, "webhook", map[string]any{"url": w.inbox.URL, "secrets": []string{w.Secrets["psp-webhook-secret"]}}, nil); err != nil {
		return nil, err
	}
	if err := w.inOrder(); err != nil {
		return nil, err
	}
	if err := w.openPartner(); err != nil {
		return nil, err
	}
	w.gateway.Config.Handler = newGateway(w)
	w.gateway.Start()
	w.PSP, w.API = w.pspAt.URL, w.gateway.URL
	for name := range w.Functions() {
		if w.runners[name], err = w.runner(name, false); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// Close ends everything that the world runs and removes its stack.
func (w *World) Close(ctx context.Context) {
	for _, all := range []map[string]*runner{w.runners, w.twins} {
		for _, r := range all {
			r.close()
		}
	}
	for _, s := range []*httptest.Server{w.gateway, w.pspAt, w.inbox} {
		if s != nil {
			s.CloseClientConnections()
			s.Close()
		}
	}
	if w.partner != nil {
		w.partner.door.Close()
		w.partner.at.Close()
	}
	if w.psp != nil {
		_ = w.psp.Close() // it keeps nothing
	}
	w.Site.Close(ctx)
}

// control asks the PSP's control API.
func (w *World) control(method, path string, in, out any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	answer := httptest.NewRecorder()
	w.psp.ServeHTTP(answer, httptest.NewRequest(method, "/_sandbox/"+path, bytes.NewReader(raw)))
	if answer.Code != http.StatusOK {
		return fmt.Errorf("the PSP's %s %s: %d %s", method, path, answer.Code, answer.Body)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer.Body.Bytes(), out)
}

// inOrder has the PSP tell everything in the order in which it happened, so that a run is the same each time.
func (w *World) inOrder() error {
	return w.control(http.MethodPut, "delivery", map[string]any{"concurrency": 1}, nil)
}

// receive takes a webhook and keeps it until the run delivers it.
func (w *World) receive(_ http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	if _, err := body.ReadFrom(r.Body); err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.webhooks = append(w.webhooks, &webhook{body: body.Bytes(), header: r.Header.Clone()})
}

// sign signs a webhook anew, as the PSP does each time it sends one: signatures are good for minutes, and a slow machine plays that long.
func (w *World) sign(h *webhook) {
	anew := stripe.GenerateTestSignedPayload(&stripe.UnsignedPayload{Payload: h.body, Secret: w.Secrets["psp-webhook-secret"]})
	h.header.Set("Stripe-Signature", anew.Header)
}

// runner is a function: its process, which is started when there is work and may be killed, and the proxies it sees the
// world through.
type runner struct {
	world      *World
	name       string
	cloud, psp *httptest.Server
	env        []string

	twin    bool       // its calls neither count nor fail
	mu      sync.Mutex // one event at a time
	running atomic.Pointer[rig.Function]
	// handling is the event that the process is handling, nil while there is none.
	handling atomic.Pointer[json.RawMessage]
}

// another gives a second process of a function.
func (w *World) another(name string) (*runner, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r, ok := w.twins[name]; ok {
		return r, nil
	}
	r, err := w.runner(name, true)
	if err == nil {
		w.twins[name] = r
	}
	return r, err
}

// fail notes what went wrong where nobody waits for an error.
func (w *World) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = append(w.failed, err.Error())
}

func (w *World) runner(name string, twin bool) (r *runner, err error) {
	r = &runner{world: w, name: name, twin: twin}
	if r.cloud, err = rig.Proxy(w.Endpoint, false, r.between); err != nil {
		return nil, err
	}
	if r.psp, err = rig.Proxy(w.pspAt.URL, true, r.between); err != nil {
		return nil, err
	}
	r.env, err = w.Env(name, r.cloud.URL, r.psp.URL)
	return r, err
}

// kill ends the process from within one of its calls.
func (r *runner) kill() {
	if f := r.running.Load(); f != nil {
		f.Kill()
	}
}

// stop ends the process between events; the next event starts it anew.
func (r *runner) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.running.Swap(nil); f != nil {
		f.Stop()
	}
}

func (r *runner) close() {
	r.stop()
	for _, s := range []*httptest.Server{r.cloud, r.psp} {
		s.CloseClientConnections()
		s.Close()
	}
}

// invoke hands an event to the function. An error is what AWS would show to whoever invoked it.
func (r *runner) invoke(ctx context.Context, payload any) ([]byte, error) {
	raw, err := json.Marshal(payload)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.running.Load()
	if f == nil {
		if f, _, err = rig.Start(filepath.Join(r.world.programs, r.name), r.env); err != nil {
			return nil, err
		}
		r.running.Store(f)
		limited, cancel := context.WithTimeout(ctx, rig.Patience)
		defer cancel()
		if _, err := f.AwaitReady(limited); err != nil {
			r.running.Store(nil)
			f.Stop()
			return nil, err
		}
	}
	event := json.RawMessage(raw)
	r.handling.Store(&event)
	defer r.handling.Store(nil)
	out, err := f.Invoke(ctx, raw)
	if err != nil && !errors.Is(err, rig.ErrFailed) { // it ended, or is in no state to go on
		r.world.restarts.Add(1)
		r.running.Store(nil)
		f.Stop()
	}
	return out, err
}

// Invoke hands an event to a function.
func (w *World) Invoke(ctx context.Context, function string, payload any) ([]byte, error) {
	r, ok := w.runners[function]
	if !ok {
		return nil, fmt.Errorf("chaos: there is no function %s", function)
	}
	return r.invoke(ctx, payload)
}

// cool ends the process of a function, so that its next event finds it cold.
func (w *World) cool(function string) {
	if r, ok := w.runners[function]; ok {
		r.stop()
	}
}
