package freeradius_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	wire "layeh.com/radius"
	"layeh.com/radius/rfc2865"

	"turnup/internal/base/loopback"
	"turnup/internal/domain/provisioning"
	"turnup/internal/external/radius"
	"turnup/internal/external/radius/freeradius"
	"turnup/internal/external/radius/sandbox"
)

// hook stands for our endpoints: what it answers in each section, and what came.
type hook struct {
	mu     sync.Mutex
	status map[radius.Section]int
	body   map[radius.Section][]byte
	calls  []call
}

type call struct {
	radius.Request
	key string
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	request, err := radius.Parse(radius.Section(r.Header.Get("X-FreeRADIUS-Section")), body)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil || r.URL.Path != "/radius/"+string(request.Section) {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	h.calls = append(h.calls, call{request, r.Header.Get("x-api-key")})
	status := h.status[request.Section]
	if status == 0 {
		status = http.StatusNoContent
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		_, _ = w.Write(h.body[request.Section])
	}
}

// answer sets what a section answers from now on and forgets the calls so far.
func (h *hook) answer(section radius.Section, status int, body []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.status == nil {
		h.status, h.body = map[radius.Section]int{}, map[radius.Section][]byte{}
	}
	h.status[section], h.body[section], h.calls = status, body, nil
}

func (h *hook) came(section radius.Section) []call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.calls), func(c call) bool { return c.Section != section })
}

func run(t *testing.T) (*hook, *freeradius.Server) {
	h := &hook{}
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	s := freeradius.Run(t, freeradius.Options{Hook: web.URL + "/radius", Key: "key-1"})
	s.Patience = 1500 * time.Millisecond
	return h, s
}

const user = "sub-1001@isp.example"

var atBNG = []freeradius.Attribute{{Name: "NAS-IP-Address", Value: "127.0.0.1"}, {Name: "NAS-Identifier", Value: "bng1"}, {Name: "NAS-Port-Id", Value: "ge-1/0/0.100:100-7"},
	{Name: "Service-Type", Value: "Framed-User"}, {Name: "Framed-Protocol", Value: "PPP"}, {Name: "Calling-Station-Id", Value: "aa:bb:cc:00:00:01"}}

func body(t *testing.T, a radius.Accept) []byte {
	t.Helper()
	raw, err := a.Body()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (h *hook) dials(t *testing.T, s *freeradius.Server, password string) (pap, chap freeradius.Reply) {
	t.Helper()
	pap, err := s.PAP(t.Context(), user, password, atBNG...)
	if err != nil {
		t.Fatal(err)
	}
	chap, err = s.CHAP(t.Context(), user, password, atBNG...)
	if err != nil {
		t.Fatal(err)
	}
	return pap, chap
}

// S3-117, S3-118: what an accept has arrives at every type of NAS, by PAP and CHAP, with one call to authorize for a dial.
func TestAccept(t *testing.T) {
	t.Parallel()
	h, s := run(t)
	accept := radius.Accept{UserName: "sub-1001", Secret: `s3c%{User-Name}"ret'`, Profile: provisioning.Profile{DownKbps: 300000, UpKbps: 150000},
		Address: "100.64.10.1/29", Prefix6: "2001:db8:100::/56", Class: "sub_01H%{x}", InterimSeconds: 60}
	for kind, want := range map[radius.NASType]map[string][]string{
		radius.Generic:  {"WISPr-Bandwidth-Max-Up": {"150000000"}, "WISPr-Bandwidth-Max-Down": {"300000000"}},
		radius.MikroTik: {"Mikrotik-Rate-Limit": {"150M/300M"}},
		radius.Cisco:    {"Cisco-AVPair": {"ip:sub-qos-policy-in=UP-150M", "ip:sub-qos-policy-out=DOWN-300M"}},
		radius.Juniper:  {"ERX-Service-Activate:1": {"INET-300(300m,150m)"}},
	} {
		accept.NASType = kind
		h.answer(radius.Authorize, http.StatusOK, body(t, accept))
		pap, chap := h.dials(t, s, accept.Secret)
		want["User-Name"], want["Framed-IP-Address"], want["Delegated-IPv6-Prefix"] = []string{"sub-1001"}, []string{"100.64.10.1"}, []string{"2001:db8:100::/56"}
		want["Class"], want["Acct-Interim-Interval"] = []string{"0x7375625f303148257b787d"}, []string{"60"}
		for _, got := range []freeradius.Reply{pap, chap} {
			delete(got.Attributes, "Message-Authenticator") // newer versions add one
			if !got.Accepted() || len(got.Attributes) != len(want) {
				t.Fatalf("%s: %+v\n%s", kind, got, s.Log())
			}
			for name, values := range want {
				if !slices.Equal(got.Attributes[name], values) {
					t.Errorf("%s: %s is %q, want %q", kind, name, got.Attributes[name], values)
				}
			}
		}
		asked := h.came(radius.Authorize)
		if len(asked) != 2 || asked[0].key != "key-1" || asked[0].UserName != user || !asked[0].HasPassword || !asked[1].HasCHAP || asked[0].NASPort != "ge-1/0/0.100:100-7" {
			t.Errorf("%s: asked %+v", kind, asked)
		}
		if told := h.came(radius.PostAuth); len(told) != 2 || told[0].key != "key-1" || told[0].Failure != "" {
			t.Errorf("%s: told %+v", kind, told)
		}
	}
	accept.Secret = `back\slash\r"`
	h.answer(radius.Authorize, http.StatusOK, body(t, accept))
	request := wire.New(wire.CodeAccessRequest, []byte(freeradius.Secret)) // radclient cannot
	if err := errors.Join(rfc2865.UserName_SetString(request, user), rfc2865.UserPassword_SetString(request, accept.Secret)); err != nil {
		t.Fatal(err)
	}
	if got, err := wire.Exchange(t.Context(), request, s.Auth); err != nil || got.Code != wire.CodeAccessAccept {
		t.Errorf("a secret with a backslash: %+v, %v", got, err)
	}
}

// S3-117: who is suspended is told why, who is unknown or wrong is rejected, and nobody is let in by an answer that is no accept.
func TestReject(t *testing.T) {
	t.Parallel()
	h, s := run(t)
	accepted := body(t, radius.Accept{Secret: "s3cret", NASType: radius.Generic, Profile: provisioning.Profile{DownKbps: 1, UpKbps: 1}, Class: "sub_01H"})
	for name, c := range map[string]struct {
		status  int
		body    []byte
		code    string
		message string
	}{
		"suspended":       {401, radius.Reject(`Account suspended: "%{User-Name}" \ unpaid`), "Access-Reject", `Account suspended: "%{User-Name}" \ unpaid`},
		"no sentence":     {401, radius.Reject(""), "Access-Reject", ""},
		"unknown":         {404, []byte(`{"code":"not_found"}`), "Access-Reject", ""},
		"unknown, accept": {404, accepted, "Access-Reject", ""}, // the body is not read, and a 404 never falls through
		"gone":            {410, accepted, "Access-Reject", ""},
		"nothing":         {204, nil, "Access-Reject", ""},
		"empty":           {200, []byte(`{}`), "Access-Reject", ""},
		"wrong password":  {200, body(t, radius.Accept{Secret: "other", NASType: radius.Generic, Address: "100.64.0.9"}), "Access-Reject", ""},
		"our key":         {403, accepted, "", ""},
		"broken":          {500, accepted, "", ""},
		"throttled":       {429, accepted, "", ""},
		"no JSON":         {200, []byte(`<html>`), "", ""},
	} {
		h.answer(radius.Authorize, c.status, c.body)
		got, err := s.PAP(t.Context(), user, "s3cret", atBNG...)
		if err != nil {
			t.Fatal(err)
		}
		delete(got.Attributes, "Message-Authenticator")
		message := got.Get("Reply-Message")
		delete(got.Attributes, "Reply-Message")
		if got.Code != c.code || message != c.message || len(got.Attributes) != 0 {
			t.Errorf("%s: %q %q %v, want %q %q", name, got.Code, message, got.Attributes, c.code, c.message)
		}
		told := h.came(radius.PostAuth)
		if (len(told) == 1) != (c.code != "") || (name == "wrong password") != (len(told) == 1 && strings.Contains(told[0].Failure, "does not match")) {
			t.Errorf("%s: told %+v", name, told)
		}
	}
}

// What post-auth answers changes nothing, and the hook being away is no reject.
func TestOutage(t *testing.T) {
	t.Parallel()
	h, s := run(t)
	for _, status := range []int{401, 403, 404, 500} {
		h.answer(radius.Authorize, 200, body(t, radius.Accept{Secret: "s3cret", NASType: radius.Generic}))
		h.answer(radius.PostAuth, status, []byte(`{"reply:Reply-Message":"no"}`))
		if got, err := s.PAP(t.Context(), user, "s3cret"); err != nil || !got.Accepted() {
			t.Errorf("post-auth %d: %+v, %v", status, got, err)
		}
	}
	alone := freeradius.Run(t, freeradius.Options{Hook: "http://" + loopback.Refused + "/radius", Key: "key-1"})
	alone.Patience = 400 * time.Millisecond
	if got, err := alone.PAP(t.Context(), user, "s3cret"); err != nil || got.Code != "" {
		t.Errorf("without hook: %+v, %v", got, err)
	}
	if got, err := alone.Account(t.Context(), freeradius.Attribute{Name: "Acct-Status-Type", Value: "Start"}, freeradius.Attribute{Name: "Acct-Session-Id", Value: "1"}); err != nil || got.Code != "" {
		t.Errorf("without hook: %+v, %v", got, err)
	}
}

// S3-119: every report arrives as it was sent, and only what we took is acknowledged, so that the NAS sends the rest again.
func TestAccounting(t *testing.T) {
	t.Parallel()
	h, s := run(t)
	session := append(slices.Clone(atBNG), freeradius.Attribute{Name: "User-Name", Value: user}, freeradius.Attribute{Name: "Acct-Session-Id", Value: "0000A1F3"},
		freeradius.Attribute{Name: "Framed-IP-Address", Value: "100.64.0.7"}, freeradius.Attribute{Name: "Class", Value: "0x7375625f303148"})
	stop := append(session, freeradius.Attribute{Name: "Acct-Status-Type", Value: "Stop"}, freeradius.Attribute{Name: "Acct-Session-Time", Value: "120"},
		freeradius.Attribute{Name: "Acct-Input-Octets", Value: "705032704"}, freeradius.Attribute{Name: "Acct-Input-Gigawords", Value: "1"},
		freeradius.Attribute{Name: "Acct-Output-Octets", Value: "4294967295"}, freeradius.Attribute{Name: "Acct-Output-Gigawords", Value: "3"},
		freeradius.Attribute{Name: "Acct-Terminate-Cause", Value: "Admin-Reset"}, freeradius.Attribute{Name: "Event-Timestamp", Value: "Mar 29 2026 02:01:00 UTC"})
	for _, status := range []int{200, 204} {
		h.answer(radius.Accounting, status, []byte(`{}`))
		if got, err := s.Account(t.Context(), stop...); err != nil || got.Code != "Accounting-Response" {
			t.Fatalf("%d: %+v, %v\n%s", status, got, err, s.Log())
		}
	}
	want := radius.Request{Section: radius.Accounting, UserName: user, NASIdentifier: "bng1", NASIP: netip.MustParseAddr("127.0.0.1"), NASPort: "ge-1/0/0.100:100-7",
		CallingStation: "aa:bb:cc:00:00:01", FramedIP: netip.MustParseAddr("100.64.0.7"), Class: "sub_01H", Status: radius.Stop, SessionID: "0000A1F3",
		UniqueID: "29c8d2ae8c89799af76ca3c00614dab6", SessionSeconds: 120, InOctets: 1<<32 + 705032704, OutOctets: 4<<32 - 1, TerminateCause: "Admin-Reset",
		EventTime: time.Date(2026, 3, 29, 2, 1, 0, 0, time.UTC)}
	if got := h.came(radius.Accounting); len(got) != 1 || got[0].Request != want || got[0].key != "key-1" {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	h.answer(radius.Accounting, 204, nil)
	if got, err := s.Account(t.Context(), freeradius.Attribute{Name: "NAS-Identifier", Value: "bng1"}, freeradius.Attribute{Name: "Acct-Status-Type", Value: "Accounting-On"},
		freeradius.Attribute{Name: "Acct-Session-Id", Value: "00000000"}); err != nil || got.Code != "Accounting-Response" || h.came(radius.Accounting)[0].Status != radius.On {
		t.Errorf("Accounting-On: %+v, %v", got, err)
	}
	for _, status := range []int{400, 403, 404, 500} {
		h.answer(radius.Accounting, status, []byte(`{}`))
		if got, err := s.Account(t.Context(), stop...); err != nil || got.Code != "" {
			t.Errorf("%d: acknowledged with %+v, %v", status, got, err)
		}
	}
}

// S3-120: FreeRADIUS' own code takes our Disconnect and CoA requests, with their Request and Message-Authenticator.
func TestDynamic(t *testing.T) {
	t.Parallel()
	_, s := run(t)
	d := radius.NewDynamic(time.Second)
	for _, kind := range []radius.NASType{radius.Generic, radius.MikroTik, radius.Cisco, radius.Juniper} {
		session := radius.Session{NAS: radius.NAS{Identifier: "bng1", Address: s.CoA, Secret: freeradius.Secret, Type: kind}, UserName: user, ID: "0000A1F3",
			FramedIP: netip.MustParseAddr("100.64.0.7"), Profile: provisioning.Profile{DownKbps: 100000, UpKbps: 50000}}
		if got, err := d.ChangeSpeed(t.Context(), session, provisioning.Profile{DownKbps: 300000, UpKbps: 150000}); err != nil || got != radius.Acked {
			t.Errorf("%s: %q, %v\n%s", kind, got, err, s.Log())
		}
		if got, err := d.Disconnect(t.Context(), session); err != nil || got != radius.Acked {
			t.Errorf("%s: %q, %v\n%s", kind, got, err, s.Log())
		}
	}
}

// The sandbox takes radclient's requests, with a Message-Authenticator computed by FreeRADIUS, as a NAS does.
func TestSandbox(t *testing.T) {
	t.Parallel()
	h, s := run(t)
	web := httptest.NewServer(h)
	defer web.Close()
	h.answer(radius.Authorize, 200, body(t, radius.Accept{Secret: "s3cret", NASType: radius.Generic, Profile: provisioning.Profile{DownKbps: 100000, UpKbps: 50000}}))
	bng, err := sandbox.New(sandbox.Options{Hook: web.URL + "/radius", Key: "key-1", NASIdentifier: "bng1", Secret: "shared"})
	if err != nil {
		t.Fatal(err)
	}
	defer bng.Close()
	if err := bng.Dial(user, "s3cret", "ge-1/0/0.100:100-7"); err != nil {
		t.Fatal(err)
	}
	open := bng.State().Lines[0].Session
	named := []freeradius.Attribute{{Name: "User-Name", Value: user}, {Name: "Acct-Session-Id", Value: open.ID}, {Name: "Message-Authenticator", Value: "0x00"}}
	for _, c := range []struct {
		kind, secret, want string
		more               []freeradius.Attribute
	}{
		{"coa", "shared", "CoA-ACK", []freeradius.Attribute{{Name: "Mikrotik-Rate-Limit", Value: "150M/300M"}}},
		{"coa", "shared", "CoA-ACK", []freeradius.Attribute{{Name: "ERX-Service-Deactivate", Value: "INET-300(300m,150m)"}, {Name: "ERX-Service-Activate:1", Value: "INET-200(200m,80m)"}}},
		{"coa", "shared", "CoA-NAK", nil},
		{"disconnect", "wrong", "", nil},
		{"disconnect", "shared", "Disconnect-ACK", nil},
		{"disconnect", "shared", "Disconnect-NAK", nil},
	} {
		got, err := s.Send(t.Context(), bng.Address(), c.kind, c.secret, append(slices.Clone(named), c.more...)...)
		if err != nil || got.Code != c.want {
			t.Errorf("%s %v: %+v, %v", c.kind, c.more, got, err)
		}
		if c.want == "Disconnect-NAK" && got.Get("Error-Cause") != "Session-Context-Not-Found" {
			t.Errorf("NAK with %v", got.Attributes)
		}
	}
	ended := bng.State().Lines[0].Ended
	if len(ended) != 1 || ended[0].UpKbps != 80000 || ended[0].DownKbps != 200000 || ended[0].Terminated != "Admin-Reset" {
		t.Errorf("ended %+v", ended)
	}
	for _, e := range bng.Requests() {
		if (e.Call == "coa" || e.Call == "disconnect") && !e.Signed {
			t.Errorf("not signed: %+v", e)
		}
	}
}
