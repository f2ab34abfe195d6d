package networkadmin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/base/token/tokentest"
	"turnup/internal/domain/maintenance"
	"turnup/internal/domain/provisioning"
	"turnup/internal/platform/metric"
	"turnup/internal/platform/rest"
)

func TestMain(m *testing.M) {
	metric.Sink = io.Discard
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

const svc = "svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// centre is a store of one service and some locations.
type centre struct {
	Store
	service   provisioning.Service
	told      []event.Envelope
	locations map[id.Location]provisioning.Location
	windows   map[id.Maintenance]maintenance.Window
	passed    time.Duration // since noon
	asked     string        // which windows were
}

func (c *centre) now() time.Time { return noon.Add(c.passed) }

// of is a centre whose service is in a state, set up with equipment.
func of(state provisioning.State, change func(*provisioning.Service)) *centre {
	s := provisioning.Design(provisioning.Service{Tenant: "demo", Customer: "cus_1", Subscription: "sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Order: "ord_1", Name: "Fibre 300", Location: "loc-1",
		Profile: provisioning.Profile{DownKbps: 300000, UpKbps: 150000}}, noon)
	if state != provisioning.Designed {
		s, _, _ = s.Begin(provisioning.Equipment{ONU: "BBSM00000001", CPE: "202BC1-BM632w-000001"}, false, noon)
		s.State = state
	}
	if state == provisioning.Active || state == provisioning.Suspended || state == provisioning.Resuming {
		s.ActiveSince, s.Built = noon, []provisioning.Step{provisioning.StepInventory, provisioning.StepSubscriber, provisioning.StepAccess}
	}
	if change != nil {
		change(&s)
	}
	return &centre{service: s, locations: map[id.Location]provisioning.Location{}, windows: map[id.Maintenance]maintenance.Window{}}
}

func (c *centre) Recall(context.Context, once.Request) (json.RawMessage, error) { return nil, nil }

func (c *centre) ConcludeService(_ context.Context, use *once.Use, tenant id.Tenant, s id.Service, decide func(provisioning.Service, time.Time) (provisioning.Service, []event.Envelope, error)) error {
	if tenant != "demo" || s != c.service.ID {
		return provisioning.ErrUnknown
	}
	is, events, err := decide(c.service, noon)
	if err != nil || is.Version == c.service.Version {
		return err
	}
	if use != nil {
		if use.Stored() == nil {
			return fmt.Errorf("a repetition would be answered nothing")
		}
		use.Committed()
	}
	c.service, c.told = is, append(c.told, events...)
	return nil
}

func (c *centre) ParkedServices(_ context.Context, _ id.Tenant, after string, _ int32) ([]provisioning.Service, string, error) {
	if after != "" {
		return nil, "", nil
	}
	return []provisioning.Service{c.service}, svc, nil
}

func (c *centre) Location(_ context.Context, _ id.Tenant, l id.Location) (provisioning.Location, error) {
	found, known := c.locations[l]
	if !known {
		return found, provisioning.ErrLocationUnknown
	}
	return found, nil
}

func (c *centre) SaveLocation(_ context.Context, l provisioning.Location) error {
	if c.locations[l.ID].Version != l.Version-1 {
		return fault.ErrStale
	}
	c.locations[l.ID] = l
	return nil
}

// ask sends a request as staff with a role; headers are "name: value".
func (c *centre) ask(t *testing.T, role, method, path, body string, headers ...string) (int, string) {
	t.Helper()
	signer, verifier := tokentest.Pair(clock.At(noon))
	session, _, err := signer.StaffSession("demo", "stf_1", []string{role}, noon)
	if err != nil {
		t.Fatal(err)
	}
	api := rest.New(rest.Options{Tenant: "demo", Verifier: verifier, Clock: clock.At(noon)})
	Register(api, Deps{Store: c, Clock: clock.At(c.now())})
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for _, h := range append(headers, "Authorization: Bearer "+session, "Content-Type: application/json", "Idempotency-Key: one") {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// types are what was told of.
func (c *centre) types() string {
	words := []string{}
	for _, e := range c.told {
		words = append(words, string(e.Type))
	}
	return strings.Join(words, " ")
}

// S3-46, S3-47, S3-48, S3-49, S3-51, S3-104, S3-105: what network operations do to a service, which state that leads to, and who is told: the machine of the
// work, and who speaks to the NASes when sessions are to end.
func TestLife(t *testing.T) {
	held := func(causes ...provisioning.Cause) func(*provisioning.Service) {
		return func(s *provisioning.Service) {
			for _, c := range causes {
				s.Holds = append(s.Holds, provisioning.Hold{Cause: c, Since: noon})
			}
		}
	}
	stuck := func(s *provisioning.Service) {
		s.Work.Parked = &provisioning.Parked{Step: provisioning.StepCPE, At: noon}
	}
	const both, requested = "provisioning.requested access.changed", "provisioning.requested"
	for _, k := range []struct {
		c          *centre
		do, body   string
		status     int
		says, told string
		holds      int
	}{
		{of(provisioning.Provisioned, nil), "activate", "", 202, "active", "service.activated", 0},
		{of(provisioning.Active, nil), "activate", "", 202, "active", "", 0},
		{of(provisioning.Designed, nil), "activate", "", 409, "service_state_conflict", "", 0},
		{of(provisioning.Active, nil), "suspend", `{"reason":"asked"}`, 202, "suspending", both, 1},
		{of(provisioning.Active, nil), "suspend", `{}`, 400, "invalid_request", "", 0},
		{of(provisioning.Active, nil), "suspend", `{"reason":"x","cause":"mood"}`, 400, "body.cause", "", 0},
		{of(provisioning.Resuming, nil), "suspend", `{"reason":"x","cause":"non_payment"}`, 202, "suspending", both, 1},
		{of(provisioning.Suspended, held("non_payment")), "suspend", `{"reason":"x"}`, 202, "suspended", "", 2},
		{of(provisioning.Suspended, held("staff")), "suspend", `{"reason":"x"}`, 409, "service_held_already", "", 1},
		{of(provisioning.Provisioning, nil), "suspend", `{"reason":"x"}`, 409, "service_state_conflict", "", 0},
		{of(provisioning.Suspended, held("staff")), "resume", `{}`, 202, "resuming", requested, 0},
		{of(provisioning.Suspended, held("staff")), "resume", `{"cause":"non_payment"}`, 409, "service_not_held", "", 1},
		{of(provisioning.Suspended, held("staff", "non_payment")), "resume", `{}`, 202, "suspended", "", 1},
		{of(provisioning.Active, nil), "resume", `{}`, 409, "service_state_conflict", "", 0},
		{of(provisioning.Active, nil), "terminate", "", 202, "terminating", both, 0},
		{of(provisioning.Suspended, held("staff")), "terminate", "", 202, "terminating", both, 0},
		{of(provisioning.Designed, nil), "terminate", "", 202, "terminated", "service.terminated", 0},
		{of(provisioning.Terminated, nil), "terminate", "", 202, "terminated", "", 0},
		{of(provisioning.Provisioning, stuck), "retry", "", 202, "provisioning", both, 0},
		{of(provisioning.Resuming, stuck), "retry", "", 202, "resuming", requested, 0},
		{of(provisioning.Provisioning, nil), "retry", "", 409, "service_not_parked", "", 0},
		{of(provisioning.Provisioning, stuck), "cancel", "", 202, "terminating", both, 0},
		{of(provisioning.Suspending, stuck), "cancel", "", 409, "service_not_parked", "", 0},
	} {
		was := k.c.service
		status, body := k.c.ask(t, token.RoleNetwork, http.MethodPost, "/services/"+svc+"/"+k.do, k.body)
		if status != k.status || !strings.Contains(body, `"`+k.says+`"`) || k.c.types() != k.told || len(k.c.service.Holds) != k.holds || status == 202 && strings.Contains(body, "null") {
			t.Errorf("%s of %s: %d %s, told %q", k.do, was.State, status, body, k.c.types())
		}
		if status >= 400 && k.c.service.Version != was.Version {
			t.Errorf("%s of %s changed something", k.do, was.State)
		}
		if k.says == "service_state_conflict" && !strings.Contains(body, `"current":"`+string(was.State)+`"`) {
			t.Errorf("%s of %s: %s", k.do, was.State, body)
		}
		for _, e := range k.c.told {
			if e.Type == event.TypeProvisioningRequested && !strings.Contains(string(e.Data), fmt.Sprintf(`"number":%d,"run":%d`, k.c.service.Work.Number, k.c.service.Work.Run)) {
				t.Errorf("%s: %s", k.do, e.Data)
			}
			if e.Type == event.TypeAccessChanged && !strings.Contains(string(e.Data), `"barred":`) {
				t.Errorf("%s: %s", k.do, e.Data)
			}
		}
	}
	for _, role := range []string{token.RoleSupport, token.RoleBilling} {
		c := of(provisioning.Active, nil)
		if status, _ := c.ask(t, role, http.MethodPost, "/services/"+svc+"/terminate", ""); status != 403 || c.service.State != provisioning.Active {
			t.Errorf("%s: %d", role, status)
		}
	}
	if status, body := of(provisioning.Active, nil).ask(t, token.RoleAdmin, http.MethodPost, "/services/svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XZ/terminate", ""); status != 404 || !strings.Contains(body, "service_not_found") {
		t.Errorf("%d %s", status, body)
	}
}

// S3-118: another speed is told to who speaks to the NASes and to the line, once; a service that ends gets none.
func TestSpeed(t *testing.T) {
	c := of(provisioning.Active, nil)
	for range 2 {
		status, body := c.ask(t, token.RoleNetwork, http.MethodPut, "/services/"+svc+"/speed", `{"profile":{"downKbps":500000,"upKbps":250000},"capBytes":1000000}`)
		if status != 200 || c.types() != "access.changed provisioning.requested" || c.service.Profile.DownKbps != 500000 || c.service.CapBytes != 1000000 || !strings.Contains(body, `"downKbps":500000`) {
			t.Errorf("%d %s, told %q", status, body, c.types())
		}
	}
	ended := of(provisioning.Terminated, nil)
	if status, body := ended.ask(t, token.RoleNetwork, http.MethodPut, "/services/"+svc+"/speed", `{"profile":{"downKbps":1,"upKbps":1}}`); status != 409 || len(ended.told) > 0 {
		t.Errorf("%d %s", status, body)
	}
}

// S3-104: what waits for a human is listed with step, system and cause.
func TestParked(t *testing.T) {
	c := of(provisioning.Provisioning, func(s *provisioning.Service) {
		s.Work.Parked = &provisioning.Parked{Step: provisioning.StepCPE, System: "genieacs", Code: "cpe_offline", Cause: "no answer", At: noon}
	})
	status, body := c.ask(t, token.RoleNetwork, http.MethodGet, "/admin/services/parked", "")
	if status != 200 || !strings.Contains(body, `"parked":{"step":"cpe","system":"genieacs","code":"cpe_offline","cause":"no answer","at":"2026-11-02T12:00:00Z"}`) || !strings.Contains(body, "nextCursor") {
		t.Errorf("%d %s", status, body)
	}
}

// S3-32, S3-130: a location is recorded and changed on its version; the service that is there stays. Serial numbers are written alike,
// however they come, so that an ONU belongs to one service.
func TestLocations(t *testing.T) {
	c := of(provisioning.Active, nil)
	place := func(more string) string {
		return `{"address":{"street":"Ringstrasse","houseNumber":"12a","postcode":"10115","city":"Berlin","country":"DE"},"port":{"olt":"olt-1","pon":"pon-0/1"},"most":{"downKbps":1000000,"upKbps":500000},"serviceable":true` + more + `}`
	}
	const path = "/admin/locations/loc-1"
	status, body := c.ask(t, token.RoleNetwork, http.MethodPut, path, place(`,"onuSerial":"bbsm0000000a","cpeId":"202BC1-BM632w-00000a"`))
	if l := c.locations["loc-1"]; status != 200 || l.Version != 1 || l.Equipment != (provisioning.Equipment{ONU: "BBSM0000000A", CPE: "202BC1-BM632w-00000a"}) || !l.Serving || l.Port.PON != "pon-0/1" {
		t.Errorf("%d %s, %+v", status, body, l)
	}
	served := c.locations["loc-1"]
	served.Serves = svc
	c.locations["loc-1"] = served
	status, body = c.ask(t, token.RoleNetwork, http.MethodPut, path, place(""), `If-Match: "1"`)
	if l := c.locations["loc-1"]; status != 200 || l.Version != 2 || l.Serves != svc || l.Equipment != (provisioning.Equipment{}) || !strings.Contains(body, `"serviceId":"`+svc+`"`) {
		t.Errorf("%d %s, %+v", status, body, l)
	}
	for name, k := range map[string]struct {
		path, body string
		headers    []string
		want       int
	}{
		"old version":  {path, place(""), []string{`If-Match: "1"`}, 412},
		"no country":   {path, strings.Replace(place(""), `"DE"`, `"XX"`, 1), nil, 400},
		"not a serial": {path, place(`,"onuSerial":"BBSM 1"`), nil, 400},
		"no speed":     {path, strings.Replace(place(""), "1000000", "0", 1), nil, 400},
		"not an id":    {"/admin/locations/LOC", place(""), nil, 400},
	} {
		if status, body := c.ask(t, token.RoleNetwork, http.MethodPut, k.path, k.body, k.headers...); status != k.want || c.locations["loc-1"].Version != 2 {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if status, body := c.ask(t, token.RoleNetwork, http.MethodGet, path, ""); status != 200 || !strings.Contains(body, `"version":2`) {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := c.ask(t, token.RoleNetwork, http.MethodGet, "/admin/locations/loc-2", ""); status != 404 {
		t.Error(status)
	}
}
