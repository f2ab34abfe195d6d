package subscription

import (
	"slices"
	"time"

	"turnup/internal/base/id"
)

// Policy is how a tenant bills and duns.
type Policy struct {
	Grace         time.Duration   // from the first decline to the suspension
	Reminders     []time.Duration // of an unpaid invoice, from the first decline
	Announce      int             // days before a renewal on which the customer is reminded of it
	Spread        time.Duration   // of renewals over the day on which they are due, so that they do not all come at once
	BillSuspended bool            // whether days are billed on which a contract was suspended
	EndSuspended  int             // days of a suspension after which the contract ends; 0 is never
}

// Usual is the policy of who did not say otherwise.
var Usual = Policy{Grace: 7 * 24 * time.Hour, Reminders: []time.Duration{3 * 24 * time.Hour, 5 * 24 * time.Hour, 7 * 24 * time.Hour}, Announce: 3, Spread: 6 * time.Hour, EndSuspended: 30}

// Dunned tells since when an invoice is unpaid that drives the ladder; zero when there is none.
func (s Subscription) Dunned() (oldest Debt, dunned bool) {
	if len(s.Debts) == 0 {
		return Debt{}, false
	}
	return s.Debts[0], true
}

// Owe notes an invoice that could not be paid, and why. Told again, or told of a contract's second unpaid invoice, the ladder of the oldest goes on
// as it was. First is true when the ladder begins with it.
func (s Subscription) Owe(inv id.Invoice, why string, since time.Time) (next Subscription, first bool) {
	if slices.ContainsFunc(s.Debts, func(d Debt) bool { return d.Invoice == inv }) {
		return s, false
	}
	s.Debts = append(slices.Clone(s.Debts), Debt{Invoice: inv, Since: since, Reason: why})
	slices.SortStableFunc(s.Debts, func(a, b Debt) int { return a.Since.Compare(b.Since) })
	s.Version++
	return s, len(s.Debts) == 1
}

// Reminded counts a reminder of the oldest invoice. It is due and not the last one that is left to send when ok.
func (s Subscription) Reminded(p Policy, at time.Time) (next Subscription, step int, ok bool) {
	d, dunned := s.Dunned()
	if !dunned || s.State == Ended || d.Reminded >= len(p.Reminders) || at.Before(d.Since.Add(p.Reminders[d.Reminded])) {
		return s, 0, false
	}
	s.Debts = slices.Clone(s.Debts)
	s.Debts[0].Reminded++
	s.Version++
	return s, s.Debts[0].Reminded, true
}

// GraceEnds is when the contract is suspended if nothing is paid of what it owes now; zero when it owes nothing or gives nothing anyway.
func (s Subscription) GraceEnds(p Policy) time.Time {
	at, _ := s.suspends(p)
	return at
}

// suspends is when the contract is suspended if nothing is paid: after the grace and every reminder, and not while staff hold it.
func (s Subscription) suspends(p Policy) (at time.Time, will bool) {
	d, dunned := s.Dunned()
	if !dunned || s.State != Active {
		return at, false
	}
	at = d.Since.Add(p.Grace)
	if len(p.Reminders) > 0 {
		at = later(at, d.Since.Add(p.Reminders[len(p.Reminders)-1]))
	}
	if s.Held != nil {
		at = later(at, s.Held.Until)
	}
	return at, true
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Suspend lets a contract give nothing because its oldest invoice is unpaid after the grace and all reminders; moved is false when it is
// not time for that.
func (s Subscription) Suspend(p Policy, at time.Time) (next Subscription, moved bool) {
	when, will := s.suspends(p)
	if !will || at.Before(when) || s.Debts[0].Reminded < len(p.Reminders) {
		return s, false
	}
	s.State, s.Entitlement.State, s.IdleSince, s.Held, s.Version = Suspended, Suspended, s.Today(at), nil, s.Version+1
	return s, true
}

// Paid notes that nothing is to be paid any more of an invoice. When none is left the dunning is over, and a contract that was suspended
// for it gives again what it gave (resumed).
func (s Subscription) Paid(p Policy, inv id.Invoice, at time.Time) (next Subscription, ended, resumed bool) {
	left := slices.DeleteFunc(slices.Clone(s.Debts), func(d Debt) bool { return d.Invoice == inv })
	if len(left) == len(s.Debts) {
		return s, false, false
	}
	if len(left) == 0 {
		left = nil
	}
	s.Debts, s.Version = left, s.Version+1
	if left != nil {
		return s, false, false
	}
	s.Held = nil
	if s.State != Suspended {
		return s, true, false
	}
	return s.restored(!p.BillSuspended, at), true, true
}

// Hold keeps the contract from being suspended until a time; a time that is not in the future ends the hold.
func (s Subscription) Hold(h Hold, at time.Time) Subscription {
	s.Held, s.Version = &h, s.Version+1
	if !h.Until.After(at) {
		s.Held = nil
	}
	return s
}
