package journey

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// unpaidLimit is how many unpaid orders a customer may have where the journeys run: the template's default.
const unpaidLimit = 5

// couponUses is how often a coupon was used, held uses with them, as staff see it.
func couponUses(t *testing.T, code string) int64 {
	t.Helper()
	return into[couponAnswer](t, must[Answer](t)(support(t).Get(context.Background(), "/admin/coupons/"+code))).Uses
}

// changeCoupon gives a coupon other terms.
func changeCoupon(t *testing.T, code string, terms map[string]any) {
	t.Helper()
	expect(t, must[Answer](t)(admin(t).Put(context.Background(), "/admin/coupons/"+code, terms)), nil, http.StatusOK, "")
}

// fits checks that a customer has room for exactly so many more unpaid orders.
func fits(t *testing.T, c *Customer, more int) {
	t.Helper()
	for range more {
		ordered(t, c, "plan_stream-4k", "")
	}
	notOrdered(t, c, "plan_stream-4k", "", http.StatusConflict, "too_many_unpaid_orders")
}

// S1-11, S1-12, S1-13, S1-17: a coupon that was good when it was quoted and no longer is makes the order fail, for each reason
// with a code and a sentence of its own; no order exists afterwards, and no place among the unpaid ones and no use is taken.
func TestCouponTurnedInvalid(t *testing.T) {
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	c, _ := newCustomer(t)
	var code string
	turn := func(changes map[string]any) func() {
		return func() { changeCoupon(t, code, couponTerms(2000, changes)) }
	}
	sentences := map[string]string{}
	for reason, turns := range map[string]func(){
		"coupon_expired":       turn(map[string]any{"until": at(-time.Second)}),
		"coupon_not_started":   turn(map[string]any{"from": at(time.Hour)}),
		"coupon_disabled":      turn(map[string]any{"disabled": true}),
		"coupon_below_minimum": turn(map[string]any{"minimum": map[string]any{"minor": 1300, "currency": "EUR"}}),
		"coupon_not_for_plan":  turn(map[string]any{"plans": []string{"plan_sports-pass"}}),
		"coupon_used_up": func() {
			changeCoupon(t, code, couponTerms(2000, map[string]any{"limit": 1}))
			other, _ := newCustomer(t)
			ordered(t, other, "plan_sports-pass", code)
		},
		"coupon_unknown": func() { code = "J-" + Key()[:14] }, // mistyped the second time: no coupon ever goes away
	} {
		code = newCoupon(t, couponTerms(2000, nil))
		quoted(t, c, "plan_stream-hd", code)
		turns()
		refused := notOrdered(t, c, "plan_stream-hd", code, http.StatusConflict, reason)
		var p struct{ Detail string }
		if err := json.Unmarshal(refused.Raw, &p); err != nil || p.Detail == "" || sentences[p.Detail] != "" {
			t.Errorf("%s says %q, as does %s", reason, p.Detail, sentences[p.Detail])
		}
		sentences[p.Detail] = reason
		if reason != "coupon_used_up" && reason != "coupon_unknown" && couponUses(t, code) != 0 {
			t.Errorf("%s: a use is held", reason)
		}
	}
	if all := ordersOf(t, c); len(all) != 0 {
		t.Errorf("there are orders: %+v", all)
	}
	fits(t, c, unpaidLimit)
}

// S1-12, S1-13: the same for the customer's own limit, which another order of theirs reaches meanwhile.
func TestCouponUsedByOneselfMeanwhile(t *testing.T) {
	c, _ := newCustomer(t)
	code := newCoupon(t, couponTerms(2000, map[string]any{"perCustomer": 1}))
	quoted(t, c, "plan_stream-hd", code)
	first := ordered(t, c, "plan_sports-pass", code)
	notOrdered(t, c, "plan_stream-hd", code, http.StatusConflict, "coupon_customer_limit")
	if all := ordersOf(t, c); len(all) != 1 || all[0].OrderID != first.OrderID || couponUses(t, code) != 1 {
		t.Errorf("there are %+v", all)
	}
	fits(t, c, unpaidLimit-1)
}

// S1-14, at the order, to the second by a test clock: refused before its start and from its end on. S1-17: exactly the minimum
// is accepted.
func TestCouponWindowAtTheOrder(t *testing.T) {
	noon := time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)
	clock := newTestClock(t, &noon)
	c, r := newCustomer(t)
	expect(t, attach(t, clock.ClockID, r.CustomerID), nil, http.StatusOK, "")
	code := newCoupon(t, couponTerms(2000, map[string]any{"from": noon.Add(time.Second), "until": noon.Add(5 * time.Second),
		"minimum": map[string]any{"minor": 1299, "currency": "EUR"}}))
	notOrdered(t, c, "plan_stream-hd", code, http.StatusConflict, "coupon_not_started")
	for _, inside := range []time.Duration{time.Second, 4 * time.Second} {
		advance(t, clock.ClockID, noon.Add(inside))
		if o := ordered(t, c, "plan_stream-hd", code); o.Total.Minor != 1039 {
			t.Errorf("%+v", o)
		}
	}
	advance(t, clock.ClockID, noon.Add(5*time.Second))
	notOrdered(t, c, "plan_stream-hd", code, http.StatusConflict, "coupon_expired")
}

// crowd is some new customers.
func crowd(t *testing.T, n int) []*Customer {
	t.Helper()
	all := make([]*Customer, n)
	for i := range all {
		all[i], _ = newCustomer(t)
	}
	return all
}

// count counts answers: orders made, and each fault's.
func count(answers []Answer) map[string]int {
	n := map[string]int{}
	for _, a := range answers {
		if a.Status == http.StatusCreated {
			n["made"]++
		} else {
			n[a.Code()]++
		}
	}
	return n
}

// S1-15: when one use of a coupon is left, and sixteen customers order with it at once, exactly one of them gets it.
func TestLastUseOfACoupon(t *testing.T) {
	ctx := context.Background()
	code := newCoupon(t, couponTerms(2000, map[string]any{"limit": 3}))
	customers := crowd(t, 16)
	for _, early := range customers[:2] {
		ordered(t, early, "plan_sports-pass", code)
	}
	answers := parallel(t, len(customers), func(i int) (Answer, error) { return customers[i].CreateOrder(ctx, Key(), "plan_stream-hd", code) })
	if n := count(answers); n["made"] != 1 || n["coupon_used_up"] != len(customers)-1 {
		t.Errorf("%v", n)
	}
	if uses := couponUses(t, code); uses != 3 {
		t.Errorf("%d uses", uses)
	}
	for i, c := range customers {
		was := map[bool]int{true: 1}[i < 2]
		if made := len(ordersOf(t, c)) - was; made != map[bool]int{true: 1}[answers[i].Status == http.StatusCreated] {
			t.Errorf("answered %d, made %d", answers[i].Status, made)
		}
	}
}

// S1-16: one customer, many orders at once: no more of them get the coupon than it allows each customer.
func TestOwnLimitOfACoupon(t *testing.T) {
	ctx := context.Background()
	code := newCoupon(t, couponTerms(2000, map[string]any{"perCustomer": 2}))
	c, _ := newCustomer(t)
	n := count(parallel(t, 10, func(int) (Answer, error) { return c.CreateOrder(ctx, Key(), "plan_stream-hd", code) }))
	if n["made"] != 2 || n["coupon_customer_limit"] != 8 || couponUses(t, code) != 2 {
		t.Errorf("%v, %d uses", n, couponUses(t, code))
	}
	other, _ := newCustomer(t)
	ordered(t, other, "plan_stream-hd", code)
	fits(t, c, unpaidLimit-2)
}

// S1-19: a use is held from the order on, given back when the unpaid order is cancelled, by whomever, to be used again, also by
// the same customer, and consumed by the payment.
func TestLifeOfACouponsUse(t *testing.T) {
	ctx := context.Background()
	code := newCoupon(t, couponTerms(2000, map[string]any{"limit": 1, "perCustomer": 1}))
	c, r := newCustomer(t)
	other, _ := newCustomer(t)
	uses := func(want int64, order, state string) {
		t.Helper()
		if o := must[PlanOrder](t)(c.ReadOrder(ctx, order)); couponUses(t, code) != want || o.Coupon.State != state {
			t.Errorf("%d uses, want %d; %+v", couponUses(t, code), want, o.Coupon)
		}
	}
	for _, by := range []string{"user", "admin"} {
		held := ordered(t, c, "plan_stream-hd", code)
		uses(1, held.OrderID, "held")
		notOrdered(t, other, "plan_stream-hd", code, http.StatusConflict, "coupon_used_up")
		who, path := c, "/orders/"+held.OrderID+"/cancel"
		if by == "admin" {
			who, path = admin(t), "/admin/customers/"+r.CustomerID+path
		}
		expect(t, must[Answer](t)(who.Post(ctx, path, Key(), nil)), nil, http.StatusOK, "")
		uses(0, held.OrderID, "returned")
	}
	bought := ordered(t, c, "plan_stream-hd", code)
	fund(t, r.CustomerID, 1039)
	payByWallet(t, c, bought.OrderID)
	uses(1, bought.OrderID, "consumed")
	delivered(t, c, bought.OrderID)
	expect(t, must[Answer](t)(c.CancelOrder(ctx, Key(), bought.OrderID)), nil, http.StatusConflict, "order_not_cancellable")
	uses(1, bought.OrderID, "consumed")
	notOrdered(t, other, "plan_stream-hd", code, http.StatusConflict, "coupon_used_up")
}

// S1-22: one unpaid order too many is refused, and says so, whether it is for a plan or for money. S1-23: cancelling one and
// paying one make room for one each.
func TestUnpaidLimit(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	topUp := func() Answer {
		t.Helper()
		return must[Answer](t)(c.Post(ctx, "/wallet/top-ups", Key(), map[string]any{"amount": map[string]any{"minor": 500, "currency": "EUR"}}))
	}
	first, sports := ordered(t, c, "plan_stream-hd", ""), ordered(t, c, "plan_sports-pass", "")
	expect(t, topUp(), nil, http.StatusCreated, "")
	fits(t, c, unpaidLimit-3)
	expect(t, topUp(), nil, http.StatusConflict, "too_many_unpaid_orders")
	if all := ordersOf(t, c); len(all) != unpaidLimit {
		t.Errorf("%d orders", len(all))
	}
	expect(t, must[Answer](t)(c.CancelOrder(ctx, Key(), first.OrderID)), nil, http.StatusOK, "")
	fits(t, c, 1)
	fund(t, r.CustomerID, 999)
	payByWallet(t, c, sports.OrderID)
	fits(t, c, 1)
	delivered(t, c, sports.OrderID)
	notOrdered(t, c, "plan_stream-4k", "", http.StatusConflict, "too_many_unpaid_orders")
}

// S1-23: the limit holds when twelve orders are made at once, and again when places have become free.
func TestUnpaidLimitInParallel(t *testing.T) {
	ctx := context.Background()
	c, _ := newCustomer(t)
	for free := unpaidLimit; free > 0; free -= 3 {
		n := count(parallel(t, 12, func(int) (Answer, error) { return c.CreateOrder(ctx, Key(), "plan_stream-hd", "") }))
		if n["made"] != free || n["too_many_unpaid_orders"] != 12-free {
			t.Errorf("%d were free: %v", free, n)
		}
		var unpaid []PlanOrder
		for _, o := range ordersOf(t, c) {
			if o.Status == "unpaid" {
				unpaid = append(unpaid, o)
			}
		}
		if len(unpaid) != unpaidLimit {
			t.Fatalf("%d unpaid orders", len(unpaid))
		}
		parallel(t, 2, func(i int) (Answer, error) { return c.CancelOrder(ctx, Key(), unpaid[i].OrderID) })
	}
}
