package store

import (
	"context"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/wallet"
)

// CancelContract ends a contract on the spot, in one transaction with all that comes of it: what was charged for the days that are left
// lowers what is owed of its last invoice, and else goes to the wallet with the credit that is left; its plan can be bought anew.
// answered is called with what it comes to, before it is written, to set the key's answer. One that has ended stays as it is, and
// nothing is written.
func (db *DB) CancelContract(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, s id.Subscription, answered func(subscription.Conclusion) error) error {
	return db.conclude(ctx, use, tenant, customer, s, func(e ending) error { return answered(e.Conclusion) }, func(r renewing) bool { return true })
}

// EndContract ends a contract whose cancellation takes effect, or that was suspended for too long.
func (db *DB) EndContract(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) error {
	return db.conclude(ctx, nil, tenant, customer, s, func(ending) error { return nil },
		func(r renewing) bool {
			at, _, will := r.EndsBy(r.Policy)
			return will && !r.Now.Before(at)
		})
}

// ending is what the end of a contract is decided on, and what it comes to.
type ending struct {
	subscription.Conclusion
	renewing
	moved         bool
	why           subscription.Cause
	claims        bool             // whether it is this contract that holds the plan
	was           *invoice.Invoice // its last one, nil if it is not issued yet
	billed        invoice.Invoice  // the same, afterwards
	notes         invoice.Numbers
	before, after wallet.Balance
}

func (db *DB) conclude(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, s id.Subscription, answered func(ending) error, due func(renewing) bool) error {
	return untilStill(ctx, func() error {
		r, err := db.renewing(ctx, tenant, customer, s)
		if err != nil || !due(r) {
			return err
		}
		e, err := db.ending(ctx, r)
		if err != nil {
			return err
		}
		if e.why = subscription.Cancelled; use == nil {
			_, e.why, _ = r.EndsBy(r.Policy)
		}
		if err := answered(e); err != nil || !e.moved {
			return err
		}
		t := db.tx()
		if use != nil {
			t.once(use)
			t.announce(event.New(ctx, tenant, r.Now, event.SubscriptionCancelled{SubscriptionID: s, CustomerID: customer, Name: r.Name, Mode: "now", EndsOn: r.Today(r.Now), Back: e.Back, Owed: e.Owed}))
		}
		if err := t.ended(ctx, e); err != nil {
			return err
		}
		return t.commit(ctx)
	})
}

// ending works out what the end of a contract comes to, now.
func (db *DB) ending(ctx context.Context, r renewing) (e ending, err error) {
	e.renewing = r
	e.Final, e.moved = r.CancelNow(r.Policy, r.Now)
	currency := r.Price.Currency
	e.Back, e.Owed = money.Amount{Currency: currency}, money.Amount{Currency: currency}
	b := db.batch()
	b.add(invoices, invoiceKey(r.Tenant, r.Customer, r.Billed))
	b.readNumbers(r.Tenant, r.Customer, invoice.CreditNote)
	b.add(ledgers, walletKey(r.Tenant, r.Customer, currency))
	claim := claimKey(r.Tenant, r.Customer, r.ItemID)
	b.add(subscriptions, claim)
	rows, err := b.read(ctx)
	if err != nil {
		return e, err
	}
	if e.was, err = among[invoice.Invoice](rows[invoices], invoiceKey(r.Tenant, r.Customer, r.Billed)); err != nil {
		return e, err
	}
	if e.notes, err = numbersAmong(rows, r.Tenant, r.Customer, invoice.CreditNote); err != nil {
		return e, err
	}
	if e.before, err = walletAmong(rows, r.Tenant, r.Customer, currency); err != nil {
		return e, err
	}
	claimed, err := among[claimRow](rows[subscriptions], claim)
	if err != nil {
		return e, err
	}
	e.claims = claimed != nil && claimed.SubscriptionID == r.ID
	unused := -e.Unused.Amount.Minor
	e.Back.Minor = unused + e.Credit
	if unused > 0 {
		e.Note = id.Swap[id.Invoice](r.ID, id.SubscriptionPrefix, id.InvoicePrefix) // a contract ends once
	}
	if e.was != nil {
		e.billed = *e.was
		if off := min(unused, e.was.Correctable()); off > 0 {
			if _, e.billed, err = e.was.Correction(e.Note, off, "cancelled", r.Now); err != nil {
				return e, err
			}
		}
		e.Back.Minor -= e.was.Left() - e.billed.Left()
		e.Owed.Minor = e.billed.Left()
	}
	if e.Back.Minor > 0 {
		e.after, err = e.before.Credit(e.Back)
	}
	return e, err
}

// ended adds the end of a contract.
func (t *tx) ended(ctx context.Context, e ending) error {
	r, after := e.renewing, e.After
	if e.Note != "" {
		back := e.Unused
		back.Amount = back.Amount.Times(-1)
		note, numbers, err := r.note(ctx, e.Note, []lineitem.Charge{back}, "cancelled", e.notes, e.was)
		if err != nil {
			return err
		}
		t.issue(note, e.notes, numbers)
		t.announce(issued(ctx, note, r.Now))
	}
	if e.was != nil && e.billed.Version != e.was.Version {
		t.invoice(*e.was, e.billed)
		if e.was.State == invoice.Open && e.billed.State == invoice.Paid {
			next, over, _ := after.Paid(r.Policy, e.billed.ID, r.Now)
			if after = next; over {
				t.announce(event.New(ctx, r.Tenant, r.Now, event.DunningEnded{SubscriptionID: r.ID, CustomerID: r.Customer, InvoiceID: e.billed.ID}))
			}
			after.Version = e.After.Version // one write, whatever it is of
		}
	}
	t.contract(r.Subscription, after.Scheduled(r.Policy))
	if e.claims {
		t.delete(subscriptions, claimKey(r.Tenant, r.Customer, r.ItemID), "SubscriptionID = :mine", item{":mine": text(r.ID)}, subscription.ErrMoved)
	}
	entry := ledger.Concluded(ledger.Conclusion{Tenant: r.Tenant, Customer: r.Customer, Subscription: r.ID, Currency: e.Back.Currency, Unused: -e.Unused.Amount.Minor, Credit: e.Credit,
		Owed: -e.Unused.Amount.Minor + e.Credit - e.Back.Minor, At: r.Now})
	switch {
	case e.Back.Minor > 0:
		t.moveWallet(e.before, e.after, entry)
	case len(entry.Postings) > 0:
		t.book(entry, errBooked)
	}
	t.announce(event.New(ctx, r.Tenant, r.Now, event.SubscriptionEnded{SubscriptionID: r.ID, CustomerID: r.Customer, ItemID: r.ItemID, Name: r.Name, Cause: string(e.why),
		CreditNoteID: e.Note, Back: e.Back, Owed: e.Owed}))
	return nil
}
