package journey

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"turnup/internal/base/event"
	"turnup/internal/check"
)

// S0-13, S0-51, S1-62: every event that the journeys led to fits the envelope and the schema of its type, as consumers were
// promised; and each type of the queue has come by.
func TestEventsFitTheirSchemas(t *testing.T) {
	const dir = "../base/event/schemas"
	envelope := must[[]byte](t)(os.ReadFile(filepath.Join(dir, check.Envelope)))
	crm.mu.Lock()
	defer crm.mu.Unlock()
	seen := map[event.Type]bool{}
	for _, e := range crm.events {
		whole := must[[]byte](t)(json.Marshal(e))
		schema := must[[]byte](t)(os.ReadFile(filepath.Join(dir, fmt.Sprintf("%s.v%d.json", e.Type, e.Version))))
		if err := check.ValidJSON(envelope, whole); err != nil {
			t.Errorf("%s: %v", whole, err)
		}
		if err := check.ValidJSON(schema, e.Data); err != nil {
			t.Errorf("%s: %v", whole, err)
		}
		seen[e.Type] = true
	}
	for _, typ := range []event.Type{event.TypeCustomerRegistered, event.TypePaymentSucceeded, event.TypePaymentFailed, event.TypeContractSigned,
		event.TypeOrderCreated, event.TypeOrderPaid, event.TypeOrderDelivered, event.TypeOrderCancelled, event.TypePaymentRefunded, event.TypePaymentParked,
		event.TypeCustomerUpdated, event.TypeCustomerErased} {
		if !seen[typ] {
			t.Errorf("no %s came by", typ)
		}
	}
}
