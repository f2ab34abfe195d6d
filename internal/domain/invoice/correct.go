package invoice

import (
	"slices"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// Correctable is what credit notes can still take off, in minor units.
func (i Invoice) Correctable() int64 {
	if i.Kind == CreditNote || i.State == Draft || i.State == Void {
		return 0
	}
	return i.Total - i.Credited
}

// Correction is the draft of a credit note over an amount in minor units, and the invoice afterwards. The amount is split over the rates of
// tax by what is left of each, and each share has the tax that makes the credit notes of an invoice sum to it, to the minor unit, whatever
// their number. One over the whole of an invoice has its lines.
func (i Invoice) Correction(note id.Invoice, amount int64, why string, at time.Time) (draft, next Invoice, err error) {
	switch {
	case i.Kind == CreditNote || i.State == Draft:
		return draft, i, ErrNotPayable
	case i.State == Void:
		return draft, i, ErrVoid
	case amount <= 0 || amount > i.Correctable():
		return draft, i, ErrCorrectedOut.With("left", money.Amount{Minor: i.Correctable(), Currency: i.Currency}.String())
	}
	draft = Invoice{Tenant: i.Tenant, Customer: i.Customer, ID: note, Kind: CreditNote, State: Draft, Corrects: i.ID, CorrectsNumber: i.Number, Reason: why, Subscription: i.Subscription, Order: i.Order,
		Period: i.Period, Buyer: i.Buyer, Language: i.Language, Exempt: i.Exempt, Settings: i.Settings, Currency: i.Currency, Total: amount, TestClock: i.TestClock, Version: 1}
	for at, share := range i.shares(amount) {
		if share == 0 {
			continue
		}
		t := i.Taxes[at]
		tax := t.taxUpTo(t.Credited+share) - t.taxUpTo(t.Credited)
		draft.Taxes = append(draft.Taxes, TaxTotal{Rate: t.Rate, Net: share - tax, Tax: tax})
		draft.Lines = append(draft.Lines, Line{Rate: t.Rate, Net: share - tax, Tax: tax, Charge: lineitem.Charge{Kind: lineitem.Corrected, Name: i.Number,
			Price: money.Amount{Minor: share, Currency: i.Currency}, Amount: money.Amount{Minor: share, Currency: i.Currency}}})
	}
	if amount == i.Total {
		draft.Lines = slices.Clone(i.Lines)
	}
	next = i.Less(draft)
	if next.State != Paid && next.Left() == 0 {
		next.State, next.SettledAt = Paid, at
	}
	return draft, next, nil
}

// Less is an invoice with what a credit note takes off it.
func (i Invoice) Less(note Invoice) Invoice {
	i.Taxes, i.Credited, i.Version = slices.Clone(i.Taxes), i.Credited+note.Total, i.Version+1
	for _, off := range note.Taxes {
		if at := slices.IndexFunc(i.Taxes, func(t TaxTotal) bool { return t.Rate == off.Rate }); at >= 0 {
			i.Taxes[at].Credited += off.Net + off.Tax
		}
	}
	return i
}

// shares of an amount by rate, by what is left of each: by the largest remainder, so that no share is more than that.
func (i Invoice) shares(amount int64) []int64 {
	weights, shares := make([]int64, len(i.Taxes)), make([]int64, len(i.Taxes))
	for at, t := range i.Taxes {
		weights[at] = t.Net + t.Tax - t.Credited
	}
	for at, share := range (money.Amount{Minor: amount, Currency: i.Currency}).Divide(weights) {
		shares[at] = share.Minor
	}
	return shares
}

// taxUpTo is the tax in the first part of what was charged at a rate: of the whole it is the whole tax. Where more was given back at a rate
// than charged, both are less than nothing.
func (t TaxTotal) taxUpTo(gross int64) int64 {
	whole := t.Net + t.Tax
	if whole < 0 {
		gross, whole = -gross, -whole
	}
	return money.Amount{Minor: t.Tax}.Part(gross, whole).Minor
}

// Withdraw makes an invoice void: nothing is to be paid, and its number stays. One of which something was paid, or taken back by a credit
// note, is corrected instead.
func (i Invoice) Withdraw(why string, at time.Time) (Invoice, error) {
	if err := i.Payable(); err != nil {
		return i, err
	}
	if len(i.Receipts) > 0 || i.Credited > 0 {
		return i, ErrPartlyPaid
	}
	i.State, i.Reason, i.SettledAt, i.Version = Void, why, at, i.Version+1
	return i, nil
}

// WriteOff gives up that an invoice will be paid. It may be paid all the same.
func (i Invoice) WriteOff(why string, at time.Time) (Invoice, error) {
	if err := i.Payable(); err != nil {
		return i, err
	}
	if i.State == Uncollectible {
		return i, ErrWrittenOff
	}
	i.State, i.Reason, i.SettledAt, i.Version = Uncollectible, why, at, i.Version+1
	return i, nil
}

// Close withdraws an invoice (Void) or writes it off (Uncollectible).
func (i Invoice) Close(to State, why string, at time.Time) (Invoice, error) {
	if to == Void {
		return i.Withdraw(why, at)
	}
	return i.WriteOff(why, at)
}
