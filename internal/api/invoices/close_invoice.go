package invoices

import (
	"context"
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/invoice"
	"turnup/internal/platform/rest"
)

type closeInput struct {
	InvoicePath
	Body closing
}

type closing struct {
	CustomerID id.Customer `json:"customerId" maxLength:"40" pattern:"^cus_[0-9A-Z]{26}$" patternDescription:"a customer id" doc:"Whose invoice it is" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Reason     string      `json:"reason" minLength:"1" maxLength:"200" doc:"Why; it is printed on the invoice" example:"Made in error"`
}

type closeOutput struct {
	Body Summary
}

func (s service) registerClose(a *rest.API) {
	faults := []*fault.Fault{invoice.ErrUnknown, invoice.ErrPaid, invoice.ErrVoid, invoice.ErrNotPayable, invoice.ErrMoved}
	request := closing{CustomerID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Reason: "Made in error"}
	void, off := examplePaid.Summary, examplePaid.Summary
	void.Status, void.Due.Minor = invoice.Void, 0
	off.Status, off.Due = invoice.Uncollectible, off.Total
	rest.Register(a, rest.Op{
		ID: "voidInvoice", Method: http.MethodPost, Path: "/invoices/{invoiceId}/void", Audience: rest.Staff, Roles: keepers, Service: Service,
		Summary: "Withdraw an unpaid invoice",
		About: "Nothing is to be paid of it any more: dunning for it ends, a subscription that was suspended for it alone runs again, and credit that went into it is there again. " +
			"Its number stays. One of which something was paid is corrected by a credit note instead.",
		Events: []string{string(event.TypeInvoiceClosed), string(event.TypeDunningEnded), string(event.TypeSubscriptionResumed)},
		Faults: append(faults[:len(faults):len(faults)], invoice.ErrPartlyPaid), Request: request, Answer: void,
	}, s.voidInvoice)
	rest.Register(a, rest.Op{
		ID: "writeOffInvoice", Method: http.MethodPost, Path: "/invoices/{invoiceId}/write-off", Audience: rest.Staff, Roles: keepers, Service: Service,
		Summary: "Write an unpaid invoice off",
		About:   "What is left to pay is booked as lost. It may be paid all the same, and what was suspended for it stays suspended until then.",
		Events:  []string{string(event.TypeInvoiceClosed)},
		Faults:  append(faults[:len(faults):len(faults)], invoice.ErrWrittenOff), Request: request, Answer: off,
	}, s.writeOffInvoice)
}

func (s service) voidInvoice(ctx context.Context, in *closeInput) (*closeOutput, error) {
	return s.close(ctx, "voidInvoice", in, invoice.Void)
}

func (s service) writeOffInvoice(ctx context.Context, in *closeInput) (*closeOutput, error) {
	return s.close(ctx, "writeOffInvoice", in, invoice.Uncollectible)
}

func (s service) close(ctx context.Context, operation string, in *closeInput, to invoice.State) (*closeOutput, error) {
	done, err := once.Do(ctx, s.Store, rest.Once(ctx, operation, in), func(use *once.Use) (done Summary, err error) {
		err = s.Store.CloseInvoice(ctx, use, rest.CallerOf(ctx).Tenant, in.Body.CustomerID, in.InvoiceID, to, in.Body.Reason, func(i invoice.Invoice) error {
			done = summaryOf(i)
			return use.Answer(done)
		})
		return done, err
	})
	if err != nil {
		return nil, err
	}
	return &closeOutput{done}, nil
}
