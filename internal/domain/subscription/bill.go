package subscription

import (
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

// The faults of renewing.
var (
	ErrEnded      = fault.New(fault.Conflict, "subscription_ended", "This subscription has ended.", "customer")
	ErrNotActive  = fault.New(fault.Conflict, "subscription_not_active", "This subscription is not active.", "customer")
	ErrNotDue     = fault.New(fault.Conflict, "renewal_not_due", "This subscription is paid until the end of its period; it renews by itself then.", "customer")
	ErrRenewing   = fault.New(fault.Conflict, "renewal_under_way", "This subscription is being renewed. Please try again in a moment.", "customer")
	ErrWillEnd    = fault.New(fault.Conflict, "subscription_ending", "This subscription is cancelled and ends soon. Please withdraw the cancellation first.", "customer")
	ErrOverdue    = fault.New(fault.Conflict, "subscription_overdue", "There is an unpaid invoice. Please pay it first.", "customer")
	ErrSamePlan   = fault.New(fault.Conflict, "plan_unchanged", "You have this plan already.", "customer")
	ErrCurrency   = fault.New(fault.Conflict, "plan_currency_differs", "This plan is sold in another currency. Please cancel and order it anew.", "customer")
	ErrOtherKind  = fault.New(fault.Conflict, "plan_kind_differs", "A fibre line can only change to another fibre plan, and a streaming plan to another streaming plan.", "customer")
	ErrNoChange   = fault.New(fault.Conflict, "plan_change_not_scheduled", "No change of plan is waiting.", "integrator")
	ErrNotEnding  = fault.New(fault.Conflict, "cancellation_not_scheduled", "No cancellation is waiting.", "integrator")
	ErrPaused     = fault.New(fault.Conflict, "subscription_paused", "This subscription is paused. Please resume it first.", "customer")
	ErrNotPaused  = fault.New(fault.Conflict, "subscription_not_paused", "This subscription is not paused.", "customer")
	ErrBillingDay = fault.New(fault.Invalid, "billing_day_not_possible", "A billing day can only be chosen for plans that are billed by the month and are no fibre line.", "customer")
	ErrPauseEnd   = fault.New(fault.Invalid, "pause_end_not_possible", "A pause ends on a later day than it begins.", "customer")
	ErrSuspended  = fault.New(fault.Conflict, "subscription_suspended", "This subscription is suspended for an unpaid invoice. It goes on when that is paid.", "customer")
	ErrQuoteStale = fault.New(fault.Conflict, "quote_stale", "This quote is not good any more. Please ask for a new one.", "customer")
)

// Bill is what a contract costs for a period: the charges, what the credit takes off them, and the contract afterwards.
type Bill struct {
	Period  civil.Period
	Charges []lineitem.Charge
	Total   money.Amount // of the charges
	Credit  int64        // of the contract, that is taken off
	After   Subscription // when it is billed, whether or not it is paid
}

// Due is what is to be paid: never less than nothing.
func (b Bill) Due() money.Amount {
	return money.Amount{Minor: max(b.Total.Minor, 0) - b.Credit, Currency: b.Total.Currency}
}

// First is the charge of a plan that begins on a day: for its whole period, or for less when the customer chose the day of the month on
// which it is billed.
func First(l lineitem.Line, billingDay int, on civil.Date, tax lineitem.Tax) (lineitem.Charge, error) {
	switch {
	case billingDay == 0:
		return whole(l, on, on, tax), nil
	case l.Access != nil || cadenceOf(l.BillingPeriod) != civil.Cadence{Months: 1}:
		return lineitem.Charge{}, ErrBillingDay.Naming("body.billingDay", "only of plans that are billed by the month and are no line")
	}
	return whole(l, civil.Anchor(on, billingDay), on, tax), nil
}

// whole is the charge of a plan from a day to the end of the whole period in which it lies, when periods begin on the anchor.
func whole(l lineitem.Line, anchor, from civil.Date, tax lineitem.Tax) lineitem.Charge {
	full := cadenceOf(l.BillingPeriod).Around(anchor, from)
	p, listed, of := civil.Period{From: from, Until: full.Until}, tax.Price(l.Price), full.Days()
	return lineitem.Charge{Kind: lineitem.ForPeriod, ItemID: l.ItemID, Name: l.Name, Period: &p, Days: p.Days(), Of: of, Price: listed,
		Amount: listed.Span(int64(civil.Days(full.From, from)), int64(of), int64(of)), Rate: &tax.Rate, Exempt: tax.Exempt}
}

// spanOf is the part of a period that was charged.
func spanOf(c lineitem.Charge) Span {
	return Span{From: c.Period.From, Amount: c.Amount.Minor, Rate: c.Rate, Exempt: c.Exempt}
}

// Renewal is the bill of the next period, with the change of plan that waits for it.
func (s Subscription) Renewal(tax lineitem.Tax) Bill {
	next, from := s, s.Period.Until
	if s.Next != nil {
		next = s.with(s.Next.Plan)
		if next.BillingPeriod != s.BillingPeriod {
			next.Anchor = from
		}
	}
	c := whole(next.Plan(), next.Anchor, from, tax)
	next.Period, next.Span, next.Next = *c.Period, spanOf(c), nil
	b := Bill{Period: next.Period, Charges: []lineitem.Charge{c}, Total: c.Amount, Credit: min(s.Credit, c.Amount.Minor)}
	next.Credit, next.Version = s.Credit-b.Credit, s.Version+1
	b.After = next
	return b
}

// Renewable tells why the contract is not to be renewed now; nil when it is.
func (s Subscription) Renewable(p Policy, at time.Time) error {
	switch {
	case s.State == Ended:
		return ErrEnded
	case s.State != Active && (s.State != Suspended || !p.BillSuspended):
		return ErrNotActive
	case s.Today(at) < s.Period.Until:
		return ErrNotDue.With("renewsOn", string(s.Period.Until))
	case s.Ending != nil && s.Ending.On <= s.Period.Until:
		return ErrWillEnd.With("endsOn", string(s.Ending.On))
	}
	return nil
}

// Unbilled takes a bill back that nobody paid: nothing was charged for its period, and the credit that went into it, in minor units, is
// there again.
func (s Subscription) Unbilled(p civil.Period, credit int64) Subscription {
	if s.Period == p {
		s.Span.Amount = 0
	}
	s.Credit, s.Version = s.Credit+credit, s.Version+1
	return s
}

// unused is what is given back for [from, until) of the billed period, never more than was charged for it.
func (s Subscription) unused(from, until civil.Date) lineitem.Charge {
	from, until = min(max(from, s.Span.From), s.Period.Until), min(max(until, s.Span.From), s.Period.Until)
	p := civil.Period{From: from, Until: max(from, until)}
	charged, days := money.Amount{Minor: s.Span.Amount, Currency: s.Price.Currency}, civil.Days(s.Span.From, s.Period.Until)
	c := lineitem.Charge{Kind: lineitem.ForUnused, ItemID: s.ItemID, Name: s.Name, Period: &p, Days: p.Days(), Of: days, Price: charged,
		Amount: money.Amount{Currency: charged.Currency}, Rate: s.Span.Rate, Exempt: s.Span.Exempt}
	if days > 0 && p.Days() > 0 {
		c.Amount = charged.Span(int64(civil.Days(s.Span.From, p.From)), int64(civil.Days(s.Span.From, p.Until)), int64(days)).Times(-1)
	}
	return c
}

// Renews tells why the contract will not renew by itself as things stand; nil when it will.
func (s Subscription) Renews() error {
	switch {
	case s.State == Ended:
		return ErrEnded
	case s.State == Paused:
		return ErrPaused
	case s.State == Pending:
		return ErrNotActive
	case s.NextBilling() == "":
		return ErrWillEnd.With("endsOn", string(s.Ending.On))
	}
	return nil
}
