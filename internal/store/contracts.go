package store

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/id"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/timer"
)

// Subscription reads one of a customer's; unknown or another customer's is subscription.ErrUnknown.
func (db *DB) Subscription(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (subscription.Subscription, error) {
	return get[subscription.Subscription](ctx, db, subscriptions, subscriptionKey(tenant, customer, s), subscription.ErrUnknown)
}

// Subscriptions reads one page of a customer's subscriptions, oldest first.
func (db *DB) Subscriptions(ctx context.Context, tenant id.Tenant, customer id.Customer, after string, limit int32) (page []subscription.Subscription, next string, err error) {
	condition := "pk = :pk AND begins_with(sk, :sk)"
	in := &dynamodb.QueryInput{TableName: db.table(subscriptions), Limit: &limit, KeyConditionExpression: &condition,
		ExpressionAttributeValues: item{":pk": text(customerPK(tenant, customer)), ":sk": text("SUB#")}}
	if in.ExclusiveStartKey, err = startKey(customerPK(tenant, customer), after, "SUB#"); err != nil {
		return nil, "", err
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	for _, row := range out.Items {
		s, err := decode[subscription.Subscription](row)
		if err != nil {
			return nil, "", err
		}
		page = append(page, s)
	}
	return page, positionOf(out.LastEvaluatedKey), nil
}

// Claimed tells whether a customer has, or is buying, one of the plans.
func (db *DB) Claimed(ctx context.Context, tenant id.Tenant, customer id.Customer, plans []id.Item) (bool, error) {
	b := db.batch()
	for _, plan := range plans {
		b.add(subscriptions, claimKey(tenant, customer, plan))
	}
	rows, err := b.read(ctx)
	return len(rows[subscriptions]) > 0, err
}

// contract adds a contract that was changed, on the condition that it was in the version it was changed from, and moves its timer. Who
// changed it has scheduled it.
func (t *tx) contract(was, is subscription.Subscription) {
	t.put(subscriptions, subscriptionKey(is.Tenant, is.Customer, is.ID), is, "Version = :was", item{":was": number(was.Version)}, subscription.ErrMoved)
	switch {
	case is.Due.IsZero() && !was.Due.IsZero():
		t.clearTimer(is.Tenant, is.Customer, timer.Subscription, string(is.ID))
	case !is.Due.IsZero() && !is.Due.Equal(was.Due):
		t.setTimer(timer.Timer{Tenant: is.Tenant, Customer: is.Customer, Kind: timer.Subscription, Subject: string(is.ID), Due: is.Due, TestClock: is.TestClock})
	}
}
