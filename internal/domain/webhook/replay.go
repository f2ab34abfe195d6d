package webhook

import (
	"slices"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
)

// A replay goes on each minute with so many deliveries, so that an endpoint that was away is not run over by what it missed.
const (
	ReplayStep  = 50
	ReplayEvery = time.Minute
)

// Replay sends again what was selected for an endpoint in a range of time.
type Replay struct {
	Tenant   id.Tenant
	Endpoint id.Endpoint
	ID       id.Replay
	From     time.Time // of events, by when they became true
	Until    time.Time // the first moment after it
	Types    []event.Type
	After    id.Delivery // the last one that was looked at
	Sent     int         // deliveries that were begun anew
	Next     time.Time   // when it goes on; zero when it is over
	At       time.Time   // when it was asked for
	Version  int64
}

// Replays begins a replay of an endpoint.
func (e Endpoint) Replays(from, until time.Time, of []event.Type, now time.Time) (Replay, error) {
	switch {
	case !e.Terms.Enabled:
		return Replay{}, ErrDisabled
	case !from.Before(until):
		return Replay{}, ErrRange.Naming("body.until", "not after from")
	case from.Before(now.Add(-Kept)):
		return Replay{}, ErrRange.Naming("body.from", "longer ago than deliveries are kept")
	case slices.ContainsFunc(of, func(t event.Type) bool { return !slices.Contains(types, t) }):
		return Replay{}, ErrRange.Naming("body.eventTypes", "has a type that does not go out")
	}
	return Replay{Tenant: e.Tenant, Endpoint: e.ID, ID: id.New[id.Replay](id.ReplayPrefix, now), From: from, Until: until, Types: of, Next: now, At: now, Version: 1}, nil
}

// Due tells whether it goes on.
func (r Replay) Due(now time.Time) bool { return !r.Next.IsZero() && !r.Next.After(now) }

// Takes tells whether a delivery in the range is sent again.
func (r Replay) Takes(d Delivery) bool {
	return d.Type != Test && (len(r.Types) == 0 || slices.Contains(r.Types, d.Type))
}

// Went is how it stands after a step up to a delivery; it is over when there are no more.
func (r Replay) Went(to id.Delivery, sent int, more bool, now time.Time) Replay {
	r.After, r.Sent, r.Next = to, r.Sent+sent, time.Time{}
	if more {
		r.Next = now.Add(ReplayEvery)
	}
	r.Version++
	return r
}
