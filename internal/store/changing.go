package store

import (
	"context"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/once"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
)

// BeginChange records the intent to charge a change of plan, with the key.
func (db *DB) BeginChange(ctx context.Context, use *once.Use, p payment.Payment, e event.Envelope) error {
	t := db.tx()
	t.once(use)
	t.create(payments, paymentKey(p.Tenant, p.ID), paymentRowOf(p), nil)
	t.announce(e)
	return t.commit(ctx)
}

// change finds whether a payment of a change of plan is for what the change costs as the contract is now, and gives that bill. It is of
// the day on which it was asked for.
func (r renewing) change(p payment.Payment) (subscription.Bill, bool) {
	if r.Changeable(*p.Bill.Plan, r.Now) != nil {
		return subscription.Bill{}, false
	}
	bill := r.ChangeNow(*p.Bill.Plan, p.Bill.Period.From, r.Tax)
	return bill, lineitem.Same(bill.Charges, p.Bill.Charges) && bill.Credit == p.Bill.Credit && bill.Due() == p.Amount
}

// completeChange records that the money for a change of plan came. When the contract was changed otherwise meanwhile it is not wanted.
func (db *DB) completeChange(ctx context.Context, p payment.Payment) error {
	return untilStill(ctx, func() error {
		r, err := db.renewing(ctx, p.Tenant, p.Customer, p.Bill.Subscription)
		if err != nil {
			return err
		}
		bill, ok := r.change(p)
		if !ok {
			return db.notWanted(ctx, p, payment.NotDue)
		}
		t := db.tx()
		t.settle(p, payment.Pending)
		t.announce(event.New(ctx, p.Tenant, r.Now, event.PaymentSucceeded{PaymentID: p.ID, CustomerID: p.Customer, InvoiceID: p.Bill.Invoice, Amount: p.Amount}))
		if err := t.billedChange(ctx, r, bill, p.Bill.Invoice, &invoice.Receipt{PaymentID: p.ID, Amount: p.Amount.Minor, With: p.PaidWith, At: r.Now}); err != nil {
			return err
		}
		if p.Signup != "" {
			t.announce(event.New(ctx, p.Tenant, r.Now, bill.After.SignedBy(p.Signup)))
		}
		return t.commit(ctx)
	})
}

// ChangeUncharged changes the plan of a contract on the spot when nothing is to be paid for it: credit covers it, or it is a step down,
// which gives credit. i is the id of its document, if there is one. Quoted is what the caller decided on: when it is not what it is now, subscription.ErrQuoteStale. When the change came of a signup,
// its contract is announced as well.
func (db *DB) ChangeUncharged(ctx context.Context, use *once.Use, s subscription.Subscription, to lineitem.Line, quoted subscription.Bill, i id.Invoice, of id.Signup) error {
	return untilStill(ctx, func() error {
		r, err := db.renewing(ctx, s.Tenant, s.Customer, s.ID)
		if err != nil {
			return err
		}
		if err := r.Changeable(to, r.Now); err != nil {
			return err
		}
		bill := r.ChangeNow(to, quoted.Period.From, r.Tax)
		if !lineitem.Same(bill.Charges, quoted.Charges) || bill.Due().Minor > 0 {
			return subscription.ErrQuoteStale
		}
		t := db.tx()
		t.once(use)
		switch {
		case bill.Total.Minor > 0:
			err = t.billedChange(ctx, r, bill, i, nil)
		case bill.Total.Minor < 0:
			err = db.creditedChange(ctx, t, r, bill, i)
		default:
			err = t.changed(ctx, r, bill, "")
		}
		if err != nil {
			return err
		}
		if of != "" {
			t.announce(event.New(ctx, s.Tenant, r.Now, bill.After.SignedBy(of)))
		}
		return t.commit(ctx)
	})
}

// billedChange adds a change of plan that costs something, with its invoice: paid, by the receipt or by credit.
func (t *tx) billedChange(ctx context.Context, r renewing, bill subscription.Bill, i id.Invoice, receipt *invoice.Receipt) error {
	paid, err := t.billed(ctx, r, bill, i, 0, receipt)
	if err != nil {
		return err
	}
	t.announce(paid...)
	t.book(ledger.BillPaid(billedAs(r, bill, i)), payment.ErrMoved)
	bill.After.Billed = i
	return t.changed(ctx, r, bill, i)
}

// creditedChange adds a change of plan that gives credit, with the credit note over it.
func (db *DB) creditedChange(ctx context.Context, t *tx, r renewing, bill subscription.Bill, i id.Invoice) error {
	last, err := db.numbers(ctx, r.Tenant, r.Customer, invoice.CreditNote)
	if err != nil {
		return err
	}
	back := make([]lineitem.Charge, len(bill.Charges))
	for n, c := range bill.Charges {
		c.Amount = c.Amount.Times(-1)
		back[n] = c
	}
	billed, err := db.chargedBefore(ctx, r, back)
	if err != nil {
		return err
	}
	note, numbers, err := r.note(ctx, i, back, "plan_change", last, billed)
	if err != nil {
		return err
	}
	t.issue(note, last, numbers)
	t.book(ledger.Credited(r.Tenant, r.Customer, i, bill.Total.Times(-1), r.Now), invoice.ErrMoved)
	t.announce(issued(ctx, note, r.Now))
	return t.changed(ctx, r, bill, i)
}

// note makes a credit note of a contract, with its number. billed is the contract's invoice, nil if it is not issued yet.
func (r renewing) note(ctx context.Context, i id.Invoice, back []lineitem.Charge, why string, last invoice.Numbers, billed *invoice.Invoice) (invoice.Invoice, invoice.Numbers, error) {
	draft := invoice.Invoice{Tenant: r.Tenant, Customer: r.Customer, ID: i, Kind: invoice.CreditNote, Corrects: r.Billed, Reason: why, Subscription: r.ID, Period: back[0].Period,
		Buyer: partyOf(r.buyer), Language: r.buyer.Language, Settings: r.settings.Version, TestClock: r.TestClock, Correlation: event.TraceOf(ctx).Correlation}
	today := r.Today(r.Now)
	draft, err := invoice.Draw(draft, r.rated(back, billed))
	if err != nil {
		return draft, last, err
	}
	return draft.Final(invoiceSeries(r.Customer), last, today, today, r.Now)
}

// changed adds the contract after a change of plan at once, the move of its claim, and the event.
func (t *tx) changed(ctx context.Context, r renewing, bill subscription.Bill, i id.Invoice) error {
	t.contract(r.Subscription, bill.After.Scheduled(r.Policy))
	if bill.After.ItemID != r.ItemID {
		if err := t.moveClaim(ctx, r.Subscription, bill.After); err != nil {
			return err
		}
	}
	t.announce(event.New(ctx, r.Tenant, r.Now, event.SubscriptionChanged{SubscriptionID: r.ID, CustomerID: r.Customer, ItemID: bill.After.ItemID, Was: r.ItemID, InvoiceID: i}))
	return nil
}
