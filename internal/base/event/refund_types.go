package event

import (
	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// The event types of money that is given back, and of money that banks take back.
const (
	TypeRefundRequested Type = "refund.requested"
	TypeRefundSettled   Type = "refund.settled"
	TypeRefundParked    Type = "refund.parked"
	TypePaymentDisputed Type = "payment.disputed"
	TypeDisputeClosed   Type = "dispute.closed"
)

// RefundRequested says that the PSP is to be asked to give back what was paid for an invoice.
type RefundRequested struct {
	RefundID   id.Refund    `json:"refundId"`
	CustomerID id.Customer  `json:"customerId"`
	InvoiceID  id.Invoice   `json:"invoiceId"`
	Amount     money.Amount `json:"amount"`
}

// EventType of RefundRequested.
func (RefundRequested) EventType() (Type, int) { return TypeRefundRequested, 1 }

// RefundSettled says that all of a refund is on its way to the card, or in the wallet. The customer is told.
type RefundSettled struct {
	RefundID   id.Refund    `json:"refundId"`
	CustomerID id.Customer  `json:"customerId"`
	InvoiceID  id.Invoice   `json:"invoiceId"`
	Number     string       `json:"number"` // of the invoice
	Amount     money.Amount `json:"amount"`
	ToCard     money.Amount `json:"toCard"`
	ToWallet   money.Amount `json:"toWallet"`
}

// EventType of RefundSettled.
func (RefundSettled) EventType() (Type, int) { return TypeRefundSettled, 1 }

// RefundParked says that the PSP did not take a refund, or that its money came back. Staff find another way.
type RefundParked struct {
	RefundID   id.Refund    `json:"refundId"`
	CustomerID id.Customer  `json:"customerId"`
	InvoiceID  id.Invoice   `json:"invoiceId"`
	Amount     money.Amount `json:"amount"`
	Reason     string       `json:"reason"` // in the PSP's words
}

// EventType of RefundParked.
func (RefundParked) EventType() (Type, int) { return TypeRefundParked, 1 }

// PaymentDisputed says that the customer's bank took the money of a payment back. Of an invoice it is owed again.
type PaymentDisputed struct {
	PaymentID  id.Payment   `json:"paymentId"`
	CustomerID id.Customer  `json:"customerId"`
	InvoiceID  id.Invoice   `json:"invoiceId,omitempty"` // none when it was for a wallet
	Amount     money.Amount `json:"amount"`
	Reason     string       `json:"reason"` // the bank's class of it
}

// EventType of PaymentDisputed.
func (PaymentDisputed) EventType() (Type, int) { return TypePaymentDisputed, 1 }

// DisputeClosed says how a dispute ended: won, and the money is back, or lost.
type DisputeClosed struct {
	PaymentID  id.Payment   `json:"paymentId"`
	CustomerID id.Customer  `json:"customerId"`
	InvoiceID  id.Invoice   `json:"invoiceId,omitempty"` // none when it was for a wallet
	Amount     money.Amount `json:"amount"`
	Outcome    string       `json:"outcome"` // won or lost
}

// EventType of DisputeClosed.
func (DisputeClosed) EventType() (Type, int) { return TypeDisputeClosed, 1 }
