package customeradmin

import (
	"context"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

type resetInput struct {
	CustomerPath
	Body reset
}

type reset struct {
	Reason string `json:"reason" minLength:"1" maxLength:"200" doc:"Why, and how it was made sure who asks; for colleagues and auditors" example:"Lost phone and codes; identity card seen in the shop"`
}

func (s service) registerReset(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "resetSecondFactor", Method: http.MethodPost, Path: "/admin/customers/{customerId}/disable-2fa", Audience: rest.Staff,
		Roles: []string{token.RoleAdmin, token.RoleSupport}, Service: Service, Status: http.StatusNoContent,
		Summary: "Take away a customer's second factor",
		About:   "For customers who lost their authenticator and their recovery codes. Ends all their sessions. Make sure first who asks: from then on the password alone signs in. Harmless where there is none.",
		Faults:  []*fault.Fault{account.ErrUnknown},
		Events:  []string{string(event.TypeSecondFactorDisabled), string(event.TypeSessionEnded)},
		Request: reset{Reason: "Lost phone and codes; identity card seen in the shop"},
	}, func(ctx context.Context, in *resetInput) (*struct{}, error) {
		return nil, s.Security.ResetSecondFactor(ctx, rest.Once(ctx, "resetSecondFactor", in), in.CustomerID, in.Body.Reason)
	})
}
