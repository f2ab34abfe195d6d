package stripe_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	stripego "github.com/stripe/stripe-go/v76"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/domain/payment"
	"turnup/internal/external/stripe"
)

// cards that are refused or ask for the customer on the page.
const (
	cardGood      = "4242424242424242"
	cardChallenge = "4000000000003220"
	cardPoor      = "4000000000009995"
)

// pageEnds is the same for all, so that a request that is repeated is the same request.
var pageEnds = time.Now().Add(time.Hour).Truncate(time.Second)

func pageRequest(pay id.Payment) payment.PageRequest {
	return payment.PageRequest{
		Payment:     payment.Payment{Tenant: "demo", ID: pay, Customer: "cus_1", OrderID: "ord_1", Amount: money.Amount{Minor: 1299, Currency: "EUR"}, State: payment.Pending},
		Description: "Fibre 500 <private>", ReturnURL: shop + "/back?order=ord_1", CancelURL: shop + "/order?id=ord_1&cancelled=true",
		Expires: pageEnds, Language: "de",
	}
}

// page opens a page for a payment.
func (b *bench) page(pay id.Payment) (payment.Payment, payment.Page) {
	b.Helper()
	r := pageRequest(pay)
	page, err := b.psp.StartPage(b.Context(), r)
	ok(b.T, err)
	r.Payment.SessionID = page.SessionID
	return r.Payment, page
}

// try gives a page a card and answers its challenge, if it comes to one, with the result.
func (b *bench) try(page payment.Page, number, result string) string {
	b.Helper()
	return b.enter(payment.SetupSession{URL: page.URL}, number, result)
}

// read is a page as a person sees it.
func (b *bench) read(address string) (status int, html string) {
	b.Helper()
	res, err := browser.Get(address)
	ok(b.T, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	ok(b.T, err)
	return res.StatusCode, string(raw)
}

func (b *bench) find(p payment.Payment) payment.Charge {
	b.Helper()
	c, err := b.psp.Find(b.Context(), p)
	ok(b.T, err)
	return c
}

// S1-27: the page is for exactly the amount; asked for again, also after a lost answer, it is the same page. Who leaves
// it can come back to the front end, and who pays comes back with the session's id.
func TestPageTakesTheAmount(t *testing.T) {
	b := start(t)
	b.fault("/v1/checkout/sessions", `"mode":"lost"`)
	_, err := b.psp.StartPage(t.Context(), pageRequest("pay_1"))
	want(t, err, payment.ErrUnanswered)
	p, page := b.page("pay_1")
	_, again := b.page("pay_1")
	same(t, "asked again", again, page)
	same(t, "sessions", len(b.call(http.MethodGet, "/v1/checkout/sessions", "")["data"].([]any)), 1)
	same(t, "expires", page.ExpiresAt, pageEnds.UTC())
	_, html := b.read(page.URL)
	for _, part := range []string{"Pay €12.99", "Fibre 500 &lt;private&gt;", `<a id="back" href="https://shop.example/order?id=ord_1&amp;cancelled=true"`} {
		if !strings.Contains(html, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	open := b.find(p)
	same(t, "before", []any{open.State, open.ID, open.Tenant, open.PaymentID, open.At.IsZero()}, []any{payment.ChargeOpen, "", "demo", "pay_1", true})
	b.call(http.MethodPost, "/_sandbox/clock", `{"advanceSeconds":600}`)
	same(t, "comes back to", b.try(page, cardGood, ""), shop+"/back?order=ord_1&session_id="+p.SessionID)
	paid := b.find(p)
	same(t, "paid", []any{paid.State, paid.Amount, paid.Tenant, paid.PaymentID}, []any{payment.ChargeSucceeded, p.Amount, "demo", "pay_1"})
	if late := time.Until(paid.At.Add(-600 * time.Second)).Abs(); late > 5*time.Second {
		t.Errorf("captured at %s by the PSP's clock, %s off", paid.At, late)
	}
	b.wantMoved(1299, 0, 1)
	if status, html := b.read(page.URL); status != http.StatusOK || !strings.Contains(html, "Paid already") || strings.Contains(html, "<form") {
		t.Errorf("the page afterwards: %d %s", status, html)
	}
	other, _ := b.page("pay_2") // another attempt is another page
	same(t, "one page for two", other.SessionID == p.SessionID, false)
	for address, back := range map[string]string{shop + "/back": shop + "/back?session_id=", shop + "/back?a=b": shop + "/back?a=b&session_id="} {
		r := pageRequest(id.Payment(address))
		r.ReturnURL = address
		page, err := b.psp.StartPage(t.Context(), r)
		ok(t, err)
		same(t, address, b.try(page, cardGood, ""), back+page.SessionID)
	}
}

// While the page is open, a refused card or authentication is not the end: the customer may try another card there.
func TestPageStaysOpenAfterARefusal(t *testing.T) {
	b := start(t)
	p, page := b.page("pay_1")
	wantOpen := func(what string) {
		t.Helper()
		c := b.find(p)
		same(t, what, []any{c.State, c.PaymentID, strings.HasPrefix(c.ID, "pi_"), c.Reason}, []any{payment.ChargeOpen, "pay_1", true, ""})
		p.ChargeID = c.ID // known from now on; the page still decides
	}
	b.try(page, cardPoor, "")
	wantOpen("declined")
	if _, html := b.read(page.URL); !strings.Contains(html, "insufficient funds") {
		t.Errorf("the page does not tell: %s", html)
	}
	b.submit(page.URL, card(cardChallenge))
	wantOpen("asked by the bank")
	same(t, "back to", b.try(page, cardChallenge, "failed"), strings.TrimPrefix(page.URL, b.url))
	wantOpen("not authenticated")
	b.wantMoved(0, 0, 0)
	b.try(page, cardChallenge, "succeeded")
	paid := b.find(p)
	same(t, "paid", []any{paid.State, paid.Amount, paid.ID, paid.At.IsZero()}, []any{payment.ChargeSucceeded, p.Amount, p.ChargeID, false})
	b.wantMoved(1299, 0, 1)
}

// A page nobody paid on ends by itself, tried or not.
func TestPageExpires(t *testing.T) {
	b := start(t)
	p, _ := b.page("pay_1")
	tried, page := b.page("pay_2")
	b.try(page, cardPoor, "")
	b.call(http.MethodPost, "/_sandbox/clock", `{"advanceSeconds":3601}`)
	for _, each := range []payment.Payment{p, tried} {
		c := b.find(each)
		same(t, "expired", []any{c.State, c.Reason, c.PaymentID}, []any{payment.ChargeCancelled, payment.Abandoned, each.ID})
		c, err := b.psp.Cancel(t.Context(), each, c)
		ok(t, err)
		same(t, "ended", c.State, payment.ChargeCancelled)
	}
	if status, html := b.read(page.URL); status != http.StatusGone || !strings.Contains(html, "shop.example/order") {
		t.Errorf("the page afterwards: %d %s", status, html)
	}
}

// After Cancel nothing can be paid on the page, not even by a challenge that was open; money that came first is answered.
func TestCancelPage(t *testing.T) {
	b := start(t)
	untouched, first := b.page("pay_1")
	asked, second := b.page("pay_2")
	challenge := b.submit(second.URL, card(cardChallenge))
	for p, page := range map[*payment.Payment]payment.Page{&untouched: first, &asked: second} {
		c := b.find(*p)
		for range 2 {
			ended, err := b.psp.Cancel(t.Context(), *p, c)
			ok(t, err)
			same(t, "ended", []any{ended.State, ended.Reason, ended.PaymentID, ended.ID}, []any{payment.ChargeCancelled, payment.Abandoned, p.ID, c.ID})
		}
		res, err := browser.PostForm(page.URL, card(cardGood))
		ok(t, err)
		res.Body.Close()
		same(t, "paying", res.StatusCode, http.StatusGone)
	}
	res, err := browser.PostForm(b.url+challenge, url.Values{"result": {"succeeded"}})
	ok(t, err)
	res.Body.Close()
	b.wantMoved(0, 0, 0)

	paid, page := b.page("pay_3")
	b.try(page, cardGood, "")
	c, err := b.psp.Cancel(t.Context(), paid, payment.Charge{})
	ok(t, err)
	same(t, "the money came first", []any{c.State, c.Amount, c.At.IsZero()}, []any{payment.ChargeSucceeded, paid.Amount, false})
	for mode, fault := range map[string]string{"lost": `"mode":"lost"`, "answered 500": `"mode":"after"`} {
		p, _ := b.page(id.Payment("pay_" + mode))
		b.fault("/v1/checkout/sessions/*/expire", fault)
		_, err = b.psp.Cancel(t.Context(), p, payment.Charge{})
		want(t, err, payment.ErrUnanswered)
		c, err = b.psp.Cancel(t.Context(), p, payment.Charge{}) // asked again it is told what is
		ok(t, err)
		same(t, mode, c.State, payment.ChargeCancelled)
	}
	paid.SessionID = "cs_test_unknown"
	if _, err = b.psp.Cancel(t.Context(), paid, payment.Charge{}); err == nil {
		t.Error("an unknown page was ended")
	}
}

// What was taken is told, not what was asked for; whoever asked compares. All of it can be given back.
func TestAnotherAmountIsTold(t *testing.T) {
	for differs, want := range map[string]money.Amount{
		`"amountDelta":-299`: {Minor: 1000, Currency: "EUR"}, `"amountDelta":1`: {Minor: 1300, Currency: "EUR"}, `"currency":"chf"`: {Minor: 1299, Currency: "CHF"},
	} {
		b := start(t)
		p, page := b.page("pay_1")
		b.call(http.MethodPut, "/_sandbox/capture", `{`+differs+`}`)
		b.try(page, cardGood, "")
		c := b.find(p)
		same(t, differs, []any{c.State, c.Amount}, []any{payment.ChargeSucceeded, want})
		ok(t, b.psp.Refund(t.Context(), p, c))
		ledger := b.call(http.MethodGet, "/_sandbox/ledger", "")
		same(t, "given back", ledger["refunded"], ledger["captured"])
	}
}

// I2: money paid on a page goes back once, and a refund that exists is success whatever its request was answered.
func TestRefundOfAPage(t *testing.T) {
	b := start(t)
	p, page := b.page("pay_1")
	b.try(page, cardGood, "")
	c := b.find(p)
	b.fault("/v1/refunds", `"mode":"after"`) // Stripe keeps this 500 under the key
	for range 3 {
		ok(t, b.psp.Refund(t.Context(), p, c))
	}
	b.wantMoved(1299, 1299, 1)
	same(t, "refunded and still", b.find(p).State, payment.ChargeSucceeded)
	bad, page := b.page("pay_2")
	b.try(page, "4000000000005126", "") // its refund fails later
	c = b.find(bad)
	b.fault("/v1/refunds", `"mode":"after"`)
	ok(t, b.psp.Refund(t.Context(), bad, c))
	b.call(http.MethodPost, "/_sandbox/clock", `{"advanceSeconds":10}`)
	want(t, b.psp.Refund(t.Context(), bad, c), payment.ErrUnanswered)
}

// What has neither page nor customer at the PSP was never asked of it.
func TestFindWithoutPageOrCustomer(t *testing.T) {
	b := start(t)
	same(t, "found", b.find(payment.Payment{ID: "pay_1"}).State, payment.ChargeNone)
	if _, err := b.psp.Find(t.Context(), payment.Payment{ID: "pay_1", SessionID: "cs_unknown"}); err == nil {
		t.Error("an unknown session was found")
	}
}

// Every state of a session with every state of its PaymentIntent: money counts always, else the session decides.
func TestPageStates(t *testing.T) {
	meta := map[string]string{"turnup_payment": "pay_1", "turnup_tenant": "demo"}
	sessions := map[stripego.CheckoutSessionStatus]payment.ChargeState{"open": payment.ChargeOpen, "complete": payment.ChargeProcessing, "expired": payment.ChargeCancelled, "new": payment.ChargeProcessing}
	for status, state := range sessions {
		for _, intent := range []stripego.PaymentIntentStatus{"", "requires_payment_method", "requires_confirmation", "requires_action", "processing", "canceled", "succeeded"} {
			s := &stripego.CheckoutSession{Status: status, Metadata: meta}
			wanted, chargeID := state, ""
			if intent != "" {
				s.PaymentIntent, chargeID = &stripego.PaymentIntent{ID: "pi_1", Status: intent, Metadata: meta, AmountReceived: 5, Currency: "eur"}, "pi_1"
			}
			if intent == "succeeded" {
				wanted = payment.ChargeSucceeded
			}
			c := stripe.PageChargeOf(s)
			same(t, string(status)+" "+string(intent), []any{c.State, c.ID, c.PaymentID, c.Tenant, c.Reason == payment.Abandoned},
				[]any{wanted, chargeID, "pay_1", "demo", wanted == payment.ChargeCancelled})
		}
	}
}
