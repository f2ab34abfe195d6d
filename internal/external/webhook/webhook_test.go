package webhook_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"turnup/internal/base/clock"
	"turnup/internal/base/loopback"
	"turnup/internal/external/webhook"
)

func partner(t *testing.T, handle http.HandlerFunc) (address string, calls *atomic.Int64) {
	t.Helper()
	calls = &atomic.Int64{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { calls.Add(1); handle(w, r) }))
	t.Cleanup(s.Close)
	return s.URL, calls
}

// What is sent arrives as it is, and what is answered is told.
func TestSend(t *testing.T) {
	address, _ := partner(t, func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, 2)
		_, _ = r.Body.Read(body)
		if r.Method != http.MethodPost || r.Header.Get("webhook-id") != "evt_1" || r.Header.Get("Content-Type") != "application/json" || string(body) != "{}" {
			t.Errorf("%s %v %s", r.Method, r.Header, body)
		}
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(" try\nlater " + strings.Repeat("ü", 4000)))
	})
	a := webhook.New(true, clock.System).Send(t.Context(), address, map[string]string{"webhook-id": "evt_1"}, "{}")
	if a.Status != http.StatusServiceUnavailable || a.RetryAfter != 2*time.Minute || !strings.HasPrefix(a.Excerpt, "try later ü") || len(a.Excerpt) > 204 || a.Failure != "" || a.At.IsZero() {
		t.Errorf("%+v", a)
	}
}

// X10: neither the private network nor this machine is called, however an address leads there: as it is written, by a name that is
// resolved to it at the moment of the connection, or by a redirect.
func TestNothingPrivateIsCalled(t *testing.T) {
	address, calls := partner(t, func(http.ResponseWriter, *http.Request) {})
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(address, "http://"))
	resolveAll(t, [4]byte{127, 0, 0, 1})
	client := webhook.New(false, clock.System)
	for _, to := range []string{address, "https://127.0.0.1:" + port, "https://localhost:" + port, "https://[::1]:" + port, "https://169.254.169.254/latest", "https://rebound.partner.com:" + port + "/in", "http://rebound.partner.com:" + port} {
		a := client.Send(t.Context(), to, nil, "{}")
		if a.Failure != "address_refused" || a.Status != 0 {
			t.Errorf("%s: %+v", to, a)
		}
	}
	elsewhere, _ := partner(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, address, http.StatusTemporaryRedirect)
	})
	if a := webhook.New(true, clock.System).Send(t.Context(), elsewhere, nil, "{}"); a.Status != http.StatusTemporaryRedirect || a.Failure != "" {
		t.Errorf("a redirect: %+v", a)
	}
	if calls.Load() != 0 {
		t.Errorf("%d calls came through", calls.Load())
	}
	if a := webhook.New(true, clock.System).Send(t.Context(), "http://rebound.partner.com:"+port, nil, "{}"); a.Status != http.StatusOK { // else the names above would prove nothing
		t.Errorf("in a sandbox: %+v", a)
	}
}

// A proxy would make the connection for us, past what is checked here: it is not used.
func TestNoProxy(t *testing.T) {
	proxy, calls := partner(t, func(http.ResponseWriter, *http.Request) {})
	t.Setenv("HTTPS_PROXY", proxy)
	t.Setenv("HTTP_PROXY", proxy)
	resolveAll(t, [4]byte{10, 0, 0, 1})
	if a := webhook.New(false, clock.System).Send(t.Context(), "https://partner.com/in", nil, "{}"); a.Failure != "address_refused" || calls.Load() != 0 {
		t.Errorf("%+v, %d calls", a, calls.Load())
	}
}

// Failures are told apart, in time, and say nothing of the address.
func TestFailures(t *testing.T) {
	hang := make(chan struct{})
	address, _ := partner(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hangs":
			<-hang
		case "/drips":
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-hang
		case "/cut":
			c, _, _ := http.NewResponseController(w).Hijack()
			_ = c.Close()
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		case "/headers":
			for range 40 {
				w.Header().Add("X-Much", strings.Repeat("x", 1000))
			}
		}
	})
	defer close(hang)
	client := webhook.New(true, clock.System)
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	for name, k := range map[string]struct {
		ctx     context.Context
		to      string
		failure string
		status  int
	}{"hangs": {short, address + "/hangs?key=canary", "timeout", 0}, "drips": {short, address + "/drips", "timeout", 0}, "cut": {t.Context(), address + "/cut?key=canary", "connection", 0}, "nobody": {t.Context(), "http://" + loopback.Refused, "connection", 0},
		"endless": {t.Context(), address + "/endless", "", 200}, "headers": {t.Context(), address + "/headers", "connection", 0}, "tls": {t.Context(), strings.Replace(address, "http:", "https:", 1), "tls", 0}} {
		began := time.Now()
		a := client.Send(k.ctx, k.to, nil, "{}")
		if a.Failure != k.failure || a.Status != k.status || strings.Contains(a.Excerpt, "canary") || len(a.Excerpt) > 204 || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// resolveAll lets every name lead to an address, as whoever owns a name can.
func resolveAll(t *testing.T, to [4]byte) {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) == 0 {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 0}, Body: &dnsmessage.AResource{A: to}}}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = server.WriteTo(out, from)
			}
		}
	}()
	was := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	t.Cleanup(func() { net.DefaultResolver = was; _ = server.Close() })
}
