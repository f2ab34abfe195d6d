package check

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

// Template is template.yaml as plain Go values; !Ref, !GetAtt and the others are maps as CloudFormation's JSON has them.
type Template struct {
	Parameters map[string]any
	Globals    map[string]any
	Conditions map[string]any
	Resources  map[string]Resource
	Outputs    map[string]any
}

// Resource is one resource of the template.
type Resource struct {
	Name, Type                          string
	Condition                           string
	DeletionPolicy, UpdateReplacePolicy string
	Properties                          map[string]any
}

// ReadTemplate parses the project's template.
func ReadTemplate(root string) (*Template, error) {
	text, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		return nil, err
	}
	return ParseTemplate(text)
}

// ParseTemplate parses a template.
func ParseTemplate(text []byte) (*Template, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("check: template: %w", err)
	}
	if len(doc.Content) == 0 {
		return nil, fmt.Errorf("check: the template is empty")
	}
	v, err := plain(doc.Content[0])
	if err != nil {
		return nil, err
	}
	t := &Template{Parameters: dict(v, "Parameters"), Globals: dict(v, "Globals"), Conditions: dict(v, "Conditions"), Outputs: dict(v, "Outputs"),
		Resources: map[string]Resource{}}
	for name, raw := range dict(v, "Resources") {
		t.Resources[name] = Resource{Name: name, Type: text1(raw, "Type"), Condition: text1(raw, "Condition"), DeletionPolicy: text1(raw, "DeletionPolicy"),
			UpdateReplacePolicy: text1(raw, "UpdateReplacePolicy"), Properties: dict(raw, "Properties")}
	}
	return t, nil
}

// plain turns a node into maps, lists and scalars, and the short tags of CloudFormation into their long form.
func plain(n *yaml.Node) (any, error) {
	v, err := untagged(n)
	if err != nil || !strings.HasPrefix(n.Tag, "!") || strings.HasPrefix(n.Tag, "!!") {
		return v, err
	}
	switch name := n.Tag[1:]; name {
	case "Ref", "Condition":
		return map[string]any{name: v}, nil
	case "GetAtt":
		if s, ok := v.(string); ok {
			id, attribute, _ := strings.Cut(s, ".")
			v = []any{id, attribute}
		}
		return map[string]any{"Fn::GetAtt": v}, nil
	default:
		return map[string]any{"Fn::" + name: v}, nil
	}
}

func untagged(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := plain(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			if _, twice := m[n.Content[i].Value]; twice {
				return nil, fmt.Errorf("check: line %d: %s is there twice", n.Content[i].Line, n.Content[i].Value)
			}
			m[n.Content[i].Value] = v
		}
		return m, nil
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			v, err := plain(c)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.ScalarNode:
		if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
			return n.Value, nil
		}
		var v any
		return v, n.Decode(&v)
	}
	return nil, fmt.Errorf("check: line %d: neither mapping, list nor scalar", n.Line)
}

// at follows a path through maps; nil where it ends early.
func at(v any, path ...string) any {
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

func dict(v any, path ...string) map[string]any { m, _ := at(v, path...).(map[string]any); return m }

func list(v any, path ...string) []any { l, _ := at(v, path...).([]any); return l }

func text1(v any, path ...string) string { s, _ := at(v, path...).(string); return s }

func number1(v any, path ...string) (int, bool) { n, ok := at(v, path...).(int); return n, ok }

// texts reads a string or a list of strings.
func texts(v any) []string {
	if s, ok := v.(string); ok {
		return []string{s}
	}
	var out []string
	for _, e := range list(v) {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// many reads a value or a list of values.
func many(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

// target is the logical id that a !Ref or !GetAtt names, "" for anything else.
func target(v any) string {
	if s := text1(v, "Ref"); s != "" {
		return s
	}
	if l := list(v, "Fn::GetAtt"); len(l) > 0 {
		s, _ := l[0].(string)
		return s
	}
	return ""
}

// walk visits every value below v.
func walk(v any, visit func(any)) {
	visit(v)
	switch x := v.(type) {
	case map[string]any:
		for _, k := range sortedKeys(x) {
			walk(x[k], visit)
		}
	case []any:
		for _, e := range x {
			walk(e, visit)
		}
	}
}

// ofType lists the resources of a type by name.
func (t *Template) ofType(typ string) []Resource {
	var out []Resource
	for _, name := range sortedKeys(t.Resources) {
		if t.Resources[name].Type == typ {
			out = append(out, t.Resources[name])
		}
	}
	return out
}
