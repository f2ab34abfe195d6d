package journey

import (
	"context"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"turnup/internal/base/token"
)

// holdDelivery makes delivery's queue wait: nothing reads it until resume is called, or the test ends.
func holdDelivery(t *testing.T) (resume func()) {
	t.Helper()
	ctx, client := context.Background(), lambda.NewFromConfig(site.AWS())
	name := os.Getenv("TURNUP_STACK_NAME") + "-on-delivery"
	found := must[*lambda.ListEventSourceMappingsOutput](t)(client.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{FunctionName: &name}))
	if len(found.EventSourceMappings) != 1 {
		t.Fatalf("%d queues", len(found.EventSourceMappings))
	}
	mapping := found.EventSourceMappings[0].UUID
	turn := func(on bool, state string) {
		t.Helper()
		must[*lambda.UpdateEventSourceMappingOutput](t)(client.UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{UUID: mapping, Enabled: &on}))
		eventually(t, 2*time.Minute, "delivery's queue is "+state, func() bool {
			is := must[*lambda.GetEventSourceMappingOutput](t)(client.GetEventSourceMapping(ctx, &lambda.GetEventSourceMappingInput{UUID: mapping}))
			return *is.State == state
		})
	}
	turn(false, "Disabled")
	resume = sync.OnceFunc(func() { turn(true, "Enabled") })
	t.Cleanup(resume)
	return resume
}

// attempt is something a customer or an admin tries with an order, and what it must be answered: a fault's code, or none.
type attempt struct {
	name   string
	send   func() (Answer, error)
	status int
	code   string
}

// attempts are everything from outside that might move an order.
func attempts(t *testing.T, c *Customer, customer, order string, pay, cancel string) []attempt {
	t.Helper()
	ctx, staff := context.Background(), admin(t)
	answer := func(code string) int {
		if code == "" {
			return http.StatusOK
		}
		return http.StatusConflict
	}
	return []attempt{
		{"pay by page", func() (Answer, error) { return c.PayOrder(ctx, Key(), order, "stripe") }, answer(pay), pay},
		{"pay by wallet", func() (Answer, error) { return c.PayOrder(ctx, Key(), order, "wallet") }, answer(pay), pay},
		{"confirm", func() (Answer, error) { return c.Post(ctx, "/orders/"+order+"/confirm", Key(), nil) }, http.StatusOK, ""},
		{"cancel", func() (Answer, error) { return c.CancelOrder(ctx, Key(), order) }, answer(cancel), cancel},
		{"cancel as admin", func() (Answer, error) {
			return staff.Post(ctx, "/admin/customers/"+customer+"/orders/"+order+"/cancel", Key(), nil)
		}, answer(cancel), cancel},
	}
}

// unmoved tries everything with an order, and checks that each is answered as it must be and that nothing changed.
func unmoved(t *testing.T, c *Customer, customer, order, pay, cancel string) {
	t.Helper()
	ctx := context.Background()
	before := must[Answer](t)(c.Get(ctx, "/orders/"+order))
	wallet := walletOf(t, c, "/wallet")
	for _, try := range attempts(t, c, customer, order, pay, cancel) {
		if a := must[Answer](t)(try.send()); a.Status != try.status || a.Code() != try.code {
			t.Errorf("%s: %d %s, want %d %q", try.name, a.Status, a.Raw, try.status, try.code)
		}
		if now := must[Answer](t)(c.Get(ctx, "/orders/"+order)); string(now.Raw) != string(before.Raw) {
			t.Errorf("%s made it %s", try.name, now.Raw)
		}
	}
	for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if a := must[Answer](t)(c.Call(ctx, method, "/orders/"+order, map[string]any{"status": "delivered"})); a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s: %d %s", method, a.Status, a.Raw)
		}
	}
	if now := walletOf(t, c, "/wallet"); now != wallet {
		t.Errorf("the wallet held %+v, holds %+v", wallet, now)
	}
}

// S1-49: while delivery waits, no call of the customer's brings it about: the order truthfully stays paid, and its contract
// pending; then it is delivered by itself. S1-44, S1-56: and neither paid nor delivered it can be paid again or cancelled.
func TestNobodyForcesDelivery(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	fund(t, r.CustomerID, 5000)
	made := ordered(t, c, "plan_stream-hd", "")
	resume := holdDelivery(t)
	payByWallet(t, c, made.OrderID)
	for range 2 {
		unmoved(t, c, r.CustomerID, made.OrderID, "order_already_paid", "order_not_cancellable")
		time.Sleep(time.Second)
	}
	sub := into[Subscription](t, must[Answer](t)(c.Get(ctx, "/subscriptions/"+made.SubscriptionIDs[0])))
	if now := must[PlanOrder](t)(c.ReadOrder(ctx, made.OrderID)); now.Status != "paid" || states(now) != "unpaid paid" || sub.Status != "pending" || sub.Entitlement.State == "active" {
		t.Fatalf("%+v, %+v", now, sub)
	}
	resume()
	if done := delivered(t, c, made.OrderID); states(done) != "unpaid paid delivered" {
		t.Errorf("%+v", done)
	}
	unmoved(t, c, r.CustomerID, made.OrderID, "order_already_paid", "order_not_cancellable")
	if left := walletOf(t, c, "/wallet"); left.Available.Minor != 5000-1299 {
		t.Errorf("left %+v", left)
	}
}

// S1-44, S1-58: nothing leads out of cancelled, whoever tries, and the same for an order that an admin cancelled; a new order
// is another one. S1-60: cancelling it again is harmless.
func TestNothingLeadsOutOfCancelled(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	fund(t, r.CustomerID, 5000)
	for _, by := range []string{"user", "admin"} {
		made := ordered(t, c, "plan_stream-hd", "")
		who, path := c, "/orders/"+made.OrderID+"/cancel"
		if by == "admin" {
			who, path = admin(t), "/admin/customers/"+r.CustomerID+path
		}
		done := into[PlanOrder](t, expect(t, must[Answer](t)(who.Post(ctx, path, Key(), nil)), nil, http.StatusOK, ""))
		if done.Status != "cancelled" || done.CancelledBy != by || states(done) != "unpaid cancelled" {
			t.Errorf("%+v", done)
		}
		unmoved(t, c, r.CustomerID, made.OrderID, "order_cancelled", "")
		if again := ordered(t, c, "plan_stream-hd", ""); again.OrderID == made.OrderID || again.Status != "unpaid" {
			t.Errorf("%+v", again)
		}
	}
}

// S1-44: an unpaid order does not become paid by asking, nor can an order be made in another state.
func TestAskingDoesNotPay(t *testing.T) {
	ctx := context.Background()
	c, _ := newCustomer(t)
	made := ordered(t, c, "plan_stream-hd", "")
	confirm := func() {
		t.Helper()
		a := expect(t, must[Answer](t)(c.Post(ctx, "/orders/"+made.OrderID+"/confirm", Key(), nil)), nil, http.StatusOK, "")
		if into[PlanOrder](t, a).Status != "unpaid" {
			t.Errorf("%s", a.Raw)
		}
	}
	confirm()
	expect(t, must[Answer](t)(c.PayOrder(ctx, Key(), made.OrderID, "stripe")), nil, http.StatusOK, "")
	confirm()
	if now := must[PlanOrder](t)(c.ReadOrder(ctx, made.OrderID)); now.Status != "unpaid" || states(now) != "unpaid" {
		t.Errorf("%+v", now)
	}
	for field, value := range map[string]any{"status": "paid", "state": "delivered", "total": map[string]any{"minor": 1, "currency": "EUR"}, "paidBy": "wallet"} {
		a := must[Answer](t)(c.Post(ctx, "/orders", Key(), map[string]any{"planId": "plan_stream-hd", field: value}))
		expect(t, a, nil, http.StatusBadRequest, "invalid_request")
	}
	if all := ordersOf(t, c); len(all) != 1 {
		t.Errorf("%+v", all)
	}
}

// S1-64: customers reach their own orders only, support reads everybody's and changes none, admins cancel them; neither of
// the two orders or pays for a customer.
func TestRightsOnOrders(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	other, _ := newCustomer(t)
	made := ordered(t, c, "plan_stream-hd", "")
	own, desk := "/orders/"+made.OrderID, "/admin/customers/"+r.CustomerID+"/orders"
	adm, sup := admin(t), support(t)
	none := must[*Customer](t)(site.Staff(ctx)) // staff without a role
	both := must[*Customer](t)(site.Staff(ctx, token.RoleAdmin, token.RoleSupport))
	order := map[string]any{"planId": "plan_stream-hd"}
	pay := map[string]any{"method": "wallet"}
	for _, k := range []struct {
		who          string
		c            *Customer
		method, path string
		body         any
		status       int
	}{
		{"another customer", other, http.MethodGet, own, nil, 404}, {"another customer", other, http.MethodGet, own + "/status", nil, 404},
		{"another customer", other, http.MethodPost, own + "/cancel", nil, 404}, {"another customer", other, http.MethodPost, own + "/pay", pay, 404},
		{"another customer", other, http.MethodPost, own + "/confirm", nil, 404},
		{"its customer", c, http.MethodGet, desk, nil, 401}, {"its customer", c, http.MethodPost, desk + "/" + made.OrderID + "/cancel", nil, 401},
		{"support", sup, http.MethodGet, desk, nil, 200}, {"support", sup, http.MethodGet, desk + "/" + made.OrderID, nil, 200},
		{"support", sup, http.MethodPost, desk + "/" + made.OrderID + "/cancel", nil, 403},
		{"no role", none, http.MethodGet, desk, nil, 403}, {"no role", none, http.MethodPost, desk + "/" + made.OrderID + "/cancel", nil, 403},
		{"admin", adm, http.MethodPost, "/orders", order, 401}, {"admin", adm, http.MethodPost, own + "/pay", pay, 401}, {"admin", adm, http.MethodGet, own, nil, 401},
		{"admin", adm, http.MethodGet, desk, nil, 200}, {"both", both, http.MethodGet, desk + "/" + made.OrderID, nil, 200},
	} {
		var headers []Header
		if k.method == http.MethodPost {
			headers = append(headers, Header{"Idempotency-Key", Key()})
		}
		if a := must[Answer](t)(k.c.Call(ctx, k.method, k.path, k.body, headers...)); a.Status != k.status {
			t.Errorf("%s, %s %s: %d %s", k.who, k.method, k.path, a.Status, a.Raw)
		}
	}
	mine, theirs := must[Answer](t)(c.Get(ctx, own)), must[Answer](t)(sup.Get(ctx, desk+"/"+made.OrderID))
	if string(mine.Raw) != string(theirs.Raw) || into[PlanOrder](t, mine).Status != "unpaid" {
		t.Errorf("support reads %s, the customer %s", theirs.Raw, mine.Raw)
	}
}
