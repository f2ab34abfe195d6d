package payment

import (
	"fmt"

	"turnup/internal/base/civil"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
)

// BillKind says what a payment of a bill leads to.
type BillKind string

// The kinds.
const (
	Renewal    BillKind = "renewal"     // the next period of a subscription; its invoice is made when the payment ends, whichever way
	PlanChange BillKind = "plan_change" // of a subscription, at once; there is no invoice and no change unless it is paid
	OfInvoice  BillKind = "invoice"     // of an invoice that is there, or a part of it
)

// Bill is what a payment is for when it is neither for a cart nor for an order: all that is needed to finish it, whoever finds out that
// the money came.
type Bill struct {
	Kind         BillKind          `dynamodbav:"k"`
	Invoice      id.Invoice        `dynamodbav:"i"`
	Subscription id.Subscription   `dynamodbav:"s,omitempty"`
	Period       civil.Period      `dynamodbav:"p,omitempty"` // that is billed
	Charges      []lineitem.Charge `dynamodbav:"c,omitempty"`
	Credit       int64             `dynamodbav:"cr,omitempty"` // of the subscription, that is used
	Plan         *lineitem.Line    `dynamodbav:"pl,omitempty"` // after a change
	Quiet        bool              `dynamodbav:"q,omitempty"`  // tried again by ourselves: the customer hears of it by the reminder
	Version      int64             `dynamodbav:"v,omitempty"`  // of the subscription that was billed
}

// invoice that the payment is for; empty when it is for an order.
func (p Payment) invoice() id.Invoice {
	if p.Bill == nil {
		return ""
	}
	return p.Bill.Invoice
}

// Invoice that the money of a payment went into: that of its bill, or of its order. The invoice of an order shares its ULID.
func (p Payment) Invoice() id.Invoice {
	if p.Bill != nil {
		return p.Bill.Invoice
	}
	return id.Swap[id.Invoice](p.OrderID, id.OrderPrefix, id.InvoicePrefix)
}

// patient tells whether somebody tries it again by themselves until the PSP answers: then not to have reached it is no end.
func (p Payment) patient() bool {
	return p.Bill != nil && (p.Bill.Kind == Renewal || p.Bill.Quiet)
}

// Expired tells whether the card cannot be charged any more on a day.
func (s Standing) Expired(on civil.Date) bool {
	return s.Card.ExpYear > 0 && string(on) > fmt.Sprintf("%04d-%02d-31", s.Card.ExpYear, s.Card.ExpMonth)
}

// Charges is the payment when it is charged to the card.
func (s Standing) Charges(p Payment) Payment {
	p.PSPCustomer, p.PSPMethod, p.Method, p.PaidWith = s.PSPCustomer, s.PSPMethod, s.ID(), s.Card.String()
	return p
}
