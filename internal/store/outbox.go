package store

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
)

// Published implements platform/relay.Outbox.
func (db *DB) Published(ctx context.Context, rows []event.Batch) error {
	name := *db.table(outbox)
	want := map[string][]types.WriteRequest{}
	for _, r := range rows {
		want[name] = append(want[name], types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key{r.Shard, r.ID}.item()}})
	}
	for len(want) > 0 {
		out, err := db.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: want})
		if err != nil {
			return outage(err)
		}
		if want = out.UnprocessedItems; len(want) > 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// Waiting implements platform/relay.Outbox: the rows written before the given time, oldest first in each shard.
func (db *DB) Waiting(ctx context.Context, since time.Time) ([]event.Batch, error) {
	var rows []event.Batch
	condition := "pk = :pk AND sk < :before"
	for shard := range OutboxShards {
		out, err := db.client.Query(ctx, &dynamodb.QueryInput{TableName: db.table(outbox), KeyConditionExpression: &condition,
			ExpressionAttributeValues: item{":pk": text(outboxPK(shard)), ":before": text(id.Floor[id.Event](id.EventPrefix, since))}})
		if err != nil {
			return nil, outage(err)
		}
		for _, row := range out.Items {
			pk, _ := row["pk"].(*types.AttributeValueMemberS)
			sk, _ := row["sk"].(*types.AttributeValueMemberS)
			encoded, _ := row["events"].(*types.AttributeValueMemberB)
			if pk == nil || sk == nil || encoded == nil {
				return nil, errors.New("store: an outbox row is not whole")
			}
			parsed, err := event.ParseBatch(pk.Value, sk.Value, encoded.Value)
			if err != nil { // a defect of ours; one row must not keep the others back
				slog.ErrorContext(ctx, "outbox row cannot be read", "error", err.Error())
				continue
			}
			rows = append(rows, parsed)
		}
	}
	return rows, nil
}

// Announce writes events that no other write goes with.
func (db *DB) Announce(ctx context.Context, events ...event.Envelope) error {
	t := db.tx()
	t.announce(events...)
	return t.commit(ctx)
}

// AnnounceOnce does so with the key of the request that asked for it; the key's answer is set before.
func (db *DB) AnnounceOnce(ctx context.Context, use *once.Use, events ...event.Envelope) error {
	t := db.tx()
	t.once(use)
	t.announce(events...)
	return t.commit(ctx)
}
