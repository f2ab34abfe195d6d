package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/domain/account"
	"turnup/internal/domain/billing"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
)

// renewing is what a bill of a contract is decided on and made of.
type renewing struct {
	subscription.Standing
	card     payment.Standing
	buyer    account.Customer
	settings billing.Settings
	numbers  invoice.Numbers
}

// renewing reads it by one call; unknown is subscription.ErrUnknown.
func (db *DB) renewing(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (r renewing, err error) {
	b := db.batch()
	b.loose = []string{accounts, invoices} // the number that is taken is checked by the write; the others hardly ever change
	b.add(subscriptions, subscriptionKey(tenant, customer, s))
	b.add(accounts, profileKey(tenant, customer))
	b.add(invoices, settingsKey(tenant))
	b.readNumbers(tenant, customer, invoice.Standard)
	b.readChargeable(tenant, customer)
	rows, err := b.read(ctx)
	if err != nil {
		return r, err
	}
	contract, err := among[subscription.Subscription](rows[subscriptions], subscriptionKey(tenant, customer, s))
	if err != nil {
		return r, err
	}
	buyer, err := among[account.Customer](rows[accounts], profileKey(tenant, customer))
	switch {
	case err != nil:
		return r, err
	case contract == nil:
		return r, subscription.ErrUnknown
	case buyer == nil:
		return r, account.ErrUnknown
	}
	r.Subscription, r.buyer = *contract, *buyer
	if r.settings, err = settingsAmong(rows, tenant); err != nil {
		return r, err
	}
	if r.numbers, err = numbersAmong(rows, tenant, customer, invoice.Standard); err != nil {
		return r, err
	}
	if r.card, err = chargeableAmong(rows, tenant, customer); err != nil {
		return r, err
	}
	r.Policy, r.Country, r.Tier, r.Groups = policyOf(r.settings), buyer.Country, buyer.Tier, buyer.Groups
	r.Now, err = db.Now(ctx, tenant, contract.TestClock)
	r.Tax = taxOf(r.buyer, r.settings, r.Today(r.Now))
	return r, err
}

// taxOf is on what terms a customer buys on a day.
func taxOf(c account.Customer, s billing.Settings, on civil.Date) lineitem.Tax {
	t := lineitem.Tax{Rate: s.Tax(c.Country, on)}
	if c.Exemption != nil {
		t.Exempt = &c.Exemption.Exemption
	}
	return t
}

// Tax is on what terms a customer buys now. Only of who pays none it is read: others buy at the listed prices.
func (db *DB) Tax(ctx context.Context, who account.Customer, now time.Time) (t lineitem.Tax, err error) {
	if who.Exemption == nil {
		return t, nil
	}
	zone, err := civil.Zone(who.Zone())
	if err != nil {
		return t, fault.ErrInvalid.Because(err)
	}
	s, err := db.BillingSettings(ctx, who.Tenant)
	return taxOf(who, s, civil.On(now, zone)), err
}

// Standing reads how a contract stands, the card it is charged to, and a book that records what comes of charging it without reading
// everything again; unknown is subscription.ErrUnknown.
func (db *DB) Standing(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (subscription.Standing, payment.Standing, payment.Book, error) {
	r, err := db.renewing(ctx, tenant, customer, s)
	return r.Standing, r.card, seen{db, r}, err
}

// seen is the book of who has just read what a renewal is decided on. Where that is how it was, which the transaction checks, nothing is
// read again.
type seen struct {
	*DB
	was renewing
}

// Complete implements payment.Book.
func (s seen) Complete(ctx context.Context, p payment.Payment) error {
	if p.Bill == nil || p.Bill.Kind != payment.Renewal || p.Bill.Subscription != s.was.ID {
		return s.DB.Complete(ctx, p)
	}
	if bill, ok := s.was.billed(p); ok {
		t := s.tx()
		err := t.paidRenewal(ctx, s.was, bill, p)
		if err == nil {
			err = t.commit(ctx)
		}
		if !isRaced(err) {
			return err
		}
	}
	return s.DB.Complete(ctx, p)
}

// Intend records the intent of a payment that we make by ourselves, by one write. When it was recorded before, that is answered as it
// is now, and begun is false.
func (db *DB) Intend(ctx context.Context, p payment.Payment) (_ payment.Payment, begun bool, err error) {
	row, err := encode(paymentKey(p.Tenant, p.ID), paymentRowOf(p))
	if err != nil {
		return p, false, err
	}
	condition := isNew
	_, err = db.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: db.table(payments), Item: row, ConditionExpression: &condition})
	var there *types.ConditionalCheckFailedException
	if errors.As(err, &there) {
		p, err = db.Payment(ctx, p.Tenant, p.ID)
		return p, false, err
	}
	return p, err == nil, outage(err)
}

// billed finds whether a payment of a renewal is for what is to be billed now, and gives that bill.
func (r renewing) billed(p payment.Payment) (subscription.Bill, bool) {
	if r.Renewable(r.Policy, r.Now) != nil {
		return subscription.Bill{}, false
	}
	bill := r.Renewal(r.Tax)
	if bill.Period != p.Bill.Period || !lineitem.Same(bill.Charges, p.Bill.Charges) || r.Credit < p.Bill.Credit {
		return bill, false
	}
	bill.After.Credit += bill.Credit - p.Bill.Credit // credit that came since is for the next one
	bill.Credit = p.Bill.Credit
	return bill, true
}

// completeRenewal records that the money for the next period of a contract came. When the contract was changed, cancelled or renewed
// otherwise meanwhile the money is not wanted.
func (db *DB) completeRenewal(ctx context.Context, p payment.Payment) error {
	return untilStill(ctx, func() error {
		r, err := db.renewing(ctx, p.Tenant, p.Customer, p.Bill.Subscription)
		if err != nil {
			return err
		}
		bill, ok := r.billed(p)
		if !ok {
			return db.notWanted(ctx, p, payment.NotDue)
		}
		t := db.tx()
		if err := t.paidRenewal(ctx, r, bill, p); err != nil {
			return err
		}
		return t.commit(ctx)
	})
}

// paidRenewal adds a renewal that was charged.
func (t *tx) paidRenewal(ctx context.Context, r renewing, bill subscription.Bill, p payment.Payment) error {
	t.settle(p, payment.Pending)
	t.announce(event.New(ctx, p.Tenant, r.Now, event.PaymentSucceeded{PaymentID: p.ID, CustomerID: p.Customer, InvoiceID: p.Bill.Invoice, Amount: p.Amount}))
	t.book(ledger.BillPaid(billedAs(r, bill, p.Bill.Invoice)), payment.ErrMoved)
	return t.renewed(ctx, r, bill, p.Bill.Invoice, &invoice.Receipt{PaymentID: p.ID, Amount: p.Amount.Minor, With: p.PaidWith, At: r.Now})
}

// failRenewal records that it did not come. A card that was declined makes the invoice an unpaid one and starts the dunning; an attempt
// that never came to be, or is for another bill than is due now, only ends.
func (db *DB) failRenewal(ctx context.Context, p payment.Payment, e event.Envelope) error {
	return untilStill(ctx, func() error {
		r, err := db.renewing(ctx, p.Tenant, p.Customer, p.Bill.Subscription)
		if err != nil {
			return err
		}
		t := db.tx()
		t.settle(p, payment.Pending)
		t.announce(e)
		if bill, ok := r.billed(p); ok && p.Reason != payment.NotCharged {
			if err := t.owed(ctx, r, bill, p.Bill.Invoice, p.Reason); err != nil {
				return err
			}
		}
		return t.commit(ctx)
	})
}

// RenewUncharged renews a contract for which nothing can or need be charged: its bill is paid by credit or costs nothing, or there is no
// card to charge, which counts as a decline. It does so if the contract is still in the version that was decided on, else
// subscription.ErrMoved.
func (db *DB) RenewUncharged(ctx context.Context, s subscription.Subscription, i id.Invoice) error {
	return untilStill(ctx, func() error {
		r, err := db.renewing(ctx, s.Tenant, s.Customer, s.ID)
		if err != nil {
			return err
		}
		if r.Version != s.Version || r.Renewable(r.Policy, r.Now) != nil {
			return nil // somebody else did something about it
		}
		t, bill := db.tx(), r.Renewal(r.Tax)
		switch {
		case bill.Due().Minor > 0:
			err = t.owed(ctx, r, bill, i, payment.NoMethod)
		default:
			if bill.Total.Minor > 0 {
				t.book(ledger.BillPaid(billedAs(r, bill, i)), invoice.ErrMoved)
			}
			err = t.renewed(ctx, r, bill, i, nil)
		}
		if err != nil {
			return err
		}
		return t.commit(ctx)
	})
}

func billedAs(r renewing, bill subscription.Bill, i id.Invoice) ledger.Billed {
	return ledger.Billed{Tenant: r.Tenant, Customer: r.Customer, Invoice: i, Total: bill.Total, Credit: bill.Credit, At: r.Now}
}

// owed adds a renewal that could not be charged: its invoice is unpaid.
func (t *tx) owed(ctx context.Context, r renewing, bill subscription.Bill, i id.Invoice, reason payment.Reason) error {
	next, first := bill.After.Owe(i, string(reason), r.Now)
	bill.After = next
	t.book(ledger.BillOwed(billedAs(r, bill, i)), invoice.ErrMoved)
	if err := t.renewed(ctx, r, bill, i, nil); err != nil {
		return err
	}
	if first {
		t.announce(event.New(ctx, r.Tenant, r.Now, event.DunningStarted{SubscriptionID: r.ID, CustomerID: r.Customer, InvoiceID: i, Name: next.Name, Amount: bill.Due(),
			Reason: string(reason), GraceEnds: next.GraceEnds(r.Policy)}))
	}
	return nil
}

// renewed adds the contract after its renewal, the move of its claim when the plan changed, and its invoice.
func (t *tx) renewed(ctx context.Context, r renewing, bill subscription.Bill, i id.Invoice, receipt *invoice.Receipt) error {
	paid, err := t.billed(ctx, r, bill, i, r.settings.DueDays, receipt)
	if err != nil {
		return err
	}
	bill.After.Billed = i
	t.contract(r.Subscription, bill.After.Scheduled(r.Policy))
	e := event.SubscriptionRenewed{SubscriptionID: r.ID, CustomerID: r.Customer, InvoiceID: i, ItemID: bill.After.ItemID, Period: bill.Period}
	if bill.After.ItemID != r.ItemID {
		e.Was = r.ItemID
		if err := t.moveClaim(ctx, r.Subscription, bill.After); err != nil {
			return err
		}
	}
	t.announce(append([]event.Envelope{event.New(ctx, r.Tenant, r.Now, e)}, paid...)...)
	return nil
}

// billed adds the invoice of a bill with its number, and gives what is to be announced of it last: that it is paid, when there is a receipt
// over it, or nothing to pay. Else it is due after some days.
func (t *tx) billed(ctx context.Context, r renewing, bill subscription.Bill, i id.Invoice, dueDays int, receipt *invoice.Receipt) ([]event.Envelope, error) {
	before, err := t.db.chargedBefore(ctx, r, bill.Charges)
	if err != nil {
		return nil, err
	}
	bill.Charges = r.rated(bill.Charges, before)
	inv, err := r.draw(ctx, bill, i)
	if err != nil {
		return nil, err
	}
	today := r.Today(r.Now)
	inv, numbers, err := inv.Final(invoiceSeries(r.Customer), r.numbers, today.Plus(dueDays), today, r.Now)
	if err == nil && receipt != nil {
		inv, err = inv.Receive(*receipt)
	}
	if err != nil {
		return nil, err
	}
	inv.Version = 1 // one write, whatever it is of
	t.issue(inv, r.numbers, numbers)
	t.announce(issued(ctx, inv, r.Now))
	if inv.State != invoice.Paid {
		return nil, nil
	}
	paid := event.InvoicePaid{InvoiceID: i, CustomerID: r.Customer, SubscriptionID: r.ID, Number: inv.Number, Total: bill.Total, NextBilling: bill.After.NextBilling()}
	if receipt != nil {
		paid.PaymentID, paid.PaidWith = receipt.PaymentID, receipt.With
	}
	return []event.Envelope{event.New(ctx, r.Tenant, r.Now, paid)}, nil
}

// draw makes the draft of a bill's invoice.
func (r renewing) draw(ctx context.Context, bill subscription.Bill, i id.Invoice) (invoice.Invoice, error) {
	period := bill.Period
	draft := invoice.Invoice{Tenant: r.Tenant, Customer: r.Customer, ID: i, Kind: invoice.Standard, Subscription: r.ID, Period: &period, Buyer: partyOf(r.buyer), Language: r.buyer.Language,
		Settings: r.settings.Version, Credit: bill.Credit, TestClock: r.TestClock, Correlation: event.TraceOf(ctx).Correlation}
	return invoice.Draw(draft, bill.Charges)
}

// partyOf is a customer as a buyer on an invoice.
func partyOf(c account.Customer) invoice.Party {
	p := invoice.Party{Name: c.Name, Country: c.Country}
	if c.Exemption != nil {
		p.TaxID = c.Exemption.TaxID
	}
	for _, line := range []string{c.Address.Line1, c.Address.Line2, strings.TrimSpace(c.Address.PostalCode + " " + c.Address.City), c.Address.Region} {
		if line != "" {
			p.Address = append(p.Address, line)
		}
	}
	return p
}

// moveClaim adds that a contract is for another plan of which its customer has one now. Whoever has that plan otherwise keeps both: the
// change was agreed. Then the claim is the contract's that came last, and stays when the other one leaves the plan.
func (t *tx) moveClaim(ctx context.Context, was, is subscription.Subscription) error {
	left := claimKey(was.Tenant, was.Customer, was.ItemID)
	b := t.db.batch()
	b.add(subscriptions, left)
	rows, err := b.read(ctx)
	if err != nil {
		return err
	}
	claimed, err := among[claimRow](rows[subscriptions], left)
	if err != nil {
		return err
	}
	if claimed != nil && claimed.SubscriptionID == was.ID {
		t.delete(subscriptions, left, "SubscriptionID = :mine", item{":mine": text(was.ID)}, subscription.ErrMoved)
	}
	t.put(subscriptions, claimKey(is.Tenant, is.Customer, is.ItemID), claimRow{SubscriptionID: is.ID}, "", nil, nil)
	return nil
}

// Step changes a contract and announces it, if it is still in the version that was decided on; else subscription.ErrMoved.
func (db *DB) Step(ctx context.Context, was, is subscription.Subscription, events ...event.Envelope) error {
	t := db.tx()
	t.contract(was, is)
	t.announce(events...)
	return t.commit(ctx)
}

// Hold puts off the suspension of a contract, or ends that.
func (db *DB) Hold(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription, h subscription.Hold) (is subscription.Subscription, err error) {
	err = db.DecideContract(ctx, nil, tenant, customer, s, func(was subscription.Standing) (subscription.Subscription, []event.Envelope, error) {
		if was.State == subscription.Ended {
			return was.Subscription, nil, subscription.ErrEnded
		}
		is = was.Hold(h, was.Now)
		return is, []event.Envelope{event.New(ctx, tenant, was.Now, event.SuspensionHeld{SubscriptionID: s, CustomerID: customer, Until: h.Until, Reason: h.Reason})}, nil
	})
	if errors.Is(err, account.ErrUnknown) {
		return is, subscription.ErrUnknown
	}
	return is, err
}
