package store

import (
	"context"
	"slices"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/account"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/order"
)

// InvoiceOrder issues the invoice of an order that was paid, which is paid as it is issued. Doing it again changes nothing: its id is the
// order's. An order of nothing but money for the wallet gets none, nor does one whose line was given up, and its money given back, before
// there was one.
func (db *DB) InvoiceOrder(ctx context.Context, cause event.Envelope, paid event.OrderPaid) error {
	var discount money.Amount
	if paid.Discount != nil {
		discount = *paid.Discount
	}
	charges := invoice.Bought(paid.Lines, paid.First, paid.Coupon, discount)
	for n := range charges {
		charges[n].Exempt = paid.Exempt
	}
	if len(charges) == 0 {
		return nil
	}
	i := invoice.Invoice{Tenant: cause.Tenant, Customer: paid.CustomerID, ID: id.Swap[id.Invoice](paid.OrderID, id.OrderPrefix, id.InvoicePrefix), Kind: invoice.Standard,
		Order: paid.OrderID, Correlation: cause.CorrelationID}
	if len(paid.Subscriptions) == 1 {
		i.Subscription = paid.Subscriptions[0]
	}
	if paid.PaymentID != "" && paid.Total.Minor > 0 {
		i.Receipts = []invoice.Receipt{{PaymentID: paid.PaymentID, Amount: paid.Total.Minor, With: paid.PaidWith, At: cause.Time}}
	}
	line := slices.ContainsFunc(paid.Lines, func(l lineitem.Line) bool { return l.Access != nil })
	return untilStill(ctx, func() error { return db.invoiceOrder(ctx, i, charges, line) })
}

func (db *DB) invoiceOrder(ctx context.Context, i invoice.Invoice, charges []lineitem.Charge, line bool) error {
	b, t := db.batch(), db.tx()
	if line {
		b.add(orders, orderKey(i.Tenant, i.Customer, i.Order))
	}
	b.add(accounts, profileKey(i.Tenant, i.Customer))
	b.add(invoices, settingsKey(i.Tenant))
	b.add(invoices, invoiceKey(i.Tenant, i.Customer, i.ID))
	b.readNumbers(i.Tenant, i.Customer, invoice.Standard)
	rows, err := b.read(ctx)
	if err != nil {
		return err
	}
	if _, done := rows[invoices][invoiceKey(i.Tenant, i.Customer, i.ID).sk]; done {
		return nil
	}
	if line {
		if given, err := t.notGivenUp(rows, i); err != nil || given {
			return err
		}
	}
	buyer, err := among[account.Customer](rows[accounts], profileKey(i.Tenant, i.Customer))
	switch {
	case err != nil:
		return err
	case buyer == nil:
		return account.ErrUnknown
	}
	settings, err := settingsAmong(rows, i.Tenant)
	if err != nil {
		return err
	}
	last, err := numbersAmong(rows, i.Tenant, i.Customer, i.Kind)
	if err != nil {
		return err
	}
	now, err := db.Now(ctx, i.Tenant, buyer.TestClock)
	if err != nil {
		return err
	}
	zone, err := civil.Zone(buyer.Zone())
	if err != nil {
		return fault.ErrInvalid.Because(err)
	}
	today := civil.On(now, zone)
	i.Buyer, i.Language, i.Settings, i.TestClock = partyOf(*buyer), buyer.Language, settings.Version, buyer.TestClock
	if i, err = invoice.Draw(i, lineitem.TaxedAt(settings.Tax(i.Buyer.Country, today), charges...)); err != nil {
		return err
	}
	final, numbers, err := i.Final(invoiceSeries(i.Customer), last, today, today, now)
	if err != nil {
		return err
	}
	t.issue(final, last, numbers)
	t.announce(issued(ctx, final, now), paidAtOnce(ctx, final, now))
	return t.commit(ctx)
}

// notGivenUp adds that nothing is given back of an order while its invoice is written; given tells that all was.
func (t *tx) notGivenUp(rows map[string]map[string]item, i invoice.Invoice) (given bool, err error) {
	k := orderKey(i.Tenant, i.Customer, i.Order)
	o, err := among[order.Order](rows[orders], k)
	switch {
	case err != nil:
		return false, err
	case o == nil:
		return false, order.ErrUnknown
	}
	t.check(orders, k, "Refunded = :was", nil, item{":was": number(o.Refunded)}, errOrderMoved)
	return o.Total.Minor > 0 && o.GivenBack(), nil
}

// paidAtOnce says that an invoice was paid as it was issued.
func paidAtOnce(ctx context.Context, i invoice.Invoice, at time.Time) event.Envelope {
	e := event.InvoicePaid{InvoiceID: i.ID, CustomerID: i.Customer, SubscriptionID: i.Subscription, OrderID: i.Order, Number: i.Number,
		Total: money.Amount{Minor: i.Total, Currency: i.Currency}}
	if n := len(i.Receipts); n > 0 {
		e.PaymentID, e.PaidWith = i.Receipts[n-1].PaymentID, i.Receipts[n-1].With
	}
	return event.New(ctx, i.Tenant, at, e)
}
