package journey

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// S3-54, S3-56, S3-58, S1-44: what was bought has an invoice that is paid, final and numbered, with its tax; it is listed, read and
// downloaded, by its customer and by staff, and by nobody else.
func TestPurchaseIsInvoiced(t *testing.T) {
	ctx := t.Context()
	c, r, method, cart := shopper(t, cardGood)
	bought := into[Checkout](t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID)))
	i := must[Invoice](t)(c.AwaitInvoice(ctx, invoiceOf(bought.OrderID), "paid", 30*time.Second))
	if !strings.HasPrefix(i.Number, "INV-") || i.Total.Minor != cart.Total.Minor || i.Due.Minor != 0 || i.Net+i.Tax != i.Total.Minor || i.Tax <= 0 || i.IssuedOn == "" ||
		i.OrderID != bought.OrderID || len(i.Receipts) != 1 || i.Receipts[0].PaymentID != bought.PaymentID || i.Seller.Name == "" || i.Buyer.Country != "DE" {
		t.Errorf("%+v", i)
	}
	var sum, tax int64
	for _, l := range i.Lines {
		sum, tax = sum+l.Amount.Minor, tax+l.Tax
	}
	if sum != i.Total.Minor || tax != i.Tax {
		t.Errorf("lines sum to %d with %d tax: %+v", sum, tax, i)
	}
	for query, want := range map[string]int{"": 1, "?status=paid": 1, "?status=open": 0, "?limit=1": 1} {
		if list := must[[]Invoice](t)(c.Invoices(ctx, query)); len(list) != want {
			t.Errorf("%q lists %+v", query, list)
		}
	}
	first := must[Answer](t)(c.InvoicePDF(ctx, i.InvoiceID))
	again := must[Answer](t)(c.InvoicePDF(ctx, i.InvoiceID))
	if first.Status != http.StatusOK || !bytes.HasPrefix(first.Raw, []byte("%PDF-")) || !bytes.Equal(first.Raw, again.Raw) || first.Header.Get("Content-Type") != "application/pdf" ||
		!strings.Contains(first.Header.Get("Content-Disposition"), i.Number+".pdf") || !bytes.Contains(first.Raw, []byte("/invoices/"+i.InvoiceID)) {
		t.Errorf("%d %v %.40q", first.Status, first.Header, first.Raw)
	}
	// The gateway goes by the first type of Accept. Local clouds take a list for one type, so that a browser's is cut to its first here.
	const browser = "text/html;q=0.9"
	link := must[Answer](t)(c.Call(ctx, http.MethodGet, "/invoices/"+i.InvoiceID+"/pdf", nil, Header{"Accept", browser}))
	if !bytes.Equal(link.Raw, first.Raw) || link.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("a link of a browser: %v %.40q", link.Header, link.Raw)
	}
	read := into[Invoice](t, expect(t, must[Answer](t)(c.Call(ctx, http.MethodGet, "/invoices/"+i.InvoiceID, nil, Header{"Accept", browser})), nil, http.StatusOK, ""))
	if read.Number != i.Number {
		t.Errorf("%+v", read)
	}
	other, _ := newCustomer(t)
	for _, path := range []string{"/invoices/" + i.InvoiceID, "/invoices/" + i.InvoiceID + "/pdf"} {
		expect(t, must[Answer](t)(other.Get(ctx, path)), nil, http.StatusNotFound, "invoice_not_found")
		expect(t, must[Answer](t)(other.Get(ctx, path+"?customerId="+r.CustomerID)), nil, http.StatusBadRequest, "invalid_request")
		expect(t, must[Answer](t)(admin(t).Get(ctx, path)), nil, http.StatusBadRequest, "invalid_request")
		expect(t, must[Answer](t)(admin(t).Get(ctx, path+"?customerId="+r.CustomerID)), nil, http.StatusOK, "")
	}
	expect(t, must[Answer](t)(c.PayInvoice(ctx, Key(), i.InvoiceID, map[string]any{})), nil, http.StatusConflict, "invoice_already_paid")
	expect(t, must[Answer](t)(c.Get(ctx, "/invoices/upcoming")), nil, http.StatusBadRequest, "invalid_request")
	if charges := psp.charges(t, r.CustomerID); len(charges) != 1 {
		t.Errorf("charged %+v", charges)
	}
}

// owing is a customer with an invoice that is not paid: their plan was paid from the wallet and renewed without a card.
func owing(t *testing.T) (c *Customer, customer string, open Invoice, clock TestClock) {
	t.Helper()
	ctx, at := context.Background(), time.Date(2030, 1, 10, 12, 0, 0, 0, time.UTC)
	clock = newTestClock(t, &at)
	c, r := newCustomer(t)
	expect(t, attach(t, clock.ClockID, r.CustomerID), nil, http.StatusOK, "")
	fund(t, r.CustomerID, 5000)
	o := into[PlanOrder](t, expect(t, must[Answer](t)(c.CreateOrder(ctx, Key(), "plan_stream-hd", "")), nil, http.StatusCreated, ""))
	payByWallet(t, c, o.OrderID)
	active(t, c, o.SubscriptionIDs[0])
	must[Invoice](t)(c.AwaitInvoice(ctx, invoiceOf(o.OrderID), "paid", 30*time.Second))
	next := into[Upcoming](t, expect(t, must[Answer](t)(c.Get(ctx, "/invoices/upcoming?subscriptionId="+o.SubscriptionIDs[0])), nil, http.StatusOK, ""))
	advance(t, clock.ClockID, at.AddDate(0, 1, 1))
	eventually(t, 30*time.Second, "the renewal is invoiced", func() bool {
		list, err := c.Invoices(ctx, "?status=open")
		if err != nil || len(list) != 1 {
			return false
		}
		open = list[0]
		return true
	})
	open = must[Invoice](t)(c.AwaitInvoice(ctx, open.InvoiceID, "open", time.Second))
	if next.BilledOn != "2030-02-10" || next.Invoice.Total != open.Total || next.Invoice.Tax != open.Tax || next.Invoice.Due != open.Due || len(next.Invoice.Lines) != len(open.Lines) ||
		next.Invoice.Lines[0].Explanation != open.Lines[0].Explanation || next.Invoice.Number != "" || next.Invoice.Status != "draft" {
		t.Errorf("upcoming %+v, made %+v", next, open)
	}
	return c, r.CustomerID, open, clock
}

// S3-55, S3-57, S3-141: the next invoice is as it was shown beforehand; it is mailed, and calls at once under keys of their own pay it once.
func TestOpenInvoiceIsPaidOnce(t *testing.T) {
	ctx := t.Context()
	c, customer, open, _ := owing(t)
	expect(t, must[Answer](t)(c.PayInvoice(ctx, Key(), open.InvoiceID, map[string]any{})), nil, http.StatusConflict, "payment_method_not_usable")
	bad := must[Method](t)(c.AddCard(ctx, cardDeclines))
	expect(t, must[Answer](t)(c.PayInvoice(ctx, Key(), open.InvoiceID, map[string]any{"paymentMethodId": bad.PaymentMethodID})), nil, http.StatusPaymentRequired, "payment_declined")
	expect(t, must[Answer](t)(c.PayInvoice(ctx, Key(), open.InvoiceID, map[string]any{"amount": open.Due.Minor + 1})), nil, http.StatusConflict, "invoice_overpaid")
	good := must[Method](t)(c.AddCard(ctx, cardGood))
	other, _ := newCustomer(t)
	theirs := must[Method](t)(other.AddCard(ctx, cardGood))
	expect(t, must[Answer](t)(c.PayInvoice(ctx, Key(), open.InvoiceID, map[string]any{"paymentMethodId": theirs.PaymentMethodID})), nil, http.StatusConflict, "payment_method_not_usable")
	var all sync.WaitGroup
	var mu sync.Mutex
	payments := map[string]int{}
	for range 20 {
		all.Go(func() {
			a, err := c.PayInvoice(ctx, Key(), open.InvoiceID, map[string]any{"paymentMethodId": good.PaymentMethodID})
			mu.Lock()
			defer mu.Unlock()
			var p struct{ PaymentID string }
			if err != nil || a.Status != http.StatusOK && a.Code() != "invoice_already_paid" || a.Status == http.StatusOK && a.Into(&p) != nil {
				t.Errorf("%d %s %v", a.Status, a.Raw, err)
			}
			if p.PaymentID != "" {
				payments[p.PaymentID]++
			}
		})
	}
	all.Wait()
	is := must[Invoice](t)(c.AwaitInvoice(ctx, open.InvoiceID, "paid", 10*time.Second))
	if charges := psp.charges(t, customer); len(charges) != 1 || charges[0].Amount != open.Due.Minor || charges[0].AmountRefunded != 0 || len(payments) != 1 || len(is.Receipts) != 1 || is.Number != open.Number {
		t.Errorf("charged %+v by %v: %+v", charges, payments, is)
	}
}

// S3-55: the bank wants the customer; a page of the gateway takes a part; the wallet the rest. Each is one receipt.
func TestInvoiceIsPaidInParts(t *testing.T) {
	ctx := t.Context()
	c, customer, open, _ := owing(t)
	always := must[Method](t)(c.AddCard(ctx, cardAlways3DS))
	asked := map[string]any{"paymentMethodId": always.PaymentMethodID, "amount": 100, "returnUrl": ReturnURL}
	away := into[Paid](t, expect(t, must[Answer](t)(c.PayInvoice(ctx, Key(), open.InvoiceID, asked)), nil, http.StatusOK, ""))
	browser := NewBrowser()
	page := must[Page](t)(browser.Open(ctx, away.RedirectURL))
	_ = must[Page](t)(browser.Authenticate(ctx, page, Pass))
	back := into[Paid](t, expect(t, must[Answer](t)(c.PayInvoice(ctx, Key(), open.InvoiceID, asked)), nil, http.StatusOK, ""))
	if away.Status != "redirect_required" || back.Status != "paid" && back.Status != "redirect_required" {
		t.Errorf("%+v, then %+v", away, back)
	}
	eventually(t, 20*time.Second, "the part is paid", func() bool {
		i, err := c.AwaitInvoice(ctx, open.InvoiceID, "open", time.Second)
		return err == nil && i.Due.Minor == open.Due.Minor-100
	})
	onPage := map[string]any{"method": "stripe", "amount": 200, "returnUrl": ReturnURL}
	first := into[Paid](t, expect(t, must[Answer](t)(c.PayInvoice(ctx, Key(), open.InvoiceID, onPage)), nil, http.StatusOK, ""))
	same := into[Paid](t, expect(t, must[Answer](t)(c.PayInvoice(ctx, Key(), open.InvoiceID, onPage)), nil, http.StatusOK, ""))
	if first.RedirectURL == "" || first != same {
		t.Errorf("%+v and %+v", first, same)
	}
	if _, err := NewBrowser().Pay(ctx, first.RedirectURL, cardGood, Pass); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "the page's part is paid", func() bool {
		i, err := c.AwaitInvoice(ctx, open.InvoiceID, "open", time.Second)
		return err == nil && i.Due.Minor == open.Due.Minor-300
	})
	fund(t, customer, open.Due.Minor)
	_ = into[Paid](t, expect(t, must[Answer](t)(c.PayInvoice(ctx, Key(), open.InvoiceID, map[string]any{"method": "wallet"})), nil, http.StatusOK, ""))
	if is := must[Invoice](t)(c.AwaitInvoice(ctx, open.InvoiceID, "paid", 10*time.Second)); len(is.Receipts) != 3 {
		t.Errorf("%+v", is)
	}
}

// S3-55, S3-58: staff withdraw an open invoice: it stays with its number, and nothing is to be paid.
func TestInvoiceIsWithdrawn(t *testing.T) {
	ctx := t.Context()
	c, customer, open, _ := owing(t)
	var listed bool
	eventually(t, 10*time.Second, "staff see what is unpaid", func() bool {
		cursor := ""
		for {
			a := must[Answer](t)(admin(t).Get(ctx, "/invoices?limit=100"+cursor))
			var page struct {
				Invoices   []Invoice
				NextCursor string
			}
			if err := a.Into(&page); err != nil {
				t.Fatal(err)
			}
			for _, i := range page.Invoices {
				listed = listed || i.InvoiceID == open.InvoiceID
			}
			if cursor = "&cursor=" + page.NextCursor; listed || page.NextCursor == "" {
				return listed
			}
		}
	})
	key, body := Key(), map[string]any{"customerId": customer, "reason": "Made in error"}
	for range 2 {
		void := into[Invoice](t, expect(t, must[Answer](t)(admin(t).Post(ctx, "/invoices/"+open.InvoiceID+"/void", key, body)), nil, http.StatusOK, ""))
		if void.Status != "void" || void.Number != open.Number || void.Due.Minor != 0 {
			t.Errorf("%+v", void)
		}
	}
	expect(t, must[Answer](t)(c.PayInvoice(ctx, Key(), open.InvoiceID, map[string]any{})), nil, http.StatusConflict, "invoice_void")
	expect(t, must[Answer](t)(admin(t).Post(ctx, "/invoices/"+open.InvoiceID+"/write-off", Key(), body)), nil, http.StatusConflict, "invoice_void")
}
