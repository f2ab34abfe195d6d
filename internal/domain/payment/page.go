package payment

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// The ways to pay for an order or an invoice.
const (
	Stripe    = "stripe" // on the gateway's page
	Wallet    = "wallet"
	SavedCard = "saved_card" // of invoices only
)

// The faults of choosing a way to pay.
var (
	ErrWayUnknown  = fault.New(fault.Invalid, "payment_way_unknown", "This way to pay is not known.", "integrator")
	ErrWayDisabled = fault.New(fault.Conflict, "payment_way_disabled", "This way to pay is not available. Please choose another one.", "customer")
	ErrPageRefused = fault.New(fault.Conflict, "payment_page_refused", "The payment provider does not take this payment. Please choose another way to pay.", "customer")
	ErrWalletTopUp = fault.New(fault.Conflict, "top_up_needs_gateway", "Your wallet cannot be topped up from itself. Please choose another way to pay.", "customer")
)

// Ways are the ways to pay that a deployment has enabled.
type Ways []string

// Check tells whether a customer may pay in a way.
func (w Ways) Check(way string) error {
	if way != Stripe && way != Wallet {
		return ErrWayUnknown.Naming("body.method", "stripe or wallet")
	}
	if !slices.Contains(w, way) {
		return ErrWayDisabled.With("method", way)
	}
	return nil
}

// Pages opens pages of the PSP for customers to pay their orders and invoices on.
type Pages struct {
	PSP     PageProvider
	Clock   clock.Clock
	Origins []string // allowed scheme://host[:port] of return addresses
}

// pageWindow is how long a page is open at least: Stripe's shortest, plus a minute for clocks that differ.
const pageWindow = 31 * time.Minute

// Due is what an order, or an invoice, wants to be paid.
type Due struct {
	Bill        *Bill // of an invoice
	Tenant      id.Tenant
	Customer    id.Customer
	OrderID     id.Order
	Amount      money.Amount
	Description string
	Until       time.Time // when the order can no longer be paid
	Language    string
}

// Start opens a page for exactly the amount that is due. The caller records the payment before it tells anybody the page's
// address: nobody can pay on a page of which nobody knows.
func (g Pages) Start(ctx context.Context, due Due, returnURL string) (Payment, Page, event.Envelope, error) {
	if !ReturnAllowed(returnURL, g.Origins) {
		return Payment{}, Page{}, event.Envelope{}, ErrReturnURL.Naming("body.returnUrl", "not one of the allowed origins")
	}
	now, name, subject := g.Clock.Now(), "order", string(due.OrderID)
	if due.Bill != nil {
		name, subject = "invoice", string(due.Bill.Invoice)
	}
	p := Payment{Tenant: due.Tenant, ID: id.New[id.Payment](id.PaymentPrefix, now), Customer: due.Customer, OrderID: due.OrderID, Amount: due.Amount,
		State: Pending, InitiatedAt: now, Correlation: event.TraceOf(ctx).Correlation, ReturnURL: returnURL, PaidWith: "card", Bill: due.Bill}
	expires := now.Add(pageWindow)
	if due.Until.After(expires) && due.Until.Before(now.Add(24*time.Hour)) {
		expires = due.Until
	}
	page, err := g.PSP.StartPage(ctx, PageRequest{Payment: p, Description: due.Description, ReturnURL: withQuery(returnURL, name, subject),
		CancelURL: withQuery(withQuery(returnURL, name, subject), "cancelled", "true"), Expires: expires, Language: due.Language})
	switch {
	case errors.Is(err, ErrPSPUnavailable), errors.Is(err, ErrUnanswered):
		return p, page, event.Envelope{}, ErrPSPUnavailable.Because(err) // no money can have moved: try again
	case err != nil:
		slog.ErrorContext(ctx, "the PSP refuses the page", name, subject, "error", err.Error())
		return p, page, event.Envelope{}, ErrPageRefused.Because(err)
	}
	p.SessionID = page.SessionID
	return p, page, event.New(ctx, p.Tenant, now, event.PaymentInitiated{PaymentID: p.ID, CustomerID: p.Customer, OrderID: p.OrderID, InvoiceID: p.invoice(),
		Settles: p.Bill != nil, Amount: p.Amount}), nil // an order is watched itself, so that its page needs no settlement
}

// Look asks the PSP what became of a payment on its page, and settles it. One whose page is still open stays pending,
// unless the page shall be closed: then nobody can pay on it any more.
func (c Checkout) Look(ctx context.Context, tenant id.Tenant, pay id.Payment, closing bool) (Payment, error) {
	p, err := c.Book.Payment(ctx, tenant, pay)
	if err != nil || p.State != Pending || p.Parked {
		return p, err
	}
	if closing {
		p, _, err = c.Abandon(causedBy(ctx, p.Correlation, string(p.ID)), p, Charge{ID: p.ChargeID})
		return p, err
	}
	charge, err := c.PSP.Find(ctx, p)
	if err != nil {
		return p, ErrUnsettled.Because(err)
	}
	p, _, err = c.Settle(ctx, p, charge)
	return p, err
}
