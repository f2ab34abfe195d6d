// Package registration is the customer-registration service: is a username taken, and a new customer.
package registration

import (
	"context"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "customer registration"

// Store is what the service reads itself.
type Store interface {
	UsernameTaken(ctx context.Context, tenant id.Tenant, normalised string) (bool, error)
	// Spend counts a call against a budget; fault.ErrThrottled when it is used up.
	Spend(ctx context.Context, tenant id.Tenant, what, caller string, budget int, window time.Duration) error
}

// Deps are the parts the service works with.
type Deps struct {
	Store     Store
	Registrar account.Registrar
	Signer    *token.Signer
	Clock     clock.Clock
	LoginURL  string // where existing customers sign in
	QueryOff  bool   // switches the username query off
}

type service struct{ Deps }

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	s.registerQuery(a)
	s.registerCustomer(a)
}
