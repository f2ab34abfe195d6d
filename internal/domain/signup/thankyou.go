package signup

import (
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
)

// ThankYouPage is the page on which a signup ends. It is made from the contract by another system than the flow's owner, and shows nothing
// but what was bought.
type ThankYouPage struct {
	Tenant   id.Tenant
	ID       id.ThankYouPage
	Signup   id.Signup
	Customer id.Customer
	Order    id.Order
	Plan     lineitem.Line
	At       time.Time
}

// ThankYouPageOf is the id of the page of a signup: there is one.
func ThankYouPageOf(s id.Signup) id.ThankYouPage {
	return id.Swap[id.ThankYouPage](s, id.SignupPrefix, id.ThankYouPagePrefix)
}
