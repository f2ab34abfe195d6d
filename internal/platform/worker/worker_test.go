package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/platform/metric"
	"turnup/internal/platform/worker"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// parking remembers what was sent to the dead-letter queue and which messages were put off.
type parking struct {
	sent []*sqs.SendMessageInput
	off  []*sqs.ChangeMessageVisibilityInput
	err  error
}

func (p *parking) ChangeMessageVisibility(_ context.Context, in *sqs.ChangeMessageVisibilityInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	p.off = append(p.off, in)
	return nil, p.err
}

func (p *parking) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	if p.err == nil {
		p.sent = append(p.sent, in)
	}
	return nil, p.err
}

func wrapped(n string) string {
	return `{"version":"0","source":"turnup","detail-type":"order.delivered","detail":{"id":"` + n + `","type":"order.delivered","version":1,"correlationId":"c-` + n + `","data":{}}}`
}

func batch(bodies ...string) (in events.SQSEvent) {
	for i, b := range bodies {
		in.Records = append(in.Records, events.SQSMessage{MessageId: fmt.Sprint("m", i), ReceiptHandle: fmt.Sprint("r", i), Body: b, Attributes: map[string]string{"ApproximateReceiveCount": "1"}})
	}
	return in
}

func run(t *testing.T, p *parking, handle worker.Handle, bodies ...string) (failed string, lines string) {
	t.Helper()
	var out bytes.Buffer
	metric.Sink = &out
	t.Cleanup(func() { metric.Sink = io.Discard })
	w := worker.Worker{Consumer: "on-test", Handle: handle, SQS: p, Queue: "https://sqs/queue", DLQ: "https://sqs/dlq", Clock: clock.At(noon)}
	got, err := w.Batch(t.Context(), batch(bodies...))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), out.String()
}

func failing(ids ...string) string {
	for i, m := range ids {
		ids[i] = `{"itemIdentifier":"` + m + `"}`
	}
	return `{"batchItemFailures":[` + strings.Join(ids, ",") + `]}`
}

// P10: how each message ends, told apart by its failure; its neighbours are left alone.
func TestPartialBatch(t *testing.T) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	refused := fault.New(fault.Conflict, "worker_test_refused", "No.", "operator")
	ends := map[id.Event]error{"evt_busy": fault.ErrUnavailable, "evt_slow": fault.ErrThrottled.Because(io.EOF), "evt_defect": errors.New("boom"),
		"evt_never": fmt.Errorf("wrapped: %w", refused.Because(io.EOF))}
	var seen []id.Event
	p := &parking{}
	failed, lines := run(t, p, func(ctx context.Context, e event.Envelope) error {
		seen = append(seen, e.ID)
		if tr := event.TraceOf(ctx); tr.Correlation != "c-"+string(e.ID) || tr.Causation != string(e.ID) {
			t.Errorf("trace of %s: %+v", e.ID, tr)
		}
		if e.ID == "evt_panic" {
			panic("out of range")
		}
		return ends[e.ID]
	}, wrapped("evt_1"), wrapped("evt_busy"), wrapped("evt_never"), wrapped("evt_panic"), wrapped("evt_slow"), wrapped("evt_defect"), wrapped("evt_2"))
	if want := failing("m1", "m3", "m4", "m5"); failed != want {
		t.Errorf("got %s, want %s", failed, want)
	}
	if len(seen) != 7 || seen[6] != "evt_2" {
		t.Errorf("handled %v", seen)
	}
	if len(p.sent) != 1 {
		t.Fatalf("parked %d", len(p.sent))
	}
	m := p.sent[0]
	if *m.QueueUrl != "https://sqs/dlq" || *m.MessageBody != wrapped("evt_never") || *m.MessageAttributes["code"].StringValue != "worker_test_refused" ||
		!strings.Contains(*m.MessageAttributes["reason"].StringValue, "EOF") || *m.MessageAttributes["code"].DataType != "String" {
		t.Errorf("parked %+v", m.MessageAttributes)
	}
	for result, n := range map[string]int{"done": 2, "retry": 4, "parked": 1} {
		if got := strings.Count(lines, `"Result":"`+result+`"`); got != n {
			t.Errorf("%d metrics of %s, want %d", got, result, n)
		}
	}
}

// What is no event of ours can never succeed: parked with the reason, as it came.
func TestMalformedBodies(t *testing.T) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	for _, body := range []string{"", "no JSON", "{", "{}", "[]", `"text"`, `{"detail":{}}`, `{"detail":{"id":""}}`, `{"detail":{"id":7}}`, `{"id":"evt_1","type":"order.paid"}`} {
		p := &parking{}
		failed, _ := run(t, p, func(context.Context, event.Envelope) error { t.Errorf("%q was handled", body); return nil }, body)
		if failed != failing() || len(p.sent) != 1 || *p.sent[0].MessageBody != body || *p.sent[0].MessageAttributes["code"].StringValue != "invalid_request" {
			t.Errorf("%q: %s, parked %d", body, failed, len(p.sent))
		}
	}
}

// When the dead-letter queue does not take it, the message is not lost: SQS keeps it.
func TestParkingThatFails(t *testing.T) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	failed, _ := run(t, &parking{err: errors.New("no queue")}, func(context.Context, event.Envelope) error { return fault.ErrNotFound }, wrapped("evt_1"), "garbage")
	if want := failing("m0", "m1"); failed != want {
		t.Errorf("got %s, want %s", failed, want)
	}
}

// An empty list, never null: null makes the event source deliver everything again.
func TestNothingFailedIsAnEmptyList(t *testing.T) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	for _, bodies := range [][]string{nil, {wrapped("evt_1")}} {
		if failed, _ := run(t, &parking{}, func(context.Context, event.Envelope) error { return nil }, bodies...); failed != `{"batchItemFailures":[]}` {
			t.Error(failed)
		}
	}
}

// deliver handles one message at its how-manieth delivery.
func deliver(t *testing.T, p *parking, delivery string, err error) (handedBack int) {
	t.Helper()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	metric.Sink = io.Discard
	in := batch(wrapped("evt_1"))
	in.Records[0].Attributes["ApproximateReceiveCount"] = delivery
	w := worker.Worker{Consumer: "on-test", Handle: func(context.Context, event.Envelope) error { return err }, SQS: p, Queue: "https://sqs/queue",
		DLQ: "https://sqs/dlq", Clock: clock.At(noon)}
	out, batchErr := w.Batch(t.Context(), in)
	if batchErr != nil {
		t.Fatal(batchErr)
	}
	return len(out.BatchItemFailures)
}

// S1-48: what fails in a passing way is tried again after a pause that grows, a little longer or shorter each time.
func TestPausesGrow(t *testing.T) {
	seen := map[int32]bool{}
	for delivery, want := range map[string]int32{"1": 5, "2": 20, "3": 80, "4": 320, "5": 900, "": 5, "odd": 5} {
		for range 20 {
			p := &parking{}
			if back := deliver(t, p, delivery, errors.New("no database")); back != 1 || len(p.sent) != 0 || len(p.off) != 1 {
				t.Fatalf("delivery %s: handed back %d, parked %d, put off %d", delivery, back, len(p.sent), len(p.off))
			}
			in := p.off[0]
			if *in.QueueUrl != "https://sqs/queue" || *in.ReceiptHandle != "r0" || in.VisibilityTimeout < want*4/5 || in.VisibilityTimeout > want*6/5 {
				t.Errorf("delivery %s: %+v, want about %d s", delivery, in, want)
			}
			seen[in.VisibilityTimeout] = true
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d different pauses", len(seen))
	}
	p := &parking{} // a failure that tells when to come back is believed
	if deliver(t, p, "1", fault.ErrThrottled.After(time.Minute)); p.off[0].VisibilityTimeout < 48 {
		t.Errorf("%d s", p.off[0].VisibilityTimeout)
	}
	if back := deliver(t, &parking{err: errors.New("no queue")}, "1", io.EOF); back != 1 { // it comes back by the queue's own time
		t.Error("lost")
	}
}

// S1-48, R9: after the last try the message is parked with what failed, not moved in silence.
func TestLastTryIsParkedWithItsReason(t *testing.T) {
	for _, k := range []struct {
		err  error
		code string
	}{{errors.New("no database"), "internal"}, {fault.ErrUnavailable.Because(io.EOF), "temporarily_unavailable"}, {fault.ErrNotFound, "not_found"}} {
		p := &parking{}
		if back := deliver(t, p, fmt.Sprint(worker.MaxTries), k.err); back != 0 || len(p.sent) != 1 || len(p.off) != 0 {
			t.Fatalf("%v: handed back %d, parked %d, put off %d", k.err, back, len(p.sent), len(p.off))
		}
		m := p.sent[0]
		if *m.MessageAttributes["code"].StringValue != k.code || !strings.Contains(*m.MessageAttributes["reason"].StringValue, k.err.Error()) || *m.MessageBody != wrapped("evt_1") {
			t.Errorf("parked %+v", m)
		}
	}
	if back := deliver(t, &parking{err: errors.New("no queue")}, fmt.Sprint(worker.MaxTries), io.EOF); back != 1 {
		t.Error("neither parked nor handed back")
	}
}

// A queue of others' messages: each comes as it is, with a trace of its own, and ends like an event does.
func TestRawMessages(t *testing.T) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	metric.Sink = io.Discard
	p := &parking{}
	var seen []string
	w := worker.Worker{Consumer: "on-test", SQS: p, Queue: "https://sqs/queue", DLQ: "https://sqs/dlq", Clock: clock.At(noon), Raw: func(ctx context.Context, body []byte) error {
		seen = append(seen, string(body))
		if tr := event.TraceOf(ctx); tr.Correlation == "" || tr.Actor != "system:on-test" {
			t.Errorf("trace %+v", tr)
		}
		return map[string]error{"busy": fault.ErrUnavailable, "never": fault.ErrInvalid}[string(body)]
	}}
	out, err := w.Batch(t.Context(), batch("no JSON", "busy", "never", `{"detail":{}}`))
	if err != nil || len(out.BatchItemFailures) != 1 || out.BatchItemFailures[0].ItemIdentifier != "m1" || len(p.sent) != 1 || *p.sent[0].MessageBody != "never" || len(seen) != 4 {
		t.Errorf("%+v, %v, parked %d, seen %q", out, err, len(p.sent), seen)
	}
}

// A handler can tell whether its failure parks the message, and is never wrong about it.
func TestHandlersKnowTheLastTry(t *testing.T) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	metric.Sink = io.Discard
	for try := 1; try <= worker.MaxTries; try++ {
		for _, failure := range []error{nil, io.EOF, fault.ErrUnavailable, fault.ErrInvalid} {
			p, told := &parking{}, false
			in := batch(wrapped("evt_1"))
			in.Records[0].Attributes["ApproximateReceiveCount"] = fmt.Sprint(try)
			w := worker.Worker{Consumer: "on-test", SQS: p, Queue: "https://sqs/queue", DLQ: "https://sqs/dlq", Clock: clock.At(noon), Handle: func(ctx context.Context, _ event.Envelope) error {
				told = worker.Parks(ctx, failure)
				return failure
			}}
			if _, err := w.Batch(t.Context(), in); err != nil || told != (len(p.sent) == 1) {
				t.Errorf("try %d, %v: told %v, parked %d", try, failure, told, len(p.sent))
			}
		}
	}
}
