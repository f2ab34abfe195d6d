package store

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/account"
	domain "turnup/internal/domain/catalogue"
)

// Offers reads one page of a tenant's offers in key order: country, then item id. Empty country or itemPrefix means
// any. next is the position to continue after, empty at the end. Eventually consistent.
func (db *DB) Offers(ctx context.Context, tenant id.Tenant, country, itemPrefix, after string, limit int32) (page []domain.Offer, next string, err error) {
	condition := "pk = :pk"
	values := item{":pk": text(cataloguePK(tenant))}
	in := &dynamodb.QueryInput{TableName: db.table(catalogue), Limit: &limit, ExpressionAttributeValues: values}
	begin := "" // of the keys that are read
	switch {
	case country != "":
		begin = offerSK(country, itemPrefix)
		condition += " AND begins_with(sk, :sk)"
		values[":sk"] = text(begin)
	case itemPrefix != "":
		filter := "begins_with(ItemID, :item)"
		in.FilterExpression, values[":item"] = &filter, text(itemPrefix)
	}
	in.KeyConditionExpression = &condition
	if in.ExclusiveStartKey, err = startKey(cataloguePK(tenant), after, begin); err != nil {
		return nil, "", err
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	for _, row := range out.Items {
		o, err := decode[domain.Offer](row)
		if err != nil {
			return nil, "", err
		}
		page = append(page, o)
	}
	return page, positionOf(out.LastEvaluatedKey), nil
}

// Plans reads one page of the plans offered in a country, in the order of their ids; more tells that there may be others
// after it. Eventually consistent.
func (db *DB) Plans(ctx context.Context, tenant id.Tenant, country string, after id.Item, limit int32) (page []domain.Offer, more bool, err error) {
	position := ""
	if after != "" {
		position = offerSK(country, string(after))
	}
	page, next, err := db.Offers(ctx, tenant, country, domain.PlanPrefix, position, limit)
	return page, next != "", err
}

// PlanFor reads a customer and a plan as it is offered in a country (nil when it is not), in one call.
func (db *DB) PlanFor(ctx context.Context, tenant id.Tenant, customer id.Customer, country string, plan id.Item) (account.Customer, *domain.Offer, error) {
	b := db.batch()
	b.add(accounts, profileKey(tenant, customer))
	b.add(catalogue, offerKey(tenant, country, plan))
	rows, err := b.read(ctx)
	if err != nil {
		return account.Customer{}, nil, err
	}
	row, ok := rows[accounts][profileKey(tenant, customer).sk]
	if !ok {
		return account.Customer{}, nil, fault.ErrNotFound
	}
	c, err := decode[account.Customer](row)
	if err != nil {
		return c, nil, err
	}
	offers, err := offersOf(rows[catalogue])
	if o, ok := offers[plan]; ok {
		return c, &o, err
	}
	return c, nil, err
}

// SavePlan writes a new or changed offer on the condition that nobody changed it meanwhile; else fault.ErrStale.
func (db *DB) SavePlan(ctx context.Context, o domain.Offer) error {
	t := db.tx()
	condition, values := isNew, item(nil)
	if o.Version > 1 {
		condition, values = "Version = :was", item{":was": number(o.Version - 1)}
	}
	t.put(catalogue, offerKey(o.Tenant, o.Country, o.ItemID), o, condition, values, fault.ErrStale)
	t.configured(ctx, o.Tenant, event.Plan, string(o.ItemID)+" "+o.Country, o.Version, false)
	return t.commit(ctx)
}

// PutOffer writes an offer, new or changed, whatever was there. It is for loading a catalogue.
func (db *DB) PutOffer(ctx context.Context, o domain.Offer) error {
	row, err := encode(offerKey(o.Tenant, o.Country, o.ItemID), o)
	if err != nil {
		return err
	}
	_, err = db.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: db.table(catalogue), Item: row})
	return outage(err)
}

// offersOf decodes the offers among rows read by a batch.
func offersOf(rows map[string]item) (map[id.Item]domain.Offer, error) {
	found := map[id.Item]domain.Offer{}
	for sk, row := range rows {
		o, err := decode[domain.Offer](row)
		if err != nil {
			return nil, err
		}
		_, itemID, _ := strings.Cut(sk, "#")
		found[id.Item(itemID)] = o
	}
	return found, nil
}
