package reference

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"turnup/internal/base/fault"
	"turnup/internal/platform/rest"
)

// document is the OpenAPI document as a reader gets it.
func document(t *testing.T) map[string]any {
	t.Helper()
	raw, err := json.Marshal(Document().OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, raw).(map[string]any)
}

func decoded(t *testing.T, raw []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// each calls f with every operation of the document.
func each(t *testing.T, doc map[string]any, f func(t *testing.T, op map[string]any)) {
	t.Helper()
	for path, item := range doc["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			t.Run(method+" "+path, func(t *testing.T) { f(t, op.(map[string]any)) })
		}
	}
}

// S0-56: the document is OpenAPI 3.1, by the specification's own schema.
func TestDocumentIsOpenAPI31(t *testing.T) {
	raw, err := os.ReadFile("testdata/openapi-3.1.json")
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("https://spec.openapis.org/oas/3.1/schema", decoded(t, raw)); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("https://spec.openapis.org/oas/3.1/schema")
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document(t)); err != nil {
		t.Errorf("%v", err)
	}
	if err := schema.Validate(map[string]any{"openapi": "3.1.0", "paths": map[string]any{}}); err == nil {
		t.Error("the schema accepts a document without info: it checks nothing")
	}
}

// S0-53: the operation names of the journey are the operation ids, and its four services are tags.
// S0-54: each has an endpoint path.
func TestJourneyOperations(t *testing.T) {
	want := map[string]string{"queryIfUserNameExists": "customer registration", "registerCustomer": "customer registration", "getCatalogue": "catalogue",
		"createPaymentMethod": "payment", "confirmPaymentMethod": "payment", "addItemsToCart": "cart", "checkoutCart": "cart"}
	got := map[string]string{}
	for _, op := range Document().Operations() {
		if strings.HasPrefix(op.Step, "S0 ") {
			got[op.ID] = op.Service
		}
		if op.Path == "" || op.Audience == rest.Nobody {
			t.Errorf("%s has no path or nobody may call it", op.ID)
		}
	}
	if len(got) != len(want) {
		t.Errorf("journey: %v", got)
	}
	for id, service := range want {
		if got[id] != service {
			t.Errorf("%s is of %q", id, got[id])
		}
	}
}

// S0-56: every operation is described, has examples, and lists the faults of its kind.
func TestOperationsAreComplete(t *testing.T) {
	doc := document(t)
	tags := map[string]bool{}
	for _, tag := range doc["tags"].([]any) {
		tag := tag.(map[string]any)
		tags[tag["name"].(string)] = tag["description"] != ""
	}
	ids := map[any]bool{}
	each(t, doc, func(t *testing.T, op map[string]any) {
		for _, name := range []string{"operationId", "summary", "description", "x-audience"} {
			if s, _ := op[name].(string); s == "" {
				t.Errorf("no %s", name)
			}
		}
		if ids[op["operationId"]] {
			t.Error("the operation id is not unique")
		}
		ids[op["operationId"]] = true
		for _, tag := range op["tags"].([]any) {
			if !tags[tag.(string)] {
				t.Errorf("tag %q is not described", tag)
			}
		}
		responses := op["responses"].(map[string]any)
		if responses["default"] != nil {
			t.Error("a default answer says nothing")
		}
		raw, _ := json.Marshal(responses)
		codes := []string{fault.ErrInvalid.Code, fault.ErrInternal.Code, fault.ErrUnavailable.Code}
		for _, by := range schemesOf(op) {
			codes = append(codes, map[string][]string{"customer": {fault.ErrTokenMissing.Code, "token_invalid"}, "staff": {fault.ErrTokenMissing.Code, "token_invalid", fault.ErrForbidden.Code},
				"provider": {"signature_invalid"}, "machine": {rest.ErrMachine.Code}}[by]...)
		}
		for _, code := range codes {
			if !strings.Contains(string(raw), `"code":"`+code+`"`) {
				t.Errorf("fault %s is missing", code)
			}
		}
		for code, r := range responses {
			headers, _ := r.(map[string]any)["headers"].(map[string]any)
			if headers["X-Request-Id"] == nil || headers["X-Correlation-Id"] == nil {
				t.Errorf("%s: ids are not described", code)
			}
			if (code == "429" || code == "503") && headers["Retry-After"] == nil {
				t.Errorf("%s: Retry-After is not described", code)
			}
		}
	})
}

// schemesOf names the ways in which callers of an operation show who they are.
func schemesOf(op map[string]any) (names []string) {
	schemes, _ := op["security"].([]any)
	for _, s := range schemes {
		for name := range s.(map[string]any) {
			names = append(names, name)
		}
	}
	return names
}

// Every property says what it is and shows a value.
func TestPropertiesAreDescribed(t *testing.T) {
	schemas := document(t)["components"].(map[string]any)["schemas"].(map[string]any)
	for name, s := range schemas {
		properties, _ := s.(map[string]any)["properties"].(map[string]any)
		for property, p := range properties {
			p := p.(map[string]any)
			if p["description"] == nil {
				t.Errorf("%s.%s is not described", name, property)
			}
			_, nested := p["$ref"]
			if items, _ := p["items"].(map[string]any); items["$ref"] != nil {
				nested = true
			}
			if !nested && p["examples"] == nil && p["enum"] == nil && p["type"] != "boolean" {
				t.Errorf("%s.%s has no example", name, property)
			}
			if _, several := p["type"].([]any); several {
				t.Errorf("%s.%s may be null", name, property)
			}
		}
	}
}

var noise = regexp.MustCompile(`\$schema|\*int|\*string|interface|<nil>`)

func TestDocumentHasNoTraceOfGo(t *testing.T) {
	raw, err := json.Marshal(Document().OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	if found := noise.FindString(string(raw)); found != "" {
		t.Errorf("the document says %q", found)
	}
}

// A fault's code stands under one status, and every fault of an operation was declared.
func TestFaultsAreCatalogued(t *testing.T) {
	declared := fault.Catalogue()
	for _, op := range Document().Operations() {
		for _, f := range op.Faults {
			if !slices.ContainsFunc(declared, func(d *fault.Fault) bool { return d.Code == f.Code && d.Kind == f.Kind }) {
				t.Errorf("%s: %s is not in the catalogue", op.ID, f.Code)
			}
		}
	}
}
