package auth

import (
	"context"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

type linkInput struct {
	Body linkBody
}

type linkBody struct {
	Token string `json:"token" minLength:"1" maxLength:"2000" doc:"The token of the link in the mail" example:"eyJhbGciOiJIUzI1NiIsInR5cCI6Imxpbmsrand0In0.e30.c2lnbmF0dXJl"`
}

type confirmedOutput struct {
	Body confirmed
}

type confirmed struct {
	CustomerID id.Customer   `json:"customerId" doc:"Whose address is confirmed" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Pending    token.Pending `json:"pending,omitempty" enum:"verification,profile" doc:"What is to be done next; refresh a session that was begun before" example:"profile"`
}

var (
	exampleLink      = linkBody{"eyJhbGciOiJIUzI1NiIsInR5cCI6Imxpbmsrand0In0.e30.c2lnbmF0dXJl"}
	exampleConfirmed = confirmed{"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", token.Profile}
)

func (s service) registerVerify(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "verifyEmail", Method: http.MethodPost, Path: "/auth/verify-email", Audience: rest.Public, Service: Service,
		Summary: "Confirm a mail address",
		About:   "By the token of the link in the newest verification mail. It makes the account active; doing it again is harmless.",
		Step:    "S3 2 Verification",
		Events:  []string{string(event.TypeAccountVerified)},
		Faults:  []*fault.Fault{token.ErrLink, account.ErrLinkExpired, account.ErrAccountExpired},
		Request: exampleLink, Answer: exampleConfirmed,
	}, s.verify)
}

func (s service) verify(ctx context.Context, in *linkInput) (*confirmedOutput, error) {
	link, err := s.Links.Verify(token.VerifyEmail, in.Body.Token)
	if err != nil {
		return nil, err
	}
	done, err := s.gate.Verify(ctx, onceFor(ctx, link.Tenant, "verifyEmail", in.Body), link)
	if err != nil {
		return nil, err
	}
	return &confirmedOutput{confirmed{done.Account, done.Pending}}, nil
}

func (s service) registerConfirmEmail(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "confirmEmail", Method: http.MethodPost, Path: "/auth/confirm-email", Audience: rest.Public, Service: Service,
		Summary: "Confirm a new mail address",
		About:   "By the token of the link in the mail to the new address. From then on it is the one to sign in with; the old one is told.",
		Events:  []string{string(event.TypeEmailChanged)},
		Faults:  []*fault.Fault{token.ErrLink, account.ErrLinkExpired, account.ErrEmailExists},
		Request: exampleLink, Answer: exampleConfirmed,
	}, s.confirmEmail)
}

func (s service) confirmEmail(ctx context.Context, in *linkInput) (*confirmedOutput, error) {
	link, err := s.Links.Verify(token.ConfirmEmail, in.Body.Token)
	if err != nil {
		return nil, err
	}
	done, err := s.gate.ConfirmEmail(ctx, onceFor(ctx, link.Tenant, "confirmEmail", in.Body), link)
	if err != nil {
		return nil, err
	}
	return &confirmedOutput{confirmed{done.Account, done.Pending}}, nil
}
