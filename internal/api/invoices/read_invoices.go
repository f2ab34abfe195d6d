package invoices

import (
	"context"
	"net/http"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/billing"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/subscription"
	"turnup/internal/platform/rest"
)

type listInput struct {
	OwnerQuery
	Status invoice.State `query:"status" enum:"open,paid,void,uncollectible" doc:"Only documents in this status" example:"open"`
	Limit  int32         `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Most documents a page"`
	Cursor string        `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"SU5WI2ludl8wMUpEM1E2VjZLOE00SDBXWjBWNVEzWTFYQQ"`
}

type page struct {
	Invoices   []Summary `json:"invoices" nullable:"false" doc:"In the order described"`
	NextCursor string    `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"SU5WI2ludl8wMUpEM1E2VjZLOE00SDBXWjBWNVEzWTFYQQ"`
}

type pageOutput struct {
	Body page
}

type getInput struct {
	InvoicePath
	OwnerQuery
}

type viewOutput struct {
	Body view
}

type pdfOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition" doc:"Names the file after the document's number" example:"inline; filename=\"INV-3-000042.pdf\""`
	Body        []byte
}

type upcomingInput struct {
	OwnerQuery
	SubscriptionID id.Subscription `query:"subscriptionId" required:"true" maxLength:"40" pattern:"^sub_[0-9A-Z]{26}$" patternDescription:"a subscription id" doc:"Of which contract" example:"sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

type upcoming struct {
	BilledOn civil.Date `json:"billedOn" format:"date" doc:"The day on which it is made and charged" example:"2030-02-01"`
	Invoice  view       `json:"invoice" doc:"As it will be if nothing changes until then; it has no id and no number"`
}

type upcomingOutput struct {
	Body upcoming
}

var cursorFault = fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")

func (s service) registerList(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "listInvoices", Method: http.MethodGet, Path: "/invoices", Audience: rest.Person, Roles: readers, Service: Service,
		Summary: "List invoices and credit notes",
		About: "Customers see their own, newest first. Staff see those of the customer they name; without one, all open invoices of all customers, first what is due first, " +
			"from an index that shows a change within a second. Go on with the nextCursor while there is one.",
		Faults: []*fault.Fault{cursorFault},
		Answer: page{Invoices: []Summary{examplePaid.Summary}},
	}, s.listInvoices)
}

func (s service) listInvoices(ctx context.Context, in *listInput) (*pageOutput, error) {
	caller := rest.CallerOf(ctx)
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	var found []invoice.Invoice
	var next string
	if caller.Customer == "" && in.CustomerID == "" && (in.Status == "" || in.Status == invoice.Open) {
		found, next, err = s.Store.UnpaidInvoices(ctx, caller.Tenant, after, in.Limit)
	} else {
		var owner id.Customer
		if owner, err = ownerOf(ctx, in.CustomerID); err == nil {
			found, next, err = s.Store.Invoices(ctx, caller.Tenant, owner, in.Status, after, in.Limit)
		}
	}
	if err != nil {
		return nil, err
	}
	out := page{Invoices: make([]Summary, len(found)), NextCursor: rest.Cursor(next)}
	for n, i := range found {
		out.Invoices[n] = summaryOf(i)
	}
	return &pageOutput{out}, nil
}

func (s service) registerGet(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "getInvoice", Method: http.MethodGet, Path: "/invoices/{invoiceId}", Audience: rest.Person, Roles: readers, Service: Service,
		Summary: "Read an invoice or a credit note",
		About: "With its lines, each with how its amount comes about, the tax by rate, and what was paid. Once it is final, what is printed on it does not change. " +
			"Fields name the business terms of EN 16931 (BT-…), so that an e-invoice can be made of it. Staff name the customer.",
		Faults: []*fault.Fault{invoice.ErrUnknown},
		Answer: examplePaid, Variants: map[string]any{"credit note": exampleNote},
	}, s.getInvoice)
}

// document is the one that is asked for, with who sold.
func (s service) document(ctx context.Context, in *getInput) (i invoice.Invoice, seller billing.Seller, err error) {
	owner, err := ownerOf(ctx, in.CustomerID)
	if err != nil {
		return i, seller, err
	}
	return s.Store.Document(ctx, rest.CallerOf(ctx).Tenant, owner, in.InvoiceID)
}

func (s service) getInvoice(ctx context.Context, in *getInput) (*viewOutput, error) {
	i, seller, err := s.document(ctx, in)
	if err != nil {
		return nil, err
	}
	return &viewOutput{viewOf(i, seller)}, nil
}

func (s service) registerPDF(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "getInvoicePdf", Method: http.MethodGet, Path: "/invoices/{invoiceId}/pdf", Audience: rest.Person, Roles: readers, Service: Service,
		Summary: "Download an invoice or a credit note as PDF",
		About: "In the customer's language, with a link and a QR code to the front end's page of the document. The same document is always the same bytes. " +
			"The first type in the header Accept must be application/pdf or text/html, as browsers send it, or the gateway answers the bytes in base64. Staff name the customer.",
		Faults: []*fault.Fault{invoice.ErrUnknown}, Media: "application/pdf", Answer: "%PDF-1.3 …",
	}, s.getInvoicePDF)
}

func (s service) getInvoicePDF(ctx context.Context, in *getInput) (*pdfOutput, error) {
	i, seller, err := s.document(ctx, in)
	if err != nil {
		return nil, err
	}
	raw, err := s.Paper.Print(i, seller)
	if err != nil {
		return nil, err
	}
	return &pdfOutput{ContentType: "application/pdf", Disposition: `inline; filename="` + i.Number + `.pdf"`, Body: raw}, nil
}

func (s service) registerUpcoming(a *rest.API) {
	draft := examplePaid
	draft.Status, draft.InvoiceID, draft.Number, draft.IssuedOn, draft.DueOn, draft.SettledAt, draft.Receipts = invoice.Draft, "", "", "", "", nil, []receipt{}
	draft.Paid.Minor, draft.Due = 0, draft.Total
	rest.Register(a, rest.Op{
		ID: "getUpcomingInvoice", Method: http.MethodGet, Path: "/invoices/upcoming", Audience: rest.Person, Roles: readers, Service: Service,
		Summary: "See the next invoice of a subscription beforehand",
		About: "Made by what renews the subscription, with the change of plan that waits for the end of the period and with its credit; nothing is written. " +
			"A subscription that will not renew answers why.",
		Faults: []*fault.Fault{subscription.ErrUnknown, subscription.ErrEnded, subscription.ErrWillEnd.With("endsOn", "2030-02-01"), subscription.ErrPaused, subscription.ErrNotActive},
		Answer: upcoming{BilledOn: "2030-02-01", Invoice: draft},
	}, s.getUpcoming)
}

func (s service) getUpcoming(ctx context.Context, in *upcomingInput) (*upcomingOutput, error) {
	owner, err := ownerOf(ctx, in.CustomerID)
	if err != nil {
		return nil, err
	}
	draft, seller, on, err := s.Store.Upcoming(ctx, rest.CallerOf(ctx).Tenant, owner, in.SubscriptionID)
	if err != nil {
		return nil, err
	}
	return &upcomingOutput{upcoming{BilledOn: on, Invoice: viewOf(draft, seller)}}, nil
}
