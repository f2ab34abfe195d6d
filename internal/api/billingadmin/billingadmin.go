// Package billingadmin is billing for staff: how the tenant bills, and giving back what was paid for invoices. Each change names who of the
// staff made it.
package billingadmin

import (
	"context"

	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/billing"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "billing"

// Store keeps settings and returns.
type Store interface {
	once.Memory
	// BillingSettings reads how the tenant bills.
	BillingSettings(ctx context.Context, tenant id.Tenant) (billing.Settings, error)
	// PutBillingSettings writes the next version of them; fault.ErrStale when somebody else was faster.
	PutBillingSettings(ctx context.Context, s billing.Settings) error
	// Invoice reads a customer's invoice; unknown is invoice.ErrUnknown.
	Invoice(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice) (invoice.Invoice, error)
	// Returns reads what was given back of an invoice.
	Returns(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice) ([]payment.Return, error)
	// RequestReturn gives back what was paid for an invoice.
	RequestReturn(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, i id.Invoice, ask payment.ReturnAsk, answered func(payment.Return) error) error
	// RedirectReturn sends to the wallet what could not go back to a card.
	RedirectReturn(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, i id.Invoice, r id.Refund, answered func(payment.Return) error) error
}

// Deps are the parts the service works with.
type Deps struct {
	Store Store
	Clock clock.Clock
}

type service struct{ Deps }

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerSettings(a)
	s.registerRefunds(a)
}
