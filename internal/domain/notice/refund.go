package notice

import (
	"context"
	"fmt"
	"strings"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// Refund is what a customer is told when their money was given back.
type Refund struct {
	Brand      string // the client account's name
	Name       string // of the customer; may be empty
	Email      string
	PaymentID  id.Payment
	OrderID    id.Order // what the money was meant for
	RefundedAt time.Time
	Amount     money.Amount
	Reason     string // of the event payment.refunded
}

// reasons are the reasons of payment.refunded in a customer's words.
var reasons = map[string]string{
	"late_payment":      "Your payment came after the time to pay was over, so nothing could be bought with it.",
	"order_cancelled":   "Your order was already cancelled when your payment came. Orders that are not paid in time are cancelled by themselves.",
	"duplicate_payment": "Your order was already paid when this payment came. What you ordered is not affected.",
	"already_active":    "You already had what you ordered when your payment came, so you do not pay for it twice.",
}

const (
	unused  = "Your payment could not be used for your order." // for a reason that has no words yet
	arrives = "The money goes back the way it came. It can take a few days until you see it on your statement; there is nothing you need to do."
)

func (r Refund) greeting() string {
	if r.Name == "" {
		return "Hello"
	}
	return "Hello, " + r.Name
}

func (r Refund) why() string {
	if words := reasons[r.Reason]; words != "" {
		return words
	}
	return unused
}

func (r Refund) given() string { return "Given back on " + moment(r.RefundedAt) }

// Mail renders the notice.
func (r Refund) Mail() (Mail, error) {
	var html strings.Builder
	if err := refundHTML(r).Render(context.Background(), &html); err != nil {
		return Mail{}, err
	}
	return Mail{To: r.Email, Subject: strings.TrimSpace(r.Brand + ": we gave your money back for order " + string(r.OrderID)), HTML: html.String(), Text: r.text(),
		Key: "refund." + string(r.PaymentID)}, nil
}

// text is the notice for mail programs that show text, with the same facts.
func (r Refund) text() string {
	return fmt.Sprintf("%s\n\nWe gave your money back: %s\n\n%s\n\n%s\n\nOrder %s\nPayment %s\n%s\n\n%s\n",
		r.greeting(), r.Amount, r.why(), arrives, r.OrderID, r.PaymentID, r.given(), r.Brand)
}
