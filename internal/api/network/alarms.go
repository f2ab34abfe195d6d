package network

import (
	"context"
	"errors"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/provisioning"
	"turnup/internal/platform/rest"
)

// Alarm is what the access network tells of an ONU.
type Alarm struct {
	Kind   string // loss_of_signal, dying_gasp, …; empty of what is no alarm of an ONU
	Raised bool
	Serial string
	At     time.Time
}

// Lines finds services by their ONU.
type Lines interface {
	ServiceWithONU(ctx context.Context, tenant id.Tenant, serial string) (provisioning.Service, error)
	ChangeService(ctx context.Context, use *once.Use, tenant id.Tenant, s id.Service, decide func(provisioning.Service, time.Time) (provisioning.Service, []event.Envelope, error)) error
}

// AlarmDeps are the parts that take alarms.
type AlarmDeps struct {
	Store Lines
	// Read reads a voltha.Event as JSON; the zero Alarm of one that is none.
	Read func(body []byte) (Alarm, error)
}

type alarmInput struct {
	RawBody []byte `contentType:"application/json" doc:"A voltha.Event as protojson, as a bridge from the topic voltha.events posts it"`
}

// RegisterAlarms adds what the access network calls to an API.
func RegisterAlarms(a *rest.API, d AlarmDeps) {
	rest.Register(a, rest.Op{
		ID: "receiveLineAlarm", Method: http.MethodPost, Path: "/network/onu-events", Audience: rest.Machine, Service: Service, Status: http.StatusNoContent,
		Summary: "Take an event of the access network",
		About:   "Alarms of ONUs that belong to services show at the service, in its health, and as an event; those of others, and events that are no alarms, are taken and dropped. Repeating changes nothing.",
		Events:  []string{string(event.TypeLineAlarmed)},
		Request: map[string]any{"header": map[string]any{"id": "1", "category": "EQUIPMENT", "type": "DEVICE_EVENT"}, "deviceEvent": map[string]any{"deviceEventName": "ONU_LOSS_OF_SIGNAL_RAISE_EVENT"}},
	}, func(ctx context.Context, in *alarmInput) (*struct{}, error) {
		alarm, err := d.Read(in.RawBody)
		switch {
		case err != nil:
			return nil, fault.ErrInvalid.Because(err)
		case alarm.Kind == "" || alarm.Serial == "":
			return nil, nil
		case alarm.At.IsZero():
			alarm.At = rest.Arrived(ctx)
		}
		return nil, d.take(ctx, alarm)
	})
}

func (d AlarmDeps) take(ctx context.Context, alarm Alarm) error {
	tenant := rest.CallerOf(ctx).Tenant
	s, err := d.Store.ServiceWithONU(ctx, tenant, alarm.Serial)
	if errors.Is(err, provisioning.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	return d.Store.ChangeService(ctx, nil, tenant, s.ID, func(was provisioning.Service, now time.Time) (provisioning.Service, []event.Envelope, error) {
		next, moved := was.Noticed(alarm.Kind, alarm.Raised, alarm.At)
		if !moved {
			return was, nil, nil
		}
		return next, []event.Envelope{event.New(ctx, tenant, now, event.LineAlarmed{ServiceID: s.ID, CustomerID: s.Customer, Alarm: alarm.Kind, Raised: alarm.Raised, At: alarm.At})}, nil
	})
}
