package store

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	domain "turnup/internal/domain/history"
)

// stageRow is a stage that a customer reached. Version counts changes, from 1.
type stageRow struct {
	domain.Reached
	Version int64
}

var (
	errRecorded   = errors.New("store: the event was recorded before")
	errStageMoved = errors.New("store: a stage was reached once more meanwhile")
)

// recordTries: as often a stage may be reached by somebody else between reading and writing it.
const recordTries = 5

// Record writes what happened to a customer, once however often it is told, and with it the stages of their journey that it
// stands for. Events may be told in any order.
func (db *DB) Record(ctx context.Context, e domain.Entry) error {
	stages := domain.StagesOf(e.Type)
	if len(stages) == 0 {
		return db.recordAlone(ctx, e)
	}
	for try := 1; ; try++ {
		was, err := db.stages(ctx, e.Tenant, e.Customer, stages)
		if err != nil {
			return err
		}
		t := db.tx()
		t.create(history, historyKey(e.Tenant, e.Customer, e.ID), e, errRecorded)
		for _, s := range stages {
			t.reach(e, s, was[s])
		}
		switch err := t.commit(ctx); {
		case errors.Is(err, errRecorded):
			return nil
		case !errors.Is(err, errStageMoved):
			return err
		case try == recordTries:
			return fault.ErrUnavailable.Because(err)
		}
	}
}

// reach writes that an event stands for a stage, if nobody wrote that stage since it was read; else errStageMoved.
func (t *tx) reach(e domain.Entry, s domain.Stage, was stageRow) {
	condition, values := isNew, item(nil)
	if was.Version > 0 {
		condition, values = "Version = :was", item{":was": number(was.Version)}
	}
	is := was.Again(e.At)
	is.Stage = s
	t.put(history, stageKey(e.Tenant, e.Customer, s), stageRow{is, was.Version + 1}, condition, values, errStageMoved)
}

// recordAlone needs no transaction, at half the price.
func (db *DB) recordAlone(ctx context.Context, e domain.Entry) error {
	row, err := encode(historyKey(e.Tenant, e.Customer, e.ID), e)
	if err != nil {
		return err
	}
	condition := isNew
	_, err = db.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: db.table(history), Item: row, ConditionExpression: &condition})
	var recorded *types.ConditionalCheckFailedException
	if errors.As(err, &recorded) {
		return nil
	}
	return outage(err)
}

func (db *DB) stages(ctx context.Context, tenant id.Tenant, customer id.Customer, stages []domain.Stage) (map[domain.Stage]stageRow, error) {
	b := db.batch()
	for _, s := range stages {
		b.add(history, stageKey(tenant, customer, s))
	}
	rows, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	found := map[domain.Stage]stageRow{}
	for _, row := range rows[history] {
		r, err := decode[stageRow](row)
		if err != nil {
			return nil, err
		}
		found[r.Stage] = r
	}
	return found, nil
}

// Stages reads which stages of their journey a customer has reached.
func (db *DB) Stages(ctx context.Context, tenant id.Tenant, customer id.Customer) (reached []domain.Reached, err error) {
	err = each(ctx, db, history, key{customerPK(tenant, customer), stagePrefix}, func(r stageRow) error {
		reached = append(reached, r.Reached)
		return nil
	})
	return reached, err
}

// History reads one page of what happened to a customer, newest first.
func (db *DB) History(ctx context.Context, tenant id.Tenant, customer id.Customer, after string, limit int32) (page []domain.Entry, next string, err error) {
	pk := customerPK(tenant, customer)
	return db.entries(ctx, "pk = :pk AND begins_with(sk, :sk)", item{":pk": text(pk), ":sk": text(historyPrefix)}, pk, historyPrefix, after, limit)
}

// entries reads a page of entries of a partition that a condition takes, newest first, after a position.
func (db *DB) entries(ctx context.Context, condition string, values item, pk, prefix, after string, limit int32) (page []domain.Entry, next string, err error) {
	newestFirst := false
	in := &dynamodb.QueryInput{TableName: db.table(history), Limit: &limit, KeyConditionExpression: &condition, ScanIndexForward: &newestFirst, ExpressionAttributeValues: values}
	if in.ExclusiveStartKey, err = startKey(pk, after, prefix); err != nil {
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
