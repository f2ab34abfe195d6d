package journey

import (
	"context"
	"net/http"
	"testing"

	"turnup/internal/base/event"
)

// sentOnce sends one POST fifty times at once under one key, then again, and then with another body: one answer for all, and a
// refusal.
func sentOnce(t *testing.T, c *Customer, path string, body, other any, status int) Answer {
	t.Helper()
	ctx, key := context.Background(), Key()
	answers := parallel(t, 50, func(int) (Answer, error) { return c.Post(ctx, path, key, body) })
	answers = append(answers, must[Answer](t)(c.Post(ctx, path, key, body)))
	for _, a := range answers {
		expect(t, a, nil, status, "")
		if string(a.Raw) != string(answers[0].Raw) {
			t.Fatalf("%s: answers differ: %s %s", path, a.Raw, answers[0].Raw)
		}
	}
	if other != nil {
		expect(t, must[Answer](t)(c.Post(ctx, path, key, other)), nil, http.StatusUnprocessableEntity, "idempotency_key_reused")
	}
	return answers[0]
}

// R6, S1-24: the same order, sent again and again at once, is one order, with one event, one place among the unpaid ones and one
// use of its coupon; its key is refused for another order. So is a top-up.
func TestOrderingIsIdempotent(t *testing.T) {
	c, _ := newCustomer(t)
	code := newCoupon(t, couponTerms(2000, map[string]any{"limit": 3}))
	order := map[string]any{"planId": "plan_stream-hd", "coupon": code}
	made := into[PlanOrder](t, sentOnce(t, c, "/orders", order, map[string]any{"planId": "plan_stream-hd"}, http.StatusCreated))
	if all := ordersOf(t, c); len(all) != 1 || all[0].OrderID != made.OrderID || couponUses(t, code) != 1 {
		t.Errorf("there are %+v", all)
	}
	amount := func(minor int64) map[string]any {
		return map[string]any{"amount": map[string]any{"minor": minor, "currency": "EUR"}}
	}
	topUp := into[PlanOrder](t, sentOnce(t, c, "/wallet/top-ups", amount(700), amount(701), http.StatusCreated))
	if all := ordersOf(t, c); len(all) != 2 || topUp.Total.Minor != 700 {
		t.Errorf("there are %+v", all)
	}
	fits(t, c, unpaidLimit-2)
	exactlyOne(t, event.TypeOrderCreated, made.OrderID)
	exactlyOne(t, event.TypeOrderCreated, topUp.OrderID)
}

// R6: so is paying, either way: one debit, one page. The key is refused for the other way.
func TestPayingIsIdempotent(t *testing.T) {
	c, r := newCustomer(t)
	fund(t, r.CustomerID, 5000)
	byWallet, byPage := map[string]any{"method": "wallet"}, map[string]any{"method": "stripe", "returnUrl": ReturnURL}
	debited, paged := ordered(t, c, "plan_stream-hd", ""), ordered(t, c, "plan_sports-pass", "")
	sentOnce(t, c, "/orders/"+debited.OrderID+"/pay", byWallet, byPage, http.StatusOK)
	page := into[Paid](t, sentOnce(t, c, "/orders/"+paged.OrderID+"/pay", byPage, byWallet, http.StatusOK))
	if left := walletOf(t, c, "/wallet"); left.Available.Minor != 5000-1299 {
		t.Errorf("left %+v", left)
	}
	if again := into[Paid](t, must[Answer](t)(c.PayOrder(context.Background(), Key(), paged.OrderID, "stripe"))); again != page {
		t.Errorf("%+v, then %+v", page, again)
	}
	if _, err := NewBrowser().Pay(context.Background(), page.RedirectURL, cardGood, Pass); err != nil {
		t.Fatal(err)
	}
	for _, o := range []PlanOrder{debited, paged} {
		delivered(t, c, o.OrderID)
		exactlyOne(t, event.TypePaymentSucceeded, o.OrderID)
	}
	if all := psp.charges(t, r.CustomerID); len(all) != 1 || all[0].Amount != 999 || all[0].AmountRefunded != 0 {
		t.Errorf("%+v", all)
	}
	sentOnce(t, c, "/orders/"+paged.OrderID+"/confirm", nil, nil, http.StatusOK)
}

// R6: so is cancelling, by the customer and by an admin: one event, one place free. The key is refused for another order.
func TestCancellingIsIdempotent(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	for sender, path := range map[*Customer]string{c: "/orders/", admin(t): "/admin/customers/" + r.CustomerID + "/orders/"} {
		made, another := ordered(t, c, "plan_stream-hd", ""), ordered(t, c, "plan_sports-pass", "")
		key := Key()
		expect(t, must[Answer](t)(sender.Post(ctx, path+made.OrderID+"/cancel", key, nil)), nil, http.StatusOK, "")
		expect(t, must[Answer](t)(sender.Post(ctx, path+another.OrderID+"/cancel", key, nil)), nil, http.StatusUnprocessableEntity, "idempotency_key_reused")
		sentOnce(t, sender, path+another.OrderID+"/cancel", nil, nil, http.StatusOK)
		exactlyOne(t, event.TypeOrderCancelled, another.OrderID)
	}
	fits(t, c, unpaidLimit)
}

// R6: so is moving a wallet by hand: one entry.
func TestMovingAWalletIsIdempotent(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	path := "/admin/customers/" + r.CustomerID + "/wallet/movements"
	for _, kind := range []string{"credit", "hold", "release", "debit"} {
		sentOnce(t, admin(t), path, movement(kind, 700), movement(kind, 701), http.StatusCreated)
	}
	page := into[walletPage](t, must[Answer](t)(c.Get(ctx, "/wallet/entries?currency=EUR")))
	if left := walletOf(t, c, "/wallet"); len(page.Entries) != 4 || left.Available.Minor != 0 || left.Held.Minor != 0 {
		t.Errorf("%+v, %+v", left, page)
	}
}
