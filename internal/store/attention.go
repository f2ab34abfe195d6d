package store

import (
	"context"
	"errors"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/timer"
)

// What waits for somebody is read from sparse indexes, in which a row is as long as it waits: it comes and goes by the very writes that
// make it wait and end that.

// OpenShards spreads orders that wait for delivery, and payments that wait for their outcome, over partitions of their indexes: every
// purchase is in the first for a moment, and when the PSP is gone every payment is in the second.
const OpenShards = 8

// openRow is a place in such an index.
type openRow struct {
	Among string `dynamodbav:"open,omitempty"`
	Place string `dynamodbav:"place,omitempty"` // since when, and the id
}

func openSince(partition func(id.Tenant, int) string, tenant id.Tenant, since time.Time, name string) openRow {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return openRow{partition(tenant, int(h.Sum32()%OpenShards)), sortable(since) + "#" + name}
}

// orderRow is an order as the index "undelivered" has it: while it is paid, not delivered and not given back.
type orderRow struct {
	order.Order
	openRow
}

func orderRowOf(o order.Order) orderRow {
	if since, waits := o.Waits(); waits {
		return orderRow{o, openSince(undeliveredOrders, o.Tenant, since, string(o.ID))}
	}
	return orderRow{Order: o}
}

// paymentRow is a payment as the index "unsettled" has it: while its outcome is open for longer than it should be, or it waits for an
// operator. One that goes as it should is never there, because coming and going would cost each payment two writes.
type paymentRow struct {
	payment.Payment
	openRow
}

func paymentRowOf(p payment.Payment) paymentRow {
	if p.State == payment.Pending && p.Overdue || p.Parked {
		return paymentRow{p, openSince(unsettledPayments, p.Tenant, p.InitiatedAt, string(p.ID))}
	}
	return paymentRow{Payment: p}
}

// returnRow is a refund as the index "unpaid" of invoices has it, in a partition of its own: until all of it is settled.
type returnRow struct {
	payment.Return
	Queue string `dynamodbav:"queue,omitempty"`
	Place string `dynamodbav:"place,omitempty"`
}

func returnRowOf(r payment.Return) returnRow {
	if r.State() == payment.ReturnSettled {
		return returnRow{Return: r}
	}
	return returnRow{r, openReturns(r.Tenant), sortable(r.RequestedAt) + "#" + string(r.ID)}
}

// heldRow tells of a contract that staff keep from being suspended.
type heldRow struct {
	Customer     id.Customer
	Subscription id.Subscription
}

// held adds that a contract is kept from being suspended, or no more.
func (t *tx) held(was, is subscription.Subscription) {
	k := heldKey(is.Tenant, is.ID)
	switch {
	case was.Held == nil && is.Held != nil:
		t.put(subscriptions, k, heldRow{is.Customer, is.ID}, "", nil, nil)
	case was.Held != nil && is.Held == nil:
		t.delete(subscriptions, k, "", nil, nil)
	}
}

// waiting is what an index tells of a row.
type waiting struct {
	PK    string `dynamodbav:"pk"`
	SK    string `dynamodbav:"sk"`
	Place string `dynamodbav:"place"`
}

// queue is what waits in partitions of an index. It has no end in time: by a test clock what waits may have begun in what is the future.
type queue struct {
	limit int32
	found []waiting
}

// in asks for one partition.
func (q *queue) in(table, index *string, attribute, partition string) *dynamodb.QueryInput {
	condition, look := "#open = :open", q.limit+1
	return &dynamodb.QueryInput{TableName: table, IndexName: index, KeyConditionExpression: &condition, Limit: &look,
		ExpressionAttributeNames: map[string]string{"#open": attribute}, ExpressionAttributeValues: item{":open": text(partition)}}
}

func (q *queue) take(out *dynamodb.QueryOutput, err error) error {
	if err != nil {
		return outage(err)
	}
	for _, row := range out.Items {
		w, err := decode[waiting](row)
		if err != nil {
			return err
		}
		q.found = append(q.found, w)
	}
	return nil
}

// oldest are those that wait longest; more says that it is not all.
func (q *queue) oldest() (found []waiting, more bool) {
	slices.SortFunc(q.found, func(a, b waiting) int { return strings.Compare(a.Place, b.Place) })
	if len(q.found) > int(q.limit) {
		return q.found[:q.limit], true
	}
	return q.found, false
}

// theWaiting reads the rows themselves; one that does not wait any more is left out.
func theWaiting[T any](ctx context.Context, db *DB, table string, found []waiting, waits func(T) bool) (all []T, err error) {
	for _, w := range found {
		v, err := get[T](ctx, db, table, key{w.PK, w.SK}, fault.ErrNotFound)
		switch {
		case errors.Is(err, fault.ErrNotFound):
		case err != nil:
			return nil, err
		case waits(v):
			all = append(all, v)
		}
	}
	return all, nil
}

// UndeliveredOrders reads orders that are paid and neither delivered nor given back, oldest first; more says that there are others.
func (db *DB) UndeliveredOrders(ctx context.Context, tenant id.Tenant, limit int32) (all []order.Order, more bool, err error) {
	q := queue{limit: limit}
	for shard := range OpenShards {
		if err := q.take(db.client.Query(ctx, q.in(db.table(orders), index("undelivered"), "open", undeliveredOrders(tenant, shard)))); err != nil {
			return nil, false, err
		}
	}
	found, more := q.oldest()
	all, err = theWaiting(ctx, db, orders, found, func(o order.Order) bool { return orderRowOf(o).Among != "" })
	return all, more, err
}

// MarkOverdue remembers that a payment's outcome is still open; payment.ErrMoved when it is not any more. Whoever notes something of the
// payment at the same moment may write it back without the mark: parking, the last of what happens to it, brings it back.
func (db *DB) MarkOverdue(ctx context.Context, p payment.Payment) error {
	p.Overdue = true
	among := paymentRowOf(p).openRow
	update, condition := "SET Overdue = :overdue, #open = :open, #place = :place", "#state = :pending"
	_, err := db.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: db.table(payments), Key: paymentKey(p.Tenant, p.ID).item(),
		UpdateExpression: &update, ConditionExpression: &condition,
		ExpressionAttributeNames: map[string]string{"#open": "open", "#place": "place", "#state": "State"},
		ExpressionAttributeValues: item{":overdue": &types.AttributeValueMemberBOOL{Value: true}, ":open": text(among.Among), ":place": text(among.Place),
			":pending": text(string(payment.Pending))}})
	var settled *types.ConditionalCheckFailedException
	if errors.As(err, &settled) {
		return payment.ErrMoved
	}
	return outage(err)
}

// UnsettledPayments reads payments whose outcome was open when it should not have been, or that wait for an operator, oldest first.
func (db *DB) UnsettledPayments(ctx context.Context, tenant id.Tenant, limit int32) (all []payment.Payment, more bool, err error) {
	q := queue{limit: limit}
	for shard := range OpenShards {
		if err := q.take(db.client.Query(ctx, q.in(db.table(payments), index("unsettled"), "open", unsettledPayments(tenant, shard)))); err != nil {
			return nil, false, err
		}
	}
	found, more := q.oldest()
	all, err = theWaiting(ctx, db, payments, found, func(p payment.Payment) bool { return paymentRowOf(p).Among != "" })
	return all, more, err
}

// OpenReturns reads refunds that are not settled, oldest first.
func (db *DB) OpenReturns(ctx context.Context, tenant id.Tenant, limit int32) (all []payment.Return, more bool, err error) {
	q := queue{limit: limit}
	if err := q.take(db.client.Query(ctx, q.in(db.table(invoices), index("unpaid"), "queue", openReturns(tenant)))); err != nil {
		return nil, false, err
	}
	found, more := q.oldest()
	all, err = theWaiting(ctx, db, invoices, found, func(r payment.Return) bool { return r.State() != payment.ReturnSettled })
	return all, more, err
}

// HeldContracts reads contracts that staff keep from being suspended, in the order in which they were signed.
func (db *DB) HeldContracts(ctx context.Context, tenant id.Tenant, limit int32) (all []subscription.Subscription, more bool, err error) {
	condition := "pk = :pk"
	out, err := db.client.Query(ctx, &dynamodb.QueryInput{TableName: db.table(subscriptions), Limit: &limit, KeyConditionExpression: &condition,
		ExpressionAttributeValues: item{":pk": text(heldPK(tenant))}})
	if err != nil {
		return nil, false, outage(err)
	}
	for _, row := range out.Items {
		h, err := decode[heldRow](row)
		if err != nil {
			return nil, false, err
		}
		s, err := db.Subscription(ctx, tenant, h.Customer, h.Subscription)
		if err != nil {
			return nil, false, err
		}
		all = append(all, s)
	}
	return all, len(out.LastEvaluatedKey) > 0, nil
}

// OverdueTimers reads timers that were due before a time and are not done, also those that are announced and leased until another; at
// most a page of each shard.
func (db *DB) OverdueTimers(ctx context.Context, before, leasedUntil time.Time, limit int32) (all []timer.Pending, more bool, err error) {
	for shard := range TimerShards {
		page, rest, err := db.DueTimers(ctx, shard, leasedUntil, nil, limit)
		if err != nil {
			return nil, false, err
		}
		all, more = append(all, page...), more || rest
	}
	all = slices.DeleteFunc(all, func(p timer.Pending) bool { return !p.Due.Before(before) })
	slices.SortFunc(all, func(a, b timer.Pending) int { return a.Due.Compare(b.Due) })
	return all, more, nil
}

// troubleKept is how long it is remembered what went wrong: as long as a message is kept that is parked.
const troubleKept = 14 * 24 * time.Hour

type troubleRow struct {
	order.Trouble
	TTL int64 `dynamodbav:"ttl"`
}

// NoteTrouble remembers what keeps an order from being delivered: the last of it.
func (db *DB) NoteTrouble(ctx context.Context, tenant id.Tenant, o id.Order, t order.Trouble) error {
	row, err := encode(troubleKey(tenant, o), troubleRow{t, db.clock.Now().Add(troubleKept).Unix()})
	if err != nil {
		return err
	}
	_, err = db.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: db.table(guards), Item: row})
	return outage(err)
}

// Troubles reads what keeps orders from being delivered, as far as it is known.
func (db *DB) Troubles(ctx context.Context, tenant id.Tenant, all []id.Order) (map[id.Order]order.Trouble, error) {
	known := map[id.Order]order.Trouble{}
	if len(all) == 0 {
		return known, nil
	}
	b := db.batch()
	for _, o := range all {
		b.add(guards, troubleKey(tenant, o))
	}
	rows, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		t, err := among[order.Trouble](rows[guards], troubleKey(tenant, o))
		if err != nil {
			return nil, err
		}
		if t != nil {
			known[o] = *t
		}
	}
	return known, nil
}
