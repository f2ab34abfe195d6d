package store

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/timer"
	"turnup/internal/domain/webhook"
)

// deliveryRow is a delivery, or a replay, until some time after it was begun.
type deliveryRow[T any] struct {
	Of  T     `dynamodbav:"of"`
	TTL int64 `dynamodbav:"ttl"`
	// State of a delivery, beside it, so that lists can be filtered.
	State webhook.State `dynamodbav:"state,omitempty"`
	// Version beside it, for conditions.
	Version int64 `dynamodbav:"version"`
}

func deliveryRowOf(d webhook.Delivery) deliveryRow[webhook.Delivery] {
	return deliveryRow[webhook.Delivery]{Of: d, TTL: d.Since.Add(webhook.Kept).Unix(), State: d.State, Version: d.Version}
}

func replayRowOf(r webhook.Replay) deliveryRow[webhook.Replay] {
	return deliveryRow[webhook.Replay]{Of: r, TTL: r.At.Add(webhook.Kept).Unix(), Version: r.Version}
}

// WebhookDelivery reads one; unknown is webhook.ErrDeliveryUnknown.
func (db *DB) WebhookDelivery(ctx context.Context, tenant id.Tenant, e id.Endpoint, d id.Delivery) (webhook.Delivery, error) {
	row, err := get[deliveryRow[webhook.Delivery]](ctx, db, webhooks, deliveryKey(tenant, e, d), webhook.ErrDeliveryUnknown)
	return row.Of, err
}

// errDeliveryThere is what it means that a delivery is there.
var errDeliveryThere = errors.New("store: the delivery is recorded")

// RecordDelivery writes a delivery once, and answers how it stands: as it is, or as it was recorded before.
func (db *DB) RecordDelivery(ctx context.Context, d webhook.Delivery) (webhook.Delivery, error) {
	t := db.tx()
	t.create(webhooks, deliveryKey(d.Tenant, d.Endpoint, d.ID), deliveryRowOf(d), errDeliveryThere)
	err := t.commit(ctx)
	if errors.Is(err, errDeliveryThere) {
		return db.WebhookDelivery(ctx, d.Tenant, d.Endpoint, d.ID)
	}
	return d, err
}

// SaveDelivery writes the next version of a delivery with its timer; webhook.ErrMoved when somebody else did.
func (db *DB) SaveDelivery(ctx context.Context, was, is webhook.Delivery) error {
	t := db.tx()
	t.putDelivery(was, is, is.Next)
	return t.commit(ctx)
}

// SendDelivery writes the next version of a delivery, or a new one, and announces it as due at once; webhook.ErrMoved when somebody else
// wrote it.
func (db *DB) SendDelivery(ctx context.Context, use *once.Use, was, is webhook.Delivery) error {
	t := db.tx()
	t.once(use)
	t.putDelivery(was, is, is.Next.Add(webhook.Grace))
	t.dueNow(ctx, is.Tenant, is.Endpoint, string(is.ID), is.Next)
	return t.commit(ctx)
}

// putDelivery writes a delivery, and its timer if it has or had one.
func (t *tx) putDelivery(was, is webhook.Delivery, due time.Time) {
	k := deliveryKey(is.Tenant, is.Endpoint, is.ID)
	if was.Version == 0 {
		t.create(webhooks, k, deliveryRowOf(is), webhook.ErrMoved)
	} else {
		t.put(webhooks, k, deliveryRowOf(is), "version = :was", item{":was": number(was.Version)}, webhook.ErrMoved)
	}
	t.webhookTimer(is.Tenant, is.Endpoint, string(is.ID), !was.Next.IsZero(), !is.Next.IsZero(), due)
}

// webhookTimer sets or clears the timer of a delivery or a replay. The endpoint is whose it is.
func (t *tx) webhookTimer(tenant id.Tenant, e id.Endpoint, subject string, had, has bool, due time.Time) {
	switch {
	case has:
		t.setTimer(timer.Timer{Tenant: tenant, Customer: id.Customer(e), Kind: timer.Webhook, Subject: subject, Due: due})
	case had:
		t.clearTimer(tenant, id.Customer(e), timer.Webhook, subject)
	}
}

// dueNow announces what no tick shall be waited for; its timer is for when that comes to nothing.
func (t *tx) dueNow(ctx context.Context, tenant id.Tenant, e id.Endpoint, subject string, now time.Time) {
	t.announce(event.New(ctx, tenant, now, event.TimerDue{Kind: string(timer.Webhook), CustomerID: id.Customer(e), Subject: subject, Due: now}))
}

// ForgetDelivery clears the timer of a delivery or a replay that is not there any more, or whose endpoint is not.
func (db *DB) ForgetDelivery(ctx context.Context, tenant id.Tenant, e id.Endpoint, subject string) error {
	t := db.tx()
	t.clearTimer(tenant, id.Customer(e), timer.Webhook, subject)
	return t.commit(ctx)
}

// deliveriesRead bounds what one page of a filtered list looks at.
const deliveriesRead = 200

// WebhookDeliveries reads a page of what was sent to an endpoint, the newest first; of one state unless that is empty. A page of a state
// may be short.
func (db *DB) WebhookDeliveries(ctx context.Context, tenant id.Tenant, e id.Endpoint, state webhook.State, after string, limit int32) (page []webhook.Delivery, next string, err error) {
	condition, backwards, most := "pk = :pk AND begins_with(sk, :prefix)", false, limit
	in := &dynamodb.QueryInput{TableName: db.table(webhooks), KeyConditionExpression: &condition, ScanIndexForward: &backwards, Limit: &most,
		ExpressionAttributeValues: item{":pk": text(deliveriesPK(tenant, e)), ":prefix": text(deliveryPrefix)}}
	if in.ExclusiveStartKey, err = startKey(deliveriesPK(tenant, e), after, deliveryPrefix); err != nil {
		return nil, "", err
	}
	if state != "" {
		filter := "#state = :state"
		most, in.FilterExpression, in.ExpressionAttributeNames = deliveriesRead, &filter, map[string]string{"#state": "state"}
		in.ExpressionAttributeValues[":state"] = text(state)
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	next = positionOf(out.LastEvaluatedKey)
	if len(out.Items) > int(limit) {
		out.Items = out.Items[:limit]
		next = positionOf(out.Items[limit-1])
	}
	page, err = deliveriesOf(out.Items)
	return page, next, err
}

func deliveriesOf(rows []item) (page []webhook.Delivery, err error) {
	found, err := decodeAll[deliveryRow[webhook.Delivery]](rows)
	for _, r := range found {
		page = append(page, r.Of)
	}
	return page, err
}

// Replay reads one; unknown is webhook.ErrDeliveryUnknown.
func (db *DB) Replay(ctx context.Context, tenant id.Tenant, e id.Endpoint, r id.Replay) (webhook.Replay, error) {
	row, err := get[deliveryRow[webhook.Replay]](ctx, db, webhooks, replayKey(tenant, e, r), webhook.ErrDeliveryUnknown)
	return row.Of, err
}

// BeginReplay writes a new replay, and announces it as due at once.
func (db *DB) BeginReplay(ctx context.Context, use *once.Use, r webhook.Replay) error {
	t := db.tx()
	t.once(use)
	t.create(webhooks, replayKey(r.Tenant, r.Endpoint, r.ID), replayRowOf(r), nil)
	t.webhookTimer(r.Tenant, r.Endpoint, string(r.ID), false, true, r.Next.Add(webhook.Grace))
	t.dueNow(ctx, r.Tenant, r.Endpoint, string(r.ID), r.Next)
	return t.commit(ctx)
}

// SaveReplay writes the next version of a replay with its timer; webhook.ErrMoved when somebody else did.
func (db *DB) SaveReplay(ctx context.Context, r webhook.Replay) error {
	t := db.tx()
	t.put(webhooks, replayKey(r.Tenant, r.Endpoint, r.ID), replayRowOf(r), "version = :was", item{":was": number(r.Version - 1)}, webhook.ErrMoved)
	t.webhookTimer(r.Tenant, r.Endpoint, string(r.ID), true, !r.Next.IsZero(), r.Next)
	return t.commit(ctx)
}

// ReplayPage reads the deliveries of a replay's range that come next, the oldest first.
func (db *DB) ReplayPage(ctx context.Context, r webhook.Replay, limit int32) (page []webhook.Delivery, more bool, err error) {
	pk, consistent := deliveriesPK(r.Tenant, r.Endpoint), true
	condition := "pk = :pk AND sk BETWEEN :from AND :until"
	in := &dynamodb.QueryInput{TableName: db.table(webhooks), KeyConditionExpression: &condition, ConsistentRead: &consistent, Limit: &limit, ExpressionAttributeValues: item{":pk": text(pk),
		":from": text(deliveryPrefix + id.Floor[string](id.DeliveryPrefix, r.From)), ":until": text(deliveryPrefix + id.Floor[string](id.DeliveryPrefix, r.Until))}}
	if r.After != "" {
		in.ExclusiveStartKey = deliveryKey(r.Tenant, r.Endpoint, r.After).item()
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, false, outage(err)
	}
	page, err = deliveriesOf(out.Items)
	return page, len(out.LastEvaluatedKey) > 0, err
}
