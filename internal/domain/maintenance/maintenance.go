// Package maintenance owns the windows in which the network is worked on: what may be announced, and what may be changed of it when.
//
// A window takes its time out of the uptime that is promised, so that what is said of it must not be said with hindsight: it is
// announced before it begins, what has begun can only be ended or extended, and what is over stays as it was.
package maintenance

import (
	"context"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// Longest is how long a window may be.
const Longest = 24 * time.Hour

// The faults of windows.
var (
	ErrUnknown = fault.New(fault.NotFound, "maintenance_not_found", "There is no such maintenance.", "operator")
	ErrSpan    = fault.New(fault.Invalid, "maintenance_span_invalid", "Maintenance has to end after it begins, and within 24 hours.", "operator")
	ErrPast    = fault.New(fault.Conflict, "maintenance_not_ahead", "Maintenance has to be announced before it begins.", "operator")
	ErrBegun   = fault.New(fault.Conflict, "maintenance_begun", "The maintenance has begun: only its end and its note can be changed.", "operator")
	ErrOver    = fault.New(fault.Conflict, "maintenance_over", "The maintenance is over and stays as it was.", "operator")
)

// Terms are what staff announce.
type Terms struct {
	Start, End time.Time // half-open, in whole seconds
	OLT        string    // on whose lines; empty is the whole network
	Note       string    // for customers, in the operator's own words
}

// Window is an announced time in which the network is worked on.
type Window struct {
	Tenant id.Tenant
	ID     id.Maintenance
	Terms
	By      string    // who of the staff announced it
	At      time.Time // when
	Version int64     // counts changes, from 1
}

// State of a window at a time.
type State string

// The states.
const (
	Coming  State = "coming"
	Running State = "running"
	Over    State = "over"
)

// State tells how far a window is.
func (w Window) State(now time.Time) State {
	switch {
	case now.Before(w.Start):
		return Coming
	case now.Before(w.End):
		return Running
	}
	return Over
}

// Concerns tells whether the lines of an OLT are in the window's scope.
func (w Window) Concerns(olt string) bool { return w.OLT == "" || w.OLT == olt }

// whole is the terms in whole seconds of UTC, as they are counted.
func (t Terms) whole() Terms {
	t.Start, t.End = t.Start.UTC().Truncate(time.Second), t.End.UTC().Truncate(time.Second)
	return t
}

// Announce is the window as somebody of the staff wants it from now on; the zero Version of w is of one that is not there yet. What
// changes nothing is the same window and no event, also when it comes so late that it could not be announced any more.
func (w Window) Announce(ctx context.Context, t Terms, by string, now time.Time) (next Window, events []event.Envelope, err error) {
	t = t.whole()
	if w.Version > 0 && t == w.Terms.whole() {
		return w, nil, nil
	}
	if !t.End.After(t.Start) || t.End.Sub(t.Start) > Longest {
		return w, nil, ErrSpan.Naming("body.end", "after the start, and at most 24 hours")
	}
	state := Coming
	if w.Version > 0 {
		state = w.State(now)
	}
	switch {
	case state == Over:
		return w, nil, ErrOver
	case state == Running && (!t.Start.Equal(w.Start) || t.OLT != w.OLT):
		return w, nil, ErrBegun
	case state == Coming && t.Start.Before(now):
		return w, nil, ErrPast
	}
	next = w
	next.Terms, next.Version = t, w.Version+1
	if w.Version > 0 {
		return next, []event.Envelope{event.New(ctx, w.Tenant, now, event.MaintenanceChanged{Maintenance: next.told()})}, nil
	}
	next.By, next.At = by, now
	return next, []event.Envelope{event.New(ctx, w.Tenant, now, event.MaintenanceAnnounced{Maintenance: next.told()})}, nil
}

// Withdraw tells that a window will not be; one that has begun was, and can only be ended.
func (w Window) Withdraw(ctx context.Context, now time.Time) ([]event.Envelope, error) {
	switch w.State(now) {
	case Running:
		return nil, ErrBegun
	case Over:
		return nil, ErrOver
	}
	return []event.Envelope{event.New(ctx, w.Tenant, now, event.MaintenanceWithdrawn{Maintenance: w.told()})}, nil
}

func (w Window) told() event.Maintenance {
	return event.Maintenance{MaintenanceID: w.ID, Start: w.Start, End: w.End, OLT: w.OLT, Note: w.Note}
}
