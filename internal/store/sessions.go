package store

import (
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
