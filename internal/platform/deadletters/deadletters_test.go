package deadletters_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"turnup/internal/base/clock"
	"turnup/internal/platform/deadletters"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// cloud has the queue "demo-delivery" and what is parked of it.
type cloud struct {
	parked []types.Message
	sent   []string
	back   int // that were looked at and put back
	again  bool // what is sent is parked again at once
	err    error
}

func (c *cloud) GetQueueUrl(_ context.Context, in *sqs.GetQueueUrlInput, _ ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error) {
	url := "https://sqs/" + *in.QueueName
	return &sqs.GetQueueUrlOutput{QueueUrl: &url}, c.err
}

func (c *cloud) GetQueueAttributes(_ context.Context, in *sqs.GetQueueAttributesInput, _ ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error) {
	if *in.QueueUrl != "https://sqs/demo-delivery-dead-letters" {
		return nil, errors.New("another queue")
	}
	return &sqs.GetQueueAttributesOutput{Attributes: map[string]string{"ApproximateNumberOfMessages": fmt.Sprint(len(c.parked)), "ApproximateNumberOfMessagesNotVisible": "0"}}, nil
}

func (c *cloud) ReceiveMessage(_ context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	if in.VisibilityTimeout < 1 {
		return nil, errors.New("zero is the queue's own time")
	}
	return &sqs.ReceiveMessageOutput{Messages: c.parked[:min(10, len(c.parked))]}, nil
}

func (c *cloud) ChangeMessageVisibility(_ context.Context, in *sqs.ChangeMessageVisibilityInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	if in.VisibilityTimeout == 0 {
		c.back++
	}
	return nil, c.err
}

func (c *cloud) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	if *in.QueueUrl != "https://sqs/demo-delivery" {
		return nil, errors.New("another queue")
	}
	c.sent = append(c.sent, *in.MessageBody)
	if c.again {
		c.parked = append(c.parked, message(*in.MessageBody, "", 0))
	}
	return nil, c.err
}

func (c *cloud) DeleteMessage(_ context.Context, in *sqs.DeleteMessageInput, _ ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error) {
	for i, m := range c.parked {
		if *m.ReceiptHandle == *in.ReceiptHandle {
			c.parked = append(append([]types.Message{}, c.parked[:i]...), c.parked[i+1:]...)
			return nil, nil
		}
	}
	return nil, errors.New("no such message")
}

func message(body, reason string, minute int) types.Message {
	handle, code := "of "+body+reason, "order_not_found"
	m := types.Message{Body: &body, ReceiptHandle: &handle, Attributes: map[string]string{"SentTimestamp": fmt.Sprint(noon.Add(time.Duration(minute) * time.Minute).UnixMilli())}}
	if reason != "" {
		m.MessageAttributes = map[string]types.MessageAttributeValue{"code": {StringValue: &code}, "reason": {StringValue: &reason}}
	}
	return m
}

func queues(c *cloud) *deadletters.Queues {
	return &deadletters.Queues{SQS: c, Clock: clock.At(noon), Prefix: "demo-", Names: []string{"delivery"}}
}

// S1-48: what is parked is shown by ids and fault, never by what it says of people; looking leaves it where it is.
func TestLook(t *testing.T) {
	body := `{"detail":{"id":"evt_1","type":"order.paid","time":"2026-11-02T11:00:00Z","data":{"orderId":"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA","name":"Ada","email":"ada@example.com","total":{"minor":1}}}}`
	c := &cloud{parked: []types.Message{message("no event", "", 2), message(body, "refused: <ada@example.com> "+strings.Repeat("x", 400), 1)}}
	got, err := queues(c).Look(t.Context(), "delivery")
	if err != nil || len(got) != 2 || len(c.parked) != 2 || c.back != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	first := got[0]
	if first.Event.ID != "evt_1" || len(first.Subjects) != 1 || first.Subjects["orderId"] == "" || first.Code != "order_not_found" || strings.Contains(first.Reason, "ada") || len(first.Reason) > 310 || !first.ParkedAt.Equal(noon.Add(time.Minute)) {
		t.Errorf("%+v", first)
	}
	if got[1].Event.ID != "" || got[1].Code != "" || len(got[1].Subjects) != 0 {
		t.Errorf("%+v", got[1])
	}
}

// S1-48: everything goes back to its queue once; what is parked again at once does not go round; what cannot be sent stays.
func TestRedrive(t *testing.T) {
	c := &cloud{}
	for n := range 25 {
		c.parked = append(c.parked, message(fmt.Sprint(n), "", n))
	}
	if moved, left, err := queues(c).Redrive(t.Context(), "delivery"); moved != 25 || left != 0 || err != nil || len(c.sent) != 25 {
		t.Errorf("%d, %d, %v", moved, left, err)
	}
	c = &cloud{parked: []types.Message{message("a", "", 1)}, again: true}
	if moved, left, err := queues(c).Redrive(t.Context(), "delivery"); moved != 1 || left != 1 || err != nil {
		t.Errorf("%d, %d, %v", moved, left, err)
	}
	c = &cloud{parked: []types.Message{message("a", "", 1)}}
	q := queues(c)
	if _, err := q.Look(t.Context(), "delivery"); err != nil {
		t.Fatal(err)
	}
	_, _ = q.Depth(t.Context(), "delivery")
	c.err = errors.New("away")
	if _, _, err := q.Redrive(t.Context(), "delivery"); err == nil || len(c.parked) != 1 {
		t.Errorf("%v, %d", err, len(c.parked))
	}
}
