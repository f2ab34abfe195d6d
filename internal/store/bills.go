package store

import (
	"context"
	"fmt"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/payment"
)

// completeBill records that the money for a bill came.
func (db *DB) completeBill(ctx context.Context, p payment.Payment) error {
	return fault.ErrInvalid.Because(fmt.Errorf("store: a bill of kind %q", p.Bill.Kind))
}

// failBill records that it did not.
func (db *DB) failBill(ctx context.Context, p payment.Payment, e event.Envelope) error {
	return fault.ErrInvalid.Because(fmt.Errorf("store: a bill of kind %q", p.Bill.Kind))
}
