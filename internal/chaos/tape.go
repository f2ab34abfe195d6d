package chaos

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/journey"
	"turnup/internal/rig"
)

// Point is one call of a function in a journey: the nth of its name.
type Point struct {
	Function, Call string
	Nth            int
}

func (p Point) String() string { return fmt.Sprintf("%s %s #%d", p.Function, p.Call, p.Nth) }

// Mode is how a call fails.
type Mode string

// The modes. A failure stands for the last of the SDK's tries: what it repeats by itself until it gets through is no
// fault that our code would see. An answer that never comes is one try, which the SDK repeats.
const (
	Before     Mode = "failed before its effect"
	After      Mode = "failed after its effect"
	Silent     Mode = "not answered, without effect"
	Lost       Mode = "answer lost after its effect"
	KillBefore Mode = "killed before the call"
	KillAfter  Mode = "killed after its effect, before the answer"
	// Nothing fails in these: while the call waits, the same event goes through another process of the function.
	Twin  Mode = "overtaken by the same event"
	Rival Mode = "overtaken by the same request under another key"
)

// Modes lists them.
var Modes = []Mode{Before, KillAfter, Twin, Lost, KillBefore, Rival, After, Silent}

// rivals are the functions that a customer may ask for the same thing twice, from two windows, and get it once.
var rivals = []string{"carts", "payments"}

// possible tells whether a point can fail in a mode.
func (m Mode) possible(p Point) bool {
	return m != Rival || slices.Contains(rivals, p.Function)
}

// Fault is one call failing in one way.
type Fault struct {
	Point
	Mode
}

func (f Fault) String() string { return f.Point.String() + " " + string(f.Mode) }

// Mail is a mail that was handed over for sending.
type Mail struct{ To, ID string }

// Tape sees every call that the functions of a world make. It remembers them in their order, and makes one fail.
type Tape struct {
	mu     sync.Mutex
	order  []Point
	count  map[string]int
	sent   map[string]bool // requests seen, by the SDK's id and try: Go's HTTP client may send one again by itself
	faults map[Point]Mode
	struck map[Point]bool
	mails  []Mail
	events []event.Envelope
	starts []execution
}

// Rewind forgets the calls and sets the faults of the next run.
func (t *Tape) Rewind(faults ...Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.order, t.count, t.sent, t.faults, t.struck = nil, map[string]int{}, map[string]bool{}, map[Point]Mode{}, map[Point]bool{}
	for _, f := range faults {
		t.faults[f.Point] = f.Mode
	}
}

// Points are the calls made since the tape was rewound, but for those that a fault struck; missed are the faults that
// struck none.
func (t *Tape) Points() (all, missed []Point) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.order {
		if !t.struck[p] {
			all = append(all, p)
		}
	}
	for p := range t.faults {
		if !t.struck[p] {
			missed = append(missed, p)
		}
	}
	return all, missed
}

// before is how many calls were made before a point.
func (t *Tape) before(p Point) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(0, slices.Index(t.order, p))
}

// forget drops what was seen of mails, events and executions, with the world that they belonged to.
func (t *Tape) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mails, t.events, t.starts = nil, nil, nil
}

// objectID is the part of the PSP's path that differs from run to run.
var objectID = regexp.MustCompile(`/[a-z]{2,6}_[A-Za-z0-9_]{12,}`)

// meet counts a call, and gives the mode in which it is to fail, if it is.
func (t *Tape) meet(function string, c rig.Call) Mode {
	t.mu.Lock()
	defer t.mu.Unlock()
	if try := c.Request.Header.Get("Amz-Sdk-Invocation-Id") + c.Request.Header.Get("Amz-Sdk-Request"); try != "" {
		if c.Retry || t.sent[try] {
			return ""
		}
		t.sent[try] = true
	}
	name := objectID.ReplaceAllString(c.Name, "/{id}")
	key := function + " " + name
	t.count[key]++
	p := Point{function, name, t.count[key]}
	t.order = append(t.order, p)
	mode := t.faults[p] // a point is met once, because it is counted
	if mode != "" {
		t.struck[p] = true
	}
	return mode
}

// took notes what a call led to that is not in the tables.
func (t *Tape) took(c rig.Call, a rig.Answer) {
	if a.Refused() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch c.Name {
	case "AWSEvents.PutEvents":
		var in struct{ Entries []struct{ Detail string } }
		_ = json.Unmarshal(c.Body, &in) // the cloud took it, so it can be read
		for _, entry := range in.Entries {
			var e event.Envelope
			if json.Unmarshal([]byte(entry.Detail), &e) == nil {
				t.events = append(t.events, e)
			}
		}
	case "Query.SendRawEmail":
		form, _ := url.ParseQuery(string(c.Body))
		raw, _ := base64.StdEncoding.DecodeString(form.Get("RawMessage.Data"))
		if m, err := mail.ReadMessage(strings.NewReader(string(raw))); err == nil {
			t.mails = append(t.mails, Mail{To: form.Get("Destinations.member.1"), ID: strings.Trim(m.Header.Get("Message-Id"), "<>")})
		}
	case "AWSStepFunctions.StartExecution":
		var in struct{ StateMachineArn, Name, Input string }
		_ = json.Unmarshal(c.Body, &in)
		t.start(execution{machine: in.StateMachineArn, name: in.Name, input: json.RawMessage(in.Input)})
	}
}

// start notes an execution; one of this name that runs or ran already is not begun again.
func (t *Tape) start(e execution) {
	for _, other := range t.starts {
		if other.name == e.name && other.machine == e.machine {
			return
		}
	}
	t.starts = append(t.starts, e)
}

// hang is how long an unanswered call to AWS stays open: the functions' clients would wait 8 s, which tells no more.
// A call to the PSP stays open until the function gives it up, and one to a partner unless its answer is lost.
const hang = 20 * time.Millisecond

// between is what stands between a function and the cloud, the PSP or a partner.
func (r *runner) between(w http.ResponseWriter, c rig.Call, forward rig.Forward) {
	var mode Mode
	if !r.twin {
		mode = r.world.Tape.meet(r.name, c)
	}
	if mode == Twin || mode == Rival {
		r.overtake(mode)
	}
	if mode == KillBefore {
		r.kill()
		panic(http.ErrAbortHandler)
	}
	var a rig.Answer
	if mode != Before && mode != Silent {
		var err error
		if c.Name == "AWSStepFunctions.SendTaskSuccess" {
			forward = r.world.Tape.succeed
		}
		if a, err = forward(c.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		r.world.Tape.took(c, a)
	}
	partners := strings.HasPrefix(c.Name, toPartner)
	switch mode {
	case KillAfter:
		r.kill()
		panic(http.ErrAbortHandler)
	case Before, After:
		if partners && mode == Before { // it does not even answer
			panic(http.ErrAbortHandler)
		}
		failure(w, c)
	case Silent, Lost:
		if !c.PSP && (!partners || mode == Lost) {
			time.Sleep(hang)
		} else {
			<-c.Request.Context().Done()
		}
		panic(http.ErrAbortHandler) // closes the connection without an answer
	default:
		a.Write(w)
	}
}

// overtake lets another process of the function handle the event that this one is handling.
func (r *runner) overtake(mode Mode) {
	raw := r.handling.Load()
	if raw == nil { // it is starting
		return
	}
	payload := *raw
	if mode == Rival {
		payload = underAnotherKey(payload)
	}
	other, err := r.world.another(r.name)
	if err == nil {
		_, err = other.invoke(context.WithoutCancel(r.world.ctx), payload)
	}
	if err != nil && !errors.Is(err, rig.ErrFailed) { // a failure that it answers is its answer
		r.world.fail(fmt.Errorf("the twin of %s: %w", r.name, err))
	}
}

// underAnotherKey is a request to pay with another Idempotency-Key; any other stays as it is, because with another key it
// would rightly have its effect twice.
func underAnotherKey(event json.RawMessage) json.RawMessage {
	var in map[string]any
	if json.Unmarshal(event, &in) != nil {
		return event
	}
	if path, _ := in["path"].(string); !strings.HasSuffix(path, "/checkout") && !strings.HasSuffix(path, "/pay") {
		return event
	}
	key := journey.Key()
	for name, v := range map[string]any{"headers": key, "multiValueHeaders": []string{key}} {
		if headers, ok := in[name].(map[string]any); ok {
			headers["Idempotency-Key"] = v
		}
	}
	out, err := json.Marshal(in)
	if err != nil {
		return event
	}
	return out
}

// failure answers as the other side's own failure: with a status that the SDK does not repeat.
func failure(w http.ResponseWriter, c rig.Call) {
	switch {
	case c.PSP:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"error":{"type":"api_error","message":"made to fail"}}`))
	case strings.HasPrefix(c.Name, "Query."):
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusNotImplemented)
		_, _ = w.Write([]byte(`<ErrorResponse><Error><Type>Receiver</Type><Code>InternalFailure</Code><Message>made to fail</Message></Error></ErrorResponse>`))
	default:
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusNotImplemented)
		_, _ = w.Write([]byte(`{"__type":"InternalFailure","message":"made to fail"}`))
	}
}
