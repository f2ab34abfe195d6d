package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"turnup/internal/base/token"
	"turnup/internal/journey"
)

// playOrdering plays S1: a plan with a coupon, paid on the gateway's page; money for the wallet and a plan paid from it; and
// an order that nobody pays, which expires by a test clock.
func playOrdering(ctx context.Context, t *narrator) error {
	customer, registered, err := t.site.Register(ctx, "grace."+strings.ToLower(journey.Key()[:8]))
	if err != nil {
		return err
	}
	var made, topUp, second journey.PlanOrder
	var page journey.Paid
	for _, s := range []struct {
		name string
		do   func() (string, error)
	}{
		{"listPlans", func() (string, error) {
			plans, err := customer.Plans(ctx, "50")
			return fmt.Sprintf("%d plans for %s", len(plans), registered.CustomerID), err
		}},
		{"quotePlan", func() (string, error) {
			var q struct{ Price, Discount, Payable journey.Amount }
			err := read(ctx, customer, "/plans/plan_stream-hd/quote?coupon=WELCOME20", &q)
			return fmt.Sprintf("Stream HD with WELCOME20: %s less %s is %s", price(q.Price), price(q.Discount), price(q.Payable)), err
		}},
		{"createOrder", func() (string, error) {
			a, err := customer.CreateOrder(ctx, journey.Key(), "plan_stream-hd", "WELCOME20")
			if err == nil {
				err = a.Into(&made)
			}
			return fmt.Sprintf("%s is %s, %s to pay until %s", made.OrderID, made.Status, price(made.Total), made.ExpiresAt.Format("15:04")), err
		}},
		{"payOrder by gateway", func() (string, error) {
			a, err := customer.PayOrder(ctx, journey.Key(), made.OrderID, "stripe")
			if err == nil {
				err = a.Into(&page)
			}
			return page.Status + " to the PSP, for " + price(page.Amount), err
		}},
		{"at the PSP", func() (string, error) {
			_, err := journey.NewBrowser().Pay(ctx, page.RedirectURL, card, journey.Pass)
			return "card entered, 3-D Secure passed, sent back", err
		}},
		{"delivered", func() (string, error) { return delivered(ctx, customer, made.OrderID) }},
		{"topUpWallet", func() (string, error) {
			a, err := customer.Post(ctx, "/wallet/top-ups", journey.Key(), map[string]any{"amount": map[string]any{"minor": 2000, "currency": "EUR"}})
			if err == nil {
				err = a.Into(&topUp)
			}
			if err == nil {
				a, err = customer.PayOrder(ctx, journey.Key(), topUp.OrderID, "stripe")
			}
			if err == nil {
				err = a.Into(&page)
			}
			if err == nil {
				_, err = journey.NewBrowser().Pay(ctx, page.RedirectURL, card, journey.Pass)
			}
			if err == nil {
				_, err = delivered(ctx, customer, topUp.OrderID)
			}
			return topUp.OrderID + ", paid at the PSP: " + wallet(ctx, customer), err
		}},
		{"payOrder by wallet", func() (string, error) {
			a, err := customer.CreateOrder(ctx, journey.Key(), "plan_sports-pass", "")
			if err == nil {
				err = a.Into(&second)
			}
			if err == nil {
				a, err = customer.PayOrder(ctx, journey.Key(), second.OrderID, "wallet")
			}
			if err == nil {
				err = a.Into(&page)
			}
			if err == nil {
				_, err = delivered(ctx, customer, second.OrderID)
			}
			return fmt.Sprintf("Sports Pass for %s, delivered; %s", price(second.Total), wallet(ctx, customer)), err
		}},
		{"expiry by test clock", func() (string, error) { return expiry(ctx, t.site) }},
	} {
		if err := t.step(s.name, s.do); err != nil {
			return err
		}
	}
	return nil
}

func delivered(ctx context.Context, c *journey.Customer, order string) (string, error) {
	_, err := c.AwaitOrder(ctx, order, "delivered", 30*time.Second)
	return order + " is paid and delivered", err
}

// wallet tells what is in the wallet.
func wallet(ctx context.Context, c *journey.Customer) string {
	var w struct{ Available journey.Amount }
	if err := read(ctx, c, "/wallet?currency=EUR", &w); err != nil {
		return err.Error()
	}
	return price(w.Available) + " in the wallet"
}

// expiry orders a plan on a test clock and moves the clock past the time to pay.
func expiry(ctx context.Context, site journey.Site) (string, error) {
	staff, err := site.Staff(ctx, token.RoleAdmin)
	if err != nil {
		return "", err
	}
	customer, registered, err := site.Register(ctx, "alan."+strings.ToLower(journey.Key()[:8]))
	if err != nil {
		return "", err
	}
	var clock journey.TestClock
	a, err := staff.Post(ctx, "/test-clocks", journey.Key(), map[string]any{"name": "play"})
	if err == nil {
		err = a.Into(&clock)
	}
	if err == nil {
		a, err = staff.Post(ctx, "/test-clocks/"+clock.ClockID+"/customers", journey.Key(), map[string]any{"customerId": registered.CustomerID})
	}
	if err == nil {
		err = a.Into(&clock)
	}
	var made journey.PlanOrder
	if err == nil {
		a, err = customer.CreateOrder(ctx, journey.Key(), "plan_stream-hd", "")
	}
	if err == nil {
		err = a.Into(&made)
	}
	if err == nil {
		_, err = staff.Advance(ctx, clock.ClockID, clock.Now.Add(31*time.Minute), 30*time.Second)
	}
	if err != nil {
		return "", err
	}
	made, err = customer.ReadOrder(ctx, made.OrderID)
	return fmt.Sprintf("%s, unpaid for 31 minutes: %s by %s", made.OrderID, made.Status, made.CancelledBy), err
}
