package journey

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"turnup/internal/base/event"
)

// answeredOnce is sentOnce where a charge is on its way meanwhile: who comes while nobody knows what became of it is told to ask again, with the
// same key, and does.
func answeredOnce(t *testing.T, c *Customer, key, path string, body, other any, status int) Answer {
	t.Helper()
	ctx := context.Background()
	answers := parallel(t, 50, func(int) (a Answer, err error) {
		for range 20 {
			if a, err = c.Post(ctx, path, key, body); err != nil || a.Code() != "payment_unsettled" {
				break
			}
			if a.Header.Get("Retry-After") == "" {
				return a, fmt.Errorf("nobody is told when to ask again: %s", a.Raw)
			}
			time.Sleep(200 * time.Millisecond)
		}
		return a, err
	})
	for _, a := range append(answers, must[Answer](t)(c.Post(ctx, path, key, body))) {
		expect(t, a, nil, status, "")
		if lasting(t, a) != lasting(t, answers[0]) {
			t.Fatalf("%s: answers differ: %s %s", path, a.Raw, answers[0].Raw)
		}
	}
	if other != nil {
		expect(t, must[Answer](t)(c.Post(ctx, path, key, other)), nil, http.StatusUnprocessableEntity, "idempotency_key_reused")
	}
	return answers[0]
}

// lasting is an answer without how the order stands by now, which goes on after it.
func lasting(t *testing.T, a Answer) string {
	t.Helper()
	said := into[map[string]any](t, a)
	if o, ok := said["order"].(map[string]any); ok {
		delete(o, "status")
		delete(o, "history")
	}
	return fmt.Sprint(said)
}

// R6, S3-31: the same subscription fifty times at once is one order, one charge and one invoice; its key is refused for another plan.
func TestSubscribingIsIdempotent(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	must[Method](t)(c.AddCard(ctx, cardGood))
	made := into[Subscribed](t, answeredOnce(t, c, Key(), "/subscriptions", map[string]any{"planId": "plan_stream-hd"}, map[string]any{"planId": "plan_sports-pass"}, http.StatusCreated))
	active(t, c, made.SubscriptionID)
	if charges, orders := psp.charges(t, r.CustomerID), ordersOf(t, c); len(charges) != 1 || charges[0].Amount != 1299 || len(orders) != 1 {
		t.Errorf("%+v, %+v", charges, orders)
	}
	exactlyOne(t, event.TypeContractSigned, made.SubscriptionID)
	must[Invoice](t)(c.AwaitInvoice(ctx, invoiceOf(made.Order.OrderID), "paid", 30*time.Second))
	if all := must[[]Invoice](t)(c.Invoices(ctx, "")); len(all) != 1 {
		t.Errorf("%+v", all)
	}
}

// R6, S3-38: so is a renewal: one period, one invoice, one charge. The key is refused for another subscription.
func TestRenewingIsIdempotent(t *testing.T) {
	s := living(t, time.Date(2029, 1, 15, 12, 0, 0, 0, time.UTC), cardGood)
	advance(t, s.clock, time.Date(2029, 2, 14, 23, 0, 1, 0, time.UTC)) // midnight in Berlin
	key := Key()
	answeredOnce(t, s.Customer, key, "/subscriptions/"+s.sub+"/renew", nil, nil, http.StatusOK)
	another := must[Answer](t)(s.Post(context.Background(), "/subscriptions/sub_00000000000000000000000000/renew", key, nil))
	expect(t, another, nil, http.StatusUnprocessableEntity, "idempotency_key_reused")
	exactlyOne(t, event.TypeSubscriptionRenewed, s.sub)
	if charges, all := psp.charges(t, s.id), must[[]Invoice](t)(s.Invoices(context.Background(), "")); len(charges) != 1 || charges[0].Amount != 1299 || len(all) != 2 {
		t.Errorf("%+v, %+v", charges, all)
	}
}

// R6, S3-55: so is paying an invoice, by card and by wallet: one charge, one debit. The key is refused for another amount.
func TestPayingAnInvoiceIsIdempotent(t *testing.T) {
	s := living(t, time.Date(2029, 1, 15, 12, 0, 0, 0, time.UTC), cardDeclines)
	advance(t, s.clock, time.Date(2029, 2, 15, 12, 0, 0, 0, time.UTC))
	path := "/invoices/" + string(s.contract(t).Debts[0].Invoice) + "/pay"
	fund(t, s.id, 1299)
	part := func(minor int64, more map[string]any) map[string]any {
		more["amount"] = minor
		return more
	}
	answeredOnce(t, s.Customer, Key(), path, part(299, map[string]any{"method": "wallet"}), part(300, map[string]any{"method": "wallet"}), http.StatusOK)
	if left := balance(t, s.Customer); left != 1000 {
		t.Errorf("the wallet has %d", left)
	}
	other := must[Method](t)(s.AddCard(context.Background(), cardGood)).PaymentMethodID
	answeredOnce(t, s.Customer, Key(), path, map[string]any{"method": "saved_card", "paymentMethodId": other}, map[string]any{"method": "wallet"}, http.StatusOK)
	if charges := psp.charges(t, s.id); len(charges) != 1 || charges[0].Amount != 1000 {
		t.Errorf("%+v", charges)
	}
	exactlyOne(t, event.TypeDunningEnded, s.sub)
}

// R6, S3-35: so is a change of plan: one charge, one invoice. The key is refused for another plan.
func TestChangingPlanIsIdempotent(t *testing.T) {
	c, r, made := subscribed(t, "plan_stream-hd")
	done := into[PlanChanged](t, answeredOnce(t, c, Key(), "/subscriptions/"+made.SubscriptionID+"/change-plan", map[string]any{"planId": "plan_stream-4k"}, map[string]any{"planId": "plan_stream-basic"}, http.StatusOK))
	if charges := psp.charges(t, r.CustomerID); len(charges) != 2 || charges[0].Amount+charges[1].Amount != 1299+done.Charged.Minor {
		t.Errorf("%+v", charges)
	}
	exactlyOne(t, event.TypeSubscriptionChanged, made.SubscriptionID)
}

// R6, S3-42: so is cancelling, for later and now: what was paid is given back once. The key is refused for another way.
func TestCancellingASubscriptionIsIdempotent(t *testing.T) {
	c, _, made := subscribed(t, "plan_stream-hd")
	path, later, now := "/subscriptions/"+made.SubscriptionID+"/cancel", map[string]any{}, map[string]any{"mode": "now"}
	answeredOnce(t, c, Key(), path, later, now, http.StatusOK)
	exactlyOne(t, event.TypeSubscriptionCancelled, made.SubscriptionID)
	answeredOnce(t, c, Key(), path, now, later, http.StatusOK)
	exactlyOne(t, event.TypeSubscriptionEnded, made.SubscriptionID)
	if left := balance(t, c); left != 1299 {
		t.Errorf("the wallet has %d", left)
	}
}
