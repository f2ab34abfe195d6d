package account

import (
	"context"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
)

// ErrExemption is answered to an exemption that invoices could not state.
var ErrExemption = fault.New(fault.Invalid, "tax_exemption_invalid", "Please check the marked fields.", "operator")

// Exemption is why a customer pays no tax, with the proof of it.
type Exemption struct {
	lineitem.Exemption
	TaxID       string    `json:"taxId,omitempty" dynamodbav:",omitempty" doc:"VAT identification number, as it is on the customer's invoices (BT-48)" example:"ATU00000000"`
	Certificate string    `json:"certificate,omitempty" dynamodbav:",omitempty" doc:"Number of what proves it" example:"FA 12/2029/4711"`
	Since       time.Time `json:"since" doc:"When it was noted" example:"2030-01-01T12:30:00Z"`
}

// Check tells what is wrong with it.
func (e Exemption) Check() error {
	for field, good := range map[string]bool{"reason": printable(e.Reason, 1, NameMax), "taxId": printable(e.TaxID, 0, NameMax), "certificate": printable(e.Certificate, 0, NameMax)} {
		if !good {
			return ErrExemption.Naming("body."+field, "characters in one line")
		}
	}
	if e.Code == lineitem.ReverseCharge && e.TaxID == "" {
		return ErrExemption.Naming("body.taxId", "is needed, because by reverse charge the buyer owes the tax")
	}
	return nil
}

// same tells whether two say the same, whenever they were noted.
func (e *Exemption) same(as *Exemption) bool {
	if e == nil || as == nil {
		return e == as
	}
	a, b := *e, *as
	a.Since = b.Since
	return a == b
}

// Exempt notes why a customer pays no tax, or, with nil, that they pay it again. It counts from the next bill on. What is so already
// changes nothing. meant refuses a version that the change is not meant for.
func (p Profiles) Exempt(ctx context.Context, tenant id.Tenant, customer id.Customer, e *Exemption, meant func(version int64) error) (is Customer, err error) {
	err = p.change(ctx, tenant, customer, func(c Customer, now time.Time) (Change, error) {
		is = c
		if c.Gone() || len(c.Roles) > 0 {
			return Change{}, ErrUnknown
		}
		if err := meant(c.Version); err != nil || c.Exemption.same(e) {
			return Change{}, err
		}
		is.Exemption, is.Version = e, c.Version+1
		if e != nil {
			noted := *e
			noted.Since, is.Exemption = now, &noted
		}
		updated := event.CustomerUpdated{CustomerID: customer, Fields: []string{"taxExemption"}}
		return Change{Customer: &is, Events: []event.Envelope{event.New(ctx, tenant, now, updated)}}, nil
	})
	return is, err
}
