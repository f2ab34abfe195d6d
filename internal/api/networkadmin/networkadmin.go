// Package networkadmin is what network operations do with services and places: activate, suspend, resume and terminate a service, go on
// with work that got stuck or give it up, keep the record of which homes the network reaches, and announce when it is worked on.
package networkadmin

import (
	"context"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/provisioning"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "network"

var noc = []string{token.RoleAdmin, token.RoleNetwork}

// Store keeps services and locations.
type Store interface {
	once.Memory
	ConcludeService(ctx context.Context, use *once.Use, tenant id.Tenant, s id.Service, decide func(provisioning.Service, time.Time) (provisioning.Service, []event.Envelope, error)) error
	ParkedServices(ctx context.Context, tenant id.Tenant, after string, limit int32) ([]provisioning.Service, string, error)
	Location(ctx context.Context, tenant id.Tenant, l id.Location) (provisioning.Location, error)
	SaveLocation(ctx context.Context, l provisioning.Location) error
	Windows
}

// Deps are the parts the service works with.
type Deps struct {
	Store Store
	Clock clock.Clock
}

type service struct{ Deps }

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerLife(a)
	s.registerSpeed(a)
	s.registerParked(a)
	s.registerLocations(a)
	s.registerMaintenance(a)
}

// Path names a service. (huma reads embedded structs only when they are exported.)
type Path struct {
	ServiceID id.Service `path:"serviceId" maxLength:"40" pattern:"^svc_[0-9A-Z]{26}$" patternDescription:"a service id" doc:"Id of the service" example:"svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

// View is a service as network operations see it. (huma reads embedded structs only when they are exported.)
type View struct {
	ServiceID      id.Service              `json:"serviceId" doc:"Id of the service" example:"svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	SubscriptionID id.Subscription         `json:"subscriptionId" doc:"What it is the service of" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	CustomerID     id.Customer             `json:"customerId" doc:"Whose it is" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Name           string                  `json:"name" doc:"The plan's name as it was bought" example:"Fibre 300"`
	Profile        provisioning.Profile    `json:"profile" doc:"Its speed"`
	Status         provisioning.State      `json:"status" doc:"designed waits for equipment; what ends in -ing is being worked on" enum:"designed,provisioning,provisioned,active,suspending,suspended,resuming,terminating,terminated" example:"suspending"`
	Since          time.Time               `json:"since" doc:"When it came into this state" example:"2030-01-01T12:20:00Z"`
	Holds          []provisioning.Hold     `json:"holds" nullable:"false" doc:"Why it is suspended; it runs when none is left"`
	Equipment      provisioning.Equipment  `json:"equipment" doc:"What stands at the customer's place"`
	Port           provisioning.Port       `json:"port" doc:"Where the line begins"`
	Allocation     provisioning.Allocation `json:"allocation" doc:"What the inventory gave it"`
	Work           provisioning.Work       `json:"work" doc:"What is being done, or was done last: step, system, tries and cause"`
	Alarms         []provisioning.Alarm    `json:"alarms" nullable:"false" doc:"Of the ONU, raised and not cleared"`
}

func viewOf(s provisioning.Service) View {
	v := View{ServiceID: s.ID, SubscriptionID: s.Subscription, CustomerID: s.Customer, Name: s.Name, Profile: s.Profile, Status: s.State, Since: s.StateSince, Holds: s.Holds, Equipment: s.Equipment, Port: s.Port,
		Allocation: s.Allocation, Work: s.Work, Alarms: s.Alarms}
	if v.Holds == nil {
		v.Holds = []provisioning.Hold{}
	}
	if v.Alarms == nil {
		v.Alarms = []provisioning.Alarm{}
	}
	return v
}

func exampleOf(state provisioning.State) View {
	at := time.Date(2030, 1, 1, 12, 20, 0, 0, time.UTC)
	return View{ServiceID: "svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", SubscriptionID: "sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", CustomerID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Name: "Fibre 300", Status: state, Since: at, Profile: provisioning.Profile{DownKbps: 300000, UpKbps: 150000},
		Holds: []provisioning.Hold{}, Equipment: provisioning.Equipment{ONU: "BBSM00000001", CPE: "202BC1-BM632w-000001"}, Port: provisioning.Port{OLT: "olt-1", PON: "pon-0/1"},
		Allocation: provisioning.Allocation{Address: "100.64.10.1/29", Port: true}, Work: provisioning.Work{Kind: provisioning.Provision, Number: 1, Run: 1, Since: at, Done: []provisioning.Step{}},
		Alarms: []provisioning.Alarm{}}
}

type output struct {
	Body View
}

// change changes a service once under the request's key.
func (s service) change(ctx context.Context, operation string, in any, svc id.Service, decide func(provisioning.Service, time.Time) (provisioning.Service, []event.Envelope, error)) (*output, error) {
	caller := rest.CallerOf(ctx)
	is, err := once.Do(ctx, s.Store, rest.Once(ctx, operation, in), func(use *once.Use) (is provisioning.Service, err error) {
		return is, s.Store.ConcludeService(ctx, use, caller.Tenant, svc, func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
			next, events, err := decide(was, now)
			is = next
			if err != nil || next.Version == was.Version {
				return next, nil, err
			}
			return next, events, use.Answer(next)
		})
	})
	if err != nil {
		return nil, err
	}
	return &output{viewOf(is)}, nil
}

func conflict(current, wanted provisioning.State) *fault.Fault {
	return provisioning.ErrTransition.With("current", string(current)).With("wanted", string(wanted))
}
