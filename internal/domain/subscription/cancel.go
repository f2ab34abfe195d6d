package subscription

import (
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// CancelLater lets the contract end with its period; until then it runs on and the cancellation can be withdrawn. One that is cancelled
// stays as it is (moved is false).
func (s Subscription) CancelLater(reason string, at time.Time) (next Subscription, moved bool, err error) {
	switch {
	case s.State == Ended:
		return s, false, nil
	case s.State == Pending: // there is no period yet
		return s, false, ErrNotActive
	case s.Ending != nil:
		return s, false, nil
	}
	s.Ending, s.Next, s.Version = &Ending{On: max(s.Period.Until, s.Today(at)), RequestedAt: at, Reason: reason}, nil, s.Version+1
	return s, true, nil
}

// KeepGoing withdraws a cancellation that has not taken effect.
func (s Subscription) KeepGoing() (Subscription, error) {
	switch {
	case s.State == Ended:
		return s, ErrEnded
	case s.Ending == nil:
		return s, ErrNotEnding
	}
	s.Ending, s.Version = nil, s.Version+1
	return s, nil
}

// Final is what is given back when a contract ends: for the days from the last one that it gave something, which is not billed, and the
// credit that is left.
type Final struct {
	Unused lineitem.Charge // less than nothing, or nothing
	Credit int64
	After  Subscription
}

// Conclusion is what the end of a contract comes to.
type Conclusion struct {
	Final
	Back money.Amount // to the wallet
	Owed money.Amount // what is left to pay of its last invoice
	Note id.Invoice   // the credit note; empty when there is none
}

// EndsAt is when a cancellation takes effect that can still be withdrawn.
func (s Subscription) EndsAt() time.Time { return s.Ending.On.Begin(s.zone()) }

// Cause is why a contract ends.
type Cause string

// The causes.
const (
	Cancelled  Cause = "cancelled"
	NonPayment Cause = "non_payment" // it was suspended for so long that it ends
)

// EndsBy is when the contract ends by itself as things stand, and why: it is cancelled, or it is suspended and will not be paid for. What
// staff hold does not end for that.
func (s Subscription) EndsBy(p Policy) (at time.Time, why Cause, will bool) {
	if s.State == Suspended && p.EndSuspended > 0 {
		at, why, will = s.IdleSince.Plus(p.EndSuspended).Begin(s.zone()), NonPayment, true
		if s.Held != nil {
			at = later(at, s.Held.Until)
		}
	}
	if s.Ending != nil && (!will || s.EndsAt().Before(at)) {
		return s.EndsAt(), Cancelled, true
	}
	return at, why, will
}

// CancelNow ends the contract on the spot, or when a cancellation takes effect. One that has ended stays as it is (moved is false).
func (s Subscription) CancelNow(p Policy, at time.Time) (f Final, moved bool) {
	from := s.Today(at)
	if s.idle(p) {
		from = min(from, s.IdleSince)
	}
	switch {
	case s.State == Pending && s.Access == nil: // of a line that never worked, taking it down gives back what was paid
		f.Unused = s.unworked()
	case s.State != Pending && s.State != Ended:
		f.Unused = s.unused(from, s.Period.Until)
	}
	f.After, moved = s.End(at)
	if moved {
		f.Credit, f.After.Credit = s.Credit, 0
	}
	return f, moved
}

// unworked is all that was paid for a contract that never began.
func (s Subscription) unworked() lineitem.Charge {
	paid := money.Amount{Minor: s.Span.Amount, Currency: s.Price.Currency}
	return lineitem.Charge{Kind: lineitem.ForUnused, ItemID: s.ItemID, Name: s.Name, Price: paid, Amount: paid.Times(-1), Rate: s.Span.Rate, Exempt: s.Span.Exempt}
}

// idle tells whether the contract gives nothing, and so costs nothing.
func (s Subscription) idle(p Policy) bool {
	return s.State == Paused || s.State == Suspended && !p.BillSuspended
}

// Pause lets the contract give nothing and cost nothing from the day on, until it is resumed; by itself when a day is named.
func (s Subscription) Pause(until civil.Date, at time.Time) (Subscription, error) {
	switch {
	case s.State == Ended:
		return s, ErrEnded
	case s.State == Paused:
		return s, ErrPaused
	case len(s.Debts) > 0:
		return s, ErrOverdue
	case s.State != Active:
		return s, ErrNotActive
	case s.Ending != nil:
		return s, ErrWillEnd.With("endsOn", string(s.Ending.On))
	case s.Today(at) >= s.Period.Until:
		return s, ErrRenewing
	case until != "" && until <= s.Today(at):
		return s, ErrPauseEnd.Naming("body.until", "not later than today")
	}
	s.State, s.Entitlement.State, s.IdleSince, s.IdleUntil, s.Version = Paused, Paused, s.Today(at), until, s.Version+1
	return s, nil
}

// Unpause ends a pause.
func (s Subscription) Unpause(at time.Time) (Subscription, error) {
	switch {
	case s.State == Ended:
		return s, ErrEnded
	case s.State == Suspended:
		return s, ErrSuspended
	case s.State != Paused:
		return s, ErrNotPaused
	}
	return s.restored(true, at), nil
}

// Idled is what is given back for the days up to today on which the contract gave nothing; less than nothing, or nothing.
func (s Subscription) Idled(at time.Time) lineitem.Charge { return s.unused(s.IdleSince, s.Today(at)) }

// restored lets a contract give again what it gave: the days on which it did not are credited when they are not billed, and the next
// period begins no earlier than today. Its billing day stays.
func (s Subscription) restored(credited bool, at time.Time) Subscription {
	if credited {
		s = s.skipped(s.IdleSince, s.Today(at))
	}
	s.State, s.Entitlement.State, s.IdleSince, s.IdleUntil, s.Version = Active, Active, "", "", s.Version+1
	return s
}

// skipped credits what was charged for the days from one up to today, on which the contract gave nothing.
func (s Subscription) skipped(from, today civil.Date) Subscription {
	s.Credit -= s.unused(from, today).Amount.Minor
	if today > s.Period.Until { // billed up to today: for nothing
		s.Period, s.Span = civil.Period{From: today, Until: today}, Span{From: today}
	}
	return s
}
