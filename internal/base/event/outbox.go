package event

import (
	"encoding/json"
	"fmt"
)

// Batch is the events of one transaction as they lie in the outbox: one row, under its shard and the first event's id.
type Batch struct {
	Shard, ID string
	Events    []Envelope
}

// ParseBatch reads a row of the outbox.
func ParseBatch(shard, id, encoded string) (Batch, error) {
	b := Batch{Shard: shard, ID: id}
	if err := json.Unmarshal([]byte(encoded), &b.Events); err != nil {
		return b, fmt.Errorf("event: batch %s: %w", id, err)
	}
	return b, nil
}
