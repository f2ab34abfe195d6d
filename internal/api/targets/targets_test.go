package targets

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/base/token/tokentest"
	"turnup/internal/domain/maintenance"
	"turnup/internal/domain/target"
	"turnup/internal/platform/metric"
	"turnup/internal/platform/rest"
)

func TestMain(m *testing.M) {
	metric.Sink = io.Discard
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// counted is a store of counters, and of maintenance, of which a page has one window.
type counted struct {
	counts  target.Counts
	lines   target.Counts
	windows []maintenance.Window
	from    civil.Date
	asked   string // of which OLTs and days
}

func (c *counted) LineTargets(_ context.Context, _ id.Tenant, from civil.Date, olts []string, days []civil.Date, all target.Counts) error {
	c.asked = fmt.Sprint(from, olts, days)
	maps.Copy(all, c.lines)
	return nil
}

func (c *counted) Windows(_ context.Context, _ id.Tenant, from, until time.Time, after string, _ int32) ([]maintenance.Window, string, error) {
	i := len(after)
	if i >= len(c.windows) {
		return nil, "", nil
	}
	if w := c.windows[i]; !w.End.After(from) || !w.Start.Before(until) {
		return nil, after + ".", nil
	}
	return c.windows[i : i+1], after + ".", nil
}

func (c *counted) Targets(_ context.Context, tenant id.Tenant, from civil.Date) (target.Counts, error) {
	c.from = from
	return c.counts, nil
}

// ask sends a request of staff.
func (c *counted) ask(t *testing.T, query string) (int, string) {
	t.Helper()
	signer, verifier := tokentest.Pair(clock.At(noon))
	session, _, err := signer.StaffSession("demo", "stf_1", []string{token.RoleBilling}, noon)
	if err != nil {
		t.Fatal(err)
	}
	api := rest.New(rest.Options{Tenant: "demo", Verifier: verifier, Clock: clock.At(noon)})
	Register(api, Deps{Store: c, Clock: clock.At(noon)})
	r := httptest.NewRequest(http.MethodGet, "/admin/targets"+query, nil)
	r.Header.Set("Authorization", "Bearer "+session)
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// S3-77, S3-85: each figure with numerator, denominator, target and result; without data neither value nor verdict.
func TestReport(t *testing.T) {
	c := &counted{counts: target.Counts{{Day: "2026-11-01", Counter: "registered"}: 9, {Day: "2026-11-02", Counter: "registered"}: 1, {Day: "2026-11-01", Counter: "verified"}: 9,
		{Day: "2026-10-31", Counter: "registered"}: 100, {Day: "2026-11-02", Counter: "due"}: 20, {Day: "2026-11-02", Counter: "renewed"}: 18,
		{Day: "2026-11-02", Counter: "payment"}: 2, {Day: "2026-11-02", Counter: "payment_s"}: 5, {Day: "2026-11-02", Counter: "payment_in"}: 2}}
	status, body := c.ask(t, "?from=2026-11-01&until=2026-11-03")
	var r report
	if err := json.Unmarshal([]byte(body), &r); err != nil || status != http.StatusOK || len(r.Targets) != 7 || len(r.Durations) != 8 {
		t.Fatalf("%d %s", status, body)
	}
	for i, want := range map[int]string{0: `{"name":"registration_success","unit":"share","numerator":9,"denominator":10,"value":0.9,"target":0.9,"bound":"at_least","result":"met"}`,
		4: `{"name":"service_uptime","unit":"share","numerator":0,"denominator":0,"target":0.999,"bound":"at_least","result":"no_data"}`,
		5: `{"name":"renewal_rate","unit":"share","numerator":18,"denominator":20,"value":0.9,"target":0.95,"bound":"at_least","result":"missed"}`,
		6: `{"name":"churn","unit":"share","numerator":0,"denominator":0,"target":0.05,"bound":"below","result":"no_data"}`} {
		if got, _ := json.Marshal(r.Targets[i]); string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got, _ := json.Marshal(r.Durations[4]); string(got) != `{"of":"payment","finished":2,"withinExpected":2,"meanSeconds":2.5,"expectedSeconds":300,"result":"met"}` {
		t.Errorf("got %s", got)
	}
	if got, _ := json.Marshal(r.Durations[5]); string(got) != `{"of":"activation","finished":0,"withinExpected":0,"expectedSeconds":1800,"result":"no_data"}` {
		t.Errorf("got %s", got)
	}
}

// S3-82, A15: maintenance in the period is left out of the uptime, with all its pages; what it needs beside the days is asked for, and no more.
func TestMaintenanceIsLeftOut(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 11, 1, hour, 0, 0, 0, time.UTC) }
	windows := []maintenance.Window{{Terms: maintenance.Terms{Start: at(-3), End: at(-1), OLT: "olt-9"}}, {Terms: maintenance.Terms{Start: at(-1), End: at(1), OLT: "olt-1"}},
		{Terms: maintenance.Terms{Start: at(2), End: at(3)}}}
	c := &counted{counts: target.Counts{{Counter: "running"}: 3}, lines: target.Counts{{Counter: "running", OLT: "olt-1"}: 2}, windows: windows}
	_, body := c.ask(t, "?from=2026-11-01&until=2026-11-02")
	if want := `"name":"service_uptime","unit":"share","numerator":241200,"denominator":241200,"excluded":18000,"value":1,`; !strings.Contains(body, want) {
		t.Errorf("got %s, want %s", body, want)
	}
	if c.asked != "2026-11-01[olt-1] [2026-11-01]" {
		t.Errorf("asked for %s", c.asked)
	}
	c = &counted{counts: target.Counts{{Counter: "running"}: 3}, windows: windows[:1]}
	if _, body := c.ask(t, "?from=2026-11-01&until=2026-11-02"); c.asked != "" || strings.Contains(body, "excluded") {
		t.Errorf("of another month: asked for %s, got %s", c.asked, body)
	}
}

// S3-82, S3-85: the period is the last thirty days, or the one that was chosen; one that is none is refused.
func TestPeriods(t *testing.T) {
	for query, want := range map[string]civil.Period{"": {From: "2026-10-04", Until: "2026-11-03"}, "?from=2026-11-01": {From: "2026-11-01", Until: "2026-11-03"},
		"?until=2025-01-31": {From: "2025-01-01", Until: "2025-01-31"}, "?from=2024-01-01&until=2025-01-01": {From: "2024-01-01", Until: "2025-01-01"}} {
		c := &counted{}
		status, body := c.ask(t, query)
		var r report
		if err := json.Unmarshal([]byte(body), &r); err != nil || status != http.StatusOK || r.From != want.From || r.Until != want.Until || c.from != want.From {
			t.Errorf("%s: %d from %s until %s, read from %s", query, status, r.From, r.Until, c.from)
		}
	}
	for _, query := range []string{"?from=2026-11-04", "?from=2026-11-02&until=2026-11-02", "?from=2024-01-01&until=2025-01-02", "?from=2026-02-30", "?until=yesterday"} {
		c := &counted{}
		if status, body := c.ask(t, query); status != http.StatusBadRequest || !strings.Contains(body, `"query.`) || c.from != "" {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
}
