package store

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/account"
	domain "turnup/internal/domain/catalogue"
	"turnup/internal/domain/group"
)

// Groups reads one page of a tenant's stored tiers and groups in the order of their ids. next is the last id of the page
// when there may be more.
func (db *DB) Groups(ctx context.Context, tenant id.Tenant, after string, limit int32) (page []group.Group, next string, err error) {
	condition, consistent := "pk = :pk", true
	in := &dynamodb.QueryInput{TableName: db.table(accounts), Limit: &limit, ConsistentRead: &consistent, KeyConditionExpression: &condition,
		ExpressionAttributeValues: item{":pk": text(groupsPK(tenant))}}
	if after != "" {
		in.ExclusiveStartKey = groupKey(tenant, after).item()
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	for _, row := range out.Items {
		g, err := decode[group.Group](row)
		if err != nil {
			return nil, "", err
		}
		page = append(page, g)
	}
	return page, positionOf(out.LastEvaluatedKey), nil
}

// PutGroup writes a tier or group, new or renamed. One that exists keeps its kind; else group.ErrKindFixed.
func (db *DB) PutGroup(ctx context.Context, g group.Group) error {
	t := db.tx()
	t.put(accounts, groupKey(g.Tenant, g.ID), g, isNew+" OR Kind = :kind", item{":kind": text(g.Kind)}, group.ErrKindFixed)
	t.configured(ctx, g.Tenant, event.Group, g.ID, 0, false)
	return t.commit(ctx)
}

// groups adds to a batch the rows of tiers and groups that somebody mentioned.
func (b *batch) groups(tenant id.Tenant, tiers []id.Tier, extra []id.Group) {
	names := make([]string, 0, len(tiers)+len(extra))
	for _, t := range tiers {
		names = append(names, string(t))
	}
	for _, g := range extra {
		names = append(names, string(g))
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) { // a batch read refuses doubles
		b.add(accounts, groupKey(tenant, name))
	}
}

// knownOf picks the tiers and groups out of the rows that a batch read.
func knownOf(rows map[string]item) (group.Known, error) {
	known := group.Known{}
	for _, row := range rows {
		if _, isGroup := row["Kind"]; !isGroup {
			continue // the customer's profile
		}
		g, err := decode[group.Group](row)
		if err != nil {
			return nil, err
		}
		known[g.ID] = g.Kind
	}
	return known, nil
}

// Access reads a customer and which of the mentioned tiers and groups exist, in one call; an unknown customer is
// account.ErrUnknown.
func (db *DB) Access(ctx context.Context, tenant id.Tenant, customer id.Customer, tiers []id.Tier, extra []id.Group) (account.Customer, group.Known, error) {
	b := db.batch()
	b.add(accounts, profileKey(tenant, customer))
	b.groups(tenant, tiers, extra)
	rows, err := b.read(ctx)
	if err != nil {
		return account.Customer{}, nil, err
	}
	row, ok := rows[accounts][profileKey(tenant, customer).sk]
	if !ok {
		return account.Customer{}, nil, account.ErrUnknown
	}
	c, err := decode[account.Customer](row)
	if err != nil {
		return c, nil, err
	}
	known, err := knownOf(rows[accounts])
	return c, known, err
}

// Plan reads a plan as it is offered in a country (nil when it is not) and which of the mentioned tiers and groups exist,
// in one call.
func (db *DB) Plan(ctx context.Context, tenant id.Tenant, country string, plan id.Item, tiers []id.Tier, extra []id.Group) (*domain.Offer, group.Known, error) {
	b := db.batch()
	b.add(catalogue, offerKey(tenant, country, plan))
	b.groups(tenant, tiers, extra)
	rows, err := b.read(ctx)
	if err != nil {
		return nil, nil, err
	}
	known, err := knownOf(rows[accounts])
	if err != nil {
		return nil, nil, err
	}
	offers, err := offersOf(rows[catalogue])
	if o, ok := offers[plan]; ok {
		return &o, known, err
	}
	return nil, known, err
}
