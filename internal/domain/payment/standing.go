package payment

import (
	"turnup/internal/base/id"
)

// Standing is the card that a customer's contracts are charged to, with all that a charge needs of it. The zero value is none.
type Standing struct {
	PSPCustomer string       `dynamodbav:"-"` // the row's own
	Reference   id.Reference `dynamodbav:"r"`
	PSPMethod   string       `dynamodbav:"m"`
	Card        Card         `dynamodbav:"c"`
}

// Standing of a confirmed method, when it becomes the default.
func (m Method) Standing() Standing {
	return Standing{PSPCustomer: m.PSPCustomer, Reference: m.Reference, PSPMethod: m.PSPMethod, Card: m.Card}
}

// None tells that the customer has no default.
func (s Standing) None() bool { return s.Reference == "" }

// ID is the id of the method at checkout.
func (s Standing) ID() id.Method {
	if s.None() {
		return ""
	}
	return id.Swap[id.Method](s.Reference, id.ReferencePrefix, id.MethodPrefix)
}
