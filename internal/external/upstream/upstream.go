// Package upstream is how the adapters talk to the network's systems: every call has a time limit and goes through a circuit
// breaker, failures get the names the domain knows, and every call is logged with its system but never with a body or a header.
//
// It does not repeat calls: whether a call may be repeated, and after which look at the other side, is known to the adapter and
// to the state machine above it.
package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/sony/gobreaker/v2"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/domain/provisioning"
)

// The circuit opens after so many failures in a row, and lets one call through after so long.
const (
	OpensAfter = 5
	OpenFor    = 20 * time.Second
)

// Circuit guards the calls to one system.
type Circuit struct {
	system  string
	within  time.Duration
	breaker *gobreaker.CircuitBreaker[struct{}]
}

// NewCircuit guards a system, named for logs and faults ("netbox"), whose single calls may take so long.
func NewCircuit(system string, within time.Duration) *Circuit {
	return &Circuit{system: system, within: within, breaker: gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name: system, Timeout: OpenFor,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= OpensAfter },
		// Only what tells of the system itself counts: no network, no answer, an answer of 5xx. A refusal is an answer.
		IsSuccessful: func(err error) bool {
			return !errors.Is(err, provisioning.ErrNetwork) && !errors.Is(err, provisioning.ErrUnanswered)
		},
		OnStateChange: func(name string, from, to gobreaker.State) {
			slog.Warn("circuit", "system", name, "from", from.String(), "to", to.String())
		},
	})}
}

// Do makes one call, named for the log, within the circuit's time. While the circuit is open it is ErrNetwork at once.
func (c *Circuit) Do(ctx context.Context, call string, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.within)
	defer cancel()
	began := clock.System.Now()
	_, err := c.breaker.Execute(func() (struct{}, error) { return struct{}{}, do(ctx) })
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		err = c.Fault(provisioning.ErrNetwork, err).After(OpenFor)
	}
	attrs := []any{"system", c.system, "call", call, "ms", clock.System.Now().Sub(began).Milliseconds()}
	if f := fault.Of(err); f != nil {
		attrs = append(attrs, "code", f.Code, "cause", f.Details["cause"])
	}
	slog.InfoContext(ctx, "upstream", attrs...)
	return err
}

// Fault names the system in a fault and keeps the cause for the log.
func (c *Circuit) Fault(f *fault.Fault, cause error) *fault.Fault {
	f = f.With("system", c.system)
	if cause != nil {
		return f.With("cause", cause.Error()).Because(cause)
	}
	return f
}

// Failed gives a failed call its name: refused connections did not reach the system, everything else may have.
func (c *Circuit) Failed(err error) error {
	var dns *net.DNSError
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH) || errors.As(err, &dns) {
		return c.Fault(provisioning.ErrNetwork, err)
	}
	return c.Fault(provisioning.ErrUnanswered, err)
}

// Answer is an HTTP answer, read.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Decode reads the JSON of the body.
func (a Answer) Decode(into any) error {
	if err := json.Unmarshal(a.Body, into); err != nil {
		return fmt.Errorf("upstream: the answer is not the JSON expected: %w", err)
	}
	return nil
}

// HTTP is a JSON API.
type HTTP struct {
	*Circuit
	Base   string // without a slash at the end
	Header http.Header
	Client *http.Client // nil is http.DefaultClient
}

// mostRead bounds answers.
const mostRead = 8 << 20

// Call sends in as JSON (nil: no body) and reads the answer, whatever its status is below 500. 5xx is ErrUnanswered: what the
// system did before it failed is not known. 401, 403 are ErrCredential (NetBox answers 403 to a wrong token).
func (h HTTP) Call(ctx context.Context, method, path string, in any) (a Answer, err error) {
	err = h.Do(ctx, method+" "+path, func(ctx context.Context) error {
		var body io.Reader
		if in != nil {
			raw, err := json.Marshal(in)
			if err != nil {
				return err
			}
			body = bytes.NewReader(raw)
		}
		r, err := http.NewRequestWithContext(ctx, method, h.Base+path, body)
		if err != nil {
			return err
		}
		for name, values := range h.Header {
			r.Header[name] = values
		}
		if in != nil {
			r.Header.Set("Content-Type", "application/json")
		}
		client := h.Client
		if client == nil {
			client = http.DefaultClient
		}
		response, err := client.Do(r)
		if err != nil {
			return h.Failed(err)
		}
		defer response.Body.Close()
		a = Answer{Status: response.StatusCode, Header: response.Header}
		if a.Body, err = io.ReadAll(io.LimitReader(response.Body, mostRead)); err != nil {
			return h.Failed(err)
		}
		switch {
		case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
			return h.Fault(provisioning.ErrCredential, fmt.Errorf("HTTP %d", a.Status))
		case a.Status >= 500:
			return h.Fault(provisioning.ErrUnanswered, fmt.Errorf("HTTP %d", a.Status))
		}
		return nil
	})
	return a, err
}
