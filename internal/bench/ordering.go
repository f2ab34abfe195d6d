package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/domain/timer"
	"turnup/internal/journey"
	"turnup/internal/journey/demo"
)

const (
	setUp   = "" // what is only prepared, and not measured
	limited = "FIVE-OFF"
	endless = "WELCOME20"
)

// newcomer lets a new customer come to the front end.
func (s *stage) newcomer(ctx context.Context) error {
	return s.register(ctx, "bench."+strings.ToLower(journey.Key()[:8]), "")
}

// reads asks for each, as the customer or as the staff.
func (s *stage) reads(ctx context.Context, all ...request) error {
	for _, r := range all {
		r.method, r.want = http.MethodGet, http.StatusOK
		if err := s.request(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) browse(ctx context.Context) error {
	const one, quote = "/plans/" + plan, "/plans/" + plan + "/quote"
	return s.reads(ctx,
		request{name: "listPlans", function: "plans", path: "/plans"},
		request{name: "getPlan", function: "plans", path: one, route: "/plans/{planId}"},
		request{name: "quotePlan", function: "plans", path: quote, route: "/plans/{planId}/quote"},
		request{name: "quotePlan, with a coupon", function: "plans", path: quote + "?coupon=" + endless, route: "/plans/{planId}/quote"},
		request{name: "quotePlan, with a coupon of limited number", function: "plans", path: quote + "?coupon=" + limited, route: "/plans/{planId}/quote"})
}

func (s *stage) createOrder(ctx context.Context, name, plan, coupon string) (o journey.PlanOrder, err error) {
	body := map[string]any{"planId": plan}
	if coupon != "" {
		body["coupon"] = coupon
	}
	return o, s.request(ctx, request{name: name, function: "orders", method: http.MethodPost, path: "/orders", body: body, want: http.StatusCreated, answer: &o})
}

// onOrder is a POST to a part of an order.
func (s *stage) onOrder(ctx context.Context, name, function, order, part string, body, answer any) error {
	return s.request(ctx, request{name: name, function: function, method: http.MethodPost, path: "/orders/" + order + "/" + part, route: "/orders/{orderId}/" + part,
		body: body, want: http.StatusOK, answer: answer})
}

func (s *stage) openPage(ctx context.Context, name, order string) (p journey.Paid, err error) {
	return p, s.onOrder(ctx, name, "payments", order, "pay", map[string]any{"method": "stripe", "returnUrl": journey.ReturnURL}, &p)
}

// pay enters a card on an order's page.
func (s *stage) pay(ctx context.Context, p journey.Paid) error {
	_, err := journey.NewBrowser().Pay(ctx, p.RedirectURL, card, journey.Pass)
	return err
}

// told hands the webhook of a payment's charge to us.
func (s *stage) told(ctx context.Context, name, payment string) error {
	intent, err := s.intentOf(ctx, payment)
	if err != nil {
		return err
	}
	return s.webhook(ctx, name, "payment_intent.succeeded", "/v1/payment_intents/"+intent)
}

// deliver hands the newest paid order to its delivery.
func (s *stage) deliver(ctx context.Context, name string) error {
	_, paid, err := s.batch(ctx, event.TypeOrderPaid)
	if err != nil {
		return err
	}
	return s.consume(ctx, name, "on-delivery", paid)
}

// payByPage orders with a coupon and pays on the PSP's page, of which the webhook tells first.
func (s *stage) payByPage(ctx context.Context) error {
	o, err := s.createOrder(ctx, "createOrder, with a coupon", plan, limited)
	if err != nil {
		return err
	}
	page, err := s.openPage(ctx, "payOrder, by page", o.OrderID)
	if err == nil {
		_, err = s.openPage(ctx, "payOrder, its page is open", o.OrderID)
	}
	if err == nil {
		err = s.watch(ctx, "on-timers, a look at an open page", o.OrderID)
	}
	if err == nil {
		err = s.pay(ctx, page)
	}
	if err == nil {
		err = s.told(ctx, "webhook payment_intent.succeeded, an order's page", page.PaymentID)
	}
	if err == nil {
		err = s.told(ctx, "webhook payment_intent.succeeded, an order's page, again", page.PaymentID)
	}
	if err != nil {
		return err
	}
	one := "/orders/" + o.OrderID
	if err := s.reads(ctx, request{name: "getOrderStatus", function: "orders", path: one + "/status", route: "/orders/{orderId}/status"},
		request{name: "listOrders", function: "orders", path: "/orders"}); err != nil {
		return err
	}
	return s.deliver(ctx, "on-delivery, a plan order")
}

// payOnReturn orders without a coupon; the customer comes back before the webhook.
func (s *stage) payOnReturn(ctx context.Context) error {
	o, err := s.createOrder(ctx, "createOrder", "plan_sports-pass", "")
	if err != nil {
		return err
	}
	page, err := s.openPage(ctx, setUp, o.OrderID)
	if err == nil {
		err = s.pay(ctx, page)
	}
	var confirmed struct{ Status string }
	if err == nil {
		err = s.onOrder(ctx, "confirmOrderPayment", "payments", o.OrderID, "confirm", nil, &confirmed)
	}
	if err == nil && confirmed.Status != "paid" {
		err = errors.New("the order is " + confirmed.Status + ", not paid")
	}
	if err == nil {
		err = s.onOrder(ctx, "confirmOrderPayment, after the webhook", "payments", o.OrderID, "confirm", nil, &confirmed)
	}
	return err
}

func (s *stage) fundWallet(ctx context.Context) error {
	var o journey.PlanOrder
	err := s.request(ctx, request{name: "topUpWallet", function: "orders", method: http.MethodPost, path: "/wallet/top-ups",
		body: map[string]any{"amount": map[string]any{"minor": 2000, "currency": "EUR"}}, want: http.StatusCreated, answer: &o})
	if err != nil {
		return err
	}
	page, err := s.openPage(ctx, "payOrder, a top-up by page", o.OrderID)
	if err == nil {
		err = s.pay(ctx, page)
	}
	if err == nil {
		err = s.told(ctx, "webhook payment_intent.succeeded, a top-up", page.PaymentID)
	}
	if err == nil {
		err = s.deliver(ctx, "on-delivery, a top-up")
	}
	if err != nil {
		return err
	}
	return s.reads(ctx, request{name: "getWallet", function: "wallet", path: "/wallet?currency=EUR"},
		request{name: "listWalletEntries", function: "wallet", path: "/wallet/entries?currency=EUR"})
}

func (s *stage) payByWallet(ctx context.Context) error {
	o, err := s.createOrder(ctx, setUp, "plan_stream-basic", "")
	if err == nil {
		err = s.onOrder(ctx, "payOrder, by wallet", "payments", o.OrderID, "pay", map[string]any{"method": "wallet"}, nil)
	}
	if err == nil {
		err = s.deliver(ctx, setUp)
	}
	if err == nil {
		err = s.moveWallet(ctx, "moveWallet", 500, "credit", "")
	}
	if err == nil {
		err = s.moveWallet(ctx, "moveWallet, a refund", o.Total.Minor, "refund", o.OrderID)
	}
	return err
}

// moveWallet moves the customer's wallet by hand.
func (s *stage) moveWallet(ctx context.Context, name string, minor int64, kind, order string) error {
	body := map[string]any{"kind": kind, "amount": map[string]any{"minor": minor, "currency": "EUR"}, "reason": "Goodwill"}
	if order != "" {
		body["orderId"] = order
	}
	return s.request(ctx, request{name: name, function: "wallet-admin", method: http.MethodPost, staff: true, body: body, want: http.StatusCreated,
		path: "/admin/customers/" + s.customer + "/wallet/movements", route: "/admin/customers/{customerId}/wallet/movements"})
}

// changeMind cancels orders.
func (s *stage) changeMind(ctx context.Context) error {
	for _, c := range []struct{ name, coupon string }{{"cancelOrder", ""}, {"cancelOrder, with a coupon", endless}} {
		o, err := s.createOrder(ctx, setUp, "plan_stream-4k", c.coupon)
		if err == nil {
			err = s.onOrder(ctx, c.name, "orders", o.OrderID, "cancel", nil, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// watch tells that an order is due to be looked after.
func (s *stage) watch(ctx context.Context, name, order string) error {
	return s.consume(ctx, name, "on-timers", event.New(ctx, demo.Tenant, time.Now(), event.TimerDue{Kind: string(timer.OrderWatch),
		CustomerID: id.Customer(s.customer), Subject: order, Due: time.Now()}))
}

// lookAfter lets orders expire: one that nobody tried to pay, and one whose page is open.
func (s *stage) lookAfter(ctx context.Context) error {
	o, err := s.createOrder(ctx, setUp, "plan_stream-4k", "")
	if err == nil {
		err = s.lapse(ctx, o.OrderID)
	}
	if err == nil {
		err = s.watch(ctx, "on-timers, an order expires", o.OrderID)
	}
	if err == nil {
		o, err = s.createOrder(ctx, setUp, "plan_stream-4k", "")
	}
	if err == nil {
		_, err = s.openPage(ctx, setUp, o.OrderID)
	}
	if err == nil {
		err = s.lapse(ctx, o.OrderID)
	}
	if err == nil {
		err = s.watch(ctx, "on-timers, an order expires with its page open", o.OrderID)
	}
	if err != nil {
		return err
	}
	var is journey.PlanOrder
	err = s.request(ctx, request{name: setUp, function: "orders", method: http.MethodGet, path: "/orders/" + o.OrderID, route: "/orders/{orderId}", want: http.StatusOK, answer: &is})
	if err == nil && is.CancelledBy != "timeout" {
		err = errors.New("the order did not expire: it is " + is.Status)
	}
	return err
}

// backOffice is what the staff reads, and what it changes.
func (s *stage) backOffice(ctx context.Context) error {
	o, err := s.createOrder(ctx, setUp, "plan_stream-4k", "")
	if err != nil {
		return err
	}
	const of = "/admin/customers/{customerId}"
	customer := "/admin/customers/" + url.PathEscape(s.customer)
	read := func(name, function, path, route string) request {
		return request{name: name, function: function, path: path, route: route, staff: true}
	}
	if err := s.reads(ctx,
		read("readCustomerOrder", "orders-admin", customer+"/orders/"+o.OrderID, of+"/orders/{orderId}"),
		read("listCustomerOrders", "orders-admin", customer+"/orders", of+"/orders"),
		read("readWallet", "wallet-admin", customer+"/wallet?currency=EUR", of+"/wallet"),
		read("readWalletEntries", "wallet-admin", customer+"/wallet/entries?currency=EUR", of+"/wallet/entries"),
		read("getCustomerAccess", "customers-admin", customer+"/access", of+"/access"),
		read("listTimers", "test-clocks", customer+"/timers", of+"/timers"),
		read("readCoupon", "coupons-admin", "/admin/coupons/"+limited, "/admin/coupons/{code}"),
		read("listCoupons", "coupons-admin", "/admin/coupons", "/admin/coupons"),
		read("readPlan", "catalogue-admin", "/admin/plans/"+plan+"/DE", "/admin/plans/{itemId}/{country}"),
		read("listAllPlans", "catalogue-admin", "/admin/plans?country=DE", "/admin/plans"),
		read("listGroups", "catalogue-admin", "/admin/groups", "/admin/groups")); err != nil {
		return err
	}
	for _, r := range []request{
		{name: "cancelCustomerOrder", function: "orders-admin", method: http.MethodPost, path: customer + "/orders/" + o.OrderID + "/cancel", route: of + "/orders/{orderId}/cancel"},
		{name: "setCustomerAccess", function: "customers-admin", method: http.MethodPut, path: customer + "/access", route: of + "/access",
			body: map[string]any{"tier": "business", "groups": []string{}}},
		{name: "putCoupon", function: "coupons-admin", method: http.MethodPut, path: "/admin/coupons/BENCH", route: "/admin/coupons/{code}",
			body: map[string]any{"kind": "percentage", "basisPoints": 1000, "limit": 100}},
	} {
		r.staff, r.want = true, http.StatusOK
		if err := s.request(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// ticks lets a minute pass with nothing due, and one with one timer due.
func (s *stage) ticks(ctx context.Context) error {
	if err := s.tick(ctx, "tick, nothing is due"); err != nil {
		return err
	}
	if err := s.putTimers(ctx, []timerAt{{shard: 3, n: 0, at: time.Now().Add(-time.Minute)}}); err != nil {
		return err
	}
	return s.tick(ctx, "tick, one timer is due")
}

// refundMail tells a customer that money went back.
func (s *stage) refundMail(ctx context.Context) error {
	at := time.Now()
	return s.consume(ctx, "on-notifications, a refund", "on-notifications", event.New(ctx, demo.Tenant, at, event.PaymentRefunded{
		PaymentID: id.New[id.Payment](id.PaymentPrefix, at), CustomerID: id.Customer(s.customer), OrderID: id.New[id.Order](id.OrderPrefix, at),
		Amount: money.Amount{Minor: 1299, Currency: "EUR"}, Reason: "duplicate_payment"}))
}

// lapse lets an order's time be over.
func (s *stage) lapse(ctx context.Context, order string) error {
	table, update := s.site.Prefix+"orders", "SET ExpiresAt = :past"
	str := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	_, err := s.site.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &table, UpdateExpression: &update,
		Key:                       map[string]types.AttributeValue{"pk": str("T#" + string(demo.Tenant) + "#CUS#" + s.customer), "sk": str("ORD#" + order)},
		ExpressionAttributeValues: map[string]types.AttributeValue{":past": str(time.Now().Add(-time.Minute).UTC().Format(time.RFC3339))}})
	return err
}
