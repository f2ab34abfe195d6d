package store

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/id"
	"turnup/internal/domain/timer"
)

// timerRow is a timer. Bucket and At are its place in the index "due"; one that is due by a test clock has no bucket, and so
// no place there: no tick sees it.
type timerRow struct {
	timer.Timer
	Bucket string `dynamodbav:"bucket,omitempty"`
	At     string `dynamodbav:"at"`
}

// dueForm sorts as time does, to the nanosecond.
const dueForm = "2006-01-02T15:04:05.000000000Z"

func sortable(at time.Time) string { return at.UTC().Format(dueForm) }

func (r timerRow) pending() (timer.Pending, error) {
	next, err := time.Parse(dueForm, r.At)
	return timer.Pending{Timer: r.Timer, Next: next}, err
}

// setTimer adds to a transaction that something shall happen later, or at another time than was said before.
func (t *tx) setTimer(w timer.Timer) {
	k, row := timerKey(w.Tenant, w.Customer, w.Kind, w.Subject), timerRow{Timer: w, At: sortable(w.Due)}
	if w.TestClock == "" {
		row.Bucket = dueBucket(k)
	}
	t.put(timers, k, row, "", nil, nil)
}

// clearTimer adds to a transaction that it shall not happen any more, or that it has happened.
func (t *tx) clearTimer(tenant id.Tenant, customer id.Customer, kind timer.Kind, subject string) {
	t.add(types.TransactWriteItem{Delete: &types.Delete{TableName: t.db.table(timers), Key: timerKey(tenant, customer, kind, subject).item()}}, nil)
}

// index names a secondary index.
func index(name string) *string { return &name }

// DueTimers reads a page of what is due in one shard, oldest first; it goes on after the last one of the page before. It
// reads rows that are due and no others, however many wait. Indexes are eventually consistent: what it misses, the next
// tick finds.
func (db *DB) DueTimers(ctx context.Context, shard int, now time.Time, after *timer.Pending, limit int32) (page []timer.Pending, more bool, err error) {
	condition, bucket := "#b = :b AND #at <= :now", dueShard(shard)
	in := &dynamodb.QueryInput{TableName: db.table(timers), IndexName: index("due"), KeyConditionExpression: &condition, Limit: &limit,
		ExpressionAttributeNames: map[string]string{"#b": "bucket", "#at": "at"}, ExpressionAttributeValues: item{":b": text(bucket), ":now": text(sortable(now))}}
	if after != nil {
		in.ExclusiveStartKey = timerKey(after.Tenant, after.Customer, after.Kind, after.Subject).item()
		in.ExclusiveStartKey["bucket"], in.ExclusiveStartKey["at"] = text(bucket), text(sortable(after.Next))
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, false, outage(err)
	}
	page, err = pendingOf(out.Items)
	return page, len(out.LastEvaluatedKey) > 0, err
}

// LeaseTimer lets one of those who saw a timer announce it, until the lease ends: false means that another one has it, or
// that it was cleared or set anew.
func (db *DB) LeaseTimer(ctx context.Context, w timer.Pending, until time.Time) (bool, error) {
	update, condition := "SET #at = :until", "#at = :seen"
	_, err := db.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: db.table(timers), Key: timerKey(w.Tenant, w.Customer, w.Kind, w.Subject).item(),
		UpdateExpression: &update, ConditionExpression: &condition, ExpressionAttributeNames: map[string]string{"#at": "at"},
		ExpressionAttributeValues: item{":until": text(sortable(until)), ":seen": text(sortable(w.Next))}})
	var other *types.ConditionalCheckFailedException
	if errors.As(err, &other) {
		return false, nil
	}
	return err == nil, outage(err)
}

// Timers are what will happen to a customer next, by kind and subject.
func (db *DB) Timers(ctx context.Context, tenant id.Tenant, customer id.Customer) ([]timer.Pending, error) {
	condition, consistent := "pk = :pk AND begins_with(sk, :prefix)", true
	in := &dynamodb.QueryInput{TableName: db.table(timers), KeyConditionExpression: &condition, ConsistentRead: &consistent,
		ExpressionAttributeValues: item{":pk": text(customerPK(tenant, customer)), ":prefix": text(timerPrefix)}}
	var all []timer.Pending
	for {
		out, err := db.client.Query(ctx, in)
		if err != nil {
			return nil, outage(err)
		}
		page, err := pendingOf(out.Items)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if in.ExclusiveStartKey = out.LastEvaluatedKey; len(in.ExclusiveStartKey) == 0 {
			return all, nil
		}
	}
}

func pendingOf(rows []item) ([]timer.Pending, error) {
	all := make([]timer.Pending, 0, len(rows))
	for _, row := range rows {
		r, err := decode[timerRow](row)
		if err != nil {
			return nil, err
		}
		p, err := r.pending()
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}
