package chaos

import (
	"context"
	"fmt"
	"net/http"

	"turnup/internal/base/token"
	"turnup/internal/journey"
)

// ordering are the functions that have to do with plan orders.
var ordering = []string{"orders", "payments", "stripe-webhook", "tick", "on-timers", "on-delivery", "wallet-admin"}

// The journeys of S1. A customer orders a plan with a coupon, of which one use is left, and pays it on the gateway's page …
var (
	PagePurchase = Journey{Name: "page purchase", From: "order", Only: ordering, Steps: []Step{
		{"register", register}, {"get a coupon", getCoupon}, {"order", placeOrder}, {"pay on the page", payOnPage}, {"come back", comeBack}}}
	// … or from a wallet, which staff fill …
	WalletPurchase = Journey{Name: "wallet purchase", From: "get money", Only: ordering, Steps: []Step{
		{"register", register}, {"get a coupon", getCoupon}, {"get money", getMoney}, {"order", placeOrder}, {"pay from the wallet", payFromWallet}}}
	// … or does not want it any more …
	CancelledOrder = Journey{Name: "cancelled order", From: "cancel", Only: ordering, Leaves: true, Steps: []Step{
		{"register", register}, {"get a coupon", getCoupon}, {"order", placeOrder}, {"open the page", openPage}, {"cancel", cancel}}}
	// … or forgets it with the page open, so that it expires …
	ForgottenOrder = Journey{Name: "forgotten order", From: "open the page", Only: ordering, Leaves: true, Steps: []Step{
		{"register", register}, {"get a coupon", getCoupon}, {"order", placeOrder}, {"open the page", openPage}}}
	// … or before it was open …
	UntouchedOrder = Journey{Name: "untouched order", From: "order", Only: []string{"orders", "tick", "on-timers"}, Leaves: true, Steps: []Step{
		{"register", register}, {"get a coupon", getCoupon}, {"order", placeOrder}}}
	// … or pays twice: from the wallet, and on a page that was open.
	PaidTwice = Journey{Name: "paid twice", From: "pay from the wallet", Only: ordering, Steps: []Step{
		{"register", register}, {"get a coupon", getCoupon}, {"get money", getMoney}, {"order", placeOrder}, {"open the page", openPage},
		{"pay from the wallet", payFromWallet}, {"pay on the open page", payOpenPage}}}
)

// getCoupon has staff make a coupon that may be used once.
func getCoupon(ctx context.Context, s *Shopper) error {
	admin, err := s.world.staff(ctx)
	if err != nil {
		return err
	}
	s.Coupon = "C-" + journey.Key()[:14]
	a, err := admin.Put(ctx, "/admin/coupons/"+s.Coupon, map[string]any{"kind": "percentage", "basisPoints": 1000, "description": "chaos", "limit": 1})
	if err == nil && a.Status >= http.StatusBadRequest {
		err = fmt.Errorf("%d %s", a.Status, a.Raw)
	}
	return err
}

// getMoney has staff put money into the wallet.
func getMoney(ctx context.Context, s *Shopper) error {
	admin, err := s.world.staff(ctx)
	if err != nil {
		return err
	}
	admin.HTTP = s.HTTP // the back office tries again as well
	a, err := admin.Post(ctx, "/admin/customers/"+s.ID+"/wallet/movements", journey.Key(),
		map[string]any{"kind": "credit", "amount": map[string]any{"minor": 5000, "currency": "EUR"}, "reason": "chaos"})
	if err == nil && a.Status >= http.StatusBadRequest {
		err = fmt.Errorf("%d %s", a.Status, a.Raw)
	}
	return err
}

func (w *World) staff(ctx context.Context) (*journey.Customer, error) {
	c, err := w.Site.Site.Staff(ctx, token.RoleAdmin)
	if err == nil {
		c.Site = w.Site.Site
	}
	return c, err
}

func placeOrder(ctx context.Context, s *Shopper) error {
	var out journey.PlanOrder
	a, err := s.CreateOrder(ctx, journey.Key(), plan, s.Coupon) // maybe none
	if err == nil {
		err = a.Into(&out)
	}
	if err == nil && out.Status != "unpaid" {
		err = fmt.Errorf("the order is %q", out.Status)
	}
	s.Placed = out.OrderID
	return err
}

// pay asks to pay the order, pressing again when that fails; the answer of a payment that is through already is an order.
func (s *Shopper) pay(ctx context.Context, method string) (out journey.Paid, err error) {
	for press := 1; ; press++ {
		a, err := s.PayOrder(ctx, journey.Key(), s.Placed, method)
		switch {
		case err != nil:
			return out, err
		case a.Code() == "order_already_paid":
			out.Status = "paid"
			return out, nil
		case a.Status < http.StatusBadRequest:
			return out, a.Into(&out)
		case press == 2:
			return out, fmt.Errorf("the payment is answered %d %s", a.Status, a.Raw)
		}
	}
}

func openPage(ctx context.Context, s *Shopper) error {
	out, err := s.pay(ctx, "stripe")
	s.PageURL = out.RedirectURL
	return err
}

func payOnPage(ctx context.Context, s *Shopper) error {
	if err := openPage(ctx, s); err != nil {
		return err
	}
	if _, err := journey.NewBrowser().Pay(ctx, s.PageURL, cardSetup, journey.Pass); err != nil {
		return err
	}
	s.Order = s.Placed
	return nil
}

// payOpenPage pays on a page that may be closed meanwhile.
func payOpenPage(ctx context.Context, s *Shopper) error {
	_, _ = journey.NewBrowser().Pay(ctx, s.PageURL, cardSetup, journey.Pass)
	return nil
}

// comeBack is the customer's return from the page, which asks how things stand.
func comeBack(ctx context.Context, s *Shopper) error {
	a, err := s.Post(ctx, "/orders/"+s.Placed+"/confirm", journey.Key(), nil)
	if err == nil && a.Status >= http.StatusBadRequest {
		err = fmt.Errorf("%d %s", a.Status, a.Raw)
	}
	return err
}

func payFromWallet(ctx context.Context, s *Shopper) error {
	out, err := s.pay(ctx, "wallet")
	if err == nil && out.Status != "paid" {
		err = fmt.Errorf("the payment from the wallet is %q", out.Status)
	}
	if err == nil {
		s.Order = s.Placed
	}
	return err
}

func cancel(ctx context.Context, s *Shopper) error {
	a, err := s.CancelOrder(ctx, journey.Key(), s.Placed)
	if err == nil && a.Status >= http.StatusBadRequest {
		err = fmt.Errorf("%d %s", a.Status, a.Raw)
	}
	return err
}
