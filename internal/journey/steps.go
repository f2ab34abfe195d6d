package journey

import (
	"context"
	"fmt"
	"net/url"
	"time"
)

// What the operations answer, as a front end reads it.
type (
	// Username answers queryIfUserNameExists.
	Username struct {
		Exists             bool
		NextStep, LoginURL string
	}
	// Registered answers registerCustomer.
	Registered struct {
		CustomerID string
		Session    struct {
			AccessToken string
			ExpiresAt   time.Time
		}
	}
	// Amount is a sum of money.
	Amount struct {
		Minor    int64
		Currency string
	}
	// Item is an entry of the catalogue.
	Item struct {
		ItemID, Name, ItemType, Country, BillingPeriod string
		Price                                          Amount
	}
	// Catalogue answers getCatalogue.
	Catalogue struct {
		Items      []Item
		NextCursor string
	}
	// Method answers createPaymentMethod, confirmPaymentMethod and getPaymentMethod.
	Method struct {
		Status, Reference, RedirectURL, PaymentMethodID string
		Card                                            *struct{ Brand, Last4 string }
	}
	// Cart answers addItemsToCart and getCart.
	Cart struct {
		CartID, Status, OrderID string
		Lines                   []struct {
			ItemID   string
			Quantity int64
			Price    Amount
		}
		Total *Amount
	}
	// Checkout answers checkoutCart.
	Checkout struct {
		Status, OrderID, PaymentID, RedirectURL string
		SubscriptionIDs                         []string
		Amount                                  Amount
	}
	// Order answers getOrder.
	Order struct {
		OrderID, Status string
		Total           Amount
		SubscriptionIDs []string
	}
	// Subscription answers getSubscription.
	Subscription struct {
		SubscriptionID, Status, ItemID string
		Entitlement                    struct{ State, Origin string }
	}
)

// ReturnURL is where the front end of the journeys would await its customer. Nothing listens there: the browser of the
// journeys stops at it.
const ReturnURL = "http://localhost:3000/return"

// Registration is a valid registration of a username.
func Registration(username string) map[string]any {
	return map[string]any{"username": username, "password": "staple-horse-" + username, "name": "Ada Example",
		"contact": map[string]any{"email": username + "@example.com"}, "country": "DE", "language": "en", "consent": map[string]any{"terms": true}}
}

// Register registers a new customer and signs them in.
func (s Site) Register(ctx context.Context, username string) (*Customer, Registered, error) {
	c := s.Visitor()
	var r Registered
	a, err := c.Post(ctx, "/registration/customers", Key(), Registration(username))
	if err == nil {
		err = a.Into(&r)
	}
	c.Token = r.Session.AccessToken
	return c, r, err
}

// BeginMethod calls createPaymentMethod.
func (c *Customer) BeginMethod(ctx context.Context) (Method, error) {
	var m Method
	a, err := c.Post(ctx, "/payment-methods", Key(), map[string]any{"returnUrl": ReturnURL})
	if err == nil {
		err = a.Into(&m)
	}
	return m, err
}

// ConfirmMethod calls confirmPaymentMethod with what the PSP sent back.
func (c *Customer) ConfirmMethod(ctx context.Context, reference string, back url.Values) (Answer, error) {
	return c.Post(ctx, "/payment-methods/"+reference+"/confirm", Key(), map[string]any{"sessionId": back.Get("session_id")})
}

// AddCard goes the whole way to a confirmed payment method with a test card, passing 3-D Secure when it is asked for.
func (c *Customer) AddCard(ctx context.Context, card string) (Method, error) {
	m, err := c.BeginMethod(ctx)
	if err != nil {
		return m, err
	}
	back, err := NewBrowser().Pay(ctx, m.RedirectURL, card, Pass)
	if err != nil {
		return m, err
	}
	a, err := c.ConfirmMethod(ctx, m.Reference, back)
	if err != nil {
		return m, err
	}
	var done Method
	return done, a.Into(&done)
}

// Fill puts items into a new cart.
func (c *Customer) Fill(ctx context.Context, items ...string) (Cart, error) {
	list := make([]map[string]any, len(items))
	for i, item := range items {
		list[i] = map[string]any{"itemId": item}
	}
	var cart Cart
	a, err := c.Post(ctx, "/carts/items", Key(), map[string]any{"items": list})
	if err == nil {
		err = a.Into(&cart)
	}
	return cart, err
}

// Pay calls checkoutCart.
func (c *Customer) Pay(ctx context.Context, key, cart, method string) (Answer, error) {
	return c.Post(ctx, "/carts/"+cart+"/checkout", key, map[string]any{"paymentMethodId": method, "returnUrl": ReturnURL})
}

// Await reads a path until done says so. It is for what happens behind the API, within seconds.
func (c *Customer) Await(ctx context.Context, path string, within time.Duration, done func(Answer) bool) (a Answer, err error) {
	so, err := lookAgain(within, 100*time.Millisecond, func() (_ bool, err error) {
		a, err = c.Get(ctx, path)
		return err == nil && done(a), err
	})
	if err == nil && !so {
		err = fmt.Errorf("journey: %s is still %s after %v", path, a.Raw, within)
	}
	return a, err
}
