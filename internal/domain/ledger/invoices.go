package ledger

import (
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// Owed is an invoice on which a customer owes something, or which was written off.
type Owed struct {
	Tenant     id.Tenant
	Customer   id.Customer
	Invoice    id.Invoice
	WrittenOff bool
	At         time.Time
}

// account on which it is owed.
func (o Owed) account() Account {
	if o.WrittenOff {
		return BadDebts
	}
	return Receivables
}

func (o Owed) entry(k Kind, suffix string) Entry {
	e := ofInvoice(k, o.Tenant, o.Customer, o.Invoice, o.At)
	e.ID += id.Entry("-" + suffix)
	return e
}

// Came books money that was captured for the invoice.
func (o Owed) Came(p id.Payment, amount money.Amount) Entry {
	return transfer(received(KindInvoicePaid, o.Tenant, o.Customer, p, o.At), PSPCash, o.account(), amount)
}

// ByWallet books that it was paid, wholly or in part, from the wallet.
func (o Owed) ByWallet(p id.Payment, amount money.Amount) Entry {
	return transfer(received(KindInvoiceWallet, o.Tenant, o.Customer, p, o.At), Wallet, o.account(), amount)
}

// Withdrawn books that the invoice is not to be paid: nothing was sold, and the credit that went into it, in minor units, is there again.
func (o Owed) Withdrawn(total money.Amount, credit int64) Entry {
	e := o.entry(KindWithdrawn, "withdrawn")
	e.Currency = total.Currency
	for _, p := range []Posting{{Sales, total.Minor}, {o.account(), credit - total.Minor}, {Credits, -credit}} {
		if p.Minor != 0 {
			e.Postings = append(e.Postings, p)
		}
	}
	return e
}

// Lost books that nobody waits any more for what is left to pay.
func (o Owed) Lost(left money.Amount) Entry {
	return transfer(o.entry(KindWrittenOff, "off"), BadDebts, Receivables, left)
}
