// Package worker is the runtime of SQS consumers: partial batches, events out of the EventBridge wrapping, permanent
// failures told from passing ones, one log line a message.
//
// A message whose failure is permanent goes to the dead-letter queue at once, with the reason as an attribute, instead
// of being tried in vain. One whose failure passes is reported as a batch item failure, so that SQS delivers it again
// and its neighbours are left alone. De-duplication is the handler's, in the transaction of its effect.
package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
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

// Parking takes messages that can never succeed.
type Parking interface {
	SendMessage(ctx context.Context, in *sqs.SendMessageInput, opts ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Worker consumes one queue.
type Worker struct {
	Consumer string // its name, in logs and metrics
	Handle   Handle
	Parking  Parking
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

// message handles one; an error means it shall be delivered again.
func (w Worker) message(ctx context.Context, m events.SQSMessage) error {
	began := w.Clock.Now()
	var wrapped bus
	err := json.Unmarshal([]byte(m.Body), &wrapped)
	if err == nil && wrapped.Detail.ID == "" {
		err = errors.New("not a domain event")
	}
	if err != nil {
		err = fault.ErrInvalid.Because(fmt.Errorf("worker: message: %w", err))
	} else {
		ctx = event.Caused(ctx, wrapped.Detail)
		err = w.guarded(ctx, wrapped.Detail)
	}
	result := "done"
	switch {
	case err == nil:
	case fault.Transient(err):
		result = "retry"
	default:
		result = "parked"
		if parkErr := w.park(ctx, m, err); parkErr != nil {
			result, err = "retry", errors.Join(err, parkErr)
		}
	}
	w.account(ctx, wrapped.Detail, m, result, err, w.Clock.Now().Sub(began))
	if result == "retry" {
		return err
	}
	return nil
}

// guarded turns a panic into a failure of this message alone.
func (w Worker) guarded(ctx context.Context, e event.Envelope) (err error) {
	defer func() {
		if p := recover(); p != nil {
			slog.ErrorContext(ctx, "panic", "error", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("worker: panic: %v", p)
		}
	}()
	return w.Handle(ctx, e)
}

func (w Worker) park(ctx context.Context, m events.SQSMessage, reason error) error {
	code, text, kind := fault.Of(reason).Code, reason.Error(), "String"
	_, err := w.Parking.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &w.DLQ, MessageBody: &m.Body,
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
