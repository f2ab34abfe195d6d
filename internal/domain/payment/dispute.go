package payment

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
)

// DisputeBook records disputes.
type DisputeBook interface {
	// Payment reads an attempt; unknown is ErrUnknownPay.
	Payment(ctx context.Context, tenant id.Tenant, p id.Payment) (Payment, error)
	// SaveDispute records how a dispute stands, and what that means for the books, the invoice and its contract, if the payment's dispute
	// stood as it was; else ErrMoved. It tells of it at the time of the customer. ErrUnsettled when the invoice of the payment is not there yet.
	SaveDispute(ctx context.Context, was, is Payment, told Dispute) error
}

// Finder finds charges.
type Finder interface {
	// Find looks for a charge by its id, among others.
	Find(ctx context.Context, p Payment) (Charge, error)
}

// Disputes takes what customers' banks take back.
type Disputes struct {
	Book DisputeBook
	PSP  Finder
}

// Notified takes what a webhook tells of a dispute. The end may come before the beginning, and either twice.
func (s Disputes) Notified(ctx context.Context, told Dispute) error {
	charge, err := s.PSP.Find(ctx, Payment{ChargeID: told.ChargeID})
	if err != nil {
		return unreachable(err)
	}
	for charge.PaymentID != "" {
		p, err := s.Book.Payment(ctx, charge.Tenant, charge.PaymentID)
		switch {
		case errors.Is(err, ErrUnknownPay):
			slog.WarnContext(ctx, "dispute of an unknown payment", "paymentId", charge.PaymentID, "dispute", told.ID)
			return nil
		case err != nil:
			return err
		case p.State == Pending:
			return ErrUnsettled // who charged it has not written it down yet
		}
		next, moved := p.disputed(ctx, told)
		if !moved {
			return nil
		}
		ctx := causedBy(ctx, p.Correlation, string(p.ID))
		err = s.Book.SaveDispute(ctx, p, next, told)
		if !errors.Is(err, ErrMoved) || ctx.Err() != nil {
			return err
		}
	}
	slog.WarnContext(ctx, "dispute of a charge of nobody's", "charge", told.ChargeID, "dispute", told.ID)
	return nil
}

// disputed notes how a dispute stands; moved is false when that is known.
func (p Payment) disputed(ctx context.Context, told Dispute) (next Payment, moved bool) {
	if p.State != Succeeded || p.DisputeID != "" && p.DisputeID != told.ID {
		slog.ErrorContext(ctx, "dispute of money that is not there", "paymentId", p.ID, "state", string(p.State), "dispute", told.ID, "other", p.DisputeID)
		return p, false
	}
	if p.Dispute == told.State || p.Dispute == DisputeWon || p.Dispute == DisputeLost {
		return p, false
	}
	p.DisputeID, p.Dispute = told.ID, told.State
	return p, true
}

// DisputeTold is the event of how a dispute stands.
func (p Payment) DisputeTold(ctx context.Context, told Dispute, at time.Time) event.Envelope {
	if told.State == DisputeOpen {
		return event.New(ctx, p.Tenant, at, event.PaymentDisputed{PaymentID: p.ID, CustomerID: p.Customer, InvoiceID: p.invoice(), Amount: told.Amount, Reason: told.Reason})
	}
	return event.New(ctx, p.Tenant, at, event.DisputeClosed{PaymentID: p.ID, CustomerID: p.Customer, InvoiceID: p.invoice(), Amount: told.Amount, Outcome: string(told.State)})
}
