package services

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/domain/maintenance"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
)

const provisionPath = "/services/provision"

func installed(more string) string { return `{"subscriptionId":"` + string(sub) + `"` + more + `}` }

// S3-45, S3-53: what the request names, and for the rest what is on record for the location, is what a service is set up with; without
// either it is asked for. One that was begun goes on with what it has, and with nothing else.
func TestProvision(t *testing.T) {
	onu, cpe := `,"onuSerial":"bbsm00000001"`, `,"cpeId":"202BC1-BM632w-000001"`
	record := provisioning.Equipment{ONU: "BBSM00000009", CPE: "202BC1-BM632w-000009"}
	for name, k := range map[string]struct {
		state  func(provisioning.Service) provisioning.Service
		record provisioning.Equipment
		more   string
		status int
		ends   string // equipment, or code
		told   int
	}{
		"all named":          {nil, record, onu + cpe, 202, "BBSM00000001 202BC1-BM632w-000001", 1},
		"ONU named":          {nil, record, onu, 202, "BBSM00000001 202BC1-BM632w-000009", 1},
		"CPE named":          {nil, record, cpe, 202, "BBSM00000009 202BC1-BM632w-000001", 1},
		"on record":          {nil, record, "", 202, "BBSM00000009 202BC1-BM632w-000009", 1},
		"no ONU":             {nil, provisioning.Equipment{CPE: "x"}, cpe, 409, "onu_required", 0},
		"no CPE":             {nil, provisioning.Equipment{ONU: "x"}, onu, 409, "cpe_required", 0},
		"begun":              {begun, record, "", 202, "BBSM00000001 202BC1-BM632w-000001", 0},
		"begun with these":   {begun, record, onu + cpe, 202, "BBSM00000001 202BC1-BM632w-000001", 0},
		"begun with this":    {begun, record, onu, 202, "BBSM00000001 202BC1-BM632w-000001", 0},
		"begun with others":  {begun, record, `,"onuSerial":"BBSM00000002"`, 409, "service_equipment_differs", 0},
		"in use":             {active, record, "", 202, "BBSM00000001 202BC1-BM632w-000001", 0},
		"not a serial":       {nil, record, `,"onuSerial":"BBSM 0001"`, 400, "invalid_request", 0},
		"not a router's id":  {nil, record, `,"cpeId":"../devices"`, 400, "invalid_request", 0},
		"held by a customer": {nil, record, `,"hold":true`, 400, "invalid_request", 0},
	} {
		s := siteOf(k.state)
		s.location.Equipment = k.record
		a := s.ask(t, ada, "one", http.MethodPost, provisionPath, installed(k.more))
		ends := a.Code
		if a.Code == "" {
			ends = s.service.Equipment.ONU + " " + s.service.Equipment.CPE
		}
		if a.status != k.status || ends != k.ends || len(s.told) != k.told {
			t.Errorf("%s: %d %s, %d told\n%s", name, a.status, ends, len(s.told), a.text)
		}
	}
	s := siteOf(nil)
	s.location.Equipment = record
	if a := s.ask(t, staff, "one", http.MethodPost, provisionPath, installed(`,"hold":true`)); a.status != 202 || !s.service.Work.Hold || !strings.Contains(a.text, `"held":true`) {
		t.Errorf("held by staff: %d, %+v\n%s", a.status, s.service.Work, a.text)
	}
}

// S3-45, S3-53: a repetition under its key is answered as the first was, whatever became of the service meanwhile; with another body the
// key is refused.
func TestProvisionAgain(t *testing.T) {
	s := siteOf(nil)
	s.location.Equipment = provisioning.Equipment{ONU: "BBSM00000009", CPE: "202BC1-BM632w-000009"}
	first := s.ask(t, ada, "one", http.MethodPost, provisionPath, installed(""))
	s.service.State = provisioning.Active
	again := s.ask(t, ada, "one", http.MethodPost, provisionPath, installed(""))
	if first.status != 202 || again.text != first.text || first.Status != "provisioning" || len(s.told) != 1 || s.told[0].Type != event.TypeProvisioningRequested {
		t.Errorf("%s\n%s\n%d told", first.text, again.text, len(s.told))
	}
	if a := s.ask(t, ada, "one", http.MethodPost, provisionPath, installed(`,"onuSerial":"BBSM00000009"`)); a.Code != "idempotency_key_reused" {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := s.ask(t, ada, "", http.MethodPost, provisionPath, installed("")); a.Code != "idempotency_key_missing" {
		t.Errorf("%d %s", a.status, a.text)
	}
}

// S3-23: to another customer a service does not exist, in no operation and in the same words; staff see it.
func TestForeignServices(t *testing.T) {
	s := siteOf(active)
	s.diagnoses["dia_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"] = provisioning.Diagnosis{ID: "dia_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Service: svc, Request: provisioning.Request{Kind: provisioning.Health}}
	for _, k := range [][2]string{{http.MethodGet, "/services/" + svc}, {http.MethodGet, "/subscriptions/" + string(sub) + "/usage"}, {http.MethodPost, "/services/" + svc + "/health-check"},
		{http.MethodGet, "/services/" + svc + "/diagnoses/dia_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}, {http.MethodGet, "/services/" + svc + "/diagnoses/dia_01JD3Q6V6K8M4H0WZ0V5Q3Y1XB"}, {http.MethodPost, provisionPath}} {
		body := ""
		if k[1] == provisionPath {
			body = installed("")
		}
		foreign := s.ask(t, bob, "one", k[0], k[1], body)
		unknown := s.ask(t, bob, "two", k[0], strings.ReplaceAll(strings.ReplaceAll(k[1], svc, none), string(sub), strings.Replace(none, "svc", "sub", 1)),
			strings.ReplaceAll(body, string(sub), strings.Replace(none, "svc", "sub", 1)))
		if foreign.status != http.StatusNotFound || foreign.Code != "service_not_found" || unknown.Code != foreign.Code || unknown.status != foreign.status {
			t.Errorf("%v: %s\nunknown: %s", k, foreign.text, unknown.text)
		}
	}
	if len(s.told) > 0 {
		t.Errorf("told: %v", s.told)
	}
	if a := s.ask(t, staff, "one", http.MethodGet, "/services/"+svc, ""); a.status != 200 {
		t.Errorf("staff: %d %s", a.status, a.text)
	}
}

// Customers list their own services, staff those of whom they name; what is in the network is for staff.
func TestList(t *testing.T) {
	s := siteOf(begun)
	for _, k := range []struct {
		who, query string
		status     int
		listed     string
		length     int
	}{
		{ada, "", 200, ada, 1}, {bob, "", 200, bob, 0}, {ada, "?customerId=" + ada, 400, "", 0}, {ada, "?customerId=" + bob, 400, "", 0},
		{staff, "", 400, "", 0}, {staff, "?customerId=" + ada, 200, ada, 1}, {staff, "?customerId=" + bob, 200, bob, 0}, {ada, "?cursor=nonsense!", 400, "", 0}, {ada, "?limit=0", 400, "", 0},
	} {
		s.listed = ""
		a := s.ask(t, k.who, "", http.MethodGet, "/services"+k.query, "")
		if a.status != k.status || string(s.listed) != k.listed || len(a.Services) != k.length {
			t.Errorf("%s%s: %d %s, of %q", k.who, k.query, a.status, a.text, s.listed)
		}
		for _, service := range a.Services {
			for _, field := range []string{"equipment", "port", "allocation", "work"} {
				if _, shown := service[field]; shown != (k.who == staff) {
					t.Errorf("%s is shown %s: %v", k.who, field, shown)
				}
			}
			if service["pollAfterSeconds"] != 2.0 || service["delayed"] != false || service["status"] != "provisioning" || service["holds"] == nil {
				t.Errorf("%v", service)
			}
		}
	}
	first := s.ask(t, ada, "", http.MethodGet, "/services?limit=1", "")
	_, after, _ := strings.Cut(first.text, `"nextCursor":"`)
	if a := s.ask(t, ada, "", http.MethodGet, "/services?limit=1&cursor="+strings.Split(after, `"`)[0], ""); a.status != 200 || len(a.Services) != 0 || strings.Contains(a.text, "nextCursor") {
		t.Errorf("the next page: %s", a.text)
	}
}

// S3-82, X1: a customer sees the maintenance that concerns their line, and no other; of a line that has ended there is none.
func TestMaintenance(t *testing.T) {
	s := siteOf(begun)
	s.service.Port.OLT = "olt-1"
	for i, olt := range []string{"olt-1", "olt-2", ""} {
		s.windows = append(s.windows, maintenance.Window{ID: "chg-1", By: "stf_1", Terms: maintenance.Terms{Start: noon.Add(time.Duration(i) * time.Hour), End: noon.Add(time.Duration(i+1) * time.Hour), OLT: olt, Note: "Work " + olt}})
	}
	a := s.ask(t, ada, "", http.MethodGet, "/services", "")
	want := `"maintenance":[{"start":"2026-11-02T12:00:00Z","end":"2026-11-02T13:00:00Z","note":"Work olt-1"},{"start":"2026-11-02T14:00:00Z","end":"2026-11-02T15:00:00Z","note":"Work "}]`
	if a.status != 200 || !strings.Contains(a.text, want) {
		t.Errorf("%d %s", a.status, a.text)
	}
	s.service.State = provisioning.Terminated
	if a := s.ask(t, ada, "", http.MethodGet, "/services", ""); a.status != 200 || strings.Contains(a.text, "maintenance") {
		t.Errorf("of an ended line: %s", a.text)
	}
	if a := s.ask(t, bob, "", http.MethodGet, "/services", ""); a.status != 200 || strings.Contains(a.text, "maintenance") {
		t.Errorf("of no line: %s", a.text)
	}
}

// S3-104: work that waits for a human is a delay to the customer, and to staff where it stands; nothing in a view is null.
func TestViews(t *testing.T) {
	for name, state := range map[string]func(provisioning.Service) provisioning.Service{"designed": nil, "begun": begun, "parked": func(s provisioning.Service) provisioning.Service {
		s = begun(s)
		s.Work.Parked = &provisioning.Parked{Step: provisioning.StepCPE, System: "genieacs", Code: "cpe_offline", Cause: "canary", At: noon}
		return s
	}} {
		s := siteOf(state)
		mine, theirs := s.ask(t, ada, "", http.MethodGet, "/services/"+svc, ""), s.ask(t, staff, "", http.MethodGet, "/services/"+svc, "")
		if delayed := name == "parked"; strings.Contains(mine.text, `"delayed":true`) != delayed || strings.Contains(theirs.text, "canary") != delayed || strings.Contains(mine.text, "canary") {
			t.Errorf("%s: %s\n%s", name, mine.text, theirs.text)
		}
		if strings.Contains(mine.text+theirs.text, "null") {
			t.Errorf("%s: %s\n%s", name, mine.text, theirs.text)
		}
	}
}

// S3-50, S3-128: customers check the health of their service and read that; what staff measured, and what they list, is theirs. A service
// of which nothing is in the network has nothing to measure.
func TestDiagnoses(t *testing.T) {
	s := siteOf(active)
	path := "/services/" + svc + "/diagnoses"
	health := s.ask(t, ada, "one", http.MethodPost, "/services/"+svc+"/health-check", "")
	ping := s.ask(t, staff, "two", http.MethodPost, path, `{"kind":"ping","host":"192.0.2.1"}`)
	if health.status != 202 || ping.status != 202 || health.Status != "running" || health.PollAfter != 2 || health.Healthy || len(s.told) != 2 || s.diagnoses[ping.DiagnosisID].By != "staff:"+staff {
		t.Fatalf("%s\n%s\n%+v", health.text, ping.text, s.diagnoses)
	}
	if again := s.ask(t, ada, "one", http.MethodPost, "/services/"+svc+"/health-check", ""); again.text != health.text || len(s.diagnoses) != 2 {
		t.Errorf("asked twice: %s", again.text)
	}
	for _, k := range []struct {
		who, path, code string
		status          int
	}{
		{ada, path + "/" + string(health.DiagnosisID), "", 200}, {staff, path + "/" + string(health.DiagnosisID), "", 200}, {staff, path + "/" + string(ping.DiagnosisID), "", 200},
		{ada, path + "/" + string(ping.DiagnosisID), "diagnosis_not_found", 404}, {ada, path + "/dia_01JD3Q6V6K8M4H0WZ0V5Q3Y1XB", "diagnosis_not_found", 404},
		{bob, path + "/" + string(health.DiagnosisID), "service_not_found", 404}, {staff, path, "", 200}, {ada, path, "token_invalid", 401},
	} {
		if a := s.ask(t, k.who, "", http.MethodGet, k.path, ""); a.status != k.status || k.code != "token_invalid" && a.Code != k.code {
			t.Errorf("%+v: %d %s", k, a.status, a.text)
		}
	}
	if a := s.ask(t, ada, "three", http.MethodPost, path, `{"kind":"reboot_cpe"}`); a.status != 401 || len(s.diagnoses) != 2 {
		t.Errorf("a customer restarts the router: %d %s", a.status, a.text)
	}
	for _, body := range []string{`{"kind":"ping"}`, `{"kind":"dance"}`, `{"kind":"firmware","file":"../x"}`, `{}`} {
		if a := s.ask(t, staff, "four", http.MethodPost, path, body); a.status != 400 || len(s.diagnoses) != 2 {
			t.Errorf("%s: %d %s", body, a.status, a.text)
		}
	}
	d := s.diagnoses[health.DiagnosisID]
	d.State, d.EndedAt = provisioning.DiagnosisDone, noon.Add(time.Second)
	for parts, healthy := range map[string]bool{"": false, "o": true, "oo": true, "ox": false} {
		d.Parts = nil
		for _, p := range parts {
			d.Parts = append(d.Parts, provisioning.Part{Part: "onu", OK: p == 'o', Facts: []provisioning.Fact{}})
		}
		s.diagnoses[d.ID] = d
		if a := s.ask(t, ada, "", http.MethodGet, path+"/"+string(d.ID), ""); a.Healthy != healthy || a.PollAfter != 0 || a.Status != "done" || a.EndedAt == nil || strings.Contains(a.text, "null") {
			t.Errorf("%q: %s", parts, a.text)
		}
	}
	if a := siteOf(nil).ask(t, ada, "one", http.MethodPost, "/services/"+svc+"/health-check", ""); a.status != 409 || a.Code != "service_not_diagnosable" {
		t.Errorf("designed: %d %s", a.status, a.text)
	}
}

// S3-43: period, volume both ways, share of the cap rounded down, the days in their order, whether somebody is online, and as many periods
// before as are asked for; a period in which nothing was told yet is empty, and the one before it is over.
func TestUsage(t *testing.T) {
	s := siteOf(active)
	s.live = subscriber.Live{From: "2026-11-02", Until: "2026-12-02", Used: subscriber.Volume{Up: 99, Down: 900}, Sessions: []subscriber.Session{{UniqueID: "a"}},
		Days: map[civil.Date]subscriber.Volume{"2026-11-10": {Up: 90}, "2026-11-09": {Up: 9, Down: 900}}}
	s.past = []subscriber.Period{{From: "2026-10-02", Until: "2026-11-02", Used: subscriber.Volume{Up: 1, Down: 2}}, {From: "2026-09-02", Until: "2026-10-02"}}
	usage := func(query string) string {
		a := s.ask(t, ada, "", http.MethodGet, "/subscriptions/"+string(sub)+"/usage"+query, "")
		return fmt.Sprint(a.status, " ", strings.TrimSpace(a.text))
	}
	present := `200 {"subscriptionId":"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA","serviceId":"svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA","from":"2026-11-02","until":"2026-12-02","downBytes":900,"upBytes":99,"totalBytes":999,` +
		`"capBytes":1000,"percentUsed":99.9,"days":[{"day":"2026-11-09","upBytes":9,"downBytes":900},{"day":"2026-11-10","upBytes":90,"downBytes":0}],"online":true,"past":[`
	for query, past := range map[string]string{"": "]}", "?past=1": `{"from":"2026-10-02","until":"2026-11-02","downBytes":2,"upBytes":1,"totalBytes":3}]}`} {
		if got := usage(query); got != present+past {
			t.Errorf("%s\n got %s\nwant %s", query, got, present+past)
		}
	}
	if got := usage("?past=13"); !strings.HasPrefix(got, "400") {
		t.Error(got)
	}
	s.live.From, s.live.Until, s.live.Sessions, s.service.CapBytes, s.service.Anchor = "2026-10-02", "2026-11-02", nil, 0, "2026-10-02"
	s.past = s.past[1:]
	if got := usage("?past=1"); !strings.Contains(got, `"from":"2026-11-02","until":"2026-12-02","downBytes":0`) || !strings.Contains(got, `"days":[],"online":false,"past":[{"from":"2026-10-02","until":"2026-11-02","downBytes":900`) ||
		strings.Contains(got, "percentUsed") || strings.Contains(got, "2026-09") {
		t.Error(got)
	}
}
