package check

import (
	"os"
	"path/filepath"
	"testing"

	"turnup/internal/store"
)

// S3-159: the page of the schema names every table, key and access there is, and none that there is not.
func TestStorePageIsWhole(t *testing.T) {
	p := theProject(t)
	page, err := os.ReadFile(filepath.Join(p.root, "internal", "store", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	keys, methods := Keys(p.source)
	if len(keys) == 0 || len(methods) == 0 {
		t.Fatal("no key function or method was found")
	}
	none(t, SchemaPage(string(page), store.Tables, keys, methods))
}

func TestStorePageBites(t *testing.T) {
	keys, methods := Keys(Source{
		goFile(t, "internal/store/keys.go", "package store\nfunc cartKey() key { return key{} }\n"),
		goFile(t, "internal/store/carts.go", "package store\nfunc (db *DB) Cart() {}\nfunc (db *DB) hidden() {}\nfunc (t *tx) Put() {}\n"),
	})
	const page = "\n| carts | cart | `cartKey` |\n\n## Access patterns\n\n| Read | `Cart` | GetItem of `Any` |\n"
	bites(t, SchemaPage(page, []string{"carts"}, keys, methods), "")
	bites(t, SchemaPage(page, []string{"carts", "orders"}, keys, methods), "does not mention table orders")
	bites(t, SchemaPage("\n| carts | `Cart` |\n", []string{"carts"}, keys, methods), "does not mention cartKey of keys.go")
	bites(t, SchemaPage("\n| carts | `cartKey` |\n", []string{"carts"}, keys, methods), "does not mention DB.Cart")
	bites(t, SchemaPage(page+"| Save | `SaveCart` | PutItem |\n", []string{"carts"}, keys, methods), "mentions DB.SaveCart, which there is not")
	if len(methods) != 1 {
		t.Errorf("found the methods %v", methods)
	}
}
