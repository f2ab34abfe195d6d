package store

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/billing"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
)

// policyOf is how a tenant bills and duns, as contracts take it.
func policyOf(s billing.Settings) subscription.Policy {
	p := subscription.Policy{Grace: days(s.GraceDays), Announce: s.AnnounceDays, Spread: time.Duration(s.SpreadHours) * time.Hour, BillSuspended: s.BillSuspended, EndSuspended: s.EndSuspendedDays}
	for _, d := range s.ReminderDays {
		p.Reminders = append(p.Reminders, days(d))
	}
	return p
}

// Policy is how a tenant bills and duns contracts.
func (db *DB) Policy(ctx context.Context, tenant id.Tenant) (subscription.Policy, error) {
	s, err := db.BillingSettings(ctx, tenant)
	return policyOf(s), err
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// settingsAmong are a tenant's billing settings among the rows that a batch read.
func settingsAmong(rows map[string]map[string]item, tenant id.Tenant) (billing.Settings, error) {
	s, err := among[billing.Settings](rows[invoices], settingsKey(tenant))
	if s == nil || err != nil {
		return billing.Usual(tenant), err
	}
	return *s, nil
}

// owing is what a payment of an invoice is decided on.
type owing struct {
	invoice  invoice.Invoice
	contract *subscription.Subscription // that it is of, if any
	settings billing.Settings
	notes    invoice.Numbers // of the customer's credit notes
	now      time.Time
}

// owing reads it. The contract is the invoice's, if any: who makes the payment knows it. Unknown is invoice.ErrUnknown.
func (db *DB) owing(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice, s id.Subscription) (o owing, err error) {
	b := db.batch()
	b.readOwing(tenant, customer, i)
	if s != "" {
		b.add(subscriptions, subscriptionKey(tenant, customer, s))
	}
	rows, err := b.read(ctx)
	if err != nil {
		return o, err
	}
	if o, err = db.owingAmong(ctx, rows, tenant, customer, i); err == nil && s != "" {
		o.contract, err = among[subscription.Subscription](rows[subscriptions], subscriptionKey(tenant, customer, s))
	}
	return o, err
}

// readOwing adds to a batch what taking money for a document, or giving it back, is decided on.
func (b *batch) readOwing(tenant id.Tenant, customer id.Customer, i id.Invoice) {
	b.add(invoices, invoiceKey(tenant, customer, i))
	b.add(invoices, settingsKey(tenant))
	b.readNumbers(tenant, customer, invoice.CreditNote)
}

// owingAmong finds it; unknown is invoice.ErrUnknown.
func (db *DB) owingAmong(ctx context.Context, rows map[string]map[string]item, tenant id.Tenant, customer id.Customer, i id.Invoice) (o owing, err error) {
	found, err := among[invoice.Invoice](rows[invoices], invoiceKey(tenant, customer, i))
	switch {
	case err != nil:
		return o, err
	case found == nil:
		return o, invoice.ErrUnknown
	}
	o.invoice = *found
	if o.settings, err = settingsAmong(rows, tenant); err != nil {
		return o, err
	}
	if o.notes, err = numbersAmong(rows, tenant, customer, invoice.CreditNote); err != nil {
		return o, err
	}
	o.now, err = db.Now(ctx, tenant, found.TestClock)
	return o, err
}

// owingOf is owing of an invoice whose contract the caller does not know.
func (db *DB) owingOf(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice) (owing, error) {
	o, err := db.owing(ctx, tenant, customer, i, "")
	if err != nil || o.invoice.Subscription == "" {
		return o, err
	}
	s, err := db.Subscription(ctx, tenant, customer, o.invoice.Subscription)
	o.contract = &s
	return o, err
}

// receive adds that money for an invoice came, which may be a part. When nothing is left to pay its contract is told, and with it ends
// the dunning, and the suspension. The payment itself and its entry in the ledger are the caller's.
func (t *tx) receive(ctx context.Context, o owing, r invoice.Receipt) error {
	paid, err := o.invoice.Receive(r)
	if err != nil {
		return err
	}
	if paid.State == invoice.Paid {
		e := event.InvoicePaid{InvoiceID: paid.ID, CustomerID: paid.Customer, SubscriptionID: paid.Subscription, OrderID: paid.Order, Number: paid.Number,
			Total: money.Amount{Minor: paid.Total, Currency: paid.Currency}, PaymentID: r.PaymentID, PaidWith: r.With}
		if o.contract != nil {
			if paid, e.NextBilling, err = t.paidUp(ctx, o, paid); err != nil {
				return err
			}
		}
		t.announce(event.New(ctx, paid.Tenant, o.now, e))
	}
	t.invoice(o.invoice, paid)
	return nil
}

// paidUp adds that a contract has nothing to pay any more of an invoice, and tells when it is billed next. Days on which it was suspended
// are credited, when they are not billed: to its next bills, by a credit note on the invoice.
func (t *tx) paidUp(ctx context.Context, o owing, paid invoice.Invoice) (_ invoice.Invoice, nextBilling civil.Date, err error) {
	was, policy := *o.contract, policyOf(o.settings)
	next, ended, resumed := was.Paid(policy, paid.ID, o.now)
	if next.Version != was.Version {
		t.contract(was, next.Scheduled(policy))
	}
	t.released(ctx, o, ended, resumed)
	if resumed && next.Credit != was.Credit {
		paid, err = t.credited(ctx, o, paid, was.Idled(o.now))
	}
	return paid, next.NextBilling(), err
}

// released tells that a contract has nothing to pay any more.
func (t *tx) released(ctx context.Context, o owing, ended, resumed bool) {
	c := o.contract
	if ended {
		t.announce(event.New(ctx, c.Tenant, o.now, event.DunningEnded{SubscriptionID: c.ID, CustomerID: c.Customer, InvoiceID: o.invoice.ID}))
	}
	if resumed {
		t.announce(event.New(ctx, c.Tenant, o.now, event.SubscriptionResumed{SubscriptionID: c.ID, CustomerID: c.Customer, Name: c.Name, Line: c.Access != nil, Cause: "paid"}))
	}
}

// credited adds the credit note over days of a contract that gave nothing, which are taken off its next bills.
func (t *tx) credited(ctx context.Context, o owing, corrected invoice.Invoice, unused lineitem.Charge) (invoice.Invoice, error) {
	unused.Amount = unused.Amount.Times(-1)
	note := invoice.Invoice{Tenant: corrected.Tenant, Customer: corrected.Customer, Kind: invoice.CreditNote, Corrects: corrected.ID, CorrectsNumber: corrected.Number, Reason: "suspended",
		ID:           id.Derive[id.Invoice](id.InvoicePrefix, o.now, "suspended", string(corrected.Subscription), string(unused.Period.From)),
		Subscription: corrected.Subscription, Period: unused.Period, Buyer: corrected.Buyer, Language: corrected.Language, Settings: o.settings.Version,
		TestClock: corrected.TestClock, Correlation: event.TraceOf(ctx).Correlation}
	back := []lineitem.Charge{unused}
	if unused.Rate == nil { // of a first period
		back = lineitem.TaxedAt(corrected.ChargedAt(), unused)
	}
	note, err := invoice.Draw(note, back)
	if err != nil {
		return corrected, err
	}
	today := o.contract.Today(o.now)
	note, numbers, err := note.Final(invoiceSeries(note.Customer), o.notes, today, today, o.now)
	if err != nil {
		return corrected, err
	}
	t.issue(note, o.notes, numbers)
	t.book(ledger.Credited(note.Tenant, note.Customer, note.ID, unused.Amount, o.now), invoice.ErrMoved)
	t.announce(issued(ctx, note, o.now))
	return corrected.Less(note), nil
}

// issued says that a document is final.
func issued(ctx context.Context, i invoice.Invoice, at time.Time) event.Envelope {
	e := event.InvoiceIssued{InvoiceID: i.ID, CustomerID: i.Customer, SubscriptionID: i.Subscription, OrderID: i.Order, Number: i.Number, Corrects: i.Corrects,
		Total: money.Amount{Minor: i.Total, Currency: i.Currency}, Due: i.LeftAmount()}
	if e.Due.Minor > 0 {
		e.DueOn = i.DueOn
	}
	return event.New(ctx, i.Tenant, at, e)
}

// notWanted answers what it means that the money of a bill cannot pay what it was meant for: it is not wanted, unless it was just that
// money that paid it.
func (db *DB) notWanted(ctx context.Context, p payment.Payment, why payment.Unwanted) error {
	now, err := db.Payment(ctx, p.Tenant, p.ID)
	switch {
	case err != nil:
		return err
	case now.State != payment.Pending:
		return payment.ErrMoved
	}
	return &payment.UnwantedError{Reason: why}
}

// payInvoice records that a payment of an invoice brought its money. When the invoice needs it no more it is not wanted.
func (db *DB) payInvoice(ctx context.Context, p payment.Payment) error {
	return untilStill(ctx, func() error {
		o, err := db.owing(ctx, p.Tenant, p.Customer, p.Bill.Invoice, p.Bill.Subscription)
		if err != nil {
			return err
		}
		t := db.tx()
		t.settle(p, payment.Pending)
		err = t.receive(ctx, o, invoice.Receipt{PaymentID: p.ID, Amount: p.Amount.Minor, With: p.PaidWith, At: o.now})
		switch {
		case errors.Is(err, invoice.ErrPaid), errors.Is(err, invoice.ErrPayTooMuch):
			return db.notWanted(ctx, p, payment.DuplicatePayment)
		case errors.Is(err, invoice.ErrVoid):
			return db.notWanted(ctx, p, payment.NotDue)
		case err != nil:
			return err
		}
		t.book(o.owed().Came(p.ID, p.Amount), payment.ErrMoved)
		t.announce(event.New(ctx, p.Tenant, o.now, event.PaymentSucceeded{PaymentID: p.ID, CustomerID: p.Customer, InvoiceID: p.Bill.Invoice, Amount: p.Amount}))
		return t.commit(ctx)
	})
}
