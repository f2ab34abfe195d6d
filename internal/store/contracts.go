package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/timer"
)

// Subscription reads one of a customer's; unknown or another customer's is subscription.ErrUnknown.
func (db *DB) Subscription(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (subscription.Subscription, error) {
	return get[subscription.Subscription](ctx, db, subscriptions, subscriptionKey(tenant, customer, s), subscription.ErrUnknown)
}

// contractRow is a contract as the index "list" has it, where staff find it. That never changes, so a change of the contract costs nothing
// there.
type contractRow struct {
	subscription.Subscription
	List string `dynamodbav:"list"`
}

func contractRowOf(s subscription.Subscription) contractRow {
	return contractRow{s, contractShard(s.Tenant, s.ID)}
}

// SubscriptionOf reads anybody's contract, for staff; unknown is subscription.ErrUnknown. The index is eventually consistent: one of the
// last second may be missing.
func (db *DB) SubscriptionOf(ctx context.Context, tenant id.Tenant, s id.Subscription) (subscription.Subscription, error) {
	in := &dynamodb.QueryInput{TableName: db.table(subscriptions), IndexName: index("list")}
	amongContracts(in, contractShard(tenant, s), string(s), string(s), 1)
	out, err := db.client.Query(ctx, in)
	switch {
	case err != nil:
		return subscription.Subscription{}, outage(err)
	case len(out.Items) == 0:
		return subscription.Subscription{}, subscription.ErrUnknown
	}
	k, err := decode[rowKey](out.Items[0])
	if err != nil {
		return subscription.Subscription{}, err
	}
	return get[subscription.Subscription](ctx, db, subscriptions, key{k.PK, k.SK}, subscription.ErrUnknown)
}

// rowKey is the key of a row, as an index of nothing but keys has it.
type rowKey struct {
	PK string `dynamodbav:"pk"`
	SK string `dynamodbav:"sk"`
}

// amongContracts narrows a query of the list to the contracts of a shard with ids from low to high, newest first.
func amongContracts(in *dynamodb.QueryInput, shard, low, high string, limit int32) {
	condition, newestFirst := "#list = :list AND #id BETWEEN :low AND :high", false
	in.KeyConditionExpression, in.ScanIndexForward, in.Limit = &condition, &newestFirst, &limit
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = map[string]string{"#list": "list", "#id": "ID"}, item{":list": text(shard), ":low": text(low), ":high": text(high)}
}

// AllSubscriptions reads a page of everybody's contracts, newest first, for staff. A page may hold fewer than limit, or none, and yet have
// a next one.
func (db *DB) AllSubscriptions(ctx context.Context, tenant id.Tenant, after string, limit int32) (page []subscription.Subscription, next string, err error) {
	if after != "" && !strings.HasPrefix(after, id.SubscriptionPrefix) {
		return nil, "", fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")
	}
	low, high, horizon := id.SubscriptionPrefix, id.SubscriptionPrefix+"~", "" // down to there each shard was read
	if after != "" {
		high = after
	}
	var keys []key
	for shard := range ContractShards {
		in := &dynamodb.QueryInput{TableName: db.table(subscriptions), IndexName: index("list")}
		amongContracts(in, contractsPK(tenant, shard), low, high, shardPortion(int(limit)))
		out, err := db.client.Query(ctx, in)
		if err != nil {
			return nil, "", outage(err)
		}
		for _, row := range out.Items {
			k, err := decode[rowKey](row)
			if err != nil {
				return nil, "", err
			}
			keys = append(keys, key{k.PK, k.SK})
		}
		horizon = max(horizon, positionIn("ID", out.LastEvaluatedKey))
	}
	ofKey := func(k key) string { return strings.TrimPrefix(k.sk, subscriptionPrefix) }
	keys = slices.DeleteFunc(keys, func(k key) bool { return ofKey(k) < horizon || ofKey(k) == after })
	slices.SortFunc(keys, func(a, b key) int { return cmp.Compare(b.sk, a.sk) })
	if len(keys) > int(limit) {
		keys = keys[:limit]
		horizon = ofKey(keys[limit-1])
	}
	page, err = db.contractsAt(ctx, keys)
	return page, horizon, err
}

// contractsAt reads contracts by their keys, in their order; one that is gone is left out.
func (db *DB) contractsAt(ctx context.Context, keys []key) (page []subscription.Subscription, err error) {
	b := db.batch()
	for _, k := range keys {
		b.add(subscriptions, k)
	}
	rows, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		found, err := among[subscription.Subscription](rows[subscriptions], k)
		if err != nil {
			return nil, err
		}
		if found != nil {
			page = append(page, *found)
		}
	}
	return page, nil
}

// Subscriptions reads one page of a customer's subscriptions, oldest first.
func (db *DB) Subscriptions(ctx context.Context, tenant id.Tenant, customer id.Customer, after string, limit int32) (page []subscription.Subscription, next string, err error) {
	condition := "pk = :pk AND begins_with(sk, :sk)"
	in := &dynamodb.QueryInput{TableName: db.table(subscriptions), Limit: &limit, KeyConditionExpression: &condition,
		ExpressionAttributeValues: item{":pk": text(customerPK(tenant, customer)), ":sk": text(subscriptionPrefix)}}
	if in.ExclusiveStartKey, err = startKey(customerPK(tenant, customer), after, subscriptionPrefix); err != nil {
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
	t.put(subscriptions, subscriptionKey(is.Tenant, is.Customer, is.ID), contractRowOf(is), "Version = :was", item{":was": number(was.Version)}, subscription.ErrMoved)
	t.held(was, is)
	switch {
	case is.Due.IsZero() && !was.Due.IsZero():
		t.clearTimer(is.Tenant, is.Customer, timer.Subscription, string(is.ID))
	case !is.Due.IsZero() && !is.Due.Equal(was.Due):
		t.setTimer(timer.Timer{Tenant: is.Tenant, Customer: is.Customer, Kind: timer.Subscription, Subject: string(is.ID), Due: is.Due, TestClock: is.TestClock})
	}
}
