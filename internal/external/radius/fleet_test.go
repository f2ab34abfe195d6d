package radius_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
	"turnup/internal/external/radius"
)

// Which NASes there are, with their type, address and secret; what is written otherwise is refused without showing a secret.
func TestParseFleet(t *testing.T) {
	got, err := radius.ParseFleet(" bng1=mikrotik@10.0.0.1:1700, bng2=cisco@[2001:db8::1],*=generic,,10.0.0.9=juniper@10.0.0.9 ", "bng1=a=b,bng2=s3cret")
	want := radius.Fleet{"bng1": {Identifier: "bng1", Type: radius.MikroTik, Address: "10.0.0.1:1700", Secret: "a=b"}, "bng2": {Identifier: "bng2", Type: radius.Cisco, Address: "[2001:db8::1]", Secret: "s3cret"},
		"*": {Identifier: "*", Type: radius.Generic}, "10.0.0.9": {Identifier: "10.0.0.9", Type: radius.Juniper, Address: "10.0.0.9"}}
	if err != nil || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("%+v, %v", got, err)
	}
	if none, err := radius.ParseFleet("", ""); err != nil || len(none) > 0 {
		t.Errorf("%+v, %v", none, err)
	}
	for _, k := range [][2]string{{"bng1", ""}, {"=generic", ""}, {"bng1=", ""}, {"bng1=huawei@10.0.0.1", ""}, {"bng1=MikroTik", ""}, {"bng1=generic@10.0.0.1", "bng1"}, {"bng1=generic", "bng1="}, {"bng1=generic", "bng2=s3cret"}} {
		if fleet, err := radius.ParseFleet(k[0], k[1]); err == nil || fleet != nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%v: %+v, %v", k, fleet, err)
		}
	}
}

// S3-118: the bandwidth comes in the words of the NAS that asks; one that is not listed gets those of the entry for any, or the general ones.
func TestAccepted(t *testing.T) {
	a := subscriber.Account{Username: "ada@demo", Service: "svc_1", DownKbps: 300000, UpKbps: 150000, Address: "100.64.10.1/29", Prefix6: "2001:db8:100::/56"}
	const mikrotik, wispr = "reply:Mikrotik-Rate-Limit", "reply:WISPr-Bandwidth-Max-Down"
	for _, k := range []struct{ fleet, nas, attribute string }{
		{"bng1=mikrotik,*=generic", "bng1", mikrotik}, {"bng1=mikrotik,*=generic", "bng2", wispr}, {"bng1=mikrotik,*=generic", "", wispr}, {"bng1=generic,*=mikrotik", "bng2", mikrotik},
		{"bng1=generic,*=mikrotik", "bng1", wispr}, {"bng1=mikrotik", "bng2", wispr}, {"", "bng1", wispr},
	} {
		fleet, err := radius.ParseFleet(k.fleet, "")
		if err != nil {
			t.Fatal(err)
		}
		raw, err := fleet.Accepted(a, "s3cret", k.nas)
		var body map[string]struct{ Value []any }
		if err != nil || json.Unmarshal(raw, &body) != nil || len(body[k.attribute].Value) != 1 || body[mikrotik].Value != nil && body[wispr].Value != nil {
			t.Errorf("%+v: %s, %v", k, raw, err)
		}
		for name, want := range map[string]any{"control:Cleartext-Password": "s3cret", "reply:User-Name": "ada@demo", "reply:Framed-IP-Address": "100.64.10.1", "reply:Delegated-IPv6-Prefix": "2001:db8:100::/56",
			"reply:Class": "0x7376635f31", "reply:Acct-Interim-Interval": 300.0} {
			if v := body[name].Value; len(v) != 1 || v[0] != want {
				t.Errorf("%s: %v", name, v)
			}
		}
	}
}

// S3-119: what FreeRADIUS sent, in our words: 64 bits of bytes, who, where, since when and why it ended.
func TestMessageOf(t *testing.T) {
	now := time.Date(2026, 3, 29, 2, 5, 0, 0, time.UTC)
	report := subscriber.Report{UniqueID: "29c8d2ae8c89799af76ca3c00614dab6", ID: "0000A1F3", NAS: "bng1", Address: "100.64.0.7"}
	at := func(kind subscriber.Kind, minute int, change func(*subscriber.Report)) subscriber.Message {
		r := report
		r.Kind, r.At = kind, time.Date(2026, 3, 29, 1, 59+minute, 0, 0, time.UTC)
		change(&r)
		return subscriber.Message{Username: "sub-1001@isp.example", NAS: "bng1", Report: r}
	}
	for name, want := range map[string]subscriber.Message{
		"accounting-start": at(subscriber.Start, 0, func(*subscriber.Report) {}),
		"accounting-interim": at(subscriber.Interim, 1, func(r *subscriber.Report) {
			r.Up, r.Down, r.Lasted = 5_000_000_000, 3<<32+1_000_000, time.Minute
		}),
		"accounting-stop": at(subscriber.Stop, 2, func(r *subscriber.Report) {
			r.Up, r.Down, r.Lasted, r.Why = 5_000_000_000, 4<<32-1, 2*time.Minute, "Admin-Reset"
		}),
		"accounting-on":  {NAS: "bng9", Restart: true, Report: subscriber.Report{NAS: "bng9", UniqueID: "7db9da904f3c42c8c095f548ced79b91", ID: "00000000", At: now}},
		"accounting-odd": {Username: "zoë@isp.example", NAS: "2001:db8::1", Report: subscriber.Report{NAS: "2001:db8::1", UniqueID: "1b83a866038d65e7442b84dc16809548", ID: "0000A1F4", At: now}},
	} {
		if got, err := radius.MessageOf(radius.Accounting, captured(t, name), now); err != nil || got != want {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, want)
		}
	}
	asked, err := radius.MessageOf(radius.Authorize, captured(t, "authorize-pap"), now)
	if err != nil || asked.Username != "sub-1001@isp.example" || asked.NAS != "bng1" || strings.Contains(fmt.Sprintf("%+v", asked), "s3cret") {
		t.Errorf("%+v, %v", asked, err)
	}
}

// S3-119: a user name is one in whatever letters it is dialled; a report names its NAS; a clock that is out by more than a day is not
// believed; and a counter no line could have carried does not reach the sums.
func TestMessagesOfOddNASes(t *testing.T) {
	now := time.Date(2026, 3, 9, 12, 0, 0, 123456789, time.UTC)
	body := func(more string) []byte {
		return []byte(`{"User-Name":{"value":["ADA@Demo"]},"Acct-Status-Type":{"value":["Stop"]},"Acct-Unique-Session-Id":{"value":["u"]}` + more + `}`)
	}
	const nas = `,"NAS-IP-Address":{"value":["10.0.0.1"]}`
	for more, want := range map[string]time.Time{
		"": now.Truncate(time.Millisecond),
		`,"Event-Timestamp":{"value":["Mar  8 2026 12:00:01 UTC"]}`: time.Date(2026, 3, 8, 12, 0, 1, 0, time.UTC),
		`,"Event-Timestamp":{"value":["Mar  8 2026 11:59:59 UTC"]}`: now.Truncate(time.Millisecond),
		`,"Event-Timestamp":{"value":["Mar 11 2026 12:00:00 UTC"]}`: now.Truncate(time.Millisecond),
		`,"Event-Timestamp":{"value":["Jan  1 1970 00:00:07 UTC"]}`: now.Truncate(time.Millisecond),
	} {
		m, err := radius.MessageOf(radius.Accounting, body(nas+more), now)
		if err != nil || m.Username != "ada@demo" || m.NAS != "10.0.0.1" || m.Report.NAS != "10.0.0.1" || !m.Report.At.Equal(want) || m.Report.Kind != subscriber.Stop {
			t.Errorf("%s: %+v, %v", more, m, err)
		}
	}
	m, err := radius.MessageOf(radius.Accounting, body(nas+`,"Acct-Input-Octets":{"value":[4294967295]},"Acct-Input-Gigawords":{"value":[4294967295]}`), now)
	if err != nil || m.Report.Up != 1<<60 {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := radius.MessageOf(radius.Accounting, body(""), now); !errors.Is(err, fault.ErrInvalid) || fault.Of(err).Fields[0].Name != "NAS-Identifier" {
		t.Errorf("without a NAS: %v", err)
	}
	if _, err := radius.MessageOf(radius.Authorize, body(""), now); err != nil {
		t.Errorf("who only asks needs no NAS: %v", err)
	}
	if _, err := radius.MessageOf(radius.Accounting, []byte(`{`), now); !errors.Is(err, fault.ErrInvalid) {
		t.Error(err)
	}
}

// S3-120: a session is ended and changed at the NAS that it was told by; at one that is not listed with address and secret it is refused
// for good, which names the NAS.
func TestSessionsOfTheFleet(t *testing.T) {
	bng, s := dialled(t, radius.Generic)
	fleet, err := radius.ParseFleet("bng1=generic@"+s.NAS.Address+",bng2=generic,bng3=generic@127.0.0.1:9", "bng1="+shared+",bng2="+shared)
	if err != nil {
		t.Fatal(err)
	}
	sessions := radius.Sessions{Fleet: fleet, Dynamic: radius.NewDynamic(time.Second)}
	of := subscriber.Session{ID: s.ID, NAS: "bng1", Address: "100.64.10.1"}
	if err := sessions.ChangeSpeed(t.Context(), user, of, fast.DownKbps, fast.UpKbps); err != nil || bng.State().Lines[0].Session.DownKbps != fast.DownKbps || bng.State().Lines[0].Session.UpKbps != fast.UpKbps {
		t.Errorf("%v, %+v", err, bng.State())
	}
	for _, want := range []radius.Result{radius.Acked, radius.Gone} {
		if how, err := sessions.Disconnect(t.Context(), user, of); err != nil || how != string(want) {
			t.Errorf("%s, %v", how, err)
		}
	}
	if err := sessions.ChangeSpeed(t.Context(), user, of, 1, 1); err != nil {
		t.Errorf("a session that is gone needs no other speed: %v", err)
	}
	for _, nas := range []string{"bng2", "bng3", "bng4", "*", ""} {
		of.NAS = nas
		_, err := sessions.Disconnect(t.Context(), user, of)
		for _, err := range []error{err, sessions.ChangeSpeed(t.Context(), user, of, 1, 1)} {
			if f := fault.Of(err); !errors.Is(err, provisioning.ErrRefused) || f.Kind.Transient() || f.Details["system"] != "radius" || !strings.Contains(f.Details["cause"], "NAS "+nas) {
				t.Errorf("%q: %v", nas, err)
			}
		}
	}
}
