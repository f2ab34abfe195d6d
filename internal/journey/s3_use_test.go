package journey

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/token"
	"turnup/internal/external/radius/freeradius"
)

// S3-07, S3-37, S3-43, S3-44, S3-118, S3-119: real FreeRADIUS with the configuration we ship lets a subscriber in who was made through our API, by PAP and
// CHAP, with the plan's bandwidth in the NAS's words; accounting shows as usage, and told again counts once; 80 and 100 % of the volume are
// told once; the session's speed follows the service's; suspension refuses with a reason.
func TestS3FreeRADIUS(t *testing.T) {
	ctx := context.Background()
	server := freeradius.Run(t, freeradius.Options{Hook: site.API + "/radius", Key: os.Getenv("TURNUP_RADIUS_KEY")})
	r := movesIn(t, NewHome())
	is := r.becomes(t, "active")
	secret, _ := authorized(t, is.Username)
	nas := []freeradius.Attribute{{Name: "NAS-Identifier", Value: "bng1"}, {Name: "NAS-Port-Id", Value: "ge-1/0/0.100:100-7"}}
	for name, login := range map[string]func(context.Context, string, string, ...freeradius.Attribute) (freeradius.Reply, error){"PAP": server.PAP, "CHAP": server.CHAP} {
		got := must[freeradius.Reply](t)(login(ctx, is.Username, secret, nas...))
		if !got.Accepted() || got.Get("Mikrotik-Rate-Limit") != "150M/300M" || got.Get("Framed-IP-Address") == "" {
			t.Errorf("%s: %+v\n%s", name, got, server.Log())
		}
		if got := must[freeradius.Reply](t)(login(ctx, is.Username, secret+"x", nas...)); got.Accepted() {
			t.Errorf("%s: a wrong password is let in", name)
		}
	}
	report := func(status string, gigawords, octets int64) {
		t.Helper()
		got := must[freeradius.Reply](t)(server.Account(ctx, append(nas, freeradius.Attribute{Name: "User-Name", Value: is.Username}, freeradius.Attribute{Name: "Acct-Session-Id", Value: "A1"},
			freeradius.Attribute{Name: "Acct-Status-Type", Value: status}, freeradius.Attribute{Name: "Acct-Input-Gigawords", Value: "0"}, freeradius.Attribute{Name: "Acct-Input-Octets", Value: "0"},
			freeradius.Attribute{Name: "Acct-Output-Gigawords", Value: strconv.FormatInt(gigawords, 10)}, freeradius.Attribute{Name: "Acct-Output-Octets", Value: strconv.FormatInt(octets, 10)})...))
		if got.Code != "Accounting-Response" {
			t.Errorf("%s: %+v", status, got)
		}
	}
	const gigaword = 1 << 32
	before := r.used(t).TotalBytes
	report("Start", 0, 0)
	report("Interim-Update", 190, 0) // 816 GB of 1 TB
	report("Interim-Update", 190, 0)
	report("Interim-Update", 1, 0) // late
	if u := r.used(t); u.TotalBytes-before != 190*gigaword {
		t.Errorf("%d bytes used", u.TotalBytes-before)
	}
	report("Stop", 240, 7)
	report("Stop", 240, 7)
	if u := r.used(t); u.TotalBytes-before != 240*gigaword+7 || u.PercentUsed < 100 {
		t.Errorf("%+v", u)
	}
	for _, share := range []int{80, 100} {
		eventually(t, 20*time.Second, fmt.Sprintf("%d %% are told of", share), func() bool { return reached(r.service, share) == 1 })
	}
	time.Sleep(time.Second)
	if reached(r.service, 80) != 1 || reached(r.service, 100) != 1 {
		t.Error("a share of the volume is told of twice")
	}
	faster := map[string]any{"profile": map[string]any{"downKbps": 500_000, "upKbps": 250_000}, "capBytes": 1_000_000_000_000}
	expect(t, must[Answer](t)(staff(t, token.RoleNetwork).Put(ctx, "/services/"+r.service+"/speed", faster)), nil, http.StatusOK, "")
	eventually(t, 20*time.Second, "the session and the line have the new speed", func() bool {
		n := inNetwork(t, r.home, is)
		return n.line != nil && n.line.Session != nil && n.line.Session.DownKbps == 500_000 && len(n.profiles) == 2 && n.profiles[1] == "HSI-500000"
	})
	expect(t, r.operate(t, "suspend", map[string]any{"reason": "asked by letter"}), nil, http.StatusAccepted, "")
	if got := must[freeradius.Reply](t)(server.PAP(ctx, is.Username, secret, nas...)); got.Accepted() || got.Get("Reply-Message") != "Account suspended" {
		t.Errorf("suspended: %+v", got)
	}
}

// reached counts what the CRM was told of a share of a service's volume.
func reached(service string, percent int) (n int) {
	for _, e := range crm.of(event.TypeUsageReached, service) {
		var u event.UsageReached
		if json.Unmarshal(e.Data, &u) == nil && u.Percent == percent {
			n++
		}
	}
	return n
}

// diagnosis answers getDiagnosis.
type diagnosis struct {
	DiagnosisID, Status string
	Healthy             bool
	Parts               []struct {
		Part, Code string
		OK         bool
		Facts      []struct{ Name, Value string }
	}
}

// measure asks for a diagnosis and waits for it.
func (r resident) measure(t *testing.T, c *Customer, path string, body any) diagnosis {
	t.Helper()
	began := into[diagnosis](t, expect(t, must[Answer](t)(c.Post(t.Context(), "/services/"+r.service+"/"+path, Key(), body)), nil, http.StatusAccepted, ""))
	var d diagnosis
	must[Answer](t)(c.Await(t.Context(), "/services/"+r.service+"/diagnoses/"+began.DiagnosisID, within, func(a Answer) bool { return a.Into(&d) == nil && d.Status != "running" }))
	return d
}

// S3-50, S3-70, S3-122, S3-123, S3-124, S3-126, S3-127, S3-128: health part by part, also of what is not well; levels, restarts, firmware, ping, trace and
// parameters for support; alarms of the ONU show in health until they are over.
func TestS3Diagnostics(t *testing.T) {
	ctx, h := context.Background(), NewHome()
	r := movesIn(t, h)
	r.becomes(t, "active")
	desk := staff(t, token.RoleSupport)
	if d := r.measure(t, r.Customer, "health-check", nil); d.Status != "done" || !d.Healthy || len(d.Parts) != 4 {
		t.Errorf("%+v", d)
	}
	for kind, more := range map[string]map[string]any{"optical": {}, "ping": {"host": "192.0.2.1"}, "trace": {"host": "192.0.2.1"}, "parameters": {"parameters": []string{"Device.DeviceInfo.SoftwareVersion"}},
		"reboot_cpe": {}, "reboot_onu": {}} {
		more["kind"] = kind
		if d := r.measure(t, desk, "diagnoses", more); d.Status != "done" || len(d.Parts) != 1 {
			t.Errorf("%s: %+v", kind, d)
		}
	}
	expect(t, must[Answer](t)(desk.Post(ctx, "/services/"+r.service+"/diagnoses", Key(), map[string]any{"kind": "ping", "host": "a b; c"})), nil, http.StatusBadRequest, "invalid_request")
	expect(t, must[Answer](t)(r.Post(ctx, "/services/"+r.service+"/diagnoses", Key(), map[string]any{"kind": "optical"})), nil, http.StatusForbidden, "")
	alarm := func(what string) {
		t.Helper()
		told := map[string]any{"header": map[string]any{"type": "DEVICE_EVENT", "raisedTs": time.Now().UTC().Format(time.RFC3339)},
			"deviceEvent": map[string]any{"resourceId": "olt-1", "deviceEventName": "ONU_LOSS_OF_SIGNAL_" + what + "_EVENT", "context": map[string]string{"serial-number": h.ONU}}}
		for range 2 { // a bridge may tell twice
			a := must[Answer](t)(site.Visitor().Call(ctx, http.MethodPost, "/network/onu-events", told, Header{"X-Api-Key", os.Getenv("TURNUP_ACCESS_KEY")}))
			expect(t, a, nil, http.StatusNoContent, "")
		}
	}
	alarm("RAISE")
	if d := r.measure(t, desk, "health-check", nil); d.Healthy || d.Status != "done" {
		t.Errorf("with an alarm: %+v", d)
	}
	alarm("CLEAR")
	eventually(t, 20*time.Second, "two alarms are told of", func() bool { return len(crm.of(event.TypeLineAlarmed, r.service)) == 2 })
	h.router(t, map[string]any{"offline": true})
	if d := r.measure(t, desk, "health-check", nil); d.Healthy {
		t.Errorf("with the router off: %+v", d)
	}
}
