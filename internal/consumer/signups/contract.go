package signups

import (
	"context"
	"errors"
	"fmt"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/signup"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/worker"
)

// PaymentOf is the id of the payment of a signup's present attempt at its contract. It follows from the two: whoever asks again asks for
// the same one. Order, invoice and subscription follow from it.
func PaymentOf(s signup.Signup) id.Payment {
	return id.Derive[id.Payment](id.PaymentPrefix, s.BeganAt, "signup", string(s.ID), fmt.Sprint(s.Attempt))
}

// requested tells the machine that the pages are done, and creates the contract, once for each attempt.
func (c Consumer) requested(ctx context.Context, tenant id.Tenant, asked event.SignupRequested) error {
	s, err := c.Signups.Signup(ctx, tenant, asked.SignupID)
	if err == nil {
		err = c.tell(ctx, s)
	}
	if err != nil || s.State != signup.Requested || s.Attempt != asked.Attempt || s.Contract.Signed() {
		return early(err)
	}
	p, begun, err := c.begin(ctx, s)
	if refused := refusalOf(err); refused != "" {
		return c.change(ctx, tenant, s.ID, func(s signup.Signup, now time.Time) (signup.Signup, []event.Data, error) {
			next, events := s.ContractFailed(asked.Attempt, refused, now)
			return next, events, nil
		})
	}
	if err != nil || p.ID == "" { // nothing is charged
		return err
	}
	return c.drive(ctx, s, p, begun)
}

// drive charges. What comes of it is announced with the payment; only the bank's page is told of here.
func (c Consumer) drive(ctx context.Context, s signup.Signup, p payment.Payment, begun bool) error {
	p, charge, err := c.Checkout.Drive(ctx, p, begun)
	switch {
	case errors.Is(err, payment.ErrPSPUnavailable): // nothing was charged, and that is announced
		return nil
	case errors.Is(err, payment.ErrUnsettled) && worker.Parks(ctx, err): // settlement goes on asking
		return nil
	case err != nil || p.State != payment.Pending || charge.RedirectURL == "":
		return err
	}
	return c.change(ctx, s.Tenant, s.ID, func(is signup.Signup, now time.Time) (signup.Signup, []event.Data, error) {
		return is.BankAsks(s.Attempt, charge.RedirectURL, now), nil, nil
	})
}

// refusals are why there can be no contract, whoever asks how often.
var refusals = []error{fault.ErrNotFound, payment.ErrMethodUnknown, payment.ErrNoMethod, subscription.ErrActive, subscription.ErrUnknown, order.ErrTooMany, subscription.ErrEnded, subscription.ErrNotActive,
	subscription.ErrPaused, subscription.ErrOverdue, subscription.ErrWillEnd, subscription.ErrSamePlan, subscription.ErrCurrency, subscription.ErrOtherKind, subscription.ErrRenewing, subscription.ErrQuoteStale}

func refusalOf(err error) string {
	for _, r := range refusals {
		if errors.Is(err, r) {
			return fault.Of(r).Code
		}
	}
	return ""
}

// begin records what the attempt is to pay, once; p is empty when nothing is to be paid, because that is done then.
func (c Consumer) begin(ctx context.Context, s signup.Signup) (p payment.Payment, begun bool, err error) {
	who, err := c.Till.Customer(ctx, s.Tenant, s.Customer)
	if err != nil {
		return p, false, err
	}
	m, err := c.Till.Method(ctx, s.Tenant, s.Customer, id.Swap[id.Reference](s.Profile, id.MethodPrefix, id.ReferencePrefix))
	if err == nil && m.ID() == "" {
		err = payment.ErrNoMethod
	}
	if err != nil {
		return p, false, err
	}
	now := c.Clock.Now().Truncate(time.Millisecond)
	p = m.Standing().Charges(payment.Payment{Tenant: s.Tenant, Customer: s.Customer, ID: PaymentOf(s), Signup: s.ID, State: payment.Pending, InitiatedAt: now, Correlation: string(s.ID),
		ReturnURL: fmt.Sprintf("%s/signup/%s/%s/processing?from=bank", c.Base, s.Tenant, s.ID)})
	r := once.Request{Tenant: s.Tenant, Caller: "signup", Key: fmt.Sprintf("%s|%d", s.ID, s.Attempt), Fingerprint: string(s.Profile)}
	paid, err := once.Do(ctx, c.Till, r, func(use *once.Use) (id.Payment, error) {
		write, err := c.decided(ctx, s, who, &p)
		if err != nil {
			return "", err
		}
		ticket := p.ID
		if p.Amount.Minor == 0 {
			ticket = ""
		}
		if err := use.Answer(ticket); err != nil {
			return "", err
		}
		begun = true
		return ticket, write(use)
	})
	if err != nil || paid == "" {
		return payment.Payment{}, false, err
	}
	if !begun {
		p, err = c.Checkout.Book.Payment(ctx, s.Tenant, paid)
	}
	return p, begun, err
}

// decided is how the contract is written, of a new customer or an existing one. One plan once, as in every purchase.
func (c Consumer) decided(ctx context.Context, s signup.Signup, who account.Customer, p *payment.Payment) (write func(*once.Use) error, err error) {
	claimed, err := c.Till.Claimed(ctx, s.Tenant, s.Customer, []id.Item{s.Plan.ItemID})
	switch {
	case err != nil:
		return nil, err
	case claimed:
		return nil, subscription.ErrActive
	case s.Upgrades != "":
		return c.upgrade(ctx, s, p)
	}
	return c.order(ctx, s, who, p)
}

// order is the contract of a new customer, at the price the signup was begun with; without the tax in it of who pays none.
func (c Consumer) order(ctx context.Context, s signup.Signup, who account.Customer, p *payment.Payment) (write func(*once.Use) error, err error) {
	now, err := c.Till.Now(ctx, s.Tenant, who.TestClock)
	if err != nil {
		return nil, err
	}
	tax, err := c.Till.Tax(ctx, who, now)
	if err != nil {
		return nil, err
	}
	o := order.Place(order.Order{Tenant: s.Tenant, Customer: s.Customer, ID: id.Swap[id.Order](p.ID, id.PaymentPrefix, id.OrderPrefix), Lines: []lineitem.Line{s.Plan.For(tax)}, Total: tax.Price(s.Plan.Price), Exempt: tax.Exempt, Signup: s.ID,
		Subscriptions: []id.Subscription{id.Swap[id.Subscription](p.ID, id.PaymentPrefix, id.SubscriptionPrefix)}, ExpiresAt: now.Add(c.Timeout), TestClock: who.TestClock, Correlation: string(s.ID)}, now)
	p.OrderID, p.Subscriptions, p.Lines, p.Amount = o.ID, o.Subscriptions, o.Lines, o.Total
	if o.Total.Minor == 0 {
		o, err = o.Pay(order.Payment{By: order.ByNobody, Made: now}, now)
		return func(use *once.Use) error { return c.Till.Place(ctx, use, o, nil, c.UnpaidLimit) }, err
	}
	e := event.New(ctx, p.Tenant, p.InitiatedAt, event.PaymentInitiated{PaymentID: p.ID, CustomerID: p.Customer, OrderID: p.OrderID, Settles: true, Amount: p.Amount})
	return func(use *once.Use) error { return c.Till.PlaceCharged(ctx, use, o, nil, c.UnpaidLimit, *p, e) }, nil
}

// upgrade is the contract of an existing customer: their subscription is for another plan from today on, charged as changePlan does.
func (c Consumer) upgrade(ctx context.Context, s signup.Signup, p *payment.Payment) (write func(*once.Use) error, err error) {
	is, _, _, err := c.Till.Standing(ctx, s.Tenant, s.Customer, s.Upgrades)
	if err == nil {
		err = is.Changeable(s.Plan, is.Now)
	}
	if err != nil {
		return nil, err
	}
	bill, i := is.ChangeNow(s.Plan, is.Today(is.Now), is.Tax), id.Swap[id.Invoice](p.ID, id.PaymentPrefix, id.InvoicePrefix)
	p.Amount = bill.Due()
	if p.Amount.Minor == 0 {
		return func(use *once.Use) error {
			return c.Till.ChangeUncharged(ctx, use, is.Subscription, s.Plan, bill, i, s.ID)
		}, nil
	}
	p.Bill = &payment.Bill{Kind: payment.PlanChange, Invoice: i, Subscription: is.ID, Period: bill.Period, Charges: bill.Charges, Credit: bill.Credit, Plan: &s.Plan, Version: is.Version}
	e := event.New(ctx, p.Tenant, p.InitiatedAt, event.PaymentInitiated{PaymentID: p.ID, CustomerID: p.Customer, InvoiceID: i, Settles: true, Amount: p.Amount})
	return func(use *once.Use) error { return c.Till.BeginChange(ctx, use, *p, e) }, nil
}
