package journey

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/token"
)

// works answers the operations on maintenance.
type works struct {
	MaintenanceID, OLT, State, Note string
	Start, End                      time.Time
	AnnouncedBy                     string
	Version                         int64
}

// upOn is the uptime of a day: seconds that were lost, and those that did not count.
func upOn(t *testing.T, day time.Time) (lost, excluded int64) {
	t.Helper()
	r := targets(t, fmt.Sprintf("?from=%s&until=%s", day.Format(time.DateOnly), day.AddDate(0, 0, 1).Format(time.DateOnly)))
	i := slices.IndexFunc(r.Targets, func(f targetFigure) bool { return f.Name == "service_uptime" })
	return r.Targets[i].Denominator - r.Targets[i].Numerator, r.Targets[i].Excluded
}

// alarmed has the bridge tell that an ONU lost its signal, and has it again some minutes later.
func (h Home) alarmed(t *testing.T, at time.Time, minutes int) {
	t.Helper()
	for i, what := range []string{"RAISE", "CLEAR"} {
		told := map[string]any{"header": map[string]any{"type": "DEVICE_EVENT", "raisedTs": at.Add(time.Duration(i*minutes) * time.Minute).Format(time.RFC3339)},
			"deviceEvent": map[string]any{"resourceId": h.OLT, "deviceEventName": "ONU_LOSS_OF_SIGNAL_" + what + "_EVENT", "context": map[string]string{"serial-number": h.ONU}}}
		a := must[Answer](t)(site.Visitor().Call(context.Background(), http.MethodPost, "/network/onu-events", told, Header{"X-Api-Key", os.Getenv("TURNUP_ACCESS_KEY")}))
		expect(t, a, nil, http.StatusNoContent, "")
	}
}

// S3-82, A15, S3-85: an outage in maintenance that was announced is no downtime and its time does not count, one beside it is; who lives there
// sees it coming, and staff's acts are on record. Without the announcement the same outage counts. The day is one that comes, so that nobody
// waits for it: lines stand on it as they stand now.
func TestMaintenance(t *testing.T) {
	ctx, h := context.Background(), NewHome()
	r := movesIn(t, h)
	r.becomes(t, "active")
	noc, began := staff(t, token.RoleNetwork), time.Now().UTC()
	day := began.Truncate(24*time.Hour).AddDate(0, 0, 2+rand.IntN(10))
	id := "chg-" + newName()
	at := "/admin/maintenance/" + id
	terms := func(start, end time.Time) map[string]any {
		return map[string]any{"start": start.Format(time.RFC3339), "end": end.Format(time.RFC3339), "olt": h.OLT, "note": "Work " + id}
	}
	expect(t, must[Answer](t)(noc.Put(ctx, at, terms(began.Add(-time.Minute), began.Add(time.Hour)))), nil, http.StatusConflict, "maintenance_not_ahead")
	expect(t, must[Answer](t)(noc.Get(ctx, at)), nil, http.StatusNotFound, "maintenance_not_found")
	begin := day.Add(2 * time.Hour)
	lost, _ := upOn(t, day)
	w := into[works](t, expect(t, must[Answer](t)(noc.Put(ctx, at, terms(begin, begin.Add(time.Hour)), Header{"If-Match", `"0"`})), nil, http.StatusOK, ""))
	if w.Version != 1 || w.State != "coming" || w.OLT != h.OLT || w.AnnouncedBy == "" {
		t.Errorf("announced %+v", w)
	}
	h.alarmed(t, begin.Add(10*time.Minute), 30)
	h.alarmed(t, begin.Add(3*time.Hour), 20)
	var is, excluded int64
	counted := func(minutes int64) func() bool {
		return func() bool {
			is, excluded = upOn(t, day)
			return is-lost == minutes*60
		}
	}
	eventually(t, 40*time.Second, "the outage beside it is counted, and no more", counted(20))
	if excluded < 3600 {
		t.Errorf("%d seconds are excluded", excluded)
	}
	type line struct{ Maintenance []works }
	mine := into[struct{ Services []line }](t, must[Answer](t)(r.Get(ctx, "/services")))
	if len(mine.Services) != 1 || !slices.ContainsFunc(mine.Services[0].Maintenance, func(m works) bool { return m.Note == "Work "+id && m.Start.Equal(begin) }) {
		t.Errorf("the customer sees %+v", mine.Services)
	}
	page := into[line](t, must[Answer](t)(staff(t, token.RoleSupport).Get(ctx, "/admin/maintenance?limit=100")))
	if !slices.ContainsFunc(page.Maintenance, func(m works) bool { return m.MaintenanceID == id }) {
		t.Errorf("support sees %+v", page.Maintenance)
	}
	before := excluded
	expect(t, must[Answer](t)(noc.Call(ctx, http.MethodDelete, at, nil, Header{"If-Match", `"1"`})), nil, http.StatusNoContent, "")
	eventually(t, 20*time.Second, "without it both count", counted(50))
	if before-excluded < 3600 {
		t.Errorf("%d seconds are excluded, and %d when it is withdrawn", before, excluded)
	}
	eventually(t, 20*time.Second, "both acts are on record", func() bool {
		type act struct{ What event.Type }
		audit := into[struct{ Acts []act }](t, must[Answer](t)(admin(t).Get(ctx, "/admin/audit?limit=100&staffId="+w.AnnouncedBy+"&from="+began.Format(time.RFC3339))))
		return slices.Contains(audit.Acts, act{event.TypeMaintenanceAnnounced}) && slices.Contains(audit.Acts, act{event.TypeMaintenanceWithdrawn})
	})
}
