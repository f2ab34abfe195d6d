package store

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/payment"
)

// pspCustomerRow is the PSP's customer of ours, with the card their contracts are charged to: a renewal reads it by its key.
type pspCustomerRow struct {
	PSPCustomer string
	Default     *payment.Standing `dynamodbav:",omitempty"`
	Erased      bool              `dynamodbav:",omitempty"` // the customer is; nobody is to be made in their place
}

// standing is the default of a row.
func (r pspCustomerRow) standing() payment.Standing {
	if r.Default == nil {
		return payment.Standing{}
	}
	r.Default.PSPCustomer = r.PSPCustomer
	return *r.Default
}

// ChargeableMethod reads the card that a customer's contracts are charged to; none is payment.Standing.None.
func (db *DB) ChargeableMethod(ctx context.Context, tenant id.Tenant, customer id.Customer) (payment.Standing, error) {
	row, err := get[pspCustomerRow](ctx, db, payments, pspCustomerKey(tenant, customer), fault.ErrNotFound)
	if errors.Is(err, fault.ErrNotFound) {
		return payment.Standing{}, nil
	}
	return row.standing(), err
}

// readChargeable adds to a batch what chargeableAmong finds.
func (b *batch) readChargeable(tenant id.Tenant, customer id.Customer) {
	b.add(payments, pspCustomerKey(tenant, customer))
}

// chargeableAmong is ChargeableMethod of the rows of a batch.
func chargeableAmong(rows map[string]map[string]item, tenant id.Tenant, customer id.Customer) (payment.Standing, error) {
	row, err := among[pspCustomerRow](rows[payments], pspCustomerKey(tenant, customer))
	if err != nil || row == nil {
		return payment.Standing{}, err
	}
	return row.standing(), nil
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
		t.update(payments, pspCustomerKey(m.Tenant, m.Customer), "SET PSPCustomer = :same", isNew+" OR PSPCustomer = :same", nil,
			item{":same": text(m.PSPCustomer)}, payment.ErrPSPUnavailable)
	}
	return t.commit(ctx)
}

// Method implements payment.MethodStore.
func (db *DB) Method(ctx context.Context, tenant id.Tenant, customer id.Customer, ref id.Reference) (payment.Method, error) {
	return get[payment.Method](ctx, db, payments, methodKey(tenant, customer, ref), payment.ErrMethodUnknown)
}

// defaultName: Default is a reserved word of DynamoDB.
var defaultName = map[string]string{"#d": "Default"}

var errEnded = errors.New("store: the method has ended already")

// CloseMethod implements payment.MethodStore. A customer's first confirmed method becomes the default.
func (db *DB) CloseMethod(ctx context.Context, use *once.Use, m payment.Method) error {
	t := db.tx()
	if use != nil {
		t.once(use)
	}
	putState(t, payments, methodKey(m.Tenant, m.Customer, m.Reference), m, payment.MethodPending, errEnded)
	if m.State == payment.MethodConfirmed {
		standing, err := attributevalue.Marshal(m.Standing())
		t.err = errors.Join(t.err, err)
		t.update(payments, pspCustomerKey(m.Tenant, m.Customer), "SET #d = if_not_exists(#d, :d)", "attribute_exists(pk) AND attribute_not_exists(Erased)",
			defaultName, item{":d": standing}, payment.ErrErased)
	}
	if err := t.commit(ctx); !errors.Is(err, errEnded) {
		return err
	}
	return nil
}
