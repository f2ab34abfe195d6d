// Package timer owns what shall happen later: a timer is due at a time and about one thing of one customer. When it is
// due it is announced, again and again until it is cleared or set anew; who handles it looks at how things stand, in the
// transaction that clears it.
//
// It does not own what is done then.
package timer

import (
	"time"

	"turnup/internal/base/id"
)

// Kind says what a timer is for, and so who handles it.
type Kind string

// The kinds.
const (
	OrderWatch   Kind = "order.watch"          // look after an unpaid order: find its money, or let it expire
	Subscription Kind = "subscription.due"     // look after a contract: remind, renew, dun, suspend, end it
	Verification Kind = "account.verification" // remind somebody of confirming their mail address, or let the account expire
	Signup       Kind = "signup.due"           // look after a signup: a limit passed, or nobody goes on with it
	Webhook      Kind = "webhook.due"          // send an event to a partner's endpoint again, or go on with a replay
)

// Timer is one thing that shall happen later. A customer has at most one of a kind and subject: setting it again moves it.
type Timer struct {
	Tenant    id.Tenant
	Customer  id.Customer
	Kind      Kind
	Subject   string // what it is about: an order's id, …
	Due       time.Time
	TestClock id.TestClock // the customer's, if any: the timer is due by that clock
}

// Pending is a timer that waits. It is announced at Next: when it is due, and again when the lease of an announcement
// ends that led to nothing.
type Pending struct {
	Timer
	Next time.Time
}
