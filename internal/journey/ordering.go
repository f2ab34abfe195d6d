package journey

import (
	"context"
	"fmt"
	"time"
)

// What the operations of ordering answer, as a front end reads it.
type (
	// PlanOrder answers createOrder, topUpWallet, getOrder and cancelOrder.
	PlanOrder struct {
		OrderID, Status, PaidBy, PaymentID, PayURL, CancelledBy string
		Price, Total                                            Amount
		Coupon                                                  *struct {
			Code, State string
			Discount    Amount
		}
		Refunded  *Amount
		ExpiresAt time.Time
		Surplus   []struct {
			PaymentID, Reason string
			Amount            Amount
		}
		SubscriptionIDs []string
		History         []struct {
			State string
			At    time.Time
		}
	}
	// OrderStatus answers getOrderStatus.
	OrderStatus struct {
		OrderID, Status string
		AskAgain        bool
		AskAfterSeconds int
		CancelledBy     string
		ExpiresAt       time.Time
		History         []struct {
			State string
			At    time.Time
		}
	}
	// Paid answers payOrder.
	Paid struct {
		Status, OrderID, PaymentID, RedirectURL string
		Amount                                  Amount
	}
)

// CreateOrder calls createOrder; an empty coupon is none.
func (c *Customer) CreateOrder(ctx context.Context, key, plan, coupon string) (Answer, error) {
	body := map[string]any{"planId": plan}
	if coupon != "" {
		body["coupon"] = coupon
	}
	return c.Post(ctx, "/orders", key, body)
}

// PayOrder calls payOrder: "stripe" or "wallet".
func (c *Customer) PayOrder(ctx context.Context, key, order, method string) (Answer, error) {
	body := map[string]any{"method": method}
	if method != "wallet" {
		body["returnUrl"] = ReturnURL
	}
	return c.Post(ctx, "/orders/"+order+"/pay", key, body)
}

// CancelOrder calls cancelOrder.
func (c *Customer) CancelOrder(ctx context.Context, key, order string) (Answer, error) {
	return c.Post(ctx, "/orders/"+order+"/cancel", key, nil)
}

// ReadOrder calls getOrder.
func (c *Customer) ReadOrder(ctx context.Context, order string) (PlanOrder, error) {
	var o PlanOrder
	a, err := c.Get(ctx, "/orders/"+order)
	if err == nil {
		err = a.Into(&o)
	}
	return o, err
}

// AwaitOrder polls an order's status, for as long as its answers say so, until it is in a state.
func (c *Customer) AwaitOrder(ctx context.Context, order, state string, within time.Duration) (s OrderStatus, err error) {
	_, err = lookAgain(within, 500*time.Millisecond, func() (bool, error) {
		a, err := c.Get(ctx, "/orders/"+order+"/status")
		if err == nil {
			s = OrderStatus{}
			err = a.Into(&s)
		}
		return s.Status == state || !s.AskAgain, err
	})
	if err == nil && s.Status != state {
		err = fmt.Errorf("journey: order %s is %s, not %s", order, s.Status, state)
	}
	return s, err
}
