package event

import (
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// The event types of renewal, of the invoices it makes, and of dunning.
const (
	TypeRenewalUpcoming       Type = "renewal.upcoming"
	TypeCardExpiring          Type = "card.expiring"
	TypeSubscriptionRenewed   Type = "subscription.renewed"
	TypeInvoiceIssued         Type = "invoice.issued"
	TypeInvoicePaid           Type = "invoice.paid"
	TypeDunningStarted        Type = "dunning.started"
	TypeDunningReminded       Type = "dunning.reminded"
	TypeDunningEnded          Type = "dunning.ended"
	TypeSuspensionHeld        Type = "suspension.held"
	TypeSubscriptionSuspended Type = "subscription.suspended"
	TypeSubscriptionResumed   Type = "subscription.resumed"
)

// RenewalUpcoming says that a subscription renews soon. The customer is told once for each renewal.
type RenewalUpcoming struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	Name           string          `json:"name"` // of the plan it renews with
	RenewsOn       civil.Date      `json:"renewsOn"`
	Amount         money.Amount    `json:"amount"` // that will be charged: less the credit
}

// EventType of RenewalUpcoming.
func (RenewalUpcoming) EventType() (Type, int) { return TypeRenewalUpcoming, 1 }

// CardExpiring says that the card will have expired when a subscription renews. The customer is told once for each renewal.
type CardExpiring struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	Name           string          `json:"name"`
	RenewsOn       civil.Date      `json:"renewsOn"`
	Card           string          `json:"card"` // for people: brand and last four digits
}

// EventType of CardExpiring.
func (CardExpiring) EventType() (Type, int) { return TypeCardExpiring, 1 }

// SubscriptionRenewed says that the next period of a subscription is billed, whether or not it is paid.
type SubscriptionRenewed struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	InvoiceID      id.Invoice      `json:"invoiceId"`
	ItemID         id.Item         `json:"itemId"`
	Was            id.Item         `json:"was,omitempty"` // the plan before, when it changed with the renewal
	Period         civil.Period    `json:"period"`
}

// EventType of SubscriptionRenewed.
func (SubscriptionRenewed) EventType() (Type, int) { return TypeSubscriptionRenewed, 1 }

// InvoiceIssued says that an invoice or a credit note is final. One that is paid at once is told of by InvoicePaid as well.
type InvoiceIssued struct {
	InvoiceID      id.Invoice      `json:"invoiceId"`
	CustomerID     id.Customer     `json:"customerId"`
	SubscriptionID id.Subscription `json:"subscriptionId,omitempty"`
	OrderID        id.Order        `json:"orderId,omitempty"`
	Number         string          `json:"number"`
	Corrects       id.Invoice      `json:"corrects,omitempty"` // of a credit note
	Total          money.Amount    `json:"total"`
	Due            money.Amount    `json:"due"`             // what is left to pay
	DueOn          civil.Date      `json:"dueOn,omitempty"` // of one with something left to pay
}

// EventType of InvoiceIssued.
func (InvoiceIssued) EventType() (Type, int) { return TypeInvoiceIssued, 1 }

// InvoicePaid says that nothing is left to pay of an invoice. It asks for the receipt.
type InvoicePaid struct {
	InvoiceID      id.Invoice      `json:"invoiceId"`
	CustomerID     id.Customer     `json:"customerId"`
	SubscriptionID id.Subscription `json:"subscriptionId,omitempty"`
	OrderID        id.Order        `json:"orderId,omitempty"`
	Number         string          `json:"number"`
	Total          money.Amount    `json:"total"`
	PaymentID      id.Payment      `json:"paymentId,omitempty"`   // the one that paid the rest; none when there was nothing to pay
	PaidWith       string          `json:"paidWith,omitempty"`    // for people: brand and last four digits, or the wallet
	NextBilling    civil.Date      `json:"nextBilling,omitempty"` // of a subscription that goes on
}

// EventType of InvoicePaid.
func (InvoicePaid) EventType() (Type, int) { return TypeInvoicePaid, 1 }

// DunningStarted says that an invoice could not be paid, and no older one is unpaid.
type DunningStarted struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	InvoiceID      id.Invoice      `json:"invoiceId"`
	Name           string          `json:"name"`
	Amount         money.Amount    `json:"amount"`
	Reason         string          `json:"reason"` // a payment.Reason
	GraceEnds      time.Time       `json:"graceEnds"`
}

// EventType of DunningStarted.
func (DunningStarted) EventType() (Type, int) { return TypeDunningStarted, 1 }

// DunningReminded says that an invoice is still unpaid, and asks for the reminder.
type DunningReminded struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	InvoiceID      id.Invoice      `json:"invoiceId"`
	Name           string          `json:"name"`
	Step           int             `json:"step"`   // which reminder it is, from 1
	Amount         money.Amount    `json:"amount"` // that is left to pay
	Reason         string          `json:"reason"` // a payment.Reason: why trying it again failed
	Suspends       time.Time       `json:"suspends"`
}

// EventType of DunningReminded.
func (DunningReminded) EventType() (Type, int) { return TypeDunningReminded, 1 }

// DunningEnded says that no invoice of a subscription is unpaid any more.
type DunningEnded struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	InvoiceID      id.Invoice      `json:"invoiceId"` // the last one
}

// EventType of DunningEnded.
func (DunningEnded) EventType() (Type, int) { return TypeDunningEnded, 1 }

// SuspensionHeld says that staff put the suspension of a subscription off, or that they let it come.
type SuspensionHeld struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	Until          time.Time       `json:"until"` // what is not in the future ends the hold
	Reason         string          `json:"reason"`
}

// EventType of SuspensionHeld.
func (SuspensionHeld) EventType() (Type, int) { return TypeSuspensionHeld, 1 }

// SubscriptionSuspended says that a subscription gives nothing until its unpaid invoices are paid.
type SubscriptionSuspended struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	InvoiceID      id.Invoice      `json:"invoiceId"` // the oldest unpaid one
	Name           string          `json:"name"`
	Amount         money.Amount    `json:"amount"`           // that is left to pay of it
	Cause          string          `json:"cause"`            // non_payment
	EndsOn         civil.Date      `json:"endsOn,omitempty"` // when it ends if nothing is paid; none when it does not
}

// EventType of SubscriptionSuspended.
func (SubscriptionSuspended) EventType() (Type, int) { return TypeSubscriptionSuspended, 1 }

// SubscriptionResumed says that a suspended or paused subscription gives again what it gave. A line comes back by
// itself after it, which service.resumed tells.
type SubscriptionResumed struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	Name           string          `json:"name"`
	Line           bool            `json:"line"`  // whether it is a fibre line
	Cause          string          `json:"cause"` // paid, or pause_over
}

// EventType of SubscriptionResumed.
func (SubscriptionResumed) EventType() (Type, int) { return TypeSubscriptionResumed, 1 }
