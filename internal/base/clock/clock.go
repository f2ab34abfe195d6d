// Package clock is where time comes from. Nothing else in Turnup calls time.Now, so that every deadline can be
// tested and a test clock can stand in for a customer's time.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

type system struct{}

func (system) Now() time.Time { return time.Now().UTC() }

// System is the real clock, in UTC.
var System Clock = system{}

// Manual is a clock that moves only when told. Safe for concurrent use.
type Manual struct {
	mu sync.Mutex
	at time.Time
}

// At returns a Manual clock showing t.
func At(t time.Time) *Manual { return &Manual{at: t.UTC()} }

// Now tells the time the clock was set to.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

// Advance moves the clock forward.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = m.at.Add(d)
}
