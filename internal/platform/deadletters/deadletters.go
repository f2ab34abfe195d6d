// Package deadletters looks into dead-letter queues, and moves what is in them back to the queues it came from.
//
// SQS can move messages by itself, but not tell how many, nor can the local cloud: they are moved here in batches, for a bounded time.
// A message is sent before it is deleted, so that it may come twice and is never lost; consumers do nothing twice.
package deadletters

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
)

// SQS is what is called of it.
type SQS interface {
	GetQueueUrl(ctx context.Context, in *sqs.GetQueueUrlInput, opts ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error)
	GetQueueAttributes(ctx context.Context, in *sqs.GetQueueAttributesInput, opts ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
	ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, opts ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	ChangeMessageVisibility(ctx context.Context, in *sqs.ChangeMessageVisibilityInput, opts ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
	SendMessage(ctx context.Context, in *sqs.SendMessageInput, opts ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	DeleteMessage(ctx context.Context, in *sqs.DeleteMessageInput, opts ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
}

const (
	perCall = 10 // messages that SQS gives at once
	// looked is how long a message that was looked at is not seen by others, in seconds, if it cannot be put back at once: SQS knows no
	// looking without taking.
	looked = 1
	// taken is how long one that is moved is not seen by others, in seconds: longer than moving it takes.
	taken = 60
	// movedFor is how long one call moves messages; API Gateway gives up at 29 s.
	movedFor = 15 * time.Second
)

// Queues are the dead-letter queues of a deployment. The queue "delivery" is named <prefix>delivery, and its dead-letter queue
// <prefix>delivery-dead-letters.
type Queues struct {
	SQS    SQS
	Clock  clock.Clock
	Prefix string
	Names  []string // all there are

	urls sync.Map // by name
}

// Letter is a message that is parked.
type Letter struct {
	Event    event.Envelope // empty of what is no event of ours
	Subjects map[string]string
	Code     string // of the fault, empty of one that SQS moved
	Reason   string
	ParkedAt time.Time
}

// All are the names of the queues.
func (q *Queues) All() []string { return q.Names }

// Known tells whether there is such a queue.
func (q *Queues) Known(name string) bool { return slices.Contains(q.Names, name) }

func (q *Queues) url(ctx context.Context, name string) (*string, error) {
	if known, ok := q.urls.Load(name); ok {
		return known.(*string), nil
	}
	full := q.Prefix + name
	out, err := q.SQS.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &full})
	if err != nil {
		return nil, err
	}
	q.urls.Store(name, out.QueueUrl)
	return out.QueueUrl, nil
}

func lettersOf(name string) string { return name + "-dead-letters" }

// Depth is about how many messages are parked of a queue.
func (q *Queues) Depth(ctx context.Context, name string) (int, error) {
	url, err := q.url(ctx, lettersOf(name))
	if err != nil {
		return 0, err
	}
	out, err := q.SQS.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url,
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible}})
	if err != nil {
		return 0, err
	}
	sum := 0
	for _, v := range out.Attributes {
		n, err := strconv.Atoi(v)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// Look reads up to ten parked messages of a queue, the oldest of them first, and leaves them where they are.
func (q *Queues) Look(ctx context.Context, name string) (all []Letter, err error) {
	messages, from, err := q.receive(ctx, name, looked)
	for _, m := range messages {
		all = append(all, letterOf(m))
		_, _ = q.SQS.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: from, ReceiptHandle: m.ReceiptHandle}) // else it is back in a second
	}
	slices.SortFunc(all, func(a, b Letter) int { return a.ParkedAt.Compare(b.ParkedAt) })
	return all, err
}

func (q *Queues) receive(ctx context.Context, name string, hidden int32) ([]types.Message, *string, error) {
	url, err := q.url(ctx, lettersOf(name))
	if err != nil {
		return nil, nil, err
	}
	out, err := q.SQS.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: perCall, VisibilityTimeout: hidden,
		MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp}})
	if err != nil {
		return nil, nil, err
	}
	return out.Messages, url, nil
}

// Redrive sends what is parked of a queue back to it. It moves no more than there was at the beginning, so that what is parked again
// at once does not go round; left is about what there is afterwards.
func (q *Queues) Redrive(ctx context.Context, name string) (moved, left int, err error) {
	there, err := q.Depth(ctx, name)
	if err != nil {
		return 0, 0, err
	}
	back, err := q.url(ctx, name)
	if err != nil {
		return 0, 0, err
	}
	for until := q.Clock.Now().Add(movedFor); moved < there && q.Clock.Now().Before(until); {
		messages, from, err := q.receive(ctx, name, taken)
		if err != nil {
			return moved, 0, err
		}
		if len(messages) == 0 {
			break
		}
		for _, m := range messages {
			if err := q.move(ctx, m, from, back); err != nil {
				return moved, 0, err
			}
			moved++
		}
	}
	left, err = q.Depth(ctx, name)
	return moved, left, err
}

func (q *Queues) move(ctx context.Context, m types.Message, from, to *string) error {
	if _, err := q.SQS.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: to, MessageBody: m.Body}); err != nil {
		return err
	}
	_, err := q.SQS.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: from, ReceiptHandle: m.ReceiptHandle})
	return err
}

// letterOf reads what may be shown of a message: never its body, which may tell of people.
func letterOf(m types.Message) Letter {
	var wrapped struct {
		Detail event.Envelope `json:"detail"`
	}
	l := Letter{Subjects: map[string]string{}, Code: said(m, "code"), Reason: plain(said(m, "reason"))}
	if m.Body != nil && json.Unmarshal([]byte(*m.Body), &wrapped) == nil {
		l.Event = wrapped.Detail
		l.Subjects = subjectsOf(l.Event.Data)
	}
	if ms, err := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64); err == nil {
		l.ParkedAt = time.UnixMilli(ms).UTC()
	}
	return l
}

func said(m types.Message, name string) string {
	if a, ok := m.MessageAttributes[name]; ok && a.StringValue != nil {
		return *a.StringValue
	}
	return ""
}

// idOf is the form of ids that are made by us: they tell nothing of people.
var idOf = regexp.MustCompile(`^[a-z]{3,4}_[0-9A-HJKMNP-TV-Z]{26}$`)

// subjectsOf are the ids that an event is about.
func subjectsOf(data json.RawMessage) map[string]string {
	var fields map[string]any
	_ = json.Unmarshal(data, &fields) // of what is none there are none
	found := map[string]string{}
	for name, v := range fields {
		if s, ok := v.(string); ok && idOf.MatchString(s) {
			found[name] = s
		}
	}
	return found
}

// reasonShown bounds what is shown of a reason, in bytes.
const reasonShown = 300

var addresses = regexp.MustCompile(`[^\s<>"]+@[^\s<>"]+`)

// plain takes mail addresses out of a reason.
func plain(reason string) string {
	reason = addresses.ReplaceAllString(reason, "…")
	if len(reason) > reasonShown {
		reason = strings.ToValidUTF8(reason[:reasonShown], "") + "…"
	}
	return reason
}
