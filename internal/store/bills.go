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
	switch p.Bill.Kind {
	case payment.Renewal:
		return db.completeRenewal(ctx, p)
	case payment.OfInvoice:
		return db.payInvoice(ctx, p)
	}
	return fault.ErrInvalid.Because(fmt.Errorf("store: a bill of kind %q", p.Bill.Kind))
}

// failBill records that it did not.
func (db *DB) failBill(ctx context.Context, p payment.Payment, e event.Envelope) error {
	switch p.Bill.Kind {
	case payment.Renewal:
		return db.failRenewal(ctx, p, e)
	case payment.OfInvoice: // which stays as it is
		t := db.tx()
		t.settle(p, payment.Pending)
		t.announce(e)
		return t.commit(ctx)
	}
	return fault.ErrInvalid.Because(fmt.Errorf("store: a bill of kind %q", p.Bill.Kind))
}
