package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	user = "sub-1001@isp.example"
	port = "ge-1/0/0.100:100-7"
)

// hook stands for the endpoints that rlm_rest calls.
type hook struct {
	mu     sync.Mutex
	status int    // of authorize
	body   string // of authorize
	taken  int    // status of accounting
	came   []came
}

type came struct {
	section string
	header  http.Header
	body    string
	pairs   map[string]struct{ Value []any }
}

func (c came) value(name string) any {
	if v := c.pairs[name].Value; len(v) == 1 {
		return v[0]
	}
	return nil
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c := came{section: strings.TrimPrefix(r.URL.Path, "/radius/"), header: r.Header, body: string(body)}
	_ = json.Unmarshal(body, &c.pairs)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.came = append(h.came, c)
	switch c.section {
	case "authorize":
		w.WriteHeader(h.status)
		_, _ = io.WriteString(w, h.body)
	case "accounting":
		w.WriteHeader(h.taken)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

func (h *hook) answers(status int, body string, taken int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status, h.body, h.taken, h.came = status, body, taken, nil
}

// reports are the accounting requests so far, optionally of a status.
func (h *hook) reports(status ...string) (all []came) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.came {
		if c.section == "accounting" && (len(status) == 0 || c.value("Acct-Status-Type") == status[0]) {
			all = append(all, c)
		}
	}
	return all
}

const accept = `{"control:Cleartext-Password":{"op":":=","do_xlat":false,"value":["s3c\\\\ret"]},"reply:Framed-IP-Address":"100.64.0.7",
	"reply:Class":{"value":["0x7375625f303148"]},"reply:WISPr-Bandwidth-Max-Up":{"value":[150000000]},"reply:WISPr-Bandwidth-Max-Down":300000000}`

const password = `s3c\ret`

func begin(t *testing.T, o Options) (*hook, *BNG) {
	t.Helper()
	h := &hook{status: 200, body: accept, taken: 204}
	web := httptest.NewServer(h)
	o.Hook, o.Key, o.NASIdentifier, o.Secret = web.URL+"/radius", "key-1", "bng1", "shared"
	if o.Redial == 0 {
		o.Redial = 10 * time.Millisecond
	}
	o.Retransmit = 10 * time.Millisecond
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close(); web.Close() })
	return h, b
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for until := time.Now().Add(5 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("never: %s", what)
		}
	}
}

// What the sandbox sends is what FreeRADIUS sent for the same router and session, byte for byte.
func TestAsCaptured(t *testing.T) {
	_, b := begin(t, Options{})
	captured := func(name string) string {
		raw, err := os.ReadFile("../testdata/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(raw), "aa:bb:cc:00:00:01", mac(user))
	}
	l := &line{user: user, password: "s3cret", port: port, outbox: make(chan *report, 9)}
	if got := string(encode(b.asked(l))); got != captured("authorize-pap") {
		t.Errorf("got %s", got)
	}
	stamped := func(raw []byte) string { // at another time
		at := strings.Index(string(raw), `"Event-Timestamp"`)
		return string(raw[:at]) + "…" + string(raw[at+len(`"Event-Timestamp":{"type":"date","value":["Mar 29 2026 01:59:00 UTC"]}`):])
	}
	for _, c := range []struct {
		name, status, cause string
		up, down            uint64
		age                 time.Duration
	}{
		{"accounting-start", "Start", "", 0, 0, 0}, {"accounting-interim", "Interim-Update", "", 5_000_000_000, 3<<32 + 1_000_000, time.Minute},
		{"accounting-stop", "Stop", "Admin-Reset", 5_000_000_000, 4<<32 - 1, 2 * time.Minute},
	} {
		s := &session{began: time.Now().Add(-c.age), Session: Session{ID: "0000A1F3", UniqueID: "29c8d2ae8c89799af76ca3c00614dab6", FramedIP: "100.64.0.7", Class: "sub_01H", UpBytes: c.up, DownBytes: c.down}}
		got, want := stamped(b.report(l, s, c.status, c.cause).body), stamped([]byte(captured(c.name)))
		for _, packets := range []string{"Acct-Input-Packets", "Acct-Output-Packets"} { // ours are a thousandth of the bytes
			got, want = without(got, packets), without(want, packets)
		}
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, want)
		}
	}
	b.o.NASIdentifier = "bng9"
	on := without(captured("accounting-on"), "Acct-Unique-Session-Id")
	if got := string(b.nasReport("Accounting-On")); got[:len(got)-1] != strings.TrimSuffix(on[:len(on)-1], ",") {
		t.Errorf("got %s\nwant %s", got, on)
	}
	if got, want := stamp(time.Date(2026, 3, 9, 1, 59, 0, 0, time.UTC)), "Mar  9 2026 01:59:00 UTC"; got != want {
		t.Errorf("got %q", got)
	}
	if got := quote("zoë \"\\/\n"); got != `"zo\u00C3\u00AB \"\\\/\u000A"` {
		t.Errorf("got %s", got)
	}
}

// without drops an attribute.
func without(body, name string) string {
	at := strings.Index(body, `"`+name+`"`)
	if at < 0 {
		return body
	}
	end := at + strings.Index(body[at:], "}") + 1
	return body[:at] + strings.TrimPrefix(body[end:], ",")
}

// S3-117, S3-119: a dial asks, compares the password, tells, and opens a session whose reports are as large as its traffic.
func TestSession(t *testing.T) {
	h, b := begin(t, Options{Interim: time.Hour, Redial: time.Hour})
	if err := b.Dial(user, password, port); err != nil {
		t.Fatal(err)
	}
	eventually(t, "start", func() bool { return len(h.reports("Start")) == 1 })
	h.mu.Lock()
	sections, header := h.came[0].section+" "+h.came[1].section+" "+h.came[2].section, h.came[2].header
	h.mu.Unlock()
	if sections != "authorize post-auth accounting" || header.Get("x-api-key") != "key-1" || header.Get("X-FreeRADIUS-Section") != "accounting" ||
		header.Get("User-Agent") != "FreeRADIUS 3.2.1" || header.Get("Content-Type") != "application/json" {
		t.Errorf("came %s with %v", sections, header)
	}
	s := b.State().Lines[0].Session
	if s.FramedIP != "100.64.0.7" || s.Class != "sub_01H" || s.UpKbps != 150000 || s.DownKbps != 300000 {
		t.Errorf("session %+v", s)
	}
	for range 3 { // 2 GB each: twice over the 32 bits
		if err := b.Traffic(t.Context(), user, 2_000_000_000, 3_000_000_000); err != nil {
			t.Fatal(err)
		}
	}
	b.Hangup(user)
	eventually(t, "stop", func() bool { return len(h.reports("Stop")) == 1 })
	stop := h.reports("Stop")[0]
	for name, want := range map[string]any{"Acct-Input-Octets": 1705032704.0, "Acct-Input-Gigawords": 1.0, "Acct-Output-Octets": 410065408.0, "Acct-Output-Gigawords": 2.0,
		"Acct-Terminate-Cause": "User-Request", "Acct-Session-Id": s.ID, "Acct-Unique-Session-Id": s.UniqueID} {
		if stop.value(name) != want {
			t.Errorf("%s is %v, want %v", name, stop.value(name), want)
		}
	}
	if n := len(h.reports("Interim-Update")); n != 3 || len(b.State().Lines) != 0 || b.Traffic(t.Context(), user, 1, 1) == nil || b.Rate(user, 1, 1) == nil {
		t.Errorf("%d interim reports, %+v", n, b.State())
	}
}

// S3-120: what an answer makes of a dial; the router goes on dialling until it is let in.
func TestOutcomes(t *testing.T) {
	h, b := begin(t, Options{})
	for _, c := range []struct {
		status  int
		body    string
		want    error
		message string
	}{
		{401, `{"reply:Reply-Message":{"op":":=","do_xlat":false,"value":["Account suspended"]}}`, ErrRefused, "Account suspended"},
		{404, accept, ErrRefused, ""}, {410, "", ErrRefused, ""}, {204, "", ErrRefused, ""}, {200, `{}`, ErrRefused, ""},
		{200, strings.Replace(accept, "s3c", "s4c", 1), ErrRefused, ""},
		{403, accept, ErrUnanswered, "403"}, {500, accept, ErrUnanswered, "500"}, {200, "<html>", ErrUnanswered, "200"},
	} {
		h.answers(c.status, c.body, 204)
		if err := b.Dial(user, password, port); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%d %.30s: %v", c.status, c.body, err)
		}
		eventually(t, "more dials", func() bool {
			d := b.State().Lines[0].Dials
			return d.Accepted == 0 && (c.want == ErrRefused && d.Refused > 2 && d.Unanswered == 0 || c.want == ErrUnanswered && d.Unanswered > 2 && d.Refused == 0)
		})
	}
	h.answers(200, accept, 204)
	eventually(t, "session", func() bool { return b.State().Lines[0].Session != nil })
	if len(h.reports("Stop")) != 0 {
		t.Error("a session ended that never was")
	}
}

// S3-119: traffic that flows is reported at the interval; a report is repeated until it is taken, and faults double and swap reports.
func TestReports(t *testing.T) {
	h, b := begin(t, Options{Interim: 15 * time.Millisecond, Redial: time.Hour})
	h.answers(200, accept, 500)
	if err := b.Dial(user, password, port); err != nil {
		t.Fatal(err)
	}
	eventually(t, "start again", func() bool { return len(h.reports("Start")) >= 3 })
	h.answers(200, accept, 204)
	if err := b.Rate(user, 1_000_000_000_000, 0); err != nil {
		t.Fatal(err)
	}
	eventually(t, "growing interims", func() bool {
		all := h.reports("Interim-Update")
		return len(all) > 3 && all[len(all)-1].value("Acct-Input-Gigawords").(float64) > 1
	})
	if err := b.Break(Fault{Mode: "duplicate", Match: "accounting", Times: 1}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a report twice", func() bool {
		all := h.reports()
		for i := 1; i < len(all); i++ {
			if all[i].body == all[i-1].body {
				return true
			}
		}
		return false
	})
	if err := b.Break(Fault{Mode: "reorder", User: user, Times: 1}); err != nil {
		t.Fatal(err)
	}
	bytes := func(c came) float64 {
		return c.value("Acct-Input-Octets").(float64) + c.value("Acct-Input-Gigawords").(float64)*(1<<32)
	}
	eventually(t, "a report late", func() bool {
		all := h.reports("Interim-Update")
		for i := 1; i < len(all); i++ {
			if bytes(all[i]) < bytes(all[i-1]) {
				return true
			}
		}
		return false
	})
}

// A restart loses the sessions without a stop, says so, and everybody dials again under another session.
func TestRestart(t *testing.T) {
	h, b := begin(t, Options{})
	if err := b.Dial(user, password, port); err != nil {
		t.Fatal(err)
	}
	before := b.State().Lines[0].Session
	b.Restart()
	eventually(t, "another session", func() bool {
		s := b.State().Lines[0].Session
		return s != nil && s.ID != before.ID && s.UniqueID != before.UniqueID && len(h.reports("Accounting-On")) == 1 && len(h.reports("Start")) == 2
	})
	if len(h.reports("Stop")) != 0 || h.reports("Accounting-On")[0].value("User-Name") != nil {
		t.Errorf("reports %+v", h.reports())
	}
}

// The control API does what the methods do, and tells no password.
func TestControl(t *testing.T) {
	_, b := begin(t, Options{})
	web := httptest.NewServer(b)
	defer web.Close()
	do := func(method, path, body string) (int, string) {
		r, _ := http.NewRequest(method, web.URL+path, strings.NewReader(body))
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Body.Close()
		raw, _ := io.ReadAll(w.Body)
		return w.StatusCode, string(raw)
	}
	const at = "/_sandbox/sessions/" + user
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"PUT", at, `{"password":"s3c\\ret","port":"ge-1/0/0.100:100-7"}`, 200, `{"outcome":"accepted"}`},
		{"PUT", at, `{"password":7}`, 400, `"error"`},
		{"PUT", at + "/rate", `{"upBytesPerSecond":1,"downBytesPerSecond":2}`, 200, ``},
		{"PUT", at + "/traffic", `{"upBytes":1000,"downBytes":5000000000}`, 200, ``},
		{"PUT", at + "/traffic", `{"bytes":1000}`, 400, `unknown field`},
		{"PUT", "/_sandbox/sessions/nobody/traffic", `{}`, 400, `no open session`},
		{"PUT", "/_sandbox/faults", `[{"mode":"explode"}]`, 400, `no mode`},
		{"PUT", "/_sandbox/faults", `[{"mode":"hang","match":"disconnect","times":1}]`, 200, `hang`},
		{"DELETE", "/_sandbox/faults", ``, 200, `[]`},
		{"GET", "/_sandbox/state", ``, 200, `"downBytes":50000000`},
		{"GET", "/_sandbox/requests", ``, 200, `Interim-Update`},
		{"POST", "/_sandbox/restart", ``, 200, `"terminated":"lost"`},
		{"PUT", at, `{"password":"wrong"}`, 200, `refused`},
		{"GET", "/_sandbox/state", ``, 200, `"last":"the dial was refused`},
		{"DELETE", at, ``, 200, `"lines":[]`},
		{"DELETE", "/_sandbox/state", ``, 200, `"lines":[]`},
		{"GET", "/_sandbox/requests", ``, 200, ``},
	} {
		status, out := do(c.method, c.path, c.body)
		if status != c.status || !strings.Contains(out, c.want) || strings.Contains(out, "s3c") || strings.Contains(out, "wrong") {
			t.Errorf("%s %s: %d %s", c.method, c.path, status, out)
		}
	}
	if _, err := New(Options{}); err == nil {
		t.Error("a BNG without a hook")
	}
}
