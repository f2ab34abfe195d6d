package journey

import (
	"context"
	"net/http"
	"testing"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/journey/demo"
)

func add(t *testing.T, c *Customer, cart string, items ...map[string]any) Answer {
	t.Helper()
	body := map[string]any{"items": items}
	if cart != "" {
		body["cartId"] = cart
	}
	return must[Answer](t)(c.Post(context.Background(), "/carts/items", Key(), body))
}

func item(name string) map[string]any { return map[string]any{"itemId": name} }

// S0-36, S0-40: one or several items, with totals, without any payment method.
func TestAddItems(t *testing.T) {
	c, _ := newCustomer(t)
	cart := into[Cart](t, add(t, c, "", item("plan_stream-hd"), map[string]any{"itemId": "good_streaming-stick", "quantity": 2}))
	if cart.Status != "open" || len(cart.Lines) != 2 || *cart.Total != (Amount{1299 + 2*3900, "EUR"}) {
		t.Fatalf("%+v", cart)
	}
	more := into[Cart](t, add(t, c, cart.CartID, item("plan_sports-pass"), item("good_streaming-stick")))
	if more.CartID != cart.CartID || len(more.Lines) != 3 || more.Total.Minor != 1299+3*3900+999 {
		t.Fatalf("%+v", more)
	}
	if read := into[Cart](t, must[Answer](t)(c.Get(context.Background(), "/carts/"+cart.CartID))); *read.Total != *more.Total {
		t.Fatalf("%+v", read)
	}
}

// S0-37, S0-38: unknown, not sold here, off sale, doubled, excluded: a fault, and nothing of the call is added.
func TestAddItemsAllOrNothing(t *testing.T) {
	c, _ := newCustomer(t)
	cart := into[Cart](t, add(t, c, "", item("plan_stream-hd")))
	for name, code := range map[string]string{"plan_nothing": "item_not_sold", "plan_stream-classic": "item_not_sold", "plan_stream-8k": "item_not_sold",
		"plan_stream-hd": "subscription_already_in_cart", "plan_stream-4k": "items_incompatible"} {
		a := expect(t, add(t, c, cart.CartID, item("good_streaming-stick"), item(name)), nil, http.StatusConflict, code)
		if detail(a, "itemId") != name {
			t.Errorf("%s is not named: %s", name, a.Raw)
		}
	}
	expect(t, add(t, c, cart.CartID, map[string]any{"itemId": "plan_sports-pass", "quantity": 2}), nil, http.StatusBadRequest, "quantity_invalid")
	expect(t, add(t, c, "", item("plan_stream-basic"), item("plan_stream-4k")), nil, http.StatusConflict, "items_incompatible")
	if read := into[Cart](t, must[Answer](t)(c.Get(context.Background(), "/carts/"+cart.CartID))); len(read.Lines) != 1 {
		t.Fatalf("something was added: %+v", read)
	}
}

// S0-39: another customer's cart is unknown, in every operation.
func TestForeignCartIsUnknown(t *testing.T) {
	c, _ := newCustomer(t)
	other, _ := newCustomer(t)
	ctx := context.Background()
	cart := into[Cart](t, add(t, c, "", item("plan_stream-hd")))
	expect(t, must[Answer](t)(other.Get(ctx, "/carts/"+cart.CartID)), nil, http.StatusNotFound, "cart_not_found")
	expect(t, add(t, other, cart.CartID, item("plan_sports-pass")), nil, http.StatusNotFound, "cart_not_found")
	expect(t, must[Answer](t)(other.Call(ctx, http.MethodDelete, "/carts/"+cart.CartID+"/items/plan_stream-hd", nil)), nil, http.StatusNotFound, "cart_not_found")
	expect(t, must[Answer](t)(other.Pay(ctx, Key(), cart.CartID, "pmt_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA")), nil, http.StatusNotFound, "cart_not_found")
}

// Adding is idempotent under its key, and If-Match guards against a change made meanwhile.
func TestAddItemsOnceAndIfMatch(t *testing.T) {
	c, _ := newCustomer(t)
	ctx := context.Background()
	key, body := Key(), map[string]any{"items": []any{item("good_streaming-stick")}}
	answers := parallel(t, 10, func(int) (Answer, error) { return c.Post(ctx, "/carts/items", key, body) })
	for _, a := range answers {
		expect(t, a, nil, http.StatusOK, "")
		if string(a.Raw) != string(answers[0].Raw) {
			t.Fatalf("answers differ: %s %s", a.Raw, answers[0].Raw)
		}
	}
	cart := into[Cart](t, answers[0])
	expect(t, must[Answer](t)(c.Post(ctx, "/carts/items", key, map[string]any{"items": []any{item("plan_stream-hd")}})), nil, http.StatusUnprocessableEntity, "idempotency_key_reused")
	again := map[string]any{"cartId": cart.CartID, "items": []any{item("good_streaming-stick")}}
	old := Header{"If-Match", answers[0].Header.Get("ETag")}
	expect(t, must[Answer](t)(c.Post(ctx, "/carts/items", Key(), again, old)), nil, http.StatusOK, "")
	expect(t, must[Answer](t)(c.Post(ctx, "/carts/items", Key(), again, old)), nil, http.StatusPreconditionFailed, "version_mismatch")
}

// S0-49: a price that changed, or an item withdrawn, since it was added is a fault at checkout; removing the item and
// adding it again is the way out.
func TestPriceIsCheckedAgain(t *testing.T) {
	ctx := context.Background()
	db := site.DB()
	offer := demo.Offers()[0]
	offer.Country, offer.ItemID, offer.Price, offer.Excludes = "DE", id.Item("plan_"+newName()), money.Amount{Minor: 500, Currency: "EUR"}, nil
	if err := db.PutOffer(ctx, offer); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		offer.OnSale = false // the catalogue's tests count what is listed
		_ = db.PutOffer(ctx, offer)
	})
	c, r := newCustomer(t)
	method := must[Method](t)(c.AddCard(ctx, cardGood))
	cart := must[Cart](t)(c.Fill(ctx, string(offer.ItemID)))
	offer.Price.Minor = 501
	if err := db.PutOffer(ctx, offer); err != nil {
		t.Fatal(err)
	}
	a := expect(t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID)), nil, http.StatusConflict, "price_changed")
	if detail(a, "price") != "5.01 EUR" {
		t.Errorf("the new price is not told: %s", a.Raw)
	}
	expect(t, must[Answer](t)(c.Call(ctx, http.MethodDelete, "/carts/"+cart.CartID+"/items/"+string(offer.ItemID), nil)), nil, http.StatusOK, "")
	expect(t, add(t, c, cart.CartID, item(string(offer.ItemID))), nil, http.StatusOK, "")
	offer.OnSale = false
	if err := db.PutOffer(ctx, offer); err != nil {
		t.Fatal(err)
	}
	expect(t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID)), nil, http.StatusConflict, "item_no_longer_sold")
	if n := len(psp.charges(t, r.CustomerID)); n != 0 {
		t.Fatalf("%d charges", n)
	}
	offer.OnSale = true
	if err := db.PutOffer(ctx, offer); err != nil {
		t.Fatal(err)
	}
	expect(t, must[Answer](t)(c.Pay(ctx, Key(), cart.CartID, method.PaymentMethodID)), nil, http.StatusOK, "")
	if charges := psp.charges(t, r.CustomerID); len(charges) != 1 || charges[0].Amount != 501 {
		t.Fatalf("%+v", charges)
	}
}
