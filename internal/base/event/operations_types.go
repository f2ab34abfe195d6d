package event

import (
	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// The event types of what the operator's staff do by hand.
const (
	TypeDeadLettersRedriven  Type = "deadLetters.redriven"
	TypeConfigurationChanged Type = "configuration.changed"
	TypeWalletMoved          Type = "wallet.moved"
)

// DeadLettersRedriven says that staff had what was parked of a queue done again.
type DeadLettersRedriven struct {
	Queue string `json:"queue"`
	Moved int    `json:"moved"` // messages that were sent back
	Left  int    `json:"left"`  // about how many are parked still
}

// EventType of DeadLettersRedriven.
func (DeadLettersRedriven) EventType() (Type, int) { return TypeDeadLettersRedriven, 1 }

// Setting is a kind of thing that staff set up.
type Setting string

// Things that staff set up.
const (
	Plan            Setting = "plan"
	Group           Setting = "group"
	Coupon          Setting = "coupon"
	Location        Setting = "location"
	Billing         Setting = "billing"
	SignupFlow      Setting = "signup flow"
	SignupPartner   Setting = "signup partner"
	WebhookEndpoint Setting = "webhook endpoint"
)

// ConfigurationChanged says that something that is set up was made, changed or removed. What it is now is read from where it is.
type ConfigurationChanged struct {
	Setting Setting `json:"setting"`
	Name    string  `json:"name"`              // which of them: its id, of a plan with the country
	Version int64   `json:"version,omitempty"` // the one it has now; none when it has no versions, or is removed
	Removed bool    `json:"removed,omitempty"`
}

// EventType of ConfigurationChanged.
func (ConfigurationChanged) EventType() (Type, int) { return TypeConfigurationChanged, 1 }

// WalletMoved says that staff moved a customer's wallet by hand.
type WalletMoved struct {
	CustomerID id.Customer  `json:"customerId"`
	EntryID    id.Entry     `json:"entryId"`
	Kind       string       `json:"kind"`
	Amount     money.Amount `json:"amount"`
	Reason     string       `json:"reason"` // in their words
}

// EventType of WalletMoved.
func (WalletMoved) EventType() (Type, int) { return TypeWalletMoved, 1 }
