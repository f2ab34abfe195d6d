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
	pk, condition, newestFirst := actsPK(tenant, staff), "pk = :pk AND sk BETWEEN :from AND :until", false
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
	in := &dynamodb.QueryInput{TableName: db.table(history), Limit: &limit, KeyConditionExpression: &condition, ScanIndexForward: &newestFirst,
		ExpressionAttributeValues: item{":pk": text(pk), ":from": text(low), ":until": text(high)}}
	if in.ExclusiveStartKey, err = startKey(pk, after, actPrefix); err != nil {
		return nil, "", err
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	for _, row := range out.Items {
		e, err := decode[domain.Entry](row)
		if err != nil {
			return nil, "", err
		}
		page = append(page, e)
	}
	return page, positionOf(out.LastEvaluatedKey), nil
}
