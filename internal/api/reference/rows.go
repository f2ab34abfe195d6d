package reference

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// rows lists an object's properties, nested ones below their parent by their full name: items[].itemId.
func rows(doc *huma.OpenAPI, s *huma.Schema, under string) []row {
	s = resolve(doc, s)
	if s == nil || len(s.Properties) == 0 {
		return nil
	}
	required := map[string]bool{}
	for _, name := range s.Required {
		required[name] = true
	}
	var out []row
	for _, name := range inOrder(s) {
		declared := s.Properties[name]
		p := resolve(doc, declared)
		r := row{Name: under + name, Type: kind(p), Required: required[name], Text: sentences(declared.Description, limits(p))}
		if len(p.Examples) > 0 {
			r.Text = sentences(r.Text, "Example: `"+compact(p.Examples[0])+"`")
		}
		out = append(out, r)
		switch {
		case p.Type == huma.TypeArray:
			out = append(out, rows(doc, p.Items, under+name+"[].")...)
		case p.Type == huma.TypeObject:
			out = append(out, rows(doc, p, under+name+".")...)
		}
	}
	return out
}

// inOrder puts what is required first, as it was declared; the rest by name.
func inOrder(s *huma.Schema) []string {
	names := append([]string(nil), s.Required...)
	seen := map[string]bool{}
	for _, n := range names {
		seen[n] = true
	}
	for _, n := range slices.Sorted(maps.Keys(s.Properties)) {
		if !seen[n] {
			names = append(names, n)
		}
	}
	return names
}

func resolve(doc *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

func kind(s *huma.Schema) string {
	switch {
	case s.Type == huma.TypeArray && s.Items != nil && s.Items.Ref == "":
		return "list of " + s.Items.Type
	case s.Type == huma.TypeArray:
		return "list of objects"
	case s.Type == huma.TypeString && s.Format != "":
		return s.Format
	}
	return s.Type
}

// limits says in words what the schema demands.
func limits(s *huma.Schema) string {
	var all []string
	if len(s.Enum) > 0 {
		var values []string
		for _, v := range s.Enum {
			values = append(values, fmt.Sprintf("`%v`", v))
		}
		all = append(all, "One of "+strings.Join(values, ", "))
	}
	if s.PatternDescription != "" {
		all = append(all, "Must be "+s.PatternDescription)
	}
	switch {
	case s.Minimum != nil && s.Maximum != nil:
		all = append(all, fmt.Sprintf("From %v to %v", *s.Minimum, *s.Maximum))
	case s.Minimum != nil:
		all = append(all, fmt.Sprintf("At least %v", *s.Minimum))
	}
	switch {
	case s.MinItems != nil && s.MaxItems != nil:
		all = append(all, fmt.Sprintf("%d to %d entries", *s.MinItems, *s.MaxItems))
	case s.MaxLength != nil && s.PatternDescription == "":
		all = append(all, fmt.Sprintf("At most %d characters", *s.MaxLength))
	}
	if s.Default != nil {
		all = append(all, fmt.Sprintf("Default `%v`", s.Default))
	}
	return sentences(all...)
}

// sentences joins what is not empty, each with a full stop.
func sentences(parts ...string) string {
	var all []string
	for _, p := range parts {
		if p == "" {
			continue
		}
		if !strings.HasSuffix(p, ".") {
			p += "."
		}
		all = append(all, p)
	}
	return strings.Join(all, " ")
}
