package customeradmin

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

type verifyInput struct {
	CustomerPath
	Body reason
}

type reason struct {
	Reason string `json:"reason" minLength:"3" maxLength:"500" doc:"Why, for the record" example:"Showed an identity card at the shop"`
}

type verifiedOutput struct {
	Body verified
}

type verified struct {
	CustomerID id.Customer   `json:"customerId" doc:"Id of the customer" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Pending    token.Pending `json:"pending,omitempty" enum:"verification,profile" doc:"What the customer has to do next" example:"profile"`
}

func (s service) registerVerify(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "verifyAccount", Method: http.MethodPost, Path: "/admin/customers/{customerId}/verify", Audience: rest.Staff,
		Roles: []string{token.RoleAdmin, token.RoleSupport}, Service: Service,
		Summary: "Confirm a customer's mail address for them",
		About:   "For who cannot use the link of the mail. Who did it and why goes on record. Doing it again is harmless.",
		Events:  []string{string(event.TypeAccountVerified)},
		Faults:  []*fault.Fault{account.ErrUnknown, account.ErrAccountExpired},
		Request: reason{"Showed an identity card at the shop"}, Answer: verified{"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", token.Profile},
	}, s.verify)
}

func (s service) verify(ctx context.Context, in *verifyInput) (*verifiedOutput, error) {
	done, err := s.gate.VerifyByStaff(ctx, rest.Once(ctx, "verifyAccount", in), in.CustomerID, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &verifiedOutput{verified{done.Account, done.Pending}}, nil
}
