package store

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	domain "turnup/internal/domain/provisioning"
)

// diagnosesKept is how long a diagnosis can be read.
const diagnosesKept = 90 * 24 * time.Hour

type diagnosisRow struct {
	domain.Diagnosis
	TTL int64 `dynamodbav:"ttl"`
}

// ServiceDiagnosis implements provisioning.Records.
func (db *DB) ServiceDiagnosis(ctx context.Context, tenant id.Tenant, s id.Service, d id.Diagnosis) (domain.Service, domain.Diagnosis, error) {
	b := db.batch()
	b.add(services, serviceKey(tenant, s))
	b.add(services, diagnosisKey(tenant, s, d))
	rows, err := b.read(ctx)
	if err != nil {
		return domain.Service{}, domain.Diagnosis{}, err
	}
	svc, err := among[domain.Service](rows[services], serviceKey(tenant, s))
	if err != nil || svc == nil {
		return domain.Service{}, domain.Diagnosis{}, or(err, domain.ErrUnknown)
	}
	found, err := among[domain.Diagnosis](rows[services], diagnosisKey(tenant, s, d))
	if err != nil || found == nil {
		return *svc, domain.Diagnosis{}, or(err, domain.ErrDiagnosisUnknown)
	}
	return *svc, *found, nil
}

// SaveDiagnosis implements provisioning.Records.
func (db *DB) SaveDiagnosis(ctx context.Context, d domain.Diagnosis, events ...event.Envelope) error {
	return db.AskDiagnosis(ctx, nil, d, events...)
}

// AskDiagnosis is SaveDiagnosis of one that a request asked for.
func (db *DB) AskDiagnosis(ctx context.Context, use *once.Use, d domain.Diagnosis, events ...event.Envelope) error {
	t := db.tx()
	if use != nil {
		t.once(use)
	}
	t.versioned(services, diagnosisKey(d.Tenant, d.Service, d.ID), diagnosisRow{d, d.AskedAt.Add(diagnosesKept).Unix()}, d.Version, domain.ErrMoved)
	t.announce(events...)
	return t.commit(ctx)
}

// Diagnoses are the last of a service, newest first, at most so many.
func (db *DB) Diagnoses(ctx context.Context, tenant id.Tenant, s id.Service, most int32) (page []domain.Diagnosis, err error) {
	condition, forward := "pk = :pk AND begins_with(sk, :sk)", false
	out, err := db.client.Query(ctx, &dynamodb.QueryInput{TableName: db.table(services), Limit: &most, KeyConditionExpression: &condition, ScanIndexForward: &forward,
		ExpressionAttributeValues: item{":pk": text(serviceKey(tenant, s).pk), ":sk": text(diagnosisPrefix)}})
	if err != nil {
		return nil, outage(err)
	}
	for _, row := range out.Items {
		d, err := decode[domain.Diagnosis](row)
		if err != nil {
			return nil, err
		}
		page = append(page, d)
	}
	return page, nil
}

// or is an error, or what is meant when there is none.
func or(err, missing error) error {
	if err != nil {
		return err
	}
	return missing
}
