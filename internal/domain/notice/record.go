package notice

import (
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// Status is how far a mail has come.
type Status string

// The statuses.
const (
	Sending    Status = "sending"    // it is being handed to the mailer, or whoever did so broke off
	Sent       Status = "sent"       // the mailer took it
	Failing    Status = "failing"    // the mailer did not take it; it is tried again
	Parked     Status = "parked"     // it waits for an operator
	Bounced    Status = "bounced"    // it came back
	Complained Status = "complained" // its reader called it spam
)

// Return is why a mail came back.
type Return string

// The reasons, from mild to bad.
const (
	Transient Return = "transient" // a full mailbox, say; the address may take mails later
	Permanent Return = "permanent" // the address takes no mail
	Complaint Return = "complaint" // its reader called it spam
)

var gravity = map[Return]int{"": 0, Transient: 1, Permanent: 2, Complaint: 3}

// Record is what is known of one mail. It has nothing of its text and nothing of its address: a domain may name a person too.
type Record struct {
	Tenant      id.Tenant
	Customer    id.Customer // whose account it is about
	Event       id.Event    // that led to it: one event leads to one mail
	Key         string      // of the mail
	Kind        Kind
	Language    string
	Correlation string // of the journey that led to it
	Status      Status
	TriggeredAt time.Time // when the event became true
	TriedAt     time.Time // when it was tried last
	HandedAt    time.Time // when the mailer took it; zero before
	Attempts    int
	Code        string // of the last failure
	MessageID   string // the mailer's name for it
	Returned    Return
	ReturnedAt  time.Time
}

// Tried is the record after a try: of a mail that the mailer took, or did not. The last one that fails parks it.
func (r Record) Tried(now time.Time, messageID string, failed error, last bool) Record {
	if failed == nil {
		r.Status, r.HandedAt, r.MessageID, r.Code = Sent, now, messageID, ""
		return r
	}
	r.Status, r.Code = Failing, fault.ErrInternal.Code
	if f := fault.Of(failed); f != nil {
		r.Code = f.Code
	}
	if last {
		r.Status = Parked
	}
	return r
}

// CameBack is the record of a mail that came back. It answers false when that says nothing new.
func (r Record) CameBack(why Return, at time.Time) (Record, bool) {
	if gravity[why] <= gravity[r.Returned] {
		return r, false
	}
	r.Status, r.Returned, r.ReturnedAt = Bounced, why, at
	if why == Complaint {
		r.Status = Complained
	}
	return r, true
}

// Took is how long it took from the event until the mailer had the mail; zero before.
func (r Record) Took() time.Duration {
	if r.HandedAt.IsZero() {
		return 0
	}
	return r.HandedAt.Sub(r.TriggeredAt)
}
