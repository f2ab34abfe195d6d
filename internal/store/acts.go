package store

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/id"
	domain "turnup/internal/domain/history"
)

// RecordAct writes what somebody of the staff did: among all that staff did, and among what they did themselves. Writing it again
// changes nothing.
func (db *DB) RecordAct(ctx context.Context, e domain.Entry) error {
	for _, k := range []key{actKey(e.Tenant, "", e.ID), actKey(e.Tenant, e.Staff(), e.ID)} {
		row, err := encode(k, e)
		if err != nil {
			return err
		}
		if _, err := db.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: db.table(history), Item: row}); err != nil {
			return outage(err)
		}
	}
	return nil
}

// Acts reads a page of what staff did, newest first: somebody's, or without a name everybody's, from a time on and before another; a
// zero time is no bound.
func (db *DB) Acts(ctx context.Context, tenant id.Tenant, staff string, from, until time.Time, after string, limit int32) (page []domain.Entry, next string, err error) {
	pk := actsPK(tenant, staff)
	low, high := actPrefix, actPrefix+"~"
	if !from.IsZero() {
		low += string(id.Floor[id.Event](id.EventPrefix, from))
	}
	if !until.IsZero() {
		high = actPrefix + string(id.Floor[id.Event](id.EventPrefix, until))
	}
	if low >= high {
		return nil, "", nil
	}
	return db.entries(ctx, "pk = :pk AND sk BETWEEN :from AND :until", item{":pk": text(pk), ":from": text(low), ":until": text(high)}, pk, actPrefix, after, limit)
}
