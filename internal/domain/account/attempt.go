package account

import (
	"context"
	"time"

	"turnup/internal/base/id"
)

// Attempt is one try to guess something, counted for a name: of an account, or of an address that tries many accounts.
type Attempt struct {
	Kind AttemptKind
	Name string
	Mark string // of a request that may be repeated: its repetitions are the same guess, counted once and not held back
}

// AttemptKind says what an attempt is counted for.
type AttemptKind string

// The kinds.
const (
	OnAccount   AttemptKind = "account" // passwords and codes of one account, by the login name that was given, also one that nobody has
	FromAddress AttemptKind = "address" // of any account, from one source address
)

// Delay holds further attempts back: the first Below of them only have to wait for Wait after the one before.
type Delay struct {
	Below int64 // attempts so far; 0 is however many
	Wait  time.Duration
}

// Delays grow with the attempts that were no success. For an account that makes at most 17 in an hour, and four in each
// hour after that. Nobody is locked out for good: the wait never grows beyond the last one, a session that runs goes on,
// and a new password by mail forgives what was counted. An address may be shared by many customers.
var Delays = map[AttemptKind][]Delay{
	OnAccount:   {{5, 0}, {10, time.Minute}, {15, 5 * time.Minute}, {0, 15 * time.Minute}},
	FromAddress: {{300, 0}, {600, 10 * time.Second}, {0, time.Minute}},
}

// WaitAfter is how long the next attempt has to wait after so many.
func WaitAfter(kind AttemptKind, attempts int64) time.Duration {
	for _, d := range Delays[kind] {
		if d.Below == 0 || attempts < d.Below {
			return d.Wait
		}
	}
	return 0
}

// AttemptsKept is how long attempts are remembered after the last one.
const AttemptsKept = 24 * time.Hour

// Doorkeeper counts attempts before they are made, so that many at once are no way around it.
type Doorkeeper interface {
	// Try counts an attempt for each name, or holds it back for all: fault.ErrThrottled, with the time to wait.
	// What turns out to be no guess is pardoned by the Change that it leads to.
	Try(ctx context.Context, tenant id.Tenant, attempts ...Attempt) error
}
