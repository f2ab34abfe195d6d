// Package services is the services service: what a customer's lines run on, setting them up, and finding out what is wrong with one.
// Customers see and start what is theirs; staff all of it.
package services

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/maintenance"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "services"

// desk are the roles that see customers' services.
var desk = []string{token.RoleAdmin, token.RoleSupport, token.RoleNetwork}

// Store keeps services and diagnoses.
type Store interface {
	once.Memory
	Service(ctx context.Context, tenant id.Tenant, s id.Service) (provisioning.Service, error)
	ServicesOf(ctx context.Context, tenant id.Tenant, customer id.Customer, after string, limit int32) ([]provisioning.Service, string, error)
	ChangeService(ctx context.Context, use *once.Use, tenant id.Tenant, s id.Service, decide func(provisioning.Service, time.Time) (provisioning.Service, []event.Envelope, error)) error
	Location(ctx context.Context, tenant id.Tenant, l id.Location) (provisioning.Location, error)
	AskDiagnosis(ctx context.Context, use *once.Use, d provisioning.Diagnosis, events ...event.Envelope) error
	ServiceDiagnosis(ctx context.Context, tenant id.Tenant, s id.Service, d id.Diagnosis) (provisioning.Service, provisioning.Diagnosis, error)
	Diagnoses(ctx context.Context, tenant id.Tenant, s id.Service, most int32) ([]provisioning.Diagnosis, error)
	ServiceLive(ctx context.Context, tenant id.Tenant, s id.Service) (provisioning.Service, subscriber.Live, error)
	Periods(ctx context.Context, tenant id.Tenant, username string, most int32) ([]subscriber.Period, error)
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
	// Windows reads a page of the maintenance that ends after a time and begins before another, in the order in which it begins.
	Windows(ctx context.Context, tenant id.Tenant, from, until time.Time, after string, limit int32) (page []maintenance.Window, next string, err error)
}

// Deps are the parts the service works with.
type Deps struct{ Store Store }

type service struct{ Deps }

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerProvision(a)
	s.registerRead(a)
	s.registerDiagnose(a)
	s.registerUsage(a)
}

// View is a service as its customer sees it. (huma reads embedded structs only when they are exported.)
type View struct {
	ServiceID      id.Service           `json:"serviceId" doc:"Id of the service" example:"svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	SubscriptionID id.Subscription      `json:"subscriptionId" doc:"What it is the service of" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	CustomerID     id.Customer          `json:"customerId" doc:"Whose it is" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Name           string               `json:"name" doc:"The plan's name as it was bought" example:"Fibre 300"`
	Status         provisioning.State   `json:"status" enum:"designed,provisioning,provisioned,active,suspending,suspended,resuming,terminating,terminated" doc:"designed waits for equipment; what ends in -ing is being worked on" example:"active"`
	Since          time.Time            `json:"since" doc:"When it came into this state" example:"2030-01-01T12:20:00Z"`
	ActiveSince    *time.Time           `json:"activeSince,omitempty" doc:"When it worked for the first time" example:"2030-01-01T12:20:00Z"`
	Profile        provisioning.Profile `json:"profile" doc:"Its speed"`
	LocationID     id.Location          `json:"locationId" doc:"Where it is" example:"loc-100231"`
	Username       string               `json:"username" doc:"By which the router dials in" example:"01jd3q6v6k8m4h0wz0v5q3y1xa@demo"`
	Holds          []provisioning.Hold  `json:"holds" nullable:"false" doc:"Why it is suspended; it runs when none is left"`
	Delayed        bool                 `json:"delayed" doc:"Whether the work waits for our network operations" example:"false"`
	PollAfter      int                  `json:"pollAfterSeconds,omitempty" doc:"While it is worked on: when to ask again" example:"2"`
	Maintenance    []work               `json:"maintenance,omitempty" nullable:"false" doc:"In lists: when the network is worked on at its line, now or within two weeks, the next first; missing when it is not"`
	// Staff's part.
	Equipment  *provisioning.Equipment  `json:"equipment,omitempty" doc:"For staff"`
	Port       *provisioning.Port       `json:"port,omitempty" doc:"For staff: where the line begins"`
	Allocation *provisioning.Allocation `json:"allocation,omitempty" doc:"For staff: what the inventory gave it"`
	Work       *provisioning.Work       `json:"work,omitempty" doc:"For staff: what is being done, or was done last"`
	Alarms     []provisioning.Alarm     `json:"alarms,omitempty" nullable:"false" doc:"For staff: of the ONU, raised and not cleared"`
}

// work is maintenance as a customer sees it.
type work struct {
	Start time.Time `json:"start" doc:"When it begins" example:"2030-01-02T01:00:00Z"`
	End   time.Time `json:"end" doc:"When it is over" example:"2030-01-02T03:00:00Z"`
	Note  string    `json:"note" doc:"What our network operations say of it" example:"We replace a line card. The internet may be interrupted for some minutes."`
}

// worksAhead is how long before it begins customers see maintenance.
const worksAhead = 14 * 24 * time.Hour

// worksAt are the windows that concern a service.
func worksAt(s provisioning.Service, windows []maintenance.Window) (all []work) {
	for _, w := range windows {
		if w.Concerns(s.Port.OLT) && s.State != provisioning.Terminated {
			all = append(all, work{w.Start, w.End, w.Note})
		}
	}
	return all
}

// ViewOf is a service as a customer, or staff, may see it.
func ViewOf(s provisioning.Service, staff bool) View {
	v := View{ServiceID: s.ID, SubscriptionID: s.Subscription, CustomerID: s.Customer, Name: s.Name, Status: s.State, Since: s.StateSince, Profile: s.Profile, LocationID: s.Location,
		Username: s.Username, Holds: s.Holds, Delayed: s.Work.Parked != nil}
	if v.Holds == nil {
		v.Holds = []provisioning.Hold{}
	}
	if !s.ActiveSince.IsZero() {
		v.ActiveSince = &s.ActiveSince
	}
	switch {
	case v.Delayed:
		v.PollAfter = 60
	case s.Working():
		v.PollAfter = 2
	}
	if staff {
		v.Equipment, v.Port, v.Allocation, v.Work, v.Alarms = &s.Equipment, &s.Port, &s.Allocation, &s.Work, s.Alarms
	}
	return v
}

// Path names a service. (huma reads embedded structs only when they are exported.)
type Path struct {
	ServiceID id.Service `path:"serviceId" maxLength:"40" pattern:"^svc_[0-9A-Z]{26}$" patternDescription:"a service id" doc:"Id of the service" example:"svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

// seen reads a service that the caller may see; another customer's does not exist.
func (s service) seen(ctx context.Context, svc id.Service) (provisioning.Service, error) {
	caller := rest.CallerOf(ctx)
	found, err := s.Store.Service(ctx, caller.Tenant, svc)
	if err == nil && !sees(caller, found) {
		err = provisioning.ErrUnknown
	}
	return found, err
}

func sees(c rest.Caller, s provisioning.Service) bool {
	return c.Staff != "" || c.Customer == s.Customer
}

var (
	example = View{ServiceID: "svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", SubscriptionID: "sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", CustomerID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Name: "Fibre 300",
		Status: provisioning.Provisioning, Since: time.Date(2030, 1, 1, 12, 20, 0, 0, time.UTC), Profile: provisioning.Profile{DownKbps: 300000, UpKbps: 150000}, LocationID: "loc-100231",
		Username: "01jd3q6v6k8m4h0wz0v5q3y1xa@demo", Holds: []provisioning.Hold{}, PollAfter: 2}
	exampleListed = func() View {
		v := example
		start := time.Date(2030, 1, 2, 1, 0, 0, 0, time.UTC)
		v.Maintenance = []work{{start, start.Add(2 * time.Hour), "We replace a line card. The internet may be interrupted for some minutes."}}
		return v
	}()
	exampleStaff = func() View {
		v := example
		v.Status, v.PollAfter, v.Delayed = provisioning.Provisioning, 60, true
		v.Equipment = &provisioning.Equipment{ONU: "BBSM00000001", CPE: "202BC1-BM632w-000001"}
		v.Port, v.Allocation = &provisioning.Port{OLT: "olt-1", PON: "pon-0/1"}, &provisioning.Allocation{Address: "100.64.10.1/29", Port: true}
		v.Work = &provisioning.Work{Kind: provisioning.Provision, Number: 1, Run: 1, Since: v.Since, Done: []provisioning.Step{provisioning.StepInventory, provisioning.StepSubscriber, provisioning.StepAccess},
			Tries: 6, Failed: "cpe_offline", Parked: &provisioning.Parked{Step: provisioning.StepCPE, System: "genieacs", Code: "cpe_offline", Cause: "the device did not take the task", At: v.Since}}
		return v
	}()
)

type output struct {
	Body View
}

type listInput struct {
	CustomerID id.Customer `query:"customerId" maxLength:"40" pattern:"^cus_[0-9A-Z]{26}$" patternDescription:"a customer id" doc:"For staff, who must say it: whose services. Refused of customers" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Limit      int32       `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most services a page"`
	Cursor     string      `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"c3ZjXzAxSkQzUTZWNks4TTRIMFdaMFY1UTNZMVhB"`
}

type listOutput struct {
	Body page
}

type page struct {
	Services   []View `json:"services" nullable:"false" doc:"Oldest first"`
	NextCursor string `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"c3ZjXzAxSkQzUTZWNks4TTRIMFdaMFY1UTNZMVhB"`
}

type getInput struct{ Path }

func (s service) registerRead(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "listServices", Method: http.MethodGet, Path: "/services", Audience: rest.Person, Roles: desk, Service: Service,
		Summary: "List services",
		About:   "Customers list their own; staff name the customer. Each says when the network is worked on at its line, if that was announced.",
		Faults:  []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this API")},
		Answer:  page{Services: []View{exampleListed}},
	}, s.list)
	rest.Register(a, rest.Op{
		ID: "getService", Method: http.MethodGet, Path: "/services/{serviceId}", Audience: rest.Person, Roles: desk, Service: Service,
		Summary: "Read a service",
		About:   "While it is worked on, pollAfterSeconds says when to ask again. Staff also read what it has in the network, and where the work stands: step, system, tries and cause.",
		Faults:  []*fault.Fault{provisioning.ErrUnknown},
		Answer:  example, Variants: map[string]any{"to staff": exampleStaff},
	}, s.get)
}

func (s service) list(ctx context.Context, in *listInput) (*listOutput, error) {
	caller := rest.CallerOf(ctx)
	whose := caller.Customer
	switch {
	case caller.Staff != "" && in.CustomerID == "":
		return nil, fault.ErrInvalid.Naming("query.customerId", "staff say whose services they want to see")
	case caller.Staff != "":
		whose = in.CustomerID
	case in.CustomerID != "":
		return nil, fault.ErrInvalid.Naming("query.customerId", "is for staff")
	}
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	found, next, err := s.Store.ServicesOf(ctx, caller.Tenant, whose, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := page{Services: []View{}, NextCursor: rest.Cursor(next)}
	if len(found) == 0 {
		return &listOutput{out}, nil
	}
	now := rest.Arrived(ctx)
	windows, _, err := s.Store.Windows(ctx, caller.Tenant, now, now.Add(worksAhead), "", 0)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		v := ViewOf(f, caller.Staff != "")
		v.Maintenance = worksAt(f, windows)
		out.Services = append(out.Services, v)
	}
	return &listOutput{out}, nil
}

func (s service) get(ctx context.Context, in *getInput) (*output, error) {
	found, err := s.seen(ctx, in.ServiceID)
	if err != nil {
		return nil, err
	}
	return &output{ViewOf(found, rest.CallerOf(ctx).Staff != "")}, nil
}
