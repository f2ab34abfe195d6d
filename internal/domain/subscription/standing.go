package subscription

import (
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
)

// Standing is a contract with all that its next step is decided on.
type Standing struct {
	Subscription
	Policy Policy
	Tax    lineitem.Tax
	Now    time.Time // by the customer's clock
	// What the customer is decides which plans there are for them, and at what price.
	Country string // ISO 3166-1 alpha-2
	Tier    id.Tier
	Groups  []id.Group
}

// Step is the one that is to be taken now; ok is false when it is not time for any. Somebody whose renewal is due is not reminded of it
// any more.
func (s Standing) Step() (step Step, ok bool) {
	for _, a := range s.Ahead(s.Policy) {
		switch {
		case a.At.After(s.Now):
			return step, ok
		case a.Step == Renews && step == Reminds:
			return Renews, true
		case !ok:
			step, ok = a.Step, true
		}
	}
	return step, ok
}

// Rescheduled is the contract with the time at which somebody must look after it next; moved is false when that was known.
func (s Standing) Rescheduled() (next Subscription, moved bool) {
	next = s.Scheduled(s.Policy)
	if next.Due.Equal(s.Due) {
		return s.Subscription, false
	}
	next.Version++
	return next, true
}
