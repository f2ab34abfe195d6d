package account

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
)

// ErrSessionUnknown is for a session that is over, was never there, or is another's.
var ErrSessionUnknown = fault.New(fault.NotFound, "session_not_found", "There is no such session.", "customer")

// Ending is the end of one session.
type Ending struct {
	Tenant  id.Tenant
	Account id.Customer
	Session id.Session
	Use     *once.Use // the Idempotency-Key; nil where no request asked under one
	Events  []event.Envelope
}

// endSessions ends every session that began until now, but for one; "" spares none.
func (k Credentials) endSessions(now time.Time, spared id.Session) Credentials {
	k.EndedAt, k.Spared = now, spared
	return k
}

// Logout ends the session of a request. It is harmless when there is none, or none any more.
func (s Security) Logout(ctx context.Context, a Asked) error {
	_, err := once.Do(ctx, s.Store, a.Key, func(use *once.Use) (done, error) {
		err := use.Answer(done{})
		if err == nil && a.Session != "" {
			err = s.end(ctx, a, a.Session, use, "logout")
		}
		if errors.Is(err, ErrSessionUnknown) || errors.Is(err, ErrUnknown) {
			err = nil
		}
		return done{}, err
	})
	return err
}

// Revoke ends one of the account's sessions, which may be that of the request.
func (s Security) Revoke(ctx context.Context, a Asked, session id.Session) error {
	if _, err := s.Read(ctx, a); err != nil {
		return err
	}
	return s.end(ctx, a, session, nil, "revoked")
}

// end ends a session that runs.
func (s Security) end(ctx context.Context, a Asked, session id.Session, use *once.Use, why string) error {
	o, err := s.Store.Own(ctx, a.Key, a.Account, session)
	if err != nil {
		return err
	}
	if o.Session.ID == "" || o.Session.Over(o.Credentials, s.Clock.Now()) {
		return ErrSessionUnknown
	}
	now, err := s.Store.Now(ctx, a.Key.Tenant, o.Customer.TestClock)
	if err != nil {
		return err
	}
	return s.Store.EndSession(ctx, Ending{Tenant: a.Key.Tenant, Account: a.Account, Session: session, Use: use,
		Events: []event.Envelope{event.New(ctx, a.Key.Tenant, now, event.SessionEnded{CustomerID: a.Account, SessionID: session, Why: why})}})
}

// EndAll ends every session of the account; that of the request goes on if it shall. It is one write, however many there are.
func (s Security) EndAll(ctx context.Context, a Asked, keepCurrent bool) error {
	_, err := perform(ctx, s, a, step[done]{accept: func(o Owned, now time.Time) (Change, done, error) {
		var spared id.Session
		if keepCurrent {
			spared = a.Session
		}
		change := o.with(o.Credentials.endSessions(s.Clock.Now(), spared))
		change.Events = []event.Envelope{event.New(ctx, change.Tenant, now, event.SessionEnded{CustomerID: change.Account, Why: "revoked"})}
		return change, done{}, nil
	}})
	return err
}

// ResetSecondFactor takes the second factor from a customer who lost both authenticator and recovery codes, and ends all their
// sessions: staff do it, who made sure who asks. Where there is none nothing happens.
func (s Security) ResetSecondFactor(ctx context.Context, key once.Request, account id.Customer, reason string) error {
	_, err := perform(ctx, s, Asked{Key: key, Account: account}, step[done]{
		refuse: func(o Owned) error {
			if !o.Credentials.SecondFactor.Active() {
				return ErrSecondFactorAbsent
			}
			return nil
		},
		accept: func(o Owned, now time.Time) (Change, done, error) {
			k := o.Credentials.endSessions(s.Clock.Now(), "")
			k.SecondFactor = nil
			change := o.with(k)
			change.Events = []event.Envelope{
				event.New(ctx, change.Tenant, now, event.SecondFactorDisabled{CustomerID: change.Account, By: "staff", Reason: reason}),
				event.New(ctx, change.Tenant, now, event.SessionEnded{CustomerID: change.Account, Why: "staff"})}
			return change, done{}, nil
		},
	})
	if errors.Is(err, ErrSecondFactorAbsent) {
		return nil
	}
	return err
}
