// Package relay carries events to the bus, mostly from the outbox. The outbox's stream drives it; a sweep sends what the
// stream lost. A row is removed once its events are on the bus, so a row that stays is an event not yet announced.
package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"turnup/internal/base/event"
)

// Source names Turnup on the bus.
const Source = "turnup"

// perCall is how many entries PutEvents takes.
const perCall = 10

// Outbox removes rows whose events are on the bus and finds those that stayed.
type Outbox interface {
	Published(ctx context.Context, rows []event.Batch) error
	Waiting(ctx context.Context, since time.Time) ([]event.Batch, error)
}

// Relay publishes rows.
type Relay struct {
	Bus    *eventbridge.Client
	Name   string // of the bus
	Outbox Outbox
}

// Stream handles a delivery of the outbox's stream. It reports the first record whose events did not get through;
// the stream then delivers again from there.
func (r Relay) Stream(ctx context.Context, in events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	out := events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{}}
	var rows []event.Batch
	var sequence []string
	for _, rec := range in.Records {
		if rec.EventName != string(events.DynamoDBOperationTypeInsert) {
			continue
		}
		row, err := RowOf(rec.Change.NewImage)
		if err != nil { // written by us: a defect, which delivering again cannot mend; the row stays
			slog.ErrorContext(ctx, "outbox row cannot be read", "error", err.Error())
			continue
		}
		rows, sequence = append(rows, row), append(sequence, rec.Change.SequenceNumber)
	}
	if n, err := r.Publish(ctx, rows); err != nil {
		slog.WarnContext(ctx, "relay", "published", n, "of", len(rows), "error", err.Error())
		out.BatchItemFailures = append(out.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: sequence[n]})
		return out, nil
	}
	slog.InfoContext(ctx, "relay", "published", len(rows))
	return out, nil
}

// RowOf reads a row of the outbox from a record of its stream.
func RowOf(image map[string]events.DynamoDBAttributeValue) (event.Batch, error) {
	for name, kind := range map[string]events.DynamoDBDataType{"pk": events.DataTypeString, "sk": events.DataTypeString, "events": events.DataTypeBinary} {
		if v, ok := image[name]; !ok || v.DataType() != kind {
			return event.Batch{}, fmt.Errorf("relay: no %s", name)
		}
	}
	return event.ParseBatch(image["pk"].String(), image["sk"].String(), image["events"].Binary())
}

// Publish puts the rows' events on the bus in order and removes the rows. It answers how many rows got through before
// the first failure.
func (r Relay) Publish(ctx context.Context, rows []event.Batch) (int, error) {
	for done := 0; done < len(rows); {
		chunk, entries := r.chunk(rows[done:])
		if _, err := r.put(ctx, entries); err != nil {
			return done, err
		}
		if err := r.Outbox.Published(ctx, chunk); err != nil {
			return done, err
		}
		done += len(chunk)
	}
	return len(rows), nil
}

// Announce puts events on the bus that are in no outbox, because what they tell of is announced again until it is done. It
// answers how many the bus took; a failure does not keep the later ones back.
func (r Relay) Announce(ctx context.Context, all []event.Envelope) (sent int, err error) {
	for chunk := range slices.Chunk(all, perCall) {
		entries := make([]types.PutEventsRequestEntry, len(chunk))
		for i, e := range chunk {
			entries[i] = r.entry(e)
		}
		n, failed := r.put(ctx, entries)
		sent, err = sent+n, errors.Join(err, failed)
	}
	return sent, err
}

// put is one call; it answers how many events the bus took.
func (r Relay) put(ctx context.Context, entries []types.PutEventsRequestEntry) (int, error) {
	out, err := r.Bus.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: entries})
	if err != nil {
		return 0, err
	}
	if refused := int(out.FailedEntryCount); refused > 0 {
		return len(entries) - refused, fmt.Errorf("relay: the bus refused %d of %d events", refused, len(entries))
	}
	return len(entries), nil
}

// entry is an event as the bus takes it: the whole envelope is the detail.
func (r Relay) entry(e event.Envelope) types.PutEventsRequestEntry {
	raw, err := json.Marshal(e)
	if err != nil {
		panic(fmt.Sprintf("relay: %s cannot be encoded: %v", e.ID, err)) // its data was made from, or read as, JSON a moment ago
	}
	return types.PutEventsRequestEntry{EventBusName: &r.Name, Source: aws.String(Source), DetailType: aws.String(string(e.Type)),
		Detail: aws.String(string(raw)), Time: aws.Time(e.Time)}
}

// chunk takes as many whole rows as fit into one call. A row has few events: one transaction announces at most four.
func (r Relay) chunk(rows []event.Batch) ([]event.Batch, []types.PutEventsRequestEntry) {
	var entries []types.PutEventsRequestEntry
	for i, row := range rows {
		if i > 0 && len(entries)+len(row.Events) > perCall {
			return rows[:i], entries
		}
		for _, e := range row.Events {
			entries = append(entries, r.entry(e))
		}
	}
	return rows, entries
}

// SweepAfter is how long the stream has for a row before the sweep sends it.
const SweepAfter = time.Minute

// Sweep publishes the rows that stayed. Consumers drop what they had already.
func (r Relay) Sweep(ctx context.Context, now time.Time) (int, error) {
	rows, err := r.Outbox.Waiting(ctx, now.Add(-SweepAfter))
	if err != nil {
		return 0, err
	}
	return r.Publish(ctx, rows)
}
