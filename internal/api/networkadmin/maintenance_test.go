package networkadmin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/maintenance"
	"turnup/internal/domain/provisioning"
)

func (c *centre) Maintenance(_ context.Context, tenant id.Tenant, m id.Maintenance) (maintenance.Window, error) {
	found, known := c.windows[m]
	if !known || tenant != found.Tenant {
		return maintenance.Window{}, maintenance.ErrUnknown
	}
	return found, nil
}

func (c *centre) SaveMaintenance(_ context.Context, w maintenance.Window, events ...event.Envelope) error {
	if c.windows[w.ID].Version != w.Version-1 {
		return fault.ErrStale
	}
	c.windows[w.ID], c.told = w, append(c.told, events...)
	return nil
}

func (c *centre) WithdrawMaintenance(_ context.Context, w maintenance.Window, events ...event.Envelope) error {
	delete(c.windows, w.ID)
	c.told = append(c.told, events...)
	return nil
}

func (c *centre) Windows(_ context.Context, _ id.Tenant, from, until time.Time, after string, limit int32) (page []maintenance.Window, next string, _ error) {
	c.asked = fmt.Sprintf("%s %s %q %d", from.Format(time.DateOnly), until.Format(time.DateOnly), after, limit)
	for _, w := range c.windows {
		page = append(page, w)
	}
	return page, "next", nil
}

// announcement is a body about some minutes after noon, with more of it.
func announcement(from, until int, more string) string {
	at := func(minute int) string { return noon.Add(time.Duration(minute) * time.Minute).Format(time.RFC3339) }
	return fmt.Sprintf(`{"start":"%s","end":"%s","note":"New line card"%s}`, at(from), at(until), more)
}

// S3-82: a window's whole life: announced, read, changed under its version, ended early; who announced it is on it, and each act is told once.
func TestMaintenanceLives(t *testing.T) {
	c := of(provisioning.Active, nil)
	const path = "/admin/maintenance/chg-1"
	do := func(method, body string, want int, code string, headers ...string) window {
		t.Helper()
		status, answer := c.ask(t, token.RoleNetwork, method, path, body, headers...)
		if status != want || code != "" && !strings.Contains(answer, `"`+code+`"`) {
			t.Fatalf("%s after %v: %d %s, want %d %s", method, c.passed, status, answer, want, code)
		}
		var w window
		_ = json.Unmarshal([]byte(answer), &w)
		return w
	}
	do(http.MethodGet, "", 404, "maintenance_not_found")
	do(http.MethodDelete, "", 404, "maintenance_not_found")
	do(http.MethodPut, announcement(-1, 60, ""), 409, "maintenance_not_ahead")
	do(http.MethodPut, announcement(60, 60, ""), 400, "maintenance_span_invalid")
	do(http.MethodPut, announcement(60, 120, ""), 412, "version_mismatch", `If-Match: "1"`)
	w := do(http.MethodPut, announcement(60, 120, `,"olt":"olt-1"`), 200, "", `If-Match: "0"`)
	if w.Version != 1 || w.State != maintenance.Coming || w.AnnouncedBy != "stf_1" || w.OLT != "olt-1" || w.Note != "New line card" {
		t.Errorf("announced %+v", w)
	}
	do(http.MethodPut, announcement(60, 120, ""), 412, "version_mismatch", `If-Match: "0"`) // another one took the id meanwhile
	do(http.MethodPut, announcement(60, 120, `,"olt":"olt-1"`), 200, "")
	if w = do(http.MethodPut, announcement(30, 120, ""), 200, "", `If-Match: "1"`); w.Version != 2 || w.OLT != "" {
		t.Errorf("changed %+v", w)
	}
	c.passed = time.Hour
	do(http.MethodDelete, "", 409, "maintenance_begun")
	do(http.MethodPut, announcement(31, 120, ""), 409, "maintenance_begun")
	do(http.MethodPut, announcement(30, 120, ""), 200, "")
	if w = do(http.MethodPut, announcement(30, 60, ""), 200, ""); w.State != maintenance.Over || w.Version != 3 {
		t.Errorf("ended %+v", w)
	}
	do(http.MethodPut, announcement(30, 120, ""), 409, "maintenance_over")
	do(http.MethodDelete, "", 409, "maintenance_over")
	if w = do(http.MethodGet, "", 200, ""); w.Version != 3 {
		t.Errorf("read %+v", w)
	}
	if got := c.types(); got != "maintenance.announced maintenance.changed maintenance.changed" {
		t.Errorf("told %s", got)
	}
}

// S3-82: what has not begun is withdrawn under its version, and told.
func TestMaintenanceIsWithdrawn(t *testing.T) {
	c := of(provisioning.Active, nil)
	c.ask(t, token.RoleAdmin, http.MethodPut, "/admin/maintenance/chg-1", announcement(60, 120, ""))
	if status, body := c.ask(t, token.RoleNetwork, http.MethodDelete, "/admin/maintenance/chg-1", "", `If-Match: "2"`); status != 412 || len(c.windows) != 1 {
		t.Errorf("of another version: %d %s", status, body)
	}
	if status, body := c.ask(t, token.RoleNetwork, http.MethodDelete, "/admin/maintenance/chg-1", "", `If-Match: "1"`); status != 204 || len(c.windows) != 0 || c.types() != "maintenance.announced maintenance.withdrawn" {
		t.Errorf("%d %s, told %s", status, body, c.types())
	}
}

// S3-82, X1: all staff read what is announced, by default from now on; only who operates the network announces; what is malformed is refused.
func TestMaintenanceIsListed(t *testing.T) {
	c := of(provisioning.Active, nil)
	for role, want := range map[string]int{token.RoleAdmin: 200, token.RoleNetwork: 200, token.RoleSupport: 403, token.RoleBilling: 403} {
		if status, body := c.ask(t, role, http.MethodPut, "/admin/maintenance/chg-"+role, announcement(60, 120, "")); status != want {
			t.Errorf("%s: %d %s", role, status, body)
		}
		if status, _ := c.ask(t, role, http.MethodGet, "/admin/maintenance", ""); status != 200 || c.asked != `2026-11-02 0001-01-01 "" 50` {
			t.Errorf("%s lists: %d, asked for %s", role, status, c.asked)
		}
	}
	status, body := c.ask(t, token.RoleSupport, http.MethodGet, "/admin/maintenance?from=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z&limit=2&cursor=eA", "")
	var page windowPage
	if err := json.Unmarshal([]byte(body), &page); err != nil || status != 200 || len(page.Maintenance) != 2 || page.NextCursor != "bmV4dA" || c.asked != `2026-01-01 2026-02-01 "x" 2` {
		t.Errorf("%d %s, asked for %s", status, body, c.asked)
	}
	long := strings.Repeat("x", 201)
	for name, k := range map[string]struct{ method, path, body string }{
		"no note":          {http.MethodPut, "/admin/maintenance/chg-1", `{"start":"2026-11-02T13:00:00Z","end":"2026-11-02T14:00:00Z"}`},
		"an empty note":    {http.MethodPut, "/admin/maintenance/chg-1", `{"start":"2026-11-02T13:00:00Z","end":"2026-11-02T14:00:00Z","note":""}`},
		"a long note":      {http.MethodPut, "/admin/maintenance/chg-1", `{"start":"2026-11-02T13:00:00Z","end":"2026-11-02T14:00:00Z","note":"` + long + `"}`},
		"no times":         {http.MethodPut, "/admin/maintenance/chg-1", `{"note":"x"}`},
		"no zone":          {http.MethodPut, "/admin/maintenance/chg-1", `{"start":"2026-11-02T13:00:00","end":"2026-11-02T14:00:00","note":"x"}`},
		"an id of blanks":  {http.MethodPut, "/admin/maintenance/%20", announcement(60, 120, "")},
		"no cursor":        {http.MethodGet, "/admin/maintenance?cursor=nonsense!", ""},
		"too many a page":  {http.MethodGet, "/admin/maintenance?limit=101", ""},
		"from no time":     {http.MethodGet, "/admin/maintenance?from=yesterday", ""},
		"a key in the URL": {http.MethodGet, "/admin/maintenance/a%23b", ""},
	} {
		if status, body := c.ask(t, token.RoleNetwork, k.method, k.path, k.body); status != 400 {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}
