// Package task is the runtime of Step Functions tasks. A state names the task it wants; the answer is the task's
// outcome; errors reach the machine's Retry and Catch under their fault code, or as Transient.
package task

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
)

// Transient is the error name of what passes by itself; every machine retries it.
const Transient = "Transient"

// Input is what a state hands to its task.
type Input struct {
	Task          string          `json:"task"`
	Execution     string          `json:"execution"` // name of the execution: the business id
	CorrelationID string          `json:"correlationId"`
	Input         json.RawMessage `json:"input"`
}

// Handle does one task. It is idempotent on its input: a state may run again.
type Handle func(ctx context.Context, input json.RawMessage) (any, error)

// Typed makes a Handle of a function with typed input.
func Typed[I, O any](do func(context.Context, I) (O, error)) Handle {
	return func(ctx context.Context, raw json.RawMessage) (any, error) {
		var in I
		if err := json.Unmarshal(raw, &in); err != nil {
			return nil, fault.ErrInvalid.Because(err)
		}
		return do(ctx, in)
	}
}

// Tasks are the tasks of one function.
type Tasks struct {
	Named map[string]Handle
	Clock clock.Clock
}

// Start serves the tasks as a Lambda function; it does not return.
func Start(t Tasks) { lambda.Start(t.Run) }

// Run does the task that the input names.
func (t Tasks) Run(ctx context.Context, in Input) (any, error) {
	ctx = event.WithTrace(ctx, event.Trace{Correlation: in.CorrelationID, Causation: in.Execution, Actor: event.System(in.Task)})
	began := t.Clock.Now()
	do, known := t.Named[in.Task]
	if !known {
		return nil, named(fault.ErrInvalid.Because(fmt.Errorf("task: unknown task %q", in.Task)))
	}
	out, err := do(ctx, in.Input)
	attrs := []any{"task", in.Task, "execution", in.Execution, "ms", t.Clock.Now().Sub(began).Milliseconds()}
	if err != nil {
		slog.WarnContext(ctx, "task", append(attrs, "error", err.Error())...)
		return nil, named(err)
	}
	slog.InfoContext(ctx, "task", attrs...)
	return out, nil
}

// named gives an error the name by which a machine catches it. It must be returned bare and by value: aws-lambda-go
// reports any other error under its Go type name.
func named(err error) error {
	name := Transient
	if !fault.Transient(err) {
		name = fault.Of(err).Code
	}
	return messages.InvokeResponse_Error{Type: name, Message: err.Error()}
}
