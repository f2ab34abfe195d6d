package webhookadmin

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/webhook"
	"turnup/internal/platform/rest"
)

type delivery struct {
	DeliveryID  id.Delivery   `json:"deliveryId" doc:"Id of the delivery" example:"whd_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	MessageID   id.Event      `json:"messageId" doc:"The webhook-id: the event's id" example:"evt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Type        event.Type    `json:"eventType" doc:"Type of the event; webhook.test of what testWebhookEndpoint sends" example:"order.paid"`
	At          time.Time     `json:"eventAt" doc:"When the event became true" example:"2030-01-01T12:00:00Z"`
	State       webhook.State `json:"state" enum:"waiting,delivered,failed,held" doc:"waiting: it is sent, or will be; delivered; failed: after the last try, or a 410; held: the endpoint was disabled" example:"waiting"`
	Since       time.Time     `json:"since" doc:"When it was begun to be sent, at first or again" example:"2030-01-01T12:00:01Z"`
	Tries       int           `json:"tries" doc:"How often it was tried since then" example:"1"`
	Next        *time.Time    `json:"nextTry,omitempty" doc:"When it is tried" example:"2030-01-01T12:01:02Z"`
	Last        *webhook.Try  `json:"lastTry,omitempty" doc:"What came of the last one"`
	DeliveredAt *time.Time    `json:"deliveredAt,omitempty" doc:"When it got through, at last" example:"2030-01-01T12:01:02Z"`
}

type deliveryOutput struct{ Body delivery }

func deliveryOf(d webhook.Delivery) delivery {
	return delivery{DeliveryID: d.ID, MessageID: d.Message, Type: d.Type, At: d.At, State: d.State, Since: d.Since, Tries: d.Tries, Next: set(d.Next), Last: d.Last, DeliveredAt: set(d.DeliveredAt)}
}

var (
	exampleNext     = exampleAt.Add(62 * time.Second)
	exampleDelivery = delivery{DeliveryID: "whd_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", MessageID: "evt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Type: event.TypeOrderPaid, At: exampleAt, State: webhook.Waiting, Since: exampleAt.Add(time.Second),
		Tries: 1, Next: &exampleNext, Last: &webhook.Try{At: exampleAt.Add(2 * time.Second), Status: http.StatusServiceUnavailable, Millis: 212, Excerpt: "Service Unavailable"}}
	exampleBegun = delivery{DeliveryID: exampleDelivery.DeliveryID, MessageID: exampleDelivery.MessageID, Type: event.TypeOrderPaid, At: exampleAt, State: webhook.Waiting, Since: exampleAt, Next: &exampleAt}
)

type deliveriesInput struct {
	EndpointPath
	State  webhook.State `query:"state" enum:"waiting,delivered,failed,held" doc:"Only those in this state" example:"failed"`
	Limit  int32         `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Most deliveries a page"`
	Cursor string        `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"REVMI3doZF8wMUpEM1E2VjZLOE00SDBXWjBWNVEzWTFYQQ"`
}

type deliveries struct {
	Deliveries []delivery `json:"deliveries" nullable:"false" doc:"The newest event first"`
	Next       string     `json:"nextCursor,omitempty" doc:"Give it as cursor to get the next page; absent at the end" example:"REVMI3doZF8wMUpEM1E2VjZLOE00SDBXWjBWNVEzWTFYQQ"`
}

type deliveriesOutput struct{ Body deliveries }

func (s service) registerDeliveries(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "listWebhookDeliveries", Method: http.MethodGet, Path: path + "/deliveries", Audience: rest.Staff, Roles: admin, Service: Service,
		Summary: "List what was sent to an endpoint",
		About:   "What became of each event that was selected for it, in the last 30 days.",
		Faults:  []*fault.Fault{webhook.ErrUnknown, fault.ErrCursor},
		Answer:  deliveries{Deliveries: []delivery{exampleDelivery}},
	}, s.deliveries)
}

func (s service) deliveries(ctx context.Context, in *deliveriesInput) (*deliveriesOutput, error) {
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	if _, err := s.endpoint(ctx, in.EndpointID); err != nil {
		return nil, err
	}
	page, next, err := s.Store.WebhookDeliveries(ctx, rest.CallerOf(ctx).Tenant, in.EndpointID, in.State, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &deliveriesOutput{deliveries{Deliveries: []delivery{}, Next: rest.Cursor(next)}}
	for _, d := range page {
		out.Body.Deliveries = append(out.Body.Deliveries, deliveryOf(d))
	}
	return out, nil
}

type retryInput struct {
	EndpointPath
	DeliveryID id.Delivery `path:"deliveryId" maxLength:"40" pattern:"^whd_[0-9A-Z]{26}$" patternDescription:"a delivery's id" doc:"Id of the delivery" example:"whd_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type replayInput struct {
	EndpointPath
	Body Range
}

// Range is what is replayed.
type Range struct {
	From  time.Time    `json:"from" doc:"Events from then on, by when they became true; at most 30 days ago" example:"2030-01-01T00:00:00Z"`
	Until time.Time    `json:"until" doc:"And before this time" example:"2030-01-01T12:00:00Z"`
	Types []event.Type `json:"eventTypes,omitempty" nullable:"false" maxItems:"100" doc:"Only of these types; all when left out" example:"[\"order.paid\"]"`
}

type replaying struct {
	ReplayID id.Replay `json:"replayId" doc:"Id of the replay" example:"whr_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Range
	Pace int `json:"perMinute" doc:"How many deliveries are begun each minute" example:"50"`
}

type replayOutput struct{ Body replaying }

func (s service) registerSending(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "testWebhookEndpoint", Method: http.MethodPost, Path: path + "/test", Audience: rest.Staff, Roles: admin, Service: Service, Status: http.StatusAccepted,
		Summary: "Send a test event",
		About:   "A message of type webhook.test, signed and tried again like every other. What came of it is in listWebhookDeliveries in a moment.",
		Faults:  []*fault.Fault{webhook.ErrUnknown, webhook.ErrDisabled},
		Events:  []string{string(event.TypeTimerDue)},
		Answer:  exampleBegun,
	}, func(ctx context.Context, in *EndpointPath) (*deliveryOutput, error) {
		return s.send(ctx, rest.Once(ctx, "testWebhookEndpoint", in), in.EndpointID, func(e webhook.Endpoint) (was, is webhook.Delivery, err error) {
			is, err = e.Trial(s.Clock.Now())
			return was, is, err
		})
	})
	rest.Register(a, rest.Op{
		ID: "retryWebhookDelivery", Method: http.MethodPost, Path: path + "/deliveries/{deliveryId}/retry", Audience: rest.Staff, Roles: admin, Service: Service, Status: http.StatusAccepted,
		Summary: "Send one delivery again",
		About:   "At once, whatever became of it, and tried again for three days like a new one. The message is the same, with the same webhook-id.",
		Faults:  []*fault.Fault{webhook.ErrUnknown, webhook.ErrDeliveryUnknown, webhook.ErrDisabled, webhook.ErrMoved},
		Events:  []string{string(event.TypeTimerDue)},
		Answer:  exampleBegun,
	}, func(ctx context.Context, in *retryInput) (*deliveryOutput, error) {
		return s.send(ctx, rest.Once(ctx, "retryWebhookDelivery", in), in.EndpointID, func(e webhook.Endpoint) (was, is webhook.Delivery, err error) {
			if !e.Terms.Enabled {
				return was, is, webhook.ErrDisabled
			}
			was, err = s.Store.WebhookDelivery(ctx, e.Tenant, e.ID, in.DeliveryID)
			return was, was.Again(s.Clock.Now()), err
		})
	})
	asked := Range{From: exampleAt.Add(-12 * time.Hour), Until: exampleAt, Types: []event.Type{event.TypeOrderPaid}}
	rest.Register(a, rest.Op{
		ID: "replayWebhookEndpoint", Method: http.MethodPost, Path: path + "/replay", Audience: rest.Staff, Roles: admin, Service: Service, Status: http.StatusAccepted,
		Summary: "Send again what was selected in a range of time",
		About: "All deliveries of events in the range, whatever became of them, those that were held too; so many a minute, the oldest first. The messages are the same, with the same webhook-ids. " +
			"What was not selected by the filter then is not sent.",
		Faults:  []*fault.Fault{webhook.ErrUnknown, webhook.ErrDisabled, webhook.ErrRange.Naming("body.until", "not after from")},
		Events:  []string{string(event.TypeTimerDue)},
		Request: asked,
		Answer:  replaying{"whr_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", asked, webhook.ReplayStep},
	}, s.replay)
}

// send begins a delivery once.
func (s service) send(ctx context.Context, key once.Request, of id.Endpoint, begin func(webhook.Endpoint) (was, is webhook.Delivery, err error)) (*deliveryOutput, error) {
	begun, err := once.Do(ctx, s.Store, key, func(use *once.Use) (delivery, error) {
		e, err := s.endpoint(ctx, of)
		if err != nil {
			return delivery{}, err
		}
		was, is, err := begin(e)
		if err != nil {
			return delivery{}, err
		}
		out := deliveryOf(is)
		if err := use.Answer(out); err != nil {
			return out, err
		}
		return out, s.Store.SendDelivery(ctx, use, was, is)
	})
	if err != nil {
		return nil, err
	}
	return &deliveryOutput{begun}, nil
}

func (s service) replay(ctx context.Context, in *replayInput) (*replayOutput, error) {
	begun, err := once.Do(ctx, s.Store, rest.Once(ctx, "replayWebhookEndpoint", in), func(use *once.Use) (webhook.Replay, error) {
		e, err := s.endpoint(ctx, in.EndpointID)
		if err != nil {
			return webhook.Replay{}, err
		}
		r, err := e.Replays(in.Body.From, in.Body.Until, in.Body.Types, s.Clock.Now())
		if err != nil {
			return r, err
		}
		if err := use.Answer(r); err != nil {
			return r, err
		}
		return r, s.Store.BeginReplay(ctx, use, r)
	})
	if err != nil {
		return nil, err
	}
	return &replayOutput{replaying{begun.ID, in.Body, webhook.ReplayStep}}, nil
}
