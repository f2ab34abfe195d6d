package selfservice

import (
	"context"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

type passwordInput struct {
	Body passwords
}

type passwords struct {
	Password    string `json:"password" minLength:"1" maxLength:"128" doc:"The present one" example:"correct horse battery"`
	NewPassword string `json:"newPassword" maxLength:"128" doc:"At least 8 characters, not a common one" example:"staple horse correct"`
}

func (s service) registerPassword(a *rest.API) {
	rest.Register(a, proving(rest.Op{
		ID: "changePassword", Path: "/auth/change-password", Status: http.StatusNoContent,
		Summary: "Choose another password",
		About: "Ends all other sessions. A link to reset the password that is under way is dead from then on, and a new mail address that waits to be confirmed is forgotten. " +
			"Guessing the present password is slowed down.",
		Faults:  []*fault.Fault{account.ErrPasswordWrong, account.ErrPasswordWeak.Naming("body.newPassword", "at least 8 characters"), account.ErrPasswordSame.Naming("body.newPassword", "the password you have")},
		Events:  []string{string(event.TypePasswordChanged), string(event.TypeSessionEnded)},
		Request: passwords{Password: "correct horse battery", NewPassword: "staple horse correct"},
	}), func(ctx context.Context, in *passwordInput) (*struct{}, error) {
		me := proven(ctx, "changePassword", nil, in.Body.Password, "", in.Body.NewPassword)
		return nil, s.Security.ChangePassword(ctx, me, in.Body.NewPassword)
	})
}

type emailInput struct {
	Body newEmail
}

type newEmail struct {
	Password string `json:"password" minLength:"1" maxLength:"128" doc:"The present one" example:"correct horse battery"`
	Email    string `json:"email" format:"email" maxLength:"254" doc:"The new mail address" example:"ada.lovelace@example.com"`
}

func (s service) registerEmail(a *rest.API) {
	rest.Register(a, proving(rest.Op{
		ID: "requestEmailChange", Path: "/auth/change-email", Status: http.StatusAccepted,
		Summary: "Ask for another mail address",
		About: "The new address gets a mail with a link, which is good for 24 hours; until it is followed nothing changes. The answer is the same whether the address belongs to somebody or not. " +
			"Asking again replaces what was asked for before.",
		Faults:  []*fault.Fault{account.ErrPasswordWrong, account.ErrEmailInvalid.Naming("body.email", "not a mail address")},
		Events:  []string{string(event.TypeEmailChangeRequested)},
		Request: newEmail{Password: "correct horse battery", Email: "ada.lovelace@example.com"},
	}), func(ctx context.Context, in *emailInput) (*struct{}, error) {
		me := proven(ctx, "requestEmailChange", in.Body.Email, in.Body.Password, "", in.Body.Email)
		return nil, s.Security.RequestEmailChange(ctx, me, in.Body.Email)
	})
}
