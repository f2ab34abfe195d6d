package rest_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/platform/rest"
)

var now = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

type order struct {
	Name     string `json:"name" minLength:"1" maxLength:"10" pattern:"^[a-z]+$" patternDescription:"small letters"`
	Quantity int64  `json:"quantity,omitempty" minimum:"1" maximum:"9"`
	Colour   string `json:"colour,omitempty" enum:"red,green"`
}

type orderInput struct {
	Limit int32 `query:"limit" minimum:"1" maximum:"100" default:"50"`
	Body  order
}

type nameOutput struct {
	ETag string `header:"ETag"`
	Body struct {
		Name string `json:"name"`
	}
}

// bench is an API with one operation of each kind and a key pair.
type bench struct {
	api    *rest.API
	key    ed25519.PrivateKey
	signer *token.Signer
	fail   error // what the operations answer
	reach  int   // how often an operation was reached
}

func newBench(t *testing.T) *bench {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{key: private}
	if b.signer, err = token.NewSigner(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))); err != nil {
		t.Fatal(err)
	}
	c := clock.At(now)
	verifier, err := token.NewVerifier(token.KeyID(public)+":"+base64.StdEncoding.EncodeToString(public), c)
	if err != nil {
		t.Fatal(err)
	}
	b.api = rest.New(rest.Options{Tenant: "demo", Verifier: verifier, Clock: c, Title: "Bench", Version: "1"})
	post := func(id, path string, who rest.Audience) {
		rest.Register(b.api, rest.Op{ID: id, Method: http.MethodPost, Path: path, Audience: who, Service: "bench", Summary: id}, func(_ context.Context, in *orderInput) (*nameOutput, error) {
			b.reach++
			out := &nameOutput{ETag: rest.ETag(3)}
			out.Body.Name = in.Body.Name
			return out, b.fail
		})
	}
	post("postOrder", "/orders", rest.Public)
	post("postOwn", "/own", rest.Customer)
	post("postNobody", "/nobody", rest.Nobody)
	rest.Register(b.api, rest.Op{ID: "getName", Method: http.MethodGet, Path: "/name", Audience: rest.Customer, Service: "bench"}, func(ctx context.Context, _ *struct{}) (*nameOutput, error) {
		b.reach++
		out := &nameOutput{}
		out.Body.Name = string(rest.CallerOf(ctx).Customer) + "@" + rest.CallerOf(ctx).Country
		return out, nil
	})
	rest.Register(b.api, rest.Op{ID: "panics", Method: http.MethodGet, Path: "/panics", Audience: rest.Public, Service: "bench"}, func(context.Context, *struct{}) (*nameOutput, error) {
		panic("canary-secret in " + "a panic")
	})
	return b
}

// send makes a request; headers are "Name: value".
func (b *bench) send(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	b.api.ServeHTTP(w, r)
	return w
}

const (
	withKey = "Idempotency-Key: one"
	canary  = "canary-4711"
)

// problem checks that the answer is the fault, completely and without anything the caller sent.
func problem(t *testing.T, w *httptest.ResponseRecorder, f *fault.Fault) rest.Problem {
	t.Helper()
	var p rest.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	if w.Code != f.Kind.Status() || p.Code != f.Code || p.Status != w.Code || p.Detail != f.Message || p.Type != "urn:turnup:fault:"+f.Code || p.Title == "" {
		t.Errorf("answer %d %s, want %d %s", w.Code, w.Body, f.Kind.Status(), f.Code)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}
	if p.RequestID == "" || p.RequestID != w.Header().Get("X-Request-Id") {
		t.Errorf("request id %q, header %q", p.RequestID, w.Header().Get("X-Request-Id"))
	}
	if strings.Contains(w.Body.String(), canary) {
		t.Errorf("the answer repeats what was sent: %s", w.Body)
	}
	return p
}

func TestInvalidRequests(t *testing.T) {
	b := newBench(t)
	for name, c := range map[string]struct{ path, body, field string }{
		"malformed JSON":     {"/orders", `{"name": ` + canary, "body"},
		"cut off":            {"/orders", `{"name":"` + canary, "body"},
		"no body":            {"/orders", "", ""},
		"not an object":      {"/orders", `"` + canary + `"`, "body"},
		"a list":             {"/orders", `["` + canary + `"]`, "body"},
		"unknown field":      {"/orders", `{"name":"a","price":"` + canary + `"}`, "body.price"},
		"missing field":      {"/orders", `{}`, "body"},
		"over-long value":    {"/orders", `{"name":"` + strings.Repeat("a", 11) + canary + `"}`, "body.name"},
		"pattern":            {"/orders", `{"name":"` + canary[:6] + `1"}`, "body.name"},
		"wrong type":         {"/orders", `{"name":4711}`, "body.name"},
		"null":               {"/orders", `{"name":null}`, "body.name"},
		"number as text":     {"/orders", `{"name":"a","quantity":"` + canary + `"}`, "body.quantity"},
		"fraction":           {"/orders", `{"name":"a","quantity":1.5}`, "body.quantity"},
		"number too large":   {"/orders", `{"name":"a","quantity":10}`, "body.quantity"},
		"number beyond int":  {"/orders", `{"name":"a","quantity":1e40}`, "body.quantity"},
		"not one of a list":  {"/orders", `{"name":"a","colour":"` + canary + `"}`, "body.colour"},
		"unknown parameter":  {"/orders?colour=" + canary, `{"name":"a"}`, "query.colour"},
		"parameter too high": {"/orders?limit=101", `{"name":"a"}`, "query.limit"},
		"parameter no text":  {"/orders?limit=" + canary, `{"name":"a"}`, "query.limit"},
	} {
		t.Run(name, func(t *testing.T) {
			p := problem(t, b.send(http.MethodPost, c.path, c.body, withKey), fault.ErrInvalid)
			if len(p.Fields) == 0 || c.field != "" && p.Fields[0].Name != c.field {
				t.Errorf("fields %+v, want %s", p.Fields, c.field)
			}
			for _, f := range p.Fields {
				if f.Message == "" || strings.Contains(f.Message, "rest_test") || strings.Contains(f.Message, "Go struct") {
					t.Errorf("field %+v", f)
				}
			}
		})
	}
	if b.reach != 0 {
		t.Errorf("an invalid request reached the operation %d times", b.reach)
	}
}

func TestBodyTooLarge(t *testing.T) {
	b := newBench(t)
	problem(t, b.send(http.MethodPost, "/orders", `{"name":"`+strings.Repeat("a", 1<<20)+`"}`, withKey), fault.ErrTooLarge)
}

func TestUnknownMediaType(t *testing.T) {
	b := newBench(t)
	problem(t, b.send(http.MethodPost, "/orders", `name=`+canary, withKey, "Content-Type: application/x-www-form-urlencoded"), fault.ErrInvalid)
}

func TestUnknownRoutes(t *testing.T) {
	b := newBench(t)
	for _, r := range [][2]string{{http.MethodGet, "/nothing"}, {http.MethodGet, "/"}, {http.MethodDelete, "/orders"}, {http.MethodGet, "/orders"}, {http.MethodPost, "/orders/" + canary}} {
		problem(t, b.send(r[0], r[1], ""), fault.ErrMethod)
	}
}

func TestIdempotencyKey(t *testing.T) {
	b := newBench(t)
	for name, key := range map[string]string{"missing": "", "blank": "a b", "overlong": strings.Repeat("k", 201), "control": "a\tb", "not ASCII": "ключ"} {
		t.Run(name, func(t *testing.T) {
			problem(t, b.send(http.MethodPost, "/orders", `{"name":"a"}`, "Idempotency-Key: "+key), fault.ErrKeyMissing)
		})
	}
	for _, key := range []string{"k", strings.Repeat("k", 200)} {
		if w := b.send(http.MethodPost, "/orders", `{"name":"a"}`, "Idempotency-Key: "+key); w.Code != http.StatusOK {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

// A forgotten audience lets nobody in, whatever they bring.
func TestNobody(t *testing.T) {
	b := newBench(t)
	for _, headers := range [][]string{{withKey}, {withKey, "Authorization: Bearer " + b.session(t, now)}} {
		problem(t, b.send(http.MethodPost, "/nobody", `{"name":"a"}`, headers...), fault.ErrForbidden)
	}
	if b.reach != 0 {
		t.Error("nobody got in")
	}
}

func TestPanics(t *testing.T) {
	b := newBench(t)
	w := b.send(http.MethodGet, "/panics", "")
	problem(t, w, fault.ErrInternal)
	if strings.Contains(w.Body.String(), "canary") || strings.Contains(w.Body.String(), "goroutine") {
		t.Errorf("the answer leaks: %s", w.Body)
	}
}

func TestErrorsOfOperations(t *testing.T) {
	b := newBench(t)
	throttled := fault.ErrThrottled.After(1500 * time.Millisecond)
	for _, c := range []struct {
		err   error
		want  *fault.Fault
		after string
	}{
		{errors.New("dynamodb: " + canary), fault.ErrInternal, ""},
		{fault.ErrUnavailable.Because(errors.New(canary)), fault.ErrUnavailable, "2"},
		{throttled, fault.ErrThrottled, "2"},
		{fault.ErrThrottled.After(time.Minute), fault.ErrThrottled, "60"},
		{fault.ErrStale, fault.ErrStale, ""},
		{fault.ErrNotFound, fault.ErrNotFound, ""},
		{errors.Join(errors.New(canary), fault.ErrKeyReused), fault.ErrKeyReused, ""},
	} {
		b.fail = c.err
		w := b.send(http.MethodPost, "/orders", `{"name":"a"}`, withKey)
		problem(t, w, c.want)
		if got := w.Header().Get("Retry-After"); got != c.after {
			t.Errorf("%v: Retry-After %q, want %q", c.err, got, c.after)
		}
	}
}

func TestIDsAndHeaders(t *testing.T) {
	b := newBench(t)
	for _, path := range []string{"/orders", "/nothing", "/panics"} {
		w := b.send(http.MethodPost, path, `{"name":"a"}`, withKey, "X-Correlation-Id: journey-4711")
		h := w.Header()
		if h.Get("X-Request-Id") == "" || h.Get("X-Correlation-Id") != "journey-4711" {
			t.Errorf("%s: ids %q %q", path, h.Get("X-Request-Id"), h.Get("X-Correlation-Id"))
		}
		if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Expose-Headers") != "ETag, Retry-After, X-Request-Id, X-Correlation-Id" {
			t.Errorf("%s: browsers cannot read it: %v", path, h)
		}
		if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, h)
		}
	}
	for _, bad := range []string{"", "short", strings.Repeat("x", 65), "with blank in", `"><script>`} {
		w := b.send(http.MethodGet, "/nothing", "", "X-Correlation-Id: "+bad)
		if got := w.Header().Get("X-Correlation-Id"); !strings.HasPrefix(got, "cor_") || got == bad {
			t.Errorf("%q became %q", bad, got)
		}
	}
	if w := b.send(http.MethodPost, "/orders", `{"name":"a"}`, withKey); w.Code != http.StatusOK || w.Header().Get("ETag") != `"3"` || w.Body.String() != "{\"name\":\"a\"}\n" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

func TestIfMatch(t *testing.T) {
	for header, fits := range map[string]bool{"": true, "*": true, `"3"`: true, `"2"`: false, "3": false, `W/"3"`: false, `"3", "4"`: false} {
		if err := rest.Matches(header, 3); (err == nil) != fits || err != nil && !errors.Is(err, fault.ErrStale) {
			t.Errorf("%s: %v", header, err)
		}
	}
}

func TestCursor(t *testing.T) {
	for _, position := range []string{"", "DE#plan_stream-hd"} {
		if got, err := rest.Position(rest.Cursor(position)); err != nil || got != position {
			t.Errorf("%q became %q, %v", position, got, err)
		}
	}
	for _, bad := range []string{"%%", "a=b", rest.Cursor(strings.Repeat("x", 513))} {
		if _, err := rest.Position(bad); !errors.Is(err, fault.ErrCursor) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
