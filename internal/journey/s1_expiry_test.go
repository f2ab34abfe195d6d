package journey

import (
	"context"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"turnup/internal/base/event"
)

// clocked is a new customer who lives by a test clock that shows the real time.
func clocked(t *testing.T) (*Customer, string, TestClock) {
	t.Helper()
	clock := newTestClock(t, nil)
	c, r := newCustomer(t)
	expect(t, attach(t, clock.ClockID, r.CustomerID), nil, http.StatusOK, "")
	return c, r.CustomerID, clock
}

// S1-54, S1-55, S1-61: half an hour after it was made, an unpaid order that nobody touched is cancelled by the timeout, not a
// moment earlier, whether or not a page is open for it. S1-58: then it cannot be paid or cancelled otherwise. S1-19, S1-23:
// its coupon can be used and its place be taken again, by the same customer.
func TestTimeout(t *testing.T) {
	ctx := context.Background()
	c, customer, clock := clocked(t)
	fund(t, customer, 5000)
	code := newCoupon(t, couponTerms(2000, map[string]any{"limit": 2, "perCustomer": 2}))
	open := []PlanOrder{ordered(t, c, "plan_stream-hd", code), ordered(t, c, "plan_sports-pass", code)}
	expect(t, must[Answer](t)(c.PayOrder(ctx, Key(), open[1].OrderID, "stripe")), nil, http.StatusOK, "")
	fits(t, c, unpaidLimit-2)
	for _, o := range open {
		if left := o.ExpiresAt.Sub(clock.Now); left.Round(time.Second) != 30*time.Minute {
			t.Errorf("it has %v", left)
		}
	}
	advance(t, clock.ClockID, open[0].ExpiresAt.Add(-time.Second))
	for _, o := range open {
		if now := must[PlanOrder](t)(c.ReadOrder(ctx, o.OrderID)); now.Status != "unpaid" || now.Coupon.State != "held" {
			t.Errorf("too early: %+v", now)
		}
	}
	advance(t, clock.ClockID, clock.Now.Add(31*time.Minute))
	for _, o := range open {
		now := must[PlanOrder](t)(c.ReadOrder(ctx, o.OrderID))
		if now.Status != "cancelled" || now.CancelledBy != "timeout" || states(now) != "unpaid cancelled" || now.Coupon.State != "returned" || now.PayURL != "" {
			t.Errorf("%+v", now)
		}
		if at := now.History[1].At; at.Before(o.ExpiresAt) || at.After(o.ExpiresAt.Add(time.Minute)) {
			t.Errorf("cancelled at %v, its time was over at %v", at, o.ExpiresAt)
		}
		unmoved(t, c, customer, o.OrderID, "order_cancelled", "")
		exactlyOne(t, event.TypeOrderCancelled, o.OrderID)
	}
	if uses := couponUses(t, code); uses != 0 {
		t.Errorf("%d uses", uses)
	}
	var list struct{ Timers []any }
	a := must[Answer](t)(admin(t).Get(ctx, "/admin/customers/"+customer+"/timers"))
	if err := a.Into(&list); err != nil || len(list.Timers) != 0 {
		t.Errorf("it goes on: %s, %v", a.Raw, err)
	}
	for range 2 {
		ordered(t, c, "plan_stream-hd", code)
	}
	fits(t, c, unpaidLimit-2)
}

// An order that was paid or cancelled in time is left alone when its time would be over.
func TestTimeoutLeavesOthersAlone(t *testing.T) {
	ctx := context.Background()
	c, customer, clock := clocked(t)
	fund(t, customer, 5000)
	bought, dropped := ordered(t, c, "plan_stream-hd", ""), ordered(t, c, "plan_sports-pass", "")
	payByWallet(t, c, bought.OrderID)
	delivered(t, c, bought.OrderID)
	expect(t, must[Answer](t)(c.CancelOrder(ctx, Key(), dropped.OrderID)), nil, http.StatusOK, "")
	before := [2]Answer{must[Answer](t)(c.Get(ctx, "/orders/"+bought.OrderID)), must[Answer](t)(c.Get(ctx, "/orders/"+dropped.OrderID))}
	advance(t, clock.ClockID, clock.Now.Add(24*time.Hour))
	for i, o := range []PlanOrder{bought, dropped} {
		if now := must[Answer](t)(c.Get(ctx, "/orders/"+o.OrderID)); string(now.Raw) != string(before[i].Raw) {
			t.Errorf("%s became %s", before[i].Raw, now.Raw)
		}
	}
	fits(t, c, unpaidLimit)
}

// configure changes settings of a function, as changing parameters of the template does, until the test ends.
func configure(t *testing.T, function string, settings map[string]string) (restore func()) {
	t.Helper()
	ctx, client := context.Background(), lambda.NewFromConfig(site.AWS())
	name := os.Getenv("TURNUP_STACK_NAME") + "-" + function
	is := must[*lambda.GetFunctionConfigurationOutput](t)(client.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name}))
	set := func(variables map[string]string) {
		t.Helper()
		_, err := client.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: &name, Environment: &types.Environment{Variables: variables}})
		if err == nil {
			err = lambda.NewFunctionUpdatedV2Waiter(client).Wait(ctx, &lambda.GetFunctionInput{FunctionName: &name}, 30*time.Second)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	changed := maps.Clone(is.Environment.Variables)
	for name, value := range settings {
		if changed[name] == "" {
			t.Fatalf("%s is no setting of it", name)
		}
		changed[name] = value
	}
	restore = func() { set(is.Environment.Variables) }
	t.Cleanup(restore)
	set(changed)
	return restore
}

// S1-61: timeout and limit are parameters of the template, half an hour and five by default; other values of the settings they
// become hold without another build. S1-59: an order whose time is over is not payable, either way, although its timer has not
// fired. S1-54: soon after, the real clock's tick cancels it by itself.
func TestTimeoutAndLimitAreConfiguration(t *testing.T) {
	ctx := context.Background()
	template := string(must[[]byte](t)(os.ReadFile("../../template.yaml")))
	for _, parameter := range []string{"  UnpaidLimit:\n    Type: Number\n    Default: 5\n", "  OrderTimeout:\n    Type: String\n    Default: 30m\n",
		"UNPAID_LIMIT: !Ref UnpaidLimit\n", "ORDER_TIMEOUT: !Ref OrderTimeout\n"} {
		if !strings.Contains(template, parameter) {
			t.Errorf("the template lacks %q", parameter)
		}
	}
	c, r := newCustomer(t)
	fund(t, r.CustomerID, 5000)
	restore := configure(t, "orders", map[string]string{"UNPAID_LIMIT": "2", "ORDER_TIMEOUT": "1500ms"})
	var late PlanOrder
	for { // again, when the tick comes just then
		late = ordered(t, c, "plan_stream-hd", "")
		if left := late.ExpiresAt.Sub(late.History[0].At); left != 1500*time.Millisecond {
			t.Fatalf("it has %v", left)
		}
		second := ordered(t, c, "plan_sports-pass", "")
		notOrdered(t, c, "plan_stream-4k", "", http.StatusConflict, "too_many_unpaid_orders")
		time.Sleep(time.Until(late.ExpiresAt.Add(50 * time.Millisecond)))
		byWallet, byPage := must[Answer](t)(c.PayOrder(ctx, Key(), late.OrderID, "wallet")), must[Answer](t)(c.PayOrder(ctx, Key(), late.OrderID, "stripe"))
		if byWallet.Code() == "order_cancelled" || byPage.Code() == "order_cancelled" {
			expect(t, must[Answer](t)(c.CancelOrder(ctx, Key(), second.OrderID)), nil, http.StatusOK, "")
			continue
		}
		expect(t, byWallet, nil, http.StatusConflict, "order_expired")
		expect(t, byPage, nil, http.StatusConflict, "order_expired")
		break
	}
	restore()
	if left := walletOf(t, c, "/wallet"); left.Available.Minor != 5000 {
		t.Errorf("left %+v", left)
	}
	done := must[OrderStatus](t)(c.AwaitOrder(ctx, late.OrderID, "cancelled", 100*time.Second))
	if done.CancelledBy != "timeout" {
		t.Errorf("%+v", done)
	}
	if n := len(psp.charges(t, r.CustomerID)); n != 0 {
		t.Errorf("%d charges", n)
	}
}
