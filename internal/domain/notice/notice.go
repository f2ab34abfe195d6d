// Package notice owns what customers are told by mail: which mail an event leads to and how it reads, in HTML and in
// text. It does not send.
//
// The HTML is written in templ (*.templ; `make docs` makes the Go code of it), which escapes as html/template does.
// html/template itself looks methods up by name, so that the linker would have to keep every method of the AWS clients
// beside it: a function twice the size.
package notice

import (
	"context"
	"fmt"
	"strings"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// Mail is one mail, ready to be sent.
type Mail struct {
	To      string
	Subject string
	HTML    string
	Text    string
	Key     string // names the mail for ever: the same cause gives the same key, and so the same Message-ID
}

// Receipt is what a receipt says.
type Receipt struct {
	Brand    string // the client account's name
	Name     string // of the customer; may be empty
	Email    string
	OrderID  id.Order
	PaidAt   time.Time
	PaidWith string // a card for people, or one of the constants below; empty when not known, or when there was nothing to pay
	Lines    []lineitem.Line
	Coupon   id.Coupon
	Discount money.Amount // of the coupon; zero when there was none
	Total    money.Amount
}

// How order.paid says what the money came from, when it does not name a card.
const (
	paidByWallet = "wallet"
	paidByCard   = "card"
)

// periods are the billing periods in words.
var periods = map[string]string{"P1M": "per month", "P3M": "every three months", "P6M": "every six months", "P1Y": "per year"}

// moment is a time in a customer's words.
func moment(at time.Time) string { return at.UTC().Format("2 January 2006, 15:04") + " UTC" }

func amount(l lineitem.Line) string { return l.Price.Times(l.Quantity).String() }

func (r Receipt) greeting() string {
	if r.Name == "" {
		return "Thank you"
	}
	return "Thank you, " + r.Name
}

// free tells whether there was nothing to pay.
func (r Receipt) free() bool { return r.PaidWith == "" && r.Total.Minor == 0 }

// opening says what happens now.
func (r Receipt) opening() string {
	begun := "Your payment arrived"
	if r.free() {
		begun = "There is nothing to pay"
	}
	switch {
	case lineitem.Has(r.Lines, lineitem.TopUp):
		return begun + " and your wallet is being topped up. You can spend the money in a moment."
	case lineitem.Has(r.Lines, lineitem.Subscription):
		return begun + " and your subscription is being switched on. You can start watching in a moment."
	}
	return begun + " and your order is being prepared."
}

func (r Receipt) coupon() string { return strings.TrimSpace("Coupon " + string(r.Coupon)) }

func (r Receipt) paid() string {
	switch {
	case r.free():
		return "Ordered on " + moment(r.PaidAt) + ", nothing to pay"
	case r.PaidWith == paidByWallet:
		return "Paid from your wallet on " + moment(r.PaidAt)
	case r.PaidWith == paidByCard:
		return "Paid by card on " + moment(r.PaidAt)
	case r.PaidWith == "":
		return "Paid on " + moment(r.PaidAt)
	}
	return "Paid on " + moment(r.PaidAt) + " with " + r.PaidWith
}

// Mail renders the receipt.
func (r Receipt) Mail() (Mail, error) {
	var html strings.Builder
	if err := receiptHTML(r).Render(context.Background(), &html); err != nil {
		return Mail{}, err
	}
	return Mail{To: r.Email, Subject: strings.TrimSpace(r.Brand + ": receipt for order " + string(r.OrderID)), HTML: html.String(), Text: r.text(),
		Key: "receipt." + string(r.OrderID)}, nil
}

// text is the receipt for mail programs that show text, with the same facts.
func (r Receipt) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n\n", r.greeting(), r.opening())
	for _, l := range r.Lines {
		b.WriteString(l.Name)
		if l.Quantity > 1 {
			fmt.Fprintf(&b, " x %d", l.Quantity)
		}
		if p := periods[l.BillingPeriod]; p != "" {
			fmt.Fprintf(&b, " (%s)", p)
		}
		fmt.Fprintf(&b, ": %s\n", amount(l))
	}
	if r.Discount.Minor != 0 {
		fmt.Fprintf(&b, "%s: %s\n", r.coupon(), r.Discount.Times(-1))
	}
	fmt.Fprintf(&b, "Total: %s\n\nOrder %s\n%s\n\n%s\n", r.Total, r.OrderID, r.paid(), r.Brand)
	return b.String()
}
