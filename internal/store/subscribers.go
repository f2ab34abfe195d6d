package store

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/provisioning"
	domain "turnup/internal/domain/subscriber"
)

// liveRow is a Live as the index "nas" has it: only while somebody is online.
type liveRow struct {
	domain.Live
	NAS string `dynamodbav:"nas,omitempty"`
}

// Subscriber reads a RADIUS account; unknown is subscriber.ErrUnknown.
func (db *DB) Subscriber(ctx context.Context, tenant id.Tenant, username string) (domain.Account, error) {
	return get[domain.Account](ctx, db, services, subscriberKey(tenant, username), domain.ErrUnknown)
}

// SubscriberLive reads an account with what is known of its use, in one call; unknown is subscriber.ErrUnknown.
func (db *DB) SubscriberLive(ctx context.Context, tenant id.Tenant, username string) (domain.Account, domain.Live, error) {
	b := db.batch()
	b.add(services, subscriberKey(tenant, username))
	b.add(services, liveKey(tenant, username))
	rows, err := b.read(ctx)
	if err != nil {
		return domain.Account{}, domain.Live{}, err
	}
	row, known := rows[services][accountSK]
	if !known {
		return domain.Account{}, domain.Live{}, domain.ErrUnknown
	}
	a, err := decode[domain.Account](row)
	if err != nil {
		return a, domain.Live{}, err
	}
	live, err := decode[domain.Live](rows[services][liveSK])
	return a, live, err
}

// ServiceLive reads a service with what is known of its account's use, in one call.
func (db *DB) ServiceLive(ctx context.Context, tenant id.Tenant, s id.Service) (provisioning.Service, domain.Live, error) {
	b := db.batch()
	b.add(services, serviceKey(tenant, s))
	b.add(services, liveKey(tenant, provisioning.UsernameOf(tenant, s)))
	rows, err := b.read(ctx)
	if err != nil {
		return provisioning.Service{}, domain.Live{}, err
	}
	row, known := rows[services][serviceKey(tenant, s).sk]
	if !known {
		return provisioning.Service{}, domain.Live{}, provisioning.ErrUnknown
	}
	found, err := decode[provisioning.Service](row)
	if err != nil {
		return found, domain.Live{}, err
	}
	live, err := decode[domain.Live](rows[services][liveSK])
	return found, live, err
}

// Live reads what is known of an account's use; nothing is no fault.
func (db *DB) Live(ctx context.Context, tenant id.Tenant, username string) (domain.Live, error) {
	live, err := get[domain.Live](ctx, db, services, liveKey(tenant, username), domain.ErrUnknown)
	if errors.Is(err, domain.ErrUnknown) {
		return live, nil
	}
	return live, err
}

// errLiveMoved is what it means that somebody else reported meanwhile.
var errLiveMoved = errors.New("store: somebody else changed the account's use")

// ChangeLive changes what is known of an account's use as decide says of it; it asks again when somebody was faster. A period that is
// over is kept beside it. Nothing changed is nothing written.
func (db *DB) ChangeLive(ctx context.Context, tenant id.Tenant, username string, decide func(domain.Account, domain.Live) (domain.Live, []event.Envelope, error)) error {
	return untilStill(ctx, func() error {
		a, was, err := db.SubscriberLive(ctx, tenant, username)
		if err != nil {
			return err
		}
		is, events, err := decide(a, was)
		if err != nil || is.Version == was.Version {
			return err
		}
		t := db.tx()
		row := liveRow{Live: is}
		if nas := is.NAS(); nas != "" {
			row.NAS = nasPK(tenant, nas)
		}
		t.versioned(services, liveKey(tenant, username), row, is.Version, errLiveMoved)
		if was.From != "" && was.From != is.From {
			t.put(services, periodKey(tenant, username, was.From), domain.Period{From: was.From, Until: was.Until, Used: was.Used, Days: was.Days}, "", nil, nil)
		}
		t.announce(events...)
		return t.commit(ctx)
	})
}

// OpenSessions implements provisioning.Sessions.
func (db *DB) OpenSessions(ctx context.Context, tenant id.Tenant, username string) (int, error) {
	live, err := db.Live(ctx, tenant, username)
	return live.Online(), err
}

// OnlineAt is a page of the accounts that are online at a NAS. Eventually consistent.
func (db *DB) OnlineAt(ctx context.Context, tenant id.Tenant, nas, after string) (usernames []string, next string, err error) {
	condition := "#n = :nas"
	in := &dynamodb.QueryInput{TableName: db.table(services), IndexName: index("nas"), KeyConditionExpression: &condition,
		ExpressionAttributeNames: map[string]string{"#n": "nas"}, ExpressionAttributeValues: item{":nas": text(nasPK(tenant, nas))}}
	if after != "" {
		in.ExclusiveStartKey = liveKey(tenant, after).item()
		in.ExclusiveStartKey["nas"] = text(nasPK(tenant, nas))
		in.ExclusiveStartKey["Username"] = text(after)
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	for _, row := range out.Items {
		l, err := decode[domain.Live](row)
		if err != nil {
			return nil, "", err
		}
		usernames = append(usernames, l.Username)
	}
	return usernames, positionIn("Username", out.LastEvaluatedKey), nil
}

// Periods are an account's last periods that are over, newest first, at most so many.
func (db *DB) Periods(ctx context.Context, tenant id.Tenant, username string, most int32) (page []domain.Period, err error) {
	condition, forward := "pk = :pk AND begins_with(sk, :sk)", false
	out, err := db.client.Query(ctx, &dynamodb.QueryInput{TableName: db.table(services), Limit: &most, KeyConditionExpression: &condition, ScanIndexForward: &forward,
		ExpressionAttributeValues: item{":pk": text(subscriberPK(tenant, username)), ":sk": text(periodPrefix)}})
	if err != nil {
		return nil, outage(err)
	}
	for _, row := range out.Items {
		p, err := decode[domain.Period](row)
		if err != nil {
			return nil, err
		}
		page = append(page, p)
	}
	return page, nil
}
