package event

import "turnup/internal/base/id"

// TypeInvoiceClosed is the event type of an invoice that staff closed without its being paid.
const TypeInvoiceClosed Type = "invoice.closed"

// InvoiceClosed says that staff withdrew an invoice, or wrote it off.
type InvoiceClosed struct {
	InvoiceID      id.Invoice      `json:"invoiceId"`
	CustomerID     id.Customer     `json:"customerId"`
	SubscriptionID id.Subscription `json:"subscriptionId,omitempty"`
	Number         string          `json:"number"`
	State          string          `json:"state"` // void, or uncollectible
	Reason         string          `json:"reason"`
}

// EventType of InvoiceClosed.
func (InvoiceClosed) EventType() (Type, int) { return TypeInvoiceClosed, 1 }
