package journey

import (
	"bytes"
	"net/http"
	"testing"
	"time"
)

// given is a refund as staff read it.
type given struct {
	RefundID, CreditNoteID, Status string
	Amount                         Amount
}

// S3-134, S3-58: staff give back a part of what a card paid for an invoice to the card, with a credit note, and another part to the wallet as
// goodwill; never more than was paid; the same call under the same key gives back once.
func TestS3Refunds(t *testing.T) {
	ctx := t.Context()
	c, r, made := subscribed(t, "plan_stream-hd")
	i := must[Invoice](t)(c.AwaitInvoice(ctx, invoiceOf(made.Order.OrderID), "paid", 30*time.Second))
	path, key := "/admin/customers/"+r.CustomerID+"/invoices/"+i.InvoiceID+"/refunds", Key()
	part := map[string]any{"amount": 500, "to": "card", "reason": "Outage in May"}
	for range 2 {
		g := into[given](t, expect(t, must[Answer](t)(admin(t).Post(ctx, path, key, part)), nil, http.StatusCreated, ""))
		if g.Amount.Minor != 500 || g.CreditNoteID == "" {
			t.Fatalf("%+v", g)
		}
	}
	listed := func() []given {
		return into[struct{ Refunds []given }](t, expect(t, must[Answer](t)(admin(t).Get(ctx, path)), nil, http.StatusOK, "")).Refunds
	}
	eventually(t, 30*time.Second, "the PSP has given it back", func() bool { all := listed(); return len(all) == 1 && all[0].Status == "settled" })
	if charges := psp.charges(t, r.CustomerID); len(charges) != 1 || charges[0].AmountRefunded != 500 {
		t.Errorf("%+v", charges)
	}
	eventually(t, 30*time.Second, "the customer is told", func() bool {
		a := must[Answer](t)(admin(t).Get(ctx, "/admin/customers/"+r.CustomerID+"/mails"))
		return bytes.Contains(a.Raw, []byte(`"invoice-refund"`))
	})
	note := into[Invoice](t, expect(t, must[Answer](t)(c.Get(ctx, "/invoices/"+listed()[0].CreditNoteID)), nil, http.StatusOK, ""))
	if note.Kind != "credit_note" || note.Total.Minor != 500 || note.Net+note.Tax != 500 || note.Number[:3] != "CN-" {
		t.Errorf("%+v", note)
	}
	expect(t, must[Answer](t)(admin(t).Post(ctx, path, Key(), map[string]any{"amount": i.Total.Minor - 499, "to": "card", "reason": "Too much"})), nil, http.StatusConflict, "invoice_refund_too_much")
	before := balance(t, c)
	expect(t, must[Answer](t)(admin(t).Post(ctx, path, Key(), map[string]any{"amount": i.Total.Minor - 500, "to": "wallet", "reason": "Sorry", "goodwill": true})), nil, http.StatusCreated, "")
	if now := balance(t, c); now-before != i.Total.Minor-500 {
		t.Errorf("%d came into the wallet", now-before)
	}
	if after := must[Invoice](t)(c.AwaitInvoice(ctx, i.InvoiceID, "paid", time.Second)); after.Due.Minor != 0 || after.Number != i.Number || after.Total != i.Total {
		t.Errorf("the invoice was changed: %+v", after)
	}
	expect(t, must[Answer](t)(admin(t).Post(ctx, path, Key(), map[string]any{"amount": 1, "to": "wallet", "reason": "Nothing is left"})), nil, http.StatusConflict, "invoice_refund_too_much")
}
