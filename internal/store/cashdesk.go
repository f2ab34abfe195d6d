package store

import (
	"context"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/payment"
)

// owed is the invoice as the books know it.
func (o owing) owed() ledger.Owed {
	i := o.invoice
	return ledger.Owed{Tenant: i.Tenant, Customer: i.Customer, Invoice: i.ID, WrittenOff: i.State == invoice.Uncollectible, At: o.now}
}

// Bill reads an invoice and the method that shall pay it: the named one, or the customer's default when none is named. A method that is
// not the customer's, or not confirmed, is none.
func (db *DB) Bill(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice, named id.Reference) (found invoice.Invoice, by payment.Standing, err error) {
	b := db.batch()
	b.add(invoices, invoiceKey(tenant, customer, i))
	if named == "" {
		b.readChargeable(tenant, customer)
	} else {
		b.add(payments, methodKey(tenant, customer, named))
	}
	rows, err := b.read(ctx)
	if err != nil {
		return found, by, err
	}
	row, err := among[invoice.Invoice](rows[invoices], invoiceKey(tenant, customer, i))
	switch {
	case err != nil:
		return found, by, err
	case row == nil:
		return found, by, invoice.ErrUnknown
	case named == "":
		by, err = chargeableAmong(rows, tenant, customer)
		return *row, by, err
	}
	m, err := among[payment.Method](rows[payments], methodKey(tenant, customer, named))
	if err == nil && m != nil && m.ID() != "" {
		by = m.Standing()
	}
	return *row, by, err
}

// BeginInvoice records a payment of an invoice that is about to be tried, and the key, if nobody changed the invoice meanwhile; else
// invoice.ErrMoved.
func (db *DB) BeginInvoice(ctx context.Context, use *once.Use, i invoice.Invoice, by invoice.Paying, p payment.Payment, e event.Envelope) error {
	t := db.tx()
	t.once(use)
	t.create(payments, paymentKey(p.Tenant, p.ID), paymentRowOf(p), nil)
	t.invoice(i, i.Begin(by))
	t.announce(e)
	return t.commit(ctx)
}

// PayInvoiceByWallet takes an amount in minor units, 0 for all that is left to pay, from the customer's wallet for an invoice, or does neither.
// answered is called with what will have been paid, before it is written, to set the key's answer.
func (db *DB) PayInvoiceByWallet(ctx context.Context, use *once.Use, i invoice.Invoice, amount int64, answered func(id.Payment, money.Amount) error) error {
	return untilStill(ctx, func() error {
		o, err := db.owing(ctx, i.Tenant, i.Customer, i.ID, i.Subscription)
		if err != nil {
			return err
		}
		part, err := o.invoice.Part(amount)
		if err != nil {
			return err
		}
		before, err := db.Wallet(ctx, i.Tenant, i.Customer, part.Currency)
		if err != nil {
			return err
		}
		after, err := before.Debit(part)
		if err != nil {
			return err
		}
		pay := id.New[id.Payment](id.PaymentPrefix, o.now)
		if err := answered(pay, part); err != nil {
			return err
		}
		t := db.tx()
		t.once(use)
		if err := t.receive(ctx, o, invoice.Receipt{PaymentID: pay, Amount: part.Minor, With: payment.Wallet, At: o.now}); err != nil {
			return err
		}
		t.moveWallet(before, after, o.owed().ByWallet(pay, part))
		t.announce(event.New(ctx, i.Tenant, o.now, event.PaymentSucceeded{PaymentID: pay, CustomerID: i.Customer, InvoiceID: i.ID, Amount: part}))
		return t.commit(ctx)
	})
}

// CloseInvoice withdraws an invoice, or writes it off, and books it. answered is called with the invoice as it will be.
func (db *DB) CloseInvoice(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, i id.Invoice, to invoice.State, why string, answered func(invoice.Invoice) error) error {
	return untilStill(ctx, func() error {
		o, err := db.owingOf(ctx, tenant, customer, i)
		if err != nil {
			return err
		}
		is, err := o.invoice.Close(to, why, o.now)
		if err == nil {
			err = answered(is)
		}
		if err != nil {
			return err
		}
		t := db.tx()
		t.once(use)
		t.invoice(o.invoice, is)
		if to == invoice.Void {
			t.withdrawn(ctx, o)
		} else {
			t.book(o.owed().Lost(o.invoice.LeftAmount()), invoice.ErrMoved)
		}
		t.announce(event.New(ctx, tenant, o.now, event.InvoiceClosed{InvoiceID: i, CustomerID: customer, SubscriptionID: is.Subscription, Number: is.Number, State: string(to), Reason: why}))
		return t.commit(ctx)
	})
}

// withdrawn adds what it means that an invoice is not to be paid: its contract owes nothing for it, and has the credit again.
func (t *tx) withdrawn(ctx context.Context, o owing) {
	i := o.invoice
	t.book(o.owed().Withdrawn(money.Amount{Minor: i.Total, Currency: i.Currency}, i.Credit), invoice.ErrMoved)
	if o.contract == nil || i.Period == nil {
		return
	}
	policy := policyOf(o.settings)
	next, ended, resumed := o.contract.Unbilled(*i.Period, i.Credit).Paid(policy, i.ID, o.now)
	t.contract(*o.contract, next.Scheduled(policy))
	t.released(ctx, o, ended, resumed)
}
