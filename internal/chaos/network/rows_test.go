package network

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/domain/order"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/wallet"
)

// rows are those of a line; what is nil is not there.
type rows struct {
	account      *subscriber.Account
	live         subscriber.Live
	location     domain.Location
	onu, cpe     bool // whether they are claimed
	claim        bool // of the plan
	order        order.Order
	subscription subscription.Subscription
	wallet       wallet.Balance
}

type item = map[string]types.AttributeValue

func text(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }

// look reads the rows of a line in one call, past the store, by the keys that its README has.
func (l *Line) look(ctx context.Context, s domain.Service) (r rows, err error) {
	account := &subscriber.Account{}
	customer := "CUS#" + string(l.Customer)
	reads := []struct {
		table, pk, sk string
		into          any
		found         func()
	}{
		{"services", "USER#" + s.Username, "ACCOUNT", account, func() { r.account = account }},
		{"services", "USER#" + s.Username, "LIVE", &r.live, nil},
		{"services", "LOC#" + string(l.Location), "LOC#" + string(l.Location), &r.location, nil},
		{"services", "ONU#" + l.Home.ONU, "ONU", nil, func() { r.onu = true }},
		{"services", "CPE#" + l.Home.CPE, "CPE", nil, func() { r.cpe = true }},
		{"subscriptions", customer, "CLAIM#" + string(l.Order.Lines[0].ItemID), nil, func() { r.claim = true }},
		{"subscriptions", customer, "SUB#" + string(s.Subscription), &r.subscription, nil},
		{"orders", customer, "ORD#" + string(s.Order), &r.order, nil},
		{"ledger", customer, "WALLET#" + price.Currency, &r.wallet, nil},
	}
	ask, consistent := map[string]types.KeysAndAttributes{}, true
	for _, read := range reads {
		keys := ask[site.Prefix+read.table]
		keys.ConsistentRead, keys.Keys = &consistent, append(keys.Keys, item{"pk": text(l.pk(read.pk)), "sk": text(read.sk)})
		ask[site.Prefix+read.table] = keys
	}
	out, err := site.DynamoDB.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: ask})
	if err != nil {
		return r, err
	}
	for _, read := range reads {
		for _, row := range out.Responses[site.Prefix+read.table] {
			var key struct{ PK, SK string }
			if err := attributevalue.UnmarshalMap(row, &key); err != nil || key.PK != l.pk(read.pk) || key.SK != read.sk {
				continue
			}
			if read.into != nil {
				if err := attributevalue.UnmarshalMap(row, read.into); err != nil {
					return r, err
				}
			}
			if read.found != nil {
				read.found()
			}
		}
	}
	return r, nil
}

func (l *Line) pk(rest string) string { return fmt.Sprintf("T#%s#%s", l.tenant, rest) }

// tickets counts those of the customer.
func (l *Line) tickets(ctx context.Context) (int, error) {
	name, condition := site.Prefix+"tickets", "pk = :pk AND begins_with(sk, :sk)"
	found, err := site.DynamoDB.Query(ctx, &dynamodb.QueryInput{TableName: &name, KeyConditionExpression: &condition,
		ExpressionAttributeValues: item{":pk": text(l.pk("CUS#" + string(l.Customer))), ":sk": text("TIC#")}})
	if err != nil {
		return 0, err
	}
	return len(found.Items), nil
}
