package subscription

import (
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// Unchangeable are the faults of Changeable.
var Unchangeable = []*fault.Fault{ErrEnded, ErrNotActive, ErrPaused, ErrOverdue, ErrWillEnd.With("endsOn", "2030-02-01"), ErrSamePlan, ErrCurrency, ErrOtherKind, ErrRenewing}

// Changeable tells why the plan cannot be changed to another one; nil when it can.
func (s Subscription) Changeable(to lineitem.Line, at time.Time) error {
	switch {
	case s.State == Ended:
		return ErrEnded
	case s.State == Paused:
		return ErrPaused
	case len(s.Debts) > 0:
		return ErrOverdue
	case s.State != Active:
		return ErrNotActive
	case s.Ending != nil:
		return ErrWillEnd.With("endsOn", string(s.Ending.On))
	case to.ItemID == s.ItemID && to.Price == s.Price && to.BillingPeriod == s.BillingPeriod:
		return ErrSamePlan
	case to.Price.Currency != s.Price.Currency:
		return ErrCurrency
	case (to.Access == nil) != (s.Access == nil):
		return ErrOtherKind
	case s.Today(at) >= s.Period.Until:
		return ErrRenewing
	}
	return nil
}

// ChangeNow is the bill of changing the plan on a day, which belongs to the new plan: what was charged for the rest of the period is given
// back, and the new plan is charged for it. One with another billing period begins a whole period of its own. A bill that would be less
// than nothing is nothing, and the contract has that much more credit.
func (s Subscription) ChangeNow(to lineitem.Line, on civil.Date, tax lineitem.Tax) Bill {
	next := s.with(to)
	if next.BillingPeriod != s.BillingPeriod {
		next.Anchor = on
	}
	back, c := s.unused(on, s.Period.Until), whole(next.Plan(), next.Anchor, on, tax)
	next.Period, next.Span, next.Next = civil.Period{From: s.Period.From, Until: c.Period.Until}, spanOf(c), nil
	if next.BillingPeriod != s.BillingPeriod {
		next.Period.From = on
	}
	total := money.Amount{Minor: c.Amount.Minor + back.Amount.Minor, Currency: c.Amount.Currency}
	b := Bill{Period: *c.Period, Charges: []lineitem.Charge{back, c}, Total: total, Credit: min(s.Credit, max(total.Minor, 0))}
	next.Credit, next.Version = s.Credit-b.Credit+max(-total.Minor, 0), s.Version+1
	b.After = next
	return b
}

// ChangeLater notes another plan for the end of the period, in the place of one that was noted before.
func (s Subscription) ChangeLater(to lineitem.Line, at time.Time) (Subscription, error) {
	if err := s.Changeable(to, at); err != nil {
		return s, err
	}
	s.Next, s.Version = &Change{Plan: to, RequestedAt: at}, s.Version+1
	return s, nil
}

// KeepPlan forgets the plan that was noted for the end of the period.
func (s Subscription) KeepPlan() (Subscription, error) {
	if s.Next == nil {
		return s, ErrNoChange
	}
	s.Next, s.Version = nil, s.Version+1
	return s, nil
}
