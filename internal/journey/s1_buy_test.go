package journey

import (
	"context"
	"net/http"
	"testing"
	"time"

	"turnup/internal/base/event"
)

// S1-63, S1-20, S1-27, S1-28, S1-45, S1-46: browse, order, pay on the gateway's page, paid, delivered, active.
func TestBuyByGateway(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	made := into[PlanOrder](t, must[Answer](t)(c.CreateOrder(ctx, Key(), "plan_stream-hd", "")))
	if made.Status != "unpaid" || made.Total.Minor != 1299 || made.OrderID == "" || time.Until(made.ExpiresAt) < 20*time.Minute {
		t.Fatalf("%+v", made)
	}
	page := into[Paid](t, must[Answer](t)(c.PayOrder(ctx, Key(), made.OrderID, "stripe")))
	if page.Status != "redirect_required" || page.Amount != made.Total {
		t.Fatalf("%+v", page)
	}
	if _, err := NewBrowser().Pay(ctx, page.RedirectURL, cardGood, Pass); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AwaitOrder(ctx, made.OrderID, "delivered", 20*time.Second); err != nil {
		t.Fatal(err)
	}
	done := must[PlanOrder](t)(c.ReadOrder(ctx, made.OrderID))
	if done.PaidBy != "stripe" || done.PaymentID != page.PaymentID || len(done.History) != 3 {
		t.Fatalf("%+v", done)
	}
	active(t, c, made.SubscriptionIDs[0])
	if charges := psp.charges(t, r.CustomerID); len(charges) != 1 || charges[0].Amount != 1299 || charges[0].AmountRefunded != 0 {
		t.Fatalf("%+v", charges)
	}
	exactlyOne(t, event.TypePaymentSucceeded, made.OrderID)
	exactlyOne(t, event.TypeOrderDelivered, made.OrderID)
}

// S1-63, S1-42, S1-38: the same by the wallet, which must hold enough.
func TestBuyByWallet(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	made := into[PlanOrder](t, must[Answer](t)(c.CreateOrder(ctx, Key(), "plan_stream-hd", "")))
	expect(t, must[Answer](t)(c.PayOrder(ctx, Key(), made.OrderID, "wallet")), nil, http.StatusPaymentRequired, "wallet_insufficient")
	expect(t, must[Answer](t)(admin(t).Post(ctx, "/admin/customers/"+r.CustomerID+"/wallet/movements", Key(), movement("credit", 1299))), nil, http.StatusCreated, "")
	paid := into[Paid](t, must[Answer](t)(c.PayOrder(ctx, Key(), made.OrderID, "wallet")))
	if paid.Status != "paid" {
		t.Fatalf("%+v", paid)
	}
	if _, err := c.AwaitOrder(ctx, made.OrderID, "delivered", 20*time.Second); err != nil {
		t.Fatal(err)
	}
	active(t, c, made.SubscriptionIDs[0])
}
