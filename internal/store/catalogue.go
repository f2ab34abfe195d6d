package store

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/id"
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

// PutOffer writes an offer, new or changed.
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
