package store

import (
	"context"
	"errors"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/payment"
)

type pspCustomerRow struct {
	PSPCustomer string
	Erased      bool `dynamodbav:",omitempty"` // the customer is; nobody is to be made in their place
}

// PSPCustomer implements payment.MethodStore.
func (db *DB) PSPCustomer(ctx context.Context, tenant id.Tenant, customer id.Customer) (string, error) {
	row, err := get[pspCustomerRow](ctx, db, payments, pspCustomerKey(tenant, customer), fault.ErrNotFound)
	switch {
	case errors.Is(err, fault.ErrNotFound):
		return "", nil
	case row.Erased:
		return "", payment.ErrErased
	}
	return row.PSPCustomer, err
}

// AddMethod implements payment.MethodStore.
func (db *DB) AddMethod(ctx context.Context, use *once.Use, m payment.Method, newPSPCustomer bool) error {
	t := db.tx()
	t.once(use)
	t.create(payments, methodKey(m.Tenant, m.Customer, m.Reference), m, nil)
	if newPSPCustomer { // two first methods at once: the PSP answered both the same customer
		t.put(payments, pspCustomerKey(m.Tenant, m.Customer), pspCustomerRow{PSPCustomer: m.PSPCustomer}, isNew+" OR PSPCustomer = :same",
			item{":same": text(m.PSPCustomer)}, payment.ErrPSPUnavailable)
	}
	return t.commit(ctx)
}

// Method implements payment.MethodStore.
func (db *DB) Method(ctx context.Context, tenant id.Tenant, customer id.Customer, ref id.Reference) (payment.Method, error) {
	return get[payment.Method](ctx, db, payments, methodKey(tenant, customer, ref), payment.ErrMethodUnknown)
}

var errEnded = errors.New("store: the method has ended already")

// CloseMethod implements payment.MethodStore.
func (db *DB) CloseMethod(ctx context.Context, use *once.Use, m payment.Method) error {
	t := db.tx()
	if use != nil {
		t.once(use)
	}
	putState(t, payments, methodKey(m.Tenant, m.Customer, m.Reference), m, payment.MethodPending, errEnded)
	if err := t.commit(ctx); !errors.Is(err, errEnded) {
		return err
	}
	return nil
}
