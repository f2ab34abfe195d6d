// Package worker is the runtime of SQS consumers: partial batches, events out of the EventBridge wrapping (or messages of
// others as they are), permanent failures told from passing ones, one log line a message.
//
// A message whose failure is permanent goes to the dead-letter queue at once, with the reason as an attribute, instead
// of being tried in vain. One whose failure passes is reported as a batch item failure, so that SQS delivers it again
// and its neighbours are left alone; the pause before that grows from try to try. When the last try has failed, the
// message is parked like a permanent failure: SQS would move it too, but without a reason. De-duplication is the
// handler's, in the transaction of its effect.
package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/platform/metric"
)

// Handle handles one event. It is called at least once for each.
type Handle func(ctx context.Context, e event.Envelope) error

// HandleRaw handles one message that is no event of ours, such as a notification of a topic that is delivered raw. Like Handle.
type HandleRaw func(ctx context.Context, body []byte) error

// MaxTries is how often a message is tried. The queue's redrive policy says the same number, for messages whose worker
// does not live to park them.
const MaxTries = 6

// The pauses between the tries: 5 s, 20 s, 80 s, 320 s and 15 minutes, each a fifth shorter or longer, so that what
// failed together is not tried again together.
const (
	firstPause  = 5 * time.Second
	growth      = 4
	longestWait = 15 * time.Minute
)

// SQS parks messages and puts off their next delivery.
type SQS interface {
	SendMessage(ctx context.Context, in *sqs.SendMessageInput, opts ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	ChangeMessageVisibility(ctx context.Context, in *sqs.ChangeMessageVisibilityInput, opts ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
}

// Worker consumes one queue.
type Worker struct {
	Consumer string // its name, in logs and metrics
	Handle   Handle
	Raw      HandleRaw // of a queue whose messages are no events of ours; Handle is nil then
	SQS      SQS
	Queue    string // URL of the queue
	DLQ      string // URL of the dead-letter queue
	Clock    clock.Clock
}

// bus is EventBridge's wrapping of an event.
type bus struct {
	Detail event.Envelope `json:"detail"`
}

// Start serves the worker as a Lambda function; it does not return.
func Start(w Worker) { lambda.Start(w.Batch) }

// Batch handles the messages of one delivery, in order, and lists those to deliver again.
func (w Worker) Batch(ctx context.Context, in events.SQSEvent) (events.SQSEventResponse, error) {
	out := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}} // never nil: null is refused
	for _, m := range in.Records {
		if err := w.message(ctx, m); err != nil {
			out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return out, nil
}

type triesKey struct{}

// WithTries puts into the context how often a message was tried, this time too.
func WithTries(ctx context.Context, tries int) context.Context {
	return context.WithValue(ctx, triesKey{}, tries)
}

// Parks tells whether a message whose handling ends with the error is parked: because no further try can help, or because
// this one is the last.
func Parks(ctx context.Context, err error) bool {
	tries, _ := ctx.Value(triesKey{}).(int)
	return err != nil && (!fault.Transient(err) || tries >= MaxTries)
}

// message handles one; an error means it shall be delivered again.
func (w Worker) message(ctx context.Context, m events.SQSMessage) error {
	began, tries := w.Clock.Now(), triesOf(m)
	ctx, e, handle, err := w.open(WithTries(ctx, tries), m)
	if err == nil {
		err = guarded(ctx, handle)
	}
	result := "done"
	switch {
	case err == nil:
	case !Parks(ctx, err):
		result = "retry"
		if pauseErr := w.pause(ctx, m, pauseAfter(tries, err)); pauseErr != nil { // it comes back later: by the queue's own time
			err = errors.Join(err, pauseErr)
		}
	default:
		result = "parked"
		if parkErr := w.park(ctx, m, err); parkErr != nil { // SQS keeps it, and moves it without a reason after the last try
			result, err = "retry", errors.Join(err, parkErr)
		}
	}
	w.account(ctx, e, m, result, err, w.Clock.Now().Sub(began))
	if result == "retry" {
		return err
	}
	return nil
}

// open takes a message out of its wrapping: the event it holds, and what is to be done with it.
func (w Worker) open(ctx context.Context, m events.SQSMessage) (context.Context, event.Envelope, func(context.Context) error, error) {
	if w.Raw != nil {
		ctx = event.WithTrace(ctx, event.Trace{Correlation: m.MessageId, Causation: m.MessageId, Actor: event.System(w.Consumer)})
		return ctx, event.Envelope{}, func(ctx context.Context) error { return w.Raw(ctx, []byte(m.Body)) }, nil
	}
	var wrapped bus
	err := json.Unmarshal([]byte(m.Body), &wrapped)
	if err == nil && wrapped.Detail.ID == "" {
		err = errors.New("not a domain event")
	}
	if err != nil {
		return ctx, wrapped.Detail, nil, fault.ErrInvalid.Because(fmt.Errorf("worker: message: %w", err))
	}
	e := wrapped.Detail
	return event.Caused(ctx, e, w.Consumer), e, func(ctx context.Context) error { return w.Handle(ctx, e) }, nil
}

// guarded turns a panic into a failure of this message alone.
func guarded(ctx context.Context, handle func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			slog.ErrorContext(ctx, "panic", "error", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("worker: panic: %v", p)
		}
	}()
	return handle(ctx)
}

// triesOf counts the deliveries of a message, this one too.
func triesOf(m events.SQSMessage) int {
	n, err := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	if err != nil || n < 1 {
		return 1
	}
	return n
}

// Pause is about how long a message rests whose handling ends with the error and that is not parked.
func Pause(ctx context.Context, err error) time.Duration {
	tries, _ := ctx.Value(triesKey{}).(int)
	return restAfter(tries, err)
}

// pauseAfter spreads what failed together.
func pauseAfter(tries int, err error) time.Duration {
	pause := restAfter(tries, err)
	return pause - pause/5 + rand.N(pause*2/5)
}

// restAfter is how long a message rests after so many tries, or for as long as its failure asks for.
func restAfter(tries int, err error) time.Duration {
	pause := firstPause
	for range tries - 1 {
		pause *= growth
	}
	if f := fault.Of(err); f != nil {
		pause = max(pause, f.RetryAfter)
	}
	return min(pause, longestWait)
}

func (w Worker) pause(ctx context.Context, m events.SQSMessage, d time.Duration) error {
	_, err := w.SQS.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &w.Queue, ReceiptHandle: &m.ReceiptHandle,
		VisibilityTimeout: int32(d / time.Second)})
	return err
}

func (w Worker) park(ctx context.Context, m events.SQSMessage, reason error) error {
	f := fault.Of(reason)
	if f == nil {
		f = fault.ErrInternal
	}
	code, text, kind := f.Code, reason.Error(), "String"
	_, err := w.SQS.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &w.DLQ, MessageBody: &m.Body,
		MessageAttributes: map[string]types.MessageAttributeValue{
			"code": {DataType: &kind, StringValue: &code}, "reason": {DataType: &kind, StringValue: &text},
		}})
	return err
}

func (w Worker) account(ctx context.Context, e event.Envelope, m events.SQSMessage, result string, err error, took time.Duration) {
	attrs := []any{"consumer", w.Consumer, "result", result, "eventId", e.ID, "type", e.Type, "messageId", m.MessageId,
		"delivery", m.Attributes["ApproximateReceiveCount"], "ms", took.Milliseconds()}
	if err != nil {
		slog.WarnContext(ctx, "message", append(attrs, "error", err.Error())...)
	} else {
		slog.InfoContext(ctx, "message", attrs...)
	}
	metric.Emit(w.Clock.Now(), "Message", metric.Count, 1, map[string]string{"Consumer": w.Consumer, "Result": result})
}
