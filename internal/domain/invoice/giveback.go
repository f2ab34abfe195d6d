package invoice

import (
	"errors"
	"slices"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// ErrNotReceived is answered to what names a payment that the invoice was not paid with.
var ErrNotReceived = errors.New("invoice: it was not paid with this payment")

// Returned is what is given back of one receipt, in minor units.
type Returned struct {
	PaymentID id.Payment
	With      string
	Amount    int64
}

// GiveBack notes that an amount in minor units of what was paid is given back, of the newest receipts first and never more than is left of
// each. Corrected tells that a credit note goes with it: then the invoice is less, and else what was given back is a goodwill that is not
// owed again. What a bank has taken back cannot be given back by us as well.
func (i Invoice) GiveBack(amount int64, corrected bool) (next Invoice, from []Returned, err error) {
	if i.Kind == CreditNote || i.State == Draft || i.State == Void {
		return i, nil, ErrNotPayable
	}
	if amount <= 0 || amount > i.PaidUp() {
		return i, nil, ErrRefundTooMuch.With("left", money.Amount{Minor: i.PaidUp(), Currency: i.Currency}.String())
	}
	next = i
	next.Receipts, next.Version = slices.Clone(i.Receipts), i.Version+1
	for n := len(next.Receipts) - 1; n >= 0 && amount > 0; n-- {
		r := &next.Receipts[n]
		part := min(amount, r.Amount-r.Refunded)
		if r.Disputed || part == 0 {
			continue
		}
		r.Refunded, amount = r.Refunded+part, amount-part
		if corrected {
			r.Corrected += part
		}
		from = append(from, Returned{PaymentID: r.PaymentID, With: r.With, Amount: part})
	}
	return next, from, nil
}

// Dispute notes that a bank took back what is left of a receipt: it is owed again. Moved is false when that was noted before.
func (i Invoice) Dispute(p id.Payment) (next Invoice, moved bool, err error) {
	n := slices.IndexFunc(i.Receipts, func(r Receipt) bool { return r.PaymentID == p })
	if n < 0 {
		return i, false, ErrNotReceived
	}
	if i.Receipts[n].Disputed {
		return i, false, nil
	}
	i.Receipts = slices.Clone(i.Receipts)
	i.Receipts[n].Disputed, i.Version = true, i.Version+1
	if i.State == Paid && i.Left() > 0 {
		i.State, i.SettledAt = Open, time.Time{}
	}
	return i, true, nil
}

// Reinstate notes that a bank gave back what it had taken of a receipt. What nobody owes any more of it, because the invoice was paid again
// meanwhile, is given back, in minor units. Moved is false when nothing is disputed.
func (i Invoice) Reinstate(p id.Payment, at time.Time) (next Invoice, over int64, moved bool) {
	n := slices.IndexFunc(i.Receipts, func(r Receipt) bool { return r.PaymentID == p })
	if n < 0 || !i.Receipts[n].Disputed {
		return i, 0, false
	}
	back := i.Receipts[n].Amount - i.Receipts[n].Refunded
	over = back - min(back, i.Left())
	i.Receipts = slices.Clone(i.Receipts)
	r := &i.Receipts[n]
	r.Disputed, r.Refunded, r.Corrected, i.Version = false, r.Refunded+over, r.Corrected+over, i.Version+1
	if i.State == Open && i.Left() == 0 {
		i.State, i.SettledAt = Paid, at
	}
	return i, over, true
}
