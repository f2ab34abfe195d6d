package store

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	domain "turnup/internal/domain/history"
	"turnup/internal/domain/provisioning"
)

// Refer writes whose something is. Writing it again changes nothing.
func (db *DB) Refer(ctx context.Context, r domain.Reference) error {
	row, err := encode(referenceKey(r.Tenant, r.Name), r)
	if err != nil {
		return err
	}
	_, err = db.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: db.table(history), Item: row})
	return outage(err)
}

// Reference reads whose an order or invoice is, by its id or printed number; unknown is fault.ErrNotFound.
func (db *DB) Reference(ctx context.Context, tenant id.Tenant, name string) (domain.Reference, error) {
	return get[domain.Reference](ctx, db, history, referenceKey(tenant, name), fault.ErrNotFound)
}

// ServiceWithCPE finds the service that a router belongs to; unknown is provisioning.ErrUnknown.
func (db *DB) ServiceWithCPE(ctx context.Context, tenant id.Tenant, cpe string) (provisioning.Service, error) {
	return db.serviceWith(ctx, tenant, cpeKind, cpe)
}
