package journey

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/stripe/stripe-go/v76/webhook"

	"turnup/internal/base/event"
	"turnup/internal/platform/secrets"
)

// paging opens the gateway's page for an order.
func paging(t *testing.T, c *Customer, order string) Paid {
	t.Helper()
	page := into[Paid](t, expect(t, must[Answer](t)(c.PayOrder(context.Background(), Key(), order, "stripe")), nil, http.StatusOK, ""))
	if page.Status != "redirect_required" || page.RedirectURL == "" {
		t.Fatalf("%+v", page)
	}
	return page
}

// payOn pays on a page with a good card.
func payOn(t *testing.T, page Paid) {
	t.Helper()
	must[url.Values](t)(NewBrowser().Pay(context.Background(), page.RedirectURL, cardGood, Pass))
}

// confirmed asks whether an order's payment came, as the front end does when the customer is back.
func confirmed(t *testing.T, c *Customer, order string) string {
	t.Helper()
	a := must[Answer](t)(c.Post(context.Background(), "/orders/"+order+"/confirm", Key(), nil))
	return into[struct{ Status string }](t, expect(t, a, nil, http.StatusOK, "")).Status
}

// stays checks for a while that an order remains as it was read.
func stays(t *testing.T, c *Customer, order string, as Answer) {
	t.Helper()
	for range 5 {
		if now := must[Answer](t)(c.Get(context.Background(), "/orders/"+order)); string(now.Raw) != string(as.Raw) {
			t.Fatalf("it became %s", now.Raw)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// callbacks are the PSP's events that tell of a payment, as it would send them.
func (p pspControl) callbacks(t *testing.T, payment string) (bodies []string) {
	t.Helper()
	for _, typ := range []string{"payment_intent.succeeded", "checkout.session.completed"} {
		req := must[*http.Request](t)(http.NewRequest(http.MethodGet, site.PSP+"/v1/events?limit=100&type="+typ, nil))
		req.SetBasicAuth("sk_test_journey", "")
		res := must[*http.Response](t)(http.DefaultClient.Do(req))
		var list struct{ Data []json.RawMessage }
		err := json.NewDecoder(res.Body).Decode(&list)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%d %v", res.StatusCode, err)
		}
		for _, e := range list.Data {
			if strings.Contains(string(e), `"`+payment+`"`) {
				bodies = append(bodies, string(e))
			}
		}
	}
	if len(bodies) != 2 {
		t.Fatalf("%d events of %s: %v", len(bodies), payment, bodies)
	}
	return bodies
}

// signed is a callback's signature by the deployment's own secret.
func signed(t *testing.T, body string, at time.Time) string {
	t.Helper()
	const name = "psp-webhook-secret"
	found := must[map[string]string](t)(secrets.Read(context.Background(), ssm.NewFromConfig(site.AWS()), site.Secrets, name))
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: []byte(body), Secret: found[name], Timestamp: at}).Header
}

// call back as the PSP does.
func callBack(body, signature string) (Answer, error) {
	return site.Visitor().Call(context.Background(), http.MethodPost, "/webhooks/stripe", body, Header{"Stripe-Signature", signature})
}

// S1-26: the customer chooses between the gateway and the wallet; another method is refused, and so is each of the two where it
// is switched off, while the other one goes on. Nothing changes by it.
func TestWaysToPay(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	fund(t, r.CustomerID, 5000)
	made := ordered(t, c, "plan_stream-hd", "")
	before := must[Answer](t)(c.Get(ctx, "/orders/"+made.OrderID))
	for _, unknown := range []string{"paypal", "Stripe", "saved_card", "nothing_to_pay"} {
		expect(t, must[Answer](t)(c.PayOrder(ctx, Key(), made.OrderID, unknown)), nil, http.StatusBadRequest, "payment_way_unknown")
	}
	for on, off := range map[string]string{"wallet": "stripe", "stripe": "wallet"} {
		restore := configure(t, "payments", map[string]string{"PAYMENT_WAYS": on})
		a := expect(t, must[Answer](t)(c.PayOrder(ctx, Key(), made.OrderID, off)), nil, http.StatusConflict, "payment_way_disabled")
		if detail(a, "method") != off {
			t.Errorf("%s", a.Raw)
		}
		stays(t, c, made.OrderID, before)
		other := ordered(t, c, map[string]string{"wallet": "plan_sports-pass", "stripe": "plan_stream-4k"}[on], "")
		expect(t, must[Answer](t)(c.PayOrder(ctx, Key(), other.OrderID, on)), nil, http.StatusOK, "")
		restore()
	}
	if n := len(psp.charges(t, r.CustomerID)); n != 0 {
		t.Errorf("%d charges", n)
	}
	payByWallet(t, c, made.OrderID)
}

// S1-27: choosing the gateway answers a page that asks for exactly the locked amount, to which the customer is to be sent; asked
// again it is the same page.
func TestPageForTheLockedAmount(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	made := ordered(t, c, "plan_stream-hd", newCoupon(t, couponTerms(2000, nil)))
	page := paging(t, c, made.OrderID)
	if page.Amount != (Amount{1039, "EUR"}) || page.Amount != made.Total || page.OrderID != made.OrderID {
		t.Errorf("%+v", page)
	}
	if seen := must[Page](t)(NewBrowser().Open(ctx, page.RedirectURL)); !strings.Contains(seen.HTML, "10.39") || strings.Contains(seen.HTML, "12.99") {
		t.Errorf("the page shows %s", seen.HTML)
	}
	if again := paging(t, c, made.OrderID); again != page {
		t.Errorf("%+v, then %+v", page, again)
	}
	payOn(t, page)
	delivered(t, c, made.OrderID)
	if all := psp.charges(t, r.CustomerID); len(all) != 1 || all[0].Amount != 1039 || all[0].Currency != "eur" {
		t.Errorf("%+v", all)
	}
}

// S1-28, S1-29: money was taken, the browser is back, and the order stays unpaid, as long as no callback verifies: with a bad
// signature, an altered body, an old time, or none, it is refused and changes nothing; one that is signed and tells of a page
// on which nothing was paid pays nothing either. The verified one pays the order.
func TestOnlyTheVerifiedCallbackPays(t *testing.T) {
	ctx := context.Background()
	psp.delivers(t, map[string]any{"drop": true})
	c, r := newCustomer(t)
	idle, made := ordered(t, c, "plan_sports-pass", ""), ordered(t, c, "plan_stream-hd", "")
	open, page := paging(t, c, idle.OrderID), paging(t, c, made.OrderID)
	back := must[url.Values](t)(NewBrowser().Pay(ctx, page.RedirectURL, cardGood, Pass))
	if back.Get("order") != made.OrderID || len(psp.charges(t, r.CustomerID)) != 1 {
		t.Fatalf("back with %v, charges %+v", back, psp.charges(t, r.CustomerID))
	}
	before := must[Answer](t)(c.Get(ctx, "/orders/"+made.OrderID))
	if into[PlanOrder](t, before).Status != "unpaid" {
		t.Fatalf("paid by the browser's return: %s", before.Raw)
	}
	stays(t, c, made.OrderID, before)

	bodies, now := psp.callbacks(t, page.PaymentID), time.Now()
	for _, body := range bodies {
		valid := signed(t, body, now)
		flipped := valid[:len(valid)-1] + string("0123456789abcdef0"[strings.IndexByte("0123456789abcdef", valid[len(valid)-1])+1])
		for name, try := range map[string][2]string{
			"another secret":  {body, webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: []byte(body), Secret: "whsec_other", Timestamp: now}).Header},
			"flipped":         {body, flipped},
			"stale":           {body, signed(t, body, now.Add(-6*time.Minute))},
			"another amount":  {strings.ReplaceAll(body, "1299", "1298"), valid},
			"another payment": {strings.ReplaceAll(body, page.PaymentID, open.PaymentID), valid},
			"blank added":     {body + " ", valid},
			"no signature":    {body, "t=" + fmt.Sprint(now.Unix())},
		} {
			if a := must[Answer](t)(callBack(try[0], try[1])); a.Status != http.StatusUnauthorized || a.Code() != "signature_invalid" {
				t.Errorf("%s: %d %s", name, a.Status, a.Raw)
			}
		}
	}
	unpaid := strings.ReplaceAll(bodies[1], page.PaymentID, open.PaymentID) // the PSP is asked, and knows better
	expect(t, must[Answer](t)(callBack(unpaid, signed(t, unpaid, now))), nil, http.StatusOK, "")
	stays(t, c, made.OrderID, before)
	if other := must[PlanOrder](t)(c.ReadOrder(ctx, idle.OrderID)); other.Status != "unpaid" {
		t.Errorf("%+v", other)
	}
	if told := crm.of(event.TypePaymentSucceeded, made.OrderID); len(told) != 0 {
		t.Errorf("%+v", told)
	}

	expect(t, must[Answer](t)(callBack(bodies[0], signed(t, bodies[0], time.Now()))), nil, http.StatusOK, "")
	if done := delivered(t, c, made.OrderID); done.PaymentID != page.PaymentID || done.PaidBy != "stripe" {
		t.Errorf("%+v", done)
	}
}

// S1-30: the PSP took another amount, or another currency, than was asked for: the order is not paid, not by asking either; the
// operator is told what came, and it is booked. The customer can still pay otherwise.
func TestAnotherAmountPaysNothing(t *testing.T) {
	for name, differs := range map[string]map[string]any{"less": {"amountDelta": -100}, "more": {"amountDelta": 1}, "another currency": {"currency": "usd"}} {
		c, r := newCustomer(t)
		fund(t, r.CustomerID, 1299)
		made := ordered(t, c, "plan_stream-hd", "")
		page := paging(t, c, made.OrderID)
		psp.send(t, http.MethodPut, "capture", differs)
		payOn(t, page)
		var parked struct {
			Reason, OrderID, PaymentID string
			Captured                   *Amount
		}
		if err := json.Unmarshal(exactlyOne(t, event.TypePaymentParked, made.OrderID).Data, &parked); err != nil {
			t.Fatal(err)
		}
		came := psp.charges(t, r.CustomerID)
		if len(came) != 1 || came[0].AmountRefunded != 0 || came[0].Amount == 1299 && came[0].Currency == "eur" {
			t.Fatalf("%s: %+v", name, came)
		}
		if want := (Amount{came[0].Amount, strings.ToUpper(came[0].Currency)}); parked.Reason != "amount_differs" || parked.PaymentID != page.PaymentID || parked.Captured == nil || *parked.Captured != want {
			t.Errorf("%s: %+v, want %+v", name, parked, want)
		}
		for range 2 {
			if is := confirmed(t, c, made.OrderID); is != "unpaid" {
				t.Errorf("%s: %s", name, is)
			}
		}
		if got := booked(t, r.CustomerID, "unassigned"); len(got) != 1 || got[0].On("psp_cash") != came[0].Amount || got[0].On("suspense") != -came[0].Amount || got[0].Currency != strings.ToUpper(came[0].Currency) {
			t.Errorf("%s: booked %+v", name, got)
		}
		payByWallet(t, c, made.OrderID)
		delivered(t, c, made.OrderID)
		if len(booked(t, r.CustomerID, "page_sale")) != 0 || len(booked(t, r.CustomerID, "wallet_sale")) != 1 {
			t.Errorf("%s: booked %+v", name, booked(t, r.CustomerID, ""))
		}
	}
}

// S1-31: the same callbacks twenty times at once, and again when all is done: one payment, one delivery, one of each event, and
// every copy is answered with success.
func TestCallbackAgainAndAgain(t *testing.T) {
	psp.delivers(t, map[string]any{"drop": true})
	c, r := newCustomer(t)
	made := ordered(t, c, "plan_stream-hd", "")
	page := paging(t, c, made.OrderID)
	payOn(t, page)
	bodies := psp.callbacks(t, page.PaymentID)
	again := func(n int) {
		t.Helper()
		for i, a := range parallel(t, n, func(i int) (Answer, error) {
			body := bodies[i%len(bodies)]
			return callBack(body, signed(t, body, time.Now()))
		}) {
			if a.Status < 200 || a.Status > 299 {
				t.Errorf("copy %d: %d %s", i, a.Status, a.Raw)
			}
		}
	}
	again(40)
	done := delivered(t, c, made.OrderID)
	again(6)
	onceByPage(t, c, r.CustomerID, made.OrderID, page)
	if now := must[PlanOrder](t)(c.ReadOrder(context.Background(), made.OrderID)); states(now) != states(done) || len(now.Surplus) != 0 {
		t.Errorf("%+v", now)
	}
}

// onceByPage checks that an order was paid on a page, once: one charge, kept; one entry; one of each event; one delivery.
func onceByPage(t *testing.T, c *Customer, customer, order string, page Paid) {
	t.Helper()
	done := delivered(t, c, order)
	if states(done) != "unpaid paid delivered" || done.PaymentID != page.PaymentID || done.PaidBy != "stripe" || len(done.Surplus) != 0 {
		t.Errorf("%+v", done)
	}
	if all := psp.charges(t, customer); len(all) != 1 || all[0].Amount != done.Total.Minor || all[0].AmountRefunded != 0 {
		t.Errorf("charges %+v", all)
	}
	if got := booked(t, customer, ""); len(got) != 1 || got[0].Kind != "page_sale" || got[0].On("psp_cash") != done.Total.Minor {
		t.Errorf("booked %+v", got)
	}
	for _, typ := range []event.Type{event.TypePaymentSucceeded, event.TypeOrderPaid, event.TypeOrderDelivered, event.TypeContractSigned} {
		exactlyOne(t, typ, order)
	}
	for _, s := range done.SubscriptionIDs {
		active(t, c, s)
	}
}
