package store

import (
	"context"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/once"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/subscription"
)

// DecideContract changes a contract as decide says of how it stands; it asks again when somebody was faster. A decision that changes
// nothing writes nothing, not even that the key was used; use may be nil. Days that a pause credited get their credit note.
func (db *DB) DecideContract(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, s id.Subscription,
	decide func(subscription.Standing) (subscription.Subscription, []event.Envelope, error)) error {
	return untilStill(ctx, func() error {
		r, err := db.renewing(ctx, tenant, customer, s)
		if err != nil {
			return err
		}
		next, events, err := decide(r.Standing)
		if err != nil || next.Version == r.Version {
			return err
		}
		t := db.tx()
		if use != nil {
			t.once(use)
		}
		t.contract(r.Subscription, next.Scheduled(r.Policy))
		t.announce(events...)
		if err := db.idled(ctx, t, r, next); err != nil {
			return err
		}
		return t.commit(ctx)
	})
}

// EndPause resumes a contract whose pause is over by itself.
func (db *DB) EndPause(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) error {
	return db.DecideContract(ctx, nil, tenant, customer, s, func(is subscription.Standing) (subscription.Subscription, []event.Envelope, error) {
		if is.State != subscription.Paused || is.IdleUntil == "" || is.Today(is.Now) < is.IdleUntil {
			return is.Subscription, nil, nil
		}
		next, err := is.Unpause(is.Now)
		return next, []event.Envelope{event.New(ctx, tenant, is.Now, event.SubscriptionResumed{SubscriptionID: is.ID, CustomerID: is.Customer, Name: is.Name, Line: is.Access != nil,
			Cause: "pause_over"})}, err
	})
}

// idled adds the credit note over the days of a pause that ended, and what it takes off their invoice, if that was issued.
func (db *DB) idled(ctx context.Context, t *tx, r renewing, next subscription.Subscription) error {
	unused := r.Idled(r.Now)
	if r.State != subscription.Paused || next.State != subscription.Active || unused.Amount.Minor == 0 {
		return nil
	}
	last, err := db.numbers(ctx, r.Tenant, r.Customer, invoice.CreditNote)
	if err != nil {
		return err
	}
	unused.Amount = unused.Amount.Times(-1)
	i := id.Derive[id.Invoice](id.InvoicePrefix, r.Now, "paused", string(r.ID), string(r.IdleSince))
	billed, err := db.lastInvoice(ctx, r)
	if err != nil {
		return err
	}
	note, numbers, err := r.note(ctx, i, []lineitem.Charge{unused}, "paused", last, billed)
	if err != nil {
		return err
	}
	t.issue(note, last, numbers)
	t.book(ledger.Credited(r.Tenant, r.Customer, i, unused.Amount, r.Now), invoice.ErrMoved)
	t.announce(issued(ctx, note, r.Now))
	if billed == nil {
		return nil
	}
	if off := min(unused.Amount.Minor, billed.Correctable()); off > 0 {
		_, corrected, err := billed.Correction(i, off, "paused", r.Now)
		if err != nil {
			return err
		}
		t.invoice(*billed, corrected)
	}
	return nil
}

// numbers reads what the next number of a customer's documents is decided on.
func (db *DB) numbers(ctx context.Context, tenant id.Tenant, c id.Customer, k invoice.Kind) (invoice.Numbers, error) {
	b := db.batch()
	b.readNumbers(tenant, c, k)
	rows, err := b.read(ctx)
	if err != nil {
		return invoice.Numbers{}, err
	}
	return numbersAmong(rows, tenant, c, k)
}
