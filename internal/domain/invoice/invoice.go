// Package invoice owns invoices and credit notes: their lines, taxes, numbers and states, what was paid of them and given back.
//
// A draft can be changed and has no number. Once it is final it has one and nothing that is printed on it changes: what was wrong is
// corrected by a credit note. Amounts are gross, as the prices of the catalogue are: the tax is in them.
//
// It does not own what is charged (subscription), how money is taken (payment), nor the books (ledger).
package invoice

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// The faults of invoices.
var (
	ErrUnknown       = fault.New(fault.NotFound, "invoice_not_found", "There is no such invoice.", "integrator")
	ErrPaid          = fault.New(fault.Conflict, "invoice_already_paid", "This invoice is already paid.", "customer")
	ErrVoid          = fault.New(fault.Conflict, "invoice_void", "This invoice was withdrawn. Nothing is to be paid.", "customer")
	ErrNotPayable    = fault.New(fault.Conflict, "invoice_not_payable", "This document is nothing to be paid.", "customer")
	ErrPayTooMuch    = fault.New(fault.Conflict, "invoice_overpaid", "That is more than is left to pay.", "customer")
	ErrBeingPaid     = fault.New(fault.Conflict, "invoice_being_paid", "This invoice is being paid otherwise at this moment. Please ask again in a moment.", "customer")
	ErrPartlyPaid    = fault.New(fault.Conflict, "invoice_partly_paid", "A part of this invoice is paid. Please correct it by a credit note instead.", "operator")
	ErrWrittenOff    = fault.New(fault.Conflict, "invoice_written_off", "This invoice is written off already.", "operator")
	ErrCorrectedOut  = fault.New(fault.Conflict, "invoice_credit_too_much", "That is more than is left to be corrected of this invoice.", "operator")
	ErrRefundTooMuch = fault.New(fault.Conflict, "invoice_refund_too_much", "That is more than was paid and not given back yet.", "operator")
	// ErrMoved is returned by the store when somebody else changed the invoice, or took the number, at the same moment. Read again.
	ErrMoved = fault.New(fault.Unavailable, "invoice_moved", "Somebody else changed the invoice at the same moment. Please try again.", "integrator")
)

// ErrFinal is a slip of a caller, which no request can cause: a final document is made final again.
var ErrFinal = errors.New("invoice: it is final; it can only be corrected by a credit note")

// Kind of document.
type Kind string

// The kinds.
const (
	Standard   Kind = "invoice"
	CreditNote Kind = "credit_note"
)

// State of an invoice.
type State string

// The states, and all there are. From open on a document is final.
const (
	Draft         State = "draft"
	Open          State = "open"          // final, and not paid
	Paid          State = "paid"          // final, and nothing is left to pay; of a credit note: settled
	Void          State = "void"          // final, and withdrawn: nothing is to be paid
	Uncollectible State = "uncollectible" // final, and written off
)

// Party is who buys, as the law wants it on an invoice.
type Party struct {
	Name    string   `json:"name" dynamodbav:"n" doc:"Name" example:"Ada Example"`
	Address []string `json:"address" dynamodbav:"a,omitempty" nullable:"false" doc:"Lines of the postal address" example:"[\"Musterstraße 5\",\"10115 Berlin\"]"`
	Country string   `json:"country" dynamodbav:"c" doc:"ISO 3166-1 alpha-2" example:"DE"`
	TaxID   string   `json:"taxId,omitempty" dynamodbav:"t,omitempty" doc:"VAT identification number, of businesses" example:"DE000000000"`
}

// Line is one charge with its tax. Gross is Charge.Amount: net and tax are in it.
type Line struct {
	lineitem.Charge
	Rate int64 `json:"taxRate" dynamodbav:"r" doc:"In hundredths of a percent" example:"1900"`
	Net  int64 `json:"net" dynamodbav:"ne" doc:"In minor units" example:"4193"`
	Tax  int64 `json:"tax" dynamodbav:"ta" doc:"In minor units" example:"797"`
}

// TaxTotal sums the lines of one rate.
type TaxTotal struct {
	Rate     int64 `json:"taxRate" dynamodbav:"r" doc:"In hundredths of a percent" example:"1900"`
	Net      int64 `json:"net" dynamodbav:"n" doc:"In minor units" example:"4193"`
	Tax      int64 `json:"tax" dynamodbav:"t" doc:"In minor units" example:"797"`
	Credited int64 `json:"credited,omitempty" dynamodbav:"c,omitempty" doc:"What credit notes took off it, tax included, in minor units" example:"0"`
}

// Receipt is money that was paid.
type Receipt struct {
	PaymentID id.Payment `json:"paymentId" dynamodbav:"p" doc:"The payment" example:"pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Amount    int64      `json:"amount" dynamodbav:"a" doc:"In minor units" example:"4990"`
	With      string     `json:"with" dynamodbav:"w" doc:"For people: brand and last four digits, or the wallet" example:"visa •••• 4242"`
	At        time.Time  `json:"at" dynamodbav:"t" doc:"When" example:"2030-01-01T00:10:00Z"`
	Refunded  int64      `json:"refunded,omitempty" dynamodbav:"r,omitempty" doc:"What was given back of it, in minor units" example:"0"`
	Corrected int64      `json:"-" dynamodbav:"c,omitempty"` // of what was given back, in minor units: what a credit note took off the invoice as well
	Disputed  bool       `json:"disputed,omitempty" dynamodbav:"d,omitempty" doc:"Whether the customer's bank took it back"`
}

// Paying is a payment that was begun and may still bring money. It is kept when it has ended; the payment says how.
type Paying struct {
	PaymentID id.Payment `dynamodbav:"p"`
	URL       string     `dynamodbav:"u,omitempty"` // the PSP's page, when the customer pays there
	ExpiresAt time.Time  `dynamodbav:"e,omitempty"` // when that page is closed
}

// Invoice is an invoice or a credit note.
type Invoice struct {
	Tenant         id.Tenant
	Customer       id.Customer
	ID             id.Invoice
	Kind           Kind
	State          State
	Number         string          // when final
	Corrects       id.Invoice      `dynamodbav:",omitempty"` // of a credit note
	CorrectsNumber string          `dynamodbav:",omitempty"`
	Reason         string          `dynamodbav:",omitempty"` // of a credit note, or why it was withdrawn or written off
	Subscription   id.Subscription `dynamodbav:",omitempty"`
	Order          id.Order        `dynamodbav:",omitempty"`
	Period         *civil.Period   `dynamodbav:",omitempty"` // of the supply, when it is one
	Buyer          Party
	Language       string              `dynamodbav:",omitempty"` // of the buyer, BCP 47: a final document is printed in it
	Exempt         *lineitem.Exemption `dynamodbav:",omitempty"` // why there is no tax in what has none, as it is printed
	Settings       int64               // version of the tenant's settings that names the seller
	Currency       string
	Lines          []Line
	Taxes          []TaxTotal   // by rate, lowest first
	Total          int64        // gross, in minor units; of a credit note what is given back, as a positive amount
	Credit         int64        `dynamodbav:",omitempty"` // of the subscription, that was taken off
	Credited       int64        `dynamodbav:",omitempty"` // by credit notes
	Receipts       []Receipt    `dynamodbav:",omitempty"`
	Paying         *Paying      `dynamodbav:",omitempty"`
	IssuedOn       civil.Date   `dynamodbav:",omitempty"`
	DueOn          civil.Date   `dynamodbav:",omitempty"`
	IssuedAt       time.Time    `dynamodbav:",omitempty"`
	SettledAt      time.Time    `dynamodbav:",omitempty"` // when it was paid, withdrawn or written off
	TestClock      id.TestClock `dynamodbav:",omitempty"`
	Correlation    string
	Version        int64 // counts changes, from 1
}

// Draw adds lines and totals to a draft. Each charge has its rate of tax; those of an exempt buyer are net, and have none. Of a credit note
// the charges are what is given back, as positive amounts.
func Draw(i Invoice, charges []lineitem.Charge) (Invoice, error) {
	total, err := lineitem.TotalOf(charges)
	if err != nil {
		return i, err
	}
	i.State, i.Currency, i.Total, i.Lines, i.Taxes, i.Version = Draft, total.Currency, total.Minor, nil, nil, 1
	for _, c := range charges {
		l := Line{Charge: c}
		l.Charge.Rate = nil // it is the line's
		switch {
		case c.Exempt != nil:
			i.Exempt = c.Exempt
		case c.Rate != nil:
			l.Rate = *c.Rate
		}
		l.Net = lineitem.Net(c.Amount, l.Rate).Minor
		l.Tax = c.Amount.Minor - l.Net
		i.Lines = append(i.Lines, l)
	}
	for _, l := range i.Lines {
		at := slices.IndexFunc(i.Taxes, func(t TaxTotal) bool { return t.Rate == l.Rate })
		if at < 0 {
			i.Taxes, at = append(i.Taxes, TaxTotal{Rate: l.Rate}), len(i.Taxes)
		}
		i.Taxes[at].Net += l.Net
		i.Taxes[at].Tax += l.Tax
	}
	slices.SortFunc(i.Taxes, func(a, b TaxTotal) int { return int(a.Rate - b.Rate) })
	return i, nil
}

// ChargedAt is the rate of what was charged last: of a change of plan, of the new one.
func (i Invoice) ChargedAt() int64 { return i.Lines[len(i.Lines)-1].Rate }

// Series is how many series of numbers a tenant has for each kind of document. Each is without gaps; a customer's documents are all in
// one, so that many invoices can be made at once and none waits for another's number.
const Series = 8

// Numbers counts the documents of one series and kind.
type Numbers struct {
	Last int64 `dynamodbav:"n"` // Last is a reserved word of DynamoDB
}

// Final gives a draft its number, the next one of its series, and its dates. One with nothing left to pay is paid at once.
func (i Invoice) Final(series int, last Numbers, due civil.Date, on civil.Date, at time.Time) (Invoice, Numbers, error) {
	if i.State != Draft {
		return i, last, ErrFinal
	}
	last.Last++
	prefix := "INV"
	if i.Kind == CreditNote {
		prefix = "CN"
	}
	i.Number = fmt.Sprintf("%s-%d-%06d", prefix, series, last.Last)
	i.State, i.IssuedOn, i.IssuedAt, i.DueOn = Open, on, at, due
	if i.Left() == 0 || i.Kind == CreditNote {
		i.State, i.SettledAt = Paid, at
	}
	return i, last, nil
}

// TaxCategory of a rate by UNTDID 5305: the standard rate, owed by the buyer, exempt, or not subject to tax.
func (i Invoice) TaxCategory(rate int64) string {
	switch {
	case rate > 0:
		return "S"
	case i.Exempt == nil:
		return "O"
	case i.Exempt.Code == lineitem.ReverseCharge:
		return "AE"
	}
	return "E"
}

// Exemption tells why there is no tax at a rate; nil when there is.
func (i Invoice) Exemption(rate int64) *lineitem.Exemption {
	if rate > 0 {
		return nil
	}
	return i.Exempt
}

// PaidUp is what was paid and not given back or taken back, in minor units.
func (i Invoice) PaidUp() (sum int64) {
	for _, r := range i.Receipts {
		if !r.Disputed {
			sum += r.Amount - r.Refunded
		}
	}
	return sum
}

// Disputed tells whether a bank took back what was paid, and did not give it back.
func (i Invoice) Disputed() bool {
	return slices.ContainsFunc(i.Receipts, func(r Receipt) bool { return r.Disputed })
}

// Left is what is left to pay, in minor units.
func (i Invoice) Left() int64 {
	if i.Kind == CreditNote || i.State == Void {
		return 0
	}
	var received int64
	for _, r := range i.Receipts {
		if received += r.Refunded - r.Corrected; !r.Disputed { // what was given back of goodwill is not owed again
			received += r.Amount - r.Refunded
		}
	}
	return max(i.Total-i.Credit-i.Credited-received, 0)
}

// LeftAmount is Left in its currency.
func (i Invoice) LeftAmount() money.Amount {
	return money.Amount{Minor: i.Left(), Currency: i.Currency}
}

// Payable tells why nothing can be paid; nil when something can. What was written off may still be paid.
func (i Invoice) Payable() error {
	switch {
	case i.Kind == CreditNote || i.State == Draft:
		return ErrNotPayable
	case i.State == Paid:
		return ErrPaid
	case i.State == Void:
		return ErrVoid
	}
	return nil
}

// Begin notes that a payment was begun. One is under way at a time.
func (i Invoice) Begin(p Paying) Invoice {
	i.Paying, i.Version = &p, i.Version+1
	return i
}

// Part is what shall be paid: all that is left when no amount is named.
func (i Invoice) Part(amount int64) (money.Amount, error) {
	if err := i.Payable(); err != nil {
		return money.Amount{}, err
	}
	if amount > i.Left() {
		return money.Amount{}, ErrPayTooMuch.With("left", i.LeftAmount().String())
	}
	if amount == 0 {
		amount = i.Left()
	}
	return money.Amount{Minor: amount, Currency: i.Currency}, nil
}

// Receive notes money that was paid, which may be a part. It is paid when nothing is left.
func (i Invoice) Receive(r Receipt) (Invoice, error) {
	if err := i.Payable(); err != nil {
		return i, err
	}
	if r.Amount <= 0 || r.Amount > i.Left() {
		return i, ErrPayTooMuch.With("left", i.LeftAmount().String())
	}
	i.Receipts, i.Version = append(slices.Clone(i.Receipts), r), i.Version+1
	if i.Left() == 0 {
		i.State, i.SettledAt = Paid, r.At
	}
	return i, nil
}
