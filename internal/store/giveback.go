package store

import (
	"context"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/country"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
)

// Return implements payment.ReturnBook.
func (db *DB) Return(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice, r id.Refund) (payment.Return, error) {
	return get[payment.Return](ctx, db, invoices, refundKey(tenant, customer, i, r), payment.ErrReturnUnknown)
}

// Returns reads all that was given back of an invoice, oldest first. There are few: each gives back at least a minor unit by hand.
func (db *DB) Returns(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice) (all []payment.Return, err error) {
	err = each(ctx, db, invoices, key{customerPK(tenant, customer), refundPrefix(i)}, func(r payment.Return) error {
		all = append(all, r)
		return nil
	})
	return all, err
}

// RequestReturn gives back what was paid for an invoice: what goes to the wallet at once, what goes to cards by the PSP, which is asked
// after it. answered is called with the return as it will be, before it is written, to set the key's answer.
func (db *DB) RequestReturn(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, i id.Invoice, ask payment.ReturnAsk, answered func(payment.Return) error) error {
	return untilStill(ctx, func() error {
		o, err := db.owing(ctx, tenant, customer, i, "")
		if err != nil {
			return err
		}
		t := db.tx()
		r, err := t.returns(ctx, o, ask)
		if err == nil {
			err = answered(r)
		}
		if err != nil {
			return err
		}
		t.once(use)
		if o.invoice.Order != "" {
			paid, err := db.Order(ctx, tenant, customer, o.invoice.Order)
			if err != nil {
				return err
			}
			t.order(paid, paid.GaveBackPart(ask.Amount), o.now)
		}
		return t.commit(ctx)
	})
}

// returns adds that an amount of what was paid for an invoice is given back.
func (t *tx) returns(ctx context.Context, o owing, ask payment.ReturnAsk) (payment.Return, error) {
	i := o.invoice
	r := payment.Return{Tenant: i.Tenant, Customer: i.Customer, ID: id.New[id.Refund](id.RefundPrefix, o.now), Invoice: i.ID, Number: i.Number, Currency: i.Currency,
		Reason: ask.Reason, By: ask.By, RequestedAt: o.now, TestClock: i.TestClock, Correlation: event.TraceOf(ctx).Correlation, Version: 1}
	from, note, err := t.takenBack(ctx, o, ask)
	if err != nil {
		return r, err
	}
	r.Note = note
	for _, part := range from {
		p := payment.ReturnPart{PaymentID: part.PaymentID, With: part.With, Amount: part.Amount, To: payment.ToCard, State: payment.ReturnRequested}
		if ask.To == payment.ToWallet || part.With == payment.Wallet {
			p.To, p.State = payment.ToWallet, payment.ReturnSettled
		}
		r.Parts = append(r.Parts, p)
	}
	t.create(invoices, refundKey(r.Tenant, r.Customer, r.Invoice, r.ID), returnRowOf(r), invoice.ErrMoved)
	books := t.booksOf(r, o.now)
	if back := r.On(payment.ToWallet); back.Minor > 0 {
		before, err := t.db.Wallet(ctx, r.Tenant, r.Customer, r.Currency)
		if err != nil {
			return r, err
		}
		after, err := before.Credit(back)
		if err != nil {
			return r, err
		}
		t.moveWallet(before, after, books.ToWallet(back))
	}
	if due := r.On(payment.ToCard); due.Minor > 0 {
		t.book(books.Due(due), invoice.ErrMoved)
		t.announce(event.New(ctx, r.Tenant, o.now, event.RefundRequested{RefundID: r.ID, CustomerID: r.Customer, InvoiceID: r.Invoice, Amount: r.Amount()}))
	}
	t.announce(r.Told(ctx, "", o.now)...)
	return r, nil
}

// takenBack adds what giving back does to the invoice: its receipts, and the credit note that goes with it.
func (t *tx) takenBack(ctx context.Context, o owing, ask payment.ReturnAsk) (from []invoice.Returned, note id.Invoice, err error) {
	next, from, err := o.invoice.GiveBack(ask.Amount, ask.Correct)
	if err != nil {
		return nil, "", err
	}
	if ask.Correct {
		var draft invoice.Invoice
		if draft, next, err = next.Correction(id.New[id.Invoice](id.InvoicePrefix, o.now), ask.Amount, ask.Reason, o.now); err != nil {
			return nil, "", err
		}
		draft.Correlation = event.TraceOf(ctx).Correlation
		zone, _ := civil.Zone(country.Zone(o.invoice.Buyer.Country))
		on := max(civil.On(o.now, zone), o.invoice.IssuedOn)
		final, numbers, err := draft.Final(invoiceSeries(draft.Customer), o.notes, on, on, o.now)
		if err != nil {
			return nil, "", err
		}
		t.issue(final, o.notes, numbers)
		t.announce(issued(ctx, final, o.now))
		note = final.ID
	}
	next.Version = o.invoice.Version + 1 // one write, whatever it is of
	t.invoice(o.invoice, next)
	return from, note, nil
}

func (t *tx) booksOf(r payment.Return, at time.Time) ledger.Return {
	return ledger.Return{Tenant: r.Tenant, Customer: r.Customer, Refund: r.ID, Goodwill: r.Note == "", Reason: r.Reason, By: r.By, At: at}
}

// saveReturn adds a return that was changed.
func (t *tx) saveReturn(was, is payment.Return, moved error) {
	t.put(invoices, refundKey(is.Tenant, is.Customer, is.Invoice, is.ID), returnRowOf(is), "Version = :was", item{":was": number(was.Version)}, moved)
}

// SaveReturn implements payment.ReturnBook.
func (db *DB) SaveReturn(ctx context.Context, was, is payment.Return, p id.Payment, why string) error {
	now, err := db.Now(ctx, is.Tenant, is.TestClock)
	if err != nil {
		return err
	}
	t := db.tx()
	t.saveReturn(was, is, payment.ErrMoved)
	books := t.booksOf(is, now)
	for n, part := range is.Parts {
		if part.PaymentID != p {
			continue
		}
		amount := money.Amount{Minor: part.Amount, Currency: is.Currency}
		switch before := was.Parts[n].State; {
		case part.State == payment.ReturnSettled:
			t.book(books.Sent(p, amount), payment.ErrMoved)
		case part.State == payment.ReturnParked && before == payment.ReturnSettled:
			t.book(books.CameBack(p, amount), payment.ErrMoved)
		}
	}
	t.announce(is.Told(ctx, why, now)...)
	return t.commit(ctx)
}

// RedirectReturn sends to the wallet what could not go back to a card. answered is called with the return as it will be.
func (db *DB) RedirectReturn(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, i id.Invoice, ref id.Refund, answered func(payment.Return) error) error {
	return untilStill(ctx, func() error {
		r, err := db.Return(ctx, tenant, customer, i, ref)
		if err != nil {
			return err
		}
		now, err := db.Now(ctx, tenant, r.TestClock)
		if err != nil {
			return err
		}
		next, amount, err := r.Redirected()
		if err == nil {
			err = answered(next)
		}
		if err != nil {
			return err
		}
		before, err := db.Wallet(ctx, tenant, customer, r.Currency)
		if err != nil {
			return err
		}
		after, err := before.Credit(amount)
		if err != nil {
			return err
		}
		t := db.tx()
		t.once(use)
		t.saveReturn(r, next, invoice.ErrMoved)
		t.moveWallet(before, after, t.booksOf(r, now).Redirected(amount))
		t.announce(next.Told(ctx, "", now)...)
		return t.commit(ctx)
	})
}

// backByInvoice adds that what is left of a paid order's money goes back the way it came, when the order has its invoice; else moved is
// false, and all that is added is that it has none: from now on it gets none.
func (db *DB) backByInvoice(ctx context.Context, t *tx, o order.Order, back money.Amount, reason string) (moved bool, err error) {
	owed, err := db.owing(ctx, o.Tenant, o.Customer, invoiceOf(o.ID), "")
	switch {
	case err == invoice.ErrUnknown:
		t.check(invoices, invoiceKey(o.Tenant, o.Customer, invoiceOf(o.ID)), isNew, nil, nil, errOrderMoved)
		return false, nil
	case err != nil:
		return false, err
	case owed.invoice.PaidUp() < back.Minor: // its bank has taken it back
		return false, nil
	}
	_, err = t.returns(ctx, owed, payment.ReturnAsk{Amount: back.Minor, To: payment.ToCard, Reason: reason, By: event.TraceOf(ctx).Actor, Correct: owed.invoice.Correctable() >= back.Minor})
	return err == nil, err
}

// invoiceOf is the id of an order's invoice.
func invoiceOf(o id.Order) id.Invoice {
	return id.Swap[id.Invoice](o, id.OrderPrefix, id.InvoicePrefix)
}

// refundInvoiced adds what giving back a part of an order by its wallet does to its invoice, which was looked for with the order, if there is one.
func (t *tx) refundInvoiced(ctx context.Context, owed owing, found error, amount int64, reason string) error {
	switch {
	case found == invoice.ErrUnknown:
		return nil
	case found != nil:
		return found
	}
	_, _, err := t.takenBack(ctx, owed, payment.ReturnAsk{Amount: amount, Reason: reason, Correct: owed.invoice.Correctable() >= amount})
	return err
}
