package auth

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

type emailInput struct {
	Body emailBody
}

type emailBody struct {
	Email string `json:"email" format:"email" maxLength:"254" doc:"The mail address of the account" example:"ada@example.com"`
}

type askedOutput struct {
	Body asked
}

type asked struct {
	AskedAt time.Time `json:"askedAt" doc:"When the request was taken. There is a mail only if there is such an account, which the answer does not tell" example:"2030-01-01T12:00:00Z"`
}

var exampleAsked = asked{time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)}

func (s service) registerResend(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "resendVerification", Method: http.MethodPost, Path: "/auth/resend-verification", Audience: rest.Public, Service: Service, Status: http.StatusAccepted,
		Summary: "Ask for the verification mail again",
		About:   "The mail has a fresh link, and the one before stops working. The answer is the same whether or not there is such an account. A few times an hour for an address.",
		Events:  []string{string(event.TypeVerificationRequested)},
		Faults:  []*fault.Fault{fault.ErrThrottled},
		Request: emailBody{"ada@example.com"}, Answer: exampleAsked,
	}, s.resend)
}

func (s service) resend(ctx context.Context, in *emailInput) (*askedOutput, error) {
	return s.ask(ctx, in, "resendVerification", s.gate.AskVerification)
}

func (s service) registerForgot(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "forgotPassword", Method: http.MethodPost, Path: "/auth/forgot-password", Audience: rest.Public, Service: Service, Status: http.StatusAccepted,
		Summary: "Ask for a link to choose a new password",
		About:   "The link is good for an hour, once, and replaces one that was asked for before. The answer is the same whether or not there is such an account. A few times an hour for an address.",
		Events:  []string{string(event.TypePasswordResetRequested)},
		Faults:  []*fault.Fault{fault.ErrThrottled},
		Request: emailBody{"ada@example.com"}, Answer: exampleAsked,
	}, s.forgot)
}

func (s service) forgot(ctx context.Context, in *emailInput) (*askedOutput, error) {
	return s.ask(ctx, in, "forgotPassword", s.gate.AskReset)
}

func (s service) ask(ctx context.Context, in *emailInput, operation string, ask func(context.Context, once.Request, string) (account.MailAsked, error)) (*askedOutput, error) {
	caller, key := rest.CallerOf(ctx), rest.Once(ctx, operation, in.Body)
	if err := s.Store.Spend(ctx, caller.Tenant, "mail-asked", caller.Address, AddressBudget, AddressWindow); err != nil {
		return nil, err
	}
	if err := s.Store.SpendOnce(ctx, key, operation, hidden(in.Body.Email), MailBudget, MailWindow); err != nil {
		return nil, err
	}
	done, err := ask(ctx, key, in.Body.Email)
	if err != nil {
		return nil, err
	}
	return &askedOutput{asked{done.AskedAt}}, nil
}

// onceFor identifies a request whose tenant follows from its token.
func onceFor(ctx context.Context, tenant id.Tenant, operation string, input any) once.Request {
	key := rest.Once(ctx, operation, input)
	key.Tenant = tenant
	return key
}
