// Package webhook owns how the operator's partners are told of events: endpoints, which events may go to one, how a message is signed, and
// when it is tried again. README.md beside this file is the guide for partners.
//
// It does not own how a message is sent (external/webhook), nor when (consumer/webhooks).
package webhook

import (
	"slices"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// The faults of webhooks.
var (
	ErrUnknown         = fault.New(fault.NotFound, "webhook_endpoint_not_found", "There is no such endpoint.", "integrator")
	ErrInvalid         = fault.New(fault.Invalid, "webhook_endpoint_invalid", "No events can be sent like this.", "integrator")
	ErrTooMany         = fault.New(fault.Conflict, "webhook_endpoints_exhausted", "There are as many endpoints as there may be. Delete one first.", "integrator")
	ErrDisabled        = fault.New(fault.Conflict, "webhook_endpoint_disabled", "The endpoint is disabled. Enable it first.", "integrator")
	ErrDeliveryUnknown = fault.New(fault.NotFound, "webhook_delivery_not_found", "There is no such delivery, or it was longer ago than they are kept.", "integrator")
	ErrRange           = fault.New(fault.Invalid, "webhook_replay_range_invalid", "The range cannot be replayed.", "integrator")
	// ErrMoved is for consumers: somebody else has just written the same.
	ErrMoved = fault.New(fault.Unavailable, "webhook_delivery_moved", "The delivery was changed at this moment. Please try again.", "operator")
)

// Most is how many endpoints a client account may have.
const Most = 20

// Overlap is how long the secret before is good after a rotation.
const Overlap = 24 * time.Hour

// Reason is why an endpoint is disabled.
type Reason string

// The reasons.
const (
	ByStaff Reason = "staff"   // somebody of the staff did it
	Gone    Reason = "gone"    // it answered 410: the partner wants no more
	Failing Reason = "failing" // nothing got through from the first to the last try of a delivery
)

// Endpoint is where a partner receives events.
type Endpoint struct {
	Tenant       id.Tenant
	ID           id.Endpoint
	Terms        Terms
	Reason       Reason    // when it is disabled
	DisabledAt   time.Time // likewise
	FailingSince time.Time // since when nothing got through; zero when the last message did
	Generation   int       // of its secret, from 1
	RotatedAt    time.Time // when the present generation began; zero of the first
	CreatedAt    time.Time
	Version      int64 // counts what staff see change
	Revision     int64 // counts every change
}

// Terms are what staff can set of an endpoint.
type Terms struct {
	URL         string
	Types       []event.Type // that it wants; none are all that go out, those to come too
	Enabled     bool
	Description string
}

// Open makes an endpoint.
func Open(tenant id.Tenant, terms Terms, now time.Time) Endpoint {
	e := Endpoint{Tenant: tenant, ID: id.New[id.Endpoint](id.EndpointPrefix, now), Generation: 1, CreatedAt: now}
	e = e.Changed(terms, now)
	return e
}

// Wants tells whether an event is selected for it.
func (e Endpoint) Wants(ev event.Envelope) bool {
	return GoesOut(ev) && (len(e.Terms.Types) == 0 || slices.Contains(e.Terms.Types, ev.Type))
}

// Changed has other terms. One that is enabled begins anew, whatever failed before.
func (e Endpoint) Changed(to Terms, now time.Time) Endpoint {
	switch was := e.Terms.Enabled || e.Version == 0; {
	case to.Enabled:
		e.Reason, e.DisabledAt, e.FailingSince = "", time.Time{}, time.Time{}
	case was:
		e = e.disabled(ByStaff, now)
	}
	e.Terms = to
	e.Version, e.Revision = e.Version+1, e.Revision+1
	return e
}

func (e Endpoint) disabled(why Reason, now time.Time) Endpoint {
	e.Terms.Enabled, e.Reason, e.DisabledAt = false, why, now
	return e
}

// Rotated has a new secret; the one before is good for a while, one before that no more.
func (e Endpoint) Rotated(now time.Time) Endpoint {
	e.Generation, e.RotatedAt = e.Generation+1, now
	e.Version, e.Revision = e.Version+1, e.Revision+1
	return e
}

// PreviousUntil is until when the secret before the last rotation is good; zero when it is not.
func (e Endpoint) PreviousUntil(now time.Time) time.Time {
	if until := e.RotatedAt.Add(Overlap); e.Generation > 1 && now.Before(until) {
		return until
	}
	return time.Time{}
}

// After is how an endpoint stands after a try of a delivery, with what is to be announced; it is e as it was when that says nothing new.
func (e Endpoint) After(d Delivery, now time.Time) (Endpoint, []event.Data) {
	if !e.Terms.Enabled {
		return e, nil
	}
	next := e
	switch {
	case d.State == Delivered:
		next.FailingSince = time.Time{}
	case e.FailingSince.IsZero():
		next.FailingSince = d.Last.At
		if d.Tries == 1 {
			next.FailingSince = d.Since
		}
	}
	switch {
	case d.State == Delivered:
	case d.Last.Status == statusGone:
		next = next.disabled(Gone, now)
	case d.State == Failed && !next.FailingSince.After(d.Since):
		next = next.disabled(Failing, now)
	}
	if next.Terms.Enabled && next.FailingSince.Equal(e.FailingSince) {
		return e, nil
	}
	next.Revision++
	if next.Terms.Enabled {
		return next, nil
	}
	next.Version++
	return next, []event.Data{event.WebhookEndpointDisabled{EndpointID: e.ID, Reason: string(next.Reason), FailingSince: next.FailingSince}}
}
