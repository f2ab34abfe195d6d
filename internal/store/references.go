package store

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/account"
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

// calledAs is a customer's name as the index "name" orders them: those who are called the same by their ids.
func calledAs(c account.Customer) string {
	if c.Name == "" || c.Gone() {
		return ""
	}
	return plainName(c.Name) + "#" + string(c.ID)
}

// plainName is a name without capitals and with single blanks.
func plainName(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

// CustomersCalled reads customers whose names begin like this, in the order of the names, at most limit of each shard. The index is
// eventually consistent and of keys alone: the customers are read by themselves, so that who was erased meanwhile is left out.
func (db *DB) CustomersCalled(ctx context.Context, tenant id.Tenant, begin string, limit int32) (found []account.Customer, err error) {
	condition := "#list = :list AND begins_with(#called, :begin)"
	for shard := range CustomerShards {
		out, err := db.client.Query(ctx, &dynamodb.QueryInput{TableName: db.table(accounts), IndexName: index("name"), KeyConditionExpression: &condition, Limit: &limit,
			ExpressionAttributeNames:  map[string]string{"#list": "list", "#called": "called"},
			ExpressionAttributeValues: item{":list": text(customersPK(tenant, shard)), ":begin": text(plainName(begin))}})
		if err != nil {
			return nil, outage(err)
		}
		for _, row := range out.Items {
			k, err := decode[rowKey](row)
			if err != nil {
				return nil, err
			}
			c, err := get[account.Customer](ctx, db, accounts, key{k.PK, k.SK}, account.ErrUnknown)
			if err != nil {
				return nil, err
			}
			if strings.HasPrefix(calledAs(c), plainName(begin)) {
				found = append(found, c)
			}
		}
	}
	return found, nil
}

// ServiceWithCPE finds the service that a router belongs to; unknown is provisioning.ErrUnknown.
func (db *DB) ServiceWithCPE(ctx context.Context, tenant id.Tenant, cpe string) (provisioning.Service, error) {
	return db.serviceWith(ctx, tenant, cpeKind, cpe)
}
