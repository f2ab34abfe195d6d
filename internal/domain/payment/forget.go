package payment

import (
	"context"
	"errors"

	"turnup/internal/base/id"
	"turnup/internal/base/token"
)

// ErrErased is the answer to a customer who is erased and whose access token has not ended yet: their session is over.
var ErrErased = token.ErrInvalid

// Forgets removes what is kept of payment methods.
type Forgets interface {
	// PSPCustomer reads the PSP's customer of ours; empty when there is none, ErrErased when it was removed.
	PSPCustomer(ctx context.Context, tenant id.Tenant, customer id.Customer) (string, error)
	// EraseMethods removes a customer's methods and the PSP's customer, and lets no new ones come.
	EraseMethods(ctx context.Context, tenant id.Tenant, customer id.Customer) error
}

// ForgettingProvider is a PSP that deletes customers.
type ForgettingProvider interface {
	// DeleteCustomer deletes the PSP's customer with all saved cards; one that is deleted already is no error. Charges stay.
	DeleteCustomer(ctx context.Context, pspCustomer string) error
}

// Forget erases the payment methods of a customer, at the PSP first: as long as that fails we still know whom to delete.
type Forget struct {
	Store Forgets
	PSP   ForgettingProvider
}

// Erase may be repeated.
func (f Forget) Erase(ctx context.Context, tenant id.Tenant, customer id.Customer) error {
	pspCustomer, err := f.Store.PSPCustomer(ctx, tenant, customer)
	if err != nil && !errors.Is(err, ErrErased) {
		return err
	}
	if pspCustomer != "" {
		if err := f.PSP.DeleteCustomer(ctx, pspCustomer); err != nil {
			return unreachable(err)
		}
	}
	return f.Store.EraseMethods(ctx, tenant, customer)
}
