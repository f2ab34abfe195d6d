package journey

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"turnup/internal/base/event"
)

// once checks that a cart's checkout had one effect: one charge not given back, one order, one active contract.
func settledOnce(t *testing.T, c *Customer, customer string, done Checkout) {
	t.Helper()
	if charges := psp.charges(t, customer); len(charges) != 1 || charges[0].AmountRefunded != 0 {
		t.Fatalf("charges: %+v", charges)
	}
	active(t, c, done.SubscriptionIDs[0])
	var list struct{ Subscriptions []Subscription }
	if err := must[Answer](t)(c.Get(context.Background(), "/subscriptions")).Into(&list); err != nil || len(list.Subscriptions) != 1 {
		t.Fatalf("contracts: %+v %v", list, err)
	}
	exactlyOne(t, event.TypeContractSigned, done.OrderID)
	exactlyOne(t, event.TypePaymentSucceeded, done.OrderID)
}

// S0-47: parallel checkouts of one cart, with one key and with many, give one charge, one contract, the same answer.
func TestParallelCheckouts(t *testing.T) {
	ctx := context.Background()
	for _, try := range []struct {
		name, shared string
		slow         pspFault
	}{
		// a slow answer makes all the others come while the charge is made already …
		{"one key, slow answer", Key(), pspFault{Method: http.MethodPost, Path: "/v1/payment_intents", Mode: "hang", Effect: true, HangMs: 800, Times: 1}},
		{"many keys, slow answer", "", pspFault{Method: http.MethodPost, Path: "/v1/payment_intents", Mode: "hang", Effect: true, HangMs: 800, Times: 1}},
		// … and a request that is slow to get through lets them all ask for a charge of which the PSP knows nothing yet
		{"many keys, slow request", "", pspFault{Method: http.MethodPost, Path: "/v1/payment_intents", Mode: "slow", HangMs: 700}},
	} {
		name, key := try.name, Key
		if try.shared != "" {
			key = func() string { return try.shared }
		}
		c, r, method, cart := shopper(t, cardGood)
		psp.fails(t, try.slow)
		answers := parallel(t, 6, func(int) (Answer, error) { return c.Pay(ctx, key(), cart.CartID, method.PaymentMethodID) })
		psp.heals(t)
		for _, a := range answers {
			expect(t, a, nil, http.StatusOK, "")
			if string(a.Raw) != string(answers[0].Raw) {
				t.Fatalf("%s: answers differ: %s %s", name, a.Raw, answers[0].Raw)
			}
		}
		settledOnce(t, c, r.CustomerID, into[Checkout](t, answers[0]))
	}
}

// S0-47: the PSP charged, but its answer was lost; the customer tries again with the same key, or with a new one. One
// charge, and the purchase is complete.
func TestLostAnswerIsFoundByTheCustomer(t *testing.T) {
	ctx := context.Background()
	for _, mode := range []string{"lost", "after"} {
		for _, sameKey := range []bool{true, false} {
			psp.delivers(t, map[string]any{"drop": true})
			c, r, method, cart := shopper(t, cardGood)
			psp.fails(t, pspFault{Method: http.MethodPost, Path: "/v1/payment_intents", Mode: mode, Times: 1})
			key := Key()
			expect(t, must[Answer](t)(c.Pay(ctx, key, cart.CartID, method.PaymentMethodID)), nil, http.StatusServiceUnavailable, "payment_unsettled")
			if !sameKey {
				key = Key()
			}
			a := must[Answer](t)(c.Pay(ctx, key, cart.CartID, method.PaymentMethodID))
			settledOnce(t, c, r.CustomerID, into[Checkout](t, a))
		}
	}
}

// S0-47: the answer is lost, the webhook too, and the customer is gone: settlement finds the charge.
func TestLostAnswerIsFoundBySettlement(t *testing.T) {
	ctx := context.Background()
	psp.delivers(t, map[string]any{"drop": true})
	c, r, method, cart := shopper(t, cardGood)
	psp.fails(t, pspFault{Method: http.MethodPost, Path: "/v1/payment_intents", Mode: "lost", Times: 1})
	expect(t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID)), nil, http.StatusServiceUnavailable, "payment_unsettled")
	var read Cart
	eventually(t, 40*time.Second, "settlement completes the checkout", func() bool {
		read = into[Cart](t, must[Answer](t)(c.Get(ctx, "/carts/"+cart.CartID)))
		return read.Status == "checked_out"
	})
	var list struct{ Subscriptions []Subscription }
	if err := must[Answer](t)(c.Get(ctx, "/subscriptions")).Into(&list); err != nil || len(list.Subscriptions) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	settledOnce(t, c, r.CustomerID, Checkout{OrderID: read.OrderID, SubscriptionIDs: []string{list.Subscriptions[0].SubscriptionID}})
}

// The PSP never got to the charge: settlement opens the cart again, and nothing was charged.
func TestNeverChargedIsReopened(t *testing.T) {
	ctx := context.Background()
	c, r, method, cart := shopper(t, cardGood)
	psp.fails(t, pspFault{Method: http.MethodPost, Path: "/v1/payment_intents", Mode: "refuse", Times: 1})
	expect(t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID)), nil, http.StatusServiceUnavailable, "payment_unsettled")
	eventually(t, 40*time.Second, "the cart is open again", func() bool {
		return into[Cart](t, must[Answer](t)(c.Get(ctx, "/carts/"+cart.CartID))).Status == "open"
	})
	if n := len(psp.charges(t, r.CustomerID)); n != 0 {
		t.Fatalf("%d charges", n)
	}
	a := must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID))
	settledOnce(t, c, r.CustomerID, into[Checkout](t, a))
}

// S0-34, S0-47: the webhook is there before the answer, five times, in any order.
func TestWebhookBeforeTheAnswer(t *testing.T) {
	ctx := context.Background()
	c, r, method, cart := shopper(t, cardGood)
	psp.delivers(t, map[string]any{"duplicate": 4, "reorder": true})
	// the charge is made at once and told by webhook, while its answer takes its time
	psp.fails(t, pspFault{Method: http.MethodPost, Path: "/v1/payment_intents", Mode: "hang", Effect: true, HangMs: 2500, Times: 1})
	a := must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID))
	settledOnce(t, c, r.CustomerID, into[Checkout](t, a))
}

// S0-46: the bank wants the customer at charge time: redirect required again, and the checkout completes after it, by
// calling it again or by the webhook alone.
func TestAuthenticationAtChargeTime(t *testing.T) {
	ctx := context.Background()
	for _, again := range []bool{true, false} {
		c, r, method, cart := shopper(t, cardAlways3DS)
		key := Key()
		first := into[Checkout](t, must[Answer](t)(c.Pay(ctx, key, cart.CartID, method.PaymentMethodID)))
		if first.Status != "redirect_required" || first.RedirectURL == "" {
			t.Fatalf("%+v", first)
		}
		if repeated := into[Checkout](t, must[Answer](t)(c.Pay(ctx, key, cart.CartID, method.PaymentMethodID))); repeated.RedirectURL != first.RedirectURL {
			t.Fatalf("%+v", repeated)
		}
		if n := len(psp.charges(t, r.CustomerID)); n != 0 {
			t.Fatalf("%d charges before authentication", n)
		}
		back := must[url.Values](t)(NewBrowser().Pay(ctx, first.RedirectURL, "", Pass))
		if back.Get("redirect_status") != "succeeded" {
			t.Fatalf("%v", back)
		}
		if again {
			done := into[Checkout](t, must[Answer](t)(c.Pay(ctx, key, cart.CartID, method.PaymentMethodID)))
			if done.Status != "complete" || done.OrderID != first.OrderID {
				t.Fatalf("%+v", done)
			}
			fresh := into[Checkout](t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID)))
			if fresh.Status != "complete" {
				t.Fatalf("%+v", fresh)
			}
		}
		settledOnce(t, c, r.CustomerID, first)
	}
}

// S0-46: failed authentication at charge time is a decline; the customer may also change their mind while asked, and pay
// with another card.
func TestFailedAuthenticationAtChargeTime(t *testing.T) {
	ctx := context.Background()
	c, r, method, cart := shopper(t, cardAlways3DS)
	first := into[Checkout](t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID)))
	must[url.Values](t)(NewBrowser().Pay(ctx, first.RedirectURL, "", Fail))
	eventually(t, 10*time.Second, "the cart is open again", func() bool {
		return into[Cart](t, must[Answer](t)(c.Get(ctx, "/carts/"+cart.CartID))).Status == "open"
	})
	second := into[Checkout](t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID)))
	if second.Status != "redirect_required" || second.PaymentID == first.PaymentID {
		t.Fatalf("%+v", second)
	}
	other := must[Method](t)(c.AddCard(ctx, cardGood))
	done := into[Checkout](t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, other.PaymentMethodID)))
	if done.Status != "complete" {
		t.Fatalf("%+v", done)
	}
	settledOnce(t, c, r.CustomerID, done)
}
