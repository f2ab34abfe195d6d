package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/journey"
	"turnup/internal/journey/demo"
	"turnup/internal/rig"
)

// customers are the addresses of those who are told apart in what is recorded.
var customers = [2]string{"203.0.113.21", "198.51.100.34"}

// record plays something and gives what was done meanwhile.
func (s *stage) record(play func() error) ([]measured, error) {
	from := len(s.measured)
	err := play()
	return s.measured[from:], err
}

// consumers are the functions that consume a queue, by the queue's logical id, and how many messages they get at most.
func (s *stage) consumers() (map[string]string, map[string]int) {
	functions, sizes := map[string]string{}, map[string]int{}
	for name, f := range s.site.Functions() {
		events, _ := f.Props["Events"].(map[string]any)
		for _, e := range events {
			m, _ := e.(map[string]any)
			source, _ := m["Properties"].(map[string]any)
			queue, _ := source["Queue"].(map[string]any)
			if of, _ := queue["Fn::GetAtt"].([]any); m["Type"] == "SQS" && len(of) == 2 {
				id := fmt.Sprint(of[0])
				functions[id] = name
				sizes[id], _ = strconv.Atoi(fmt.Sprint(source["BatchSize"]))
			}
		}
	}
	return functions, sizes
}

// pump lets everything happen that the outbox and the queues hold, until they are empty: the relay puts events on the bus,
// its rules put them into the queues, and each queue's function handles them.
func (s *stage) pump(ctx context.Context) error {
	functions, sizes := s.consumers()
	for {
		rows, err := s.site.Store.Waiting(ctx, time.Now().Add(time.Hour))
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := s.relay(ctx, setUp, row); err != nil {
				return err
			}
		}
		handled := 0
		for queue, function := range functions {
			n, err := s.drain(ctx, queue, function, min(sizes[queue], 10))
			if err != nil {
				return err
			}
			handled += n
		}
		if handled == 0 && len(rows) == 0 {
			return nil
		}
	}
}

// drain hands what is in a queue to its function.
func (s *stage) drain(ctx context.Context, queue, function string, size int) (handled int, err error) {
	address, err := s.site.QueueURL(queue)
	if err != nil {
		return 0, err
	}
	for {
		out, err := s.site.SQS.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &address, MaxNumberOfMessages: int32(size)})
		if err != nil || len(out.Messages) == 0 {
			return handled, err
		}
		var batch []rig.Message
		var done []types.DeleteMessageBatchRequestEntry
		for _, m := range out.Messages {
			batch = append(batch, rig.Message{ID: *m.MessageId, Body: *m.Body, Received: 1})
			done = append(done, types.DeleteMessageBatchRequestEntry{Id: m.MessageId, ReceiptHandle: m.ReceiptHandle})
		}
		raw, err := s.invoke(ctx, setUp, function, rig.QueueEvent(batch...))
		if err == nil {
			err = s.noFailures(function, raw)
		}
		if err == nil {
			_, err = s.site.SQS.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &address, Entries: done})
		}
		if err != nil {
			return handled, err
		}
		handled += len(batch)
	}
}

// signup is a new customer from the first question to the receipt: S0.
func (s *stage) signup(ctx context.Context, source string) error {
	name := "bench." + strings.ToLower(journey.Key()[:8])
	err := s.request(ctx, request{function: "registration", method: http.MethodGet, path: "/registration/usernames?username=" + name, anon: true, source: source, want: http.StatusOK})
	if err == nil {
		err = s.register(ctx, name, source)
	}
	if err == nil {
		err = s.reads(ctx, request{function: "catalogue", path: "/catalogue/items?country=DE", anon: true, source: source})
	}
	if err != nil {
		return err
	}
	m, session, err := s.enterCard(ctx, setUp, card)
	if err == nil {
		err = s.webhook(ctx, setUp, "checkout.session.completed", "/v1/checkout/sessions/"+session)
	}
	if err == nil {
		err = s.reads(ctx, request{function: "payments", path: "/payment-methods/" + m.Reference, route: "/payment-methods/{reference}", answer: &m})
	}
	if err == nil {
		s.method = m.PaymentMethodID
		err = s.confirm(ctx, setUp, m, session)
	}
	if err != nil {
		return err
	}
	cart, err := s.add(ctx, setUp, "", plan)
	if err == nil {
		err = s.reads(ctx, request{function: "carts", path: "/carts/" + cart.CartID, route: "/carts/{cartId}"})
	}
	var bought journey.Checkout
	if err == nil {
		err = s.checkout(ctx, setUp, cart.CartID, http.StatusOK, &bought)
	}
	if err == nil {
		err = s.told(ctx, setUp, bought.PaymentID)
	}
	if err == nil {
		err = s.pump(ctx)
	}
	if err == nil {
		err = s.reads(ctx, request{function: "orders", path: "/orders/" + bought.OrderID, route: "/orders/{orderId}"})
	}
	return err
}

// register makes a new customer, who is at the front end from then on.
func (s *stage) register(ctx context.Context, name, source string) error {
	var r journey.Registered
	err := s.request(ctx, request{function: "registration", method: http.MethodPost, path: "/registration/customers", body: journey.Registration(name), anon: true,
		source: source, want: http.StatusCreated, answer: &r})
	s.token, s.customer = r.Session.AccessToken, r.CustomerID
	return err
}

// tryCoupon asks what a plan costs with the coupon that all have, and orders it.
func (s *stage) tryCoupon(ctx context.Context) (journey.PlanOrder, error) {
	err := s.reads(ctx, request{function: "plans", path: "/plans/" + plan + "/quote?coupon=" + limited, route: "/plans/{planId}/quote"})
	if err != nil {
		return journey.PlanOrder{}, err
	}
	return s.createOrder(ctx, setUp, plan, limited)
}

// buyByPage is a purchase of S1, from the quote to its delivery.
func (s *stage) buyByPage(ctx context.Context) error {
	o, err := s.tryCoupon(ctx)
	if err != nil {
		return err
	}
	page, err := s.openPage(ctx, setUp, o.OrderID)
	if err == nil {
		err = s.pay(ctx, page)
	}
	if err == nil {
		err = s.told(ctx, setUp, page.PaymentID)
	}
	if err == nil {
		err = s.pump(ctx)
	}
	return errors.Join(err, s.delivered(ctx, o.OrderID))
}

// payWithCredit lets the staff give the customer money, with which they buy a plan.
func (s *stage) payWithCredit(ctx context.Context) (order string, err error) {
	err = s.moveWallet(ctx, setUp, 5000, "credit", "")
	if err != nil {
		return "", err
	}
	o, err := s.createOrder(ctx, setUp, plan, "")
	if err != nil {
		return "", err
	}
	return o.OrderID, s.onOrder(ctx, setUp, "payments", o.OrderID, "pay", map[string]any{"method": "wallet"}, nil)
}

// delivered fails unless the customer's order is delivered.
func (s *stage) delivered(ctx context.Context, order string) error {
	var is journey.PlanOrder
	err := s.reads(ctx, request{function: "orders", path: "/orders/" + order, route: "/orders/{orderId}", answer: &is})
	if err == nil && is.Status != "delivered" {
		err = fmt.Errorf("the order %s is %s, not delivered", order, is.Status)
	}
	return err
}

// underLoad plays what many do at once, and gives P3, P8 and P10.
func (s *stage) underLoad(ctx context.Context) (out []figure, err error) {
	if err := s.pump(ctx); err != nil { // what was left over
		return nil, err
	}
	signups, tries := scenario{name: "signup", rate: 500}, scenario{name: "coupon's try", rate: 1000}
	for i, source := range customers {
		if signups.played[i], err = s.record(func() error { return s.signup(ctx, source) }); err != nil {
			return nil, err
		}
		if err := s.newcomer(ctx); err != nil {
			return nil, err
		}
		if tries.played[i], err = s.record(func() error {
			if _, err := s.tryCoupon(ctx); err != nil {
				return err
			}
			return s.pump(ctx)
		}); err != nil {
			return nil, err
		}
	}
	if err := s.newcomer(ctx); err != nil {
		return nil, err
	}
	byPage, err := s.record(func() error { return s.buyByPage(ctx) })
	if err != nil {
		return nil, err
	}
	if err := s.newcomer(ctx); err != nil {
		return nil, err
	}
	byWallet, err := s.record(func() error {
		order, err := s.payWithCredit(ctx)
		if err == nil {
			err = s.pump(ctx)
		}
		return errors.Join(err, s.delivered(ctx, order))
	})
	if err != nil {
		return nil, err
	}
	out = append(out, transitionFigure("signup and purchase by card (S0)", signups.played[0], 10, 7), transitionFigure("purchase by page (S1)", byPage, 0, 0),
		transitionFigure("purchase by wallet (S1)", byWallet, 0, 0))
	hot, err := sharedFigures(s.site.Prefix, []scenario{signups, tries})
	if err != nil {
		return nil, err
	}
	jobs, err := s.deliveries(ctx)
	return append(append(out, hot...), jobs...), err
}

// executions counts the executions of state machines that were started.
func executions(all []measured) (n int) {
	for _, m := range all {
		for _, c := range m.calls {
			if strings.HasSuffix(c.what, ".StartExecution") || strings.HasSuffix(c.what, ".StartSyncExecution") {
				n++
			}
		}
	}
	return n
}

// transitionFigure is P3 of something during which no machine runs. One that is started is counted as if it missed its bar:
// what it does then is for its own figure.
func transitionFigure(name string, all []measured, must, stretch float64) figure {
	n := executions(all)
	value := 0.0
	if n > 0 {
		value = must + float64(n)
	}
	return figure{name: "P3 transitions, " + name, value: value, must: must, stretch: stretch, detail: fmt.Sprintf("%d executions started", n)}
}

// deliveries are P10: batches of paid orders, the second with a poisoned message among them.
func (s *stage) deliveries(ctx context.Context) ([]figure, error) {
	_, sizes := s.consumers()
	size := sizes["DeliveryQueue"]
	healthy, err := s.deliverBatch(ctx, size, 0)
	if err != nil {
		return nil, err
	}
	poisoned, err := s.deliverBatch(ctx, size, 1)
	if err != nil {
		return nil, err
	}
	return jobFigures(size, healthy, poisoned), nil
}

// batchWork is what came of one batch of a queue.
type batchWork struct {
	delivered int
	requests  int // to SQS, also those of the event source: one receives, one deletes
	again     int // neighbours of a poisoned message that are to be delivered again
}

// deliverBatch hands a batch of paid orders to on-delivery, as its event source does.
func (s *stage) deliverBatch(ctx context.Context, size, poison int) (w batchWork, err error) {
	type parcel struct{ token, customer, order string }
	var parcels []parcel
	var batch []rig.Message
	for range size - poison {
		if err := s.newcomer(ctx); err != nil {
			return w, err
		}
		order, err := s.payWithCredit(ctx)
		if err != nil {
			return w, err
		}
		parcels = append(parcels, parcel{s.token, s.customer, order})
		_, paid, err := s.batch(ctx, event.TypeOrderPaid)
		if err != nil {
			return w, err
		}
		body, err := rig.BusBody(paid)
		if err != nil {
			return w, err
		}
		batch = append(batch, rig.Message{ID: "job-" + order, Body: body, Received: 1})
	}
	for n := range poison { // of an order that there is not
		body, err := rig.BusBody(event.New(ctx, demo.Tenant, time.Now(), event.OrderPaid{OrderID: id.New[id.Order](id.OrderPrefix, time.Now()), CustomerID: id.Customer(s.customer)}))
		if err != nil {
			return w, err
		}
		batch = append(batch[:size/2], append([]rig.Message{{ID: fmt.Sprint("poison-", n), Body: body, Received: 1}}, batch[size/2:]...)...)
	}
	var raw []byte
	calls, err := s.record(func() error {
		raw, err = s.invoke(ctx, setUp, "on-delivery", rig.QueueEvent(batch...))
		return err
	})
	if err != nil {
		return w, err
	}
	failed, err := rig.Failures(raw)
	if err != nil {
		return w, err
	}
	for _, f := range failed {
		if strings.HasPrefix(f, "job-") {
			w.again++
		}
	}
	w.requests = 2 + sqsRequests(calls)
	for _, p := range parcels {
		s.token, s.customer = p.token, p.customer
		if err := s.delivered(ctx, p.order); err == nil {
			w.delivered++
		} else if w.again == 0 {
			return w, err
		}
	}
	return w, nil
}

// sqsRequests are those that a function sent itself.
func sqsRequests(all []measured) (n int) {
	for _, m := range all {
		for _, c := range m.calls {
			if strings.HasPrefix(c.what, "AmazonSQS.") {
				n++
			}
		}
	}
	return n
}

func jobFigures(size int, healthy, poisoned batchWork) []figure {
	each := func(name string, w batchWork) figure {
		return figure{name: name, value: float64(w.requests) / float64(max(1, w.delivered)), must: 0.4, stretch: 0.35, detail: fmt.Sprintf("%d for %d", w.requests, w.delivered)}
	}
	return []figure{
		each(fmt.Sprintf("P10 SQS requests per delivery, batches of %d", size), healthy),
		each("P10 the same, a poisoned message in each batch", poisoned),
		{name: "P10 neighbours of a poisoned message run again", value: float64(poisoned.again), detail: fmt.Sprintf("of %d", size-1)},
	}
}
