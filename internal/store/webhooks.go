package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/webhook"
)

// The keys of the table webhooks.

const endpointPrefix, deliveryPrefix, replayPrefix = "END#", "DEL#", "RPL#"

// webhooksPK has the endpoints of a tenant, which are few.
func webhooksPK(t id.Tenant) string { return tenantKey(t, "WEBHOOKS") }

// ReceiverCopies is how many copies there are of a tenant's endpoints, each in a partition of its own: each event reads one of them.
const ReceiverCopies = 4

// receiversPK has a copy of the endpoints of a tenant, which every write of one keeps.
func receiversPK(t id.Tenant, n int) string { return tenantKey(t, fmt.Sprintf("RECEIVERS#%d", n)) }

func receiverKey(t id.Tenant, n int, e id.Endpoint) key {
	return key{receiversPK(t, n), endpointPrefix + string(e)}
}

func endpointKey(t id.Tenant, e id.Endpoint) key {
	return key{webhooksPK(t), endpointPrefix + string(e)}
}

// deliveriesPK has what was sent to an endpoint, in the order in which it became true.
func deliveriesPK(t id.Tenant, e id.Endpoint) string { return tenantKey(t, "WHE#"+string(e)) }

func deliveryKey(t id.Tenant, e id.Endpoint, d id.Delivery) key {
	return key{deliveriesPK(t, e), deliveryPrefix + string(d)}
}

func replayKey(t id.Tenant, e id.Endpoint, r id.Replay) key {
	return key{deliveriesPK(t, e), replayPrefix + string(r)}
}

// WebhookEndpoint reads one; unknown, or of another client account, is webhook.ErrUnknown.
func (db *DB) WebhookEndpoint(ctx context.Context, tenant id.Tenant, e id.Endpoint) (webhook.Endpoint, error) {
	return get[webhook.Endpoint](ctx, db, webhooks, endpointKey(tenant, e), webhook.ErrUnknown)
}

// WebhookEndpoints reads all of a tenant, the oldest first. There are few enough for one page.
func (db *DB) WebhookEndpoints(ctx context.Context, tenant id.Tenant) ([]webhook.Endpoint, error) {
	return db.endpoints(ctx, webhooksPK(tenant), true)
}

// WebhookReceivers reads the same for who sends: from any of the copies, eventually consistent, because each event of a client account asks.
func (db *DB) WebhookReceivers(ctx context.Context, tenant id.Tenant) ([]webhook.Endpoint, error) {
	return db.endpoints(ctx, receiversPK(tenant, rand.IntN(ReceiverCopies)), false)
}

func (db *DB) endpoints(ctx context.Context, partition string, consistent bool) ([]webhook.Endpoint, error) {
	condition := "pk = :pk AND begins_with(sk, :prefix)"
	out, err := db.client.Query(ctx, &dynamodb.QueryInput{TableName: db.table(webhooks), KeyConditionExpression: &condition, ConsistentRead: &consistent,
		ExpressionAttributeValues: item{":pk": text(partition), ":prefix": text(endpointPrefix)}})
	if err != nil {
		return nil, outage(err)
	}
	return decodeAll[webhook.Endpoint](out.Items)
}

func decodeAll[T any](rows []item) ([]T, error) {
	all := make([]T, 0, len(rows))
	for _, row := range rows {
		v, err := decode[T](row)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// SaveEndpoint writes an endpoint after its revision before, or a new one; fault.ErrStale when somebody was faster. use may be nil.
func (db *DB) SaveEndpoint(ctx context.Context, use *once.Use, e webhook.Endpoint) error {
	t := db.tx()
	if use != nil {
		t.once(use)
	}
	if e.Revision == 1 {
		t.create(webhooks, endpointKey(e.Tenant, e.ID), e, fault.ErrStale)
		t.copyEndpoint(e)
	} else {
		t.putEndpoint(e, fault.ErrStale)
	}
	t.configured(ctx, e.Tenant, event.WebhookEndpoint, string(e.ID), e.Version, false)
	return t.commit(ctx)
}

func (t *tx) putEndpoint(e webhook.Endpoint, moved error) {
	t.put(webhooks, endpointKey(e.Tenant, e.ID), e, "Revision = :was", item{":was": number(e.Revision - 1)}, moved)
	t.copyEndpoint(e)
}

// copyEndpoint belongs to a write of the endpoint itself, whose condition holds for the copies.
func (t *tx) copyEndpoint(e webhook.Endpoint) {
	for n := range ReceiverCopies {
		t.put(webhooks, receiverKey(e.Tenant, n, e.ID), e, "", nil, nil)
	}
}

// DeleteEndpoint removes an endpoint as it was read; fault.ErrStale when somebody changed it. What was sent to it ends by its time.
func (db *DB) DeleteEndpoint(ctx context.Context, e webhook.Endpoint) error {
	t := db.tx()
	t.delete(webhooks, endpointKey(e.Tenant, e.ID), "Revision = :was", item{":was": number(e.Revision)}, fault.ErrStale)
	for n := range ReceiverCopies {
		t.delete(webhooks, receiverKey(e.Tenant, n, e.ID), "", nil, nil)
	}
	t.configured(ctx, e.Tenant, event.WebhookEndpoint, string(e.ID), 0, true)
	return t.commit(ctx)
}

// errEndpointMoved is what it means that an endpoint's revision is not the one that was read.
var errEndpointMoved = errors.New("store: somebody else changed the endpoint")

// endpointTries is how often it is decided anew what a try says of its endpoint.
const endpointTries = 8

// DeliveryTried writes what came of a try, and what that says of the endpoint, of which e is how it was read before; webhook.ErrMoved
// when somebody else wrote the delivery meanwhile.
func (db *DB) DeliveryTried(ctx context.Context, e webhook.Endpoint, was, is webhook.Delivery, at time.Time) (err error) {
	for range endpointTries {
		next, events := e.After(is, at)
		t := db.tx()
		t.putDelivery(was, is, is.Next)
		if next.Revision != e.Revision {
			t.putEndpoint(next, errEndpointMoved)
		}
		for _, data := range events {
			t.announce(event.New(ctx, e.Tenant, at, data))
		}
		if err = t.commit(ctx); !errors.Is(err, errEndpointMoved) {
			return err
		}
		e, err = db.WebhookEndpoint(ctx, e.Tenant, e.ID)
		if errors.Is(err, webhook.ErrUnknown) { // deleted: there is nothing to say of it
			e, err = webhook.Endpoint{}, nil
		}
		if err != nil {
			return err
		}
	}
	return webhook.ErrMoved.Because(err)
}
