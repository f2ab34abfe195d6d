package network

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Machine is a definition as statemachines/ has it. What this interpreter does not know is refused, so that nothing is passed over.
type Machine struct {
	Comment, QueryLanguage, StartAt string
	TimeoutSeconds                  int
	States                          map[string]state
}

type state struct {
	Type, Resource, Next string
	End                  bool
	Arguments            struct {
		FunctionName string
		Payload      map[string]string
	}
	TimeoutSeconds int
	Retry          []retrier
	Catch          []catcher
	Error, Cause   string
}

type retrier struct {
	ErrorEquals                     []string
	IntervalSeconds, BackoffRate    float64
	MaxAttempts                     int
	MaxDelaySeconds, JitterStrategy any
}

type catcher struct {
	ErrorEquals []string
	Assign      map[string]string
	Next        string
}

// readMachine reads a definition by its name.
func readMachine(root, name string) (m Machine, err error) {
	raw, err := os.ReadFile(filepath.Join(root, "statemachines", name+".asl.json"))
	if err != nil {
		return m, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err = d.Decode(&m); err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return m, err
}

// Failed is how a task failed, by the name under which the machine learns of it.
type Failed struct{ Name, Cause string }

func (f *Failed) Error() string { return f.Name + ": " + f.Cause }

// Scale is how much shorter than a machine's second a second is here.
const Scale = 3000

// Calls are what a machine does outside itself.
type Calls struct {
	Task  func(ctx context.Context, function string, payload []byte) error // a *Failed when it fails
	Pause func(ctx context.Context, d time.Duration)
}

// execution is a run of a machine.
type execution struct {
	name      string
	input     map[string]any
	variables map[string]any
	failed    *Failed
}

// Run runs a machine to its end. An error is one that ends in Fail, or in what is not allowed.
func (m Machine) Run(ctx context.Context, name string, input any, c Calls) error {
	raw, err := json.Marshal(input)
	if err != nil {
		return err
	}
	x := &execution{name: name, variables: map[string]any{}}
	if err := json.Unmarshal(raw, &x.input); err != nil {
		return err
	}
	for at := m.StartAt; ; {
		s, known := m.States[at]
		if !known {
			return fmt.Errorf("there is no state %q", at)
		}
		switch s.Type {
		case "Succeed":
			return nil
		case "Fail":
			return fmt.Errorf("%s: %s: %s (%v)", at, s.Error, s.Cause, x.failed)
		case "Task":
		default:
			return fmt.Errorf("the interpreter knows no state of type %q", s.Type)
		}
		next, err := x.task(ctx, s, c)
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		if next == "" && s.End {
			return nil
		}
		at = next
	}
}

// task does a task with what is tried again and caught, and tells the state after it.
func (x *execution) task(ctx context.Context, s state, c Calls) (next string, err error) {
	payload := map[string]any{}
	for name, expression := range s.Arguments.Payload {
		if payload[name], err = x.value(expression); err != nil {
			return "", err
		}
	}
	raw, err := json.Marshal(payload)
	if err != nil {
		return "", err
	}
	tried := make([]int, len(s.Retry))
again:
	failed, _ := c.Task(ctx, s.Arguments.FunctionName, raw).(*Failed) //nolint:errorlint // it is nothing else
	if failed == nil {
		return s.Next, nil
	}
	x.failed = failed
	for i, r := range s.Retry {
		if !failed.in(r.ErrorEquals) {
			continue
		}
		if tried[i] < r.MaxAttempts {
			c.Pause(ctx, r.delay(tried[i]))
			tried[i]++
			goto again
		}
		break
	}
	for _, handler := range s.Catch {
		if !failed.in(handler.ErrorEquals) {
			continue
		}
		for name, expression := range handler.Assign {
			if x.variables[name], err = x.value(expression); err != nil {
				return "", err
			}
		}
		return handler.Next, nil
	}
	return "", fmt.Errorf("nothing catches %w", failed)
}

// in tells whether a list names the failure. States.ALL takes everything.
func (f *Failed) in(names []string) bool {
	return slices.Contains(names, f.Name) || slices.Contains(names, "States.ALL")
}

// delay is the pause before a repetition, with full jitter.
func (r retrier) delay(tried int) time.Duration {
	seconds := r.IntervalSeconds
	for range tried {
		seconds *= r.BackoffRate
	}
	if most, ok := r.MaxDelaySeconds.(float64); ok {
		seconds = min(seconds, most)
	}
	if r.JitterStrategy == "FULL" {
		seconds *= rand.Float64()
	}
	return time.Duration(seconds * float64(time.Second) / Scale)
}

// value is what an expression is, of those few that the machines have.
func (x *execution) value(expression string) (any, error) {
	switch expression {
	case "{% $states.context.Execution.Name %}":
		return x.name, nil
	case "{% $states.context.Execution.Input %}":
		return x.input, nil
	case "{% $states.context.Execution.Input.correlationId %}":
		return x.input["correlationId"], nil
	case "{% $states.errorOutput.Error & ': ' & $states.errorOutput.Cause %}":
		return x.failed.Name + ": " + x.failed.Cause, nil
	case "{% $merge([$states.context.Execution.Input, {'step': $step, 'cause': $cause}]) %}":
		merged := map[string]any{"step": x.variables["step"], "cause": x.variables["cause"]}
		for name, v := range x.input {
			if _, set := merged[name]; !set {
				merged[name] = v
			}
		}
		return merged, nil
	}
	if len(expression) > 1 && expression[:2] == "{%" {
		return nil, fmt.Errorf("the interpreter does not know %s", expression)
	}
	return expression, nil
}
