// Package notifications consumes the events that lead to a mail, renders the mail and hands it to the mailer, once for
// each event.
package notifications

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/notice"
)

// Name of the consumer, under which it remembers what it handled.
const Name = "on-notifications"

// Lease is how long one delivery of an event has for sending before another may try.
const Lease = time.Minute

// Store reads the customer and keeps a mail from being sent twice.
type Store interface {
	Customer(ctx context.Context, tenant id.Tenant, customer id.Customer) (account.Customer, error)
	// Claim takes the event for sending; once.ErrHandled when it was sent, fault.ErrUnavailable while another sends.
	Claim(ctx context.Context, consumer string, e id.Event, lease time.Duration) error
	Done(ctx context.Context, consumer string, e id.Event) error
}

// Mailer sends mails.
type Mailer interface {
	Send(ctx context.Context, m notice.Mail) error
}

// Consumer handles order.paid and payment.refunded.
type Consumer struct {
	Store  Store
	Mailer Mailer
	Brand  string // the client account's name in mails
}

// Handle sends the mail of one event.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	render := c.receipt
	if e.Type == event.TypePaymentRefunded {
		render = c.refund
	}
	mail, err := render(ctx, e)
	if err != nil {
		return err
	}
	if err := c.Store.Claim(ctx, Name, e.ID, Lease); err != nil {
		if errors.Is(err, once.ErrHandled) {
			return nil
		}
		return err
	}
	if err := c.Mailer.Send(ctx, mail); err != nil {
		return err
	}
	return c.Store.Done(ctx, Name, e.ID)
}

func (c Consumer) receipt(ctx context.Context, e event.Envelope) (notice.Mail, error) {
	var paid event.OrderPaid
	if err := event.Decode(e, &paid); err != nil {
		return notice.Mail{}, err
	}
	customer, err := c.Store.Customer(ctx, e.Tenant, paid.CustomerID)
	if err != nil {
		return notice.Mail{}, err
	}
	r := notice.Receipt{Brand: c.Brand, Name: customer.Name, Email: customer.Email, OrderID: paid.OrderID, PaidAt: e.Time, PaidWith: paid.PaidWith,
		Lines: paid.Lines, Coupon: paid.Coupon, Total: paid.Total}
	if paid.Discount != nil {
		r.Discount = *paid.Discount
	}
	return r.Mail()
}

func (c Consumer) refund(ctx context.Context, e event.Envelope) (notice.Mail, error) {
	var refunded event.PaymentRefunded
	if err := event.Decode(e, &refunded); err != nil {
		return notice.Mail{}, err
	}
	customer, err := c.Store.Customer(ctx, e.Tenant, refunded.CustomerID)
	if err != nil {
		return notice.Mail{}, err
	}
	return notice.Refund{Brand: c.Brand, Name: customer.Name, Email: customer.Email, PaymentID: refunded.PaymentID, OrderID: refunded.OrderID, RefundedAt: e.Time,
		Amount: refunded.Amount, Reason: refunded.Reason}.Mail()
}
