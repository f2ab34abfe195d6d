package notifications

import (
	"context"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/domain/notice"
)

// ofInvoice finds the mails about invoices: that there is one to be paid, the receipt, and what was given back. There is one of each for each invoice, and for each refund; of what
// was ordered the order has the receipt.
func ofInvoice(e event.Envelope) (due, error) {
	switch e.Type {
	case event.TypeInvoiceIssued:
		var issued event.InvoiceIssued
		err := event.Decode(e, &issued)
		d := as(issued.CustomerID, string(issued.InvoiceID), notice.Invoice{ID: issued.InvoiceID, Number: issued.Number, Amount: issued.Due, Due: noonOf(issued.DueOn)})
		if issued.Due.Minor == 0 { // the rule sends no others
			d.write = func(context.Context, state) (notice.Content, error) { return nil, stale("nothing is to be paid") }
		}
		return d, err
	case event.TypeInvoicePaid:
		var paid event.InvoicePaid
		err := event.Decode(e, &paid)
		d := as(paid.CustomerID, string(paid.InvoiceID), notice.InvoicePaid{ID: paid.InvoiceID, Number: paid.Number, Total: paid.Total, PaidAt: e.Time, PaidWith: paid.PaidWith,
			NextBilling: noonOf(paid.NextBilling)})
		if paid.OrderID != "" { // the rule sends no others
			d.write = func(context.Context, state) (notice.Content, error) { return nil, stale("the order has a receipt") }
		}
		return d, err
	case event.TypeRefundSettled:
		var back event.RefundSettled
		err := event.Decode(e, &back)
		return as(back.CustomerID, string(back.RefundID), notice.InvoiceRefund{ID: back.InvoiceID, Number: back.Number, Amount: back.Amount, ToCard: back.ToCard, ToWallet: back.ToWallet}), err
	}
	return due{}, nil
}

// noonOf is a time that is on a day; zero of none.
func noonOf(day civil.Date) time.Time {
	if day == "" {
		return time.Time{}
	}
	return day.Begin(time.UTC).Add(12 * time.Hour)
}
