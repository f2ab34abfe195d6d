package testclocks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"turnup/internal/api/testclocks"
	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/base/token/tokentest"
	"turnup/internal/domain/account"
	"turnup/internal/domain/testclock"
	"turnup/internal/domain/timer"
	"turnup/internal/platform/metric"
	"turnup/internal/platform/rest"
)

const (
	buyer = id.Customer("cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA")
	busy  = id.Customer("cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XB")
	none  = "clk_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// store is the store in memory, of tenant demo.
type store struct {
	clocks    map[id.TestClock]testclock.Clock
	customers map[id.Customer]account.Customer
	used      map[string]json.RawMessage
	events    []event.Envelope
	calls     int
}

func (s *store) Recall(_ context.Context, r once.Request) (json.RawMessage, error) {
	return s.used[r.Caller+r.Key], nil
}

func (s *store) TestClock(_ context.Context, tenant id.Tenant, c id.TestClock) (testclock.Clock, error) {
	s.calls++
	found, ok := s.clocks[c]
	if !ok || found.Tenant != tenant {
		return found, testclock.ErrUnknown
	}
	return found, nil
}

func (s *store) write(use *once.Use, c testclock.Clock) error {
	s.calls++
	if answer, twice := s.used[use.Caller+use.Key]; twice {
		return &once.Replay{Answer: answer}
	}
	s.used[use.Caller+use.Key], s.clocks[c.ID] = use.Stored(), c
	use.Committed()
	return nil
}

func (s *store) CreateTestClock(_ context.Context, use *once.Use, c testclock.Clock) error {
	return s.write(use, c)
}

func (s *store) AttachCustomer(_ context.Context, use *once.Use, c testclock.Clock, customer account.Customer) error {
	s.customers[customer.ID] = customer
	return s.write(use, c)
}

func (s *store) AdvanceTestClock(_ context.Context, use *once.Use, c testclock.Clock, e event.Envelope) error {
	s.events = append(s.events, e)
	return s.write(use, c)
}

func (s *store) Customer(_ context.Context, _ id.Tenant, c id.Customer) (account.Customer, error) {
	found, ok := s.customers[c]
	if !ok {
		return found, fault.ErrNotFound
	}
	return found, nil
}

func (s *store) Timers(_ context.Context, _ id.Tenant, c id.Customer) ([]timer.Pending, error) {
	s.calls++
	if c != busy {
		return nil, nil
	}
	late := timer.Pending{Timer: timer.Timer{Kind: timer.OrderWatch, Subject: "ord_b", Due: noon.Add(time.Hour)}, Next: noon.Add(time.Hour)}
	soon := timer.Pending{Timer: timer.Timer{Kind: timer.OrderWatch, Subject: "ord_a", Due: noon}, Next: noon.Add(15 * time.Minute)}
	return []timer.Pending{late, soon}, nil
}

// desk is the API with its store and its callers' tokens.
type desk struct {
	t              *testing.T
	api            *rest.API
	store          *store
	admin, support string
	keys           int
}

func open(t *testing.T, sandbox bool) *desk {
	t.Helper()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	metric.Sink = io.Discard
	now := clock.At(noon)
	signer, verifier := tokentest.Pair(now)
	d := &desk{t: t, store: &store{clocks: map[id.TestClock]testclock.Clock{}, used: map[string]json.RawMessage{}, customers: map[id.Customer]account.Customer{
		buyer: {Tenant: "demo", ID: buyer, Version: 4}, busy: {Tenant: "demo", ID: busy}}}}
	var err error
	d.admin, _, err = signer.StaffSession("demo", "ada", []string{token.RoleAdmin}, noon)
	d.try(err)
	d.support, _, err = signer.StaffSession("demo", "bob", []string{token.RoleSupport}, noon)
	d.try(err)
	d.api = rest.New(rest.Options{Tenant: "demo", Verifier: verifier, Clock: now})
	testclocks.Register(d.api, testclocks.Deps{Store: d.store, Clock: now, Sandbox: sandbox})
	return d
}

func (d *desk) try(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

type answer struct {
	ClockID, Code string
	Status        any // of the clock; of a fault it is a number
	Now, Target   time.Time
	CustomerIDs   []string
	Timers        []struct{ Subject, Due, NextTry string }
	status        int
	retryAfter    string
}

func (d *desk) send(tok, method, path, body string) answer {
	d.t.Helper()
	d.keys++
	return d.sendKey(tok, method, path, body, fmt.Sprint("key-", d.keys))
}

func (d *desk) sendKey(tok, method, path, body, key string) (a answer) {
	d.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+tok)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	w := httptest.NewRecorder()
	d.api.ServeHTTP(w, r)
	d.try(json.Unmarshal(w.Body.Bytes(), &a))
	a.status, a.retryAfter = w.Code, w.Header().Get("Retry-After")
	return a
}

func (d *desk) expect(a answer, status int, code string) answer {
	d.t.Helper()
	if a.status != status || a.Code != code {
		d.t.Fatalf("answered %d %q, want %d %q: %+v", a.status, a.Code, status, code, a)
	}
	return a
}

// Make a clock, attach a customer, advance it: the answer is at once, the effect comes behind it.
func TestAdvance(t *testing.T) {
	d := open(t, true)
	made := d.expect(d.send(d.admin, http.MethodPost, "/test-clocks", `{"name":"x","now":"2030-01-01T01:00:00+01:00"}`), http.StatusCreated, "")
	path := "/test-clocks/" + made.ClockID
	if made.Status != "ready" || made.Now.Format(time.RFC3339) != "2030-01-01T00:00:00Z" || made.CustomerIDs == nil || made.retryAfter != "" {
		t.Errorf("%+v", made)
	}
	with := d.expect(d.send(d.admin, http.MethodPost, path+"/customers", `{"customerId":"`+string(buyer)+`"}`), http.StatusOK, "")
	if c := d.store.customers[buyer]; len(with.CustomerIDs) != 1 || string(c.TestClock) != made.ClockID || c.Version != 5 {
		t.Errorf("%+v, %+v", with, c)
	}
	moving := d.expect(d.send(d.admin, http.MethodPost, path+"/advance", `{"to":"2031-02-01T00:00:00Z"}`), http.StatusAccepted, "")
	if moving.Status != "advancing" || !moving.Now.Equal(made.Now) || moving.Target.Year() != 2031 || moving.retryAfter != "1" {
		t.Errorf("%+v", moving)
	}
	var told event.ClockAdvanced
	d.try(event.Decode(d.store.events[0], &told))
	if len(d.store.events) != 1 || string(told.TestClockID) != made.ClockID || !told.To.Equal(moving.Target) || d.store.events[0].Tenant != "demo" {
		t.Errorf("announced %+v", d.store.events)
	}
	if read := d.expect(d.send(d.admin, http.MethodGet, path, ""), http.StatusOK, ""); read.Status != "advancing" || read.retryAfter != "1" {
		t.Errorf("%+v", read)
	}
	d.expect(d.send(d.admin, http.MethodPost, path+"/advance", `{"to":"2032-02-01T00:00:00Z"}`), http.StatusConflict, "test_clock_advancing")
}

// R6: repeated with the same key, each operation has its effect once and the same answer, also when it could not be done again.
func TestRepeated(t *testing.T) {
	d := open(t, true)
	one := d.sendKey(d.admin, http.MethodPost, "/test-clocks", `{}`, "a")
	if two := d.sendKey(d.admin, http.MethodPost, "/test-clocks", `{}`, "a"); two.ClockID != one.ClockID || len(d.store.clocks) != 1 || one.Now != noon {
		t.Errorf("%+v, %+v", one, two)
	}
	for _, step := range []struct{ path, body string }{{"/customers", `{"customerId":"` + string(buyer) + `"}`}, {"/advance", `{"to":"2031-02-01T00:00:00Z"}`}} {
		first := d.sendKey(d.admin, http.MethodPost, "/test-clocks/"+one.ClockID+step.path, step.body, step.path)
		again := d.sendKey(d.admin, http.MethodPost, "/test-clocks/"+one.ClockID+step.path, step.body, step.path)
		if fmt.Sprint(first) != fmt.Sprint(again) || first.status >= 300 {
			t.Errorf("%s: %+v, %+v", step.path, first, again)
		}
	}
	if len(d.store.events) != 1 {
		t.Errorf("announced %d times", len(d.store.events))
	}
}

// What cannot be, with what to do about it.
func TestRefusals(t *testing.T) {
	d := open(t, true)
	path := "/test-clocks/" + d.send(d.admin, http.MethodPost, "/test-clocks", `{}`).ClockID
	attach := func(c id.Customer) string { return `{"customerId":"` + string(c) + `"}` }
	d.expect(d.send(d.admin, http.MethodPost, path+"/customers", attach(buyer)), http.StatusOK, "")
	for _, k := range []struct {
		path, body string
		status     int
		code       string
	}{
		{path + "/customers", attach(buyer), http.StatusConflict, "customer_has_test_clock"},
		{path + "/customers", attach(busy), http.StatusConflict, "customer_has_timers"},
		{path + "/customers", attach("cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XC"), http.StatusNotFound, "customer_not_found"},
		{path + "/advance", `{"to":"2026-11-02T12:00:00Z"}`, http.StatusBadRequest, "test_clock_backwards"},
		{path + "/advance", `{"to":"tomorrow"}`, http.StatusBadRequest, "invalid_request"},
		{"/test-clocks/" + none + "/advance", `{"to":"2031-01-01T00:00:00Z"}`, http.StatusNotFound, "test_clock_not_found"},
		{"/test-clocks/" + none + "/customers", attach(buyer), http.StatusNotFound, "test_clock_not_found"},
	} {
		d.expect(d.send(d.admin, http.MethodPost, k.path, k.body), k.status, k.code)
		d.expect(d.send(d.support, http.MethodPost, k.path, k.body), http.StatusForbidden, "forbidden")
	}
	if len(d.store.events) != 0 {
		t.Errorf("announced %+v", d.store.events)
	}
}

// Where real customers buy there are no test clocks, whoever asks; nothing is even read.
func TestOutsideSandboxes(t *testing.T) {
	d := open(t, false)
	d.expect(d.send(d.admin, http.MethodPost, "/test-clocks", `{}`), http.StatusForbidden, "sandbox_only")
	d.expect(d.send(d.admin, http.MethodGet, "/test-clocks/"+none, ""), http.StatusForbidden, "sandbox_only")
	d.expect(d.send(d.admin, http.MethodPost, "/test-clocks/"+none+"/customers", `{"customerId":"`+string(buyer)+`"}`), http.StatusForbidden, "sandbox_only")
	d.expect(d.send(d.admin, http.MethodPost, "/test-clocks/"+none+"/advance", `{"to":"2031-01-01T00:00:00Z"}`), http.StatusForbidden, "sandbox_only")
	if d.store.calls != 0 {
		t.Errorf("%d calls", d.store.calls)
	}
}

// What will happen to a customer next: what is due first comes first. Support may read it, and not only in sandboxes.
func TestListTimers(t *testing.T) {
	d := open(t, false)
	for _, tok := range []string{d.admin, d.support} {
		a := d.expect(d.send(tok, http.MethodGet, "/admin/customers/"+string(busy)+"/timers", ""), http.StatusOK, "")
		if len(a.Timers) != 2 || a.Timers[0].Subject != "ord_a" || a.Timers[0].Due != "2026-11-02T12:00:00Z" || a.Timers[0].NextTry != "2026-11-02T12:15:00Z" {
			t.Errorf("%+v", a.Timers)
		}
		if a := d.expect(d.send(tok, http.MethodGet, "/admin/customers/"+string(buyer)+"/timers", ""), http.StatusOK, ""); a.Timers == nil || len(a.Timers) != 0 {
			t.Errorf("%+v", a.Timers)
		}
	}
}
