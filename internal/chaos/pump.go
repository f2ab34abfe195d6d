package chaos

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"turnup/internal/rig"
)

// done is what one go of a carrier achieved: how much got through, and how much did not and stays.
type done struct{ through, stuck int }

func (d done) plus(o done) done { return done{d.through + o.through, d.stuck + o.stuck} }

// pump carries everything behind the API on until nothing moves any more. late tells that time has passed: what is done
// only after a while is done as well. It answers what is stuck.
func (w *World) pump(ctx context.Context, late bool) (stuck int, err error) {
	for round := 0; ; round++ {
		var all done
		for _, carry := range []func(context.Context, bool) (done, error){w.relay, w.queues, w.notify, w.machines} {
			d, err := carry(ctx, late)
			if err != nil {
				return 0, err
			}
			all = all.plus(d)
		}
		if all.through == 0 {
			return all.stuck, nil
		}
		if round == 50 {
			return 0, fmt.Errorf("chaos: it never comes to rest; tried in vain: %v", w.blame)
		}
	}
}

// relay hands the outbox's new rows to the relay, as its stream does: again when they failed, unless it loses them.
func (w *World) relay(ctx context.Context, _ bool) (d done, err error) {
	rows, err := w.outboxRows(ctx)
	rows = slices.DeleteFunc(rows, func(r rig.OutboxRow) bool { return w.lost[r.ID] })
	if err != nil || len(rows) == 0 {
		return d, err
	}
	failed := len(rows)
	if raw, err := w.Invoke(ctx, "outbox-relay", rig.StreamEvent(rows...)); err == nil {
		if first, err := rig.Failures(raw); err == nil && len(first) == 0 {
			failed = 0
		}
	}
	if failed > 0 {
		w.blame["outbox-relay"]++
		if w.lossy {
			for _, r := range rows {
				w.lost[r.ID] = true
			}
			return d, nil
		}
	}
	return w.tried("outbox-relay", len(rows)-failed, failed), nil
}

// maxTries is how often something is repeated before time has to pass.
const maxTries = 3

// tried gives what is to be tried again now: failures count as progress a few times, so that they are tried again.
func (w *World) tried(what string, through, failed int) done {
	if failed == 0 {
		delete(w.blame, what)
		return done{through: through}
	}
	w.blame[what]++
	if w.blame[what]%maxTries != 0 {
		through++
	}
	return done{through, failed}
}

func (w *World) outboxRows(ctx context.Context) (rows []rig.OutboxRow, err error) {
	name := w.Prefix + "outbox"
	out, err := w.DynamoDB.Scan(ctx, &dynamodb.ScanInput{TableName: &name})
	if err != nil {
		return nil, err
	}
	for _, r := range out.Items {
		pk, _ := r["pk"].(*types.AttributeValueMemberS)
		sk, _ := r["sk"].(*types.AttributeValueMemberS)
		events, _ := r["events"].(*types.AttributeValueMemberB)
		if pk == nil || sk == nil || events == nil {
			return nil, fmt.Errorf("chaos: a row of the outbox is not whole: %v", r)
		}
		rows = append(rows, rig.OutboxRow{Shard: pk.Value, ID: sk.Value, Encoded: events.Value})
	}
	slices.SortFunc(rows, func(a, b rig.OutboxRow) int { return strings.Compare(a.ID, b.ID) })
	return rows, nil
}

// queues delivers what is in the queues to their consumers, and takes away what they have handled. A queue with a delay
// is for later.
func (w *World) queues(ctx context.Context, late bool) (d done, err error) {
	for _, name := range w.consumers() {
		for _, c := range w.Functions()[name].Queues {
			if !late && w.delayed(c.Source) {
				continue
			}
			one, err := w.consume(ctx, name, c.Source)
			if err != nil {
				return d, err
			}
			d = d.plus(one)
		}
	}
	return d, nil
}

func (w *World) delayed(queue string) bool {
	return w.Template.Resources[queue].Properties["DelaySeconds"] != nil
}

func (w *World) consumers() (names []string) {
	for name, f := range w.Functions() {
		if len(f.Queues) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// consume makes one delivery.
func (w *World) consume(ctx context.Context, function, queue string) (d done, err error) {
	address, err := w.QueueURL(queue)
	if err != nil {
		return d, err
	}
	out, err := w.SQS.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &address, MaxNumberOfMessages: 10,
		MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{sqstypes.MessageSystemAttributeNameApproximateReceiveCount}})
	if err != nil || len(out.Messages) == 0 {
		return d, err
	}
	var batch []rig.Message
	for _, m := range out.Messages {
		received := 1
		_, _ = fmt.Sscan(m.Attributes["ApproximateReceiveCount"], &received)
		batch = append(batch, rig.Message{ID: *m.MessageId, Body: *m.Body, Received: received})
	}
	raw, err := w.Invoke(ctx, function, rig.QueueEvent(batch...))
	var again []string
	if err == nil {
		again, err = rig.Failures(raw)
	}
	for _, m := range out.Messages {
		if err != nil || slices.Contains(again, *m.MessageId) {
			w.hidden = append(w.hidden, message{address, *m.ReceiptHandle})
			w.blame[function]++
			d.stuck++
			continue
		}
		if _, err := w.SQS.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &address, ReceiptHandle: m.ReceiptHandle}); err != nil {
			return d, err
		}
		d.through++
	}
	return d, nil
}

// message is one that a consumer failed to handle: hidden from others until its time is over.
type message struct{ queue, receipt string }

// show makes failed messages visible again. Those that were moved away meanwhile are gone.
func (w *World) show(ctx context.Context) {
	for _, m := range w.hidden {
		_, _ = w.SQS.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &m.queue, ReceiptHandle: &m.receipt, VisibilityTimeout: 0})
	}
	w.hidden = nil
}

// notify delivers the PSP's webhooks: again until they are taken, as the PSP does.
func (w *World) notify(ctx context.Context, _ bool) (d done, err error) {
	if err := w.awaitPSP(ctx); err != nil {
		return d, err
	}
	w.mu.Lock()
	waiting := w.webhooks
	w.webhooks = nil
	if w.deaf {
		w.late, waiting = append(w.late, waiting...), nil
	}
	w.mu.Unlock()
	var refused []*webhook
	for _, h := range waiting {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.API+"/webhooks/stripe", bytes.NewReader(h.body))
		if err != nil {
			return d, err
		}
		req.Header = h.header.Clone()
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return d, err
		}
		_ = res.Body.Close()
		if res.StatusCode/100 != 2 {
			refused = append(refused, h)
		}
	}
	if len(waiting) == 0 {
		return d, nil
	}
	w.mu.Lock()
	w.webhooks = append(refused, w.webhooks...)
	w.mu.Unlock()
	return w.tried("stripe-webhook", len(waiting)-len(refused), len(refused)), nil
}

// awaitPSP waits until the PSP has told all that it has to tell.
func (w *World) awaitPSP(ctx context.Context) error {
	for {
		var state struct{ Pending int }
		if err := w.control(http.MethodGet, "delivery", nil, &state); err != nil || state.Pending == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}
