package network

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"turnup/internal/base/event"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/platform/task"
	"turnup/internal/platform/worker"
)

// message is an event on its way to a consumer, or an execution that shall begin.
type message struct {
	event event.Envelope
	to    string
	tries int

	machine domain.Kind // of an execution
	name    string
	input   any
}

// routes are the rules of the bus, as far as they lead here.
func routes(e event.Envelope) string {
	switch e.Type {
	case event.TypeOrderPaid:
		return "on-delivery"
	case event.TypeProvisioningRequested:
		return "on-provisioning"
	case event.TypeProvisioningParked:
		var p event.ProvisioningParked
		if event.Decode(e, &p) == nil && !p.Again {
			return "on-provisioning"
		}
	case event.TypeAccessChanged, event.TypeNASRestarted:
		return "on-access"
	}
	return ""
}

// announced takes what a transaction announced, once.
func (w *World) announced(b event.Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.batches[b.ID] {
		return
	}
	w.batches[b.ID] = true
	for _, e := range b.Events {
		w.told = append(w.told, e)
		to := routes(e)
		if to == "" {
			continue
		}
		w.queue = append(w.queue, message{event: e, to: to, tries: 1})
		if w.twice {
			w.queue = append(w.queue, message{event: e, to: to, tries: 1})
		}
	}
}

// starter starts executions of a machine: one of a name.
type starter struct {
	world *World
	kind  domain.Kind
}

var errMade = errors.New("made to fail")

func (s starter) Start(ctx context.Context, name string, input any) error {
	start := func(context.Context) error {
		s.world.mu.Lock()
		defer s.world.mu.Unlock()
		if !s.world.started[name] {
			s.world.started[name] = true
			s.world.queue = append(s.world.queue, message{machine: s.kind, name: name, input: input})
		}
		return nil
	}
	in := invocationOf(ctx)
	mode := in.wire.meet(in, states, "StartExecution", true)
	return in.pass(ctx, mode, way{forward: start, fail: func() error { return errMade }, lose: errMade})
}

func (w *World) take() (m message, some bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return m, false
	}
	m, w.queue = w.queue[0], w.queue[1:]
	return m, true
}

// pump carries everything on until nothing moves.
func (w *World) pump(ctx context.Context) {
	for w.step(ctx) {
	}
}

func (w *World) step(ctx context.Context) bool {
	m, some := w.take()
	switch {
	case !some:
		return false
	case m.machine != "":
		w.execute(ctx, m)
	default:
		w.deliver(ctx, m)
	}
	return true
}

// deliver hands a message to its consumer, as platform/worker does: again when that failed, and parked when it is of no use.
func (w *World) deliver(ctx context.Context, m message) {
	ctx = event.Caused(worker.WithTries(ctx, m.tries), m.event, m.to)
	handle := func() func(context.Context, event.Envelope) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.handles[m.to]
	}
	in := &invocation{wire: w.Wire, function: w.now(m.to)}
	in.again = func() {
		invoke(ctx, &invocation{wire: w.Wire, function: in.function, undisturbed: true}, func(ctx context.Context) { _ = handle()(ctx, m.event) })
	}
	var err error
	if invoke(ctx, in, func(ctx context.Context) { err = handle()(ctx, m.event) }) {
		err = errors.New("the function was killed")
		w.restart()
	}
	if err == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if worker.Parks(ctx, err) {
		w.dead = append(w.dead, fmt.Sprintf("%s of %s: %v", m.event.Type, m.to, err))
		return
	}
	m.tries++
	w.queue = append(w.queue, m)
}

// execute runs an execution to its end. While it pauses everything else goes on.
func (w *World) execute(ctx context.Context, m message) {
	err := w.machines[m.machine].Run(ctx, m.name, m.input, Calls{Task: w.task, Pause: func(ctx context.Context, d time.Duration) {
		time.Sleep(d)
		if !w.many {
			w.pump(ctx)
		}
	}})
	if err != nil {
		w.mu.Lock()
		w.stuck = append(w.stuck, fmt.Sprintf("%s: %v", m.name, err))
		w.mu.Unlock()
	}
}

// crashes are the names under which a machine learns that a function was killed.
var crashes = []string{"Runtime.ExitError", "Lambda.Unknown", "Sandbox.Timedout", "States.Timeout"}

// task runs a task as Lambda does.
func (w *World) task(ctx context.Context, function string, payload []byte) error {
	var input task.Input
	if err := json.Unmarshal(payload, &input); err != nil {
		return &Failed{"States.Runtime", err.Error()}
	}
	run := func() func(context.Context) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		tasks, known := w.tasks[function]
		return func(ctx context.Context) error {
			if !known {
				return fmt.Errorf("there is no function %q", function)
			}
			_, err := tasks.Run(ctx, input)
			return err
		}
	}
	in := &invocation{wire: w.Wire, function: w.now(input.Task)}
	in.again = func() {
		invoke(ctx, &invocation{wire: w.Wire, function: in.function, undisturbed: true}, func(ctx context.Context) { _ = run()(ctx) })
	}
	var err error
	if invoke(ctx, in, func(ctx context.Context) { err = run()(ctx) }) {
		w.restart()
		return &Failed{crashes[len(w.closeAll)%len(crashes)], "the process ended"}
	}
	if err == nil {
		return nil
	}
	if named, is := err.(messages.InvokeResponse_Error); is { //nolint:errorlint // the runtime asserts the type in the same way
		return &Failed{named.Type, named.Message}
	}
	return &Failed{strings.TrimPrefix(fmt.Sprintf("%T", err), "*"), err.Error()} // as aws-lambda-go names it
}
