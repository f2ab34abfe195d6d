package journey

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"turnup/internal/base/event"
)

// toppedUp orders money for the wallet; it is not paid yet.
func toppedUp(t *testing.T, c *Customer, minor int64) PlanOrder {
	t.Helper()
	body := map[string]any{"amount": map[string]any{"minor": minor, "currency": "EUR"}}
	return into[PlanOrder](t, expect(t, must[Answer](t)(c.Post(context.Background(), "/wallet/top-ups", Key(), body)), nil, http.StatusCreated, ""))
}

// entriesOf reads the newest movements of a wallet, newest first, and checks that each has the balance after it.
func entriesOf(t *testing.T, c *Customer) []walletEntry {
	t.Helper()
	all := into[walletPage](t, must[Answer](t)(c.Get(context.Background(), "/wallet/entries?currency=EUR&limit=100"))).Entries
	sum := int64(0)
	for i := range all {
		e := all[len(all)-1-i]
		if sum += e.Amount.Minor; e.Available.Minor != sum || sum < 0 {
			t.Errorf("entry %+v, sum %d", e, sum)
		}
	}
	return all
}

// refusedByWallet checks that the wallet does not pay an order, and that neither of them changes by trying.
func refusedByWallet(t *testing.T, c *Customer, order, available string) {
	t.Helper()
	ctx := context.Background()
	before, was, entries := must[Answer](t)(c.Get(ctx, "/orders/"+order)), walletOf(t, c, "/wallet"), entriesOf(t, c)
	a := expect(t, must[Answer](t)(c.PayOrder(ctx, Key(), order, "wallet")), nil, http.StatusPaymentRequired, "wallet_insufficient")
	if detail(a, "available") != available {
		t.Errorf("%s, want %s", a.Raw, available)
	}
	if now := must[Answer](t)(c.Get(ctx, "/orders/"+order)); string(now.Raw) != string(before.Raw) {
		t.Errorf("the order became %s", now.Raw)
	}
	if now := walletOf(t, c, "/wallet"); now != was || len(entriesOf(t, c)) != len(entries) {
		t.Errorf("the wallet held %+v, holds %+v", was, now)
	}
}

// S1-36, S1-38: what is on hold does not count, and neither does a top-up that is not paid, or is paid and not delivered yet. Too
// little is a fault that says how much there is, and changes nothing; when there is enough, the same order is paid.
func TestOnlyAvailableMoneyPays(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	move := func(kind string, minor int64) {
		t.Helper()
		expect(t, must[Answer](t)(admin(t).Post(ctx, "/admin/customers/"+r.CustomerID+"/wallet/movements", Key(), movement(kind, minor))), nil, http.StatusCreated, "")
	}
	first, second := ordered(t, c, "plan_stream-hd", ""), ordered(t, c, "plan_sports-pass", "")
	refusedByWallet(t, c, first.OrderID, "0.00 EUR")
	move("credit", 1298)
	refusedByWallet(t, c, first.OrderID, "12.98 EUR")
	move("credit", 1000)
	move("hold", 1000)
	refusedByWallet(t, c, first.OrderID, "12.98 EUR")
	move("release", 1)
	payByWallet(t, c, first.OrderID)
	if left := walletOf(t, c, "/wallet"); left.Available.Minor != 0 || left.Held.Minor != 999 {
		t.Errorf("left %+v", left)
	}
	delivered(t, c, first.OrderID)

	refusedByWallet(t, c, second.OrderID, "0.00 EUR")
	topUp := toppedUp(t, c, 999)
	refusedByWallet(t, c, second.OrderID, "0.00 EUR")
	resume := holdDelivery(t)
	payOn(t, paging(t, c, topUp.OrderID))
	must[OrderStatus](t)(c.AwaitOrder(ctx, topUp.OrderID, "paid", 20*time.Second))
	refusedByWallet(t, c, second.OrderID, "0.00 EUR")
	resume()
	delivered(t, c, topUp.OrderID)
	payByWallet(t, c, second.OrderID)
	if left := walletOf(t, c, "/wallet"); left.Available.Minor != 0 || left.Held.Minor != 999 {
		t.Errorf("left %+v", left)
	}
}

// S1-39: one order, paid twenty times at once with twenty keys, is debited once; the others are told that it is paid.
func TestOneOrderPaidAtOnce(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	fund(t, r.CustomerID, 5000)
	made := ordered(t, c, "plan_stream-hd", "")
	won := 0
	for _, a := range parallel(t, 20, func(int) (Answer, error) { return c.PayOrder(ctx, Key(), made.OrderID, "wallet") }) {
		if a.Status == http.StatusOK {
			won++
			continue
		}
		expect(t, a, nil, http.StatusConflict, "order_already_paid")
	}
	if won != 1 {
		t.Errorf("%d of them paid", won)
	}
	done := delivered(t, c, made.OrderID)
	if states(done) != "unpaid paid delivered" || done.PaidBy != "wallet" {
		t.Errorf("%+v", done)
	}
	if left, entries := walletOf(t, c, "/wallet"), entriesOf(t, c); left.Available.Minor != 5000-1299 || len(entries) != 2 {
		t.Errorf("left %+v of %+v", left, entries)
	}
	exactlyOne(t, event.TypePaymentSucceeded, made.OrderID)
	exactlyOne(t, event.TypeOrderPaid, made.OrderID)
}

// S1-39: five orders, each paid four times at once from a wallet that holds enough for three: three are paid, two are not,
// and nothing is debited for those; the balance is exactly what is left.
func TestSeveralOrdersPaidAtOnce(t *testing.T) {
	ctx := context.Background()
	c, id := member(t, "standard", "staff-family")
	terms := planTerms(nil, []string{"staff-family"})
	terms["price"] = map[string]any{"minor": 700, "currency": "EUR"}
	var all []PlanOrder
	for i := range unpaidLimit {
		plan := fmt.Sprintf("plan_journey-pay-%d", i)
		terms["onSale"] = true
		putPlan(t, plan, terms)
		all = append(all, ordered(t, c, plan, ""))
		terms["onSale"] = false
		putPlan(t, plan, terms)
	}
	fund(t, id, 3*700+699)
	ok := map[string]int{}
	answers := parallel(t, 4*len(all), func(i int) (Answer, error) { return c.PayOrder(ctx, Key(), all[i%len(all)].OrderID, "wallet") })
	for i, a := range answers {
		switch {
		case a.Status == http.StatusOK:
			ok[all[i%len(all)].OrderID]++
		case a.Code() != "wallet_insufficient" && a.Code() != "order_already_paid":
			t.Errorf("%d %s", a.Status, a.Raw)
		}
	}
	paid := 0
	for _, o := range all {
		now := must[PlanOrder](t)(c.ReadOrder(ctx, o.OrderID))
		if is := now.Status != "unpaid"; is != (ok[o.OrderID] == 1) || ok[o.OrderID] > 1 {
			t.Errorf("%d times paid: %+v", ok[o.OrderID], now)
		}
		if now.Status == "unpaid" {
			refusedByWallet(t, c, o.OrderID, "6.99 EUR")
			continue
		}
		paid++
		delivered(t, c, o.OrderID)
		exactlyOne(t, event.TypePaymentSucceeded, o.OrderID)
	}
	if left, entries := walletOf(t, c, "/wallet"), entriesOf(t, c); paid != 3 || left.Available.Minor != 699 || len(entries) != 1+3 {
		t.Errorf("%d paid, left %+v of %+v", paid, left, entries)
	}
}

// S1-40, S1-42: the wallet pays the whole or nothing: with too little in it the page still asks for all, and no request can say
// otherwise. With enough one call is answered paid, and there is no page to go to.
func TestWalletPaysAllOrNothing(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	fund(t, r.CustomerID, 500)
	made := ordered(t, c, "plan_stream-hd", "")
	refusedByWallet(t, c, made.OrderID, "5.00 EUR")
	for name, v := range map[string]any{"amount": map[string]any{"minor": 500, "currency": "EUR"}, "walletAmount": 500, "methods": []string{"wallet", "stripe"}} {
		a := must[Answer](t)(c.Post(ctx, "/orders/"+made.OrderID+"/pay", Key(), map[string]any{"method": "wallet", name: v}))
		expect(t, a, nil, http.StatusBadRequest, "invalid_request")
	}
	page := paging(t, c, made.OrderID)
	if page.Amount.Minor != 1299 {
		t.Errorf("%+v", page)
	}
	payOn(t, page)
	delivered(t, c, made.OrderID)
	if all := psp.charges(t, r.CustomerID); len(all) != 1 || all[0].Amount != 1299 || walletOf(t, c, "/wallet").Available.Minor != 500 {
		t.Errorf("charged %+v", all)
	}

	fund(t, r.CustomerID, 499)
	other := ordered(t, c, "plan_sports-pass", "")
	if paid := payByWallet(t, c, other.OrderID); paid.Status != "paid" || paid.RedirectURL != "" || paid.Amount.Minor != 999 || paid.PaymentID == "" {
		t.Errorf("%+v", paid)
	}
	if now := must[PlanOrder](t)(c.ReadOrder(ctx, other.OrderID)); now.Status == "unpaid" || now.PaidBy != "wallet" || len(psp.charges(t, r.CustomerID)) != 1 {
		t.Errorf("%+v", now)
	}
}

// S1-43: a customer orders money for the wallet and pays by the gateway, whose callbacks come four times: it is in the wallet once,
// as a movement with the balance after it, and buys a plan. It cannot be paid from the wallet itself.
func TestTopUpByGateway(t *testing.T) {
	ctx := context.Background()
	psp.delivers(t, map[string]any{"duplicate": 3, "reorder": true})
	c, r := newCustomer(t)
	fund(t, r.CustomerID, 300)
	topUp := toppedUp(t, c, 2500)
	if topUp.Status != "unpaid" || topUp.Total != (Amount{2500, "EUR"}) {
		t.Errorf("%+v", topUp)
	}
	expect(t, must[Answer](t)(c.PayOrder(ctx, Key(), topUp.OrderID, "wallet")), nil, http.StatusConflict, "top_up_needs_gateway")
	payOn(t, paging(t, c, topUp.OrderID))
	delivered(t, c, topUp.OrderID)
	time.Sleep(500 * time.Millisecond) // the copies
	if now, entries := walletOf(t, c, "/wallet"), entriesOf(t, c); now.Available.Minor != 2800 || len(entries) != 2 || entries[0].Kind != "top_up" || entries[0].Reference != topUp.OrderID {
		t.Errorf("%+v of %+v", now, entries)
	}
	if got := kinds(t, r.CustomerID); got != "operator_credit top_up top_up_paid" {
		t.Errorf("booked %s", got)
	}
	made := ordered(t, c, "plan_stream-hd", "")
	payByWallet(t, c, made.OrderID)
	delivered(t, c, made.OrderID)
	if now := walletOf(t, c, "/wallet"); now.Available.Minor != 2800-1299 || len(psp.charges(t, r.CustomerID)) != 1 {
		t.Errorf("left %+v", now)
	}
}
