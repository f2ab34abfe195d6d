package chaos

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/rig"
)

// Originals are the rows of one purchase as it stands, of which many like it are made: so they always look as the
// functions write them.
type Originals struct {
	rows   map[string][]item // by table
	Events []event.Envelope  // in the outbox
}

// Originals plays a journey with nothing happening behind the API, and takes what is in the tables then out of them.
func (w *World) Originals(ctx context.Context, j Journey, tables ...string) (*Originals, *Shopper, error) {
	w.Tape.Rewind(j.Given...)
	s := w.shopper(name(0), j.first())
	for _, step := range j.Steps {
		if err := step.Do(ctx, s); err != nil && !errors.Is(err, errGone) {
			return nil, nil, err
		}
	}
	o := &Originals{rows: map[string][]item{}}
	rows, err := w.outboxRows(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		b, err := event.ParseBatch(r.Shard, r.ID, r.Encoded)
		if err != nil {
			return nil, nil, err
		}
		o.Events = append(o.Events, b.Events...)
	}
	for _, table := range tables {
		if o.rows[table], err = w.scan(ctx, table); err != nil {
			return nil, nil, err
		}
	}
	if err := w.awaitPSP(ctx); err != nil {
		return nil, nil, err
	}
	return o, s, w.clearTables(ctx)
}

// Event is the event of a type.
func (o *Originals) Event(kind event.Type) (event.Envelope, error) {
	for _, e := range o.Events {
		if e.Type == kind {
			return e, nil
		}
	}
	return event.Envelope{}, errors.New("chaos: the purchase announced no " + string(kind))
}

// Copy writes the rows again with other ids, in one batch; but for those whose table is in without.
func (o *Originals) Copy(ctx context.Context, w *World, ids *strings.Replacer, without ...string) error {
	requests := map[string][]types.WriteRequest{}
	for table, rows := range o.rows {
		for _, skipped := range without {
			if table == skipped {
				rows = nil
			}
		}
		for _, row := range rows {
			copied, _ := renamed(&types.AttributeValueMemberM{Value: row}, ids).(*types.AttributeValueMemberM)
			requests[w.Prefix+table] = append(requests[w.Prefix+table], types.WriteRequest{PutRequest: &types.PutRequest{Item: copied.Value}})
		}
	}
	_, err := w.DynamoDB.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: requests})
	return err
}

// renamed is a value with other ids in every text of it.
func renamed(v types.AttributeValue, ids *strings.Replacer) types.AttributeValue {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return &types.AttributeValueMemberS{Value: ids.Replace(v.Value)}
	case *types.AttributeValueMemberM:
		out := item{}
		for name, one := range v.Value {
			out[name] = renamed(one, ids)
		}
		return &types.AttributeValueMemberM{Value: out}
	case *types.AttributeValueMemberL:
		out := make([]types.AttributeValue, len(v.Value))
		for i, one := range v.Value {
			out[i] = renamed(one, ids)
		}
		return &types.AttributeValueMemberL{Value: out}
	}
	return v
}

// Message is an event with other ids, as a rule puts it into a queue.
func Message(e event.Envelope, as id.Event, ids *strings.Replacer) (string, error) {
	e.ID, e.Data = as, []byte(ids.Replace(string(e.Data)))
	return rig.BusBody(e)
}
