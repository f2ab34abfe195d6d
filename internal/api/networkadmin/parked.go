package networkadmin

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/provisioning"
	"turnup/internal/platform/rest"
)

type parkedInput struct {
	Limit  int32  `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most services a page"`
	Cursor string `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"c3ZjXzAxSkQzUTZWNks4TTRIMFdaMFY1UTNZMVhB"`
}

type parkedOutput struct {
	Body parkedPage
}

type parkedPage struct {
	Services   []View `json:"services" nullable:"false" doc:"Oldest first"`
	NextCursor string `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"c3ZjXzAxSkQzUTZWNks4TTRIMFdaMFY1UTNZMVhB"`
}

func (s service) registerParked(a *rest.API) {
	stuck := exampleOf(provisioning.Provisioning)
	stuck.Work.Parked = &provisioning.Parked{Step: provisioning.StepCPE, System: "genieacs", Code: "cpe_offline", Cause: "the device did not take the task", At: stuck.Since}
	rest.Register(a, rest.Op{
		ID: "listParkedServices", Method: http.MethodGet, Path: "/admin/services/parked", Audience: rest.Staff, Roles: noc, Service: Service,
		Summary: "List the services whose work waits for a human",
		About:   "Each says at which step and system it got stuck, since when and why. Mend it and call retryProvisioning, or give it up by cancelProvisioning.",
		Faults:  []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this API")},
		Answer:  parkedPage{Services: []View{stuck}},
	}, s.parked)
	rest.Register(a, rest.Op{
		ID: "retryProvisioning", Method: http.MethodPost, Path: "/services/{serviceId}/retry", Audience: rest.Staff, Roles: noc, Service: Service, Status: http.StatusAccepted,
		Summary: "Go on with work that got stuck",
		About:   "From the step that failed: what is done is not done again. It is for work of any kind.",
		Events:  []string{string(event.TypeProvisioningRequested)},
		Faults:  []*fault.Fault{provisioning.ErrUnknown, provisioning.ErrNotParked},
		Answer:  exampleOf(provisioning.Provisioning),
	}, s.retry)
	rest.Register(a, rest.Op{
		ID: "cancelProvisioning", Method: http.MethodPost, Path: "/services/{serviceId}/cancel", Audience: rest.Staff, Roles: noc, Service: Service, Status: http.StatusAccepted,
		Summary: "Give up a service that could not be set up",
		About:   "Finished steps are undone in reverse order. Then the subscription ends, its plan can be bought again, and what was paid is given back to the customer's wallet.",
		Events:  []string{string(event.TypeProvisioningRequested), string(event.TypeAccessChanged), string(event.TypeServiceTerminated)},
		Faults:  []*fault.Fault{provisioning.ErrUnknown, provisioning.ErrNotParked},
		Answer:  exampleOf(provisioning.Terminating),
	}, s.cancel)
}

func (s service) parked(ctx context.Context, in *parkedInput) (*parkedOutput, error) {
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	found, next, err := s.Store.ParkedServices(ctx, rest.CallerOf(ctx).Tenant, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := parkedPage{Services: []View{}, NextCursor: rest.Cursor(next)}
	for _, f := range found {
		out.Services = append(out.Services, viewOf(f))
	}
	return &parkedOutput{out}, nil
}

func (s service) retry(ctx context.Context, in *pathInput) (*output, error) {
	return s.change(ctx, "retryProvisioning", in, in.ServiceID, func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
		next, err := was.Retry(now)
		if err != nil {
			return was, nil, err
		}
		events := []event.Envelope{next.Request(ctx, now)}
		if next.Barred() != "" { // sessions that did not end are asked to once more
			events = append(events, next.AccessChange(ctx, now))
		}
		return next, events, nil
	})
}

func (s service) cancel(ctx context.Context, in *pathInput) (*output, error) {
	return s.change(ctx, "cancelProvisioning", in, in.ServiceID, func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
		next, err := was.GiveUp(now)
		if err != nil {
			return was, nil, err
		}
		return next, next.Ending(ctx, now), nil
	})
}
