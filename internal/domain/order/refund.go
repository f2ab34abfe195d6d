package order

import (
	"turnup/internal/base/fault"
	"turnup/internal/base/money"
)

// The faults of giving back what was paid.
var (
	ErrNotRefundable = fault.New(fault.Conflict, "order_not_refundable", "Only an order that was paid from the wallet can be given back to it.", "operator")
	ErrRefundTooMuch = fault.New(fault.Conflict, "refund_too_much", "That is more than was paid for the order and not given back yet.", "operator")
)

// RefundToWallet notes that a part of what the wallet paid is given back to it, never more than that. The order stays in
// its state: a refund is about the money alone.
func (o Order) RefundToWallet(a money.Amount) (Order, error) {
	left := o.Total.Minor - o.Refunded
	switch {
	case o.PaidBy != ByWallet || o.State != Paid && o.State != Delivered:
		return o, ErrNotRefundable
	case a.Currency != o.Total.Currency || a.Minor <= 0 || a.Minor > left:
		return o, ErrRefundTooMuch.With("left", money.Amount{Minor: left, Currency: o.Total.Currency}.String())
	}
	o.Refunded, o.Version = o.Refunded+a.Minor, o.Version+1
	return o, nil
}

// GaveBackPart notes that a part of what was paid was given back by way of the order's invoice, which knows how much that may be.
func (o Order) GaveBackPart(minor int64) Order {
	o.Refunded, o.Version = o.Refunded+minor, o.Version+1
	return o
}

// GiveUp gives back what is left of what was paid, to the wallet, because what was ordered cannot be delivered; back is zero when
// nothing is left.
func (o Order) GiveUp() (next Order, back money.Amount) {
	back = money.Amount{Minor: o.Total.Minor - o.Refunded, Currency: o.Total.Currency}
	o.Refunded, o.Version = o.Total.Minor, o.Version+1
	return o, back
}

// GivenBack tells whether all that was paid was given back: nothing is owed any more, whichever state the order stays in.
func (o Order) GivenBack() bool { return o.Refunded >= o.Total.Minor }
