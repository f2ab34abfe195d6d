package notice

import (
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// The mails about invoices.

// Invoice says that there is an invoice that is not paid, and where to pay it.
type Invoice struct {
	ID     id.Invoice
	Number string
	Amount money.Amount // to be paid
	Due    time.Time
}

// Kind of Invoice.
func (Invoice) Kind() Kind { return KindInvoice }

func (m Invoice) letter(p pen) letter {
	return p.write("invoice", p.page("invoices", string(m.ID)), values{"invoice": m.Number, "amount": p.amount(m.Amount), "due": p.day(m.Due)}).
		with(fact{Name: p.Phrases.Invoice, Value: m.Number}, fact{Name: p.Phrases.Amount, Value: p.amount(m.Amount)}, fact{Name: p.Phrases.Due, Value: p.day(m.Due)})
}

// InvoiceRefund says what of an invoice was given back, and where it is.
type InvoiceRefund struct {
	ID               id.Invoice
	Number           string
	Amount           money.Amount
	ToCard, ToWallet money.Amount // of that
}

// Kind of InvoiceRefund.
func (InvoiceRefund) Kind() Kind { return KindInvoiceRefund }

func (m InvoiceRefund) letter(p pen) letter {
	l := p.write("invoice-refund", p.page("invoices", string(m.ID)), values{"invoice": m.Number, "amount": p.amount(m.Amount)}).
		with(fact{Name: p.Phrases.Invoice, Value: m.Number})
	for _, way := range []struct {
		name, words string
		amount      money.Amount
	}{{p.Phrases.ToCard, p.Phrases.BackToCard, m.ToCard}, {p.Phrases.ToWallet, p.Phrases.BackToWallet, m.ToWallet}} {
		if way.amount.Minor > 0 {
			l.Body = append(l.Body, way.words)
			l = l.with(fact{Name: way.name, Value: p.amount(way.amount)})
		}
	}
	return l
}

// InvoicePaid is the receipt of an invoice.
type InvoicePaid struct {
	ID          id.Invoice
	Number      string
	Total       money.Amount
	PaidAt      time.Time
	PaidWith    string    // a card for people, or as of Receipt; empty when there was nothing to pay
	NextBilling time.Time // zero when nothing more is to come
}

// Kind of InvoicePaid.
func (InvoicePaid) Kind() Kind { return KindInvoicePaid }

func (m InvoicePaid) letter(p pen) letter {
	l := p.write("invoice-paid", p.page("invoices", string(m.ID)), values{"invoice": m.Number, "total": p.amount(m.Total)}).
		with(fact{Name: p.Phrases.Invoice, Value: m.Number}, fact{Name: p.Phrases.Total, Value: p.amount(m.Total)})
	if !m.NextBilling.IsZero() {
		l = l.with(fact{Name: p.Phrases.NextBilling, Value: p.day(m.NextBilling)})
	}
	how := p.Phrases.PaidByCredit
	if m.PaidWith != "" {
		how = paidWords(p, m.PaidWith)
	}
	return l.with(fact{Value: fill(how, values{"at": p.moment(m.PaidAt), "card": m.PaidWith})})
}
