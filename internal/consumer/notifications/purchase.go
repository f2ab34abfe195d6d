package notifications

import (
	"context"
	"slices"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/notice"
)

// as is a mail whose content the event alone decides.
func as(owner id.Customer, about string, content notice.Content) due {
	return due{account: owner, about: about, write: func(context.Context, state) (notice.Content, error) { return content, nil }}
}

// ofPurchase finds the mails about purchases. They are named after the order or the payment: there is one for each.
func ofPurchase(e event.Envelope) (due, error) {
	switch e.Type {
	case event.TypeOrderPaid:
		var paid event.OrderPaid
		err := event.Decode(e, &paid)
		r := notice.Receipt{OrderID: paid.OrderID, PaidAt: e.Time, PaidWith: paid.PaidWith, Lines: paid.Lines, Coupon: paid.Coupon, Total: paid.Total}
		if paid.First != nil { // a plan, which is all of the order
			r.Lines = slices.Clone(r.Lines)
			r.Lines[0].Price = paid.First.Amount
		}
		if paid.Discount != nil {
			r.Discount = *paid.Discount
		}
		return as(paid.CustomerID, string(paid.OrderID), r), err
	case event.TypePaymentRefunded:
		var refunded event.PaymentRefunded
		err := event.Decode(e, &refunded)
		return as(refunded.CustomerID, string(refunded.PaymentID), notice.Refund{PaymentID: refunded.PaymentID, OrderID: refunded.OrderID, RefundedAt: e.Time,
			Amount: refunded.Amount, Reason: refunded.Reason}), err
	}
	return due{}, nil
}

// ofTicket finds the mails about support tickets.
func ofTicket(e event.Envelope) (due, error) {
	switch e.Type {
	case event.TypeTicketOpened:
		var opened event.TicketOpened
		err := event.Decode(e, &opened)
		return as(opened.CustomerID, string(opened.TicketID), notice.TicketOpened{Ticket: opened.TicketID}), err
	case event.TypeTicketAnswered:
		var answered event.TicketAnswered
		err := event.Decode(e, &answered)
		d := as(answered.CustomerID, "", notice.TicketAnswered{Ticket: answered.TicketID})
		if answered.By != "staff" { // the rule sends no others
			d.write = func(context.Context, state) (notice.Content, error) {
				return nil, stale("nobody answered the customer")
			}
		}
		return d, err
	case event.TypeTicketResolved:
		var resolved event.TicketResolved
		err := event.Decode(e, &resolved)
		return as(resolved.CustomerID, "", notice.TicketResolved{Ticket: resolved.TicketID}), err
	}
	return due{}, nil
}
