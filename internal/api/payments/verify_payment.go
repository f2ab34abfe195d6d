package payments

import (
	"context"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/rest"
)

type verifyInput struct {
	PaymentID id.Payment `path:"paymentId" maxLength:"40" pattern:"^pay_[0-9A-Z]{26}$" patternDescription:"a payment id" doc:"Id of the payment" example:"pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type verifyOutput struct{ Body verified }

type verified struct {
	PaymentID id.Payment    `json:"paymentId" doc:"The payment" example:"pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Status    payment.State `json:"status" enum:"pending,succeeded,failed,refunded" doc:"What became of it; pending: that is still open at the payment provider, or the payment is too young to be judged; refunded: money came that could not pay for it, and was given back" example:"succeeded"`
	Parked    bool          `json:"parked" doc:"Whether it waits for an operator all the same: the payment provider took another amount, has not said what became of it in all that time, or could not give money back" example:"false"`
}

func (s service) registerVerify(a *rest.API) {
	const pay = "pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
	rest.Register(a, rest.Op{
		ID: "verifyPayment", Method: http.MethodPost, Path: "/admin/payments/{paymentId}/verify", Audience: rest.Staff, Roles: []string{token.RoleAdmin, token.RoleBilling}, Service: Service,
		Summary: "Ask the payment provider what became of a payment",
		About: "For a payment whose outcome is open, also one that is parked: asks the payment provider now and settles what it says, with all that follows from it. One that has an outcome is answered as it is. " +
			"A payment that began less than about a minute ago is not asked about, because it may still be on its way: it is simply pending. When the payment provider does not answer, nothing is changed: ask again later.",
		Events: []string{string(event.TypePaymentSucceeded), string(event.TypePaymentFailed), string(event.TypePaymentRefunded), string(event.TypePaymentParked), string(event.TypeOrderPaid)},
		Faults: []*fault.Fault{payment.ErrUnknownPay, payment.ErrUnsettled},
		Answer: verified{PaymentID: pay, Status: payment.Succeeded}, Variants: map[string]any{"still open": verified{PaymentID: pay, Status: payment.Pending, Parked: true}},
	}, s.verify)
}

// verify leaves nothing under its key: asking again with it is asking again, and settles nothing twice.
func (s service) verify(ctx context.Context, in *verifyInput) (*verifyOutput, error) {
	done, err := once.Do(ctx, s.Orders, rest.Once(ctx, "verifyPayment", in), func(*once.Use) (verified, error) {
		p, err := s.Checkout.Reconcile(ctx, rest.CallerOf(ctx).Tenant, in.PaymentID)
		return verified{p.ID, p.State, p.Parked}, err
	})
	if err != nil {
		return nil, err
	}
	return &verifyOutput{done}, nil
}
