package payments

import (
	"context"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/rest"
)

func (s service) registerGet(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "getPaymentMethod", Method: http.MethodGet, Path: "/payment-methods/{reference}", Audience: rest.Customer, Service: Service,
		Summary:  "Read a payment method",
		About:    "For a front end whose customer did not come back from the PSP's page: the webhook may have confirmed the method.",
		Faults:   []*fault.Fault{payment.ErrMethodUnknown},
		Answer:   confirmedExample,
		Variants: map[string]any{"pending": method{Reference: confirmedExample.Reference, Status: payment.MethodPending, ExpiresAt: confirmedExample.ExpiresAt}},
	}, s.getPaymentMethod)
}

func (s service) getPaymentMethod(ctx context.Context, in *ReferencePath) (*methodOutput, error) {
	caller := rest.CallerOf(ctx)
	m, err := s.Setup.Store.Method(ctx, caller.Tenant, caller.Customer, in.Reference)
	if err == nil && m.State == payment.MethodRemoved {
		err = payment.ErrMethodUnknown
	}
	if err != nil {
		return nil, err
	}
	return &methodOutput{methodOf(m, s.Setup.Clock.Now())}, nil
}
