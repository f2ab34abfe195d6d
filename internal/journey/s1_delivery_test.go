package journey

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"turnup/internal/base/event"
	"turnup/internal/journey/demo"
)

// The queue of paid orders that wait for delivery, and where those go that cannot be delivered.
var (
	deliveryQueue = os.Getenv("TURNUP_OUT_DeliveryQueueUrl")
	deliveryDLQ   = os.Getenv("TURNUP_OUT_DeliveryDeadLettersUrl")
)

// sendTo puts a message into a queue.
func sendTo(t *testing.T, queue, body string) {
	t.Helper()
	must[*sqs.SendMessageOutput](t)(sqs.NewFromConfig(site.AWS()).SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: &body}))
}

// parkedOf takes what was parked about an order out of the dead-letter queue, waiting a while for the first; what is about others
// goes back.
func parkedOf(t *testing.T, order string, within time.Duration) (found []types.Message) {
	t.Helper()
	ctx, client := context.Background(), sqs.NewFromConfig(site.AWS())
	_, _ = lookAgain(within, 100*time.Millisecond, func() (bool, error) {
		out := must[*sqs.ReceiveMessageOutput](t)(client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &deliveryDLQ, MaxNumberOfMessages: 10, VisibilityTimeout: 1,
			MessageAttributeNames: []string{"All"}}))
		for _, m := range out.Messages {
			if strings.Contains(*m.Body, order) {
				found = append(found, m)
				must[*sqs.DeleteMessageOutput](t)(client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &deliveryDLQ, ReceiptHandle: m.ReceiptHandle}))
			}
		}
		return len(found) > 0, nil
	})
	return found
}

// S1-45, S1-46: paid and then left alone, by whichever way, an order is delivered by the back end, and whoever reads that it is
// delivered finds its subscription active, and its entitlement. Until then they are not.
func TestDeliveredMeansActive(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	fund(t, r.CustomerID, 1299)
	byWallet, byPage := ordered(t, c, "plan_stream-hd", ""), ordered(t, c, "plan_sports-pass", "")
	resume := holdDelivery(t)
	payByWallet(t, c, byWallet.OrderID)
	payOn(t, paging(t, c, byPage.OrderID))
	must[OrderStatus](t)(c.AwaitOrder(ctx, byPage.OrderID, "paid", 20*time.Second))
	read := func(made PlanOrder) Subscription {
		t.Helper()
		return into[Subscription](t, must[Answer](t)(c.Get(ctx, "/subscriptions/"+made.SubscriptionIDs[0])))
	}
	for _, made := range []PlanOrder{byWallet, byPage} {
		if s := read(made); s.Status != "pending" || s.Entitlement.State == "active" {
			t.Errorf("before delivery: %+v", s)
		}
	}
	resume()
	time.Sleep(3 * time.Second) // without a call of the client
	for _, made := range []PlanOrder{byWallet, byPage} {
		told := exactlyOne(t, event.TypeOrderDelivered, made.OrderID) // of the back end's own accord
		if !strings.Contains(string(told.Data), made.SubscriptionIDs[0]) {
			t.Errorf("%s", told.Data)
		}
		if now, s := must[PlanOrder](t)(c.ReadOrder(ctx, made.OrderID)), read(made); now.Status != "delivered" || s.Status != "active" || s.Entitlement.State != "active" {
			t.Errorf("%+v, %+v", now, s)
		}
	}
}

// S1-47: delivery's message ten times more, while it is under way and when it is done, of a plan and of a top-up: one effect, one
// event; nothing is parked.
func TestDeliveryIsRepeated(t *testing.T) {
	ctx := context.Background()
	c, r := newCustomer(t)
	fund(t, r.CustomerID, 1299)
	plan, topUp := ordered(t, c, "plan_stream-hd", ""), toppedUp(t, c, 700)
	resume := holdDelivery(t)
	payByWallet(t, c, plan.OrderID)
	payOn(t, paging(t, c, topUp.OrderID))
	must[OrderStatus](t)(c.AwaitOrder(ctx, topUp.OrderID, "paid", 20*time.Second))
	var copies []string
	for _, made := range []PlanOrder{plan, topUp} {
		raw := must[[]byte](t)(json.Marshal(map[string]any{"source": "turnup", "detail-type": event.TypeOrderPaid, "detail": exactlyOne(t, event.TypeOrderPaid, made.OrderID)}))
		copies = append(copies, string(raw))
	}
	flood := func() {
		t.Helper()
		var all sync.WaitGroup
		for range 10 {
			for _, body := range copies {
				all.Go(func() { sendTo(t, deliveryQueue, body) })
			}
		}
		all.Wait()
	}
	flood()
	resume()
	done := delivered(t, c, plan.OrderID)
	delivered(t, c, topUp.OrderID)
	flood()
	time.Sleep(2 * time.Second)
	for _, made := range []PlanOrder{plan, topUp} {
		exactlyOne(t, event.TypeOrderDelivered, made.OrderID)
		if now := must[PlanOrder](t)(c.ReadOrder(ctx, made.OrderID)); states(now) != "unpaid paid delivered" {
			t.Errorf("%+v", now)
		}
	}
	if now := must[PlanOrder](t)(c.ReadOrder(ctx, plan.OrderID)); now.History[2] != done.History[2] {
		t.Errorf("delivered again: %+v", now)
	}
	if left, entries := walletOf(t, c, "/wallet"), entriesOf(t, c); left.Available.Minor != 700 || len(entries) != 3 {
		t.Errorf("%+v of %+v", left, entries)
	}
	var list struct{ Subscriptions []Subscription }
	if err := must[Answer](t)(c.Get(ctx, "/subscriptions")).Into(&list); err != nil || len(list.Subscriptions) != 1 {
		t.Errorf("%+v %v", list, err)
	}
	for _, made := range []PlanOrder{plan, topUp} {
		if parked := parkedOf(t, made.OrderID, time.Second); len(parked) != 0 {
			t.Errorf("parked: %v", *parked[0].Body)
		}
	}
}

// S1-48: an order that cannot be delivered, because its subscription is not where it should be, is parked at once with a code and
// the reason; it stays paid. When that is mended, the parked message, sent back to the queue, delivers it.
func TestDeliveryIsParkedAndRedriven(t *testing.T) {
	ctx, db := context.Background(), dynamodb.NewFromConfig(site.AWS())
	c, r := newCustomer(t)
	fund(t, r.CustomerID, 1299)
	made := ordered(t, c, "plan_stream-hd", "")
	resume := holdDelivery(t)
	payByWallet(t, c, made.OrderID)
	table, key := aws.String(site.Prefix+"subscriptions"), map[string]dbtypes.AttributeValue{
		"pk": &dbtypes.AttributeValueMemberS{Value: "T#" + string(demo.Tenant) + "#CUS#" + r.CustomerID}, "sk": &dbtypes.AttributeValueMemberS{Value: "SUB#" + made.SubscriptionIDs[0]}}
	taken := must[*dynamodb.DeleteItemOutput](t)(db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: key, ReturnValues: dbtypes.ReturnValueAllOld}))
	if len(taken.Attributes) == 0 {
		t.Fatal("the subscription is not there")
	}
	resume()

	parked := parkedOf(t, made.OrderID, 20*time.Second)
	if len(parked) != 1 {
		t.Fatalf("%d parked", len(parked))
	}
	code, reason := parked[0].MessageAttributes["code"], parked[0].MessageAttributes["reason"]
	if code.StringValue == nil || *code.StringValue != "subscription_not_found" || reason.StringValue == nil || !strings.Contains(*reason.StringValue, "subscription") {
		t.Errorf("parked with %v", parked[0].MessageAttributes)
	}
	var status OrderStatus
	if err := must[Answer](t)(c.Get(ctx, "/orders/"+made.OrderID+"/status")).Into(&status); err != nil || status.Status != "paid" || !status.AskAgain {
		t.Errorf("%+v %v", status, err)
	}
	expect(t, must[Answer](t)(c.CancelOrder(ctx, Key(), made.OrderID)), nil, http.StatusConflict, "order_not_cancellable")
	if told := crm.of(event.TypeOrderDelivered, made.OrderID); len(told) != 0 {
		t.Errorf("%+v", told)
	}

	must[*dynamodb.PutItemOutput](t)(db.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: taken.Attributes}))
	sendTo(t, deliveryQueue, *parked[0].Body) // what redriving does
	if done := delivered(t, c, made.OrderID); states(done) != "unpaid paid delivered" {
		t.Errorf("%+v", done)
	}
	active(t, c, made.SubscriptionIDs[0])
	exactlyOne(t, event.TypeOrderDelivered, made.OrderID)
}
