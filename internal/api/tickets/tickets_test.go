package tickets

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/base/token/tokentest"
	"turnup/internal/domain/maintenance"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/ticket"
	"turnup/internal/platform/metric"
	"turnup/internal/platform/rest"
)

func TestMain(m *testing.M) {
	metric.Sink = io.Discard
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// counter is a store of one ticket, the lines of its customer, and maintenance.
type counter struct {
	Store
	ticket  ticket.Ticket
	lines   []provisioning.Service
	windows []maintenance.Window
}

func (c *counter) Conversation(context.Context, id.Tenant, id.Ticket, bool, string, int32) (ticket.Ticket, []ticket.Message, string, error) {
	return c.ticket, nil, "", nil
}

func (c *counter) ServicesOf(_ context.Context, _ id.Tenant, of id.Customer, _ string, _ int32) ([]provisioning.Service, string, error) {
	if of != c.ticket.Customer {
		return nil, "", nil
	}
	return slices.Clone(c.lines), "", nil
}

func (c *counter) Windows(_ context.Context, _ id.Tenant, from, until time.Time, _ string, _ int32) (page []maintenance.Window, _ string, _ error) {
	for _, w := range c.windows {
		if w.End.After(from) && w.Start.Before(until) {
			page = append(page, w)
		}
	}
	return page, "", nil
}

// read reads the ticket at noon, as its customer or as staff: whether maintenance it names is over, by its id.
func (c *counter) read(t *testing.T, staff bool) string {
	t.Helper()
	signer, verifier := tokentest.Pair(clock.At(noon))
	session, _, err := signer.Session("demo", c.ticket.Customer, "DE", noon)
	if staff {
		session, _, err = signer.StaffSession("demo", "stf_1", []string{token.RoleBilling}, noon)
	}
	if err != nil {
		t.Fatal(err)
	}
	api := rest.New(rest.Options{Tenant: "demo", Verifier: verifier, Clock: clock.At(noon)})
	Register(api, Deps{Store: c})
	r := httptest.NewRequest(http.MethodGet, "/tickets/tic_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", nil)
	r.Header.Set("Authorization", "Bearer "+session)
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	var got struct {
		Maintenance []struct {
			MaintenanceID, Note string
			Start, End          time.Time
			Over                bool
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK || got.Maintenance == nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var named []string
	for _, m := range got.Maintenance {
		said := m.MaintenanceID
		if m.Over {
			said += " over"
		}
		if m.Note != "Work "+m.MaintenanceID || !m.End.After(m.Start) {
			t.Errorf("%+v", m)
		}
		named = append(named, said)
	}
	return strings.Join(named, ", ")
}

// S3-59, S3-62, S3-82: a ticket names the maintenance at its customer's lines that was under way when it was opened, or is now; to the customer as
// to staff. What comes, what came and went in between, other OLTs' and what is at a line that has ended are behind no trouble. A resolved ticket
// has nothing to do with now, and that of a customer on a test clock was opened in another time than the network's.
func TestATicketNamesTheMaintenanceBehindIt(t *testing.T) {
	window := func(id id.Maintenance, olt string, from, until int) maintenance.Window { // in hours of noon
		return maintenance.Window{ID: id, Terms: maintenance.Terms{Start: noon.Add(time.Duration(from) * time.Hour), End: noon.Add(time.Duration(until) * time.Hour), OLT: olt, Note: "Work " + string(id)}}
	}
	line := func(olt string, state provisioning.State) provisioning.Service {
		return provisioning.Service{Customer: "cus_1", State: state, Port: provisioning.Port{OLT: olt}}
	}
	all := []maintenance.Window{window("before", "", -60, -48), window("others", "olt-2", -49, 1), window("began", "olt-1", -48, -47), window("night", "olt-1", -30, -24), window("whole", "", -1, 1), window("now", "olt-1", 0, 2), window("coming", "", 1, 2)}
	for name, k := range map[string]struct {
		change func(*ticket.Ticket)
		lines  []provisioning.Service
		want   string
	}{
		"of one line":                {nil, []provisioning.Service{line("olt-1", provisioning.Active)}, "began over, whole, now"},
		"of two":                     {nil, []provisioning.Service{line("olt-1", provisioning.Suspended), line("olt-2", provisioning.Provisioning)}, "others, began over, whole, now"},
		"of one that has ended":      {nil, []provisioning.Service{line("olt-1", provisioning.Terminated)}, ""},
		"of no line":                 {nil, nil, ""},
		"opened just before":         {func(t *ticket.Ticket) { t.OpenedAt = noon.Add(-48*time.Hour - time.Second/2) }, []provisioning.Service{line("olt-1", provisioning.Active)}, "before over, whole, now"},
		"opened when it was over":    {func(t *ticket.Ticket) { t.OpenedAt = noon.Add(-47 * time.Hour) }, []provisioning.Service{line("olt-1", provisioning.Active)}, "whole, now"},
		"opened now":                 {func(t *ticket.Ticket) { t.OpenedAt = noon }, []provisioning.Service{line("olt-1", provisioning.Active)}, "whole, now"},
		"resolved":                   {func(t *ticket.Ticket) { t.Status = ticket.Resolved }, []provisioning.Service{line("olt-1", provisioning.Active)}, "began over"},
		"by a test clock":            {func(t *ticket.Ticket) { t.TestClock = "clk_1" }, []provisioning.Service{line("olt-1", provisioning.Active)}, "whole, now"},
		"by a test clock, and done":  {func(t *ticket.Ticket) { t.TestClock, t.Status = "clk_1", ticket.Resolved }, []provisioning.Service{line("olt-1", provisioning.Active)}, ""},
		"opened before all of them":  {func(t *ticket.Ticket) { t.OpenedAt = noon.AddDate(0, 0, -9) }, []provisioning.Service{line("olt-1", provisioning.Active)}, "whole, now"},
		"of a line elsewhere, alone": {nil, []provisioning.Service{line("olt-9", provisioning.Active)}, "whole"},
	} {
		c := &counter{lines: k.lines, windows: all, ticket: ticket.Ticket{Tenant: "demo", ID: "tic_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Customer: "cus_1", Status: ticket.Open, OpenedAt: noon.Add(-48 * time.Hour)}}
		if k.change != nil {
			k.change(&c.ticket)
		}
		for _, staff := range []bool{false, true} {
			if got := c.read(t, staff); got != k.want {
				t.Errorf("%s, staff %t: %q, want %q", name, staff, got, k.want)
			}
		}
	}
}
