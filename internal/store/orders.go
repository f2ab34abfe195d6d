package store

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/order"
	"turnup/internal/domain/subscription"
)

// Order reads an order of a customer; unknown or another customer's is order.ErrUnknown.
func (db *DB) Order(ctx context.Context, tenant id.Tenant, customer id.Customer, o id.Order) (order.Order, error) {
	found, err := get[order.Order](ctx, db, orders, orderKey(tenant, o), order.ErrUnknown)
	if err == nil && found.Customer != customer {
		return order.Order{}, order.ErrUnknown
	}
	return found, err
}

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

// Deliver activates what an order holds and moves it to delivered, in one transaction that also remembers the event
// as handled. Delivering again changes nothing.
func (db *DB) Deliver(ctx context.Context, consumer string, cause event.Envelope, paid event.OrderPaid) error {
	tenant, at := cause.Tenant, db.clock.Now().Truncate(time.Millisecond)
	b := db.batch()
	b.add(orders, orderKey(tenant, paid.OrderID))
	for _, s := range paid.Subscriptions {
		b.add(subscriptions, subscriptionKey(tenant, paid.CustomerID, s))
	}
	rows, err := b.read(ctx)
	if err != nil {
		return err
	}
	row, ok := rows[orders][orderKey(tenant, paid.OrderID).sk]
	if !ok {
		return order.ErrUnknown.With("orderId", string(paid.OrderID))
	}
	o, err := decode[order.Order](row)
	if err != nil {
		return err
	}
	delivered, moved := o.Deliver(at)
	if !moved {
		return nil
	}
	t := db.tx()
	t.handled(consumer, cause.ID)
	putState(t, orders, orderKey(tenant, o.ID), delivered, order.Paid, fault.ErrUnavailable)
	for _, s := range o.Subscriptions {
		row, ok := rows[subscriptions][subscriptionKey(tenant, o.Customer, s).sk]
		if !ok {
			return subscription.ErrUnknown.With("subscriptionId", string(s))
		}
		pending, err := decode[subscription.Subscription](row)
		if err != nil {
			return err
		}
		if active, moved := pending.Activate(at); moved {
			putState(t, subscriptions, subscriptionKey(tenant, o.Customer, s), active, subscription.Pending, fault.ErrUnavailable)
		}
	}
	t.announce(event.New(ctx, tenant, at, event.OrderDelivered{OrderID: o.ID, CustomerID: o.Customer, Subscriptions: o.Subscriptions}))
	return t.commit(ctx)
}
