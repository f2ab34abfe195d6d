// Package history owns what is remembered of a customer's journey: every event about them, with who made it true, when and
// why, and the stages of the journey that it stands for.
//
// It does not decide anything, and it does not own the facts themselves: an entry is what was announced. Entries hold no
// personal data, because events hold none, so that they outlive an erased customer.
package history

import (
	"encoding/json"
	"fmt"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// Entry is one event about a customer.
type Entry struct {
	Tenant      id.Tenant
	Customer    id.Customer
	ID          id.Event
	Type        event.Type
	Version     int
	At          time.Time // when it became true
	Actor       string    // who made it true, as event.Trace says
	Why         string    // as far as the event says
	Correlation string
	Causation   string
	Data        string // the event's own, in JSON
}

// said is what events say of whom they are about, and why.
type said struct {
	CustomerID id.Customer `json:"customerId"`
	Reason     string      `json:"reason"`
	Why        string      `json:"why"`
	Cause      string      `json:"cause"`
	By         string      `json:"by"`
	Outcome    string      `json:"outcome"`
}

// EntryOf makes the entry of an event; false when it is about no customer.
func EntryOf(e event.Envelope) (Entry, bool, error) {
	var s said
	if err := json.Unmarshal(e.Data, &s); err != nil {
		return Entry{}, false, fault.ErrInvalid.Because(fmt.Errorf("history: data of %s: %w", e.Type, err))
	}
	why := s.Reason
	for _, other := range []string{s.Why, s.Cause, s.By, s.Outcome} {
		if why == "" {
			why = other
		}
	}
	return Entry{Tenant: e.Tenant, Customer: s.CustomerID, ID: e.ID, Type: e.Type, Version: e.Version, At: e.Time, Actor: e.Actor, Why: why,
		Correlation: e.CorrelationID, Causation: e.CausationID, Data: string(e.Data)}, s.CustomerID != "", nil
}
