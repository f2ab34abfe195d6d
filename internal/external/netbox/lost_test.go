package netbox_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"turnup/internal/domain/provisioning"
	"turnup/internal/external/netbox"
	"turnup/internal/external/netbox/sandbox"
)

// changes are the calls of Reserve and Release that change something.
var changes = []string{"POST /api/dcim/interfaces/", "POST /api/ipam/prefixes/1/available-ips/", "PATCH /api/ipam/ip-addresses/",
	"POST /api/ipam/prefixes/3/available-prefixes/", "DELETE /api/ipam/ip-addresses/", "DELETE /api/ipam/prefixes/", "DELETE /api/dcim/interfaces/"}

// S3-53, S3-129: whichever call fails, in whichever way, and however often: repeated, everything is there once, and gone afterwards.
func TestRepeatedAfterFailures(t *testing.T) {
	for _, mode := range []string{sandbox.ModeLose, sandbox.ModeFail, sandbox.ModeRefuse} {
		for _, call := range changes {
			for times := 1; times < 3; times++ {
				t.Run(fmt.Sprint(mode, " ", call, times), func(t *testing.T) {
					s, o := start(t, sandbox.Options{})
					c := netbox.New(o)
					before := s.State()
					set(t, s, sandbox.Fault{Mode: mode, Match: call, Times: times})
					b := binding(1)
					repeated(t, func() error { _, err := c.Reserve(t.Context(), b); return err })
					once(t, s, b.Service)
					repeated(t, func() error { return c.Release(t.Context(), b.Service) })
					if after := s.State(); fmt.Sprint(after) != fmt.Sprint(before) {
						t.Fatalf("left %+v", after)
					}
					if !slices.ContainsFunc(s.Requests(), func(r sandbox.Request) bool { return r.Fault == mode }) {
						t.Fatal("the fault did not happen")
					}
				})
			}
		}
	}
}

func repeated(t *testing.T, do func() error) {
	t.Helper()
	for range 4 {
		err := do()
		if err == nil {
			return
		}
		if !errors.Is(err, provisioning.ErrUnanswered) {
			t.Fatal(err)
		}
	}
	t.Fatal("it never ended")
}

// A lost answer alone needs no repetition: what was taken is found at once.
func TestLostAnswerIsFound(t *testing.T) {
	s, o := start(t, sandbox.Options{})
	for n, call := range []string{changes[0], changes[1], changes[3]} {
		set(t, s, sandbox.Fault{Mode: sandbox.ModeLose, Match: call, Times: 1})
		if _, err := netbox.New(o).Reserve(t.Context(), binding(n)); err != nil {
			t.Errorf("%s: %v", call, err)
		}
		once(t, s, binding(n).Service)
	}
}

// S3-53: a call that comes through after we have given it up and taken another address leaves one too many, until the next look.
func TestLateAnswer(t *testing.T) {
	s, o := start(t, sandbox.Options{})
	o.Within = 250 * time.Millisecond
	c := netbox.New(o)
	before := s.State()
	b := binding(1)
	set(t, s, sandbox.Fault{Mode: sandbox.ModeSlow, Match: changes[1], Milliseconds: 700, Times: 1})
	if _, err := c.Reserve(t.Context(), b); !errors.Is(err, provisioning.ErrUnanswered) {
		t.Fatal(err)
	}
	has, err := c.Reserve(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, addresses, _ := records(s, b.Service); len(addresses) == 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it never came through")
		}
	}
	if found, err := c.Find(t.Context(), b.Service); err != nil || found != has {
		t.Fatalf("found %+v, %v, not %+v", found, err, has)
	}
	if again, err := c.Reserve(t.Context(), b); err != nil || again != has {
		t.Fatalf("reserved %+v, %v, not %+v", again, err, has)
	}
	once(t, s, b.Service)
	if err := c.Release(t.Context(), b.Service); err != nil || fmt.Sprint(s.State()) != fmt.Sprint(before) {
		t.Fatal("not everything was given back", err)
	}
}

// A NetBox that does not know a filter answers with everything: then nothing at all may be deleted, taken or moved.
func TestUnfilteredAnswers(t *testing.T) {
	s, o := start(t, sandbox.Options{})
	c := netbox.New(o)
	for n := range 3 {
		if _, err := c.Reserve(t.Context(), binding(n)); err != nil {
			t.Fatal(err)
		}
	}
	before := fmt.Sprint(s.State())
	set(t, s, sandbox.Fault{Mode: sandbox.ModeUnfiltered})
	_, reserve := c.Reserve(t.Context(), binding(1))
	_, find := c.Find(t.Context(), binding(1).Service)
	for call, err := range map[string]error{"Reserve": reserve, "Find": find, "Release": c.Release(t.Context(), binding(1).Service),
		"Release of none": c.Release(t.Context(), ""), "Validate": c.Validate(t.Context(), line, "svc_001")} {
		if !errors.Is(err, provisioning.ErrRefused) {
			t.Errorf("%s: %v", call, err)
		}
	}
	set(t, s)
	if err := c.Release(t.Context(), ""); !errors.Is(err, provisioning.ErrRefused) {
		t.Errorf("of no service: %v", err)
	}
	if fmt.Sprint(s.State()) != before {
		t.Fatal("something was changed")
	}
}

// Long lists are read to their end, and the host that NetBox believes to have is not called.
func TestPages(t *testing.T) {
	s, o := start(t, sandbox.Options{MaxPage: 3})
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = "netbox.internal.example"
		s.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	o.URL, o.SplitRatio = proxy.URL, 10
	c := netbox.New(o)
	for n := range 10 {
		if _, err := c.Reserve(t.Context(), binding(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Validate(t.Context(), line, "svc_999"); !errors.Is(err, provisioning.ErrPortFull) {
		t.Errorf("ten of ten: %v", err)
	}
	if !slices.ContainsFunc(s.Requests(), func(r sandbox.Request) bool { return strings.Contains(r.Query, "offset=9") }) {
		t.Error("the last page was not read")
	}
}
