package check

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestPermissionsAreWhatTheCodeNeeds(t *testing.T) {
	p := theProject(t)
	g, err := ReadGraph(p.root)
	if err != nil {
		t.Fatal(err)
	}
	needs, unclear := g.Needs()
	none(t, unclear)
	none(t, Permissions(p.template, needs))
	none(t, g.Zones(p.root))
	for _, f := range slices.Sorted(maps.Keys(needs)) {
		t.Logf("%s: %v", f, sortedKeys(needs[f]))
	}
}

const storeOfTwo = `package store
import ("context"; "github.com/aws/aws-sdk-go-v2/service/dynamodb"; "github.com/aws/aws-sdk-go-v2/service/dynamodb/types")
const (carts = "carts"; orders = "orders"; outbox = "outbox")
type DB struct{ client *dynamodb.Client }
func (db *DB) table(name string) *string { return &name }
func get[T any](db *DB, table string) (v T) { db.client.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: db.table(table)}); return v }
func (db *DB) Cart() int { return get[int](db, carts) }
func (db *DB) Order() string { return get[string](db, orders) }
type tx struct{ db *DB; events []string }
func (t *tx) put(table string) { _ = types.Put{TableName: t.db.table(table)} }
func (t *tx) create(table string) { t.put(table) }
func (t *tx) announce(e string) { t.events = append(t.events, e) }
func (t *tx) outboxRow() { _ = types.Put{TableName: t.db.table(outbox)} }
func (t *tx) commit() { t.outboxRow() }
type batch struct{ db *DB }
func (b *batch) add(table string) { b.db.table(table) }
func (db *DB) Save() { t := &tx{db: db}; t.create(carts); t.commit() }
func (db *DB) Pay() { b := batch{db}; b.add(orders); t := &tx{db: db}; t.announce("paid"); t.commit() }
func index(name string) *string { return &name }
func (db *DB) Due() { db.client.Query(context.Background(), &dynamodb.QueryInput{TableName: db.table(carts), IndexName: index("due")}) }
func (db *DB) Drop(table string) { db.client.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: db.table(table + "-old")}) }
`

const mainOf = `package main
import "turnup/internal/store"
type reader interface{ %s }
func handle(r reader) func() { return func() { r.%s } }
func main() { handle(&store.DB{})() }
`

// TestPermissionsDerive proves the derivation on a module of one store and a few functions.
func TestPermissionsDerive(t *testing.T) {
	root := theProject(t).root
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		raw, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		write(name, string(raw))
	}
	write("internal/store/store.go", storeOfTwo)
	for name, method := range map[string]string{"reads": "Cart() int", "saves": "Save()", "pays": "Pay()", "looks": "Due()"} {
		call, _, _ := strings.Cut(method, " ")
		write("functions/"+name+"/main.go", fmt.Sprintf(mainOf, method, call))
	}
	write("functions/idle/main.go", "package main\ntype r interface{ Cart() int }\nfunc use(x r) { x.Cart() }\nfunc main() { use(nil) }\n")
	g, err := ReadGraph(dir)
	if err != nil {
		t.Fatal(err)
	}
	needs, unclear := g.Needs()
	bites(t, unclear, "Drop does DeleteItem to a table that cannot be told")
	for name, want := range map[string][]string{
		"reads": {"dynamodb:GetItem carts"}, "saves": {"dynamodb:PutItem carts"}, "pays": {"dynamodb:BatchGetItem orders", "dynamodb:PutItem outbox"}, "looks": {"dynamodb:Query carts/index/due"}, "idle": {},
	} {
		if got := sortedKeys(needs["functions/"+name]); !slices.Equal(got, want) {
			t.Errorf("%s needs %v; expected %v", name, got, want)
		}
	}
}

func TestPermissionsBite(t *testing.T) {
	const granting = `Resources:
  Carts: {Type: AWS::DynamoDB::Table, Properties: {TableName: !Sub "${AWS::StackName}-carts"}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/f/
      Policies: [{Statement: [{Action: [dynamodb:GetItem], Resource: !GetAtt Carts.Arn}, {Action: [sqs:SendMessage], Resource: !GetAtt Q.Arn}]}]`
	needs := func(all ...string) map[string]map[string]bool {
		return map[string]map[string]bool{"functions/f": set(all...)}
	}
	tpl := yamlOf(t, granting)
	bites(t, Permissions(tpl, needs("dynamodb:GetItem carts", "sqs:SendMessage")), "")
	bites(t, Permissions(tpl, needs("dynamodb:GetItem carts", "dynamodb:PutItem carts", "sqs:SendMessage")), "F needs dynamodb:PutItem carts")
	bites(t, Permissions(tpl, needs("dynamodb:GetItem orders", "sqs:SendMessage")), "F needs dynamodb:GetItem orders")
	bites(t, Permissions(tpl, needs("dynamodb:GetItem carts")), "F is granted sqs:SendMessage, which it never does")
	indexed := yamlOf(t, strings.Replace(granting, "Resource: !GetAtt Carts.Arn", `Resource: !Sub "${Carts.Arn}/index/due"`, 1))
	bites(t, Permissions(indexed, needs("dynamodb:GetItem carts/index/due", "sqs:SendMessage")), "")
	bites(t, Permissions(indexed, needs("dynamodb:GetItem carts", "sqs:SendMessage")), "F needs dynamodb:GetItem carts")
	bites(t, Permissions(tpl, needs("dynamodb:GetItem carts", "sqs:SendMessage", "states:StartExecution")), "F needs states:StartExecution")
}
