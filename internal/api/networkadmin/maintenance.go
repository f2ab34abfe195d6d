package networkadmin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/maintenance"
	"turnup/internal/platform/rest"
)

// readers are all staff: customers ask all of them what goes on.
var readers = []string{token.RoleAdmin, token.RoleSupport, token.RoleBilling, token.RoleNetwork}

// Windows keeps when the network is worked on.
type Windows interface {
	// Maintenance reads a window; unknown is maintenance.ErrUnknown.
	Maintenance(ctx context.Context, tenant id.Tenant, m id.Maintenance) (maintenance.Window, error)
	// Windows reads a page of those that end after a time and begin before another, in the order in which they begin.
	Windows(ctx context.Context, tenant id.Tenant, from, until time.Time, after string, limit int32) (page []maintenance.Window, next string, err error)
	// SaveMaintenance writes the next version of one; fault.ErrStale when somebody was faster.
	SaveMaintenance(ctx context.Context, w maintenance.Window, events ...event.Envelope) error
	// WithdrawMaintenance removes one as it was read; fault.ErrStale when somebody changed it.
	WithdrawMaintenance(ctx context.Context, w maintenance.Window, events ...event.Envelope) error
}

// MaintenancePath names a window. (huma reads embedded structs only when they are exported.)
type MaintenancePath struct {
	MaintenanceID id.Maintenance `path:"maintenanceId" maxLength:"64" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" patternDescription:"letters, digits, dots, hyphens and underscores" doc:"Id of the maintenance, chosen by you: the number of your change, for example" example:"chg-2030-0017"`
}

// Announcement is what staff say of a window. (huma reads embedded structs only when they are exported.)
type Announcement struct {
	Start time.Time `json:"start" doc:"When it begins, to the second; not in the past" example:"2030-01-02T01:00:00Z"`
	End   time.Time `json:"end" doc:"When it is over, at most 24 hours later" example:"2030-01-02T03:00:00Z"`
	OLT   string    `json:"olt,omitempty" maxLength:"64" doc:"On whose lines, as locations name it; without one it is the whole network" example:"olt-1"`
	Note  string    `json:"note" minLength:"1" maxLength:"200" doc:"What customers read of it, in your words" example:"We replace a line card. The internet may be interrupted for some minutes."`
}

type window struct {
	MaintenanceID id.Maintenance `json:"maintenanceId" doc:"Id of the maintenance" example:"chg-2030-0017"`
	Announcement
	State       maintenance.State `json:"state" enum:"coming,running,over" doc:"How far it is" example:"coming"`
	AnnouncedBy string            `json:"announcedBy" doc:"Who of the staff announced it" example:"stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	AnnouncedAt time.Time         `json:"announcedAt" doc:"When" example:"2030-01-01T12:20:00Z"`
	Version     int64             `json:"version" doc:"Counts changes; the ETag holds it" example:"1"`
}

type windowOutput struct {
	ETag string `header:"ETag" doc:"Version of the maintenance, for If-Match" example:"\"1\""`
	Body window
}

type putWindowInput struct {
	MaintenancePath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the maintenance the change is meant for; another version is refused, and \"0\" means that it is new" example:"\"1\""`
	Body    Announcement
}

type withdrawInput struct {
	MaintenancePath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the maintenance that is to go; another version is refused" example:"\"1\""`
}

type windowsInput struct {
	From   time.Time `query:"from" doc:"What ends after this; by default now, so that what runs and what comes is listed" example:"2030-01-01T00:00:00Z"`
	Until  time.Time `query:"until" doc:"What begins before this; by default there is no bound" example:"2030-02-01T00:00:00Z"`
	Limit  int32     `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most windows a page"`
	Cursor string    `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"MjAzMC0wMS0wMlQwMTowMDowMC4wMDBaI2NoZy0yMDMwLTAwMTc"`
}

type windowsOutput struct{ Body windowPage }

type windowPage struct {
	Maintenance []window `json:"maintenance" nullable:"false" doc:"In the order in which they begin; a page may have fewer than its limit"`
	NextCursor  string   `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"MjAzMC0wMS0wMlQwMTowMDowMC4wMDBaI2NoZy0yMDMwLTAwMTc"`
}

func viewOfWindow(w maintenance.Window, now time.Time) window {
	return window{MaintenanceID: w.ID, Announcement: Announcement{Start: w.Start, End: w.End, OLT: w.OLT, Note: w.Note}, State: w.State(now), AnnouncedBy: w.By, AnnouncedAt: w.At, Version: w.Version}
}

var exampleWindow = func() window {
	at := time.Date(2030, 1, 1, 12, 20, 0, 0, time.UTC)
	start := time.Date(2030, 1, 2, 1, 0, 0, 0, time.UTC)
	return viewOfWindow(maintenance.Window{ID: "chg-2030-0017", Terms: maintenance.Terms{Start: start, End: start.Add(2 * time.Hour), OLT: "olt-1", Note: "We replace a line card. The internet may be interrupted for some minutes."},
		By: "stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", At: at, Version: 1}, at)
}()

func (s service) registerMaintenance(a *rest.API) {
	const path = "/admin/maintenance/{maintenanceId}"
	rest.Register(a, rest.Op{
		ID: "putMaintenance", Method: http.MethodPut, Path: path, Audience: rest.Staff, Roles: noc, Service: Service,
		Summary: "Announce or change a window of maintenance",
		About: "Its time does not count in the uptime that getTargets tells, neither as service nor as downtime, for the lines in its scope; customers see it at their services. So it is announced before it begins. Until then everything may be " +
			"changed; from then on its end and its note, until it is over: end it early, or extend it, up to 24 hours from its start. Announcing the same again changes nothing.",
		Faults:  []*fault.Fault{maintenance.ErrSpan.Naming("body.end", "after the start, and at most 24 hours"), maintenance.ErrPast, maintenance.ErrBegun, maintenance.ErrOver, fault.ErrStale},
		Events:  []string{string(event.TypeMaintenanceAnnounced), string(event.TypeMaintenanceChanged)},
		Request: exampleWindow.Announcement, Answer: exampleWindow,
	}, s.putMaintenance)
	rest.Register(a, rest.Op{
		ID: "listMaintenance", Method: http.MethodGet, Path: "/admin/maintenance", Audience: rest.Staff, Roles: readers, Service: Service,
		Summary: "List windows of maintenance",
		About:   "By default those that run and those that come, the next one first. What has begun stays on record for good.",
		Faults:  []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this API")},
		Answer:  windowPage{Maintenance: []window{exampleWindow}},
	}, s.listMaintenance)
	rest.Register(a, rest.Op{
		ID: "getMaintenance", Method: http.MethodGet, Path: path, Audience: rest.Staff, Roles: readers, Service: Service,
		Summary: "Read a window of maintenance",
		About:   "When, where, what customers are told, who announced it and when. The ETag is for putMaintenance and withdrawMaintenance.",
		Faults:  []*fault.Fault{maintenance.ErrUnknown},
		Answer:  exampleWindow,
	}, s.getMaintenance)
	rest.Register(a, rest.Op{
		ID: "withdrawMaintenance", Method: http.MethodDelete, Path: path, Audience: rest.Staff, Roles: noc, Service: Service, Status: http.StatusNoContent,
		Summary: "Withdraw maintenance that has not begun",
		About:   "Nobody is told of it any more, and its time counts. What has begun cannot be withdrawn, only ended: put its end to now.",
		Faults:  []*fault.Fault{maintenance.ErrUnknown, maintenance.ErrBegun, maintenance.ErrOver, fault.ErrStale},
		Events:  []string{string(event.TypeMaintenanceWithdrawn)},
	}, s.withdrawMaintenance)
}

func (s service) putMaintenance(ctx context.Context, in *putWindowInput) (*windowOutput, error) {
	caller, now := rest.CallerOf(ctx), s.Clock.Now()
	was, err := s.Store.Maintenance(ctx, caller.Tenant, in.MaintenanceID)
	if errors.Is(err, maintenance.ErrUnknown) {
		was, err = maintenance.Window{Tenant: caller.Tenant, ID: in.MaintenanceID}, nil
	}
	if err == nil {
		err = rest.Matches(in.IfMatch, was.Version)
	}
	if err != nil {
		return nil, err
	}
	next, events, err := was.Announce(ctx, maintenance.Terms{Start: in.Body.Start, End: in.Body.End, OLT: in.Body.OLT, Note: in.Body.Note}, string(caller.Staff), now)
	if err == nil && len(events) > 0 {
		err = s.Store.SaveMaintenance(ctx, next, events...)
	}
	if err != nil {
		return nil, err
	}
	return windowOf(next, now), nil
}

func windowOf(w maintenance.Window, now time.Time) *windowOutput {
	return &windowOutput{ETag: rest.ETag(w.Version), Body: viewOfWindow(w, now)}
}

func (s service) listMaintenance(ctx context.Context, in *windowsInput) (*windowsOutput, error) {
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	from := in.From
	if from.IsZero() {
		from = now
	}
	found, next, err := s.Store.Windows(ctx, rest.CallerOf(ctx).Tenant, from, in.Until, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := windowPage{Maintenance: []window{}, NextCursor: rest.Cursor(next)}
	for _, f := range found {
		out.Maintenance = append(out.Maintenance, viewOfWindow(f, now))
	}
	return &windowsOutput{out}, nil
}

func (s service) getMaintenance(ctx context.Context, in *MaintenancePath) (*windowOutput, error) {
	found, err := s.Store.Maintenance(ctx, rest.CallerOf(ctx).Tenant, in.MaintenanceID)
	if err != nil {
		return nil, err
	}
	return windowOf(found, s.Clock.Now()), nil
}

func (s service) withdrawMaintenance(ctx context.Context, in *withdrawInput) (*struct{}, error) {
	found, err := s.Store.Maintenance(ctx, rest.CallerOf(ctx).Tenant, in.MaintenanceID)
	if err == nil {
		err = rest.Matches(in.IfMatch, found.Version)
	}
	if err != nil {
		return nil, err
	}
	events, err := found.Withdraw(ctx, s.Clock.Now())
	if err != nil {
		return nil, err
	}
	return nil, s.Store.WithdrawMaintenance(ctx, found, events...)
}
