package ledger

import (
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// Billed is a bill of a subscription: what it costs, and how much of it credit pays, in minor units.
type Billed struct {
	Tenant   id.Tenant
	Customer id.Customer
	Invoice  id.Invoice
	Total    money.Amount
	Credit   int64
	At       time.Time
}

func (b Billed) entry(k Kind, from Account) Entry {
	e := ofInvoice(k, b.Tenant, b.Customer, b.Invoice, b.At)
	e.Currency = b.Total.Currency
	for _, p := range []Posting{{from, b.Total.Minor - b.Credit}, {Credits, b.Credit}, {Sales, -b.Total.Minor}} {
		if p.Minor != 0 {
			e.Postings = append(e.Postings, p)
		}
	}
	return e
}

func ofInvoice(k Kind, tenant id.Tenant, c id.Customer, i id.Invoice, at time.Time) Entry {
	return Entry{Tenant: tenant, Customer: c, ID: id.Swap[id.Entry](i, id.InvoicePrefix, id.EntryPrefix), At: at, Kind: k, Reference: string(i)}
}

// BillPaid books a bill that was paid as it was made: what credit did not pay was charged.
func BillPaid(b Billed) Entry { return b.entry(KindBillPaid, PSPCash) }

// BillOwed books a bill that was made and could not be charged.
func BillOwed(b Billed) Entry { return b.entry(KindBillOwed, Receivables) }

// Credited books days of a subscription that were billed and not used: the credit note says which.
func Credited(tenant id.Tenant, c id.Customer, note id.Invoice, amount money.Amount, at time.Time) Entry {
	return transfer(ofInvoice(KindCredited, tenant, c, note, at), Sales, Credits, amount)
}
