package invoices

import (
	"context"
	"errors"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/wallet"
	"turnup/internal/platform/rest"
)

type payInput struct {
	InvoicePath
	Body pay
}

type pay struct {
	Method          string    `json:"method,omitempty" enum:"saved_card,wallet,stripe" doc:"How to pay: saved_card, which it is without it, for a saved payment method; wallet for the customer's wallet; stripe for the gateway's page" example:"saved_card"`
	PaymentMethodID id.Method `json:"paymentMethodId,omitempty" maxLength:"40" pattern:"^pmt_[0-9A-Z]{26}$" patternDescription:"the paymentMethodId of a confirmed method" doc:"Of saved_card: what to charge; the default method without it" example:"pmt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	ReturnURL       string    `json:"returnUrl,omitempty" format:"uri" maxLength:"500" doc:"Where the customer comes back to from the gateway's page, or from their bank, should it ask for authentication; its origin must be allowed. A card whose bank asks is declined without it" example:"http://localhost:3000/invoices/return"`
	Amount          int64     `json:"amount,omitempty" minimum:"1" maximum:"1000000000000" doc:"In minor units of the invoice's currency; all that is left to pay without it" example:"4990"`
}

type payOutput struct {
	Body paid
}

type paid struct {
	Status      string       `json:"status" enum:"paid,redirect_required" doc:"paid: the amount came; redirect_required: the customer must be sent to redirectUrl" example:"paid"`
	InvoiceID   id.Invoice   `json:"invoiceId" doc:"The invoice" example:"inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	PaymentID   id.Payment   `json:"paymentId" doc:"The payment; quote it when you ask about it" example:"pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Amount      money.Amount `json:"amount" doc:"What was taken, or will be"`
	RedirectURL string       `json:"redirectUrl,omitempty" doc:"The gateway's page, or the bank's" example:"https://checkout.stripe.com/c/pay/cs_test_a1"`
}

func (s service) registerPay(a *rest.API) {
	done := paid{Status: "paid", InvoiceID: "inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", PaymentID: "pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Amount: money.Amount{Minor: 4990, Currency: "EUR"}}
	away := done
	away.Status, away.RedirectURL = "redirect_required", "https://checkout.stripe.com/c/pay/cs_test_a1"
	rest.Register(a, rest.Op{
		ID: "payInvoice", Method: http.MethodPost, Path: "/invoices/{invoiceId}/pay", Audience: rest.Customer, Service: Service,
		Summary: "Pay an invoice",
		About: "By a saved card, from the wallet, or on the gateway's page; wholly or in part. Calls that overlap, or repeat with the same Idempotency-Key, make one charge and give the same answer. " +
			"When the bank wants the customer, the answer is redirect_required; send them there, and call this operation again when they are back. What is declined leaves the invoice as it is. " +
			"When nothing is left to pay, dunning for it ends, and a subscription that was suspended for it alone runs again.",
		Events: []string{string(event.TypePaymentInitiated), string(event.TypePaymentSucceeded), string(event.TypePaymentFailed), string(event.TypeInvoicePaid), string(event.TypeDunningEnded), string(event.TypeSubscriptionResumed)},
		Faults: []*fault.Fault{invoice.ErrUnknown, invoice.ErrPaid, invoice.ErrVoid, invoice.ErrNotPayable, invoice.ErrPayTooMuch.With("left", "49.90 EUR"), invoice.ErrBeingPaid, invoice.ErrMoved,
			payment.ErrNoMethod, payment.ErrDeclined.With("reason", string(payment.InsufficientFunds)), payment.ErrWayDisabled.With("method", payment.Stripe),
			payment.ErrReturnURL.Naming("body.returnUrl", "not one of the allowed origins"), payment.ErrPageRefused, payment.ErrPSPUnavailable, payment.ErrUnsettled,
			wallet.ErrInsufficient.With("available", "4.00 EUR")},
		Request: pay{Method: payment.SavedCard, ReturnURL: "http://localhost:3000/invoices/return"},
		Answer:  done, Variants: map[string]any{"redirect_required": away},
	}, s.payInvoice)
}

func (s service) payInvoice(ctx context.Context, in *payInput) (*payOutput, error) {
	if in.Body.Method == "" {
		in.Body.Method = payment.SavedCard
	}
	if in.Body.Method != payment.SavedCard {
		if err := s.Ways.Check(in.Body.Method); err != nil {
			return nil, err
		}
	}
	if in.Body.ReturnURL != "" && !payment.ReturnAllowed(in.Body.ReturnURL, s.Pages.Origins) {
		return nil, payment.ErrReturnURL.Naming("body.returnUrl", "not one of the allowed origins")
	}
	var t try
	done, err := once.Do(ctx, s.Store, rest.Once(ctx, "payInvoice", in), func(use *once.Use) (paid, error) {
		var err error
		t, err = s.begin(ctx, use, in)
		return t.answer, err
	})
	switch {
	case err != nil:
		return nil, err
	case in.Body.Method != payment.SavedCard:
		return &payOutput{done}, nil
	case t.payment.ID != done.PaymentID: // the key's first use began another attempt: its answer is this one's
		if t.payment, err = s.Checkout.Book.Payment(ctx, rest.CallerOf(ctx).Tenant, done.PaymentID); err != nil {
			return nil, err
		}
		t.begun = false
	}
	return s.drive(ctx, t, done)
}

// try is a payment that was begun, or joined, and what is to be answered if it succeeds.
type try struct {
	payment payment.Payment
	begun   bool
	answer  paid
}

// drive carries the charge of a saved card as far as it goes now.
func (s service) drive(ctx context.Context, t try, done paid) (*payOutput, error) {
	p, charge, err := s.Checkout.Drive(ctx, t.payment, t.begun)
	switch {
	case err != nil:
		return nil, err
	case p.State == payment.Succeeded:
		return &payOutput{done}, nil
	case p.State == payment.Refunded: // somebody else paid it meanwhile
		return nil, invoice.ErrPaid
	case p.State == payment.Pending && charge.RedirectURL != "":
		done.Status, done.RedirectURL = "redirect_required", charge.RedirectURL
		return &payOutput{done}, nil
	case p.State == payment.Pending:
		return nil, payment.ErrUnsettled
	case p.Reason == payment.NotCharged:
		return nil, payment.ErrPSPUnavailable
	}
	return nil, payment.ErrDeclined.With("reason", string(p.Reason))
}

// begin starts a payment of the invoice, or joins the one that is under way.
func (s service) begin(ctx context.Context, use *once.Use, in *payInput) (try, error) {
	caller := rest.CallerOf(ctx)
	named := id.Reference("")
	if in.Body.PaymentMethodID != "" {
		named = id.Swap[id.Reference](in.Body.PaymentMethodID, id.MethodPrefix, id.ReferencePrefix)
	}
	for {
		i, by, err := s.Store.Bill(ctx, caller.Tenant, caller.Customer, in.InvoiceID, named)
		if err != nil {
			return try{}, err
		}
		t, joined, err := s.join(ctx, i, by, in.Body)
		if err != nil || joined {
			return t, err
		}
		part, err := i.Part(in.Body.Amount)
		if err != nil {
			return try{}, err
		}
		switch in.Body.Method {
		case payment.Wallet:
			return s.byWallet(ctx, use, i, in.Body.Amount)
		case payment.Stripe:
			t, err = s.byPage(ctx, use, i, part, in.Body.ReturnURL)
		default:
			t, err = s.byCard(ctx, use, i, part, by, in.Body.ReturnURL)
		}
		if !errors.Is(err, invoice.ErrMoved) {
			return t, err
		}
		if ctx.Err() != nil {
			return try{}, ctx.Err()
		}
	}
}

// join finds the payment that is under way, when that is how the customer wants to pay now. One that waits for the customer in another way
// is given up first; then, and when there is none, nothing is joined.
func (s service) join(ctx context.Context, i invoice.Invoice, by payment.Standing, want pay) (t try, joined bool, err error) {
	if i.Paying == nil {
		return t, false, nil
	}
	p, err := s.Checkout.Book.Payment(ctx, i.Tenant, i.Paying.PaymentID)
	if err != nil {
		return t, false, err
	}
	t = try{payment: p, answer: paid{Status: "paid", InvoiceID: i.ID, PaymentID: p.ID, Amount: p.Amount}}
	page, asCard := p.SessionID != "", want.Method == payment.SavedCard && p.Method == by.ID()
	same := (want.Amount == 0 || want.Amount == p.Amount.Minor) && (page && want.Method == payment.Stripe || !page && asCard)
	switch {
	case p.State == payment.Succeeded && same && (!p.SettledAt.Before(rest.Arrived(ctx)) || p.Redirected && i.State == invoice.Paid):
		return t, true, nil // it was done while this request was under way, or the customer comes back from the bank
	case p.State != payment.Pending:
		return t, false, nil
	case same && page && s.Clock.Now().Before(i.Paying.ExpiresAt):
		t.answer.Status, t.answer.RedirectURL = "redirect_required", i.Paying.URL
		return t, true, nil
	case same && !page:
		return t, true, nil
	case page, p.Redirected:
		ended, err := s.Checkout.Look(ctx, p.Tenant, p.ID, true)
		switch {
		case err != nil:
			return t, false, err
		case ended.State == payment.Pending:
			return t, false, payment.ErrUnsettled
		}
		return t, false, nil // paid there or not, the invoice is read again before anything is begun
	}
	return t, false, invoice.ErrBeingPaid
}

func (s service) byWallet(ctx context.Context, use *once.Use, i invoice.Invoice, amount int64) (t try, err error) {
	err = s.Store.PayInvoiceByWallet(ctx, use, i, amount, func(p id.Payment, part money.Amount) error {
		t.answer = paid{Status: "paid", InvoiceID: i.ID, PaymentID: p, Amount: part}
		return use.Answer(t.answer)
	})
	return t, err
}

// billOf is what a payment of an invoice leads to.
func billOf(i invoice.Invoice) *payment.Bill {
	return &payment.Bill{Kind: payment.OfInvoice, Invoice: i.ID, Subscription: i.Subscription}
}

func (s service) byCard(ctx context.Context, use *once.Use, i invoice.Invoice, part money.Amount, by payment.Standing, returnURL string) (t try, err error) {
	if by.None() {
		return t, payment.ErrNoMethod
	}
	now := s.Clock.Now()
	p := by.Charges(payment.Payment{Tenant: i.Tenant, ID: id.New[id.Payment](id.PaymentPrefix, now), Customer: i.Customer, Amount: part, ReturnURL: returnURL, Bill: billOf(i),
		State: payment.Pending, InitiatedAt: now, Correlation: event.TraceOf(ctx).Correlation})
	t = try{payment: p, begun: true, answer: paid{Status: "paid", InvoiceID: i.ID, PaymentID: p.ID, Amount: part}}
	if err := use.Answer(t.answer); err != nil {
		return t, err
	}
	e := event.New(ctx, p.Tenant, now, event.PaymentInitiated{PaymentID: p.ID, CustomerID: p.Customer, InvoiceID: i.ID, Settles: true, Amount: part})
	return t, s.Store.BeginInvoice(ctx, use, i, invoice.Paying{PaymentID: p.ID}, p, e)
}

func (s service) byPage(ctx context.Context, use *once.Use, i invoice.Invoice, part money.Amount, returnURL string) (t try, err error) {
	p, page, e, err := s.Pages.Start(ctx, payment.Due{Bill: billOf(i), Tenant: i.Tenant, Customer: i.Customer, Amount: part, Description: i.Number, Language: invoice.WordsOf(i.Language).Tag}, returnURL)
	if err != nil {
		return t, err
	}
	t = try{payment: p, answer: paid{Status: "redirect_required", InvoiceID: i.ID, PaymentID: p.ID, Amount: part, RedirectURL: page.URL}}
	if err := use.Answer(t.answer); err != nil {
		return t, err
	}
	return t, s.Store.BeginInvoice(ctx, use, i, invoice.Paying{PaymentID: p.ID, URL: page.URL, ExpiresAt: page.ExpiresAt.Add(-time.Minute)}, p, e)
}
