package store

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	domain "turnup/internal/domain/provisioning"
)

// locationRow is a location as the index "area" has it.
type locationRow struct {
	domain.Location
	Area string `dynamodbav:"area"`
	Door string `dynamodbav:"door"`
}

// Location reads one; unknown is provisioning.ErrLocationUnknown.
func (db *DB) Location(ctx context.Context, tenant id.Tenant, l id.Location) (domain.Location, error) {
	return get[domain.Location](ctx, db, services, locationKey(tenant, l), domain.ErrLocationUnknown)
}

// SaveLocation writes a new or changed location on the condition that nobody changed it meanwhile; else fault.ErrStale.
func (db *DB) SaveLocation(ctx context.Context, l domain.Location) error {
	t := db.tx()
	row := locationRow{Location: l, Area: areaPK(l.Tenant, l.Address.Area()), Door: l.Address.Door() + "#" + string(l.ID)}
	t.versioned(services, locationKey(l.Tenant, l.ID), row, l.Version, fault.ErrStale)
	t.configured(ctx, l.Tenant, event.Location, string(l.ID), l.Version, false)
	return t.commit(ctx)
}

// LocationsAt are the locations of an address: one, or the homes of a house. Eventually consistent.
func (db *DB) LocationsAt(ctx context.Context, tenant id.Tenant, a domain.Address) (found []domain.Location, err error) {
	condition := "#a = :area AND begins_with(#d, :door)"
	out, err := db.client.Query(ctx, &dynamodb.QueryInput{TableName: db.table(services), IndexName: index("area"), KeyConditionExpression: &condition,
		ExpressionAttributeNames:  map[string]string{"#a": "area", "#d": "door"},
		ExpressionAttributeValues: item{":area": text(areaPK(tenant, a.Area())), ":door": text(a.Door() + "#")}})
	if err != nil {
		return nil, outage(err)
	}
	for _, row := range out.Items {
		l, err := decode[domain.Location](row)
		if err != nil {
			return nil, err
		}
		found = append(found, l)
	}
	return found, nil
}
