package event

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
)

// Batch is the events of one transaction as they lie in the outbox: one row, under its shard and the first event's id.
type Batch struct {
	Shard, ID string
	Events    []Envelope
}

// EncodeBatch gives the events of one transaction as a row keeps them: JSON, deflated (RFC 1951). A transaction pays for
// every started KiB four times over (written twice, streamed, removed), and three events of one purchase are mostly the
// same words.
func EncodeBatch(events []Envelope) ([]byte, error) {
	var out bytes.Buffer
	deflate, err := flate.NewWriter(&out, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(deflate).Encode(events); err != nil {
		return nil, fmt.Errorf("event: batch: %w", err)
	}
	if err := deflate.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// maxBatch bounds what a row may inflate to; DynamoDB's own limit on a row is 400 KB.
const maxBatch = 1 << 20

// ParseBatch reads a row of the outbox.
func ParseBatch(shard, id string, encoded []byte) (Batch, error) {
	b := Batch{Shard: shard, ID: id}
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(encoded)), maxBatch))
	if err == nil {
		err = json.Unmarshal(raw, &b.Events)
	}
	if err != nil {
		return b, fmt.Errorf("event: batch %s: %w", id, err)
	}
	return b, nil
}
