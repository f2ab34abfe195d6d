// Package coupon owns what makes a plan cheaper: for whom, for which plans, when, how often and by how much.
//
// It does not own the plans and their prices (catalogue), nor which order holds a use (order). The uses are counted by the
// store, in several counters; Shares says how many each of them may reach.
package coupon

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// The faults of coupons, in the order they are looked for: the first that holds is the one a customer is told. That a code
// is unknown is a conflict like the others, not a 404: the plan or order that was asked for does exist.
var (
	ErrUnknown       = fault.New(fault.Conflict, "coupon_unknown", "We do not know this coupon. Please check its code.", "customer")
	ErrDisabled      = fault.New(fault.Conflict, "coupon_disabled", "This coupon can no longer be used.", "customer")
	ErrNotStarted    = fault.New(fault.Conflict, "coupon_not_started", "This coupon cannot be used yet.", "customer")
	ErrExpired       = fault.New(fault.Conflict, "coupon_expired", "This coupon has expired.", "customer")
	ErrNotForPlan    = fault.New(fault.Conflict, "coupon_not_for_plan", "This coupon is not for this plan.", "customer")
	ErrBelowMinimum  = fault.New(fault.Conflict, "coupon_below_minimum", "The price is below this coupon's minimum.", "customer")
	ErrCustomerLimit = fault.New(fault.Conflict, "coupon_customer_limit", "You have used this coupon as often as you may.", "customer")
	ErrUsedUp        = fault.New(fault.Conflict, "coupon_used_up", "This coupon is used up.", "customer")
)

// ErrNotFound is what staff are answered who ask for a coupon that does not exist.
var ErrNotFound = fault.New(fault.NotFound, "coupon_not_found", "There is no such coupon.", "integrator")

// Faults are all reasons to refuse a coupon, as an operation declares them.
var Faults = []*fault.Fault{ErrUnknown, ErrDisabled, ErrNotStarted.With("from", "2030-01-01T00:00:00Z"), ErrExpired, ErrNotForPlan,
	ErrBelowMinimum.With("minimum", "20.00 EUR"), ErrCustomerLimit, ErrUsedUp}

// Kind says how a coupon makes cheaper.
type Kind string

// The kinds.
const (
	Percentage Kind = "percentage" // of the price, rounded half up to the minor unit
	Fixed      Kind = "fixed"      // an amount; at most the price
)

// Coupon is what a code stands for.
type Coupon struct {
	Tenant      id.Tenant
	Code        id.Coupon
	Description string // for the customer
	Kind        Kind
	Percent     int64         // hundredths of a percent, of a Percentage
	Amount      money.Amount  // of a Fixed
	From        time.Time     // zero: always
	Until       time.Time     // exclusive; zero: for ever
	Limit       int64         // uses by all customers together; 0: as many as they like
	PerCustomer int64         // uses by each customer; 0: as many as they like
	Minimum     *money.Amount // of the price; nil: none
	Plans       []id.Item     // that it is for; empty: all
	Disabled    bool
	Version     int64 // counts changes, from 1
}

var code = regexp.MustCompile(`^[A-Za-z0-9_-]{3,40}$`) // ASCII, so that capitals have one meaning

// Parse reads a code as somebody typed it: capitals and blanks around do not matter. Nothing is no code; what cannot be one
// is ErrUnknown.
func Parse(raw string) (id.Coupon, error) {
	switch trimmed := strings.TrimSpace(raw); {
	case trimmed == "":
		return "", nil
	case !code.MatchString(trimmed):
		return "", ErrUnknown
	default:
		return id.Coupon(strings.ToUpper(trimmed)), nil
	}
}

// Validate tells what is wrong with a coupon that staff wrote, naming every field at once.
func (c Coupon) Validate() error {
	wrong := fault.ErrInvalid
	note := func(bad bool, field, message string) {
		if bad {
			wrong = wrong.Naming(field, message)
		}
	}
	fixed := c.Kind == Fixed
	parsed, err := Parse(string(c.Code))
	note(err != nil || parsed == "" || parsed != c.Code, "path.code", "3 to 40 letters, digits, - or _")
	note(!fixed && c.Kind != Percentage, "body.kind", "percentage or fixed")
	note(c.Kind == Percentage && (c.Percent < 1 || c.Percent > money.Whole), "body.basisPoints", "hundredths of a percent, from 1 to 10000")
	note(c.Kind == Percentage && c.Amount != money.Amount{}, "body.amount", "only for a fixed coupon")
	note(fixed && c.Percent != 0, "body.basisPoints", "only for a percentage coupon")
	note(fixed && (c.Amount.Minor < 1 || !currency.MatchString(c.Amount.Currency)), "body.amount", "more than nothing, in a currency of ISO 4217")
	note(!c.From.IsZero() && !c.Until.IsZero() && !c.From.Before(c.Until), "body.until", "after from")
	note(c.Limit < 0, "body.limit", "not below 0")
	note(c.PerCustomer < 0, "body.perCustomer", "not below 0")
	if c.Minimum != nil {
		note(c.Minimum.Minor < 1 || !currency.MatchString(c.Minimum.Currency), "body.minimum", "more than nothing, in a currency of ISO 4217")
		note(fixed && c.Minimum.Currency != c.Amount.Currency, "body.minimum", "in the currency of the amount")
	}
	if len(wrong.Fields) == 0 {
		return nil
	}
	return wrong
}

var currency = regexp.MustCompile(`^[A-Z]{3}$`)

// Quote gives the discount on a plan at its price, never more than that, or the first reason to refuse it: disabled, not
// started, expired, not for this plan (also when its amounts are of another currency), below the minimum. How often it was
// used is not looked at.
func (c Coupon) Quote(plan id.Item, price money.Amount, now time.Time) (money.Amount, error) {
	none := money.Amount{Currency: price.Currency}
	switch {
	case c.Disabled:
		return none, ErrDisabled
	case now.Before(c.From):
		return none, ErrNotStarted.With("from", c.From.UTC().Format(time.RFC3339))
	case !c.Until.IsZero() && !now.Before(c.Until):
		return none, ErrExpired
	case len(c.Plans) > 0 && !slices.Contains(c.Plans, plan),
		c.Kind == Fixed && c.Amount.Currency != price.Currency,
		c.Minimum != nil && c.Minimum.Currency != price.Currency:
		return none, ErrNotForPlan
	case c.Minimum != nil && price.Minor < c.Minimum.Minor:
		return none, ErrBelowMinimum.With("minimum", c.Minimum.String())
	case c.Kind == Fixed:
		return money.Amount{Minor: min(c.Amount.Minor, price.Minor), Currency: price.Currency}, nil
	}
	return price.Percent(c.Percent), nil
}

// MaxMisses is how many unknown codes a customer may try in a minute. After them no code is answered: else the refusal
// itself would tell the unknown codes from the others.
const MaxMisses = 20

// Shown is a code that a customer shows, and what is known about both.
type Shown struct {
	Code   id.Coupon
	Coupon *Coupon       // nil: there is no such coupon
	Uses   int64         // of this coupon by this customer, also of unpaid orders
	Wait   time.Duration // until this customer may try codes again; zero: now
}

// Discount decides what a shown code takes off a plan's price for this customer: nothing without one (nil). Whether the
// coupon is used up by all customers together is the last thing to find out, and not decided here.
func (s *Shown) Discount(plan id.Item, price money.Amount, now time.Time) (money.Amount, error) {
	none := money.Amount{Currency: price.Currency}
	switch {
	case s == nil:
		return none, nil
	case s.Wait > 0:
		return none, fault.ErrThrottled.After(s.Wait)
	case s.Coupon == nil:
		return none, ErrUnknown
	}
	discount, err := s.Coupon.Quote(plan, price, now)
	if err == nil && s.Coupon.PerCustomer > 0 && s.Uses >= s.Coupon.PerCustomer {
		return none, ErrCustomerLimit
	}
	return discount, err
}
