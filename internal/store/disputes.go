package store

import (
	"context"
	"errors"

	"turnup/internal/base/event"
	"turnup/internal/base/lineitem"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
)

// SaveDispute implements payment.DisputeBook.
func (db *DB) SaveDispute(ctx context.Context, was, is payment.Payment, told payment.Dispute) error {
	return untilStill(ctx, func() error {
		o, topUp, err := db.paidWith(ctx, is)
		if err != nil {
			return err
		}
		t := db.tx()
		condition, values := "Dispute = :was", item{":was": text(was.Dispute)}
		if was.Dispute == "" {
			condition, values = "attribute_not_exists(Dispute)", nil
		}
		t.put(payments, paymentKey(is.Tenant, is.ID), paymentRowOf(is), condition, values, payment.ErrMoved)
		t.announce(is.DisputeTold(ctx, told, o.now))
		switch {
		case was.Dispute == "" && is.Dispute != payment.DisputeWon: // also when we hear of its end first
			err = t.disputed(ctx, o, topUp, is, told)
		case was.Dispute == payment.DisputeOpen && is.Dispute == payment.DisputeWon:
			err = t.reinstated(ctx, o, topUp, is, told)
		}
		if err != nil {
			return err
		}
		return t.commit(ctx)
	})
}

// disputed adds that the bank took the money of a payment back: the invoice is owed again, and its contract is dunned for it.
func (t *tx) disputed(ctx context.Context, o owing, topUp bool, p payment.Payment, told payment.Dispute) error {
	if topUp {
		t.book(ledger.DisputedTopUp(p.Tenant, p.Customer, p.ID, told.ID, told.Amount, o.now), payment.ErrMoved)
		return nil
	}
	next, _, err := o.invoice.Dispute(p.ID)
	if err != nil {
		return err
	}
	t.invoice(o.invoice, next)
	t.book(o.owed().Disputed(p.ID, told.ID, told.Amount), payment.ErrMoved)
	if o.contract == nil || o.contract.State == subscription.Ended || next.State != invoice.Open {
		return nil
	}
	policy := policyOf(o.settings)
	owing, first := o.contract.Owe(next.ID, string(payment.ChargedBack), o.now)
	if owing.Version != o.contract.Version {
		t.contract(*o.contract, owing.Scheduled(policy))
	}
	if first {
		t.announce(event.New(ctx, p.Tenant, o.now, event.DunningStarted{SubscriptionID: owing.ID, CustomerID: p.Customer, InvoiceID: next.ID, Name: owing.Name,
			Amount: next.LeftAmount(), Reason: string(payment.ChargedBack), GraceEnds: o.now.Add(policy.Grace)}))
	}
	return nil
}

// reinstated adds that the bank gave it back. What was paid again meanwhile goes to the wallet.
func (t *tx) reinstated(ctx context.Context, o owing, topUp bool, p payment.Payment, told payment.Dispute) (err error) {
	if topUp {
		t.book(ledger.ReinstatedTopUp(p.Tenant, p.Customer, p.ID, told.ID, told.Amount, o.now), payment.ErrMoved)
		return nil
	}
	next, over, moved := o.invoice.Reinstate(p.ID, o.now)
	if !moved {
		return nil
	}
	if next.State == invoice.Paid && o.invoice.State != invoice.Paid && o.contract != nil {
		if next, _, err = t.paidUp(ctx, o, next); err != nil {
			return err
		}
		next.Version = o.invoice.Version + 1 // one write, whatever it is of
	}
	t.invoice(o.invoice, next)
	e := o.owed().Reinstated(p.ID, told.ID, told.Amount, over)
	if over == 0 {
		t.book(e, payment.ErrMoved)
		return nil
	}
	before, err := t.db.Wallet(ctx, p.Tenant, p.Customer, p.Amount.Currency)
	if err != nil {
		return err
	}
	back := told.Amount
	back.Minor = over
	after, err := before.Credit(back)
	if err != nil {
		return err
	}
	t.moveWallet(before, after, e)
	return nil
}

// paidWith reads what a payment paid: an invoice, or a wallet. The invoice of an order may not be there yet; then it is payment.ErrUnsettled.
func (db *DB) paidWith(ctx context.Context, p payment.Payment) (o owing, topUp bool, err error) {
	o, err = db.owingOf(ctx, p.Tenant, p.Customer, p.Invoice())
	if err == nil || !errors.Is(err, invoice.ErrUnknown) || p.Bill != nil {
		return o, false, err
	}
	bought, err := db.Order(ctx, p.Tenant, p.Customer, p.OrderID)
	if err != nil {
		return o, false, err
	}
	if len(bought.Lines) == 0 || !lineitem.Has(bought.Lines, lineitem.TopUp) {
		return o, false, payment.ErrUnsettled
	}
	o.now, err = db.Now(ctx, p.Tenant, bought.TestClock)
	return o, true, err
}
