package store

import (
	"context"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
)

// sessionRow is a session, which DynamoDB removes some time after it is over.
type sessionRow struct {
	account.Session
	TTL int64 `dynamodbav:"ttl"`
}

// session writes a session that begins.
func (t *tx) session(s account.Session) {
	t.create(accounts, sessionKey(s.Tenant, s.Account, s.ID), sessionRow{s, s.ExpiresAt.Unix()}, nil)
}

// Session implements account.SessionKeeper.
func (db *DB) Session(ctx context.Context, tenant id.Tenant, owner id.Customer, session id.Session) (account.Customer, account.Credentials, account.Session, error) {
	b := db.batch()
	b.add(accounts, profileKey(tenant, owner))
	b.add(accounts, credentialsKey(tenant, owner))
	k := sessionKey(tenant, owner, session)
	b.add(accounts, k)
	rows, err := b.read(ctx)
	if err != nil {
		return account.Customer{}, account.Credentials{}, account.Session{}, err
	}
	c, credentials, err := accountOf(rows[accounts])
	if err != nil {
		return c, credentials, account.Session{}, err
	}
	s, err := decode[account.Session](rows[accounts][k.sk])
	return c, credentials, s, err
}

// Turn implements account.SessionKeeper.
func (db *DB) Turn(ctx context.Context, use *once.Use, s account.Session) error {
	t := db.tx()
	t.once(use)
	t.put(accounts, sessionKey(s.Tenant, s.Account, s.ID), sessionRow{s, s.ExpiresAt.Unix()}, "Turn = :was", item{":was": number(s.Turn - 1)}, fault.ErrStale)
	return t.commit(ctx)
}
