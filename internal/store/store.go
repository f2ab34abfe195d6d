// Package store keeps Turnup's state in DynamoDB: one table per bounded context, single-table inside it.
//
// What becomes true together is written by one TransactWriteItems, together with the event that announces it
// (outbox) and the Idempotency-Key that asked for it (guards). Rules live in internal/domain; this package turns
// their decisions into rows. It never scans. The schema is in README.md beside this file.
package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
)

// DB is one deployment's tables. It implements the store interfaces that the domain packages declare.
type DB struct {
	client *dynamodb.Client
	prefix string // of table names, for example "turnup-dev-"
	clock  clock.Clock
}

// New uses the tables whose names begin with prefix.
func New(client *dynamodb.Client, prefix string, c clock.Clock) *DB {
	return &DB{client: client, prefix: prefix, clock: c}
}

type item = map[string]types.AttributeValue

func (db *DB) table(name string) *string {
	full := db.prefix + name
	return &full
}

func (k key) item() item {
	return item{"pk": &types.AttributeValueMemberS{Value: k.pk}, "sk": &types.AttributeValueMemberS{Value: k.sk}}
}

// encode makes the row of a value: its fields by their Go names (or dynamodbav tags), so renaming one is a migration.
func encode(k key, v any) (item, error) {
	row, err := attributevalue.MarshalMap(v)
	if err != nil {
		return nil, fmt.Errorf("store: encode %T: %w", v, err)
	}
	for name, value := range k.item() {
		row[name] = value
	}
	return row, nil
}

func decode[T any](row item) (T, error) {
	var v T
	if err := attributevalue.UnmarshalMap(row, &v); err != nil {
		return v, fmt.Errorf("store: decode %T: %w", v, err)
	}
	return v, nil
}

// get reads one row consistently; a missing one is the given fault.
func get[T any](ctx context.Context, db *DB, table string, k key, missing error) (T, error) {
	var none T
	consistent := true
	out, err := db.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: db.table(table), Key: k.item(), ConsistentRead: &consistent})
	switch {
	case err != nil:
		return none, outage(err)
	case out.Item == nil:
		return none, missing
	}
	return decode[T](out.Item)
}

// positionOf is where a query's next page begins, empty at the end.
func positionOf(last item) string { return positionIn("sk", last) }

// positionIn is the same where another attribute orders the rows.
func positionIn(attribute string, last item) string {
	if v, ok := last[attribute].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

// startKey is where a query goes on: after a position given to the caller with the page before, which must lie in the
// range that is read. A made-up one is fault.ErrCursor.
func startKey(pk, after, rangeBegin string) (item, error) {
	switch {
	case after == "":
		return nil, nil
	case !strings.HasPrefix(after, rangeBegin):
		return nil, fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")
	}
	return key{pk, after}.item(), nil
}

// outage names the failures of DynamoDB that pass by themselves.
func outage(err error) error {
	var throttled *types.ProvisionedThroughputExceededException
	var limit *types.RequestLimitExceeded
	if errors.As(err, &throttled) || errors.As(err, &limit) {
		return fault.ErrUnavailable.Because(err)
	}
	return err
}

// batch reads several rows of several tables in one call, consistently but for the tables in loose. Keys not found are
// left out.
type batch struct {
	db    *DB
	want  map[string]types.KeysAndAttributes
	loose []string // eventual consistency is enough, at half the price
}

func (db *DB) batch() *batch { return &batch{db: db, want: map[string]types.KeysAndAttributes{}} }

func (b *batch) add(table string, k key) {
	name := *b.db.table(table)
	keys := b.want[name]
	consistent := !slices.Contains(b.loose, table)
	keys.ConsistentRead, keys.Keys = &consistent, append(keys.Keys, k.item())
	b.want[name] = keys
}

// read returns the rows by table and sort key.
func (b *batch) read(ctx context.Context) (map[string]map[string]item, error) {
	found := map[string]map[string]item{}
	err := b.each(ctx, func(table string, row item) {
		if found[table] == nil {
			found[table] = map[string]item{}
		}
		found[table][positionOf(row)] = row
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// each hands on the rows, in no order. Rows DynamoDB leaves unprocessed are asked for again.
func (b *batch) each(ctx context.Context, take func(table string, row item)) error {
	for len(b.want) > 0 {
		out, err := b.db.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: b.want})
		if err != nil {
			return outage(err)
		}
		for name, rows := range out.Responses {
			for _, row := range rows {
				take(name[len(b.db.prefix):], row)
			}
		}
		if len(out.UnprocessedKeys) > 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		b.want = out.UnprocessedKeys
	}
	return nil
}
