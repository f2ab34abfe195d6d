package store

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	domain "turnup/internal/domain/maintenance"
)

// maintenanceKey is a window in which the network is worked on.
func maintenanceKey(t id.Tenant, m id.Maintenance) key {
	return key{tenantKey(t, "MNT#"+string(m)), "MAINTENANCE"}
}

// windowsPK is the index's partition of a tenant's windows, by when they begin.
func windowsPK(t id.Tenant) string { return tenantKey(t, "MAINTENANCE") }

// maintenanceRow is a window as the index "windows" has it.
type maintenanceRow struct {
	domain.Window
	Windows string `dynamodbav:"windows"`
	Place   string `dynamodbav:"place"`
}

// windowPlace puts windows in the order in which they begin.
func windowPlace(start time.Time, m id.Maintenance) string { return sortable(start) + "#" + string(m) }

// Maintenance reads a window; unknown is maintenance.ErrUnknown.
func (db *DB) Maintenance(ctx context.Context, tenant id.Tenant, m id.Maintenance) (domain.Window, error) {
	return get[domain.Window](ctx, db, services, maintenanceKey(tenant, m), domain.ErrUnknown)
}

// SaveMaintenance writes a window after its version before, or a new one; fault.ErrStale when somebody was faster.
func (db *DB) SaveMaintenance(ctx context.Context, w domain.Window, events ...event.Envelope) error {
	t := db.tx()
	row := maintenanceRow{Window: w, Windows: windowsPK(w.Tenant), Place: windowPlace(w.Start, w.ID)}
	t.versioned(services, maintenanceKey(w.Tenant, w.ID), row, w.Version, fault.ErrStale)
	t.announce(events...)
	return t.commit(ctx)
}

// WithdrawMaintenance removes a window as it was read; fault.ErrStale when somebody changed it.
func (db *DB) WithdrawMaintenance(ctx context.Context, w domain.Window, events ...event.Envelope) error {
	t := db.tx()
	t.delete(services, maintenanceKey(w.Tenant, w.ID), "Version = :was", item{":was": number(w.Version)}, fault.ErrStale)
	t.announce(events...)
	return t.commit(ctx)
}

// Windows reads a page of the windows that end after a time and begin before another, in the order in which they begin; a zero until is
// no bound. Eventually consistent. A page may have fewer than limit before the end; limit 0 is as many as fit into one.
func (db *DB) Windows(ctx context.Context, tenant id.Tenant, from, until time.Time, after string, limit int32) (page []domain.Window, next string, err error) {
	condition := "#pk = :pk AND #sk BETWEEN :from AND :until"
	high := "~"
	if !until.IsZero() {
		high = sortable(until)
	}
	in := &dynamodb.QueryInput{TableName: db.table(services), IndexName: index("windows"), KeyConditionExpression: &condition,
		ExpressionAttributeNames:  map[string]string{"#pk": "windows", "#sk": "place"},
		ExpressionAttributeValues: item{":pk": text(windowsPK(tenant)), ":from": text(sortable(from.Add(-domain.Longest))), ":until": text(high)}}
	if limit > 0 {
		in.Limit = &limit
	}
	if after != "" {
		_, m, ok := strings.Cut(after, "#")
		if !ok {
			return nil, "", fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")
		}
		in.ExclusiveStartKey = maintenanceKey(tenant, id.Maintenance(m)).item()
		in.ExclusiveStartKey["windows"], in.ExclusiveStartKey["place"] = text(windowsPK(tenant)), text(after)
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	all, err := decodeAll[domain.Window](out.Items)
	for _, w := range all {
		if w.End.After(from) {
			page = append(page, w)
		}
	}
	return page, positionIn("place", out.LastEvaluatedKey), err
}
