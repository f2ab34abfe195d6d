// Package invoices is the service of invoices and credit notes, for customers and for staff: lists, documents, the next bill beforehand,
// paying, and, for staff, withdrawing and writing off.
//
// Customers reach what is theirs. Staff say whose document it is.
package invoices

import (
	"context"

	"turnup/internal/base/civil"
	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/billing"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "invoice"

// Store keeps invoices.
type Store interface {
	once.Memory
	// Invoices reads a page of a customer's documents, newest first; with a state only those.
	Invoices(ctx context.Context, tenant id.Tenant, customer id.Customer, state invoice.State, after string, limit int32) (page []invoice.Invoice, next string, err error)
	// UnpaidInvoices reads a page of all open invoices, first what is due first.
	UnpaidInvoices(ctx context.Context, tenant id.Tenant, after string, limit int32) (page []invoice.Invoice, next string, err error)
	// Document reads one of a customer's documents and who sold; unknown is invoice.ErrUnknown.
	Document(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice) (invoice.Invoice, billing.Seller, error)
	// Upcoming makes the next bill of a contract and writes nothing; unknown is subscription.ErrUnknown.
	Upcoming(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (draft invoice.Invoice, seller billing.Seller, on civil.Date, err error)
	// Bill reads an invoice and what shall pay it: the named method, or the default when none is named.
	Bill(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice, named id.Reference) (invoice.Invoice, payment.Standing, error)
	// BeginInvoice records a payment that is about to be tried, and the key; invoice.ErrMoved when somebody changed the invoice meanwhile.
	BeginInvoice(ctx context.Context, use *once.Use, i invoice.Invoice, by invoice.Paying, p payment.Payment, e event.Envelope) error
	// PayInvoiceByWallet takes an amount, 0 for all that is left, from the wallet, or does nothing.
	PayInvoiceByWallet(ctx context.Context, use *once.Use, i invoice.Invoice, amount int64, answered func(id.Payment, money.Amount) error) error
	// CloseInvoice withdraws an invoice or writes it off.
	CloseInvoice(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, i id.Invoice, to invoice.State, why string, answered func(invoice.Invoice) error) error
}

// Paper prints documents.
type Paper interface {
	// Print makes the PDF of a final document: of the same one always the same bytes.
	Print(i invoice.Invoice, seller billing.Seller) ([]byte, error)
}

// Deps are the parts the service works with.
type Deps struct {
	Store   Store
	Book    payment.Book
	PSP     payment.PSP
	Paper   Paper
	Origins []string     // allowed scheme://host[:port] of return addresses
	Ways    payment.Ways // to pay, besides a saved card
	Clock   clock.Clock
}

type service struct {
	Deps
	Pages    payment.Pages
	Checkout payment.Checkout
}

var (
	readers = []string{token.RoleAdmin, token.RoleSupport, token.RoleBilling}
	keepers = []string{token.RoleAdmin, token.RoleBilling}
)

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d, payment.Pages{PSP: d.PSP, Clock: d.Clock, Origins: d.Origins}, payment.Checkout{Book: d.Book, PSP: d.PSP, Clock: d.Clock}}
	s.registerList(a)
	s.registerUpcoming(a)
	s.registerGet(a)
	s.registerPDF(a)
	s.registerPay(a)
	s.registerClose(a)
}

// InvoicePath names a document in the path. (huma reads embedded structs only when they are exported.)
type InvoicePath struct {
	InvoiceID id.Invoice `path:"invoiceId" maxLength:"40" pattern:"^inv_[0-9A-Z]{26}$" patternDescription:"an invoice id" doc:"Id of the invoice or credit note" example:"inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

// OwnerQuery names for staff whose documents they are.
type OwnerQuery struct {
	CustomerID id.Customer `query:"customerId" maxLength:"40" pattern:"^cus_[0-9A-Z]{26}$" patternDescription:"a customer id" doc:"For staff: whose it is" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

// ownerOf is whose documents the caller asks for: their own, or, of staff, those of the customer they name.
func ownerOf(ctx context.Context, named id.Customer) (id.Customer, error) {
	caller := rest.CallerOf(ctx)
	switch {
	case caller.Customer != "" && named != "":
		return "", fault.ErrInvalid.Naming("query.customerId", "only staff may send this")
	case caller.Customer == "" && named == "":
		return "", fault.ErrInvalid.Naming("query.customerId", "staff say whose it is")
	case caller.Customer != "":
		return caller.Customer, nil
	}
	return named, nil
}
