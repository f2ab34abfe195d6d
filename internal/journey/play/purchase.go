package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"turnup/internal/journey"
)

const card = "4000002500003155" // asks for 3-D Secure when it is set up

// playPurchase plays S0: username check, registration, catalogue, payment method with 3-D Secure, cart, checkout,
// entitlement, receipt.
func playPurchase(ctx context.Context, t *narrator) error {
	name := "ada." + strings.ToLower(journey.Key()[:8])
	visitor := t.site.Visitor()
	var customer *journey.Customer
	var item journey.Item
	var method journey.Method
	var confirmed journey.Method
	var back url.Values
	var cart journey.Cart
	var bought journey.Checkout
	steps := []struct {
		name string
		do   func() (string, error)
	}{
		{"queryIfUserNameExists", func() (string, error) {
			var u journey.Username
			err := read(ctx, visitor, "/registration/usernames?username="+name, &u)
			return fmt.Sprintf("%q is free: %s", name, u.NextStep), err
		}},
		{"registerCustomer", func() (string, error) {
			c, r, err := t.site.Register(ctx, name)
			customer = c
			return r.CustomerID + ", signed in until " + r.Session.ExpiresAt.Format("15:04"), err
		}},
		{"getCatalogue", func() (string, error) {
			var found journey.Catalogue
			if err := read(ctx, customer, "/catalogue/items?country=DE&itemType=subscription", &found); err != nil {
				return "", err
			}
			for _, i := range found.Items {
				if i.ItemID == "plan_stream-hd" {
					item = i
				}
			}
			if item.ItemID == "" {
				return "", fmt.Errorf("there is no Stream HD among the %d items", len(found.Items))
			}
			return fmt.Sprintf("%d subscriptions in Germany; taking %s at %s a month", len(found.Items), item.Name, price(item.Price)), nil
		}},
		{"createPaymentMethod", func() (string, error) {
			m, err := customer.BeginMethod(ctx)
			method = m
			return m.Status + " to the PSP: " + m.Reference, err
		}},
		{"at the PSP", func() (string, error) {
			var err error
			back, err = journey.NewBrowser().Pay(ctx, method.RedirectURL, card, journey.Pass)
			return "card entered, 3-D Secure passed, sent back to the front end", err
		}},
		{"confirmPaymentMethod", func() (string, error) {
			a, err := customer.ConfirmMethod(ctx, method.Reference, back)
			if err == nil {
				err = a.Into(&confirmed)
			}
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("%s, %s •••• %s", confirmed.PaymentMethodID, confirmed.Card.Brand, confirmed.Card.Last4), nil
		}},
		{"addItemsToCart", func() (string, error) {
			c, err := customer.Fill(ctx, item.ItemID)
			cart = c
			if err != nil {
				return "", err
			}
			return c.CartID + ", total " + price(*c.Total), nil
		}},
		{"checkoutCart", func() (string, error) {
			a, err := customer.Pay(ctx, journey.Key(), cart.CartID, confirmed.PaymentMethodID)
			if err == nil {
				err = a.Into(&bought)
			}
			return fmt.Sprintf("%s: %s for %s", bought.Status, bought.OrderID, price(bought.Amount)), err
		}},
		{"entitlement", func() (string, error) {
			_, err := customer.Await(ctx, "/subscriptions/"+bought.SubscriptionIDs[0], 20*time.Second, func(a journey.Answer) bool {
				var s journey.Subscription
				return json.Unmarshal(a.Raw, &s) == nil && s.Entitlement.State == "active"
			})
			return bought.SubscriptionIDs[0] + " is active", err
		}},
		{"receipt", func() (string, error) {
			mail, err := t.site.AwaitMail(ctx, name+"@example.com", 20*time.Second)
			return "mail to " + name + "@example.com: " + mail.Subject, err
		}},
	}
	for _, s := range steps {
		if err := t.step(s.name, s.do); err != nil {
			return err
		}
	}
	return nil
}

func read(ctx context.Context, c *journey.Customer, path string, v any) error {
	a, err := c.Get(ctx, path)
	if err != nil {
		return err
	}
	return a.Into(v)
}

func price(a journey.Amount) string {
	return fmt.Sprintf("%d.%02d %s", a.Minor/100, a.Minor%100, a.Currency)
}
