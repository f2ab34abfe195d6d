package webhookadmin

import (
	"context"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/once"
	"turnup/internal/domain/webhook"
	"turnup/internal/platform/rest"
)

type createInput struct {
	Body Terms
}

func (s service) registerCreate(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "createWebhookEndpoint", Method: http.MethodPost, Path: base, Audience: rest.Staff, Roles: admin, Service: Service, Status: http.StatusCreated,
		Summary: "Set up an endpoint for events",
		About: "The answer has the secret by which the messages are signed, once; give it to the partner. Messages are those of Standard Webhooks: how to verify and answer them is in the guide for partners. " +
			"Only what happens from now on is sent.",
		Events:  []string{string(event.TypeConfigurationChanged)},
		Faults:  []*fault.Fault{webhook.ErrInvalid.Naming("body.url", "must begin with https://"), webhook.ErrTooMany},
		Request: exampleTerms,
		Answer:  Secret{exampleView, exampleSecret},
	}, s.create)
}

func (s service) create(ctx context.Context, in *createInput) (*secretOutput, error) {
	tenant := rest.CallerOf(ctx).Tenant
	made, err := once.Do(ctx, s.Store, rest.Once(ctx, "createWebhookEndpoint", in.Body), func(use *once.Use) (webhook.Endpoint, error) {
		terms := in.Body.domain()
		if err := terms.Check(s.Sandbox); err != nil {
			return webhook.Endpoint{}, err
		}
		there, err := s.Store.WebhookEndpoints(ctx, tenant)
		if err != nil {
			return webhook.Endpoint{}, err
		}
		if len(there) >= webhook.Most {
			return webhook.Endpoint{}, webhook.ErrTooMany
		}
		e := webhook.Open(tenant, terms, s.Clock.Now())
		if err := use.Answer(e); err != nil {
			return e, err
		}
		return e, s.Store.SaveEndpoint(ctx, use, e)
	})
	if err != nil {
		return nil, err
	}
	return s.secretOf(made), nil
}

func (s service) secretOf(e webhook.Endpoint) *secretOutput {
	return &secretOutput{ETag: rest.ETag(e.Version), Body: Secret{s.viewOf(e), s.Key.SecretOf(e, e.Generation)}}
}

type list struct {
	Endpoints []View `json:"endpoints" nullable:"false" doc:"All of them, the oldest first"`
}

type listOutput struct{ Body list }

type changeInput struct {
	EndpointPath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the endpoint the change is meant for; another version is refused" example:"\"1\""`
	Body    Terms
}

type deleteInput struct {
	EndpointPath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"ETag of the endpoint that is to go; another version is refused" example:"\"1\""`
}

func (s service) registerEndpoints(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "listWebhookEndpoints", Method: http.MethodGet, Path: base, Audience: rest.Staff, Roles: admin, Service: Service,
		Summary: "List the endpoints",
		About:   "Where partners receive events, and how each is. Secrets are not shown.",
		Answer:  list{[]View{exampleView}},
	}, func(ctx context.Context, _ *struct{}) (*listOutput, error) {
		found, err := s.Store.WebhookEndpoints(ctx, rest.CallerOf(ctx).Tenant)
		if err != nil {
			return nil, err
		}
		out := &listOutput{list{[]View{}}}
		for _, e := range found {
			out.Body.Endpoints = append(out.Body.Endpoints, s.viewOf(e))
		}
		return out, nil
	})
	rest.Register(a, rest.Op{
		ID: "getWebhookEndpoint", Method: http.MethodGet, Path: path, Audience: rest.Staff, Roles: admin, Service: Service,
		Summary: "Read an endpoint",
		About:   "How it is set up, whether messages get through, and why it is disabled if it is. The ETag is for putWebhookEndpoint.",
		Faults:  []*fault.Fault{webhook.ErrUnknown},
		Answer:  exampleView,
	}, func(ctx context.Context, in *EndpointPath) (*endpointOutput, error) {
		found, err := s.endpoint(ctx, in.EndpointID)
		if err != nil {
			return nil, err
		}
		return s.outputOf(found), nil
	})
	rest.Register(a, rest.Op{
		ID: "putWebhookEndpoint", Method: http.MethodPut, Path: path, Audience: rest.Staff, Roles: admin, Service: Service,
		Summary: "Change an endpoint",
		About:   "Replaces everything but the secret. It counts for the next message, also for those that are tried again. Enabling one sends what comes from now on; replayWebhookEndpoint sends what was missed.",
		Events:  []string{string(event.TypeConfigurationChanged)},
		Faults:  []*fault.Fault{webhook.ErrUnknown, webhook.ErrInvalid.Naming("body.eventTypes", "has a type that does not go out"), fault.ErrStale},
		Request: exampleTerms, Answer: exampleView,
	}, s.change)
	rest.Register(a, rest.Op{
		ID: "deleteWebhookEndpoint", Method: http.MethodDelete, Path: path, Audience: rest.Staff, Roles: admin, Service: Service, Status: http.StatusNoContent,
		Summary: "Delete an endpoint",
		About:   "Nothing is sent there any more, also not what is under way. It cannot be undone.",
		Events:  []string{string(event.TypeConfigurationChanged)},
		Faults:  []*fault.Fault{webhook.ErrUnknown, fault.ErrStale},
	}, func(ctx context.Context, in *deleteInput) (*struct{}, error) {
		found, err := s.endpoint(ctx, in.EndpointID)
		if err == nil {
			err = rest.Matches(in.IfMatch, found.Version)
		}
		if err != nil {
			return nil, err
		}
		return nil, s.Store.DeleteEndpoint(ctx, found)
	})
}

func (s service) change(ctx context.Context, in *changeInput) (*endpointOutput, error) {
	was, err := s.endpoint(ctx, in.EndpointID)
	if err == nil {
		err = rest.Matches(in.IfMatch, was.Version)
	}
	if err == nil {
		err = in.Body.domain().Check(s.Sandbox)
	}
	if err != nil {
		return nil, err
	}
	next := was.Changed(in.Body.domain(), s.Clock.Now())
	if err := s.Store.SaveEndpoint(ctx, nil, next); err != nil {
		return nil, err
	}
	return s.outputOf(next), nil
}

func (s service) registerSecret(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "rotateWebhookSecret", Method: http.MethodPost, Path: path + "/rotate-secret", Audience: rest.Staff, Roles: admin, Service: Service,
		Summary: "Give an endpoint a new secret",
		About:   "The answer has it, once. For 24 hours messages are signed by both, the new one and the one before, so that the partner can change over without missing anything; of two rotations within that time only the last one's counts.",
		Events:  []string{string(event.TypeConfigurationChanged)},
		Faults:  []*fault.Fault{webhook.ErrUnknown, fault.ErrStale},
		Answer:  Secret{exampleView, exampleSecret},
	}, func(ctx context.Context, in *EndpointPath) (*secretOutput, error) {
		made, err := once.Do(ctx, s.Store, rest.Once(ctx, "rotateWebhookSecret", in), func(use *once.Use) (webhook.Endpoint, error) {
			was, err := s.endpoint(ctx, in.EndpointID)
			if err != nil {
				return was, err
			}
			next := was.Rotated(s.Clock.Now())
			if err := use.Answer(next); err != nil {
				return next, err
			}
			return next, s.Store.SaveEndpoint(ctx, use, next)
		})
		if err != nil {
			return nil, err
		}
		return s.secretOf(made), nil
	})
}
