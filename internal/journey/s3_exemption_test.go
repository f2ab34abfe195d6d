package journey

import (
	"bytes"
	"context"
	"net/http"
	"testing"
	"time"

	"turnup/internal/base/event"
)

// taxed is how an invoice states its tax.
type taxed struct {
	Total    Amount
	Net, Tax int64
	Corrects string `json:"correctsInvoiceId"`
	Buyer    struct{ TaxID string }
	Lines    []struct {
		Amount      Amount
		TaxRate     int64
		TaxCategory string
	}
	Taxes []struct {
		TaxRate, Net, Tax int64
		TaxCategory       string
		Exemption         *struct{ Reason, Code string }
	}
}

func (s viewer) taxes(t *testing.T, invoice string) (raw []byte, is taxed) {
	t.Helper()
	a := must[Answer](t)(s.Get(context.Background(), "/invoices/"+invoice))
	return a.Raw, into[taxed](t, expect(t, a, nil, http.StatusOK, ""))
}

var reverseCharge = map[string]any{"reason": "Reverse charge", "code": "VATEX-EU-AE", "taxId": "ATU00000000", "certificate": "FA 12/2029/4711"}

// exempts notes that a customer pays no tax, or, without a body, that they do.
func exempts(t *testing.T, customer string, body any) {
	t.Helper()
	billing := staff(t, "billing")
	method := http.MethodPut
	if body == nil {
		method = http.MethodDelete
	}
	expect(t, must[Answer](t)(billing.Call(context.Background(), method, "/admin/customers/"+customer+"/tax-exemption", body)), nil, http.StatusOK, "")
}

// S3-58: an exemption is staff's to note and to withdraw, shown to them and to the customer; what an invoice could not state is refused.
func TestS3Exempting(t *testing.T) {
	ctx := context.Background()
	c, r, err := site.Register(ctx, newName())
	if err != nil {
		t.Fatal(err)
	}
	path := "/admin/customers/" + r.CustomerID + "/tax-exemption"
	billing := staff(t, "billing")
	expect(t, must[Answer](t)(billing.Put(ctx, path, map[string]any{"reason": "Reverse charge", "code": "VATEX-EU-AE"})), nil, http.StatusBadRequest, "tax_exemption_invalid")
	expect(t, must[Answer](t)(billing.Put(ctx, path, map[string]any{"reason": "two\nlines"})), nil, http.StatusBadRequest, "tax_exemption_invalid")
	expect(t, must[Answer](t)(billing.Put(ctx, path, reverseCharge, Header{"If-Match", `"99"`})), nil, http.StatusPreconditionFailed, "version_mismatch")
	expect(t, must[Answer](t)(staff(t, "support").Put(ctx, path, reverseCharge)), nil, http.StatusForbidden, "forbidden")
	type profile struct {
		TaxExemption *struct{ Reason, Code, TaxID, Certificate string }
	}
	shown := func(by *Customer) profile {
		return into[profile](t, expect(t, must[Answer](t)(by.Get(ctx, "/customers/"+r.CustomerID)), nil, http.StatusOK, ""))
	}
	if is := shown(c); is.TaxExemption != nil {
		t.Errorf("%+v", is)
	}
	for range 2 {
		exempts(t, r.CustomerID, reverseCharge)
	}
	for _, by := range []*Customer{c, billing} {
		if is := shown(by).TaxExemption; is == nil || is.Reason != "Reverse charge" || is.Code != "VATEX-EU-AE" || is.TaxID != "ATU00000000" || is.Certificate != "FA 12/2029/4711" {
			t.Errorf("%+v", is)
		}
	}
	exactlyOne(t, event.TypeCustomerUpdated, r.CustomerID)
	for range 2 {
		exempts(t, r.CustomerID, nil)
	}
	if is := shown(c); is.TaxExemption != nil {
		t.Errorf("%+v", is)
	}
}

// S3-12, S3-34, S3-36, S3-38, S3-58: a buyer who becomes exempt is given back what was charged with tax, and charged without: by quote, charge and invoice
// alike. What was invoiced stays when the exemption is withdrawn, and is given back without tax.
func TestS3ExemptContract(t *testing.T) {
	ctx := context.Background()
	s := living(t, time.Date(2029, 1, 10, 12, 0, 0, 0, time.UTC), cardGood)
	exempts(t, s.id, reverseCharge)
	path := "/subscriptions/" + s.sub
	q := into[Proration](t, expect(t, must[Answer](t)(s.Get(ctx, path+"/proration?planId=plan_stream-4k")), nil, http.StatusOK, ""))
	if q.Unused.Minor != 1299 || q.Charge.Minor != 1512 || q.DueNow.Minor != 213 || q.NextRenewal.Amount.Minor != 1512 {
		t.Errorf("%+v", q)
	}
	up := into[PlanChanged](t, expect(t, must[Answer](t)(s.Post(ctx, path+"/change-plan", Key(), map[string]any{"planId": "plan_stream-4k", "quoteId": q.QuoteID})), nil, http.StatusOK, ""))
	_, changed := s.taxes(t, up.InvoiceID)
	if up.Charged != q.DueNow || changed.Total != q.DueNow || changed.Lines[0].TaxRate != 1900 || changed.Lines[0].TaxCategory != "S" || changed.Lines[1].TaxRate != 0 || changed.Lines[1].TaxCategory != "AE" ||
		changed.Taxes[0].Tax != 0 || changed.Taxes[0].Net != 1512 || changed.Taxes[1].Net != -1092 || changed.Taxes[1].Tax != -207 || changed.Taxes[1].Exemption != nil {
		t.Errorf("%+v", changed)
	}
	next := into[Upcoming](t, expect(t, must[Answer](t)(s.Get(ctx, "/invoices/upcoming?subscriptionId="+s.sub)), nil, http.StatusOK, ""))
	advance(t, s.clock, time.Date(2029, 2, 10, 12, 0, 0, 0, time.UTC))
	renewed := string(s.contract(t).Billed)
	before, bill := s.taxes(t, renewed)
	charges := psp.charges(t, s.id)
	if charged := charges[len(charges)-1].Amount + charges[0].Amount - q.DueNow.Minor; len(charges) != 2 || charged != 1512 || next.Invoice.Total.Minor != 1512 || bill.Total.Minor != 1512 || bill.Net != 1512 || bill.Tax != 0 {
		t.Errorf("%+v, %+v, %+v", charges, next, bill)
	}
	if e := bill.Taxes[0].Exemption; e == nil || e.Reason != "Reverse charge" || e.Code != "VATEX-EU-AE" || bill.Taxes[0].TaxCategory != "AE" || bill.Buyer.TaxID != "ATU00000000" {
		t.Errorf("%+v", bill)
	}
	exempts(t, s.id, nil)
	if after, _ := s.taxes(t, renewed); !bytes.Equal(after, before) {
		t.Errorf("%s\nwas\n%s", after, before)
	}
	next = into[Upcoming](t, expect(t, must[Answer](t)(s.Get(ctx, "/invoices/upcoming?subscriptionId="+s.sub)), nil, http.StatusOK, ""))
	if next.Invoice.Total.Minor != 1799 || next.Invoice.Tax != 287 {
		t.Errorf("%+v", next.Invoice)
	}
	ended := into[Cancelled](t, expect(t, must[Answer](t)(s.Post(ctx, path+"/cancel", Key(), map[string]any{"mode": "now"})), nil, http.StatusOK, ""))
	if _, note := s.taxes(t, ended.CreditNoteID); ended.Back.Minor != 1512 || note.Total != ended.Back || note.Tax != 0 || note.Corrects != renewed || note.Taxes[0].Exemption == nil {
		t.Errorf("%+v, %+v", ended, note)
	}
}

// S3-34, S3-58: an exempt buyer's order is locked at the price without tax, as it was quoted, and so is its invoice, also when the exemption is
// withdrawn before it is paid; a part of a first period is a part of that price.
func TestS3ExemptOrder(t *testing.T) {
	ctx := context.Background()
	c, r, err := site.Register(ctx, newName())
	if err != nil {
		t.Fatal(err)
	}
	_ = must[Method](t)(c.AddCard(ctx, cardGood))
	exempts(t, r.CustomerID, map[string]any{"reason": "Diplomatic mission"})
	s := viewer{Customer: c, id: r.CustomerID}
	quoted := into[struct{ Price, Payable Amount }](t, expect(t, must[Answer](t)(c.Get(ctx, "/plans/plan_stream-hd/quote")), nil, http.StatusOK, ""))
	o := ordered(t, c, "plan_stream-hd", "")
	if quoted.Payable.Minor != 1092 || o.Total != quoted.Payable || o.Price != quoted.Price {
		t.Errorf("%+v, %+v", quoted, o)
	}
	made := into[Subscribed](t, expect(t, must[Answer](t)(c.Subscribe(ctx, Key(), "plan_stream-4k", map[string]any{"billingDay": 1})), nil, http.StatusCreated, ""))
	exempts(t, r.CustomerID, nil)
	fund(t, r.CustomerID, 1092)
	payByWallet(t, c, o.OrderID)
	for order, total := range map[string]Amount{o.OrderID: o.Total, made.Order.OrderID: made.Amount} {
		_ = must[Invoice](t)(c.AwaitInvoice(ctx, invoiceOf(order), "paid", 20*time.Second))
		if _, is := s.taxes(t, invoiceOf(order)); is.Total != total || is.Tax != 0 || is.Taxes[0].TaxCategory != "E" || is.Taxes[0].Exemption == nil || is.Taxes[0].Exemption.Reason != "Diplomatic mission" {
			t.Errorf("%+v, want %+v", is, total)
		}
	}
	if charged := psp.charges(t, r.CustomerID); len(charged) != 1 || charged[0].Amount != made.Amount.Minor || made.Amount.Minor > 1512 {
		t.Errorf("%+v, %+v", charged, made)
	}
	if is := must[Contract](t)(c.Contract(ctx, made.SubscriptionID)); is.Price.Minor != 1799 {
		t.Errorf("%+v", is)
	}
}
