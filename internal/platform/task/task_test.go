package task_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/platform/task"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

type input struct {
	N int `json:"n"`
}

func tasks(do func(context.Context, input) (string, error)) task.Tasks {
	return task.Tasks{Named: map[string]task.Handle{"do": task.Typed(do)}, Clock: clock.System}
}

// A machine catches errors by name: Transient for what passes, else the fault's code. aws-lambda-go reports that name
// only for this type, returned bare and by value.
func TestErrorNames(t *testing.T) {
	refused := fault.New(fault.Conflict, "task_test_refused", "No.", "operator")
	for name, errs := range map[string][]error{
		task.Transient:      {errors.New("boom"), fault.ErrUnavailable, fault.ErrThrottled, fault.ErrInternal, fmt.Errorf("w: %w", fault.ErrUnavailable)},
		"task_test_refused": {refused, fmt.Errorf("w: %w", refused), refused.Because(errors.New("boom"))},
		"not_found":         {fault.ErrNotFound},
	} {
		for _, e := range errs {
			_, err := tasks(func(context.Context, input) (string, error) { return "", e }).Run(t.Context(), task.Input{Task: "do", Input: json.RawMessage(`{}`)})
			got, byValue := err.(messages.InvokeResponse_Error) //nolint:errorlint // the runtime asserts the type in the same way
			if !byValue || got.Type != name || got.Message != e.Error() {
				t.Errorf("%v: got %#v", e, err)
			}
		}
	}
}

func TestUnknownTaskAndBrokenInput(t *testing.T) {
	never := tasks(func(context.Context, input) (string, error) { t.Error("it ran"); return "", nil })
	for _, in := range []task.Input{{}, {Task: "other"}, {Task: "Do"}, {Task: "do"}, {Task: "do", Input: json.RawMessage(`{"n":"text"}`)}, {Task: "do", Input: json.RawMessage(`[`)}} {
		_, err := never.Run(t.Context(), in)
		if got, byValue := err.(messages.InvokeResponse_Error); !byValue || got.Type != "invalid_request" { //nolint:errorlint // as above
			t.Errorf("%+v: got %#v", in, err)
		}
	}
}

// The task gets its input and the trace of the journey: the execution is the cause.
func TestRun(t *testing.T) {
	out, err := tasks(func(ctx context.Context, in input) (string, error) {
		if got := event.TraceOf(ctx); got != (event.Trace{Correlation: "journey", Causation: "pay_1", Actor: "system:do"}) {
			t.Errorf("trace %+v", got)
		}
		return fmt.Sprint("got ", in.N), nil
	}).Run(t.Context(), task.Input{Task: "do", Execution: "pay_1", CorrelationID: "journey", Input: json.RawMessage(`{"n":7}`)})
	if err != nil || out != "got 7" {
		t.Errorf("got %v, %v", out, err)
	}
}
