package payments

import (
	"context"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/rest"
)

type confirmInput struct {
	ReferencePath
	Body confirmation
}

type confirmation struct {
	SessionID string `json:"sessionId" minLength:"1" maxLength:"200" doc:"The session_id the PSP added to the return address" example:"cs_test_a1"`
}

func (s service) registerConfirm(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "confirmPaymentMethod", Method: http.MethodPost, Path: "/payment-methods/{reference}/confirm", Audience: rest.Customer, Service: Service,
		Summary: "Confirm a payment method after the PSP's page",
		About:   "Asks the PSP server to server; what the browser brings back is no proof. Confirming again gives the same paymentMethodId, and so does confirming after the PSP's webhook was faster.",
		Step:    "S0 5 Payment method: confirm",
		Faults: []*fault.Fault{payment.ErrMethodUnknown, payment.ErrNotAuthenticated, payment.ErrSessionExpired, payment.ErrResultForged,
			payment.ErrPSPUnavailable},
		Request: confirmation{SessionID: "cs_test_a1"},
		Answer:  confirmedExample,
	}, s.confirmPaymentMethod)
}

func (s service) confirmPaymentMethod(ctx context.Context, in *confirmInput) (*methodOutput, error) {
	caller := rest.CallerOf(ctx)
	m, err := s.Setup.Confirm(ctx, rest.Once(ctx, "confirmPaymentMethod", in), caller.Tenant, caller.Customer, in.Reference, in.Body.SessionID)
	if err != nil {
		return nil, err
	}
	return &methodOutput{methodOf(m, s.Setup.Clock.Now())}, nil
}
