package journey

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/event"
)

// S1-32: no callback ever comes. The customer comes back, and asking settles the order, asked many times at once as well.
func TestUnheardIsFoundOnReturn(t *testing.T) {
	psp.delivers(t, map[string]any{"drop": true})
	c, r := newCustomer(t)
	made := ordered(t, c, "plan_stream-hd", "")
	page := paging(t, c, made.OrderID)
	if is := confirmed(t, c, made.OrderID); is != "unpaid" {
		t.Fatalf("before it was paid: %s", is)
	}
	payOn(t, page)
	for _, a := range parallel(t, 8, func(int) (Answer, error) {
		return c.Post(context.Background(), "/orders/"+made.OrderID+"/confirm", Key(), nil)
	}) {
		if is := into[struct{ Status string }](t, a).Status; is != "paid" && is != "delivered" {
			t.Errorf("%s", a.Raw)
		}
	}
	onceByPage(t, c, r.CustomerID, made.OrderID, page)
}

// S1-32, R8: the PSP took the money, its answer to the browser was lost, no callback comes, and the customer is gone: the look
// after the order finds it. One charge, and the order is paid. The answer to the opening of the page was lost before, too.
func TestUnheardIsFoundByTheLook(t *testing.T) {
	ctx := context.Background()
	psp.delivers(t, map[string]any{"drop": true})
	b := newBuyer(t)
	made := ordered(t, b.Customer, "plan_stream-hd", "")
	psp.fails(t, pspFault{Method: http.MethodPost, Path: "/v1/checkout/sessions", Mode: "lost", Times: 1}, pspFault{Method: http.MethodPost, Path: "/c/pay/", Mode: "lost", Times: 1})
	if a := must[Answer](t)(b.PayOrder(ctx, Key(), made.OrderID, "stripe")); a.Status != http.StatusServiceUnavailable && a.Status != http.StatusBadGateway {
		t.Fatalf("%d %s", a.Status, a.Raw)
	}
	page := paging(t, b.Customer, made.OrderID)
	if back, err := NewBrowser().Pay(ctx, page.RedirectURL, cardGood, Pass); err == nil {
		t.Fatalf("the answer was not lost: %v", back)
	}
	if n := len(psp.charges(t, b.id)); n != 1 {
		t.Fatalf("%d charges", n)
	}
	advance(t, b.clock.ClockID, b.clock.Now.Add(119*time.Second))
	if now := must[PlanOrder](t)(b.ReadOrder(ctx, made.OrderID)); now.Status != "unpaid" {
		t.Fatalf("found before the first look: %+v", now)
	}
	advance(t, b.clock.ClockID, b.clock.Now.Add(3*time.Minute))
	onceByPage(t, b.Customer, b.id, made.OrderID, page)
}

// S1-32: paid in time, not heard of, and no look comes before the time to pay is over: the one that would let the order expire asks
// first. The order does not expire.
func TestUnheardIsFoundBeforeItExpires(t *testing.T) {
	ctx := context.Background()
	psp.delivers(t, map[string]any{"drop": true})
	c, r := newCustomer(t)
	restore := configure(t, "orders", map[string]string{"ORDER_TIMEOUT": "6s"})
	made := ordered(t, c, "plan_stream-hd", "")
	restore()
	page := paging(t, c, made.OrderID)
	payOn(t, page)
	if time.Now().After(made.ExpiresAt) {
		t.Fatal("this machine is too slow to pay within six seconds")
	}
	time.Sleep(time.Until(made.ExpiresAt))
	expect(t, must[Answer](t)(c.PayOrder(ctx, Key(), made.OrderID, "wallet")), nil, http.StatusConflict, "order_expired")
	must[Answer](t)(c.Await(ctx, "/orders/"+made.OrderID, 100*time.Second, func(a Answer) bool { return !strings.Contains(string(a.Raw), `"status":"unpaid"`) }))
	onceByPage(t, c, r.CustomerID, made.OrderID, page)
}

// S1-33: a declined card leaves the order unpaid, and another card can be tried on the same page; whoever leaves the page by its
// link gets the same page again, or pays from the wallet.
func TestDeclinedOrAbandonedIsPayableAgain(t *testing.T) {
	ctx := context.Background()
	unpaid := func(c *Customer, order string) {
		t.Helper()
		if is, now := confirmed(t, c, order), must[PlanOrder](t)(c.ReadOrder(ctx, order)); is != "unpaid" || states(now) != "unpaid" {
			t.Errorf("%s, %+v", is, now)
		}
	}
	c, r := newCustomer(t)
	made := ordered(t, c, "plan_stream-hd", "")
	page, browser := paging(t, c, made.OrderID), NewBrowser()
	at := must[Page](t)(browser.Open(ctx, page.RedirectURL))
	for _, bad := range []string{cardRefused, "4000000000009995"} {
		if at = must[Page](t)(browser.EnterCard(ctx, at, bad)); at.Back != nil || !strings.Contains(at.HTML, "declined") && !strings.Contains(at.HTML, "insufficient") {
			t.Errorf("%d %s", at.Status, at.HTML)
		}
		time.Sleep(500 * time.Millisecond) // the callback of it
		unpaid(c, made.OrderID)
	}
	at = must[Page](t)(browser.EnterCard(ctx, at, card3DS))
	if at = must[Page](t)(browser.Authenticate(ctx, at, Fail)); at.Back.Get("session_id") != "" {
		t.Errorf("%+v", at)
	}
	unpaid(c, made.OrderID)
	if again := paging(t, c, made.OrderID); again != page {
		t.Errorf("%+v, then %+v", page, again)
	}
	payOn(t, page)
	onceByPage(t, c, r.CustomerID, made.OrderID, page)

	for _, then := range []string{"stripe", "wallet"} {
		b := newBuyer(t)
		fund(t, b.id, 1299)
		made := ordered(t, b.Customer, "plan_stream-hd", "")
		page := paging(t, b.Customer, made.OrderID)
		if back := must[url.Values](t)(NewBrowser().Cancel(ctx, page.RedirectURL)); back.Get("cancelled") != "true" || back.Get("order") != made.OrderID {
			t.Errorf("back with %v", back)
		}
		unpaid(b.Customer, made.OrderID)
		if then == "wallet" {
			payByWallet(t, b.Customer, made.OrderID)
		} else {
			payOn(t, paging(t, b.Customer, made.OrderID))
		}
		done := delivered(t, b.Customer, made.OrderID)
		if charges := len(psp.charges(t, b.id)); done.PaidBy != then || then == "wallet" && charges != 0 || then == "stripe" && (charges != 1 || done.PaymentID != page.PaymentID) {
			t.Errorf("%s: %+v", then, done)
		}
	}
}

// S1-33: the gateway closed the page: the order is payable again, on a new one, whether it told us so or must be asked.
func TestClosedPageIsReplaced(t *testing.T) {
	for _, told := range []bool{true, false} {
		psp.delivers(t, map[string]any{"drop": !told})
		c, r := newCustomer(t)
		made := ordered(t, c, "plan_stream-hd", "")
		page := paging(t, c, made.OrderID)
		session := page.RedirectURL[strings.LastIndex(page.RedirectURL, "/")+1:]
		req := must[*http.Request](t)(http.NewRequest(http.MethodPost, site.PSP+"/v1/checkout/sessions/"+session+"/expire", nil))
		req.SetBasicAuth("sk_test_journey", "")
		res := must[*http.Response](t)(http.DefaultClient.Do(req))
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("the PSP answers %s", res.Status)
		}
		if !told {
			if is := confirmed(t, c, made.OrderID); is != "unpaid" {
				t.Errorf("%s", is)
			}
			psp.delivers(t, map[string]any{})
		}
		exactlyOne(t, event.TypePaymentFailed, page.PaymentID)
		second := paging(t, c, made.OrderID)
		if second.PaymentID == page.PaymentID || second.RedirectURL == page.RedirectURL || second.Amount != page.Amount {
			t.Errorf("%+v, then %+v", page, second)
		}
		payOn(t, second)
		onceByPage(t, c, r.CustomerID, made.OrderID, second)
	}
}

// R7: the PSP refuses connections, then answers 5xx, then 429, while customers pay: half of them have their page open, half want
// one. In the end each has paid, once, and nothing was refunded.
func TestOutageWhilePaying(t *testing.T) {
	ctx := context.Background()
	type shopping struct {
		c    *Customer
		id   string
		made PlanOrder
		page Paid
	}
	all := make([]shopping, 6)
	for i := range all {
		c, r := newCustomer(t)
		all[i] = shopping{c: c, id: r.CustomerID, made: ordered(t, c, "plan_stream-hd", "")}
		if i%2 == 0 {
			all[i].page = paging(t, c, all[i].made.OrderID)
		}
	}
	over, failed := make(chan struct{}), make(chan error, len(all))
	var shops sync.WaitGroup
	psp.fails(t, pspFault{Path: "/v1/", Mode: "refuse"})
	for i := range all {
		s := &all[i]
		shops.Go(func() { failed <- s.c.insist(ctx, s.made.OrderID, &s.page, over) })
	}
	for _, outage := range []pspFault{{Path: "/v1/", Mode: "refuse"}, {Path: "/v1/", Mode: "status", Status: 503}, {Path: "/v1/", Mode: "after", Status: 500}, {Path: "/v1/", Mode: "status", Status: 429}} {
		psp.fails(t, outage)
		time.Sleep(3 * time.Second)
	}
	psp.heals(t)
	close(over)
	shops.Wait()
	for range all {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	for _, s := range all {
		onceByPage(t, s.c, s.id, s.made.OrderID, s.page)
	}
}

// insist asks for a page until there is one, pays on it, and asks whether that came, all the while with the outage's answers.
func (c *Customer) insist(ctx context.Context, order string, page *Paid, over <-chan struct{}) error {
	patient := func(send func() (Answer, error), done func(Answer) bool) error {
		var a Answer
		over, err := lookAgain(time.Minute, 300*time.Millisecond, func() (_ bool, err error) {
			if a, err = send(); err == nil && a.Status != http.StatusOK && a.Status != http.StatusServiceUnavailable && a.Status != http.StatusBadGateway {
				err = fmt.Errorf("the outage is answered by %d %s", a.Status, a.Raw)
			}
			return err == nil && a.Status == http.StatusOK && done(a), err
		})
		if err == nil && !over {
			err = fmt.Errorf("still %d %s", a.Status, a.Raw)
		}
		return err
	}
	if page.RedirectURL == "" {
		err := patient(func() (Answer, error) { return c.PayOrder(ctx, Key(), order, "stripe") }, func(a Answer) bool { return a.Into(page) == nil })
		if err != nil {
			return err
		}
	}
	if _, err := NewBrowser().Pay(ctx, page.RedirectURL, cardGood, Pass); err != nil {
		return err
	}
	return patient(func() (Answer, error) { return c.Post(ctx, "/orders/"+order+"/confirm", Key(), nil) }, func(Answer) bool {
		select {
		case <-over:
			return true
		default:
			return false
		}
	})
}
