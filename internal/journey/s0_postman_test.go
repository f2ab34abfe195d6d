package journey

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"turnup/internal/api/reference"
	"turnup/internal/api/reference/postman"
)

// S0-57: the generated collection runs the whole purchase against the deployed stack, after a way through a file as a
// person would import it.
func TestPostmanCollectionRunsThePurchase(t *testing.T) {
	raw, err := json.Marshal(postman.Generate(reference.Document()))
	if err != nil {
		t.Fatal(err)
	}
	var imported postman.Collection
	if err := json.Unmarshal(raw, &imported); err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{"baseUrl": site.API, "returnUrl": ReturnURL, "pspUrl": site.PSP}
	end, err := postman.Runner{Variables: variables, Log: t.Logf}.Run(context.Background(), imported, postman.Purchase)
	if err != nil {
		t.Fatal(err)
	}
	c := site.Visitor()
	c.Token = end["token"]
	if o := into[Order](t, must[Answer](t)(c.Get(context.Background(), "/orders/"+end["orderId"]))); o.Status != "delivered" {
		t.Errorf("%+v", o)
	}
}

// S0-56: the API serves the document it was built from, and a page to browse it.
func TestReferenceIsServed(t *testing.T) {
	ctx := context.Background()
	var served, built any
	a := expect(t, must[Answer](t)(site.Visitor().Get(ctx, "/openapi.json")), nil, http.StatusOK, "")
	raw, err := json.Marshal(reference.Document().OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	if json.Unmarshal(a.Raw, &served) != nil || json.Unmarshal(raw, &built) != nil {
		t.Fatal("not JSON")
	}
	one, _ := json.Marshal(served)
	two, _ := json.Marshal(built)
	if string(one) != string(two) {
		t.Error("the served document is not the code's")
	}
	page := expect(t, must[Answer](t)(site.Visitor().Get(ctx, "/reference")), nil, http.StatusOK, "")
	if ct := page.Header.Get("Content-Type"); ct != "text/html; charset=utf-8" {
		t.Errorf("Content-Type %s", ct)
	}
}
