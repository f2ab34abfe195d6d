package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/order"
)

// R9: a thousand paid orders wait for delivery, ten of which cannot be delivered; one in a hundred ends the process. All
// that are sound are delivered once; the others are parked with the reason, at once and without a healthy neighbour
// running again (P10); mended and redriven, they are delivered too.
func TestPoisonAndCrashes(t *testing.T) {
	jobs := 200
	if whole {
		jobs = 1000
	}
	w, ctx := open(t, "jobs"), t.Context()
	purchase := CardPurchase
	purchase.Steps = purchase.Steps[1:6] // register … check out
	o, _, err := w.Originals(ctx, purchase, "orders", "subscriptions")
	if err != nil {
		t.Fatal(err)
	}
	paid, err := o.Event(event.TypeOrderPaid)
	if err != nil {
		t.Fatal(err)
	}
	all := copies{w: w, original: o, paid: paid}
	poison := all.write(t, jobs)
	w.Tape.Rewind(crashes(jobs)...)
	all.deliver(t)
	if _, missed := w.Tape.Points(); len(missed) > 0 {
		t.Errorf("crashes that did not happen: %v", missed)
	}
	all.check(t, "before the redrive", jobs-len(poison))
	parked := all.parked(t)
	if len(parked) != len(poison) {
		t.Errorf("%d jobs are parked, not %d", len(parked), len(poison))
	}
	for _, ids := range poison {
		if err := o.Copy(ctx, w, ids, "orders"); err != nil {
			t.Fatal(err)
		}
	}
	for _, body := range parked { // the redrive
		all.send(t, body)
	}
	all.deliver(t)
	all.check(t, "after the redrive", jobs)
	if again := all.parked(t); len(again) > 0 {
		t.Errorf("%d jobs are parked again", len(again))
	}
}

// copies are many paid orders.
type copies struct {
	w        *World
	original *Originals
	paid     event.Envelope
}

// one in a hundred.
const oneIn = 100

// crashes kills the process at every hundredth effect, before it or after it in turns.
func crashes(jobs int) (faults []Fault) {
	for n := oneIn / 2; n < jobs; n += oneIn {
		mode := []Mode{KillBefore, KillAfter}[n/oneIn%2]
		faults = append(faults, Fault{Point{"on-delivery", "DynamoDB.TransactWriteItems", n}, mode})
	}
	return faults
}

// write makes the orders and puts their events into the queue; of every hundredth the subscription is missing, and its
// ids are answered.
func (c *copies) write(t *testing.T, jobs int) (poison []*strings.Replacer) {
	t.Helper()
	var data event.OrderPaid
	if err := event.Decode(c.paid, &data); err != nil {
		t.Fatal(err)
	}
	for n := range jobs {
		now := time.Now()
		ids := strings.NewReplacer(string(data.OrderID), string(id.New[id.Order](id.OrderPrefix, now)),
			string(data.Subscriptions[0]), string(id.New[id.Subscription](id.SubscriptionPrefix, now)))
		var without []string
		if n%oneIn == oneIn/4 {
			poison, without = append(poison, ids), []string{"subscriptions"}
		}
		if err := c.original.Copy(t.Context(), c.w, ids, without...); err != nil {
			t.Fatal(err)
		}
		body, err := Message(c.paid, id.New[id.Event](id.EventPrefix, now), ids)
		if err != nil {
			t.Fatal(err)
		}
		c.send(t, body)
	}
	return poison
}

func (c *copies) send(t *testing.T, body string) {
	t.Helper()
	address, err := c.w.QueueURL("DeliveryQueue")
	if err == nil {
		_, err = c.w.SQS.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &address, MessageBody: &body})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// deliver hands the queue to its consumer until it is empty. A message comes again only when the process ended with it.
func (c *copies) deliver(t *testing.T) {
	t.Helper()
	for {
		restarts := c.w.restarts.Load()
		before := len(c.w.hidden)
		d, err := c.w.consume(t.Context(), "on-delivery", "DeliveryQueue")
		if err != nil {
			t.Fatal(err)
		}
		if again := len(c.w.hidden) - before; again > 0 && c.w.restarts.Load() == restarts {
			t.Errorf("%d messages come again though nothing crashed", again)
		}
		if d.through+d.stuck > 0 {
			continue
		}
		left, err := c.w.left(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		if left == 0 {
			return
		}
		c.w.show(t.Context())
		if left > 0 && len(c.w.hidden) == 0 {
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// check counts the orders that are delivered, and what was announced of them.
func (c *copies) check(t *testing.T, when string, want int) {
	t.Helper()
	b, err := c.w.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	delivered := 0
	for _, o := range b.Orders {
		if o.State == order.Delivered {
			delivered++
		}
	}
	rows, err := c.w.outboxRows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	announced := map[string]int{}
	for _, r := range rows {
		batch, err := event.ParseBatch(r.Shard, r.ID, r.Encoded)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range batch.Events {
			announced[string(e.Type)+string(e.Data)]++
		}
	}
	if delivered != want || len(announced) != want {
		t.Errorf("%s %d orders are delivered, and %d announced, not %d", when, delivered, len(announced), want)
	}
	for what, n := range announced {
		if n != 1 {
			t.Errorf("%s was announced %d times: %s", when, n, what)
		}
	}
}

// parked takes everything out of the dead-letter queue: each job's message once, with its reason.
func (c *copies) parked(t *testing.T) (bodies []string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	address, err := c.w.QueueURL("DeliveryDeadLetters")
	if err != nil {
		t.Fatal(err)
	}
	for {
		out, err := c.w.SQS.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &address, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return bodies
		}
		for _, m := range out.Messages {
			if !slices.Contains(bodies, *m.Body) { // parked before a neighbour ended the process, and again after it
				bodies = append(bodies, *m.Body)
			}
			if text(m.MessageAttributes["code"]) != "subscription_not_found" || !strings.Contains(text(m.MessageAttributes["reason"]), "subscription") {
				t.Errorf("parked without a reason that helps: %v", fmt.Sprint(m.MessageAttributes))
			}
			if _, err := c.w.SQS.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &address, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func text(v types.MessageAttributeValue) string {
	if v.StringValue == nil {
		return ""
	}
	return *v.StringValue
}
