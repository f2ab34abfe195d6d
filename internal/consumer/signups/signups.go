// Package signups is what moves a signup on when its pages are done: it starts and tells the machine of each, creates the contract, and
// collects contract and thank-you page in whatever order they come. The rules are those of internal/domain/signup.
package signups

import (
	"context"
	"errors"
	"fmt"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/once"
	"turnup/internal/base/signlink"
	"turnup/internal/domain/account"
	"turnup/internal/domain/coupon"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/signup"
	"turnup/internal/domain/subscription"
)

// Name of the consumer.
const Name = "on-signups"

// Signups keeps signups and who takes part in them.
type Signups interface {
	Signup(ctx context.Context, tenant id.Tenant, s id.Signup) (signup.Signup, error)
	// ChangeSignup changes a signup as decide says of it, and answers how it stands then.
	ChangeSignup(ctx context.Context, use *once.Use, tenant id.Tenant, s id.Signup,
		decide func(signup.Signup, time.Time) (signup.Signup, []event.Data, error)) (signup.Signup, error)
	SignupPartner(ctx context.Context, tenant id.Tenant, name string) (signup.Partner, error)
}

// Till is where contracts are made.
type Till interface {
	once.Memory
	Customer(ctx context.Context, tenant id.Tenant, customer id.Customer) (account.Customer, error)
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
	Method(ctx context.Context, tenant id.Tenant, customer id.Customer, ref id.Reference) (payment.Method, error)
	// Tax is what there is of tax in a customer's prices.
	Tax(ctx context.Context, who account.Customer, at time.Time) (lineitem.Tax, error)
	// Claimed tells whether the customer has, or is buying, one of the plans.
	Claimed(ctx context.Context, tenant id.Tenant, customer id.Customer, plans []id.Item) (bool, error)
	Place(ctx context.Context, use *once.Use, o order.Order, c *coupon.Coupon, limit int) error
	PlaceCharged(ctx context.Context, use *once.Use, o order.Order, c *coupon.Coupon, limit int, p payment.Payment, e event.Envelope) error
	Standing(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (subscription.Standing, payment.Standing, payment.Book, error)
	BeginChange(ctx context.Context, use *once.Use, p payment.Payment, e event.Envelope) error
	ChangeUncharged(ctx context.Context, use *once.Use, s subscription.Subscription, to lineitem.Line, quoted subscription.Bill, i id.Invoice, of id.Signup) error
}

// Machine starts executions and tells those that wait; one that exists, or was told, is success.
type Machine interface {
	Teller
	Start(ctx context.Context, name string, input any) error
}

// Consumer handles what is said of signups.
type Consumer struct {
	Signups     Signups
	Till        Till
	Machine     Machine
	Checkout    payment.Checkout
	Clock       clock.Clock
	Base        string        // of our own pages: the flows' owner's, and those that come with Turnup
	UnpaidLimit int           // most unpaid orders of a customer
	Timeout     time.Duration // how long an order may stay unpaid
}

// Handle handles one event.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	switch e.Type {
	case event.TypeSignupStarted:
		var began event.SignupStarted
		if err := event.Decode(e, &began); err != nil {
			return err
		}
		return c.Machine.Start(ctx, string(began.SignupID), Execution{Tenant: e.Tenant, SignupID: began.SignupID, CorrelationID: e.CorrelationID})
	case event.TypeSignupRequested:
		var asked event.SignupRequested
		if err := event.Decode(e, &asked); err != nil {
			return err
		}
		return c.requested(ctx, e.Tenant, asked)
	case event.TypeContractSigned:
		var signed event.ContractSigned
		if err := event.Decode(e, &signed); err != nil {
			return err
		}
		return c.signed(ctx, e.Tenant, signed)
	case event.TypeThankYouPagePublished:
		var page event.ThankYouPagePublished
		if err := event.Decode(e, &page); err != nil {
			return err
		}
		return c.published(ctx, e.Tenant, page)
	}
	return c.ended(ctx, e)
}

// ended handles what ends an attempt, a limit or the signup itself.
func (c Consumer) ended(ctx context.Context, e event.Envelope) error {
	switch e.Type {
	case event.TypePaymentFailed:
		var failed event.PaymentFailed
		if err := event.Decode(e, &failed); err != nil {
			return err
		}
		return c.unpaid(ctx, e.Tenant, failed.SignupID, failed.PaymentID, failed.Reason)
	case event.TypePaymentRefunded:
		var back event.PaymentRefunded
		if err := event.Decode(e, &back); err != nil {
			return err
		}
		return c.unpaid(ctx, e.Tenant, back.SignupID, back.PaymentID, back.Reason)
	case event.TypeTimerDue:
		var due event.TimerDue
		if err := event.Decode(e, &due); err != nil {
			return err
		}
		return c.change(ctx, e.Tenant, id.Signup(due.Subject), func(s signup.Signup, now time.Time) (signup.Signup, []event.Data, error) {
			next, events := s.Passed(now)
			return next, events, nil
		})
	case event.TypeSignupExpired:
		var gone event.SignupExpired
		if err := event.Decode(e, &gone); err != nil {
			return err
		}
		return c.tellOf(ctx, e.Tenant, gone.SignupID)
	}
	var done event.SignupCompleted
	if err := event.Decode(e, &done); err != nil {
		return err
	}
	return c.tellOf(ctx, e.Tenant, done.SignupID)
}

// signed collects the contract.
func (c Consumer) signed(ctx context.Context, tenant id.Tenant, e event.ContractSigned) error {
	if len(e.Subscriptions) == 0 {
		return fault.ErrInvalid.Because(errors.New("signups: a contract of nothing"))
	}
	return c.change(ctx, tenant, e.SignupID, func(s signup.Signup, now time.Time) (signup.Signup, []event.Data, error) {
		if e.CustomerID != s.Customer {
			return s, nil, fault.ErrInvalid.Because(fmt.Errorf("signups: the contract is of %s", e.CustomerID))
		}
		next, events := s.ContractSigned(signup.Contract{Order: e.OrderID, Subscription: e.Subscriptions[0].SubscriptionID}, now)
		return next, events, nil
	})
}

// published collects the thank-you page. Its address must be at one of the origins of the system whose page it is: the customer is sent
// there (S2-32).
func (c Consumer) published(ctx context.Context, tenant id.Tenant, e event.ThankYouPagePublished) error {
	return c.change(ctx, tenant, e.SignupID, func(s signup.Signup, now time.Time) (signup.Signup, []event.Data, error) {
		from, err := signup.FindPartner(ctx, c.Signups, tenant, s.Flow.ThankYou, c.Base)
		if err != nil {
			return s, nil, err
		}
		if !signlink.Allowed(e.URL, from.Origins) {
			return s, nil, fault.ErrInvalid.Because(fmt.Errorf("signups: %q is at none of the origins of %s", e.URL, from.Name))
		}
		return s.ThankYouPublished(e.URL, now)
	})
}

// unpaid ends the attempt that a payment was for.
func (c Consumer) unpaid(ctx context.Context, tenant id.Tenant, of id.Signup, p id.Payment, reason string) error {
	return c.change(ctx, tenant, of, func(s signup.Signup, now time.Time) (signup.Signup, []event.Data, error) {
		if PaymentOf(s) != p { // of an older attempt
			return s, nil, nil
		}
		next, events := s.ContractFailed(s.Attempt, reason, now)
		return next, events, nil
	})
}

// change changes a signup. One that is not there, or not so far, may be soon: the events about it come from several systems.
func (c Consumer) change(ctx context.Context, tenant id.Tenant, s id.Signup, decide func(signup.Signup, time.Time) (signup.Signup, []event.Data, error)) error {
	_, err := c.Signups.ChangeSignup(ctx, nil, tenant, s, decide)
	return early(err)
}

func early(err error) error {
	if errors.Is(err, signup.ErrUnknown) || errors.Is(err, signup.ErrOutOfOrder) {
		return signup.ErrEarly.Because(err)
	}
	return err
}
