package network_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"turnup/internal/api/network"
	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
	"turnup/internal/external/radius"
	"turnup/internal/platform/metric"
	"turnup/internal/platform/rest"
)

const (
	key      = "radius-key-of-twenty-characters"
	password = "canary-password"
)

var (
	noon    = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	secrets = provisioning.Key("a key of thirty-two random bytes")
)

// plant is a store of accounts and of ada's service, behind an API whose logs are kept.
type plant struct {
	accounts map[string]subscriber.Account
	live     map[string]subscriber.Live
	service  provisioning.Service
	told     []event.Envelope
	broken   error
	logs     bytes.Buffer
	alarm    network.Alarm
}

func (p *plant) Subscriber(_ context.Context, tenant id.Tenant, username string) (subscriber.Account, error) {
	a, known := p.accounts[username]
	switch {
	case p.broken != nil:
		return a, p.broken
	case !known || tenant != "demo":
		return a, subscriber.ErrUnknown
	}
	return a, nil
}

func (p *plant) ChangeLive(ctx context.Context, tenant id.Tenant, username string, decide func(subscriber.Account, subscriber.Live) (subscriber.Live, []event.Envelope, error)) error {
	a, err := p.Subscriber(ctx, tenant, username)
	if err != nil {
		return err
	}
	is, events, err := decide(a, p.live[username])
	p.live[username], p.told = is, append(p.told, events...)
	return err
}

func (p *plant) Announce(_ context.Context, events ...event.Envelope) error {
	p.told = append(p.told, events...)
	return p.broken
}

func (p *plant) ServiceWithONU(_ context.Context, tenant id.Tenant, serial string) (provisioning.Service, error) {
	if p.broken != nil || tenant != "demo" || serial != p.service.Equipment.ONU {
		return provisioning.Service{}, errors.Join(p.broken, provisioning.ErrUnknown)
	}
	return p.service, nil
}

func (p *plant) ChangeService(_ context.Context, use *once.Use, _ id.Tenant, s id.Service, decide func(provisioning.Service, time.Time) (provisioning.Service, []event.Envelope, error)) error {
	is, events, err := decide(p.service, noon)
	if err != nil || s != p.service.ID || use != nil {
		return errors.Join(err, errors.New("not asked for"))
	}
	p.service, p.told = is, append(p.told, events...)
	return nil
}

func ada() *plant {
	return &plant{live: map[string]subscriber.Live{}, accounts: map[string]subscriber.Account{"ada@demo": {Tenant: "demo", Username: "ada@demo", Generation: 1, Service: "svc_1", Customer: "cus_1", DownKbps: 300000, UpKbps: 150000,
		Address: "100.64.10.1/29"}}, service: provisioning.Service{Tenant: "demo", ID: "svc_1", Customer: "cus_1", Equipment: provisioning.Equipment{ONU: "BBSM00000001"}, Version: 1}}
}

func (p *plant) barred(why string) *plant {
	a := p.accounts["ada@demo"]
	a.Barred = why
	p.accounts["ada@demo"] = a
	return p
}

// post sends what the equipment sends, with its key, and gives status and body.
func (p *plant) post(t *testing.T, path, body string) (int, string) {
	t.Helper()
	before, sink := slog.Default(), metric.Sink
	slog.SetDefault(slog.New(slog.NewJSONHandler(&p.logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	metric.Sink = &p.logs
	defer func() { slog.SetDefault(before); metric.Sink = sink }()
	fleet, err := radius.ParseFleet("bng1=mikrotik,*=generic", "")
	if err != nil {
		t.Fatal(err)
	}
	api := rest.New(rest.Options{Tenant: "demo", Machines: rest.ParseMachines("demo:" + key), Clock: clock.At(noon)})
	read := func(section radius.Section) func([]byte, time.Time) (subscriber.Message, error) {
		return func(b []byte, now time.Time) (subscriber.Message, error) { return radius.MessageOf(section, b, now) }
	}
	network.RegisterRadius(api, network.RadiusDeps{Store: p, Asked: read(radius.Authorize), Told: read(radius.Accounting), Reject: radius.Reject,
		Accept: func(a subscriber.Account, nas string) ([]byte, error) {
			return fleet.Accepted(a, secrets.SecretOf(a.Tenant, a.Username, a.Generation), nas)
		}})
	network.RegisterAlarms(api, network.AlarmDeps{Store: p, Read: func(b []byte) (network.Alarm, error) {
		if string(b) == "nonsense" {
			return network.Alarm{}, errors.New("nonsense")
		}
		return p.alarm, nil
	}})
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Api-Key", key)
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func dialling(username, more string) string {
	return `{"User-Name":{"type":"string","value":["` + username + `"]},"User-Password":{"type":"string","value":["` + password + `"]},"NAS-Identifier":{"type":"string","value":["bng1"]}` + more + `}`
}

// S3-52, S3-117: who may dial in gets the secret to compare, and bandwidth in the words of the NAS; who is barred is rejected with the
// reason, and who is not known as well, by 401: rlm_rest takes 404 for no answer at all. What fails in passing is no rejection.
func TestAuthorize(t *testing.T) {
	secret := secrets.SecretOf("demo", "ada@demo", 1)
	for name, k := range map[string]struct {
		p        *plant
		username string
		status   int
		says     string
	}{
		"in service":     {ada(), "ada@demo", 200, secret},
		"in capitals":    {ada(), "ADA@Demo", 200, "150M/300M"},
		"not paid":       {ada().barred("non_payment"), "ada@demo", 401, "unpaid invoice"},
		"by staff":       {ada().barred("staff"), "ada@demo", 401, "Account suspended"},
		"not in service": {ada().barred("not_in_service"), "ada@demo", 401, "not in service"},
		"unknown":        {ada(), "bob@demo", 401, "Unknown subscriber"},
		"nobody":         {ada(), "", 401, "Unknown subscriber"},
		"outage":         {&plant{broken: fault.ErrUnavailable}, "ada@demo", 503, "temporarily_unavailable"},
		"failure":        {&plant{broken: errors.New("boom")}, "ada@demo", 500, "internal"},
	} {
		status, body := k.p.post(t, "/radius/authorize", dialling(k.username, ""))
		if status != k.status || !strings.Contains(body, k.says) || status != 200 && strings.Contains(body, secret) {
			t.Errorf("%s: %d %s", name, status, body)
		}
		var attributes map[string]any
		if err := json.Unmarshal([]byte(body), &attributes); err != nil || status == 401 && attributes["reply:Reply-Message"] == nil {
			t.Errorf("%s: %s", name, body)
		}
	}
	wrong := ada()
	wrong.accounts["ada@demo"] = subscriber.Account{Tenant: "demo", Username: "ada@demo", Address: "nowhere"}
	if status, body := wrong.post(t, "/radius/authorize", dialling("ada@demo", "")); status != 500 {
		t.Errorf("an answer that cannot be written: %d %s", status, body)
	}
	for _, body := range []string{"", "[]", "{", `{"User-Name":7}`} {
		if status, _ := ada().post(t, "/radius/authorize", body); status != 400 {
			t.Errorf("%q: %d", body, status)
		}
	}
}

// S3-100: neither the password that somebody dialled with nor the secret of an account is in a log, whatever happens.
func TestNoPasswordInLogs(t *testing.T) {
	secret := secrets.SecretOf("demo", "ada@demo", 1)
	broken := ada()
	broken.accounts["ada@demo"] = subscriber.Account{Tenant: "demo", Username: "ada@demo", Generation: 1, Address: "nowhere"}
	for name, p := range map[string]*plant{"accepted": ada(), "barred": ada().barred("staff"), "unknown": {}, "outage": {broken: errors.New("boom")}, "broken": broken} {
		for _, body := range []string{dialling("ada@demo", ""), dialling("ada@demo", `,"CHAP-Password":{"value":["0x`+password+`"]}`), dialling("ada@demo", "}"), dialling("ada@demo", `,"NAS-IP-Address":{"value":["`+password+`"]}`)} {
			for _, path := range []string{"/radius/authorize", "/radius/post-auth", "/radius/accounting"} {
				p.logs.Reset()
				_, _ = p.post(t, path, body)
				if logs := p.logs.String(); logs == "" || strings.Contains(logs, password) || strings.Contains(logs, secret) {
					t.Errorf("%s, %s: %s", name, path, logs)
				}
			}
		}
	}
}

func reported(status, more string) string {
	return dialling("ADA@demo", `,"Acct-Status-Type":{"value":["`+status+`"]},"Acct-Unique-Session-Id":{"value":["u1"]},"Acct-Session-Id":{"value":["i1"]},"Acct-Session-Time":{"value":[60]}`+more)
}

// S3-119, S3-120: what a NAS tells of a session is taken once, with counters over 32 bits; anything but 204 makes it tell again, so that
// only what may succeed later is answered otherwise.
func TestAccounting(t *testing.T) {
	p := ada()
	const counted = `,"Acct-Input-Octets":{"value":[5]},"Acct-Input-Gigawords":{"value":[1]},"Acct-Output-Octets":{"value":[7]}`
	for range 2 {
		for _, status := range []string{"Interim-Update", "Start", "Stop"} {
			if code, body := p.post(t, "/radius/accounting", reported(status, counted)); code != 204 || body != "" {
				t.Errorf("%s: %d %s", status, code, body)
			}
		}
	}
	live := p.live["ada@demo"]
	if len(live.Sessions) != 1 || live.Sessions[0].Open() || live.Used != (subscriber.Volume{Up: 1<<32 + 5, Down: 7}) || !live.Sessions[0].Began.Equal(noon.Add(-time.Minute)) || live.Version != 2 {
		t.Errorf("%+v", live)
	}
	for name, k := range map[string]struct {
		p      *plant
		body   string
		status int
		told   int
	}{
		"account that has ended":       {&plant{}, reported("Stop", ""), 204, 0},
		"kind to be left alone":        {&plant{broken: errors.New("boom")}, reported("Failed", ""), 204, 0},
		"restart":                      {ada(), reported("Accounting-On", ""), 204, 1},
		"going down":                   {ada(), reported("Accounting-Off", ""), 204, 1},
		"restart, not announced":       {&plant{broken: fault.ErrUnavailable}, reported("Accounting-On", ""), 503, 1},
		"outage":                       {&plant{broken: fault.ErrUnavailable}, reported("Start", ""), 503, 0},
		"barred, but in":               {ada().barred("staff"), reported("Start", ""), 204, 1},
		"barred, and out":              {ada().barred("staff"), reported("Stop", ""), 204, 0},
		"no session":                   {ada(), strings.Replace(reported("Start", ""), "u1", "", 1), 400, 0},
		"no user":                      {ada(), strings.Replace(reported("Start", ""), "ADA@demo", "", 1), 400, 0},
		"no NAS":                       {ada(), strings.Replace(reported("Start", ""), "bng1", "", 1), 400, 0},
		"what no NAS sends":            {ada(), "{", 400, 0},
		"what a NAS cannot have meant": {ada(), reported("Start", `,"Acct-Input-Octets":{"value":[4294967296]}`), 400, 0},
	} {
		if k.p.live == nil {
			k.p.live = map[string]subscriber.Live{}
		}
		if status, body := k.p.post(t, "/radius/accounting", k.body); status != k.status || len(k.p.told) != k.told {
			t.Errorf("%s: %d %s, %d told", name, status, body, len(k.p.told))
		}
	}
	p = ada()
	_, _ = p.post(t, "/radius/accounting", reported("Accounting-On", ""))
	var restarted event.NASRestarted
	if err := event.Decode(p.told[0], &restarted); err != nil || restarted != (event.NASRestarted{NAS: "bng1", At: noon}) {
		t.Errorf("%+v, %v", restarted, err)
	}
	if status, body := p.post(t, "/radius/post-auth", dialling("ada@demo", "")); status != 204 || body != "" {
		t.Errorf("%d %s", status, body)
	}
}

// S3-123: an alarm of a service's ONU is at the service and told of, once; that of another's, and what is none, is dropped.
func TestAlarms(t *testing.T) {
	p := ada()
	raised := network.Alarm{Kind: provisioning.LossOfSignal, Raised: true, Serial: "BBSM00000001"}
	cleared := raised
	cleared.Raised, cleared.At = false, noon.Add(time.Minute)
	for i, k := range []struct {
		alarm  network.Alarm
		raised int
		told   int
	}{{raised, 1, 1}, {raised, 1, 1}, {network.Alarm{Kind: "loss_of_signal", Raised: true, Serial: "BBSM00000002"}, 1, 1}, {network.Alarm{}, 1, 1}, {network.Alarm{Kind: "x", Raised: true}, 1, 1}, {cleared, 0, 2}, {cleared, 0, 2}} {
		p.alarm = k.alarm
		if status, body := p.post(t, "/network/onu-events", "{}"); status != 204 || len(p.service.Alarms) != k.raised || len(p.told) != k.told {
			t.Errorf("%d: %d %s, %+v, %d told", i, status, body, p.service.Alarms, len(p.told))
		}
		if i == 0 && !p.service.Alarms[0].Since.Equal(noon) { // it did not say when
			t.Errorf("%+v", p.service.Alarms)
		}
	}
	var told event.LineAlarmed
	if err := event.Decode(p.told[1], &told); err != nil || told.Alarm != "loss_of_signal" || told.Raised || !told.At.Equal(noon.Add(time.Minute)) || told.ServiceID != "svc_1" || told.CustomerID != "cus_1" {
		t.Errorf("%+v, %v", told, err)
	}
	if status, _ := p.post(t, "/network/onu-events", "nonsense"); status != 400 {
		t.Errorf("nonsense: %d", status)
	}
}
