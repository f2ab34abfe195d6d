package store

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
)

// Own implements account.Vault, in one call.
func (db *DB) Own(ctx context.Context, key once.Request, owner id.Customer, session id.Session) (account.Owned, error) {
	b := db.batch()
	b.add(accounts, profileKey(key.Tenant, owner))
	b.add(accounts, credentialsKey(key.Tenant, owner))
	if session != "" {
		b.add(accounts, sessionKey(key.Tenant, owner, session))
	}
	if key.Key != "" {
		b.add(guards, onceKey(key))
	}
	rows, err := b.read(ctx)
	if err != nil {
		return account.Owned{}, err
	}
	if used, was := rows[guards][onceKey(key).sk]; was {
		return account.Owned{}, replay(used, key)
	}
	var o account.Owned
	if o.Customer, o.Credentials, err = accountOf(rows[accounts]); err != nil {
		return o, err
	}
	if row, there := rows[accounts][sessionPrefix+string(session)]; there {
		o.Session, err = decode[account.Session](row)
	}
	return o, err
}

// Sessions lists an account's sessions, the newest first, a page at a time; also those that are over and not removed yet.
func (db *DB) Sessions(ctx context.Context, tenant id.Tenant, owner id.Customer, after string, limit int32) (page []account.Session, next string, err error) {
	condition, forward, consistent := "pk = :pk AND begins_with(sk, :sk)", false, true
	in := &dynamodb.QueryInput{TableName: db.table(accounts), Limit: &limit, KeyConditionExpression: &condition, ScanIndexForward: &forward, ConsistentRead: &consistent,
		ExpressionAttributeValues: item{":pk": text(customerPK(tenant, owner)), ":sk": text(sessionPrefix)}}
	if in.ExclusiveStartKey, err = startKey(customerPK(tenant, owner), after, sessionPrefix); err != nil {
		return nil, "", err
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	for _, row := range out.Items {
		s, err := decode[account.Session](row)
		if err != nil {
			return nil, "", err
		}
		page = append(page, s)
	}
	return page, positionOf(out.LastEvaluatedKey), nil
}

// EndSession implements account.Vault.
func (db *DB) EndSession(ctx context.Context, end account.Ending) error {
	t := db.tx()
	if end.Use != nil {
		t.once(end.Use)
	}
	t.delete(accounts, sessionKey(end.Tenant, end.Account, end.Session), "attribute_exists(pk)", nil, account.ErrSessionUnknown)
	t.announce(end.Events...)
	return t.commit(ctx)
}
