package account

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
)

// Refresh makes a session's next turn. The token of the turn before is answered with the same successor for a short grace,
// because its answer may have been lost; any older one shows that somebody has a copy: the session is over, for both.
func (g Gate) Refresh(ctx context.Context, key once.Request, r token.Refresh, address, device string) (SignedIn, error) {
	for {
		c, k, s, err := g.Store.Session(ctx, r.Tenant, r.Account, r.Session)
		now := g.Clock.Now().Truncate(time.Millisecond)
		switch {
		case errors.Is(err, ErrUnknown):
			return SignedIn{}, token.ErrInvalid.Because(err)
		case err != nil:
			return SignedIn{}, err
		case s.ID == "" || s.Over(k, now) || c.Gone():
			return SignedIn{}, token.ErrInvalid.Because(errors.New("the session is over"))
		case r.Turn != s.Turn:
			return g.again(ctx, key, r, c, s, now)
		}
		s.Turn, s.TurnedAt, s.ExpiresAt, s.Address, s.Device = s.Turn+1, now, c.idleAt(now), address, clip(device)
		done := signedIn(c, s)
		use := &once.Use{Request: key}
		if err := use.Answer(done); err != nil {
			return done, err
		}
		err = g.Store.Turn(ctx, use, s)
		var replay *once.Replay
		switch {
		case errors.Is(err, fault.ErrStale):
			continue // somebody else with the same token: both get the same answer
		case errors.As(err, &replay):
			return decode(replay.Answer, s)
		}
		return done, err
	}
}

// again answers a token whose turn is not the present one.
func (g Gate) again(ctx context.Context, key once.Request, r token.Refresh, c Customer, s Session, now time.Time) (SignedIn, error) {
	answer, err := g.Store.Recall(ctx, key)
	if err != nil {
		return SignedIn{}, err
	}
	if answer != nil {
		return decode(answer, s)
	}
	if r.Turn == s.Turn-1 && now.Before(s.TurnedAt.Add(RefreshGrace)) {
		return signedIn(c, s), nil
	}
	ended := event.New(actingAs(ctx, c), s.Tenant, now, event.SessionEnded{CustomerID: s.Account, SessionID: s.ID, Why: "replayed"})
	if err := g.Store.SaveAccount(ctx, Change{Tenant: s.Tenant, Account: s.Account, End: s.ID, Events: []event.Envelope{ended}}); err != nil {
		return SignedIn{}, err
	}
	return SignedIn{}, token.ErrInvalid.Because(errors.New("a refresh token was used twice"))
}

// decode reads what a repeated request was answered the first time, as long as the session is at that turn.
func decode(answer json.RawMessage, s Session) (SignedIn, error) {
	var first SignedIn
	if err := json.Unmarshal(answer, &first); err != nil {
		return first, err
	}
	if first.Session != s.ID || first.Turn != s.Turn {
		return SignedIn{}, token.ErrInvalid.Because(errors.New("an old request"))
	}
	return first, nil
}
