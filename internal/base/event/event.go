// Package event has the domain events: the envelope they all share and the data of each type.
//
// An event says what has become true, in the past tense. It is written into the outbox by the transaction that made
// it true and travels from there to the bus. Each type has a JSON Schema and a sample in schemas/, which
// internal/check holds against producers, consumers and the types below. Versions are added, never changed.
package event

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// Type names a kind of event: noun.pastTense.
type Type string

// Envelope is what every event carries.
type Envelope struct {
	ID            id.Event        `json:"id" dynamodbav:"id"`
	Type          Type            `json:"type" dynamodbav:"type"`
	Version       int             `json:"version" dynamodbav:"version"`
	Time          time.Time       `json:"time" dynamodbav:"time"` // when it became true, RFC 3339 UTC
	Tenant        id.Tenant       `json:"tenant" dynamodbav:"tenant"`
	CorrelationID string          `json:"correlationId" dynamodbav:"correlationId"` // one per customer request, from API to mail
	CausationID   string          `json:"causationId" dynamodbav:"causationId"`     // id of the request or event that led to it
	Actor         string          `json:"actor,omitempty" dynamodbav:"actor"`       // who made it true, as Trace says; none of events from before there were actors
	Data          json.RawMessage `json:"data" dynamodbav:"data"`
}

// Data is the payload of one event type.
type Data interface{ EventType() (Type, int) }

// New makes an event that became true at the given time. Correlation and causation come from the context.
func New(ctx context.Context, tenant id.Tenant, at time.Time, data Data) Envelope {
	raw, err := json.Marshal(data)
	if err != nil {
		panic(fmt.Sprintf("event: %T cannot be encoded: %v", data, err)) // payloads are plain structs of ours
	}
	typ, version := data.EventType()
	trace := TraceOf(ctx)
	return Envelope{ID: id.New[id.Event](id.EventPrefix, at), Type: typ, Version: version, Time: at.UTC(), Tenant: tenant,
		CorrelationID: trace.Correlation, CausationID: trace.Causation, Actor: trace.Actor, Data: raw}
}

// Decode reads the payload of an envelope into data, after checking that it is of that type and version. What does not
// fit is fault.ErrInvalid: delivering it again cannot help.
func Decode(e Envelope, data Data) error {
	typ, version := data.EventType()
	if e.Type != typ || e.Version != version {
		return fault.ErrInvalid.Because(fmt.Errorf("event: %s v%d is not %s v%d", e.Type, e.Version, typ, version))
	}
	if err := json.Unmarshal(e.Data, data); err != nil {
		return fault.ErrInvalid.Because(fmt.Errorf("event: data of %s: %w", e.Type, err))
	}
	return nil
}

// As is Decode for one of several types.
func As[T Data, P interface {
	*T
	Data
}](e Envelope) (Data, error) {
	var data T
	err := Decode(e, P(&data))
	return data, err
}

// Trace ties everything one request leads to together.
type Trace struct {
	Correlation string // the same from the API call to the mail
	Causation   string // the step before
	Actor       string // who acts: customer:cus_…, staff:<who>, system:<function>, provider:<which>, machine:<which> or anonymous
}

// System is the actor of a function that acts by itself.
func System(function string) string { return "system:" + function }

type traceKey struct{}

// WithTrace puts the trace into the context.
func WithTrace(ctx context.Context, t Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceOf reads the trace from the context; empty when there is none.
func TraceOf(ctx context.Context) Trace {
	t, _ := ctx.Value(traceKey{}).(Trace)
	return t
}

// Caused is the context of a consumer that handles an event: same correlation, the event as the cause, the consumer as the
// actor.
func Caused(ctx context.Context, e Envelope, consumer string) context.Context {
	return WithTrace(ctx, Trace{Correlation: e.CorrelationID, Causation: string(e.ID), Actor: System(consumer)})
}
