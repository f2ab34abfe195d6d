package main

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

// patience bounds everything that a function may take; only a broken one comes near it.
const patience = 30 * time.Second

// function is a function's program running as a process against a Lambda Runtime API of our own, so that each
// invocation is one event we send, one answer, and the calls between them.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type function struct {
	name    string
	process *exec.Cmd
	api     *httptest.Server
	ready   chan time.Time // the function asks for its next event
	events  chan []byte
	answers chan answer
	ended   chan error
	output  bytes.Buffer // read only when the process has ended
	sent    atomic.Int64
	stopped chan struct{}
}

type answer struct {
	body   []byte
	failed bool
}

// start runs a program. The returned time is that of the start.
func start(program string, env []string) (*function, time.Time, error) {
	f := &function{name: filepath.Base(program), ready: make(chan time.Time, 1), events: make(chan []byte), answers: make(chan answer, 1),
		ended: make(chan error, 1), stopped: make(chan struct{})}
	f.api = httptest.NewServer(http.HandlerFunc(f.serve))
	f.process = exec.Command(program)
	f.process.Env = append(env, "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(f.api.URL, "http://"), "AWS_LAMBDA_FUNCTION_NAME="+f.name,
		"_HANDLER=bootstrap", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "PATH=/usr/bin:/bin", "HOME="+os.TempDir())
	f.process.Stdout, f.process.Stderr = &f.output, &f.output
	began := time.Now()
	if err := f.process.Start(); err != nil {
		f.api.Close()
		return nil, began, fmt.Errorf("%s does not start: %w", f.name, err)
	}
	go func() { f.ended <- f.process.Wait() }()
	return f, began, nil
}

func (f *function) serve(w http.ResponseWriter, r *http.Request) {
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
		f.answers <- answer{body, err != nil || strings.HasSuffix(r.URL.Path, "/error")}
	default:
		http.NotFound(w, r)
	}
}

func (f *function) deliver(w http.ResponseWriter, event []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", "bench-"+strconv.FormatInt(f.sent.Add(1), 10))
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(patience).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:"+f.name)
	_, _ = w.Write(event)
}

// awaitReady waits until the function asks for an event: then all it did before is done.
func (f *function) awaitReady(ctx context.Context) (time.Time, error) {
	select {
	case at := <-f.ready:
		return at, nil
	case err := <-f.ended:
		f.ended <- err
		return time.Time{}, fmt.Errorf("%s ended (%v): %s", f.name, err, f.output.String())
	case <-ctx.Done():
		return time.Time{}, fmt.Errorf("%s does not ask for its next event: %w", f.name, ctx.Err())
	}
}

// invoke sends one event to a function that is ready, and returns when it is ready for the next.
func (f *function) invoke(ctx context.Context, event []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case f.events <- event:
	case <-ctx.Done():
		return nil, fmt.Errorf("%s takes no event: %w", f.name, ctx.Err())
	}
	if _, err := f.awaitReady(ctx); err != nil {
		return nil, err
	}
	select {
	case a := <-f.answers:
		if a.failed {
			return nil, fmt.Errorf("%s failed: %s", f.name, a.body)
		}
		return a.body, nil
	default:
		return nil, errors.New(f.name + " asked for its next event without answering the last")
	}
}

// stop ends the process.
func (f *function) stop() {
	close(f.stopped)
	_ = f.process.Process.Kill() // it has ended already when this fails
	<-f.ended
	f.api.CloseClientConnections()
	f.api.Close()
}
