package store

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
)

// tx collects what becomes true together. Each write carries the error that its failed condition means.
type tx struct {
	db     *DB
	items  []types.TransactWriteItem
	means  []error
	use    *once.Use
	events []event.Envelope
	err    error
}

func (db *DB) tx() *tx { return &tx{db: db} }

// errKeyUsed marks the write of the Idempotency-Key among the meanings.
var errKeyUsed = errors.New("store: key was used")

const isNew = "attribute_not_exists(pk)"

func (t *tx) add(w types.TransactWriteItem, means error) {
	t.items, t.means = append(t.items, w), append(t.means, means)
}

// configured announces that something was set up, in which version (0 is what has none), or removed. What nobody did, as loading a
// catalogue, is no act.
func (t *tx) configured(ctx context.Context, tenant id.Tenant, what event.Setting, name string, version int64, removed bool) {
	if event.TraceOf(ctx).Actor != "" {
		t.announce(event.New(ctx, tenant, t.db.clock.Now(), event.ConfigurationChanged{Setting: what, Name: name, Version: version, Removed: removed}))
	}
}

// create writes a row that must be new.
func (t *tx) create(table string, k key, v any, taken error) {
	t.put(table, k, v, isNew, nil, taken)
}

// put writes a whole row under a condition; "" is none. Values of the condition are :name → value.
func (t *tx) put(table string, k key, v any, condition string, values item, failed error) {
	row, err := encode(k, v)
	if err != nil {
		t.err = errors.Join(t.err, err)
		return
	}
	t.putRow(table, row, condition, values, failed)
}

func (t *tx) putRow(table string, row item, condition string, values item, failed error) {
	p := &types.Put{TableName: t.db.table(table), Item: row, ExpressionAttributeValues: values}
	if condition != "" {
		p.ConditionExpression = &condition
		if failed == errKeyUsed {
			p.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
		}
	}
	t.add(types.TransactWriteItem{Put: p}, failed)
}

// putState writes a row on the condition that its State was the given one. (State is a reserved word of DynamoDB.)
func putState[S ~string](t *tx, table string, k key, v any, was S, failed error) {
	row, err := encode(k, v)
	t.err = errors.Join(t.err, err)
	condition := "#s = :was"
	t.add(types.TransactWriteItem{Put: &types.Put{TableName: t.db.table(table), Item: row, ConditionExpression: &condition,
		ExpressionAttributeNames: map[string]string{"#s": "State"}, ExpressionAttributeValues: item{":was": text(was)}}}, failed)
}

// update changes attributes of a row in place, under a condition; "" is none. It makes the row when there is none.
func (t *tx) update(table string, k key, expression, condition string, names map[string]string, values item, failed error) {
	u := &types.Update{TableName: t.db.table(table), Key: k.item(), UpdateExpression: &expression, ExpressionAttributeNames: names, ExpressionAttributeValues: values}
	if condition != "" {
		u.ConditionExpression = &condition
	}
	t.add(types.TransactWriteItem{Update: u}, failed)
}

// delete removes a row under a condition; "" is none.
func (t *tx) delete(table string, k key, condition string, values item, failed error) {
	d := &types.Delete{TableName: t.db.table(table), Key: k.item(), ExpressionAttributeValues: values}
	if condition != "" {
		d.ConditionExpression = &condition
	}
	t.add(types.TransactWriteItem{Delete: d}, failed)
}

// check lets the transaction fail unless a row fulfils a condition; it writes nothing.
func (t *tx) check(table string, k key, condition string, names map[string]string, values item, failed error) {
	t.add(types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: t.db.table(table), Key: k.item(), ConditionExpression: &condition,
		ExpressionAttributeNames: names, ExpressionAttributeValues: values}}, failed)
}

// announce adds events to the outbox.
func (t *tx) announce(events ...event.Envelope) { t.events = append(t.events, events...) }

// outboxRow is all events of one transaction: one row costs less than several.
func (t *tx) outboxRow() {
	if len(t.events) == 0 {
		return
	}
	raw, err := event.EncodeBatch(t.events)
	t.err = errors.Join(t.err, err)
	row := outboxKey(t.events[0]).item()
	row["events"] = &types.AttributeValueMemberB{Value: raw}
	t.add(types.TransactWriteItem{Put: &types.Put{TableName: t.db.table(outbox), Item: row}}, nil)
	t.events = nil
}

// once adds the Idempotency-Key.
func (t *tx) once(use *once.Use) {
	t.use = use
	row := onceKey(use.Request).item()
	row["fingerprint"] = &types.AttributeValueMemberS{Value: use.Fingerprint}
	row["answer"] = &types.AttributeValueMemberS{Value: string(use.Stored())}
	row["ttl"] = epoch(t.db.clock.Now().Add(once.Kept))
	t.putRow(guards, row, isNew, nil, errKeyUsed)
}

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func text[T ~string](v T) types.AttributeValue {
	return &types.AttributeValueMemberS{Value: string(v)}
}

func epoch(at time.Time) types.AttributeValue {
	return number(at.Unix())
}

// Conflicts with another transaction on the same rows pass in milliseconds; then it is decided again what they mean.
const conflictTries = 6

// commit writes everything or nothing. A failed condition gives its meaning: the key's first, because a repetition
// naturally fails the others too; then the order of the writes. One write alone is a transaction as well, at twice the
// price of a plain one: the client gives each transaction a token, so that repeating it after a lost answer is no second
// write whose condition fails on the first.
func (t *tx) commit(ctx context.Context) error {
	t.outboxRow()
	if t.err != nil {
		return t.err
	}
	for try := 1; ; try++ {
		_, err := t.db.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: t.items})
		var cancelled *types.TransactionCanceledException
		switch {
		case err == nil:
			if t.use != nil {
				t.use.Committed()
			}
			return nil
		case !errors.As(err, &cancelled):
			return outage(err)
		}
		meaning, conflict := t.meaning(cancelled)
		if meaning != nil {
			return meaning
		}
		if !conflict || try == conflictTries {
			return fault.ErrUnavailable.Because(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(try) * time.Duration(5+rand.IntN(20)) * time.Millisecond):
		}
	}
}

func (t *tx) meaning(c *types.TransactionCanceledException) (meaning error, conflict bool) {
	for i, reason := range c.CancellationReasons {
		if i >= len(t.means) || reason.Code == nil {
			continue
		}
		switch *reason.Code {
		case "ConditionalCheckFailed":
			if t.means[i] == errKeyUsed {
				return replay(reason.Item, t.use.Request), false
			}
			if meaning == nil {
				meaning = t.means[i]
			}
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			conflict = true
		}
	}
	return meaning, conflict
}

// replay reads a used key's row: the first answer, or the fault when it was used for something else.
func replay(row item, r once.Request) error {
	fingerprint, _ := row["fingerprint"].(*types.AttributeValueMemberS)
	answer, _ := row["answer"].(*types.AttributeValueMemberS)
	if fingerprint == nil || answer == nil || fingerprint.Value != r.Fingerprint {
		return fault.ErrKeyReused
	}
	return &once.Replay{Answer: json.RawMessage(answer.Value)}
}
