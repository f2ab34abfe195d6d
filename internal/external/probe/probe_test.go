package probe_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"turnup/internal/external/probe"
)

// S2-47: a system that is down, answers with an error, leads elsewhere or takes too long is not there.
func TestUp(t *testing.T) {
	hang := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/fine":
			w.WriteHeader(http.StatusNoContent)
		case "/elsewhere":
			http.Redirect(w, r, "/fine", http.StatusFound)
		case "/hangs":
			<-hang
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer s.Close()
	defer close(hang)
	for path, want := range map[string]string{"/fine": "", "/elsewhere": "answered 302", "/down": "answered 503", "/hangs": "no answer within 2s"} {
		began := time.Now()
		got := ""
		if err := probe.New().Up(t.Context(), s.URL+path); err != nil {
			got = err.Error()
		}
		if got != want || time.Since(began) > 2*probe.Within {
			t.Errorf("%s: %q after %v", path, got, time.Since(began))
		}
	}
	if err := probe.New().Up(t.Context(), "http://127.0.0.1:1/"); err == nil {
		t.Error("nobody listens there, and it is up")
	}
}
