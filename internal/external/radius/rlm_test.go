package radius_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/domain/provisioning"
	"turnup/internal/external/radius"
)

// captured is a body that FreeRADIUS 3.2.1 sent.
func captured(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// S3-117, S3-119: what FreeRADIUS sends is read, with octets of 64 bits, and never the password.
func TestParse(t *testing.T) {
	asked := radius.Request{Section: radius.Authorize, UserName: "sub-1001@isp.example", NASIdentifier: "bng1", NASIP: netip.MustParseAddr("127.0.0.1"),
		NASPort: "ge-1/0/0.100:100-7", CallingStation: "aa:bb:cc:00:00:01"}
	change := func(r radius.Request, by func(*radius.Request)) radius.Request { by(&r); return r }
	reported := change(asked, func(r *radius.Request) {
		r.Section, r.FramedIP, r.Class = radius.Accounting, netip.MustParseAddr("100.64.0.7"), "sub_01H"
		r.SessionID, r.UniqueID = "0000A1F3", "29c8d2ae8c89799af76ca3c00614dab6"
	})
	bng9 := radius.Request{Section: radius.Accounting, NASIdentifier: "bng9", NASIP: netip.MustParseAddr("127.0.0.1"), SessionID: "00000000", UniqueID: "7db9da904f3c42c8c095f548ced79b91"}
	for name, want := range map[string]radius.Request{
		"authorize-pap":    change(asked, func(r *radius.Request) { r.HasPassword = true }),
		"authorize-chap":   change(asked, func(r *radius.Request) { r.HasCHAP = true }),
		"post-auth-accept": change(asked, func(r *radius.Request) { r.Section, r.HasPassword = radius.PostAuth, true }),
		"post-auth-reject": change(asked, func(r *radius.Request) {
			r.Section, r.HasPassword, r.Failure = radius.PostAuth, true, `pap: Cleartext password does not match "known good" password`
		}),
		"accounting-start": change(reported, func(r *radius.Request) {
			r.Status, r.EventTime = radius.Start, time.Date(2026, 3, 29, 1, 59, 0, 0, time.UTC)
		}),
		"accounting-interim": change(reported, func(r *radius.Request) {
			r.Status, r.EventTime = radius.Interim, time.Date(2026, 3, 29, 2, 0, 0, 0, time.UTC)
			r.SessionSeconds, r.InOctets, r.OutOctets = 60, 5_000_000_000, 3<<32+1_000_000
		}),
		"accounting-stop": change(reported, func(r *radius.Request) {
			r.Status, r.EventTime, r.TerminateCause = radius.Stop, time.Date(2026, 3, 29, 2, 1, 0, 0, time.UTC), "Admin-Reset"
			r.SessionSeconds, r.InOctets, r.OutOctets = 120, 5_000_000_000, 4<<32-1
		}),
		"accounting-on":  change(bng9, func(r *radius.Request) { r.Status = radius.On }),
		"accounting-off": change(bng9, func(r *radius.Request) { r.Status = radius.Off }),
		"accounting-odd": {Section: radius.Accounting, UserName: "zoë@isp.example", NASIP: netip.MustParseAddr("2001:db8::1"), NASPort: "7", Class: "\x00\xff",
			Status: "77", SessionID: "0000A1F4", UniqueID: "1b83a866038d65e7442b84dc16809548"},
	} {
		got, err := radius.Parse(want.Section, captured(t, name))
		if err != nil || got != want {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, want)
		}
		if strings.Contains(fmt.Sprintf("%+v", got), "s3cret") {
			t.Errorf("%s keeps the password", name)
		}
	}
}

// S3-119: what is missing is zero, numbers may be text, the first of several values counts, and unknown attributes do not matter.
func TestParseLeniently(t *testing.T) {
	for body, want := range map[string]radius.Request{
		`{}`: {},
		`{"User-Name":{"type":"string","value":[]},"Acct-Session-Time":{"value":["60"]},"X":7,"Acct-Input-Gigawords":{"value":["2","9"]}}`: {SessionSeconds: 60, InOctets: 2 << 32},
		`{"Acct-Input-Octets":{"value":[4294967295]},"Acct-Input-Gigawords":{"value":[4294967295]}}`:                                       {InOctets: 1<<64 - 1},
		`{"NAS-Port-Id":{"value":[12]},"Class":{"value":["plain"]},"User-Name":{"value":["zoë"]}}`:                                         {NASPort: "12", Class: "plain", UserName: "zoë"},
		`{"Event-Timestamp":{"type":"date","value":["Mar  9 2026 01:59:00 CET"]},"User-Name":{"value":["Ω"]}}`:                             {UserName: "Ω"},
		`{"Event-Timestamp":{"type":"date","value":["Mar  9 2026 01:59:00 UTC"]}}`:                                                         {EventTime: time.Date(2026, 3, 9, 1, 59, 0, 0, time.UTC)},
	} {
		want.Section = radius.Accounting
		if got, err := radius.Parse(radius.Accounting, []byte(body)); err != nil || got != want {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", body, err, got, want)
		}
	}
}

// What cannot be read is the caller's error, which names the attribute and not its value.
func TestParseInvalid(t *testing.T) {
	const canary = "s3cret"
	for body, field := range map[string]string{
		``: "body", `null`: "body", `[]`: "body", `"s3cret"`: "body", `{"User-Name":`: "body", `{"a":"` + strings.Repeat("s3cret", 11000) + `"}`: "body",
		`{"User-Name":"s3cret"}`:                                           "User-Name",
		`{"User-Name":{"value":"s3cret"}}`:                                 "User-Name",
		`{"User-Name":{"value":[{"s3cret":1}]}}`:                           "User-Name",
		`{"User-Name":{"value":[null]}}`:                                   "User-Name",
		`{"Acct-Input-Octets":{"value":[4294967296]}}`:                     "Acct-Input-Octets",
		`{"Acct-Input-Octets":{"value":[-1]}}`:                             "Acct-Input-Octets",
		`{"Acct-Output-Gigawords":{"value":[1.5]}}`:                        "Acct-Output-Gigawords",
		`{"Acct-Session-Time":{"value":["s3cret"]}}`:                       "Acct-Session-Time",
		`{"Framed-IP-Address":{"value":["s3cret"]}}`:                       "Framed-IP-Address",
		`{"Class":{"value":["0xs3cret"]}}`:                                 "Class",
		`{"Event-Timestamp":{"value":["s3cret UTC"]}}`:                     "Event-Timestamp",
		`{"NAS-IP-Address":{"value":[1]},"NAS-Port":{"value":["s3cret"]}}`: "NAS-IP-Address",
	} {
		_, err := radius.Parse(radius.Accounting, []byte(body))
		f := fault.Of(err)
		if !errors.Is(err, fault.ErrInvalid) || f.Fields[0].Name != field || strings.Contains(fmt.Sprintf("%v %+v", err, f), canary) {
			t.Errorf("%.60s: %v %+v", body, err, f)
		}
	}
	if _, err := radius.Parse("authenticate", []byte(`{}`)); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("another section: %v", err)
	}
}

func answer(t *testing.T, a radius.Accept) map[string]any {
	t.Helper()
	raw, err := a.Body()
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]struct {
		Op     string `json:"op"`
		Expand *bool  `json:"do_xlat"`
		Value  []any  `json:"value"`
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	plain := map[string]any{}
	for name, v := range out {
		if v.Expand == nil || *v.Expand || (v.Op == "+=") != (len(v.Value) > 1) {
			t.Errorf("%s: %+v would be expanded, or is not set as a whole", name, v)
		}
		plain[name] = v.Value[0]
		if len(v.Value) > 1 {
			plain[name] = strings.TrimSpace(fmt.Sprintln(v.Value...))
		}
	}
	return plain
}

// S3-118: speeds as each type of NAS takes them, also uneven and very high ones, and by names of the operator's own.
func TestSpeeds(t *testing.T) {
	own := radius.Policies{Up: "u{upMbit}", Down: "d{down}", Service: "svc-{up}-{downMbit}"}
	for _, c := range []struct {
		kind  radius.NASType
		names radius.Policies
		p     provisioning.Profile
		want  map[string]any
	}{
		{radius.Generic, own, provisioning.Profile{DownKbps: 10_000_000, UpKbps: 2500}, map[string]any{"WISPr-Bandwidth-Max-Up": 2_500_000.0, "WISPr-Bandwidth-Max-Down": 4294967295.0}},
		{radius.MikroTik, own, provisioning.Profile{DownKbps: 10_000_000, UpKbps: 2500}, map[string]any{"Mikrotik-Rate-Limit": "2500k/10000M"}},
		{radius.Cisco, own, provisioning.Profile{DownKbps: 300000, UpKbps: 2500}, map[string]any{"Cisco-AVPair": "ip:sub-qos-policy-in=u3 ip:sub-qos-policy-out=d300M"}},
		{radius.Cisco, radius.Policies{}, provisioning.Profile{DownKbps: 300000, UpKbps: 2500}, map[string]any{"Cisco-AVPair": "ip:sub-qos-policy-in=UP-2500k ip:sub-qos-policy-out=DOWN-300M"}},
		{radius.Juniper, radius.Policies{}, provisioning.Profile{DownKbps: 300000, UpKbps: 2500}, map[string]any{"ERX-Service-Activate:1": "INET-300(300m,2500k)"}},
		{radius.Juniper, own, provisioning.Profile{DownKbps: 300000, UpKbps: 150000}, map[string]any{"ERX-Service-Activate:1": "svc-150m-300"}},
	} {
		got := answer(t, radius.Accept{Secret: "s", NASType: c.kind, Policies: c.names, Profile: c.p})
		delete(got, "control:Cleartext-Password")
		for name, want := range c.want {
			if fmt.Sprint(got["reply:"+name]) != fmt.Sprint(want) || len(got) != len(c.want) {
				t.Errorf("%s: got %v, want %v", c.kind, got, c.want)
			}
		}
	}
}

// S3-117: what an accept has, and what is not fit for one.
func TestAcceptAndReject(t *testing.T) {
	a := radius.Accept{UserName: `a\b`, Secret: `%{x}\n`, NASType: radius.MikroTik, Profile: provisioning.Profile{DownKbps: 1000, UpKbps: 1000},
		Address: "100.64.10.1/29", Prefix6: "2001:db8:100::1/56", Class: "sub_01H", InterimSeconds: 300}
	want := map[string]any{"control:Cleartext-Password": `%{x}\\n`, "reply:User-Name": `a\\b`, "reply:Framed-IP-Address": "100.64.10.1",
		"reply:Delegated-IPv6-Prefix": "2001:db8:100::/56", "reply:Class": "0x7375625f303148", "reply:Acct-Interim-Interval": 300.0, "reply:Mikrotik-Rate-Limit": "1M/1M"}
	if got := answer(t, a); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	for _, bad := range []func(*radius.Accept){func(a *radius.Accept) { a.Address = "2001:db8::1" }, func(a *radius.Accept) { a.Address = "nowhere/29" },
		func(a *radius.Accept) { a.Prefix6 = "100.64.0.0/10" }, func(a *radius.Accept) { a.Prefix6 = "2001:db8::" }, func(a *radius.Accept) { a.NASType = "" }} {
		b := a
		bad(&b)
		if raw, err := b.Body(); err == nil || strings.Contains(err.Error(), a.Secret) {
			t.Errorf("got %s, %v", raw, err)
		}
	}
	for message, want := range map[string]string{"": `{}`, `Pay \ "now"`: `{"reply:Reply-Message":{"op":":=","do_xlat":false,"value":["Pay \\\\ \"now\""]}}`} {
		if got := string(radius.Reject(message)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := radius.Reject(strings.Repeat("ë", 200)); strings.Count(string(got), "ë") != 126 {
		t.Errorf("got %s", got)
	}
}
