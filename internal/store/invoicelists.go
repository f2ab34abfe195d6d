package store

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/civil"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/billing"
	"turnup/internal/domain/invoice"
)

// invoicesLooked is how many rows a page of a list looks at, when only some of them are wanted.
const invoicesLooked = 200

// Invoices reads a page of a customer's documents, newest first; with a state only those. Then a page may have fewer than limit, and even
// none, before the end.
func (db *DB) Invoices(ctx context.Context, tenant id.Tenant, customer id.Customer, state invoice.State, after string, limit int32) (page []invoice.Invoice, next string, err error) {
	condition, forward, look := "pk = :pk AND begins_with(sk, :sk)", false, limit
	if state != "" {
		look = invoicesLooked
	}
	in := &dynamodb.QueryInput{TableName: db.table(invoices), Limit: &look, KeyConditionExpression: &condition, ScanIndexForward: &forward,
		ExpressionAttributeValues: item{":pk": text(customerPK(tenant, customer)), ":sk": text(invoicePrefix)}}
	if in.ExclusiveStartKey, err = startKey(customerPK(tenant, customer), after, invoicePrefix); err != nil {
		return nil, "", err
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	for _, row := range out.Items {
		i, err := decode[invoice.Invoice](row)
		if err != nil {
			return nil, "", err
		}
		if state != "" && i.State != state {
			continue
		}
		if len(page) == int(limit) { // one more than fits: the page ends before it
			return page, invoicePrefix + string(page[limit-1].ID), nil
		}
		page = append(page, i)
	}
	return page, positionOf(out.LastEvaluatedKey), nil
}

// UnpaidInvoices reads a page of a tenant's open invoices from an index, eventually consistent: first what is due first.
func (db *DB) UnpaidInvoices(ctx context.Context, tenant id.Tenant, after string, limit int32) (page []invoice.Invoice, next string, err error) {
	condition, queue := "#q = :q", unpaidInvoices(tenant)
	in := &dynamodb.QueryInput{TableName: db.table(invoices), IndexName: index("unpaid"), Limit: &limit, KeyConditionExpression: &condition,
		ExpressionAttributeNames: map[string]string{"#q": "queue"}, ExpressionAttributeValues: item{":q": text(queue)}}
	if after != "" {
		place, customer, ok := strings.Cut(after, "@")
		inv := place[strings.LastIndex(place, "#")+1:]
		if !ok || !strings.HasPrefix(customer, id.CustomerPrefix) || !strings.HasPrefix(inv, id.InvoicePrefix) {
			return nil, "", fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")
		}
		in.ExclusiveStartKey = invoiceKey(tenant, id.Customer(customer), id.Invoice(inv)).item()
		in.ExclusiveStartKey["queue"], in.ExclusiveStartKey["place"] = text(queue), text(place)
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	for _, row := range out.Items {
		r, err := decode[invoiceRow](row)
		if err != nil {
			return nil, "", err
		}
		page = append(page, r.Invoice)
		if len(out.LastEvaluatedKey) > 0 {
			next = r.Place + "@" + string(r.Customer)
		}
	}
	return page, next, nil
}

// Document reads one of a customer's documents and who sold, as it was then; unknown or another customer's is invoice.ErrUnknown.
func (db *DB) Document(ctx context.Context, tenant id.Tenant, customer id.Customer, i id.Invoice) (found invoice.Invoice, seller billing.Seller, err error) {
	b := db.batch()
	b.add(invoices, invoiceKey(tenant, customer, i))
	b.add(invoices, settingsKey(tenant))
	rows, err := b.read(ctx)
	if err != nil {
		return found, seller, err
	}
	row, err := among[invoice.Invoice](rows[invoices], invoiceKey(tenant, customer, i))
	switch {
	case err != nil:
		return found, seller, err
	case row == nil:
		return found, seller, invoice.ErrUnknown
	}
	now, err := settingsAmong(rows, tenant)
	switch {
	case err != nil || now.Version == row.Settings:
		return *row, now.Seller, err
	case row.Settings == 0:
		return *row, billing.Usual(tenant).Seller, nil
	}
	then, err := get[billing.Settings](ctx, db, invoices, pastSettingsKey(tenant, row.Settings), errNoSettings)
	return *row, then.Seller, err
}

// Upcoming makes the next bill of a contract as its renewal would at its time, with the change that waits for it, and writes nothing. On is
// the day on which it is made. One that will not renew as things stand answers why.
func (db *DB) Upcoming(ctx context.Context, tenant id.Tenant, customer id.Customer, s id.Subscription) (draft invoice.Invoice, seller billing.Seller, on civil.Date, err error) {
	r, err := db.renewing(ctx, tenant, customer, s)
	if err == nil {
		err = r.Renews()
	}
	if err != nil {
		return draft, seller, "", err
	}
	draft, err = r.draw(ctx, r.Renewal(r.Tax), "")
	return draft, r.settings.Seller, r.Period.Until, err
}
