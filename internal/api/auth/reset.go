package auth

import (
	"context"
	"errors"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

type resetInput struct {
	Body newPassword
}

type newPassword struct {
	Token    string `json:"token" minLength:"1" maxLength:"2000" doc:"The token of the link in the mail" example:"eyJhbGciOiJIUzI1NiIsInR5cCI6Imxpbmsrand0In0.e30.c2lnbmF0dXJl"`
	Password string `json:"password" maxLength:"128" doc:"The new password: at least 8 characters, not a common one" example:"staple battery horse"`
}

func (s service) registerReset(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "resetPassword", Method: http.MethodPost, Path: "/auth/reset-password", Audience: rest.Public, Service: Service,
		Summary: "Choose a new password by the link of a mail",
		About:   "Ends all sessions. Who has the link has the mail, so that it confirms the address too. Sign in with the new password afterwards; a second factor stays.",
		Events:  []string{string(event.TypePasswordChanged), string(event.TypeSessionEnded), string(event.TypeAccountVerified)},
		Faults:  []*fault.Fault{token.ErrLink, account.ErrLinkExpired, account.ErrAccountExpired, account.ErrPasswordWeak.Naming("body.password", "at least 8 characters")},
		Request: newPassword{exampleLink.Token, "staple battery horse"}, Answer: exampleConfirmed,
	}, s.reset)
}

func (s service) reset(ctx context.Context, in *resetInput) (*confirmedOutput, error) {
	link, err := s.Links.Verify(token.ResetPassword, in.Body.Token)
	if errors.Is(err, token.ErrLink) { // of staff who are invited: the same link, in another mail
		link, err = s.Links.Verify(token.Invitation, in.Body.Token)
	}
	if err != nil {
		return nil, err
	}
	visible := in.Body
	visible.Password = ""
	done, err := s.gate.Reset(ctx, onceFor(ctx, link.Tenant, "resetPassword", visible), link, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return &confirmedOutput{confirmed{done.Account, done.Pending}}, nil
}
