package journey

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"turnup/internal/base/event"
)

// S0-41: a cart without any subscription is bought and delivered as well; there is no contract then.
func TestPurchaseOfOneOffItems(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	method := must[Method](t)(c.AddCard(ctx, cardGood))
	cart := must[Cart](t)(c.Fill(ctx, "good_streaming-stick"))
	a := expect(t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID)), nil, http.StatusOK, "")
	bought := into[Checkout](t, a)
	if bought.SubscriptionIDs == nil || len(bought.SubscriptionIDs) != 0 {
		t.Fatalf("%s", a.Raw)
	}
	must[Answer](t)(c.Await(ctx, "/orders/"+bought.OrderID, 20*time.Second, func(a Answer) bool {
		var o Order
		return json.Unmarshal(a.Raw, &o) == nil && o.Status == "delivered"
	}))
	exactlyOne(t, event.TypeOrderDelivered, bought.OrderID)
	if n := len(crm.of(event.TypeContractSigned, r.CustomerID)); n != 0 {
		t.Errorf("%d contracts", n)
	}
}
