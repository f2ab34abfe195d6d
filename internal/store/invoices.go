package store

import (
	"context"
	"errors"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/billing"
	"turnup/internal/domain/invoice"
)

// BillingSettings reads how a tenant bills; one that said nothing bills as usual.
func (db *DB) BillingSettings(ctx context.Context, tenant id.Tenant) (billing.Settings, error) {
	s, err := get[billing.Settings](ctx, db, invoices, settingsKey(tenant), errNoSettings)
	if errors.Is(err, errNoSettings) {
		return billing.Usual(tenant), nil
	}
	return s, err
}

var errNoSettings = errors.New("store: no billing settings")

// Invoice reads one of a customer's documents; unknown or another customer's is invoice.ErrUnknown.
func (db *DB) Invoice(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice) (invoice.Invoice, error) {
	return get[invoice.Invoice](ctx, db, invoices, invoiceKey(tenant, customer, i), invoice.ErrUnknown)
}

// readNumbers adds to a batch what the next number of a customer's documents is decided on.
func (b *batch) readNumbers(tenant id.Tenant, c id.Customer, k invoice.Kind) {
	b.add(invoices, numbersKey(tenant, invoiceSeries(c), k))
}

// numbersAmong finds it.
func numbersAmong(rows map[string]map[string]item, tenant id.Tenant, c id.Customer, k invoice.Kind) (invoice.Numbers, error) {
	row, ok := rows[invoices][numbersKey(tenant, invoiceSeries(c), k).sk]
	if !ok {
		return invoice.Numbers{}, nil
	}
	return decode[invoice.Numbers](row)
}

// invoiceRow is a document. Queue and Place are its place in the index "unpaid"; one of which nothing is to be paid has none.
type invoiceRow struct {
	invoice.Invoice
	Queue string `dynamodbav:"queue,omitempty"`
	Place string `dynamodbav:"place,omitempty"`
}

func documentOf(i invoice.Invoice) invoiceRow {
	if i.State != invoice.Open {
		return invoiceRow{Invoice: i}
	}
	return invoiceRow{i, unpaidInvoices(i.Tenant), string(i.DueOn) + "#" + string(i.ID)}
}

// issue adds a final document that is new, with its number, which must be the next one. Whoever took it first makes the others come
// again (invoice.ErrMoved).
func (t *tx) issue(i invoice.Invoice, was, is invoice.Numbers) {
	t.create(invoices, invoiceKey(i.Tenant, i.Customer, i.ID), documentOf(i), invoice.ErrMoved)
	condition, values := "n = :was", item{":was": number(was.Last)}
	if was.Last == 0 {
		condition, values = isNew, nil
	}
	t.put(invoices, numbersKey(i.Tenant, invoiceSeries(i.Customer), i.Kind), is, condition, values, invoice.ErrMoved)
}

// invoice adds a document that was changed, on the condition that it was in the version it was changed from.
func (t *tx) invoice(was, is invoice.Invoice) {
	t.put(invoices, invoiceKey(is.Tenant, is.Customer, is.ID), documentOf(is), "Version = :was", item{":was": number(was.Version)}, invoice.ErrMoved)
}

// PutBillingSettings writes how a tenant bills from now on, in the next version, and keeps that version for the documents that are made
// under it. Somebody else was faster: fault.ErrStale.
func (db *DB) PutBillingSettings(ctx context.Context, s billing.Settings) error {
	t := db.tx()
	condition, values := "Version = :was", item{":was": number(s.Version - 1)}
	if s.Version == 1 {
		condition, values = isNew, nil
	}
	t.put(invoices, settingsKey(s.Tenant), s, condition, values, fault.ErrStale)
	t.create(invoices, pastSettingsKey(s.Tenant, s.Version), s, fault.ErrStale)
	t.configured(ctx, s.Tenant, event.Billing, "settings", s.Version, false)
	return t.commit(ctx)
}
