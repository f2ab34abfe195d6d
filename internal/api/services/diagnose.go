package services

import (
	"context"
	"net/http"
	"slices"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/provisioning"
	"turnup/internal/platform/rest"
)

type healthInput struct{ Path }

type diagnoseInput struct {
	Path
	Body provisioning.Request
}

type diagnosisInput struct {
	Path
	DiagnosisID id.Diagnosis `path:"diagnosisId" maxLength:"40" pattern:"^dia_[0-9A-Z]{26}$" patternDescription:"a diagnosis id" doc:"Id of the diagnosis" example:"dia_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type report struct {
	DiagnosisID id.Diagnosis        `json:"diagnosisId" doc:"Id of the diagnosis" example:"dia_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	ServiceID   id.Service          `json:"serviceId" doc:"The service it is of" example:"svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Kind        string              `json:"kind" doc:"What is measured or done" example:"health"`
	Status      string              `json:"status" doc:"failed: the systems could not say" enum:"running,done,failed" example:"done"`
	Healthy     bool                `json:"healthy" doc:"Whether all parts are well, as far as they were asked" example:"true"`
	Parts       []provisioning.Part `json:"parts" nullable:"false" doc:"What each system said, as it comes in"`
	AskedAt     time.Time           `json:"askedAt" doc:"When it was asked for" example:"2030-01-01T12:30:00Z"`
	EndedAt     *time.Time          `json:"endedAt,omitempty" doc:"When it ended" example:"2030-01-01T12:30:04Z"`
	PollAfter   int                 `json:"pollAfterSeconds,omitempty" doc:"While it runs: when to ask again" example:"2"`
}

func reportOf(d provisioning.Diagnosis) report {
	r := report{DiagnosisID: d.ID, ServiceID: d.Service, Kind: string(d.Request.Kind), Status: d.State, Parts: d.Parts, AskedAt: d.AskedAt,
		Healthy: len(d.Parts) > 0 && !slices.ContainsFunc(d.Parts, func(p provisioning.Part) bool { return !p.OK })}
	if r.Parts == nil {
		r.Parts = []provisioning.Part{}
	}
	if !d.EndedAt.IsZero() {
		r.EndedAt = &d.EndedAt
	}
	if d.State == provisioning.DiagnosisRunning {
		r.PollAfter = 2
	}
	return r
}

var exampleReport = report{DiagnosisID: "dia_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", ServiceID: "svc_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Kind: "health", Status: "running", Parts: []provisioning.Part{
	{Part: "onu", OK: true, Facts: []provisioning.Fact{{Name: "state", Value: "ENABLED ACTIVE REACHABLE"}, {Name: "rxDbm", Value: "-18.4"}}}}, Healthy: true,
	AskedAt: time.Date(2030, 1, 1, 12, 30, 0, 0, time.UTC), PollAfter: 2}

type reportOutput struct {
	Body report
}

type reportsOutput struct {
	Body reports
}

type reports struct {
	Diagnoses []report `json:"diagnoses" nullable:"false" doc:"The last twenty, newest first"`
}

func (s service) registerDiagnose(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "checkServiceHealth", Method: http.MethodPost, Path: "/services/{serviceId}/health-check", Audience: rest.Person, Roles: desk, Service: Service, Status: http.StatusAccepted,
		Summary: "Check the health of a service, part by part",
		About: "Asks the network for RADIUS session, fibre terminal and optical level, router, and address. The systems take their time, so the report is read by getDiagnosis; " +
			"its parts are there as they come in.",
		Events: []string{string(event.TypeDiagnosisRequested), string(event.TypeDiagnosisFinished)},
		Faults: []*fault.Fault{provisioning.ErrUnknown, provisioning.ErrNotDiagnosable.With("current", "designed")},
		Answer: exampleReport,
	}, func(ctx context.Context, in *healthInput) (*reportOutput, error) {
		return s.ask(ctx, "checkServiceHealth", in, in.ServiceID, provisioning.Request{Kind: provisioning.Health})
	})
	rest.Register(a, rest.Op{
		ID: "diagnoseService", Method: http.MethodPost, Path: "/services/{serviceId}/diagnoses", Audience: rest.Staff, Roles: desk, Service: Service, Status: http.StatusAccepted,
		Summary: "Measure or do something at a service",
		About: "Optical levels; ping and trace from the router; parameters of the router, read afresh; restart of fibre terminal or router; firmware of the router. " +
			"Read the result by getDiagnosis; it takes up to 30 minutes for firmware, seconds for the others.",
		Events:  []string{string(event.TypeDiagnosisRequested), string(event.TypeDiagnosisFinished)},
		Faults:  []*fault.Fault{provisioning.ErrUnknown, provisioning.ErrNotDiagnosable.With("current", "designed")},
		Request: provisioning.Request{Kind: provisioning.Ping, Host: "192.0.2.1"},
		Answer:  exampleReport,
	}, s.diagnose)
	rest.Register(a, rest.Op{
		ID: "listDiagnoses", Method: http.MethodGet, Path: "/services/{serviceId}/diagnoses", Audience: rest.Staff, Roles: desk, Service: Service,
		Summary: "List what was measured at a service",
		About:   "The last twenty diagnoses, health checks among them, newest first. They are kept for 90 days.",
		Faults:  []*fault.Fault{provisioning.ErrUnknown},
		Answer:  reports{[]report{exampleReport}},
	}, s.diagnoses)
	rest.Register(a, rest.Op{
		ID: "getDiagnosis", Method: http.MethodGet, Path: "/services/{serviceId}/diagnoses/{diagnosisId}", Audience: rest.Person, Roles: desk, Service: Service,
		Summary: "Read a diagnosis",
		About:   "Customers read the health checks of their own services. Diagnoses are kept for 90 days.",
		Faults:  []*fault.Fault{provisioning.ErrUnknown, provisioning.ErrDiagnosisUnknown},
		Answer:  exampleReport,
	}, s.diagnosis)
}

func (s service) diagnose(ctx context.Context, in *diagnoseInput) (*reportOutput, error) {
	if err := in.Body.Validate(); err != nil {
		return nil, err
	}
	return s.ask(ctx, "diagnoseService", in, in.ServiceID, in.Body)
}

func (s service) ask(ctx context.Context, operation string, in any, svc id.Service, r provisioning.Request) (*reportOutput, error) {
	caller := rest.CallerOf(ctx)
	found, err := s.seen(ctx, svc)
	if err != nil {
		return nil, err
	}
	asked, err := once.Do(ctx, s.Store, rest.Once(ctx, operation, in), func(use *once.Use) (provisioning.Diagnosis, error) {
		now, err := s.Store.Now(ctx, caller.Tenant, "") // the network lives by real time
		if err != nil {
			return provisioning.Diagnosis{}, err
		}
		d, e, err := provisioning.Ask(ctx, found, r, event.TraceOf(ctx).Actor, now)
		if err != nil {
			return d, err
		}
		if err := use.Answer(d); err != nil {
			return d, err
		}
		return d, s.Store.AskDiagnosis(ctx, use, d, e)
	})
	if err != nil {
		return nil, err
	}
	return &reportOutput{reportOf(asked)}, nil
}

func (s service) diagnoses(ctx context.Context, in *getInput) (*reportsOutput, error) {
	found, err := s.seen(ctx, in.ServiceID)
	if err != nil {
		return nil, err
	}
	last, err := s.Store.Diagnoses(ctx, found.Tenant, found.ID, 20)
	if err != nil {
		return nil, err
	}
	out := reports{Diagnoses: []report{}}
	for _, d := range last {
		out.Diagnoses = append(out.Diagnoses, reportOf(d))
	}
	return &reportsOutput{out}, nil
}

func (s service) diagnosis(ctx context.Context, in *diagnosisInput) (*reportOutput, error) {
	caller := rest.CallerOf(ctx)
	found, d, err := s.Store.ServiceDiagnosis(ctx, caller.Tenant, in.ServiceID, in.DiagnosisID)
	switch {
	case found.ID != "" && !sees(caller, found): // it does not tell whether there is such a diagnosis
		return nil, provisioning.ErrUnknown
	case err != nil:
		return nil, err
	case caller.Staff == "" && d.Request.Kind != provisioning.Health:
		return nil, provisioning.ErrDiagnosisUnknown
	}
	return &reportOutput{reportOf(d)}, nil
}
