package upstream_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/loopback"
	"turnup/internal/domain/provisioning"
	"turnup/internal/external/upstream"
)

func api(base string) upstream.HTTP {
	return upstream.HTTP{Circuit: upstream.NewCircuit("netbox", 200*time.Millisecond), Base: base, Header: http.Header{"Authorization": {"Token x"}}}
}

// S3-98, S3-137: refused, hung, broken and not authorised are told apart, and name the system; a refusal is an answer.
func TestFailures(t *testing.T) {
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hang":
			<-hang
		case "/broken":
			w.WriteHeader(http.StatusBadGateway)
		case "/token":
			w.WriteHeader(http.StatusForbidden)
		case "/conflict":
			w.WriteHeader(http.StatusConflict)
		case "/cut":
			c, _, _ := w.(http.Hijacker).Hijack()
			c.Close()
		}
	}))
	defer server.Close()
	defer close(hang)
	for path, want := range map[string]*fault.Fault{"/hang": provisioning.ErrUnanswered, "/broken": provisioning.ErrUnanswered, "/cut": provisioning.ErrUnanswered,
		"/token": provisioning.ErrCredential, "/conflict": nil, "/": nil} {
		a, err := api(server.URL).Call(t.Context(), http.MethodGet, path, nil)
		if want == nil {
			if err != nil || a.Status == 0 {
				t.Errorf("%s: %d, %v", path, a.Status, err)
			}
			continue
		}
		if !errors.Is(err, want) || fault.Of(err).Details["system"] != "netbox" {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := api("http://"+loopback.Refused).Call(t.Context(), http.MethodGet, "/", nil); !errors.Is(err, provisioning.ErrNetwork) {
		t.Errorf("refused: %v", err)
	}
}

// S3-137: after failures in a row a system is left alone; refusals do not count.
func TestCircuit(t *testing.T) {
	calls, status := 0, http.StatusConflict
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { calls++; w.WriteHeader(status) }))
	defer server.Close()
	c := api(server.URL)
	for range 2 * upstream.OpensAfter {
		if _, err := c.Call(t.Context(), http.MethodGet, "/", nil); err != nil {
			t.Fatal(err)
		}
	}
	calls, status = 0, http.StatusInternalServerError
	for range 2 * upstream.OpensAfter {
		_, err := c.Call(t.Context(), http.MethodGet, "/", nil)
		if !fault.Transient(err) {
			t.Fatalf("got %v", err)
		}
	}
	if calls != upstream.OpensAfter {
		t.Errorf("%d calls reached the system, want %d", calls, upstream.OpensAfter)
	}
	_, err := c.Call(context.Background(), http.MethodGet, "/", nil)
	if !errors.Is(err, provisioning.ErrNetwork) || fault.Of(err).RetryAfter != upstream.OpenFor {
		t.Errorf("open: %v", err)
	}
}
