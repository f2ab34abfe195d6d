package store

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/id"
)

// TakeTurn implements renewals.Turns: the row has the next turn that is free, in microseconds.
func (db *DB) TakeTurn(ctx context.Context, tenant id.Tenant, now time.Time, step time.Duration) (at time.Time, taken bool, err error) {
	free, taken, err := db.turn(ctx, tenant, "SET #f = #f + :step", "#f > :now", item{":now": number(now.UnixMicro()), ":step": number(step.Microseconds())})
	return time.UnixMicro(free).Add(-step), taken, err
}

// FirstTurn implements renewals.Turns.
func (db *DB) FirstTurn(ctx context.Context, tenant id.Tenant, now time.Time, step time.Duration) (taken bool, err error) {
	_, taken, err = db.turn(ctx, tenant, "SET #f = :next", "attribute_not_exists(#f) OR #f <= :now", item{":now": number(now.UnixMicro()), ":next": number(now.Add(step).UnixMicro())})
	return taken, err
}

func (db *DB) turn(ctx context.Context, tenant id.Tenant, update, condition string, values item) (free int64, taken bool, err error) {
	out, err := db.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: db.table(guards), Key: turnsKey(tenant).item(), UpdateExpression: &update,
		ConditionExpression: &condition, ExpressionAttributeNames: map[string]string{"#f": "free"}, ExpressionAttributeValues: values, ReturnValues: types.ReturnValueUpdatedNew})
	var otherwise *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &otherwise):
		return 0, false, nil
	case err != nil:
		return 0, false, outage(err)
	}
	n, ok := out.Attributes["free"].(*types.AttributeValueMemberN)
	if !ok {
		return 0, false, errors.New("store: the turn answered nothing")
	}
	free, err = strconv.ParseInt(n.Value, 10, 64)
	return free, err == nil, err
}
