package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
)

// The tests run against a real DynamoDB interface, in tables of their own: the deployed relay would empty the outbox of
// the others. Each test has a tenant of its own.
var (
	client *dynamodb.Client
	prefix string
)

func TestMain(m *testing.M) {
	endpoint, deployed := os.Getenv("TURNUP_ENDPOINT"), os.Getenv("TURNUP_OUT_TablePrefix")
	if endpoint == "" || deployed == "" {
		fmt.Println("The store is tested against the local cloud: set TURNUP_ENDPOINT and TURNUP_OUT_TablePrefix, as `make test` does.")
		os.Exit(1)
	}
	client = clientOf(endpoint, 3)
	prefix = fmt.Sprintf("%stest-%08x-", deployed, rand.Uint32())
	code, err := 1, createTables()
	if err != nil {
		fmt.Println("The tables of the test cannot be created:", err)
	} else {
		code = m.Run()
	}
	for _, name := range Tables {
		full := prefix + name
		_, _ = client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &full})
	}
	os.Exit(code)
}

func clientOf(endpoint string, tries int) *dynamodb.Client {
	return dynamodb.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &endpoint, RetryMaxAttempts: tries, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		})})
}

// indexes are those of the template. Without a list of attributes they project everything, with an empty one the keys.
var indexes = map[string][]struct {
	name, pk, sk string
	only         []string
}{
	timers:   {{"due", "bucket", "at", nil}},
	accounts: {{"list", "list", "ID", nil}, {"name", "list", "called", []string{}}, {"surname", "list", "surname", []string{}}},
	orders:   {{"undelivered", "open", "place", []string{}}},
	payments: {{"unsettled", "open", "place", []string{}}},
	tickets:  {{"customer", "owner", "ID", listed}, {"status", "queue", "place", append([]string{"ID"}, listed...)}},
	invoices: {{"unpaid", "queue", "place", nil}},
	signups:  {{"list", "list", "place", []string{}}},
	services: {{"owner", "owner", "ID", nil}, {"parked", "parked", "ID", nil}, {"nas", "nas", "Username", []string{}}, {"area", "area", "door", nil}, {"windows", "windows", "place", nil}},
}

// listed is what lists show of a ticket.
var listed = []string{"Tenant", "Customer", "Subject", "Category", "Priority", "Status", "Assignee", "OpenedAt", "LastMessageAt", "ResolvedAt", "ErasedAt",
	"Messages", "Notes", "Version"}

func createTables() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	pk, sk := "pk", "sk"
	for _, name := range Tables {
		full := prefix + name
		in := &dynamodb.CreateTableInput{TableName: &full, BillingMode: types.BillingModePayPerRequest,
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: &pk, AttributeType: types.ScalarAttributeTypeS}, {AttributeName: &sk, AttributeType: types.ScalarAttributeTypeS}},
			KeySchema:            []types.KeySchemaElement{{AttributeName: &pk, KeyType: types.KeyTypeHash}, {AttributeName: &sk, KeyType: types.KeyTypeRange}}}
		for _, x := range indexes[name] {
			for _, attribute := range []string{x.pk, x.sk} {
				if !slices.ContainsFunc(in.AttributeDefinitions, func(d types.AttributeDefinition) bool { return *d.AttributeName == attribute }) {
					in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: &attribute, AttributeType: types.ScalarAttributeTypeS})
				}
			}
			projection := &types.Projection{ProjectionType: types.ProjectionTypeAll}
			switch {
			case x.only != nil && len(x.only) == 0:
				projection = &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}
			case x.only != nil:
				projection = &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: x.only}
			}
			in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{IndexName: index(x.name), Projection: projection,
				KeySchema: []types.KeySchemaElement{{AttributeName: &x.pk, KeyType: types.KeyTypeHash}, {AttributeName: &x.sk, KeyType: types.KeyTypeRange}}})
		}
		var there *types.ResourceInUseException // made by a call whose answer was lost: the names are new
		if _, err := client.CreateTable(ctx, in); err != nil && !errors.As(err, &there) {
			return err
		}
		if err := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = 50 * time.Millisecond }).Wait(ctx, &dynamodb.DescribeTableInput{TableName: &full}, time.Minute); err != nil {
			return err
		}
	}
	return nil
}

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// fresh is a tenant nobody else has, and a store.
func fresh(t *testing.T) (*DB, id.Tenant) {
	t.Helper()
	db, tenant := New(client, prefix, clock.System), id.Tenant(fmt.Sprintf("t%016x", rand.Uint64()))
	t.Cleanup(func() { // what lies in the outbox is read by all tests
		mine := batches(t, context.Background(), db, tenant)
		for some := range slices.Chunk(mine, 25) {
			ok(t, db.Published(context.Background(), some))
		}
	})
	return db, tenant
}

// batches is what lies in the outbox for a tenant, a row a transaction, in their order. Only tests scan.
func batches(t *testing.T, ctx context.Context, db *DB, tenant id.Tenant) (found []event.Batch) {
	t.Helper()
	consistent := true
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: db.table(outbox), ConsistentRead: &consistent})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		ok(t, err)
		for _, row := range page.Items {
			b, err := event.ParseBatch(row["pk"].(*types.AttributeValueMemberS).Value, row["sk"].(*types.AttributeValueMemberS).Value, row["events"].(*types.AttributeValueMemberB).Value)
			ok(t, err)
			if b.Events[0].Tenant == tenant {
				found = append(found, b)
			}
		}
	}
	slices.SortFunc(found, func(a, b event.Batch) int { return strings.Compare(a.ID, b.ID) }) // across the shards
	return found
}

// announced are a tenant's events in the outbox, transaction by transaction.
func announced(t *testing.T, db *DB, tenant id.Tenant) (found []event.Envelope) {
	t.Helper()
	for _, b := range batches(t, t.Context(), db, tenant) {
		found = append(found, b.Events...)
	}
	return found
}

// typesOf are their types.
func typesOf(events []event.Envelope) (found []event.Type) {
	for _, e := range events {
		found = append(found, e.Type)
	}
	return found
}

// at runs n at once and counts how they ended: "" for success, else the fault's code or the error.
func at(n int, do func(i int) error) map[string]int {
	var all sync.WaitGroup
	var mu sync.Mutex
	ends := map[string]int{}
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			err := do(i)
			mu.Lock()
			defer mu.Unlock()
			ends[endOf(err)]++
		})
	}
	close(start)
	all.Wait()
	return ends
}

func endOf(err error) string {
	if err == nil {
		return ""
	}
	if f := fault.Of(err); f != nil {
		return f.Code
	}
	return err.Error()
}

// has tells whether a row exists.
func has(t *testing.T, db *DB, table string, k key) bool {
	t.Helper()
	_, err := get[struct{}](t.Context(), db, table, k, fault.ErrNotFound)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got %v, want %v", err, target)
	}
}

// same compares how things are written, which is enough for values without pointers.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}
