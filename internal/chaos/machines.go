package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"turnup/internal/domain/signup"
	"turnup/internal/rig"
)

// execution is a run of a state machine.
type execution struct {
	machine, name string
	input         json.RawMessage
	tries         int
	ended         bool
	// of a machine that waits
	phase signup.Phase
	token string // by which it is told; empty while nobody knows it
	told  signup.Verdict
}

// waits tells whether it is a signup's, which waits to be told; the others ask.
func (e execution) waits() bool { return strings.HasSuffix(e.machine, "-signup") }

// executing tells whether a machine has something to do; over, whether one waits for something that comes at the latest with time.
func (w *World) executing(over bool) bool {
	w.Tape.mu.Lock()
	defer w.Tape.mu.Unlock()
	return slices.ContainsFunc(w.Tape.starts, func(e execution) bool { return !e.ended && (over || e.token == "" || e.told != "") })
}

// machines moves each execution on by one state, as statemachines/ has them.
func (w *World) machines(ctx context.Context, late bool) (d done, err error) {
	w.Tape.mu.Lock()
	starts := slices.Clone(w.Tape.starts)
	w.Tape.mu.Unlock()
	for i, e := range starts {
		switch {
		case e.ended:
		case e.waits():
			d = d.plus(w.wait(ctx, i, e))
		case late: // its pauses are time that passes
			d = d.plus(w.ask(ctx, i, e))
		}
	}
	return d, nil
}

// looks is how often the settlement machine asks before it parks a payment.
const looks = 14

// ask moves a settlement on: reconcile, again and again, then park.
func (w *World) ask(ctx context.Context, i int, e execution) (d done) {
	task := "reconcile"
	if e.tries >= looks {
		task = "park"
	}
	var out struct{ Outcome string }
	raw, err := w.Invoke(ctx, "tasks-settlement", map[string]any{"task": task, "execution": e.name, "correlationId": "chaos", "input": e.input})
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	e.tries++
	e.ended = err == nil && (out.Outcome == "settled" || task == "park")
	w.Tape.mu.Lock()
	defer w.Tape.mu.Unlock()
	w.Tape.starts[i] = e
	if e.ended {
		return done{through: 1}
	}
	return done{stuck: 1}
}

// wait moves a signup's machine on: it gives its token away for each of its two phases, and goes on when it is told. A task that fails
// is tried again with another token.
func (w *World) wait(ctx context.Context, i int, e execution) done {
	switch {
	case e.told != "":
		e.ended, e.token = e.phase == signup.Collect || e.told != signup.WasRequested, ""
		e.phase, e.told = signup.Collect, ""
	case e.token != "":
		return done{}
	default:
		if e.phase == "" {
			e.phase = signup.Pages
		}
		e.tries++
		e.token = fmt.Sprintf("%s/%s/%d", e.name, e.phase, e.tries)
	}
	w.Tape.mu.Lock()
	w.Tape.starts[i] = e // before the task: it may tell at once
	w.Tape.mu.Unlock()
	if e.ended || e.token == "" {
		return done{through: 1}
	}
	var in map[string]any
	err := json.Unmarshal(e.input, &in)
	if err == nil {
		in["phase"], in["token"] = e.phase, e.token
		_, err = w.Invoke(ctx, "tasks-signups", map[string]any{"task": "await", "execution": e.name, "correlationId": e.name, "input": in})
	}
	if err == nil {
		return w.tried(e.name, 1, 0)
	}
	w.Tape.mu.Lock()
	defer w.Tape.mu.Unlock()
	if now := &w.Tape.starts[i]; now.told == "" { // it may have told before it failed
		now.token = ""
	}
	return w.tried(e.name, 0, 1)
}

// succeed is SendTaskSuccess for the machines that are moved here: the local cloud does not know their tokens.
func (t *Tape) succeed(body []byte) (rig.Answer, error) {
	var in struct{ TaskToken, Output string }
	var out struct{ Outcome signup.Verdict }
	if err := json.Unmarshal(body, &in); err != nil {
		return rig.Answer{}, err
	}
	if err := json.Unmarshal([]byte(in.Output), &out); err != nil {
		return rig.Answer{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	at := slices.IndexFunc(t.starts, func(e execution) bool { return !e.ended && e.told == "" && e.token == in.TaskToken })
	header := http.Header{"Content-Type": {"application/x-amz-json-1.0"}}
	if at < 0 {
		return rig.Answer{Status: http.StatusBadRequest, Header: header, Body: []byte(`{"__type":"TaskTimedOut","message":"not waited for"}`)}, nil
	}
	t.starts[at].told = out.Outcome
	return rig.Answer{Status: http.StatusOK, Header: header, Body: []byte("{}")}, nil
}
