package radius_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	wire "layeh.com/radius"
	"layeh.com/radius/rfc2869"

	"turnup/internal/base/fault"
	"turnup/internal/base/loopback"
	"turnup/internal/domain/provisioning"
	"turnup/internal/external/radius"
	"turnup/internal/external/radius/sandbox"
)

const (
	user   = "sub-1001@isp.example"
	shared = "long-and-random"
)

var (
	slow = provisioning.Profile{DownKbps: 100000, UpKbps: 50000}
	fast = provisioning.Profile{DownKbps: 300000, UpKbps: 150000}
)

// dialled is a BNG of a type with one open session.
func dialled(t *testing.T, kind radius.NASType) (*sandbox.BNG, radius.Session) {
	t.Helper()
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		request, err := radius.Parse(radius.Section(r.Header.Get("X-FreeRADIUS-Section")), body)
		if err != nil {
			t.Error(err)
		}
		if request.Section != radius.Authorize {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		raw, _ := radius.Accept{Secret: "s3cret", NASType: kind, Profile: slow, Address: "100.64.10.1/29", Class: "sub_01H"}.Body()
		_, _ = w.Write(raw)
	}))
	bng, err := sandbox.New(sandbox.Options{Hook: hook.URL, NASIdentifier: "bng1", Secret: shared, Redial: time.Hour, Retransmit: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bng.Close(); hook.Close() })
	if err := bng.Dial(user, "s3cret", "ge-1/0/0.100:100-7"); err != nil {
		t.Fatal(err)
	}
	open := bng.State().Lines[0].Session
	return bng, radius.Session{NAS: radius.NAS{Identifier: "bng1", Address: bng.Address(), Secret: shared, Type: kind}, UserName: user, ID: open.ID,
		FramedIP: netip.MustParseAddr(open.FramedIP), Profile: slow}
}

// S3-118: an open session gets another speed at every type of NAS, which it keeps when the change comes twice.
func TestChangeSpeed(t *testing.T) {
	for _, kind := range []radius.NASType{radius.Generic, radius.MikroTik, radius.Cisco, radius.Juniper} {
		bng, s := dialled(t, kind)
		if open := bng.State().Lines[0].Session; open.UpKbps != slow.UpKbps || open.DownKbps != slow.DownKbps {
			t.Errorf("%s: begins with %d/%d", kind, open.DownKbps, open.UpKbps)
		}
		d := radius.NewDynamic(time.Second)
		for range 2 {
			if got, err := d.ChangeSpeed(t.Context(), s, fast); err != nil || got != radius.Acked {
				t.Fatalf("%s: %q, %v", kind, got, err)
			}
		}
		open := bng.State().Lines[0].Session
		if open.UpKbps != fast.UpKbps || open.DownKbps != fast.DownKbps {
			t.Errorf("%s: has %d/%d", kind, open.DownKbps, open.UpKbps)
		}
		if kind == radius.Juniper && fmt.Sprint(open.Attributes["ERX-Service-Deactivate"], open.Attributes["ERX-Service-Activate:1"]) != "[INET-100(100m,50m)] [INET-300(300m,150m)]" {
			t.Errorf("services: %v", open.Attributes)
		}
	}
	if _, err := radius.NewDynamic(time.Second).ChangeSpeed(t.Context(), radius.Session{}, fast); err == nil {
		t.Error("a NAS of no type")
	}
}

// S3-120: ACK, the session being gone, other NAKs, silence and a closed port are told apart.
func TestDisconnect(t *testing.T) {
	bng, s := dialled(t, radius.Generic)
	wrong, other, elsewhere := s, s, s
	wrong.NAS.Secret, other.NAS.Identifier = "canary-1", "bng2"
	elsewhere.NAS.Address = loopback.Refused
	unset := s
	unset.NAS.Secret = ""
	long := s
	long.ID = strings.Repeat("x", 300)
	for _, c := range []struct {
		name    string
		session radius.Session
		faults  []sandbox.Fault
		want    radius.Result
		fault   *fault.Fault
		cause   string
	}{
		{"no secret", unset, nil, "", provisioning.ErrCredential, "no secret"},
		{"too long", long, nil, "", provisioning.ErrRefused, ""},
		{"another NAS", other, nil, "", provisioning.ErrRefused, "Disconnect-NAK, Error-Cause NAS-Identification-Mismatch (403)"},
		{"busy", s, []sandbox.Fault{{Mode: "nak", Match: "disconnect"}}, "", provisioning.ErrBusy, "Resources-Unavailable (506)"},
		{"forbidden", s, []sandbox.Fault{{Mode: "nak", Match: "disconnect", ErrorCause: 501}}, "", provisioning.ErrRefused, "Administratively-Prohibited (501)"},
		{"wrong secret", wrong, nil, "", provisioning.ErrUnanswered, "cannot be reached, or the shared secret"},
		{"silent", s, []sandbox.Fault{{Mode: "hang", User: user}}, "", provisioning.ErrUnanswered, "cannot be reached, or the shared secret"},
		{"closed", elsewhere, nil, "", provisioning.ErrNetwork, "refused"},
		{"slow", s, []sandbox.Fault{{Mode: "hang", Times: 2}}, radius.Acked, nil, ""}, // the third packet
		{"again", s, nil, radius.Gone, nil, ""},
	} {
		if err := bng.Break(c.faults...); err != nil {
			t.Fatal(err)
		}
		got, err := radius.NewDynamic(900*time.Millisecond).Disconnect(t.Context(), c.session)
		if got != c.want || (c.fault == nil) != (err == nil) || c.fault != nil && (!errors.Is(err, c.fault) || !strings.Contains(fault.Of(err).Details["cause"], c.cause)) {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
		if err != nil && (strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), shared) || fault.Of(err).Details["system"] == "") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// S3-120: an answer lost after the session ended, and the request repeated, ends nothing else; the session before had its stop.
func TestLostAnswer(t *testing.T) {
	bng, s := dialled(t, radius.MikroTik)
	d := radius.NewDynamic(300 * time.Millisecond)
	if err := bng.Break(sandbox.Fault{Mode: "lose", Match: "coa"}, sandbox.Fault{Mode: "lose", Match: "disconnect"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ChangeSpeed(t.Context(), s, fast); !errors.Is(err, provisioning.ErrUnanswered) || bng.State().Lines[0].Session.DownKbps != fast.DownKbps {
		t.Errorf("change: %v", err)
	}
	if _, err := d.Disconnect(t.Context(), s); !errors.Is(err, provisioning.ErrUnanswered) || bng.State().Lines[0].Session != nil {
		t.Errorf("disconnect: %v", err)
	}
	if err := bng.Break(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := d.Disconnect(t.Context(), s); err != nil || got != radius.Gone {
			t.Errorf("again: %q, %v", got, err)
		}
		if got, err := d.ChangeSpeed(t.Context(), s, fast); err != nil || got != radius.Gone {
			t.Errorf("again: %q, %v", got, err)
		}
	}
	if ended := bng.State().Lines[0].Ended; len(ended) != 1 {
		t.Errorf("ended %+v", ended)
	}
}

// S3-137: a NAS that is silent is left alone for a while, others are not.
func TestCircuit(t *testing.T) {
	var logged bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	defer slog.SetDefault(before)
	bng, s := dialled(t, radius.Generic)
	const within = 400 * time.Millisecond
	d := radius.NewDynamic(within)
	silent := s
	silent.NAS.Address, silent.NAS.Secret = strings.Replace(bng.Address(), "127.0.0.1", "localhost", 1), "canary-1"
	for range 5 {
		if _, err := d.Disconnect(t.Context(), silent); !errors.Is(err, provisioning.ErrUnanswered) {
			t.Fatal(err)
		}
	}
	began := time.Now()
	if _, err := d.Disconnect(t.Context(), silent); !errors.Is(err, provisioning.ErrNetwork) || time.Since(began) > within/2 {
		t.Errorf("open: %v after %v", err, time.Since(began))
	}
	if got, err := d.Disconnect(t.Context(), s); err != nil || got != radius.Acked {
		t.Errorf("another NAS: %q, %v", got, err)
	}
	if strings.Contains(logged.String(), "canary") || strings.Contains(logged.String(), shared) || !strings.Contains(logged.String(), "disconnect") {
		t.Errorf("logged %s", logged.String())
	}
}

// What is on the wire, and answers that are not to be believed: the Message-Authenticator comes first and is computed over the packet
// with zeros in its own place and the authenticator's; 3799 is the port when none is given.
func TestWire(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	forged := map[string]func(*wire.Packet){
		"ack": func(*wire.Packet) {},
		"signed": func(p *wire.Packet) { // RFC 3579, 3.2: with the authenticator of the request
			p.Set(rfc2869.MessageAuthenticator_Type, make([]byte, 16))
			unsigned, _ := p.MarshalBinary()
			mac := hmac.New(md5.New, []byte(shared))
			mac.Write(unsigned)
			p.Set(rfc2869.MessageAuthenticator_Type, mac.Sum(nil))
		},
		"forged": func(p *wire.Packet) { p.Set(rfc2869.MessageAuthenticator_Type, bytes.Repeat([]byte{1}, 16)) },
		"other":  func(p *wire.Packet) { p.Code = wire.CodeAccessAccept },
		"bare":   func(p *wire.Packet) { p.Code = wire.CodeDisconnectNAK },
	}
	for name, want := range map[string]*fault.Fault{"ack": nil, "signed": nil, "forged": provisioning.ErrUnanswered, "other": provisioning.ErrUnanswered, "bare": provisioning.ErrBusy} {
		got := make(chan []byte, 1)
		go func() {
			buffer := make([]byte, 4096)
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			got <- bytes.Clone(buffer[:n])
			p, _ := wire.Parse(buffer[:n], []byte(shared))
			answer := p.Response(wire.CodeDisconnectACK)
			forged[name](answer)
			out, _ := answer.Encode()
			_, _ = conn.WriteTo(out, from)
		}()
		_, err := radius.NewDynamic(time.Second).Disconnect(t.Context(), radius.Session{NAS: radius.NAS{Address: conn.LocalAddr().String(), Secret: shared}, UserName: user, ID: "0000A1F3"})
		if (want == nil) != (err == nil) || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
		sent := <-got
		if sent[20] != 80 || sent[21] != 18 {
			t.Fatalf("begins with attribute %d", sent[20])
		}
		authenticator, signature := bytes.Clone(sent[4:20]), bytes.Clone(sent[22:38])
		clear(sent[4:20])
		if sum := md5.Sum(append(bytes.Clone(sent), shared...)); !bytes.Equal(sum[:], authenticator) {
			t.Error("the Request Authenticator is not the MD5 of the packet with it")
		}
		clear(sent[22:38])
		mac := hmac.New(md5.New, []byte(shared))
		mac.Write(sent)
		if !hmac.Equal(mac.Sum(nil), signature) {
			t.Error("the Message-Authenticator is not the HMAC of the packet without it")
		}
	}
	if conn, err := net.ListenPacket("udp", "127.0.0.1:3799"); err == nil {
		defer conn.Close()
		_ = conn.SetReadDeadline(time.Now().Add(time.Second))
		_, err = radius.NewDynamic(50*time.Millisecond).Disconnect(t.Context(), radius.Session{NAS: radius.NAS{Address: "127.0.0.1", Secret: shared}, UserName: user})
		if n, _, got := conn.ReadFrom(make([]byte, 4096)); n == 0 || got != nil || !errors.Is(err, provisioning.ErrUnanswered) {
			t.Errorf("3799: %v, %v", got, err)
		}
	}
}
