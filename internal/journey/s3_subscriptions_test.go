package journey

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"turnup/internal/base/event"
	"turnup/internal/base/token"
)

// subscribed is a customer whose card paid a plan, which is active.
func subscribed(t *testing.T, plan string) (*Customer, Registered, Subscribed) {
	t.Helper()
	ctx := t.Context()
	c, r := newCustomer(t)
	must[Method](t)(c.AddCard(ctx, cardGood))
	made := into[Subscribed](t, expect(t, must[Answer](t)(c.Subscribe(ctx, Key(), plan, nil)), nil, http.StatusCreated, ""))
	active(t, c, made.SubscriptionID)
	return c, r, made
}

// balance is what is in a customer's wallet.
func balance(t *testing.T, c *Customer) int64 {
	t.Helper()
	var w struct{ Available Amount }
	a := must[Answer](t)(c.Get(t.Context(), "/wallet?currency=EUR"))
	if err := a.Into(&w); err != nil {
		t.Fatal(err)
	}
	return w.Available.Minor
}

// S3-05, S3-30, S3-33: one call orders the plan and charges the default card; then the subscription is active, and can be read with its
// period, by its customer and by staff, in the list too; by nobody else.
func TestS3Subscribe(t *testing.T) {
	ctx := context.Background()
	c, r, made := subscribed(t, "plan_stream-hd")
	if made.Status != "complete" || made.Amount.Minor != 1299 || made.Order.PaidBy != "saved_card" || made.Order.Total.Minor != 1299 {
		t.Errorf("%+v", made)
	}
	if charged := psp.charges(t, r.CustomerID); len(charged) != 1 || charged[0].Amount != 1299 {
		t.Errorf("charged %+v", charged)
	}
	is := must[Contract](t)(c.Contract(ctx, made.SubscriptionID))
	if is.Period.From == "" || is.NextBilling != is.Period.Until || is.TimeZone == "" || is.CustomerID != r.CustomerID || is.Credit.Minor != 0 {
		t.Errorf("%+v", is)
	}
	if seen := must[Contract](t)(staff(t, token.RoleBilling).Contract(ctx, made.SubscriptionID)); seen.SubscriptionID != is.SubscriptionID {
		t.Errorf("staff see %+v", seen)
	}
	listed, cursor, desk := false, "", staff(t, token.RoleBilling)
	for more := true; more && !listed; more = cursor != "" { // contracts of test clocks that show later days come first
		page := into[struct {
			Subscriptions []Contract
			NextCursor    string
		}](t, must[Answer](t)(desk.Get(ctx, "/subscriptions?"+url.Values{"limit": {"20"}, "cursor": {cursor}}.Encode())))
		listed, cursor = slices.ContainsFunc(page.Subscriptions, func(s Contract) bool { return s.SubscriptionID == made.SubscriptionID }), page.NextCursor
	}
	if !listed {
		t.Error("the list of staff has it not")
	}
	other, _ := newCustomer(t)
	expect(t, must[Answer](t)(other.Get(ctx, "/subscriptions/"+made.SubscriptionID)), nil, http.StatusNotFound, "subscription_not_found")
	var ahead struct{ Steps []struct{ Step string } }
	if err := must[Answer](t)(c.Get(ctx, "/subscriptions/"+made.SubscriptionID+"/forecast")).Into(&ahead); err != nil || len(ahead.Steps) != 2 || ahead.Steps[1].Step != "renewal" {
		t.Errorf("%+v, %v", ahead, err)
	}
}

// S3-31: fifty times the same request at once make one subscription and one charge.
func TestS3SubscribeOnce(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	must[Method](t)(c.AddCard(ctx, cardGood))
	key, answers := Key(), make(chan Answer, 50)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			a, err := c.Subscribe(ctx, key, "plan_stream-hd", nil)
			if err != nil {
				t.Error(err)
			}
			answers <- a
		})
	}
	all.Wait()
	close(answers)
	ids := map[string]int{}
	for a := range answers {
		var made Subscribed
		if a.Status == http.StatusCreated && a.Into(&made) == nil {
			ids[made.SubscriptionID]++
		} else if a.Status != http.StatusServiceUnavailable {
			t.Errorf("%d %s", a.Status, a.Raw)
		}
	}
	again := into[Subscribed](t, expect(t, must[Answer](t)(c.Subscribe(ctx, key, "plan_stream-hd", nil)), nil, http.StatusCreated, ""))
	ids[again.SubscriptionID]++
	if charged := psp.charges(t, r.CustomerID); len(ids) != 1 || len(charged) != 1 {
		t.Errorf("subscriptions %v, charges %+v", ids, charged)
	}
}

// S3-29, S3-30, S3-32, S3-86, S3-87, S3-95: what is missing has a fault of its own, and nothing is charged; a declined card leaves no order to pay and no
// contract, and another one can be tried at once.
func TestS3SubscribeRefusals(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	expect(t, must[Answer](t)(c.Subscribe(ctx, Key(), "plan_stream-hd", nil)), nil, http.StatusConflict, "payment_method_not_usable")
	declines := must[Method](t)(c.AddCard(ctx, cardDeclines))
	for code, try := range map[string]struct {
		plan   string
		more   map[string]any
		status int
	}{
		"plan_not_found":           {"plan_none", nil, http.StatusNotFound},
		"payment_method_not_found": {"plan_stream-hd", map[string]any{"paymentMethodId": "pmt_00000000000000000000000000"}, http.StatusNotFound},
		"location_required":        {"plan_fibre-300", nil, http.StatusBadRequest},
		"location_not_found":       {"plan_fibre-300", map[string]any{"locationId": "loc-nowhere"}, http.StatusNotFound},
		"return_url_not_allowed":   {"plan_stream-hd", map[string]any{"returnUrl": "https://evil.example/x"}, http.StatusBadRequest},
	} {
		a := must[Answer](t)(c.Subscribe(ctx, Key(), try.plan, try.more))
		if a.Code() != code {
			t.Errorf("%s: %d %s", code, a.Status, a.Raw)
		}
	}
	expect(t, must[Answer](t)(c.Subscribe(ctx, Key(), "plan_stream-hd", map[string]any{"paymentMethodId": declines.PaymentMethodID})), nil, http.StatusPaymentRequired, "payment_declined")
	if charged := psp.charges(t, r.CustomerID); len(charged) != 0 {
		t.Fatalf("charged %+v", charged)
	}
	var orders struct{ Orders []PlanOrder }
	if err := must[Answer](t)(c.Get(ctx, "/orders")).Into(&orders); err != nil || len(orders.Orders) != 1 || orders.Orders[0].Status != "cancelled" || orders.Orders[0].CancelledBy != "decline" {
		t.Errorf("%+v, %v", orders, err)
	}
	good := must[Method](t)(c.AddCard(ctx, cardGood))
	made := into[Subscribed](t, expect(t, must[Answer](t)(c.Subscribe(ctx, Key(), "plan_stream-hd", map[string]any{"paymentMethodId": good.PaymentMethodID})), nil, http.StatusCreated, ""))
	active(t, c, made.SubscriptionID)
	expect(t, must[Answer](t)(c.Subscribe(ctx, Key(), "plan_stream-hd", map[string]any{"paymentMethodId": good.PaymentMethodID})), nil, http.StatusConflict, "subscription_already_active")
}

// S3-05: the bank wants the customer: 202 with its page; the same key completes it when they are back.
func TestS3SubscribeAuthenticates(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	must[Method](t)(c.AddCard(ctx, cardAlways3DS))
	key, more := Key(), map[string]any{"returnUrl": ReturnURL}
	asked := into[Subscribed](t, expect(t, must[Answer](t)(c.Subscribe(ctx, key, "plan_stream-hd", more)), nil, http.StatusAccepted, ""))
	if asked.Status != "redirect_required" || asked.RedirectURL == "" || len(psp.charges(t, r.CustomerID)) != 0 {
		t.Fatalf("%+v", asked)
	}
	b := NewBrowser()
	page := must[Page](t)(b.Open(ctx, asked.RedirectURL))
	if _, err := b.Authenticate(ctx, page, Pass); err != nil {
		t.Fatal(err)
	}
	made := into[Subscribed](t, expect(t, must[Answer](t)(c.Subscribe(ctx, key, "plan_stream-hd", more)), nil, http.StatusCreated, ""))
	if made.SubscriptionID != asked.SubscriptionID || len(psp.charges(t, r.CustomerID)) != 1 {
		t.Errorf("%+v", made)
	}
	active(t, c, made.SubscriptionID)
	exactlyOne(t, event.TypeOrderDelivered, made.Order.OrderID)
}
