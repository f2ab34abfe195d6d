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

type pathInput struct{ Path }

type suspendInput struct {
	Path
	Body suspension
}

type suspension struct {
	Reason string             `json:"reason" minLength:"1" maxLength:"200" doc:"In words, for staff" example:"The customer asked for it"`
	Cause  provisioning.Cause `json:"cause,omitempty" enum:"staff,non_payment" doc:"staff unless it says otherwise; each cause is a hold of its own" example:"staff"`
}

type resumeInput struct {
	Path
	Body resumption
}

type resumption struct {
	Cause provisioning.Cause `json:"cause,omitempty" enum:"staff,non_payment" doc:"Which hold ends; staff unless it says otherwise" example:"staff"`
}

type speedInput struct {
	Path
	Body speed
}

type speed struct {
	Profile  provisioning.Profile `json:"profile" doc:"The new speed"`
	CapBytes int64                `json:"capBytes,omitempty" minimum:"1000000" maximum:"1000000000000000" doc:"The new volume of a month; none without it" example:"1000000000000"`
}

func (s service) registerLife(a *rest.API) {
	// of completes what the operations on a service's life have in common.
	of := func(op rest.Op, faults ...*fault.Fault) rest.Op {
		op.Method, op.Audience, op.Roles, op.Service, op.Status = http.MethodPost, rest.Staff, noc, Service, http.StatusAccepted
		op.Faults = append([]*fault.Fault{provisioning.ErrUnknown}, faults...)
		return op
	}
	rest.Register(a, of(rest.Op{
		ID: "activateService", Path: "/services/{serviceId}/activate",
		Summary: "Activate a service that was set up and held back",
		About:   "A service becomes active by itself unless it was started with hold. An active one is answered as it is.",
		Events:  []string{string(event.TypeServiceActivated), string(event.TypeOrderDelivered)},
		Answer:  exampleOf(provisioning.Active),
	}, conflict(provisioning.Suspended, provisioning.Active)), s.activate)
	rest.Register(a, of(rest.Op{
		ID: "suspendService", Path: "/services/{serviceId}/suspend",
		Summary: "Suspend a service",
		About:   "Nobody gets in with it at once, and its sessions are ended; it is suspended when that is verified. Causes are separate holds: a service that is suspended can be held for another cause too.",
		Events:  []string{string(event.TypeProvisioningRequested), string(event.TypeAccessChanged), string(event.TypeServiceSuspended), string(event.TypeProvisioningParked)},
		Request: suspension{Reason: "The customer asked for it"}, Answer: exampleOf(provisioning.Suspending),
	}, provisioning.ErrHeldAlready.With("cause", "staff").With("current", "suspended").With("wanted", "suspended"), conflict(provisioning.Provisioning, provisioning.Suspended)), s.suspend)
	rest.Register(a, of(rest.Op{
		ID: "resumeService", Path: "/services/{serviceId}/resume",
		Summary: "End one cause of a suspension",
		About:   "The service runs again when no other hold is left: it is active when a session is seen. A payment ends the hold for non-payment only.",
		Events:  []string{string(event.TypeProvisioningRequested), string(event.TypeServiceResumed), string(event.TypeProvisioningParked)},
		Request: resumption{}, Answer: exampleOf(provisioning.Resuming),
	}, provisioning.ErrNotHeld.With("cause", "staff").With("heldFor", "non_payment"), conflict(provisioning.Active, provisioning.Active)), s.resume)
	rest.Register(a, of(rest.Op{
		ID: "terminateService", Path: "/services/{serviceId}/terminate",
		Summary: "Terminate a service",
		About:   "Takes down what it has in the network, in reverse order, and gives its addresses and equipment back. It cannot be undone. A terminated service is answered as it is.",
		Events:  []string{string(event.TypeProvisioningRequested), string(event.TypeAccessChanged), string(event.TypeServiceTerminated), string(event.TypeProvisioningParked)},
		Answer:  exampleOf(provisioning.Terminating),
	}), s.terminate)
}

func (s service) registerSpeed(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "setServiceSpeed", Method: http.MethodPut, Path: "/services/{serviceId}/speed", Audience: rest.Staff, Roles: noc, Service: Service,
		Summary: "Give a service another speed",
		About:   "At once, also in its running sessions (CoA) and at its line. It is for repair and goodwill: what the customer pays for does not change.",
		Events:  []string{string(event.TypeAccessChanged), string(event.TypeProvisioningRequested)},
		Faults:  []*fault.Fault{provisioning.ErrUnknown, conflict(provisioning.Terminated, provisioning.Active)},
		Request: speed{Profile: provisioning.Profile{DownKbps: 500000, UpKbps: 250000}},
		Answer:  exampleOf(provisioning.Active),
	}, s.setSpeed)
}

func (s service) setSpeed(ctx context.Context, in *speedInput) (*output, error) {
	var is provisioning.Service
	err := s.Store.ConcludeService(ctx, nil, rest.CallerOf(ctx).Tenant, in.ServiceID, func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
		next, moved, err := was.NewSpeed(in.Body.Profile, in.Body.CapBytes)
		is = next
		if err != nil || !moved {
			return next, nil, err
		}
		return next, next.SpeedChange(ctx, now), nil
	})
	if err != nil {
		return nil, err
	}
	return &output{viewOf(is)}, nil
}

func (s service) activate(ctx context.Context, in *pathInput) (*output, error) {
	return s.change(ctx, "activateService", in, in.ServiceID, func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
		if _, moved, err := was.Activate(now); err != nil || !moved {
			return was, nil, err
		}
		next, events := was.Activated(ctx, now)
		return next, events, nil
	})
}

func (s service) suspend(ctx context.Context, in *suspendInput) (*output, error) {
	return s.change(ctx, "suspendService", in, in.ServiceID, func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
		next, err := was.Suspend(provisioning.Hold{Cause: or(in.Body.Cause), Reason: in.Body.Reason, Since: now})
		if err != nil || was.Working() == next.Working() && was.State == next.State {
			return next, nil, err
		}
		return next, []event.Envelope{next.Request(ctx, now), next.AccessChange(ctx, now)}, nil
	})
}

func (s service) resume(ctx context.Context, in *resumeInput) (*output, error) {
	return s.change(ctx, "resumeService", in, in.ServiceID, func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
		next, err := was.Resume(or(in.Body.Cause), now)
		if err != nil || next.State != provisioning.Resuming {
			return next, nil, err
		}
		return next, []event.Envelope{next.Request(ctx, now)}, nil
	})
}

func or(c provisioning.Cause) provisioning.Cause {
	if c == "" {
		return provisioning.ByStaff
	}
	return c
}

func (s service) terminate(ctx context.Context, in *pathInput) (*output, error) {
	return s.change(ctx, "terminateService", in, in.ServiceID, func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
		next, moved := was.Terminate(now)
		if !moved {
			return was, nil, nil
		}
		return next, next.Ending(ctx, now), nil
	})
}
