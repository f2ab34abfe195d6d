// Package access makes running sessions follow what is true of their account: it ends those of an account that is barred and gives those of
// others their speed, by RADIUS Disconnect and CoA, and closes the sessions of a NAS that began anew.
package access

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/subscriber"
)

// Store keeps accounts and sessions.
type Store interface {
	SubscriberLive(ctx context.Context, tenant id.Tenant, username string) (subscriber.Account, subscriber.Live, error)
	ChangeLive(ctx context.Context, tenant id.Tenant, username string, decide func(subscriber.Account, subscriber.Live) (subscriber.Live, []event.Envelope, error)) error
	OnlineAt(ctx context.Context, tenant id.Tenant, nas, after string) (usernames []string, next string, err error)
}

// NAS speaks RFC 5176 to the NASes.
type NAS interface {
	// Disconnect ends a session and says how: acknowledged, or unknown to the NAS, which is as good. Anything else is an error.
	Disconnect(ctx context.Context, username string, s subscriber.Session) (how string, err error)
	// ChangeSpeed gives a session another speed.
	ChangeSpeed(ctx context.Context, username string, s subscriber.Session, downKbps, upKbps int64) error
}

// Consumer handles access.changed and nas.restarted.
type Consumer struct {
	Store Store
	NAS   NAS
	Clock clock.Clock
}

// Handle handles one event.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	if e.Type == event.TypeNASRestarted {
		var restarted event.NASRestarted
		if err := event.Decode(e, &restarted); err != nil {
			return err
		}
		return c.restarted(ctx, e.Tenant, restarted)
	}
	var changed event.AccessChanged
	if err := event.Decode(e, &changed); err != nil {
		return err
	}
	a, live, err := c.Store.SubscriberLive(ctx, e.Tenant, changed.Username)
	if errors.Is(err, subscriber.ErrUnknown) {
		return nil // it has ended, and so has whatever ran on it
	}
	if err != nil {
		return err
	}
	var failed error
	for _, s := range live.Sessions {
		if !s.Open() {
			continue
		}
		switch err := c.follow(ctx, a, s); { // the others of an account do not wait for one
		case fault.Transient(err): // first, so that it is tried again whatever became of others
			failed = errors.Join(err, failed)
		default:
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// follow makes a session follow its account as that is now; the event may be old. How it went is recorded with the session.
func (c Consumer) follow(ctx context.Context, a subscriber.Account, s subscriber.Session) error {
	note := func(what string) error {
		return c.change(ctx, a.Tenant, a.Username, func(was subscriber.Live) subscriber.Live { return was.Noted(s.UniqueID, what) })
	}
	if a.Barred == "" {
		err := c.NAS.ChangeSpeed(ctx, a.Username, s, a.DownKbps, a.UpKbps)
		return errors.Join(err, note(subscriber.Outcome(err, "speed changed")))
	}
	how, err := c.NAS.Disconnect(ctx, a.Username, s)
	if err != nil {
		return errors.Join(err, note(subscriber.Outcome(err, "")))
	}
	return c.end(ctx, a.Tenant, a.Username, func(o subscriber.Session) bool { return o.UniqueID == s.UniqueID }, how, c.Clock.Now().Truncate(time.Millisecond))
}

func (c Consumer) end(ctx context.Context, tenant id.Tenant, username string, which func(subscriber.Session) bool, why string, at time.Time) error {
	return c.change(ctx, tenant, username, func(was subscriber.Live) subscriber.Live {
		is, _ := was.End(which, why, at)
		return is
	})
}

// change changes what is known of an account's use. Of one that has ended meanwhile there is nothing to change.
func (c Consumer) change(ctx context.Context, tenant id.Tenant, username string, decide func(subscriber.Live) subscriber.Live) error {
	err := c.Store.ChangeLive(ctx, tenant, username, func(_ subscriber.Account, was subscriber.Live) (subscriber.Live, []event.Envelope, error) {
		return decide(was), nil, nil
	})
	if errors.Is(err, subscriber.ErrUnknown) {
		return nil
	}
	return err
}

// restarted closes the sessions of a NAS that began before it did.
func (c Consumer) restarted(ctx context.Context, tenant id.Tenant, r event.NASRestarted) error {
	for after := ""; ; {
		online, next, err := c.Store.OnlineAt(ctx, tenant, r.NAS, after)
		if err != nil {
			return err
		}
		for _, username := range online {
			if err := c.end(ctx, tenant, username, func(s subscriber.Session) bool { return s.NAS == r.NAS && s.Began.Before(r.At) }, "NAS restarted", r.At); err != nil {
				return err
			}
		}
		if after = next; after == "" {
			return nil
		}
	}
}
