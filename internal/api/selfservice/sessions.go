package selfservice

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

type listInput struct {
	Limit  int32  `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most sessions a page"`
	Cursor string `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"U0VTU0lPTiNzZXNfMDFKRDNRNlY2SzhNNEgwV1owVjVRM1kxWEE"`
}

type session struct {
	SessionID  id.Session `json:"sessionId" doc:"Id of the session" example:"ses_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Device     string     `json:"device,omitempty" doc:"What the device called itself (User-Agent) when it was last used" example:"Mozilla/5.0 (X11; Linux x86_64)"`
	Address    string     `json:"address,omitempty" doc:"IP address it was last used from" example:"203.0.113.7"`
	StartedAt  time.Time  `json:"startedAt" doc:"When somebody signed in" example:"2030-01-01T12:00:00Z"`
	LastUsedAt time.Time  `json:"lastUsedAt" doc:"When it was last refreshed" example:"2030-01-01T12:10:00Z"`
	Current    bool       `json:"current" doc:"Whether it is the one that asks" example:"true"`
}

type page struct {
	Sessions   []session `json:"sessions" nullable:"false" doc:"Those that run, the newest first"`
	NextCursor string    `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"U0VTU0lPTiNzZXNfMDFKRDNRNlY2SzhNNEgwV1owVjVRM1kxWEE"`
}

type pageOutput struct {
	Body page
}

func (s service) registerSessions(a *rest.API) {
	rest.Register(a, own(rest.Op{
		ID: "listSessions", Method: http.MethodGet, Path: "/auth/sessions",
		Summary: "List where one is signed in",
		About:   "Sessions that run, the newest first, in pages. Go on with the nextCursor while there is one; a page may be empty.",
		Faults:  []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")},
		Answer: page{Sessions: []session{{SessionID: "ses_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Device: "Mozilla/5.0 (X11; Linux x86_64)", Address: "203.0.113.7",
			StartedAt: time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC), LastUsedAt: time.Date(2030, 1, 1, 12, 10, 0, 0, time.UTC), Current: true}}},
	}, token.Verification), s.listSessions)
}

func (s service) listSessions(ctx context.Context, in *listInput) (*pageOutput, error) {
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	me := asked(ctx)
	o, err := s.Security.Read(ctx, me)
	if err != nil {
		return nil, err
	}
	found, next, err := s.Store.Sessions(ctx, me.Key.Tenant, me.Account, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out, now := page{Sessions: []session{}, NextCursor: rest.Cursor(next)}, s.Clock.Now()
	for _, f := range found {
		if !f.Over(o.Credentials, now) {
			out.Sessions = append(out.Sessions, session{f.ID, f.Device, f.Address, f.StartedAt, f.TurnedAt, f.ID == me.Session})
		}
	}
	return &pageOutput{out}, nil
}

type revokeInput struct {
	SessionID id.Session `path:"sessionId" maxLength:"40" pattern:"^ses_[0-9A-Z]{26}$" patternDescription:"a session id" doc:"Which session" example:"ses_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type allInput struct {
	Body all
}

type all struct {
	KeepCurrent bool `json:"keepCurrent,omitempty" doc:"Whether the session that asks goes on" example:"true"`
}

func (s service) registerEnding(a *rest.API) {
	ended := []string{string(event.TypeSessionEnded)}
	const soon = " Its refresh token stops working at once; an access token that it has already ends by itself, within 15 minutes."
	rest.Register(a, own(rest.Op{
		ID: "logout", Method: http.MethodPost, Path: "/auth/logout", Status: http.StatusNoContent,
		Summary: "Sign out",
		About:   "Ends the session of the access token." + soon + " Harmless when it ended before, or when the token belongs to no session, such as a registration's.",
		Events:  ended,
	}, token.Verification), func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		me := asked(ctx)
		me.Key = rest.Once(ctx, "logout", nil)
		return nil, s.Security.Logout(ctx, me)
	})
	rest.Register(a, own(rest.Op{
		ID: "revokeSession", Method: http.MethodDelete, Path: "/auth/sessions/{sessionId}", Status: http.StatusNoContent,
		Summary: "End one of one's sessions",
		About:   "For a device that is lost, or was not one's own." + soon,
		Faults:  []*fault.Fault{account.ErrSessionUnknown}, Events: ended,
	}, token.Verification), func(ctx context.Context, in *revokeInput) (*struct{}, error) {
		return nil, s.Security.Revoke(ctx, asked(ctx), in.SessionID)
	})
	rest.Register(a, own(rest.Op{
		ID: "logoutEverywhere", Method: http.MethodPost, Path: "/auth/logout-all", Status: http.StatusNoContent,
		Summary: "Sign out everywhere",
		About:   "Ends all of one's sessions, or all but the one that asks. Their refresh tokens stop working at once; access tokens end by themselves, within 15 minutes.",
		Request: all{KeepCurrent: true}, Events: ended,
	}, token.Verification), func(ctx context.Context, in *allInput) (*struct{}, error) {
		me := asked(ctx)
		me.Key = rest.Once(ctx, "logoutEverywhere", in.Body)
		return nil, s.Security.EndAll(ctx, me, in.Body.KeepCurrent)
	})
}
