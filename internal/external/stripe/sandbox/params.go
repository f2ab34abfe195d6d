package sandbox

import (
	"fmt"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// kind says how a parameter's value is written.
type kind int

const (
	kindString kind = iota
	kindInt
	kindBool
	kindHash   // free keys with string values: metadata
	kindList   // of strings
	kindObject // with its own schema
	kindObjects
	kindRange // a number, or an object of gt, gte, lt, lte
)

// field is what an endpoint accepts under one name.
type field struct {
	kind     kind
	required bool
	// clearable strings may be sent empty to unset the value.
	clearable bool
	oneOf     []string
	sub       schema
}

// schema is everything an endpoint accepts; whatever is not in it is refused.
type schema map[string]field

var (
	text      = field{kind: kindString}
	clearText = field{kind: kindString, clearable: true}
	number    = field{kind: kindInt}
	flag      = field{kind: kindBool}
	hash      = field{kind: kindHash}
	list      = field{kind: kindList}
	between   = field{kind: kindRange, sub: schema{"gt": number, "gte": number, "lt": number, "lte": number}}
)

func required(f field) field       { f.required = true; return f }
func oneOf(values ...string) field { return field{kind: kindString, oneOf: values} }
func object(s schema) field        { return field{kind: kindObject, sub: s} }
func objects(s schema) field       { return field{kind: kindObjects, sub: s} }

// with returns the schema extended by another; shared parts are declared once.
func (s schema) with(more schema) schema {
	out := schema{}
	for _, m := range []schema{s, more} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

// params are checked parameters: string, int64, bool, map[string]string,
// []string, params and []params by their kind.
type params map[string]any

func (p params) has(name string) bool { _, ok := p[name]; return ok }

func get[T any](p params, name string) T {
	v, _ := p[name].(T)
	return v
}

func (p params) str(name string) string             { return get[string](p, name) }
func (p params) int(name string) int64              { return get[int64](p, name) }
func (p params) bool(name string) bool              { return get[bool](p, name) }
func (p params) sub(name string) params             { return get[params](p, name) }
func (p params) list(name string) []string          { return get[[]string](p, name) }
func (p params) hash(name string) map[string]string { return get[map[string]string](p, name) }

// node is one level of the bracketed form: a value or children.
type node struct {
	value string
	leaf  bool
	kids  map[string]*node
}

// maxDepth and maxParams keep a hostile form from growing without bound.
const (
	maxDepth  = 6
	maxParams = 1000
)

// parseForm turns a[b][0]=c into a tree.
func parseForm(v url.Values) (*node, *apiError) {
	root := &node{kids: map[string]*node{}}
	if len(v) > maxParams {
		return nil, badState("", "Too many parameters.")
	}
	keys := make([]string, 0, len(v))
	for k := range v {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, key := range keys {
		path, ok := splitKey(key)
		if !ok {
			return nil, badParam(key, "parameter_unknown", "Received unknown parameter: %s", key)
		}
		for i, value := range v[key] {
			if e := root.insert(path, i, value, key); e != nil {
				return nil, e
			}
		}
	}
	return root, nil
}

func (n *node) insert(path []string, i int, value, key string) *apiError {
	at := n
	for _, seg := range path {
		if seg == "" { // a[]=x&a[]=y
			seg = strconv.Itoa(i)
		}
		if at.leaf {
			return badParam(key, "", "Invalid object: %s", key)
		}
		next := at.kids[seg]
		if next == nil {
			next = &node{kids: map[string]*node{}}
			at.kids[seg] = next
		}
		at = next
	}
	if len(at.kids) > 0 {
		return badParam(key, "", "Invalid object: %s", key)
	}
	at.leaf, at.value = true, value
	return nil
}

func splitKey(key string) ([]string, bool) {
	head, rest, nested := strings.Cut(key, "[")
	path := []string{head}
	if nested {
		if !strings.HasSuffix(rest, "]") {
			return nil, false
		}
		path = append(path, strings.Split(strings.TrimSuffix(rest, "]"), "][")...)
	}
	if head == "" || len(path) > maxDepth {
		return nil, false
	}
	for i, seg := range path {
		if strings.ContainsAny(seg, "[]") || (seg == "" && i != len(path)-1) {
			return nil, false
		}
	}
	return path, true
}

// check reads the tree by the schema and refuses the first thing that does not
// fit, in the order of names so that the answer is always the same.
func (s schema) check(n *node, prefix string) (params, *apiError) {
	names := make([]string, 0, len(n.kids))
	for name := range n.kids {
		names = append(names, name)
	}
	sort.Strings(names)
	out := params{}
	for _, name := range names {
		full := nest(prefix, name)
		f, known := s[name]
		if !known {
			return nil, badParam(full, "parameter_unknown", "Received unknown parameter: %s", full)
		}
		v, e := f.read(n.kids[name], full)
		if e != nil {
			return nil, e
		}
		out[name] = v
	}
	need := make([]string, 0, len(s))
	for name, f := range s {
		if f.required && !out.has(name) {
			need = append(need, name)
		}
	}
	if len(need) > 0 {
		sort.Strings(need)
		return nil, missingParam(nest(prefix, need[0]))
	}
	return out, nil
}

func nest(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "[" + name + "]"
}

func (f field) read(n *node, full string) (any, *apiError) {
	switch f.kind {
	case kindHash:
		return readHash(n, full)
	case kindList, kindObjects:
		return f.readItems(n, full)
	case kindObject:
		if n.leaf {
			return nil, badParam(full, "", "Invalid object")
		}
		return f.sub.check(n, full)
	case kindRange:
		if !n.leaf {
			return f.sub.check(n, full)
		}
		at, e := readInt(n.value, full)
		return params{"gte": at, "lte": at}, e
	}
	if !n.leaf {
		return nil, badParam(full, "", "Invalid string: %s", full)
	}
	return f.readScalar(n.value, full)
}

func (f field) readScalar(v, full string) (any, *apiError) {
	if v == "" && !f.clearable {
		return nil, badParam(full, "parameter_invalid_empty", "You passed an empty string for '%[1]s'. We assume empty values are an "+
			"attempt to unset a parameter; however '%[1]s' cannot be unset. You should remove '%[1]s' from your request or "+
			"supply a non-empty value.", full)
	}
	switch f.kind {
	case kindInt:
		return readInt(v, full)
	case kindBool:
		if v != "true" && v != "false" {
			return nil, badParam(full, "", "Invalid boolean: %s", v)
		}
		return v == "true", nil
	}
	if len(f.oneOf) > 0 && !slices.Contains(f.oneOf, v) {
		return nil, badParam(full, "", "Invalid %s: must be one of %s", full, strings.Join(f.oneOf, ", "))
	}
	if len(v) > 5000 {
		return nil, badParam(full, "", "Invalid string: %s...; must be at most 5000 characters", v[:40])
	}
	return v, nil
}

func readInt(v, full string) (int64, *apiError) {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0, badParam(full, "parameter_invalid_integer", "Invalid integer: %s", v)
	}
	return n, nil
}

// readHash reads metadata with Stripe's limits. An empty value removes its key
// on update, so it is kept here and dropped by mergeMetadata.
func readHash(n *node, full string) (any, *apiError) {
	out := map[string]string{}
	if n.leaf {
		if n.value == "" {
			return out, nil
		}
		return nil, badParam(full, "", "Invalid hash")
	}
	if len(n.kids) > 50 {
		return nil, badParam(full, "", "You can have at most 50 metadata keys.")
	}
	for k, kid := range n.kids {
		switch {
		case !kid.leaf:
			return nil, badParam(nest(full, k), "", "Metadata values must be strings")
		case len(k) > 40:
			return nil, badParam(full, "", "Metadata keys can be up to 40 characters long.")
		case len(kid.value) > 500:
			return nil, badParam(nest(full, k), "", "Metadata values can have up to 500 characters, but you passed in a value that is %d characters.", len(kid.value))
		}
		out[k] = kid.value
	}
	return out, nil
}

func (f field) readItems(n *node, full string) (any, *apiError) {
	if n.leaf {
		return nil, badParam(full, "", "Invalid array")
	}
	index := make([]int, 0, len(n.kids))
	for k := range n.kids {
		i, err := strconv.Atoi(k)
		if err != nil {
			return nil, badParam(nest(full, k), "", "Invalid array")
		}
		index = append(index, i)
	}
	sort.Ints(index)
	var words []string
	var subs []params
	for _, i := range index {
		kid, name := n.kids[strconv.Itoa(i)], nest(full, fmt.Sprint(i))
		switch {
		case kid == nil:
			return nil, badParam(full, "", "Invalid array")
		case f.kind == kindList:
			if !kid.leaf {
				return nil, badParam(name, "", "Invalid string: %s", name)
			}
			words = append(words, kid.value)
		default:
			p, e := f.sub.check(kid, name)
			if e != nil {
				return nil, e
			}
			subs = append(subs, p)
		}
	}
	if f.kind == kindList {
		return words, nil
	}
	return subs, nil
}
