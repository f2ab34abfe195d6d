package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"turnup/internal/base/event"
)

// Envelope is the schema file of what every event carries.
const Envelope = "envelope.json"

// ValidJSON validates a document against a schema; formats count.
func ValidJSON(schema, document []byte) error {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	if v := text1(parsed, "$schema"); v != "https://json-schema.org/draft/2020-12/schema" {
		return fmt.Errorf("schema: $schema is %q, not draft 2020-12", v)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("urn:turnup:check", parsed); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	compiled, err := c.Compile("urn:turnup:check")
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return err
	}
	return compiled.Validate(instance)
}

// EventSample checks one sample: it fits the envelope's schema and its type's, and goes through the Go types unchanged.
func EventSample(data event.Data, envelope, schema, sample []byte) []string {
	var out findings
	name := EventFile(data, ".sample.json")
	if err := ValidJSON(envelope, sample); err != nil {
		out.add("%s does not fit the envelope: %v", name, err)
	}
	var e event.Envelope
	if err := strictly(sample, &e); err != nil {
		out.add("%s is no envelope: %v", name, err)
		return out
	}
	if err := ValidJSON(schema, e.Data); err != nil {
		out.add("%s does not fit its schema: %v", name, err)
	}
	into := reflect.New(reflect.TypeOf(data))
	d, _ := into.Interface().(event.Data)
	if err := event.Decode(e, d); err != nil {
		return append(out, name+": "+err.Error())
	}
	again, err := json.Marshal(into.Elem().Interface())
	if err != nil {
		return append(out, name+": "+err.Error())
	}
	if !sameJSON(again, e.Data) {
		out.add("%s is not the same after decoding and encoding: %s", name, again)
	}
	if e.Data = again; !remains(e, sample) {
		out.add("%s: the envelope is not the same after decoding and encoding", name)
	}
	return out
}

func remains(e event.Envelope, sample []byte) bool {
	raw, err := json.Marshal(e)
	return err == nil && sameJSON(raw, sample)
}

func strictly(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// SchemaFits holds a schema against the Go type: the same properties at every depth, required unless they may be left out,
// and nothing besides.
func SchemaFits(data event.Data, schema []byte) []string {
	var doc map[string]any
	if err := json.Unmarshal(schema, &doc); err != nil {
		return []string{EventFile(data, ".json") + ": " + err.Error()}
	}
	var out findings
	typ, version := data.EventType()
	if want := fmt.Sprintf("urn:turnup:event:%s:%d", typ, version); text1(doc, "$id") != want {
		out.add("%s: $id should be %s", EventFile(data, ".json"), want)
	}
	f := fit{doc: doc, file: EventFile(data, ".json"), out: &out}
	f.object(doc, reflect.TypeOf(data), "data")
	return out.sorted()
}

type fit struct {
	doc  map[string]any
	file string
	out  *findings
}

func (f fit) object(schema map[string]any, t reflect.Type, where string) {
	if closed, ok := schema["additionalProperties"].(bool); !ok || closed {
		f.out.add("%s: %s allows additional properties", f.file, where)
	}
	properties, required := dict(schema, "properties"), set(texts(schema["required"])...)
	inGo := map[string]bool{}
	for _, field := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" || field.Anonymous && name == "" { // what JSON leaves out, and what has its fields follow
			continue
		}
		inGo[name] = true
		if must := !strings.Contains(options, "omitempty"); must != required[name] {
			f.out.add("%s: %s.%s: required is %v, in Go it is %v", f.file, where, name, required[name], must)
		}
		if p, ok := properties[name].(map[string]any); ok {
			f.value(p, field.Type, where+"."+name)
		} else {
			f.out.add("%s: %s.%s is missing", f.file, where, name)
		}
	}
	for _, name := range sortedKeys(properties) {
		if !inGo[name] {
			f.out.add("%s: %s.%s is not in %s", f.file, where, name, t)
		}
	}
}

func (f fit) value(schema map[string]any, t reflect.Type, where string) {
	if ref := text1(schema, "$ref"); ref != "" {
		schema = dict(f.doc, "$defs", strings.TrimPrefix(ref, "#/$defs/"))
	}
	if schema["enum"] != nil {
		return
	}
	if t.Kind() == reflect.Pointer { // what may be left out
		t = t.Elem()
	}
	want := map[reflect.Kind]string{reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer",
		reflect.Slice: "array", reflect.Struct: "object"}[t.Kind()]
	if t == reflect.TypeFor[time.Time]() {
		want = "string"
	}
	if got := text1(schema, "type"); got != want {
		f.out.add("%s: %s is %q, in Go it is %q", f.file, where, got, want)
		return
	}
	switch {
	case want == "object":
		f.object(schema, t, where)
	case want == "array":
		f.value(dict(schema, "items"), t.Elem(), where+"[]")
	}
}

// readSchema reads a file of the schema folder.
func readSchema(root, name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(root, filepath.FromSlash(SchemaFolder), name))
}
