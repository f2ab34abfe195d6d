package netbox_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"turnup/internal/domain/provisioning"
	"turnup/internal/external/netbox"
	"turnup/internal/external/netbox/sandbox"
)

// What something in between answers is no success.
func TestAnswersOfOthers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"page":    func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Sign in</html>") },
		"missing": http.NotFound,
	} {
		h := httptest.NewServer(answer)
		c := netbox.New(netbox.Options{URL: h.URL, Token: token, Within: time.Second})
		if err := c.Release(t.Context(), "svc_001"); !errors.Is(err, provisioning.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
		h.Close()
	}
}

// A proxy that redirects turns POST and DELETE into GET, which succeeds and changes nothing.
func TestRedirected(t *testing.T) {
	s, o := start(t, sandbox.Options{})
	if _, err := netbox.New(o).Reserve(t.Context(), binding(1)); err != nil {
		t.Fatal(err)
	}
	behind := o.URL
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, behind+r.URL.RequestURI(), http.StatusMovedPermanently)
	}))
	defer h.Close()
	o.URL = h.URL
	c := netbox.New(o)
	if err := c.Validate(t.Context(), line, "svc_002"); err != nil {
		t.Fatal(err)
	}
	_, err := c.Reserve(t.Context(), binding(2))
	if released := c.Release(t.Context(), binding(1).Service); !errors.Is(err, provisioning.ErrRefused) || !errors.Is(released, provisioning.ErrRefused) {
		t.Errorf("reserve %v, release %v", err, released)
	}
	once(t, s, binding(1).Service)
}

// S3-131: of the interfaces of a virtual chassis, which NetBox answers with when asked for its master's, only the master's own count.
func TestVirtualChassis(t *testing.T) {
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		results := ""
		switch {
		case strings.Contains(r.URL.Path, "devices"):
			results = `{"id":1,"name":"OLT-1","status":{"value":"active"}}`
		case !r.URL.Query().Has("parent_id"):
			results = `{"id":7,"name":"pon-0/1","device":{"id":2},"type":{"value":"gpon"},"enabled":false},{"id":8,"name":"pon-0/1","device":{"id":1},"type":{"value":"gpon"},"enabled":true}`
		case r.URL.Query().Get("parent_id") != "8":
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, `{"count":2,"next":null,"previous":null,"results":[%s]}`, results)
	}))
	defer h.Close()
	if err := netbox.New(netbox.Options{URL: h.URL, Token: token, SplitRatio: 1, Within: time.Second}).Validate(t.Context(), line, "svc_001"); err != nil {
		t.Fatal(err)
	}
}
