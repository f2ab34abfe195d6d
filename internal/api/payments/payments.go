// Package payments is the payment service's API: setting up payment methods on the PSP's page and looking after them, paying
// orders, and for staff asking the PSP about a payment of which nobody knows what became of it.
package payments

import (
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "payment"

// Deps are the parts the service works with.
type Deps struct {
	Setup    payment.Setup
	Cards    payment.Cards
	Orders   OrderStore
	Pages    payment.Pages
	Checkout payment.Checkout
	Ways     payment.Ways // to pay an order
	Clock    clock.Clock
}

type service struct{ Deps }

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerCreate(a)
	s.registerConfirm(a)
	s.registerGet(a)
	s.registerKeep(a)
	s.registerPay(a)
	s.registerConfirmOrder(a)
	s.registerVerify(a)
}

// method is a payment method as its owner sees it.
type method struct {
	Reference       id.Reference        `json:"reference" doc:"Names the method from its beginning" example:"pmr_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Status          payment.MethodState `json:"status" enum:"pending,confirmed,expired" doc:"Only a confirmed method can pay" example:"confirmed"`
	PaymentMethodID id.Method           `json:"paymentMethodId,omitempty" doc:"For checkout; only a confirmed method has one" example:"pmt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Card            *payment.Card       `json:"card,omitempty" doc:"Of a confirmed method"`
	Default         bool                `json:"default,omitempty" doc:"In lists: whether subscriptions are charged to it" example:"true"`
	ExpiresAt       time.Time           `json:"expiresAt" doc:"Until when a pending method can be completed" example:"2030-01-01T12:31:00Z"`
}

func methodOf(m payment.Method, now time.Time) method {
	out := method{Reference: m.Reference, Status: m.State, PaymentMethodID: m.ID(), ExpiresAt: m.ExpiresAt}
	switch {
	case m.State == payment.MethodConfirmed:
		out.Card = &m.Card
	case !now.Before(m.ExpiresAt):
		out.Status = payment.MethodExpired // whether or not anybody has written it down yet
	}
	return out
}

var confirmedExample = method{Reference: "pmr_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Status: payment.MethodConfirmed, PaymentMethodID: "pmt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA",
	Card: &payment.Card{Brand: "visa", Last4: "4242", ExpMonth: 12, ExpYear: 2034}, ExpiresAt: time.Date(2030, 1, 1, 12, 31, 0, 0, time.UTC)}

// ReferencePath names a method in the path.
type ReferencePath struct {
	Reference id.Reference `path:"reference" maxLength:"40" pattern:"^pmr_[0-9A-Z]{26}$" patternDescription:"a reference answered by createPaymentMethod" doc:"The reference answered by createPaymentMethod" example:"pmr_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type methodOutput struct {
	Body method
}
