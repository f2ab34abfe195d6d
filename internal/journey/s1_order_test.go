package journey

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
)

// ordered makes an order that must come about.
func ordered(t *testing.T, c *Customer, plan, coupon string) PlanOrder {
	t.Helper()
	return into[PlanOrder](t, expect(t, must[Answer](t)(c.CreateOrder(context.Background(), Key(), plan, coupon)), nil, http.StatusCreated, ""))
}

// notOrdered checks that an order is refused.
func notOrdered(t *testing.T, c *Customer, plan, coupon string, status int, code string) Answer {
	t.Helper()
	return expect(t, must[Answer](t)(c.CreateOrder(context.Background(), Key(), plan, coupon)), nil, status, code)
}

// fund puts money into a customer's wallet.
func fund(t *testing.T, customer string, minor int64) {
	t.Helper()
	a := must[Answer](t)(admin(t).Post(context.Background(), "/admin/customers/"+customer+"/wallet/movements", Key(), movement("credit", minor)))
	expect(t, a, nil, http.StatusCreated, "")
}

// payByWallet pays an order from a wallet that holds enough.
func payByWallet(t *testing.T, c *Customer, order string) Paid {
	t.Helper()
	return into[Paid](t, expect(t, must[Answer](t)(c.PayOrder(context.Background(), Key(), order, "wallet")), nil, http.StatusOK, ""))
}

// payByPage goes through the gateway's page with a good card.
func payByPage(t *testing.T, c *Customer, order string) Paid {
	t.Helper()
	ctx := context.Background()
	page := into[Paid](t, expect(t, must[Answer](t)(c.PayOrder(ctx, Key(), order, "stripe")), nil, http.StatusOK, ""))
	if _, err := NewBrowser().Pay(ctx, page.RedirectURL, cardGood, Pass); err != nil {
		t.Fatal(err)
	}
	return page
}

// delivered waits until an order is, and reads it.
func delivered(t *testing.T, c *Customer, order string) PlanOrder {
	t.Helper()
	must[OrderStatus](t)(c.AwaitOrder(context.Background(), order, "delivered", 30*time.Second))
	return must[PlanOrder](t)(c.ReadOrder(context.Background(), order))
}

// ordersOf lists all orders of a customer.
func ordersOf(t *testing.T, c *Customer) []PlanOrder {
	t.Helper()
	return into[struct{ Orders []PlanOrder }](t, must[Answer](t)(c.Get(context.Background(), "/orders?limit=100"))).Orders
}

func states(o PlanOrder) string {
	var all []string
	for _, h := range o.History {
		all = append(all, h.State)
	}
	return strings.Join(all, " ")
}

// S1-06: a plan that was listed and quoted is refused at its order when the customer has been moved away from it meanwhile, as
// one that does not exist; moved back, they get it.
func TestEligibilityIsCheckedAtTheOrder(t *testing.T) {
	ctx := context.Background()
	for plan, access := range map[string]struct {
		tier   string
		groups []string
	}{"plan_stream-family": {"standard", []string{"staff-family"}}, "plan_stream-business": {"business", nil}} {
		c, who := member(t, access.tier, access.groups...)
		expect(t, must[Answer](t)(c.Get(ctx, "/plans/"+plan)), nil, http.StatusOK, "")
		quoted(t, c, plan, "")
		move(t, who, "standard")
		refused := notOrdered(t, c, plan, "", http.StatusNotFound, "plan_not_found")
		unknown := notOrdered(t, c, "plan_nobody-has", "", http.StatusNotFound, "plan_not_found")
		if string(withoutRequest(refused)) != string(withoutRequest(unknown)) {
			t.Errorf("told from an unknown plan: %s %s", refused.Raw, unknown.Raw)
		}
		if all := ordersOf(t, c); len(all) != 0 {
			t.Errorf("%+v", all)
		}
		move(t, who, access.tier, access.groups...)
		ordered(t, c, plan, "")
	}
}

// withoutRequest is a fault without what differs from request to request.
func withoutRequest(a Answer) []byte {
	var body map[string]any
	_ = json.Unmarshal(a.Raw, &body) // not JSON: nothing
	delete(body, "requestId")
	raw, _ := json.Marshal(body) // it was JSON
	return raw
}

// S1-20: an order is answered with its number, unpaid, with what is to pay in the end. S1-08: without a coupon that is the
// list price.
func TestAnOrderIsUnpaidAndSaysWhatIsToPay(t *testing.T) {
	c, _ := newCustomer(t)
	code := newCoupon(t, couponTerms(2000, nil))
	plain, cheaper := ordered(t, c, "plan_stream-hd", ""), ordered(t, c, "plan_stream-hd", strings.ToLower(code))
	for _, o := range []PlanOrder{plain, cheaper} {
		if !strings.HasPrefix(o.OrderID, "ord_") || o.Status != "unpaid" || o.Price != (Amount{1299, "EUR"}) || states(o) != "unpaid" || o.PaidBy != "" || o.PaymentID != "" {
			t.Errorf("%+v", o)
		}
	}
	if plain.Total != plain.Price || plain.Coupon != nil || plain.OrderID == cheaper.OrderID {
		t.Errorf("%+v", plain)
	}
	if k := cheaper.Coupon; cheaper.Total != (Amount{1039, "EUR"}) || k == nil || k.Code != code || k.Discount != (Amount{260, "EUR"}) || k.State != "held" {
		t.Errorf("%+v", cheaper)
	}
}

// S1-21: once ordered, neither another price nor another coupon nor another group changes what is to pay, nor what is charged
// or debited.
func TestTheAmountIsLocked(t *testing.T) {
	const plan = "plan_journey-locked"
	terms := planTerms(nil, []string{"staff-family"})
	terms["price"] = map[string]any{"minor": 1000, "currency": "EUR"}
	putPlan(t, plan, terms)
	code := newCoupon(t, couponTerms(2000, nil))
	type buyer struct {
		c   *Customer
		id  string
		has PlanOrder
	}
	buy := func() (b buyer) {
		b.c, b.id = member(t, "standard", "staff-family")
		if b.has = ordered(t, b.c, plan, code); b.has.Total.Minor != 800 {
			t.Fatalf("%+v", b.has)
		}
		return b
	}
	byPage, byWallet := buy(), buy()
	fund(t, byWallet.id, 2000)

	terms["price"], terms["onSale"] = map[string]any{"minor": 2000, "currency": "EUR"}, false
	putPlan(t, plan, terms)
	expect(t, must[Answer](t)(admin(t).Put(context.Background(), "/admin/coupons/"+code, couponTerms(100, map[string]any{"disabled": true, "limit": 1}))), nil, http.StatusOK, "")
	for _, b := range []buyer{byPage, byWallet} {
		move(t, b.id, "business")
		if now := must[PlanOrder](t)(b.c.ReadOrder(context.Background(), b.has.OrderID)); now.Total.Minor != 800 || now.Price.Minor != 1000 || now.Coupon.Discount.Minor != 200 {
			t.Errorf("it became %+v", now)
		}
	}

	if page := payByPage(t, byPage.c, byPage.has.OrderID); page.Amount != (Amount{800, "EUR"}) {
		t.Errorf("the page is for %+v", page)
	}
	if done := delivered(t, byPage.c, byPage.has.OrderID); done.Total.Minor != 800 || done.Coupon.State != "consumed" {
		t.Errorf("%+v", done)
	}
	if all := psp.charges(t, byPage.id); len(all) != 1 || all[0].Amount != 800 || all[0].Currency != "eur" || all[0].AmountRefunded != 0 {
		t.Errorf("%+v", all)
	}
	if paid := payByWallet(t, byWallet.c, byWallet.has.OrderID); paid.Amount.Minor != 800 {
		t.Errorf("%+v", paid)
	}
	delivered(t, byWallet.c, byWallet.has.OrderID)
	if left := walletOf(t, byWallet.c, "/wallet"); left.Available.Minor != 1200 {
		t.Errorf("left %+v", left)
	}
}

// S1-25: with nothing to pay an order is paid at once, without a gateway, and delivered; it takes no place among the unpaid
// ones and moves no money.
func TestNothingToPay(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	code := newCoupon(t, couponTerms(10000, map[string]any{"limit": 1}))
	for range 5 {
		ordered(t, c, "plan_sports-pass", "")
	}
	key := Key()
	first := must[Answer](t)(c.CreateOrder(ctx, key, "plan_stream-hd", code))
	made := into[PlanOrder](t, expect(t, first, nil, http.StatusCreated, ""))
	if made.Status != "paid" || made.Total != (Amount{0, "EUR"}) || made.PaidBy != "nothing_to_pay" || made.PaymentID != "" || made.Coupon.State != "consumed" || states(made) != "unpaid paid" {
		t.Fatalf("%+v", made)
	}
	done := delivered(t, c, made.OrderID)
	if states(done) != "unpaid paid delivered" {
		t.Errorf("%+v", done)
	}
	active(t, c, made.SubscriptionIDs[0])
	for _, method := range []string{"stripe", "wallet"} {
		expect(t, must[Answer](t)(c.PayOrder(ctx, Key(), made.OrderID, method)), nil, http.StatusConflict, "order_already_paid")
	}
	if again := must[Answer](t)(c.CreateOrder(ctx, key, "plan_stream-hd", code)); string(again.Raw) != string(first.Raw) {
		t.Errorf("repeated: %s", again.Raw)
	}
	if page := into[walletPage](t, must[Answer](t)(c.Get(ctx, "/wallet/entries?currency=EUR"))); len(page.Entries) != 0 || len(psp.charges(t, r.CustomerID)) != 0 {
		t.Errorf("money moved: %+v", page)
	}
	if uses := couponUses(t, code); uses != 1 {
		t.Errorf("%d uses", uses)
	}
	notOrdered(t, c, "plan_stream-hd", "", http.StatusConflict, "subscription_already_active")
}

// S1-50: a customer reads how an own order stands in each of its states; another's is found by nobody. S1-51: the answer says
// whether and when to ask again, and lists every transition with its time.
func TestOrderStatus(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	other, _ := newCustomer(t)
	fund(t, r.CustomerID, 1299)
	status := func(order string) (s OrderStatus) {
		t.Helper()
		a := expect(t, must[Answer](t)(c.Get(ctx, "/orders/"+order+"/status")), nil, http.StatusOK, "")
		s = into[OrderStatus](t, a)
		after := a.Header.Get("Retry-After")
		if s.OrderID != order || s.AskAgain != (s.AskAfterSeconds > 0) || s.AskAgain && after != strconv.Itoa(s.AskAfterSeconds) || !s.AskAgain && after != "" {
			t.Errorf("Retry-After %q of %+v", after, s)
		}
		for i, h := range s.History {
			if h.At.IsZero() || time.Since(h.At) > time.Minute || i > 0 && h.At.Before(s.History[i-1].At) {
				t.Errorf("history %+v", s.History)
			}
		}
		if s.Status != s.History[len(s.History)-1].State {
			t.Errorf("%+v", s)
		}
		return s
	}
	bought, dropped := ordered(t, c, "plan_stream-hd", ""), ordered(t, c, "plan_sports-pass", "")
	if s := status(bought.OrderID); s.Status != "unpaid" || !s.AskAgain || s.AskAfterSeconds > 60 || !s.ExpiresAt.Equal(bought.ExpiresAt) {
		t.Errorf("%+v", s)
	}
	resume := holdDelivery(t)
	payByWallet(t, c, bought.OrderID)
	if s := status(bought.OrderID); s.Status != "paid" || s.AskAfterSeconds != 1 || !s.ExpiresAt.IsZero() || len(s.History) != 2 {
		t.Errorf("%+v", s)
	}
	resume()
	delivered(t, c, bought.OrderID)
	if s := status(bought.OrderID); s.AskAgain || len(s.History) != 3 || s.History[1].State != "paid" {
		t.Errorf("%+v", s)
	}
	expect(t, must[Answer](t)(c.CancelOrder(ctx, Key(), dropped.OrderID)), nil, http.StatusOK, "")
	if s := status(dropped.OrderID); s.Status != "cancelled" || s.AskAgain || s.CancelledBy != "user" || len(s.History) != 2 {
		t.Errorf("%+v", s)
	}
	for _, path := range []string{"/orders/" + bought.OrderID, "/orders/" + bought.OrderID + "/status", "/orders/ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA/status"} {
		expect(t, must[Answer](t)(other.Get(ctx, path)), nil, http.StatusNotFound, "order_not_found")
	}
	if all := ordersOf(t, other); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

// S1-62: each transition is told once: created, paid, delivered; created, cancelled; whichever way it was paid.
func TestEachTransitionIsToldOnce(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	fund(t, r.CustomerID, 999)
	byPage, byWallet, dropped := ordered(t, c, "plan_stream-hd", ""), ordered(t, c, "plan_sports-pass", ""), ordered(t, c, "plan_stream-4k", "")
	payByPage(t, c, byPage.OrderID)
	payByWallet(t, c, byWallet.OrderID)
	other, _ := newCustomer(t)
	free := ordered(t, other, "plan_sports-pass", newCoupon(t, couponTerms(10000, nil)))
	for range 2 {
		expect(t, must[Answer](t)(c.CancelOrder(ctx, Key(), dropped.OrderID)), nil, http.StatusOK, "")
	}
	delivered(t, c, byPage.OrderID)
	delivered(t, c, byWallet.OrderID)
	delivered(t, other, free.OrderID)
	bought := []event.Type{event.TypeOrderCreated, event.TypeOrderPaid, event.TypeOrderDelivered}
	for order, types := range map[string][]event.Type{byPage.OrderID: bought, byWallet.OrderID: bought, free.OrderID: bought,
		dropped.OrderID: {event.TypeOrderCreated, event.TypeOrderCancelled}} {
		for _, typ := range types {
			exactlyOne(t, typ, order)
		}
	}
	for typ, order := range map[event.Type]string{event.TypeOrderCancelled: byPage.OrderID, event.TypeOrderPaid: dropped.OrderID, event.TypeOrderDelivered: dropped.OrderID} {
		if found := crm.of(typ, order); len(found) != 0 {
			t.Errorf("%s of %s: %+v", typ, order, found)
		}
	}
}
