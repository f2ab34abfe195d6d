package payments

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/rest"
)

type createInput struct {
	Body creation
}

type creation struct {
	ReturnURL string `json:"returnUrl" maxLength:"500" format:"uri" doc:"Where the PSP sends the customer back to; its origin must be allowed. reference and session_id are added to its query, or reference and cancelled=true" example:"http://localhost:3000/payment/return"`
	Language  string `json:"language,omitempty" pattern:"^[a-z]{2}$" patternDescription:"a language code such as en" maxLength:"2" doc:"Language of the PSP's page" example:"en"`
}

type createOutput struct {
	Body created
}

type created struct {
	Status      string       `json:"status" enum:"redirect_required" doc:"The customer must be sent to redirectUrl" example:"redirect_required"`
	Reference   id.Reference `json:"reference" doc:"Names the pending method" example:"pmr_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	RedirectURL string       `json:"redirectUrl" doc:"The PSP's page, where the card is entered and authenticated" example:"https://checkout.stripe.com/c/pay/cs_test_a1"`
	ExpiresAt   time.Time    `json:"expiresAt" doc:"Until when the page can be completed" example:"2030-01-01T12:31:00Z"`
}

func (s service) registerCreate(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "createPaymentMethod", Method: http.MethodPost, Path: "/payment-methods", Audience: rest.Customer, Service: Service, Status: http.StatusCreated,
		Summary: "Begin to set up a payment method",
		About:   "Opens a page at the PSP. The card is entered there, authenticated by 3-D Secure and saved for later charges without the customer; card data never passes through this API.",
		Step:    "S0 4 Payment method: begin",
		Faults:  []*fault.Fault{payment.ErrReturnURL.Naming("body.returnUrl", "not one of the allowed origins"), payment.ErrPSPUnavailable},
		Request: creation{ReturnURL: "http://localhost:3000/payment/return", Language: "en"},
		Answer: created{Status: "redirect_required", Reference: "pmr_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", RedirectURL: "https://checkout.stripe.com/c/pay/cs_test_a1",
			ExpiresAt: time.Date(2030, 1, 1, 12, 31, 0, 0, time.UTC)},
	}, s.createPaymentMethod)
}

func (s service) createPaymentMethod(ctx context.Context, in *createInput) (*createOutput, error) {
	caller := rest.CallerOf(ctx)
	m, err := s.Setup.Begin(ctx, rest.Once(ctx, "createPaymentMethod", in.Body), caller.Tenant, caller.Customer, in.Body.ReturnURL, in.Body.Language)
	if err != nil {
		return nil, err
	}
	return &createOutput{created{Status: "redirect_required", Reference: m.Reference, RedirectURL: m.RedirectURL, ExpiresAt: m.ExpiresAt}}, nil
}
