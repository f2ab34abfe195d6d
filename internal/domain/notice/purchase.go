package notice

import (
	"slices"
	"strconv"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// The mails about purchases.

// Receipt says that a payment arrived, for what, and what happens now.
type Receipt struct {
	OrderID     id.Order
	PaidAt      time.Time
	PaidWith    string // a card for people, or one of the constants below; empty when not known, or when there was nothing to pay
	Lines       []lineitem.Line
	Coupon      id.Coupon
	Discount    money.Amount // of the coupon; zero when there was none
	Total       money.Amount
	NextBilling time.Time // zero when it is not known, or when nothing more is to come
}

// How order.paid says what the money came from, when it does not name a card.
const (
	paidByWallet = "wallet"
	paidByCard   = "card"
)

// Kind of Receipt.
func (Receipt) Kind() Kind { return KindReceipt }

func (r Receipt) letter(p pen) letter {
	thanks := p.Phrases.ThanksStranger
	if p.name != "" {
		thanks = fill(p.Phrases.Thanks, values{"name": p.name})
	}
	l := p.write("receipt", p.page("orders", string(r.OrderID)), values{"order": string(r.OrderID), "total": p.amount(r.Total), "thanks": thanks, "opening": p.Phrases.Opening[r.opening()]})
	l.Greeting, l.Total = "", p.amount(r.Total)
	for _, bought := range r.Lines {
		i := item{Name: bought.Name, Note: p.Phrases.Every[bought.BillingPeriod], Amount: p.amount(bought.Price.Times(bought.Quantity))}
		if bought.Quantity > 1 {
			i.Name += " × " + strconv.FormatInt(bought.Quantity, 10)
		}
		l.Items = append(l.Items, i)
	}
	if r.Discount.Minor != 0 {
		name := p.Phrases.Coupon
		if r.Coupon != "" {
			name += " " + string(r.Coupon)
		}
		l.Items = append(l.Items, item{Name: name, Amount: p.amount(r.Discount.Times(-1))})
	}
	l = l.with(fact{Name: p.Phrases.Order, Value: string(r.OrderID)})
	if !r.NextBilling.IsZero() {
		l = l.with(fact{Name: p.Phrases.NextBilling, Value: p.day(r.NextBilling)})
	}
	return l.with(fact{Value: fill(r.paid(p), values{"at": p.moment(r.PaidAt), "card": r.PaidWith})})
}

// free tells whether there was nothing to pay.
func (r Receipt) free() bool { return r.PaidWith == "" && r.Total.Minor == 0 }

// opening names what happens now.
func (r Receipt) opening() string {
	paid := "paid-"
	if r.free() {
		paid = "free-"
	}
	switch {
	case lineitem.Has(r.Lines, lineitem.TopUp):
		return paid + "top-up"
	case slices.ContainsFunc(r.Lines, func(l lineitem.Line) bool { return l.Access != nil }):
		return paid + "line"
	case lineitem.Has(r.Lines, lineitem.Subscription):
		return paid + "subscription"
	}
	return paid + "goods"
}

// paid is the sentence that says how it was paid.
func (r Receipt) paid(p pen) string {
	switch {
	case r.free():
		return p.Phrases.PaidNothing
	case r.PaidWith == "":
		return p.Phrases.Paid
	}
	return paidWords(p, r.PaidWith)
}

// paidWords is the sentence that says what somebody paid with.
func paidWords(p pen, paidWith string) string {
	switch paidWith {
	case paidByWallet:
		return p.Phrases.PaidByWallet
	case paidByCard:
		return p.Phrases.PaidByCard
	}
	return p.Phrases.PaidWith
}

// Refund is what a customer is told when their money was given back.
type Refund struct {
	PaymentID  id.Payment
	OrderID    id.Order // what the money was meant for
	RefundedAt time.Time
	Amount     money.Amount
	Reason     string // of the event payment.refunded
}

// Kind of Refund.
func (Refund) Kind() Kind { return KindRefund }

func (r Refund) letter(p pen) letter {
	why, known := p.Phrases.Refunded[r.Reason]
	if !known { // a reason that has no words yet
		why = p.Phrases.RefundedElse
	}
	return p.write("refund", p.page("orders", string(r.OrderID)), values{"order": string(r.OrderID), "amount": p.amount(r.Amount), "why": why}).
		with(fact{Name: p.Phrases.Order, Value: string(r.OrderID)}, fact{Name: p.Phrases.Payment, Value: string(r.PaymentID)},
			fact{Name: p.Phrases.GivenBack, Value: p.moment(r.RefundedAt)})
}
