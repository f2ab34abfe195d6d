package main

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/platform/cloud"
)

// What was lost or spoilt since a backup comes back, of one partition or of all; what came since stays. The local cloud keeps backups, and
// restores a point in time as the table is now, so that only the former shows that the past comes back.
func TestRestore(t *testing.T) {
	endpoint := os.Getenv("TURNUP_ENDPOINT")
	if endpoint == "" {
		t.Fatal("this needs a local stack: make test starts one")
	}
	ctx := t.Context()
	db, table := dynamodb.NewFromConfig(cloud.Config(), func(o *dynamodb.Options) { o.BaseEndpoint = &endpoint }), fmt.Sprintf("restore-test-%d", time.Now().UnixNano())
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	must(db.CreateTable(ctx, &dynamodb.CreateTableInput{TableName: &table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: "S"}, {AttributeName: aws.String("sk"), AttributeType: "S"}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: "HASH"}, {AttributeName: aws.String("sk"), KeyType: "RANGE"}}}))
	t.Cleanup(func() {
		_, _ = db.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: &table}) // the local cloud goes with the test
	})
	put := func(pk, sk, value string) {
		t.Helper()
		must(db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: row{"pk": text(pk), "sk": text(sk), "value": text(value)}}))
	}
	for _, pk := range []string{"ada", "bob"} {
		for i := range 10 {
			put(pk, fmt.Sprint(i), "then")
		}
	}
	made, err := db.CreateBackup(ctx, &dynamodb.CreateBackupInput{TableName: &table, BackupName: aws.String("before")})
	must(made, err)
	for _, pk := range []string{"ada", "bob"} {
		put(pk, "0", "spoilt")
		put(pk, "new", "since")
		for i := 1; i <= 2; i++ {
			must(db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &table, Key: row{"pk": text(pk), "sk": text(fmt.Sprint(i))}}))
		}
	}
	copies := 0
	run := func(partition string, write bool) Found {
		t.Helper()
		copies++
		found, err := Restore{DynamoDB: db, Table: table, Copy: fmt.Sprintf("%s-copy-%d", table, copies), Backup: *made.BackupDetails.BackupArn, Partition: partition, Write: write}.Run(ctx)
		must(found, err)
		return found
	}
	for name, c := range map[string]struct{ got, want Found }{
		"looking changes nothing": {run("", false), Found{Same: 14, Differ: 2, Gone: 4, New: 2}},
		"one partition":           {run("ada", true), Found{Same: 7, Differ: 1, Gone: 2, New: 1, Written: 3}},
		"the others are as ever":  {run("", false), Found{Same: 17, Differ: 1, Gone: 2, New: 2}},
		"all":                     {run("", true), Found{Same: 17, Differ: 1, Gone: 2, New: 2, Written: 3}},
		"again":                   {run("", true), Found{Same: 20, New: 2}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %+v, want %+v", name, c.got, c.want)
		}
	}
	left, err := db.ListTables(ctx, &dynamodb.ListTablesInput{ExclusiveStartTableName: &table})
	must(left, err)
	for _, name := range left.TableNames {
		if len(name) > len(table) && name[:len(table)] == table {
			t.Errorf("the copy %s is still there", name)
		}
	}
	now, err := Restore{DynamoDB: db, Table: table, Copy: table + "-now", At: time.Now()}.Run(ctx)
	if must(now, err); now != (Found{Same: 22}) {
		t.Errorf("as of now: %+v", now)
	}
}
