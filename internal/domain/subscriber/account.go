// Package subscriber owns who may dial in and what they used: RADIUS accounts, their open sessions, and the volume of the period.
// It does not own the service (provisioning), from which accounts follow, nor what volume costs.
package subscriber

import (
	"slices"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// ErrUnknown is an account that does not exist.
var ErrUnknown = fault.New(fault.NotFound, "subscriber_not_found", "There is no such subscriber.", "operator")

// Account is a subscriber's RADIUS account, as it is asked for whenever somebody dials in: one row has all of the answer. The secret is
// made from key, username and generation.
type Account struct {
	Tenant       id.Tenant
	Username     string
	Generation   int
	Service      id.Service
	Subscription id.Subscription
	Customer     id.Customer
	Barred       string // why nobody is let in; empty when they are
	DownKbps     int64
	UpKbps       int64
	Address      string // with the length of its pool's prefix
	Prefix6      string
	CapBytes     int64      // volume that warns; 0 is none
	Anchor       civil.Date // its day begins the period
	TestClock    id.TestClock
}

// Reason is what a barred subscriber is told by the NAS.
func (a Account) Reason() string {
	switch a.Barred {
	case "non_payment":
		return "Account suspended: unpaid invoice"
	case "staff":
		return "Account suspended"
	case "paused":
		return "Account paused"
	}
	return "Account not in service"
}

// Session is one session of an account. Counters are the NAS's, cumulative since it began.
type Session struct {
	UniqueID string    `dynamodbav:"u"` // Acct-Unique-Session-Id
	ID       string    `dynamodbav:"i"` // Acct-Session-Id, by which the NAS knows it
	NAS      string    `dynamodbav:"n"`
	Address  string    `dynamodbav:"a,omitempty"`
	Began    time.Time `dynamodbav:"b"`
	Seen     time.Time `dynamodbav:"s"`
	Up       int64     `dynamodbav:"up"`   // bytes from the subscriber
	Down     int64     `dynamodbav:"down"` // bytes to the subscriber
	Ended    time.Time `dynamodbav:"e,omitempty"`
	Why      string    `dynamodbav:"w,omitempty"` // Acct-Terminate-Cause, or why we think that it ended
	Asked    string    `dynamodbav:"q,omitempty"` // what came of the last Disconnect or CoA
	Stopped  bool      `dynamodbav:"f,omitempty"` // by the NAS's own word: its counters are final
}

// Open tells whether the session goes on, as far as is known.
func (s Session) Open() bool { return s.Ended.IsZero() }

// Volume of a day or period, bytes.
type Volume struct {
	Up   int64 `json:"upBytes" dynamodbav:"up" example:"1073741824" doc:"From the customer"`
	Down int64 `json:"downBytes" dynamodbav:"down" example:"85899345920" doc:"To the customer"`
}

// Live is what changes about an account while it is used: one row, so that each report costs one write.
type Live struct {
	Tenant   id.Tenant
	Username string
	From     civil.Date // of the period
	Until    civil.Date // first day after it
	Used     Volume
	Days     map[civil.Date]Volume
	Told     []int     // shares in percent that were told of in this period
	Sessions []Session // open ones, and the last that ended
	Version  int64     // counts changes, from 1
}

// Period is what was used in a period.
type Period struct {
	From  civil.Date
	Until civil.Date
	Used  Volume
	Days  map[civil.Date]Volume
}

// Online counts the open sessions.
func (l Live) Online() (n int) {
	for _, s := range l.Sessions {
		if s.Open() {
			n++
		}
	}
	return n
}

// Noted is the row with what came of asking the NAS about a session.
func (l Live) Noted(uniqueID, what string) Live {
	for i, s := range l.Sessions {
		if s.UniqueID == uniqueID && s.Asked != what {
			l.Sessions = slices.Clone(l.Sessions)
			l.Sessions[i].Asked = what
			l.Version++
			return l
		}
	}
	return l
}

// Outcome is what came of asking a NAS, in a word: the code of the fault, or what was done.
func Outcome(err error, ok string) string {
	switch f := fault.Of(err); {
	case err == nil:
		return ok
	case f != nil:
		return f.Code
	}
	return fault.ErrInternal.Code
}
