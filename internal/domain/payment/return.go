package payment

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
)

// The faults of giving back what was paid for an invoice.
var (
	ErrReturnUnknown   = fault.New(fault.NotFound, "refund_not_found", "There is no such refund.", "operator")
	ErrReturnNotParked = fault.New(fault.Conflict, "refund_not_parked", "Nothing of this refund waits for another way.", "operator")
)

// ReturnTo is where money goes back to.
type ReturnTo string

// The ways back.
const (
	ToCard   ReturnTo = "card"
	ToWallet ReturnTo = "wallet"
)

// ReturnState of a return, or of one part of it.
type ReturnState string

// The states.
const (
	ReturnRequested ReturnState = "requested" // the PSP is to be asked, or its answer is lost
	ReturnSettled   ReturnState = "settled"   // it is on its way, or in the wallet
	ReturnParked    ReturnState = "parked"    // the PSP refused it, or it came back: another way must be found
)

// ReturnPart is what goes back of one payment.
type ReturnPart struct {
	PaymentID id.Payment  `json:"paymentId" dynamodbav:"p" doc:"The payment that it is given back of" example:"pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	To        ReturnTo    `json:"to" dynamodbav:"to" enum:"card,wallet" doc:"Where to: what a wallet paid goes back to it" example:"card"`
	With      string      `json:"with" dynamodbav:"w" doc:"What it was paid with, for people" example:"visa •••• 4242"`
	Amount    int64       `json:"amount" dynamodbav:"a" doc:"In minor units" example:"1299"`
	State     ReturnState `json:"status" dynamodbav:"s" enum:"requested,settled,parked" doc:"requested: the PSP is being asked; parked: it refused, or the money came back" example:"settled"`
	Why       string      `json:"why,omitempty" dynamodbav:"y,omitempty" doc:"Why it is parked, in the PSP's words" example:"expired_or_canceled_card"`
}

// Return is money that was paid for an invoice and is given back.
type Return struct {
	Tenant      id.Tenant
	Customer    id.Customer
	ID          id.Refund
	Invoice     id.Invoice
	Number      string     // of the invoice
	Note        id.Invoice `dynamodbav:",omitempty"` // that corrects the invoice; none of a goodwill
	Currency    string
	Parts       []ReturnPart
	Reason      string // in the words of staff
	By          string // who of the staff
	RequestedAt time.Time
	TestClock   id.TestClock `dynamodbav:",omitempty"`
	Correlation string
	Version     int64 // counts changes, from 1
}

// ReturnAsk is what staff want to be given back of an invoice.
type ReturnAsk struct {
	Amount  int64 // in minor units
	To      ReturnTo
	Reason  string
	By      string
	Correct bool // whether a credit note takes it off the invoice
}

// Amount of all parts.
func (r Return) Amount() money.Amount { return r.sum(func(ReturnPart) bool { return true }) }

// On is the amount of the parts on one way.
func (r Return) On(to ReturnTo) money.Amount {
	return r.sum(func(p ReturnPart) bool { return p.To == to })
}

func (r Return) sum(of func(ReturnPart) bool) money.Amount {
	sum := money.Amount{Currency: r.Currency}
	for _, p := range r.Parts {
		if of(p) {
			sum.Minor += p.Amount
		}
	}
	return sum
}

// State of the whole: parked as soon as one part is.
func (r Return) State() ReturnState {
	state := ReturnSettled
	for _, p := range r.Parts {
		switch {
		case p.State == ReturnParked:
			return ReturnParked
		case p.State == ReturnRequested:
			state = ReturnRequested
		}
	}
	return state
}

// Answered notes what the PSP said of the part of a payment; moved is false when that is known, or does not matter any more.
func (r Return) Answered(told Refund) (next Return, moved bool) {
	n := slices.IndexFunc(r.Parts, func(p ReturnPart) bool { return p.PaymentID == told.PaymentID && p.To == ToCard })
	if n < 0 {
		return r, false
	}
	state, why := ReturnSettled, ""
	if told.State == RefundFailed {
		state, why = ReturnParked, told.Why
	}
	was := r.Parts[n].State
	if was == state || was == ReturnParked {
		return r, false // what came back does not go again by itself
	}
	r.Parts = slices.Clone(r.Parts)
	r.Parts[n].State, r.Parts[n].Why = state, why
	r.Version++
	return r, true
}

// Redirected sends what is parked to the wallet instead.
func (r Return) Redirected() (next Return, amount money.Amount, err error) {
	if r.State() != ReturnParked {
		return r, amount, ErrReturnNotParked
	}
	amount, r.Parts = r.sum(func(p ReturnPart) bool { return p.State == ReturnParked }), slices.Clone(r.Parts)
	for n, p := range r.Parts {
		if p.State == ReturnParked {
			r.Parts[n].To, r.Parts[n].State = ToWallet, ReturnSettled
		}
	}
	r.Version++
	return r, amount, nil
}

// ReturnBook records returns.
type ReturnBook interface {
	// Payment reads an attempt; unknown is ErrUnknownPay.
	Payment(ctx context.Context, tenant id.Tenant, p id.Payment) (Payment, error)
	// Return reads one; unknown is ErrReturnUnknown.
	Return(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice, r id.Refund) (Return, error)
	// SaveReturn records what became of the part of one payment, in the books as well, and tells what became of the whole, and why; ErrMoved
	// when somebody else was faster.
	SaveReturn(ctx context.Context, was, is Return, p id.Payment, why string) error
}

// Returns carries out what goes back to cards.
type Returns struct {
	Book ReturnBook
	PSP  Refunder
}

// Carry asks the PSP for each part that is to go back to a card, and records what it says. It is safe to repeat.
func (s Returns) Carry(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice, ref id.Refund) error {
	r, err := s.Book.Return(ctx, tenant, customer, i, ref)
	if err != nil {
		return err
	}
	for _, part := range r.Parts {
		if part.State != ReturnRequested {
			continue
		}
		p, err := s.Book.Payment(ctx, tenant, part.PaymentID)
		if err != nil {
			return err
		}
		told, err := s.PSP.RefundPart(ctx, Part{Tenant: tenant, Refund: r.ID, Payment: p.ID, ChargeID: p.ChargeID, Amount: money.Amount{Minor: part.Amount, Currency: r.Currency}})
		if err != nil {
			return ErrUnsettled.Because(err)
		}
		told.PaymentID = p.ID
		if err := s.answered(ctx, r.Customer, r.Invoice, r.ID, told, tenant); err != nil {
			return err
		}
	}
	return nil
}

// Notified takes what a webhook tells of a refund of an invoice: one that was taken may fail days later.
func (s Returns) Notified(ctx context.Context, told Refund) error {
	if told.State == RefundPending {
		return nil
	}
	p, err := s.Book.Payment(ctx, told.Tenant, told.PaymentID)
	if errors.Is(err, ErrUnknownPay) {
		slog.WarnContext(ctx, "webhook of a refund of an unknown payment", "paymentId", told.PaymentID, "refund", told.ID)
		return nil
	}
	if err != nil {
		return err
	}
	return s.answered(ctx, p.Customer, p.Invoice(), told.RefundID, told, told.Tenant)
}

func (s Returns) answered(ctx context.Context, customer id.Customer, i id.Invoice, ref id.Refund, told Refund, tenant id.Tenant) error {
	for {
		r, err := s.Book.Return(ctx, tenant, customer, i, ref)
		if err != nil {
			return err
		}
		next, moved := r.Answered(told)
		if !moved {
			return nil
		}
		ctx := causedBy(ctx, r.Correlation, string(r.ID))
		err = s.Book.SaveReturn(ctx, r, next, told.PaymentID, told.Why)
		if !errors.Is(err, ErrMoved) || ctx.Err() != nil {
			return err
		}
	}
}

// Told are the events of what became of a return; none while the PSP is still to be asked.
func (r Return) Told(ctx context.Context, why string, at time.Time) []event.Envelope {
	switch r.State() {
	case ReturnParked:
		return []event.Envelope{event.New(ctx, r.Tenant, at, event.RefundParked{RefundID: r.ID, CustomerID: r.Customer, InvoiceID: r.Invoice, Amount: r.Amount(), Reason: why})}
	case ReturnSettled:
		return []event.Envelope{event.New(ctx, r.Tenant, at, event.RefundSettled{RefundID: r.ID, CustomerID: r.Customer, InvoiceID: r.Invoice, Number: r.Number, Amount: r.Amount(),
			ToCard: r.On(ToCard), ToWallet: r.On(ToWallet)})}
	}
	return nil
}
