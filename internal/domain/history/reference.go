package history

import (
	"encoding/json"
	"fmt"
	"strings"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// Reference tells whose something is that is kept beside its customer, so that who knows its name alone finds it.
type Reference struct {
	Tenant   id.Tenant
	Name     string // its id, or the number that is printed on it, in capitals
	ID       string
	Customer id.Customer
}

// named is what events say of such things.
type named struct {
	CustomerID id.Customer `json:"customerId"`
	OrderID    id.Order    `json:"orderId"`
	InvoiceID  id.Invoice  `json:"invoiceId"`
	Number     string      `json:"number"`
}

// ReferencesOf are those to what an event tells of for the first time. A reference never changes, so that writing it again is harmless.
func ReferencesOf(e event.Envelope) ([]Reference, error) {
	if e.Type != event.TypeOrderCreated && e.Type != event.TypeInvoiceIssued {
		return nil, nil
	}
	var n named
	if err := json.Unmarshal(e.Data, &n); err != nil {
		return nil, fault.ErrInvalid.Because(fmt.Errorf("history: data of %s: %w", e.Type, err))
	}
	if e.Type == event.TypeOrderCreated {
		return []Reference{{e.Tenant, string(n.OrderID), string(n.OrderID), n.CustomerID}}, nil
	}
	return []Reference{{e.Tenant, string(n.InvoiceID), string(n.InvoiceID), n.CustomerID}, {e.Tenant, strings.ToUpper(n.Number), string(n.InvoiceID), n.CustomerID}}, nil
}
