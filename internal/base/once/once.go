// Package once makes a POST idempotent under its Idempotency-Key without a call of its own on the happy path.
//
// The record of the key is written by the same transaction that records the effect, on the condition that the key is
// new. A repetition therefore fails on that condition and is answered with the first answer, which the failed
// transaction hands back. Only a request that ends without having written anything (refused, or found already done)
// is looked up, because it may be a repetition whose first run succeeded.
package once

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// Kept is how long a key is remembered.
const Kept = 48 * time.Hour

// Request identifies one attempt: who sent which key with what.
type Request struct {
	Tenant      id.Tenant
	Caller      string // customer id, or "anonymous"
	Key         string // the Idempotency-Key
	Fingerprint string // of operation and body, see Fingerprint
}

// Fingerprint hashes the operation and its input. Callers leave secrets out of the input: the hash is stored.
func Fingerprint(operation string, input any) string {
	raw, err := json.Marshal(input)
	if err != nil {
		panic(fmt.Sprintf("once: input of %s cannot be encoded: %v", operation, err)) // inputs were decoded from JSON
	}
	sum := sha256.Sum256(append([]byte(operation+"\n"), raw...))
	return hex.EncodeToString(sum[:])
}

// Use is the key during one attempt. The store writes it with the effect.
type Use struct {
	Request
	answer    json.RawMessage
	committed bool
}

// Answer sets what a repetition shall be answered. It holds no secrets. Call it before the transaction.
func (u *Use) Answer(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("once: answer: %w", err)
	}
	u.answer = raw
	return nil
}

// Stored is the encoded answer, for the store.
func (u *Use) Stored() json.RawMessage { return u.answer }

// Committed is called by the store after the transaction that holds the record.
func (u *Use) Committed() { u.committed = true }

// Replay is the error by which the store reports that the key was used before for the same request.
type Replay struct{ Answer json.RawMessage }

func (*Replay) Error() string { return "once: the key was used before" }

// Memory looks up keys that were used.
type Memory interface {
	// Recall returns the stored answer of the key, or nil when it was never used. A key used for another
	// request is fault.ErrKeyReused.
	Recall(ctx context.Context, r Request) (json.RawMessage, error)
}

// Do runs act at most once per key, as described in the package comment. T is what is stored as the answer.
func Do[T any](ctx context.Context, memory Memory, r Request, act func(*Use) (T, error)) (T, error) {
	use := &Use{Request: r}
	out, err := act(use)
	var replay *Replay
	switch {
	case errors.As(err, &replay):
		return decode[T](replay.Answer)
	case use.committed || errors.Is(err, fault.ErrKeyReused):
		return out, err
	}
	stored, recallErr := memory.Recall(ctx, r)
	switch {
	case recallErr != nil && (err == nil || errors.Is(recallErr, fault.ErrKeyReused)):
		return out, recallErr
	case recallErr == nil && stored != nil:
		return decode[T](stored)
	}
	return out, err
}

func decode[T any](raw json.RawMessage) (T, error) {
	var out T
	if err := json.Unmarshal(raw, &out); err != nil {
		return out, fmt.Errorf("once: stored answer: %w", err)
	}
	return out, nil
}

// ErrHandled tells a consumer of events that it handled this one before.
var ErrHandled = errors.New("once: handled before")
