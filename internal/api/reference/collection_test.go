package reference

import (
	"encoding/json"
	"strings"
	"testing"

	"turnup/internal/api/reference/postman"
	"turnup/internal/platform/rest"
)

// S0-57: the collection is generated from the document, holds every operation with its examples, and begins with the
// whole purchase, both branches.
func TestCollectionHoldsEverything(t *testing.T) {
	api := Document()
	raw, err := json.Marshal(postman.Generate(api))
	if err != nil {
		t.Fatal(err)
	}
	var c postman.Collection // as Postman reads it
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	if c.Info.Schema != postman.Schema || c.Item[0].Name != postman.Purchase {
		t.Fatalf("it begins with %q, schema %q", c.Item[0].Name, c.Info.Schema)
	}
	bySummary := map[string]postman.Item{}
	for _, folder := range c.Item[1:] {
		for _, it := range folder.Item {
			bySummary[it.Name] = it
		}
	}
	for _, op := range api.Operations() {
		it, ok := bySummary[op.Summary]
		if !ok || it.Request.Method != op.Method {
			t.Errorf("%s is missing", op.ID)
			continue
		}
		if len(it.Response) < len(op.Faults)+1 {
			t.Errorf("%s has %d examples, %d faults", op.ID, len(it.Response), len(op.Faults))
		}
		sends := map[string]bool{}
		for _, h := range it.Request.Header {
			sends[h.Key] = true
		}
		if sends[rest.MachineHeader] != (op.Audience == rest.Machine) || sends["Idempotency-Key"] != op.NeedsKey() {
			t.Errorf("%s sends %v", op.ID, sends)
		}
	}
	var used []string
	for _, it := range c.Item[0].Item {
		used = append(used, it.Request.Method+" "+strings.Join(it.Request.URL.Path, "/"))
	}
	at := 0
	for _, op := range api.Operations() {
		if !strings.HasPrefix(op.Step, "S0 ") {
			continue
		}
		want := op.Method + " " + strings.NewReplacer("/{", "/:", "}", "").Replace(strings.TrimPrefix(op.Path, "/"))
		for at < len(used) && used[at] != want {
			at++
		}
		if at == len(used) {
			t.Errorf("%s does not come in its turn of the purchase: %v", op.ID, used)
			break
		}
	}
	if last := used[len(used)-1]; last != "GET registration/usernames" {
		t.Errorf("the purchase does not end with the other branch but with %s", last)
	}
}

// Two programs that make it must make the same, or a checked-in copy would change without a cause.
func TestCollectionIsStable(t *testing.T) {
	first, err := json.Marshal(postman.Generate(Document()))
	if err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(postman.Generate(Document()))
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != string(second) {
		t.Error("two collections of one document differ")
	}
}
