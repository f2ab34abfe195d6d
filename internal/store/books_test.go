package store

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/id"
	"turnup/internal/domain/ledger"
)

// bookings are all entries of a tenant. Only tests scan.
func bookings(t *testing.T, db *DB, tenant id.Tenant) (all []ledger.Entry) {
	t.Helper()
	filter, consistent := "Tenant = :t AND attribute_exists(Postings)", true
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: db.table(ledgers), ConsistentRead: &consistent,
		FilterExpression: &filter, ExpressionAttributeValues: item{":t": text(tenant)}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		ok(t, err)
		for _, row := range page.Items {
			e, err := decode[ledger.Entry](row)
			ok(t, err)
			all = append(all, e)
		}
	}
	return all
}

// balanced checks I1, that debits equal credits in every entry of a tenant, and sums the accounts that moved.
func balanced(t *testing.T, db *DB, tenant id.Tenant) map[ledger.Account]int64 {
	t.Helper()
	on := map[ledger.Account]int64{}
	for _, e := range bookings(t, db, tenant) {
		ok(t, e.Validate())
		for _, p := range e.Postings {
			on[p.Account] += p.Minor
		}
	}
	for a, minor := range on {
		if minor == 0 {
			delete(on, a)
		}
	}
	return on
}
