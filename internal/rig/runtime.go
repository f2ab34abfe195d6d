// Package rig runs Turnup's functions on a developer's machine so that a tool sees every call they make: each program is
// a process against a Lambda Runtime API of our own, with a proxy between it and the cloud and another between it and the
// PSP, on tables, a bus, queues and machines made after template.yaml beside the deployed ones. The benchmarks and the
// fault rig are built on it. It decides nothing about what is measured or what fails.
package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Patience bounds everything that a function may take; only a broken one comes near it.
const Patience = 30 * time.Second

// ErrFailed is an invocation that the function answered with an error; ErrEnded is one during which its process ended.
var (
	ErrFailed = errors.New("rig: the function failed")
	ErrEnded  = errors.New("rig: the function's process ended")
)

// Function is a function's program running as a process against a Lambda Runtime API of our own, so that each
// invocation is one event we send, one answer, and the calls between them. It takes one event at a time, as on AWS.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type Function struct {
	name    string
	process *exec.Cmd
	api     *httptest.Server
	ready   chan time.Time // the function asks for its next event
	events  chan []byte
	answers chan answer
	ended   chan struct{} // closed when the process has ended
	end     error         // what it ended with; read only after ended is closed
	output  bytes.Buffer  // likewise
	sent    atomic.Int64
	stopped chan struct{}
}

type answer struct {
	body   []byte
	failed bool
}

// Start runs a program. The returned time is that of the start.
func Start(program string, env []string) (*Function, time.Time, error) {
	f := &Function{name: filepath.Base(program), ready: make(chan time.Time, 1), events: make(chan []byte), answers: make(chan answer, 1),
		ended: make(chan struct{}), stopped: make(chan struct{})}
	f.api = httptest.NewServer(http.HandlerFunc(f.serve))
	f.process = exec.Command(program)
	f.process.Env = append(append([]string(nil), env...), "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(f.api.URL, "http://"),
		"AWS_LAMBDA_FUNCTION_NAME="+f.name, "_HANDLER=bootstrap", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "PATH=/usr/bin:/bin", "HOME="+os.TempDir())
	f.process.Stdout, f.process.Stderr = &f.output, &f.output
	began := time.Now()
	if err := f.process.Start(); err != nil {
		f.api.Close()
		return nil, began, fmt.Errorf("%s does not start: %w", f.name, err)
	}
	go func() {
		f.end = f.process.Wait()
		close(f.ended)
	}()
	return f, began, nil
}

func (f *Function) serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/invocation/next"):
		at := time.Now()
		select {
		case f.ready <- at:
		case <-f.stopped:
			return
		}
		select {
		case event := <-f.events:
			f.deliver(w, event)
		case <-r.Context().Done():
		case <-f.stopped:
		}
	case strings.HasSuffix(r.URL.Path, "/response"), strings.HasSuffix(r.URL.Path, "/error"):
		body, err := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		select {
		case f.answers <- answer{body, err != nil || strings.HasSuffix(r.URL.Path, "/error")}:
		case <-f.stopped: // nobody waits for it any more
		}
	default:
		http.NotFound(w, r)
	}
}

func (f *Function) deliver(w http.ResponseWriter, event []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", "rig-"+strconv.FormatInt(f.sent.Add(1), 10))
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(Patience).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:"+f.name)
	_, _ = w.Write(event)
}

// AwaitReady waits until the function asks for an event: then all it did before is done.
func (f *Function) AwaitReady(ctx context.Context) (time.Time, error) {
	select {
	case at := <-f.ready:
		return at, nil
	case <-f.ended:
		return time.Time{}, fmt.Errorf("%w: %s (%v): %s", ErrEnded, f.name, f.end, f.output.String())
	case <-ctx.Done():
		return time.Time{}, fmt.Errorf("%s does not ask for its next event: %w", f.name, ctx.Err())
	}
}

// Invoke sends one event to a function that is ready, and returns when it is ready for the next.
func (f *Function) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	select {
	case f.events <- event:
	case <-f.ended:
		return nil, fmt.Errorf("%w: %s", ErrEnded, f.name)
	case <-ctx.Done():
		return nil, fmt.Errorf("%s takes no event: %w", f.name, ctx.Err())
	}
	if _, err := f.AwaitReady(ctx); err != nil {
		return nil, err
	}
	select {
	case a := <-f.answers:
		if a.failed {
			return nil, fmt.Errorf("%w: %s: %s", ErrFailed, f.name, a.body)
		}
		return a.body, nil
	default:
		return nil, errors.New(f.name + " asked for its next event without answering the last")
	}
}

// Kill ends the process at once, whatever it is doing, and returns when it has ended.
func (f *Function) Kill() {
	_ = f.process.Process.Kill() // it has ended already when this fails
	<-f.ended
}

// Stop ends the process and its Runtime API.
func (f *Function) Stop() {
	close(f.stopped)
	f.Kill()
	f.api.CloseClientConnections()
	f.api.Close()
}
