package journey

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// Invoice answers the operations on invoices.
type Invoice struct {
	InvoiceID, CustomerID, Kind, Status, Number, IssuedOn, DueOn, SubscriptionID, OrderID, Language string
	Total, Due                                                                                      Amount
	Net, Tax                                                                                        int64
	Lines                                                                                           []struct {
		Kind, Name, Explanation string
		Amount                  Amount
		Net, Tax, TaxRate       int64
	}
	Receipts []struct {
		PaymentID, PaidWith string
		Amount              Amount
	}
	Seller, Buyer struct{ Name, Country string }
}

// Upcoming answers getUpcomingInvoice.
type Upcoming struct {
	BilledOn string
	Invoice  Invoice
}

// invoiceOf is the invoice of an order: they share the part of their ids behind the prefix.
func invoiceOf(order string) string { return "inv_" + strings.TrimPrefix(order, "ord_") }

// Invoices lists one's own, newest first.
func (c *Customer) Invoices(ctx context.Context, query string) ([]Invoice, error) {
	var page struct{ Invoices []Invoice }
	a, err := c.Get(ctx, "/invoices"+query)
	if err == nil {
		err = a.Into(&page)
	}
	return page.Invoices, err
}

// AwaitInvoice waits until an invoice is in a status.
func (c *Customer) AwaitInvoice(ctx context.Context, invoice, status string, within time.Duration) (is Invoice, err error) {
	a, err := c.Await(ctx, "/invoices/"+invoice, within, func(a Answer) bool { return json.Unmarshal(a.Raw, &is) == nil && is.Status == status })
	if err != nil {
		return is, err
	}
	return is, a.Into(&is)
}

// PayInvoice pays one.
func (c *Customer) PayInvoice(ctx context.Context, key, invoice string, body map[string]any) (Answer, error) {
	return c.Post(ctx, "/invoices/"+invoice+"/pay", key, body)
}

// InvoicePDF downloads one.
func (c *Customer) InvoicePDF(ctx context.Context, invoice string) (Answer, error) {
	return c.Call(ctx, http.MethodGet, "/invoices/"+invoice+"/pdf", nil, Header{"Accept", "application/pdf"})
}
