package journey

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/chromedp/chromedp"

	"turnup/internal/base/event"
	"turnup/internal/base/token"
)

// unheard is a purchase whose money the PSP took, and nobody knows: its answer and its callback were lost, and settlement gave up.
type unheard struct {
	*Customer
	id   string
	cart Cart
	pay  struct{ PaymentID, OrderID string }
}

func newUnheard(t *testing.T) unheard {
	t.Helper()
	psp.delivers(t, map[string]any{"drop": true})
	configure(t, "tasks-settlement", map[string]string{"FIRST_LOOK": "1h"}) // so that it asks nobody meanwhile
	c, r, method, cart := shopper(t, cardGood)
	u := unheard{Customer: c, id: r.CustomerID, cart: cart}
	psp.fails(t, pspFault{Method: http.MethodPost, Path: "/v1/payment_intents", Mode: "lost", Times: 1})
	expect(t, must[Answer](t)(c.Pay(t.Context(), Key(), cart.CartID, method.PaymentMethodID)), nil, http.StatusServiceUnavailable, "payment_unsettled")
	eventually(t, 20*time.Second, "it is on record that it began", func() bool {
		type entry struct {
			What string
			Data struct{ PaymentID, OrderID string }
		}
		for _, e := range into[struct{ Entries []entry }](t, must[Answer](t)(support(t).Get(t.Context(), "/admin/customers/"+r.CustomerID+"/history"))).Entries {
			if e.What == string(event.TypePaymentInitiated) {
				u.pay = e.Data
			}
		}
		return u.pay.PaymentID != ""
	})
	name := os.Getenv("TURNUP_STACK_NAME") + "-tasks-settlement"
	task := must[[]byte](t)(json.Marshal(map[string]any{"task": "park", "execution": u.pay.PaymentID, "correlationId": "cor-journey", "input": map[string]string{"tenant": "demo", "paymentId": u.pay.PaymentID, "correlationId": "cor-journey"}}))
	out := must[*lambda.InvokeOutput](t)(lambda.NewFromConfig(site.AWS()).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, Payload: task}))
	if out.FunctionError != nil {
		t.Fatalf("%s", out.Payload)
	}
	eventually(t, 20*time.Second, "it waits for somebody", func() bool { return len(hanging(t, u.pay.OrderID)) == 1 })
	time.Sleep(3 * time.Second) // until it is old enough to be asked about
	return u
}

// bought checks that what was paid for is delivered, once, and that nothing waits for anybody.
func (u unheard) bought(t *testing.T) {
	t.Helper()
	read := into[Cart](t, must[Answer](t)(u.Get(t.Context(), "/carts/"+u.cart.CartID)))
	list := into[struct{ Subscriptions []Subscription }](t, must[Answer](t)(u.Get(t.Context(), "/subscriptions")))
	if read.Status != "checked_out" || len(list.Subscriptions) != 1 {
		t.Fatalf("%+v, %+v", read, list)
	}
	settledOnce(t, u.Customer, u.id, Checkout{OrderID: read.OrderID, SubscriptionIDs: []string{list.Subscriptions[0].SubscriptionID}})
	must[OrderStatus](t)(u.AwaitOrder(t.Context(), u.pay.OrderID, "delivered", 30*time.Second))
	eventually(t, 10*time.Second, "it hangs no more", func() bool { return len(hanging(t, u.pay.OrderID)) == 0 })
}

// S0-47, S3-156, R8: the money of a payment that is parked is found when staff have the PSP asked: the order is delivered, the matter is gone,
// and it is on record who did it. While the PSP is away nothing is changed, and asked again under the same key it is done once.
func TestStaffFindWhatBecameOfAPayment(t *testing.T) {
	ctx, u, desk := t.Context(), newUnheard(t), staff(t, token.RoleBilling)
	m := hanging(t, u.pay.OrderID)[0]
	if m.Kind != "payment_unsettled" || m.Cause.Code != "payment_parked" || m.CustomerID != u.id || m.Action == nil || m.Action.Name != "verifyPayment" || m.Action.Path != "/admin/payments/"+u.pay.PaymentID+"/verify" {
		t.Fatalf("%+v", m)
	}
	expect(t, must[Answer](t)(support(t).Post(ctx, m.Action.Path, Key(), nil)), nil, http.StatusForbidden, "forbidden")
	expect(t, must[Answer](t)(desk.Post(ctx, "/admin/payments/pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA/verify", Key(), nil)), nil, http.StatusNotFound, "payment_not_found")
	key := Key()
	psp.fails(t, pspFault{Path: "/v1/", Mode: "refuse"})
	expect(t, must[Answer](t)(desk.Post(ctx, m.Action.Path, key, nil)), nil, http.StatusServiceUnavailable, "payment_unsettled")
	psp.heals(t)
	if still := hanging(t, u.pay.OrderID); len(still) != 1 || still[0].Cause != m.Cause {
		t.Errorf("%+v", still)
	}
	for range 2 {
		got := into[struct {
			PaymentID, Status string
			Parked            bool
		}](t, must[Answer](t)(desk.Post(ctx, m.Action.Path, key, nil)))
		if got.PaymentID != u.pay.PaymentID || got.Status != "succeeded" || got.Parked {
			t.Errorf("%+v", got)
		}
	}
	u.bought(t)
	eventually(t, 20*time.Second, "it is on record", func() bool {
		type act struct{ StaffID, What, CustomerID string }
		acts := into[struct{ Acts []act }](t, must[Answer](t)(admin(t).Get(ctx, "/admin/audit?staffId=journey-billing&limit=100"))).Acts
		return slices.Contains(acts, act{"journey-billing", string(event.TypePaymentSucceeded), u.id})
	})
}

// S0-47, S3-32: the same by the button of the console.
func TestConsoleAsksWhatBecameOfAPayment(t *testing.T) {
	email := deskMember(t, token.RoleBilling)
	w := browse(t, desktop)
	u := newUnheard(t)
	w.signsIn(email)
	w.do(chromedp.Navigate(console("/attention")))
	w.says("Ask again")
	w.keep("console-payment-hangs")
	w.click(`a[href*="askAgain"][href*="` + u.pay.PaymentID + `"]`)
	w.says("The payment provider is asked now.")
	w.says(u.pay.PaymentID)
	w.accessible("ask-again")
	w.keep("console-ask-again")
	psp.fails(t, pspFault{Path: "/v1/", Mode: "refuse"})
	w.presses("Ask the payment provider")
	w.says("The payment provider does not answer. Nothing was changed")
	w.keep("console-ask-again-unanswered")
	psp.heals(t)
	w.presses("Ask the payment provider")
	w.says("The money came: the payment succeeded")
	w.keep("console-asked-again")
	u.bought(t)
}
