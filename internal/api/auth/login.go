package auth

import (
	"context"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

type loginInput struct {
	Body credentials
}

type credentials struct {
	Login    string `json:"login,omitempty" maxLength:"254" doc:"Username or mail address; this or email" example:"ada.lovelace"`
	Email    string `json:"email,omitempty" maxLength:"254" doc:"Mail address; the same as login" example:"ada@example.com"`
	Password string `json:"password" maxLength:"128" doc:"The password" example:"correct horse battery"`
	Code     string `json:"code,omitempty" maxLength:"20" doc:"Of the authenticator, or a recovery code, when a second factor is on" example:"123456"`
}

func (s service) registerLogin(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "login", Method: http.MethodPost, Path: "/auth/login", Audience: rest.Public, Service: Service,
		Summary: "Sign in",
		About: "Customers of every journey, and staff. The access token is good for 15 minutes, the refresh token for the next one. An unknown name and a wrong password are answered alike. " +
			"After a few wrong ones each further try has to wait, up to a quarter of an hour; a new password by mail forgives them.",
		Events:  []string{string(event.TypeSessionStarted)},
		Faults:  []*fault.Fault{account.ErrCredentials, account.ErrSecondFactorRequired, account.ErrSecondFactorWrong, fault.ErrThrottled},
		Request: credentials{Email: "ada@example.com", Password: "correct horse battery"}, Answer: exampleSession,
	}, s.login)
}

func (s service) login(ctx context.Context, in *loginInput) (*sessionOutput, error) {
	caller, body := rest.CallerOf(ctx), in.Body
	name := body.Login
	if name == "" {
		name = body.Email
	}
	if name == "" || body.Login != "" && body.Email != "" {
		return nil, fault.ErrInvalid.Naming("body.login", "either login or email")
	}
	visible := body
	visible.Password = "" // the fingerprint is stored; the password is checked before it counts
	key := rest.Once(ctx, "login", visible)
	done, err := s.gate.Login(ctx, key, account.SignIn{Name: name, Password: body.Password, Code: body.Code, Address: caller.Address, Device: caller.Device,
		Mark: s.Links.Mark(key.Key, name, body.Password, body.Code)})
	if err != nil {
		return nil, err
	}
	return s.tokens(done)
}

type refreshInput struct {
	Body refreshBody
}

type refreshBody struct {
	RefreshToken string `json:"refreshToken" minLength:"1" maxLength:"2000" doc:"The newest refresh token of the session" example:"eyJhbGciOiJFZERTQSIsInR5cCI6InJ0K2p3dCJ9.e30.c2lnbmF0dXJl"`
}

func (s service) registerRefresh(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "refreshSession", Method: http.MethodPost, Path: "/auth/refresh", Audience: rest.Public, Service: Service,
		Summary: "Get the next tokens of a session",
		About: "A refresh token is good once; for ten seconds it is answered with the same successor, because an answer may be lost. Later, a used one ends the session for everybody who has it. " +
			"The new access token says what has changed: that the address is confirmed, that there is a profile.",
		Faults:  []*fault.Fault{token.ErrInvalid},
		Request: refreshBody{exampleSession.RefreshToken}, Answer: exampleSession,
	}, s.refresh)
}

func (s service) refresh(ctx context.Context, in *refreshInput) (*sessionOutput, error) {
	turn, err := s.Verifier.Refresh(in.Body.RefreshToken)
	if err != nil {
		return nil, err
	}
	caller := rest.CallerOf(ctx)
	done, err := s.gate.Refresh(ctx, onceFor(ctx, turn.Tenant, "refreshSession", turn), turn, caller.Address, caller.Device)
	if err != nil {
		return nil, err
	}
	return s.tokens(done)
}
