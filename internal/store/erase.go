package store

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/account"
	"turnup/internal/domain/cart"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/wallet"
)

// Ties implements account.EraseKeeper. It stops at the first tie it finds.
func (db *DB) Ties(ctx context.Context, tenant id.Tenant, customer id.Customer) (account.Ties, error) {
	var t account.Ties
	pk := customerPK(tenant, customer)
	err := each(ctx, db, subscriptions, key{pk, "SUB#"}, func(s subscription.Subscription) error {
		t.Subscriptions = t.Subscriptions || s.State != subscription.Ended
		return nil
	})
	if err != nil || t.Subscriptions {
		return t, err
	}
	err = each(ctx, db, orders, key{pk, "ORD#"}, func(o order.Order) error {
		t.Orders = t.Orders || o.State == order.Unpaid || o.State == order.Paid && !o.GivenBack()
		return nil
	})
	if err != nil || t.Orders {
		return t, err
	}
	err = each(ctx, db, carts, key{pk, cartPrefix}, func(c cart.Cart) error {
		if t.Orders || c.State != cart.InCheckout {
			return nil
		}
		p, err := db.Payment(ctx, tenant, c.PaymentID) // a cart that was bought stays held by the payment that bought it
		t.Orders = p.State == payment.Pending
		return err
	})
	if err != nil || t.Orders {
		return t, err
	}
	err = each(ctx, db, ledgers, key{pk, walletPrefix}, func(b wallet.Balance) error {
		t.Money = t.Money || b.Available != 0 || b.Held != 0
		return nil
	})
	if err != nil || t.Money {
		return t, err
	}
	err = each(ctx, db, invoices, key{pk, invoicePrefix}, func(i invoice.Invoice) error {
		t.Debts = t.Debts || i.State == invoice.Open
		return nil
	})
	return t, err
}

// EraseSessions removes a customer's sessions, which say where they were and with what. It does so again without harm, like
// the others below.
func (db *DB) EraseSessions(ctx context.Context, tenant id.Tenant, customer id.Customer) error {
	return db.remove(ctx, accounts, key{customerPK(tenant, customer), sessionPrefix})
}

// EraseCarts removes a customer's carts.
func (db *DB) EraseCarts(ctx context.Context, tenant id.Tenant, customer id.Customer) error {
	return db.remove(ctx, carts, key{customerPK(tenant, customer), cartPrefix})
}

// EraseMethods implements payment.Forgets: it removes a customer's payment methods, and the row that says who they are to
// the PSP says from now on that they are nobody.
func (db *DB) EraseMethods(ctx context.Context, tenant id.Tenant, customer id.Customer) error {
	row, err := encode(pspCustomerKey(tenant, customer), pspCustomerRow{Erased: true})
	if err != nil {
		return err
	}
	if _, err := db.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: db.table(payments), Item: row}); err != nil {
		return outage(err)
	}
	return db.remove(ctx, payments, key{customerPK(tenant, customer), methodPrefix})
}

// EraseLines removes what is kept of how a customer's lines were used and what was measured at them, and where they were.
func (db *DB) EraseLines(ctx context.Context, tenant id.Tenant, customer id.Customer) error {
	for after := ""; ; {
		page, next, err := db.ServicesOf(ctx, tenant, customer, after, 0)
		if err != nil {
			return err
		}
		for _, s := range page {
			user := subscriberPK(tenant, s.Username)
			for _, begin := range []key{{user, liveSK}, {user, periodPrefix}, {serviceKey(tenant, s.ID).pk, diagnosisPrefix}} {
				if err := db.remove(ctx, services, begin); err != nil {
					return err
				}
			}
			err := db.ChangeService(ctx, nil, tenant, s.ID, func(was provisioning.Service, _ time.Time) (provisioning.Service, []event.Envelope, error) {
				return was.Erase(), nil, nil
			})
			if err != nil {
				return err
			}
		}
		if after = next; after == "" {
			return nil
		}
	}
}

// remove deletes the rows of a partition whose sort key begins with that of the key.
func (db *DB) remove(ctx context.Context, table string, begin key) error {
	name, last := *db.table(table), item(nil)
	for {
		found, next, err := db.rows(ctx, table, begin, last, deletesAtOnce)
		if err != nil {
			return err
		}
		want := map[string][]types.WriteRequest{}
		for _, row := range found {
			want[name] = append(want[name], types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: item{"pk": row["pk"], "sk": row["sk"]}}})
		}
		for len(want) > 0 {
			out, err := db.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: want})
			if err != nil {
				return outage(err)
			}
			if want = out.UnprocessedItems; len(want) > 0 && ctx.Err() != nil {
				return ctx.Err()
			}
		}
		if last = next; len(last) == 0 {
			return nil
		}
	}
}

// deletesAtOnce is the most that DynamoDB takes in one batch of writes.
const deletesAtOnce = 25

// each reads the rows of a partition whose sort key begins with that of the key, consistently, until the end or an error.
func each[T any](ctx context.Context, db *DB, table string, begin key, do func(T) error) error {
	last := item(nil)
	for {
		found, next, err := db.rows(ctx, table, begin, last, 0)
		if err != nil {
			return err
		}
		for _, row := range found {
			v, err := decode[T](row)
			if err == nil {
				err = do(v)
			}
			if err != nil {
				return err
			}
		}
		if last = next; len(last) == 0 {
			return nil
		}
	}
}

// rows reads a page of such rows; limit 0 is as many as fit into one.
func (db *DB) rows(ctx context.Context, table string, begin key, after item, limit int32) (found []item, last item, err error) {
	condition, consistent := "pk = :pk AND begins_with(sk, :begin)", true
	in := &dynamodb.QueryInput{TableName: db.table(table), KeyConditionExpression: &condition, ConsistentRead: &consistent, ExclusiveStartKey: after,
		ExpressionAttributeValues: item{":pk": text(begin.pk), ":begin": text(begin.sk)}}
	if limit > 0 {
		in.Limit = &limit
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, nil, outage(err)
	}
	return out.Items, out.LastEvaluatedKey, nil
}
