package reference

import (
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// checker validates values against schemas of the document.
type checker struct {
	doc      map[string]any
	compiler *jsonschema.Compiler
}

const base = "https://turnup.example/openapi.json"

func check(t *testing.T) checker {
	t.Helper()
	c := checker{doc: document(t), compiler: jsonschema.NewCompiler()}
	c.compiler.DefaultDraft(jsonschema.Draft2020) // OpenAPI 3.1's own
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(base, c.doc); err != nil {
		t.Fatal(err)
	}
	return c
}

// value checks v against the schema at a JSON pointer of the document.
func (c checker) value(t *testing.T, what string, v any, pointer ...string) {
	t.Helper()
	for i, p := range pointer {
		pointer[i] = strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(p)
	}
	schema, err := c.compiler.Compile(base + "#/" + strings.Join(pointer, "/"))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// S0-56: every example is what its schema says: bodies, answers, faults, parameters, headers.
func TestExamplesAreValid(t *testing.T) {
	c := check(t)
	seen := 0
	media := func(content any, at ...string) {
		for name, m := range content.(map[string]any) {
			m := m.(map[string]any)
			pointer := append(append([]string{}, at...), "content", name, "schema")
			what := strings.Join(at, " ")
			example, single := m["example"]
			examples, _ := m["examples"].(map[string]any)
			if !single && len(examples) == 0 {
				t.Errorf("%s has no example", what)
			}
			if single {
				seen++
				c.value(t, what, example, pointer...)
			}
			for code, e := range examples {
				seen++
				c.value(t, what+" "+code, e.(map[string]any)["value"], append([]string{}, pointer...)...)
			}
		}
	}
	for path, item := range c.doc["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			op := op.(map[string]any)
			if body, ok := op["requestBody"].(map[string]any); ok {
				media(body["content"], "paths", path, method, "requestBody")
			}
			for i, p := range op["parameters"].([]any) {
				p := p.(map[string]any)
				if p["$ref"] != nil {
					continue
				}
				if p["example"] == nil || p["description"] == nil {
					t.Errorf("%s %s: parameter %s has no example or description", method, path, p["name"])
				}
				c.value(t, path+" "+p["name"].(string), p["example"], "paths", path, method, "parameters", strconv.Itoa(i), "schema")
			}
			for code, r := range op["responses"].(map[string]any) {
				r := r.(map[string]any)
				if content, has := r["content"]; has { // 202 and 204 may have none
					media(content, "paths", path, method, "responses", code)
				}
				for name, h := range r["headers"].(map[string]any) {
					h := h.(map[string]any)
					if h["$ref"] != nil {
						continue
					}
					if h["example"] == nil || h["description"] == nil {
						t.Errorf("%s %s: header %s has no example or description", method, path, name)
					}
					c.value(t, path+" "+name, h["example"], "paths", path, method, "responses", code, "headers", name, "schema")
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d examples were looked at", seen)
	}
	components := c.doc["components"].(map[string]any)
	for _, kind := range []string{"headers", "parameters"} {
		for name, h := range components[kind].(map[string]any) {
			c.value(t, name, h.(map[string]any)["example"], "components", kind, name, "schema")
		}
	}
	for name, s := range components["schemas"].(map[string]any) {
		for property, p := range s.(map[string]any)["properties"].(map[string]any) {
			examples, _ := p.(map[string]any)["examples"].([]any)
			for _, e := range examples {
				c.value(t, name+"."+property, e, "components", "schemas", name, "properties", property)
			}
		}
	}
}
