package chaos

import (
	"fmt"
	"maps"
	"slices"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
)

// billedWith names what a payment pays of a contract: at most one charge is kept for it. An invoice may be paid in parts, but no journey
// does.
func billedWith(p payment.Payment) string {
	switch p.Bill.Kind {
	case payment.Renewal:
		return fmt.Sprintf("period from %s of %s", p.Bill.Period.From, p.Bill.Subscription)
	case payment.OfInvoice:
		return "invoice " + string(p.Bill.Invoice)
	}
	return fmt.Sprintf("change of %s to %s", p.Bill.Subscription, p.Bill.Plan.ItemID)
}

// returned is what was given back to a card of a payment, in minor units.
func (b *Books) returned(p id.Payment) (minor int64) {
	for _, r := range b.Returns {
		for _, part := range r.Parts {
			if part.PaymentID == p && part.To == payment.ToCard && part.State == payment.ReturnSettled {
				minor += part.Amount
			}
		}
	}
	return minor
}

// numbered checks documents: their numbers, what they were paid with, and that contracts owe just those that are open.
func numbered(b *Books) []string {
	var out findings
	given, numbers := map[string]int64{}, map[string]id.Invoice{}
	for _, i := range b.Invoices {
		var series, n int64
		if _, err := fmt.Sscanf(i.Number, prefixes[i.Kind]+"-%d-%d", &series, &n); err != nil || n < 1 {
			out.add("document %s (%s, %s) has the number %q: %v", i.ID, i.Kind, i.State, i.Number, err)
			continue
		}
		if other, twice := numbers[i.Number]; twice {
			out.add("%s and %s are both %s", i.ID, other, i.Number)
		}
		numbers[i.Number] = i.ID
		given[fmt.Sprintf("%s %d", i.Kind, series)]++
		if n := b.issued(i.ID); n != 1 {
			out.add("document %s was announced %d times", i.ID, n)
		}
		out = append(out, b.paidFor(i)...)
	}
	maps.Copy(given, zeros(b.Numbers, given))
	for series, n := range given { // as many as the last number, and none twice: there is no gap
		if b.Numbers[series] != n {
			out.add("series %s has %d documents, and its last number is %d", series, n, b.Numbers[series])
		}
	}
	for _, s := range b.Subscriptions {
		out = append(out, b.owes(s)...)
	}
	out = append(append(out, receivable(b)...), disputed(b)...)
	for _, p := range b.Payments {
		i, there := b.Invoices[p.Invoice()]
		if p.State == payment.Succeeded && p.Bill != nil && (!there || !slices.ContainsFunc(i.Receipts, func(r invoice.Receipt) bool { return r.PaymentID == p.ID })) {
			out.add("payment %s succeeded, and paid nothing of invoice %s", p.ID, p.Invoice())
		}
	}
	return out
}

// issued is how often a document was announced. Its id is also in what tells of its credit notes.
func (b *Books) issued(i id.Invoice) (n int) {
	for _, e := range b.announced(event.TypeInvoiceIssued, string(i)) {
		var told event.InvoiceIssued
		if event.Decode(e, &told) == nil && told.InvoiceID == i {
			n++
		}
	}
	return n
}

var prefixes = map[invoice.Kind]string{invoice.Standard: "INV", invoice.CreditNote: "CN"}

// paidFor checks that a document is paid by payments that succeeded, each once, and is open when something is left to pay.
func (b *Books) paidFor(i invoice.Invoice) []string {
	var out findings
	if i.Kind == invoice.Standard && (i.State == invoice.Open) != (i.Left() > 0) {
		out.add("invoice %s is %s, and %d are left to pay", i.ID, i.State, i.Left())
	}
	if i.Kind == invoice.Standard && i.PaidUp() > i.Total-i.Credit {
		out.add("invoice %s is over %d, of which credit paid %d; %d were paid and kept", i.ID, i.Total, i.Credit, i.PaidUp())
	}
	counted := map[id.Payment]bool{}
	for _, r := range i.Receipts {
		p, known := b.Payments[r.PaymentID]
		if counted[r.PaymentID] || known && (p.State != payment.Succeeded || p.Amount.Minor != r.Amount) {
			out.add("invoice %s was paid %d with %s, which is %s of %s (before: %t)", i.ID, r.Amount, r.PaymentID, p.State, p.Amount, counted[r.PaymentID])
		}
		counted[r.PaymentID] = true
		if known && r.Disputed != (p.Dispute == payment.DisputeOpen || p.Dispute == payment.DisputeLost) {
			out.add("invoice %s says of %s that it is disputed: %t; the payment says %q", i.ID, p.ID, r.Disputed, p.Dispute)
		}
	}
	return out
}

// owes checks that a contract owes the invoices of it that are open, and only because its card was declined or its bank took the money
// back: nobody owes because of an outage.
func (b *Books) owes(s subscription.Subscription) []string {
	var out findings
	open := map[id.Invoice]bool{}
	for _, i := range b.Invoices {
		open[i.ID] = i.Subscription == s.ID && i.State == invoice.Open
	}
	for _, d := range s.Debts {
		declined := b.Invoices[d.Invoice].Disputed()
		for _, p := range b.Payments {
			declined = declined || p.Invoice() == d.Invoice && p.State == payment.Failed && p.Reason != payment.NotCharged
		}
		if !open[d.Invoice] || !declined {
			out.add("contract %s owes %s, which is %s (declined: %t)", s.ID, d.Invoice, b.Invoices[d.Invoice].State, declined)
		}
		delete(open, d.Invoice)
	}
	for i, is := range open {
		if is {
			out.add("invoice %s of %s is open, and the contract owes nothing for it", i, s.ID)
		}
	}
	if s.State == subscription.Suspended && len(s.Debts) == 0 {
		out.add("contract %s is suspended, and owes nothing", s.ID)
	}
	return out
}
