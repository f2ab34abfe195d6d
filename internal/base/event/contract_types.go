package event

import (
	"turnup/internal/base/civil"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// The event types of what customers decide about their contracts.
const (
	TypeSubscriptionChanged               Type = "subscription.changed"
	TypeSubscriptionChangeScheduled       Type = "subscription.changeScheduled"
	TypeSubscriptionChangeWithdrawn       Type = "subscription.changeWithdrawn"
	TypeSubscriptionCancelled             Type = "subscription.cancelled"
	TypeSubscriptionCancellationWithdrawn Type = "subscription.cancellationWithdrawn"
	TypeSubscriptionEnded                 Type = "subscription.ended"
	TypeSubscriptionPaused                Type = "subscription.paused"
)

// SubscriptionChanged says that a subscription is for another plan from today on. One that changes with a renewal is told of by
// SubscriptionRenewed.
type SubscriptionChanged struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	ItemID         id.Item         `json:"itemId"`
	Was            id.Item         `json:"was"`
	InvoiceID      id.Invoice      `json:"invoiceId,omitempty"` // of the difference, or the credit note over it; none when there is none
}

// EventType of SubscriptionChanged.
func (SubscriptionChanged) EventType() (Type, int) { return TypeSubscriptionChanged, 1 }

// SubscriptionChangeScheduled says that a subscription will be for another plan from its next renewal on.
type SubscriptionChangeScheduled struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	ItemID         id.Item         `json:"itemId"` // the plan to come
	On             civil.Date      `json:"on"`
}

// EventType of SubscriptionChangeScheduled.
func (SubscriptionChangeScheduled) EventType() (Type, int) { return TypeSubscriptionChangeScheduled, 1 }

// SubscriptionChangeWithdrawn says that a subscription keeps its plan.
type SubscriptionChangeWithdrawn struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	ItemID         id.Item         `json:"itemId"` // the plan that was to come
}

// EventType of SubscriptionChangeWithdrawn.
func (SubscriptionChangeWithdrawn) EventType() (Type, int) { return TypeSubscriptionChangeWithdrawn, 1 }

// SubscriptionCancelled says that somebody cancelled a subscription: at once, or for the end of its period. The customer is sent a
// confirmation. What they say of their reasons stays in the contract.
type SubscriptionCancelled struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	Name           string          `json:"name"`
	Mode           string          `json:"mode"`   // now, or end_of_period
	EndsOn         civil.Date      `json:"endsOn"` // the first day on which it gives nothing any more
	Back           money.Amount    `json:"back"`   // what is given back to the wallet when it ends, as things stand
	Owed           money.Amount    `json:"owed"`   // what is left to pay, as things stand
}

// EventType of SubscriptionCancelled.
func (SubscriptionCancelled) EventType() (Type, int) { return TypeSubscriptionCancelled, 1 }

// SubscriptionCancellationWithdrawn says that a subscription goes on after all.
type SubscriptionCancellationWithdrawn struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
}

// EventType of SubscriptionCancellationWithdrawn.
func (SubscriptionCancellationWithdrawn) EventType() (Type, int) {
	return TypeSubscriptionCancellationWithdrawn, 1
}

// SubscriptionEnded says that a subscription gives nothing any more and is billed no more. Its line is taken down by itself after it.
type SubscriptionEnded struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	ItemID         id.Item         `json:"itemId"`
	Name           string          `json:"name"`
	Cause          string          `json:"cause"`                  // cancelled, non_payment
	CreditNoteID   id.Invoice      `json:"creditNoteId,omitempty"` // over days that were paid for and are not used
	Back           money.Amount    `json:"back"`                   // what was given back to the wallet
	Owed           money.Amount    `json:"owed"`                   // what is left to pay of its last invoice
}

// EventType of SubscriptionEnded.
func (SubscriptionEnded) EventType() (Type, int) { return TypeSubscriptionEnded, 1 }

// SubscriptionPaused says that a subscription gives nothing and costs nothing until it is resumed, which SubscriptionResumed tells.
type SubscriptionPaused struct {
	SubscriptionID id.Subscription `json:"subscriptionId"`
	CustomerID     id.Customer     `json:"customerId"`
	Until          civil.Date      `json:"until,omitempty"` // when it resumes by itself
}

// EventType of SubscriptionPaused.
func (SubscriptionPaused) EventType() (Type, int) { return TypeSubscriptionPaused, 1 }
