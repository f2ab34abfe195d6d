package registration

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

// The budget of username queries per caller: enough for a form that asks while a person types, too little to harvest. As many
// registrations may meet what is taken, which tells the same.
const (
	QueryBudget = 30
	QueryWindow = time.Minute
)

type queryInput struct {
	Username string `query:"username" required:"true" minLength:"1" maxLength:"200" doc:"The username to look for; case and surrounding blanks do not matter" example:"ada.lovelace"`
}

type queryOutput struct {
	Body queryAnswer
}

type queryAnswer struct {
	Exists   bool   `json:"exists" doc:"Whether the username belongs to a customer" example:"true"`
	NextStep string `json:"nextStep" enum:"login,register" doc:"Where to send the customer" example:"login"`
	LoginURL string `json:"loginUrl,omitempty" doc:"The login page, when the username exists" example:"http://localhost:3000/login"`
}

func (s service) registerQuery(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "queryIfUserNameExists", Method: http.MethodGet, Path: "/registration/usernames", Audience: rest.Public, Service: Service,
		Summary:  "Ask whether a username is taken",
		About:    "Reads only and reserves nothing: of two registrations with one username one succeeds. Budgeted per caller.",
		Step:     "S0 1 Username check",
		Faults:   []*fault.Fault{account.ErrUsernameInvalid.Naming("username", "3 to 64 letters, digits or . _ @ + -"), fault.ErrThrottled, account.ErrQueryOff},
		Answer:   queryAnswer{Exists: true, NextStep: "login", LoginURL: "http://localhost:3000/login"},
		Variants: map[string]any{"free": queryAnswer{NextStep: "register"}},
	}, s.queryIfUserNameExists)
}

func (s service) queryIfUserNameExists(ctx context.Context, in *queryInput) (*queryOutput, error) {
	if s.QueryOff {
		return nil, account.ErrQueryOff
	}
	name, err := account.Normalise(in.Username)
	if err != nil {
		return nil, err
	}
	caller := rest.CallerOf(ctx)
	if err := s.Store.Spend(ctx, caller.Tenant, "username-query", caller.Address, QueryBudget, QueryWindow); err != nil {
		return nil, err
	}
	taken, err := s.Store.UsernameTaken(ctx, caller.Tenant, name)
	if err != nil {
		return nil, err
	}
	if taken {
		return &queryOutput{queryAnswer{Exists: true, NextStep: "login", LoginURL: s.LoginURL}}, nil
	}
	return &queryOutput{queryAnswer{NextStep: "register"}}, nil
}
