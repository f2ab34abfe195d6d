// Package renewals consumes timer.due of contracts and takes the step that is due: the reminder of a renewal, the renewal, the reminders
// of an unpaid invoice, the suspension, the end of a pause and of the contract.
//
// It takes one step at a time and looks at how the contract stands: an announcement may be old, doubled, or of a timer that was set anew.
// Every step moves the contract's timer in the transaction that takes it, so what is still due is announced again by the next tick. What
// the PSP does not answer changes nothing: nobody is dunned or suspended because of its outage or ours.
//
// The rules are internal/domain/subscription's; how money is taken is payment.Checkout's.
package renewals

import (
	"context"
	"errors"
	"log/slog"
	"strconv"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/worker"
)

// Store keeps contracts and what they are billed.
type Store interface {
	// Standing reads how a contract stands, the card it is charged to, and the book that records what comes of charging it; unknown is
	// subscription.ErrUnknown.
	Standing(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (subscription.Standing, payment.Standing, payment.Book, error)
	// Invoice reads one of a customer's; unknown is invoice.ErrUnknown.
	Invoice(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice) (invoice.Invoice, error)
	// Intend records the intent of a payment, or answers how the one stands that was recorded before.
	Intend(ctx context.Context, p payment.Payment) (now payment.Payment, begun bool, err error)
	// MarkOverdue shows a pending payment to operators; payment.ErrMoved when it is not pending any more.
	MarkOverdue(ctx context.Context, p payment.Payment) error
	// RenewUncharged renews a contract for which nothing need or can be charged, unless somebody changed it meanwhile.
	RenewUncharged(ctx context.Context, s subscription.Subscription, i id.Invoice) error
	// EndPause resumes a contract whose pause is over; EndContract ends one whose cancellation takes effect. Neither does anything when it is
	// not time for that.
	EndPause(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) error
	EndContract(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) error
	// Step changes a contract and announces it; subscription.ErrMoved when somebody else changed it meanwhile.
	Step(ctx context.Context, was, is subscription.Subscription, events ...event.Envelope) error
}

// Consumer handles timer.due.
type Consumer struct {
	Store Store
	PSP   payment.Charger
	Clock clock.Clock // the real time
}

// standing is a contract, and what it is charged with.
type standing struct {
	subscription.Standing
	card     payment.Standing
	checkout payment.Checkout
}

func (c Consumer) standing(ctx context.Context, tenant id.Tenant, customer id.Customer, sub id.Subscription) (standing, error) {
	s, card, book, err := c.Store.Standing(ctx, tenant, customer, sub)
	return standing{s, card, payment.Checkout{Book: book, PSP: c.PSP, Clock: c.Clock}}, err
}

// Handle looks after the contract that one event names. A PSP that cannot be reached for long parks nothing: the timer, which nobody has
// moved, brings the contract back.
func (c Consumer) Handle(ctx context.Context, e event.Envelope) error {
	var due event.TimerDue
	if err := event.Decode(e, &due); err != nil {
		return err
	}
	err := c.look(ctx, e.Tenant, due.CustomerID, id.Subscription(due.Subject))
	if errors.Is(err, payment.ErrUnsettled) && worker.Parks(ctx, err) {
		slog.WarnContext(ctx, "left to the next announcement", "subscriptionId", due.Subject, "error", err.Error())
		return nil
	}
	return err
}

func (c Consumer) look(ctx context.Context, tenant id.Tenant, customer id.Customer, sub id.Subscription) error {
	s, err := c.standing(ctx, tenant, customer, sub)
	if err != nil {
		return err
	}
	step, ok := s.Step()
	if !ok {
		if next, moved := s.Rescheduled(); moved { // another policy than the one it was scheduled by
			return c.Store.Step(ctx, s.Subscription, next)
		}
		return nil
	}
	switch step {
	case subscription.Reminds:
		return c.announce(ctx, s)
	case subscription.Renews, subscription.Changes:
		_, err := c.renew(ctx, s)
		return err
	case subscription.Duns:
		return c.dun(ctx, s)
	case subscription.Suspends:
		return c.suspend(ctx, s)
	case subscription.Resumes:
		return c.Store.EndPause(ctx, tenant, customer, sub)
	case subscription.Ends:
		return c.Store.EndContract(ctx, tenant, customer, sub)
	}
	return fault.ErrInvalid.Because(errors.New("renewals: nobody takes the step " + string(step)))
}

// Renew renews a contract now, if that is due: for the API. What the card is declined for is no fault: the invoice is there, unpaid.
func (c Consumer) Renew(ctx context.Context, tenant id.Tenant, customer id.Customer, sub id.Subscription) (id.Invoice, error) {
	s, err := c.standing(ctx, tenant, customer, sub)
	if err != nil {
		return "", err
	}
	if err := s.Renewable(s.Policy, s.Now); err != nil {
		return "", err
	}
	return c.renew(ctx, s)
}

// announce tells of the renewal that is near, and of a card that will have expired by then.
func (c Consumer) announce(ctx context.Context, s standing) error {
	next, moved := s.Announce(s.Policy, s.Now)
	if !moved {
		return nil
	}
	bill := s.Renewal(s.Tax)
	events := []event.Envelope{event.New(ctx, s.Tenant, s.Now, event.RenewalUpcoming{SubscriptionID: s.ID, CustomerID: s.Customer, Name: bill.After.Name,
		RenewsOn: s.Period.Until, Amount: bill.Due()})}
	if s.card.Expired(s.Period.Until) && s.Warned != s.Period.Until {
		next.Warned = s.Period.Until
		events = append(events, event.New(ctx, s.Tenant, s.Now, event.CardExpiring{SubscriptionID: s.ID, CustomerID: s.Customer, Name: s.Name,
			RenewsOn: s.Period.Until, Card: s.card.Card.String()}))
	}
	return c.Store.Step(ctx, s.Subscription, next.Scheduled(s.Policy), events...)
}

// attempts bounds how often one period is begun to be charged: again only when an attempt was for a bill that was changed meanwhile.
const attempts = 10

// intent is the payment of the next period. Its id says for which period it is: charging it again is a conflict of keys.
func intent(s standing, attempt int) payment.Payment {
	bill := s.Renewal(s.Tax)
	p := payment.Payment{Tenant: s.Tenant, Customer: s.Customer, Amount: bill.Due(),
		ID:   id.Derive[id.Payment](id.PaymentPrefix, s.RenewsAt(subscription.Policy{}), "renewal", string(s.ID), string(bill.Period.From), strconv.Itoa(attempt)),
		Bill: &payment.Bill{Kind: payment.Renewal, Subscription: s.ID, Period: bill.Period, Charges: bill.Charges, Credit: bill.Credit, Version: s.Version}}
	p.Bill.Invoice = id.Swap[id.Invoice](p.ID, id.PaymentPrefix, id.InvoicePrefix)
	return p
}

// renew charges the next period, or renews without when nothing is to be paid or there is no card. It answers the period's invoice; none
// when somebody else changed the contract at the same moment.
func (c Consumer) renew(ctx context.Context, s standing) (id.Invoice, error) {
	for n := range attempts {
		p := intent(s, n)
		if p.Amount.Minor <= 0 || s.card.None() {
			return p.Bill.Invoice, c.Store.RenewUncharged(ctx, s.Subscription, p.Bill.Invoice)
		}
		p, over, err := c.charge(ctx, s, p)
		switch {
		case err != nil:
			return "", err
		case p.State == payment.Pending:
			return "", payment.ErrUnsettled
		case !over && p.State != payment.Refunded:
			return p.Bill.Invoice, nil
		}
		// the attempt was over before we came, or for another bill; is the contract still to be renewed?
		again, err := c.standing(ctx, s.Tenant, s.Customer, s.ID)
		if err != nil {
			return "", err
		}
		if again.Version != s.Version {
			return "", subscription.ErrMoved
		}
	}
	return "", fault.ErrInvalid.Because(errors.New("renewals: every attempt to charge the period was given back"))
}

// charge carries a payment as far as it goes. Over tells that it had ended before we came.
func (c Consumer) charge(ctx context.Context, s standing, p payment.Payment) (_ payment.Payment, over bool, err error) {
	p = s.card.Charges(p)
	p.State, p.InitiatedAt, p.Correlation = payment.Pending, c.Clock.Now(), event.TraceOf(ctx).Correlation
	now, begun, err := c.Store.Intend(ctx, p)
	if err != nil || now.State != payment.Pending {
		return now, true, err
	}
	if !begun && !now.Overdue { // the try before this one had no outcome
		if err := c.Store.MarkOverdue(ctx, now); err != nil && !errors.Is(err, payment.ErrMoved) { // who was faster is found below
			return now, false, err
		}
		now.Overdue = true
	}
	switch {
	case !begun && (now.Amount != p.Amount || now.PSPMethod != p.PSPMethod): // of before a change: to be ended, unless it was charged
		now, err = s.checkout.Reconcile(ctx, now.Tenant, now.ID)
		return now, now.State == payment.Failed && now.Reason == payment.NotCharged, err
	}
	now, _, err = s.checkout.Drive(ctx, now, begun)
	return now, false, err
}

// dun tries the card of a customer with an unpaid invoice again, and reminds them when it is declined. What a bank took back is not
// charged again without being asked: its holder did not want it, and banks punish who insists.
func (c Consumer) dun(ctx context.Context, s standing) error {
	inv, debt, err := c.owed(ctx, s)
	if err != nil {
		return err
	}
	reason := payment.NoMethod
	switch {
	case inv.Disputed():
		reason = payment.ChargedBack
	case !s.card.None():
		p, err := c.collect(ctx, s, inv, debt)
		switch {
		case err != nil:
			return err
		case p.State == payment.Succeeded, p.State == payment.Refunded: // paid, by us or otherwise
			return nil
		case p.State == payment.Pending:
			return payment.ErrUnsettled
		}
		reason = p.Reason
	}
	next, step, ok := s.Reminded(s.Policy, s.Now)
	if !ok {
		return nil
	}
	return c.Store.Step(ctx, s.Subscription, next.Scheduled(s.Policy), event.New(ctx, s.Tenant, s.Now, event.DunningReminded{SubscriptionID: s.ID, CustomerID: s.Customer,
		InvoiceID: inv.ID, Name: s.Name, Step: step, Amount: inv.LeftAmount(), Reason: string(reason), Suspends: next.GraceEnds(s.Policy)}))
}

// owed is the invoice that a contract is dunned for. One that was paid or withdrawn after the contract was read is subscription.ErrMoved:
// the contract does not owe it any more.
func (c Consumer) owed(ctx context.Context, s standing) (inv invoice.Invoice, debt subscription.Debt, err error) {
	debt, _ = s.Dunned()
	inv, err = c.Store.Invoice(ctx, s.Tenant, s.Customer, debt.Invoice)
	if err == nil && inv.Payable() != nil {
		err = subscription.ErrMoved.Because(inv.Payable())
	}
	return inv, debt, err
}

// collect tries the card once for each reminder of an invoice, and once more when it was changed or part of it was paid meanwhile.
func (c Consumer) collect(ctx context.Context, s standing, inv invoice.Invoice, debt subscription.Debt) (p payment.Payment, err error) {
	p = payment.Payment{Tenant: s.Tenant, Customer: s.Customer, Amount: inv.LeftAmount(),
		ID:   id.Derive[id.Payment](id.PaymentPrefix, debt.Since, "dunning", string(inv.ID), strconv.Itoa(debt.Reminded), inv.LeftAmount().String(), s.card.PSPMethod),
		Bill: &payment.Bill{Kind: payment.OfInvoice, Invoice: inv.ID, Subscription: s.ID, Quiet: true}}
	p, _, err = c.charge(ctx, s, p)
	return p, err
}

// suspend lets a contract give nothing any more until what is owed is paid.
func (c Consumer) suspend(ctx context.Context, s standing) error {
	next, moved := s.Suspend(s.Policy, s.Now)
	if !moved {
		return nil
	}
	inv, _, err := c.owed(ctx, s)
	if err != nil {
		return err
	}
	off := event.SubscriptionSuspended{SubscriptionID: s.ID, CustomerID: s.Customer, InvoiceID: inv.ID, Name: s.Name, Amount: inv.LeftAmount(), Cause: string(subscription.NonPayment)}
	if at, why, will := next.EndsBy(s.Policy); will && why == subscription.NonPayment {
		off.EndsOn = s.Today(at)
	}
	return c.Store.Step(ctx, s.Subscription, next.Scheduled(s.Policy), event.New(ctx, s.Tenant, s.Now, off))
}
