package journey

import (
	"context"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// timeout sets a function's time-out: the one way to have a function killed in the midst of its work that is the same
// on every cloud.
func timeout(t *testing.T, function string, seconds int32) {
	t.Helper()
	ctx, client := context.Background(), lambda.NewFromConfig(site.AWS())
	name := os.Getenv("TURNUP_STACK_NAME") + "-" + function
	_, err := client.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: &name, Timeout: &seconds})
	if err == nil {
		err = lambda.NewFunctionUpdatedV2Waiter(client).Wait(ctx, &lambda.GetFunctionInput{FunctionName: aws.String(name)}, 30*time.Second)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// S0-47: the function is killed between charge and commit. The customer's retry with the same key completes the
// purchase, and so does settlement when the customer is gone and no webhook comes: one charge, one contract.
func TestKillBetweenChargeAndCommit(t *testing.T) {
	ctx := context.Background()
	for _, retried := range []bool{true, false} {
		psp.delivers(t, map[string]any{"drop": true})
		c, r, method, cart := shopper(t, cardGood)
		psp.fails(t, pspFault{Method: http.MethodPost, Path: "/v1/payment_intents", Mode: "hang", Effect: true, HangMs: 5000, Times: 1})
		timeout(t, "carts", 2)
		t.Cleanup(func() { timeout(t, "carts", 29) })
		key := Key()
		if a := must[Answer](t)(c.Pay(ctx, key, cart.CartID, method.PaymentMethodID)); a.Status < 500 {
			t.Fatalf("the function was not killed: %d %s", a.Status, a.Raw)
		}
		if n := len(psp.charges(t, r.CustomerID)); n != 1 {
			t.Fatalf("%d charges when it was killed", n)
		}
		timeout(t, "carts", 29)
		if retried {
			settledOnce(t, c, r.CustomerID, into[Checkout](t, must[Answer](t)(c.Pay(ctx, key, cart.CartID, method.PaymentMethodID))))
			continue
		}
		var read Cart
		eventually(t, 40*time.Second, "settlement completes the checkout", func() bool {
			read = into[Cart](t, must[Answer](t)(c.Get(ctx, "/carts/"+cart.CartID)))
			return read.Status == "checked_out"
		})
		again := into[Checkout](t, must[Answer](t)(c.Pay(ctx, key, cart.CartID, method.PaymentMethodID)))
		if again.OrderID != read.OrderID {
			t.Fatalf("%+v, %+v", again, read)
		}
		settledOnce(t, c, r.CustomerID, again)
	}
}
