package store

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
)

// Recall implements once.Memory.
func (db *DB) Recall(ctx context.Context, r once.Request) (json.RawMessage, error) {
	consistent := true
	out, err := db.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: db.table(guards), Key: onceKey(r).item(), ConsistentRead: &consistent})
	if err != nil {
		return nil, outage(err)
	}
	if out.Item == nil {
		return nil, nil
	}
	var found *once.Replay
	if err := replay(out.Item, r); !errors.As(err, &found) {
		return nil, err
	}
	return found.Answer, nil
}

// Spend counts one call of a caller against a budget per window and answers fault.ErrThrottled when it is used up.
// One write; the windows are aligned to their length.
func (db *DB) Spend(ctx context.Context, tenant id.Tenant, what, caller string, budget int, window time.Duration) error {
	now := db.clock.Now()
	begin := now.Truncate(window)
	update, names := "ADD #n :one SET #t = :ttl", map[string]string{"#n": "n", "#t": "ttl"}
	out, err := db.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: db.table(guards), Key: rateKey(tenant, what, caller, begin).item(), UpdateExpression: &update, ExpressionAttributeNames: names,
		ExpressionAttributeValues: item{":one": &types.AttributeValueMemberN{Value: "1"}, ":ttl": epoch(begin.Add(2 * window))},
		ReturnValues:              types.ReturnValueUpdatedNew,
	})
	if err != nil {
		return outage(err)
	}
	n, _ := out.Attributes["n"].(*types.AttributeValueMemberN)
	if n == nil {
		return errors.New("store: the counter answered nothing")
	}
	if used, err := strconv.Atoi(n.Value); err != nil || used > budget {
		return fault.ErrThrottled.After(begin.Add(window).Sub(now)).Because(err)
	}
	return nil
}

// SpendOnce counts a request against a budget like Spend, but its repetitions under one key as one, however many there are
// at once. A refused one is not counted.
func (db *DB) SpendOnce(ctx context.Context, r once.Request, what, caller string, budget int, window time.Duration) error {
	now := db.clock.Now()
	begin := now.Truncate(window)
	update, condition := "ADD #k :key SET #t = :ttl", "attribute_not_exists(#k) OR size(#k) < :budget OR contains(#k, :one)"
	_, err := db.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: db.table(guards), Key: rateKey(r.Tenant, what, caller, begin).item(), UpdateExpression: &update, ConditionExpression: &condition,
		ExpressionAttributeNames: map[string]string{"#k": "keys", "#t": "ttl"},
		ExpressionAttributeValues: item{":key": &types.AttributeValueMemberSS{Value: []string{r.Key}}, ":one": text(r.Key), ":budget": number(int64(budget)),
			":ttl": epoch(begin.Add(2 * window))},
	})
	var spent *types.ConditionalCheckFailedException
	if errors.As(err, &spent) {
		return fault.ErrThrottled.After(begin.Add(window).Sub(now))
	}
	return outage(err)
}

// handledFor is longer than any queue keeps a message, and than a redrive is likely to take.
const handledFor = 30 * 24 * time.Hour

// handled adds to a transaction that the consumer has handled the event.
func (t *tx) handled(consumer string, e id.Event) {
	row := handledKey(consumer, e).item()
	row["ttl"] = epoch(t.db.clock.Now().Add(handledFor))
	t.putRow(guards, row, isNew, nil, once.ErrHandled)
}

// Remember keeps a key whose effect is there already, because other rows than the key's keep it from being had twice.
func (db *DB) Remember(ctx context.Context, use *once.Use) error {
	t := db.tx()
	t.once(use)
	return t.commit(ctx)
}
