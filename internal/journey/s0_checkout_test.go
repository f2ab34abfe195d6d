package journey

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
)

// active waits for the entitlement.
func active(t *testing.T, c *Customer, subscription string) {
	t.Helper()
	must[Answer](t)(c.Await(context.Background(), "/subscriptions/"+subscription, 20*time.Second, func(a Answer) bool {
		var s Subscription
		return json.Unmarshal(a.Raw, &s) == nil && s.Status == "active" && s.Entitlement.State == "active"
	}))
}

// purchaseTrace is the correlation id of TestPurchase's checkout, for the test of the logs at the end.
var purchaseTrace string

// S0-41, S0-42, S0-43, S0-51, S0-52: the whole flow. One checkout answers complete with the ids, charges exactly the
// total, and without further action the subscription is active, the order delivered and the receipt sent; one
// payment.succeeded, one contract.signed.
func TestPurchase(t *testing.T) {
	ctx := context.Background()
	name := newName()
	if into[Username](t, username(t, name)).Exists {
		t.Fatal("taken")
	}
	c, r := must2(t)(site.Register(ctx, name))
	item := catalogue(t, "?country=DE&itemType=subscription").Items[0]
	method := must[Method](t)(c.AddCard(ctx, card3DS))
	cart := must[Cart](t)(c.Fill(ctx, item.ItemID, "good_streaming-stick"))
	a := must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID))
	bought := into[Checkout](t, a)
	if bought.Status != "complete" || !strings.HasPrefix(bought.OrderID, "ord_") || len(bought.SubscriptionIDs) != 1 {
		t.Fatalf("%+v", bought)
	}
	charges := psp.charges(t, r.CustomerID)
	if len(charges) != 1 || charges[0].Amount != cart.Total.Minor || charges[0].Currency != "eur" || charges[0].Amount != item.Price.Minor+3900 {
		t.Fatalf("charged %+v for %+v", charges, cart.Total)
	}
	active(t, c, bought.SubscriptionIDs[0])
	o := into[Order](t, must[Answer](t)(c.Get(ctx, "/orders/"+bought.OrderID)))
	if o.Status != "delivered" || o.Total.Minor != cart.Total.Minor {
		t.Fatalf("%+v", o)
	}
	paid := exactlyOne(t, event.TypePaymentSucceeded, bought.OrderID)
	signed := exactlyOne(t, event.TypeContractSigned, bought.OrderID)
	purchaseTrace = a.Header.Get("X-Correlation-Id")
	if want := purchaseTrace; paid.CorrelationID != want || signed.CorrelationID != want {
		t.Errorf("correlation %s and %s, want %s", paid.CorrelationID, signed.CorrelationID, want)
	}
	mail, err := site.AwaitMail(ctx, name+"@example.com", 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{mail.BodyText, mail.BodyHTML} {
		if !strings.Contains(body, bought.OrderID) || !strings.Contains(body, item.Name) || !strings.Contains(body, "3155") {
			t.Errorf("the receipt lacks facts: %s", body)
		}
	}
	// S0-02: the other branch: the username is taken now, Web goes to the login, and nothing more exists than before.
	if u := into[Username](t, username(t, name)); u.NextStep != "login" {
		t.Errorf("%+v", u)
	}
	if again := must[[]Mail](t)(site.Mails(ctx, name+"@example.com")); len(again) != 1 {
		t.Errorf("%d mails", len(again))
	}
}

// S0-44: no, unconfirmed or foreign payment method: a fault and no charge.
func TestCheckoutNeedsOnesOwnConfirmedMethod(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	_, _, foreign, _ := shopper(t, cardGood)
	pending := must[Method](t)(c.BeginMethod(ctx))
	cart := must[Cart](t)(c.Fill(ctx, "plan_stream-hd"))
	for _, method := range []string{foreign.PaymentMethodID, strings.Replace(pending.Reference, "pmr_", "pmt_", 1), "pmt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"} {
		expect(t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method)), nil, http.StatusConflict, "payment_method_not_usable")
	}
	a := must[Answer](t)(c.Post(ctx, "/carts/"+cart.CartID+"/checkout", Key(), map[string]any{"returnUrl": ReturnURL}))
	expect(t, a, nil, http.StatusBadRequest, "invalid_request")
	if n := len(psp.charges(t, r.CustomerID)); n != 0 {
		t.Fatalf("%d charges", n)
	}
}

// S0-45: a declined charge is a fault with its reason class, the cart stays open, there is no contract, and another
// method works.
func TestDeclinedCharge(t *testing.T) {
	ctx := context.Background()
	for card, reason := range map[string]string{cardDeclines: "card_declined", cardInsufficient: "insufficient_funds"} {
		c, r, method, cart := shopper(t, card)
		key := Key()
		a := expect(t, must[Answer](t)(c.Pay(ctx, key, cart.CartID, method.PaymentMethodID)), nil, http.StatusPaymentRequired, "payment_declined")
		if detail(a, "reason") != reason {
			t.Errorf("reason %q, want %q", detail(a, "reason"), reason)
		}
		if again := must[Answer](t)(c.Pay(ctx, key, cart.CartID, method.PaymentMethodID)); again.Status != a.Status || again.Code() != a.Code() {
			t.Errorf("the same key answers %d %s", again.Status, again.Raw)
		}
		if open := into[Cart](t, must[Answer](t)(c.Get(ctx, "/carts/"+cart.CartID))); open.Status != "open" || len(open.Lines) != 1 {
			t.Errorf("%+v", open)
		}
		if subs := must[Answer](t)(c.Get(ctx, "/subscriptions")); string(subs.Raw) != `{"subscriptions":[]}`+"\n" {
			t.Errorf("%s", subs.Raw)
		}
		exactlyOne(t, event.TypePaymentFailed, r.CustomerID)
		other := must[Method](t)(c.AddCard(ctx, cardGood))
		done := into[Checkout](t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, other.PaymentMethodID)))
		active(t, c, done.SubscriptionIDs[0])
		if n := len(psp.charges(t, r.CustomerID)); n != 1 {
			t.Errorf("%d charges", n)
		}
	}
}

// S0-48: empty, unknown or checked-out carts are faults; a checked-out cart cannot be changed.
func TestCheckoutOfWrongCarts(t *testing.T) {
	ctx := context.Background()
	c, _, method, cart := shopper(t, cardGood)
	empty := must[Cart](t)(c.Fill(ctx, "plan_sports-pass"))
	expect(t, must[Answer](t)(c.Call(ctx, http.MethodDelete, "/carts/"+empty.CartID+"/items/plan_sports-pass", nil)), nil, http.StatusOK, "")
	expect(t, must[Answer](t)(c.Pay(ctx, Key(), empty.CartID, method.PaymentMethodID)), nil, http.StatusConflict, "cart_empty")
	expect(t, must[Answer](t)(c.Pay(ctx, Key(), "cart_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", method.PaymentMethodID)), nil, http.StatusNotFound, "cart_not_found")
	done := into[Checkout](t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID)))
	a := expect(t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID)), nil, http.StatusConflict, "cart_checked_out")
	if detail(a, "orderId") != done.OrderID {
		t.Errorf("%s", a.Raw)
	}
	expect(t, add(t, c, cart.CartID, item("plan_sports-pass")), nil, http.StatusConflict, "cart_checked_out")
	expect(t, must[Answer](t)(c.Call(ctx, http.MethodDelete, "/carts/"+cart.CartID+"/items/plan_stream-hd", nil)), nil, http.StatusConflict, "cart_checked_out")
	if read := into[Cart](t, must[Answer](t)(c.Get(ctx, "/carts/"+cart.CartID))); read.Status != "checked_out" || read.OrderID != done.OrderID {
		t.Errorf("%+v", read)
	}
}

// S0-50: a subscription that is active already is a fault without a charge, also from two carts at once.
func TestSubscriptionTwice(t *testing.T) {
	ctx := context.Background()
	c, r, method, cart := shopper(t, cardGood)
	second := must[Cart](t)(c.Fill(ctx, "plan_stream-hd"))
	answers := parallel(t, 2, func(i int) (Answer, error) {
		return c.Pay(ctx, Key(), []string{cart.CartID, second.CartID}[i], method.PaymentMethodID)
	})
	done, refused := answers[0], answers[1]
	if done.Status != http.StatusOK {
		done, refused = refused, done
	}
	expect(t, done, nil, http.StatusOK, "")
	expect(t, refused, nil, http.StatusConflict, "subscription_already_active")
	third := must[Cart](t)(c.Fill(ctx, "plan_stream-hd"))
	expect(t, must[Answer](t)(c.Pay(ctx, Key(), third.CartID, method.PaymentMethodID)), nil, http.StatusConflict, "subscription_already_active")
	if n := len(psp.charges(t, r.CustomerID)); n != 1 {
		t.Fatalf("%d charges", n)
	}
}
