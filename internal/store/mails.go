package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/notice"
)

// mailRow names the record of a mail, for those who know only what the mailer calls it.
type mailRow struct {
	Tenant   id.Tenant
	Customer id.Customer
	Event    id.Event
}

// ClaimMail lets one delivery of an event send its mail, which cannot be part of a transaction. The record is the claim: it
// counts the try and answers once.ErrHandled when the mailer has the mail, and fault.ErrUnavailable while another delivery
// holds the claim; a claim that nothing came of within the lease is open again.
func (db *DB) ClaimMail(ctx context.Context, r notice.Record, lease time.Duration) (notice.Record, error) {
	now := db.clock.Now()
	row, err := encode(mailKey(r.Tenant, r.Customer, r.Event), r)
	if err != nil {
		return r, err
	}
	expression, names := "ADD Attempts :one SET lease = :lease", map[string]string{"#status": "Status"}
	values := item{":one": number(1), ":lease": epoch(now.Add(lease)), ":now": epoch(now), ":sending": text(notice.Sending), ":failing": text(notice.Failing), ":parked": text(notice.Parked)}
	for name, v := range row {
		if name == "pk" || name == "sk" || name == "Attempts" {
			continue
		}
		n := len(names)
		expression += fmt.Sprintf(", #n%d = :v%d", n, n)
		names[fmt.Sprintf("#n%d", n)], values[fmt.Sprintf(":v%d", n)] = name, v
	}
	condition := isNew + " OR (#status IN (:sending, :failing, :parked) AND (attribute_not_exists(lease) OR lease < :now))"
	out, err := db.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: db.table(history), Key: mailKey(r.Tenant, r.Customer, r.Event).item(),
		UpdateExpression: &expression, ConditionExpression: &condition, ExpressionAttributeNames: names, ExpressionAttributeValues: values,
		ReturnValues: types.ReturnValueAllNew, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
	var held *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &held):
		if _, pending := held.Item["lease"]; pending {
			return r, fault.ErrUnavailable
		}
		return r, once.ErrHandled
	case err != nil:
		return r, outage(err)
	}
	return decode[notice.Record](out.Attributes)
}

// TriedMail keeps what a try came to and ends its claim. With what the mailer calls the mail, the record can be found again.
// The two rows need no transaction, at twice the price: the record alone keeps the mail from being sent again.
func (db *DB) TriedMail(ctx context.Context, r notice.Record) error {
	row, err := encode(mailKey(r.Tenant, r.Customer, r.Event), r)
	if err != nil {
		return err
	}
	name := *db.table(history)
	want := map[string][]types.WriteRequest{name: {{PutRequest: &types.PutRequest{Item: row}}}}
	if r.MessageID != "" {
		found, err := encode(mailedKey(r.MessageID), mailRow{r.Tenant, r.Customer, r.Event})
		if err != nil {
			return err
		}
		want[name] = append(want[name], types.WriteRequest{PutRequest: &types.PutRequest{Item: found}})
	}
	for len(want) > 0 {
		out, err := db.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: want})
		if err != nil {
			return outage(err)
		}
		if want = out.UnprocessedItems; len(want) > 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// MailSent finds the record of a mail by what the mailer calls it; unknown is fault.ErrNotFound.
func (db *DB) MailSent(ctx context.Context, messageID string) (notice.Record, error) {
	named, err := get[mailRow](ctx, db, history, mailedKey(messageID), fault.ErrNotFound)
	if err != nil {
		return notice.Record{}, err
	}
	return get[notice.Record](ctx, db, history, mailKey(named.Tenant, named.Customer, named.Event), fault.ErrNotFound)
}

// MailCameBack keeps that a mail came back and announces it, if nobody else did since it was read; else fault.ErrUnavailable.
func (db *DB) MailCameBack(ctx context.Context, was, now notice.Record, announced event.Envelope) error {
	t := db.tx()
	t.put(history, mailKey(now.Tenant, now.Customer, now.Event), now, "MessageID = :id AND Returned = :was",
		item{":id": text(was.MessageID), ":was": text(was.Returned)}, fault.ErrUnavailable)
	t.announce(announced)
	return t.commit(ctx)
}

// Mails reads one page of what was mailed about an account, newest first.
func (db *DB) Mails(ctx context.Context, tenant id.Tenant, customer id.Customer, after string, limit int32) (page []notice.Record, next string, err error) {
	condition, newestFirst := "pk = :pk AND begins_with(sk, :sk)", false
	in := &dynamodb.QueryInput{TableName: db.table(history), Limit: &limit, KeyConditionExpression: &condition, ScanIndexForward: &newestFirst,
		ExpressionAttributeValues: item{":pk": text(customerPK(tenant, customer)), ":sk": text(mailPrefix)}}
	if in.ExclusiveStartKey, err = startKey(customerPK(tenant, customer), after, mailPrefix); err != nil {
		return nil, "", err
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	for _, row := range out.Items {
		r, err := decode[notice.Record](row)
		if err != nil {
			return nil, "", err
		}
		page = append(page, r)
	}
	return page, positionOf(out.LastEvaluatedKey), nil
}
