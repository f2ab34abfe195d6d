package billingadmin

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/wallet"
	"turnup/internal/platform/rest"
)

// InvoicePath names a customer's invoice. (huma reads embedded structs only when they are exported.)
type InvoicePath struct {
	CustomerID id.Customer `path:"customerId" maxLength:"40" pattern:"^cus_[0-9A-Z]{26}$" patternDescription:"a customer id" doc:"Whose invoice it is" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	InvoiceID  id.Invoice  `path:"invoiceId" maxLength:"40" pattern:"^inv_[0-9A-Z]{26}$" patternDescription:"an invoice id" doc:"Id of the invoice" example:"inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type refundInput struct {
	InvoicePath
	Body asked
}

type asked struct {
	Amount   int64            `json:"amount" minimum:"1" maximum:"1000000000" doc:"In minor units of the invoice's currency: not more than was paid and not given back yet" example:"1299"`
	To       payment.ReturnTo `json:"to" enum:"card,wallet" doc:"Where to. What a wallet paid goes back to it in any case" example:"card"`
	Reason   string           `json:"reason" minLength:"1" maxLength:"200" doc:"Why; printed on the credit note" example:"Outage in May"`
	Goodwill bool             `json:"goodwill,omitempty" doc:"The invoice was right and stays as it is. Otherwise a credit note corrects it" example:"false"`
}

type redirectInput struct {
	InvoicePath
	RefundID id.Refund `path:"refundId" maxLength:"40" pattern:"^ref_[0-9A-Z]{26}$" patternDescription:"a refund id" doc:"Id of the refund" example:"ref_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type refund struct {
	RefundID     id.Refund            `json:"refundId" doc:"Id of the refund" example:"ref_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	InvoiceID    id.Invoice           `json:"invoiceId" doc:"The invoice" example:"inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	CreditNoteID id.Invoice           `json:"creditNoteId,omitempty" doc:"The credit note that corrects it; none of a goodwill" example:"inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XB"`
	Status       payment.ReturnState  `json:"status" enum:"requested,settled,parked" doc:"requested: the PSP is being asked; settled: on its way, or in the wallet; parked: another way must be found for a part" example:"requested"`
	Amount       money.Amount         `json:"amount" doc:"All of it"`
	Parts        []payment.ReturnPart `json:"parts" nullable:"false" doc:"What goes back of each payment, the newest first"`
	Reason       string               `json:"reason" doc:"Why, in the words of staff" example:"Outage in May"`
	By           string               `json:"by" doc:"Who of the staff" example:"stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	RequestedAt  time.Time            `json:"requestedAt" doc:"When" example:"2030-01-01T12:10:00Z"`
}

func refundOf(r payment.Return) refund {
	return refund{RefundID: r.ID, InvoiceID: r.Invoice, CreditNoteID: r.Note, Status: r.State(), Amount: r.Amount(), Parts: r.Parts, Reason: r.Reason, By: r.By, RequestedAt: r.RequestedAt}
}

type refundOutput struct {
	Body refund
}

type refunds struct {
	Refunds []refund `json:"refunds" nullable:"false" doc:"Oldest first"`
}

type refundsOutput struct {
	Body refunds
}

var (
	refunders     = []string{token.RoleAdmin, token.RoleBilling}
	exampleRefund = refund{RefundID: "ref_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", InvoiceID: "inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", CreditNoteID: "inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XB",
		Status: payment.ReturnRequested, Amount: money.Amount{Minor: 1299, Currency: "EUR"}, Reason: "Outage in May", By: "stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA",
		RequestedAt: time.Date(2030, 1, 1, 12, 10, 0, 0, time.UTC),
		Parts:       []payment.ReturnPart{{PaymentID: "pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", To: payment.ToCard, With: "visa •••• 4242", Amount: 1299, State: payment.ReturnRequested}}}
)

func (s service) registerRefunds(a *rest.API) {
	const path = "/admin/customers/{customerId}/invoices/{invoiceId}/refunds"
	rest.Register(a, rest.Op{
		ID: "refundInvoice", Method: http.MethodPost, Path: path, Audience: rest.Staff, Roles: refunders, Service: Service, Status: http.StatusCreated,
		Summary: "Give back what was paid for an invoice",
		About: "Wholly or in part, of the newest payments first, and never more than was paid and not given back. A credit note corrects the invoice, unless it is goodwill. " +
			"What goes to the wallet is there at once; what goes to cards is asked of the PSP within seconds, and is parked when it refuses.",
		Events: []string{string(event.TypeRefundRequested), string(event.TypeRefundSettled), string(event.TypeInvoiceIssued)},
		Faults: []*fault.Fault{invoice.ErrUnknown, invoice.ErrRefundTooMuch.With("left", "12.99 EUR"), invoice.ErrCorrectedOut.With("left", "0.00 EUR"), invoice.ErrNotPayable,
			invoice.ErrVoid, wallet.ErrFull},
		Request: asked{Amount: 1299, To: payment.ToCard, Reason: "Outage in May"}, Answer: exampleRefund,
	}, s.refundInvoice)
	rest.Register(a, rest.Op{
		ID: "listRefunds", Method: http.MethodGet, Path: path, Audience: rest.Staff, Roles: []string{token.RoleAdmin, token.RoleBilling, token.RoleSupport}, Service: Service,
		Summary: "List what was given back of an invoice",
		About:   "All of it, and what became of each part.",
		Faults:  []*fault.Fault{invoice.ErrUnknown},
		Answer:  refunds{[]refund{exampleRefund}},
	}, s.listRefunds)
	redirected := exampleRefund
	redirected.Status, redirected.Parts = payment.ReturnSettled, []payment.ReturnPart{{PaymentID: "pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", To: payment.ToWallet, With: "visa •••• 4242", Amount: 1299,
		State: payment.ReturnSettled, Why: "expired_or_canceled_card"}}
	rest.Register(a, rest.Op{
		ID: "redirectRefund", Method: http.MethodPost, Path: path + "/{refundId}/to-wallet", Audience: rest.Staff, Roles: refunders, Service: Service,
		Summary: "Give back to the wallet what a card did not take",
		About:   "For a refund that is parked. The parts that reached their cards stay there.",
		Events:  []string{string(event.TypeRefundSettled)},
		Faults:  []*fault.Fault{payment.ErrReturnUnknown, payment.ErrReturnNotParked, wallet.ErrFull},
		Answer:  redirected,
	}, s.redirectRefund)
}

func (s service) refundInvoice(ctx context.Context, in *refundInput) (*refundOutput, error) {
	caller := rest.CallerOf(ctx)
	done, err := once.Do(ctx, s.Store, rest.Once(ctx, "refundInvoice", in), func(use *once.Use) (out refund, err error) {
		ask := payment.ReturnAsk{Amount: in.Body.Amount, To: in.Body.To, Reason: in.Body.Reason, By: caller.Staff, Correct: !in.Body.Goodwill}
		err = s.Store.RequestReturn(ctx, use, caller.Tenant, in.CustomerID, in.InvoiceID, ask, func(r payment.Return) error {
			out = refundOf(r)
			return use.Answer(out)
		})
		return out, err
	})
	if err != nil {
		return nil, err
	}
	return &refundOutput{done}, nil
}

func (s service) listRefunds(ctx context.Context, in *InvoicePath) (*refundsOutput, error) {
	caller := rest.CallerOf(ctx)
	if _, err := s.Store.Invoice(ctx, caller.Tenant, in.CustomerID, in.InvoiceID); err != nil {
		return nil, err
	}
	found, err := s.Store.Returns(ctx, caller.Tenant, in.CustomerID, in.InvoiceID)
	if err != nil {
		return nil, err
	}
	out := refunds{Refunds: []refund{}}
	for _, r := range found {
		out.Refunds = append(out.Refunds, refundOf(r))
	}
	return &refundsOutput{out}, nil
}

func (s service) redirectRefund(ctx context.Context, in *redirectInput) (*refundOutput, error) {
	caller := rest.CallerOf(ctx)
	done, err := once.Do(ctx, s.Store, rest.Once(ctx, "redirectRefund", in), func(use *once.Use) (out refund, err error) {
		err = s.Store.RedirectReturn(ctx, use, caller.Tenant, in.CustomerID, in.InvoiceID, in.RefundID, func(r payment.Return) error {
			out = refundOf(r)
			return use.Answer(out)
		})
		return out, err
	})
	if err != nil {
		return nil, err
	}
	return &refundOutput{done}, nil
}
