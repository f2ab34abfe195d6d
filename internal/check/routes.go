package check

import (
	"go/ast"
	"path"
	"slices"
	"strings"

	"turnup/internal/platform/rest"
)

// MaxRoutes of one function: API Gateway needs a permission for each in the function's resource policy, which is capped at
// 20 KB.
const MaxRoutes = 30

// DeclaredIn finds in which folder each operation is declared: operationId → folder of the rest.Op literal.
func DeclaredIn(s Source) map[string]string { return literalsIn(s, "rest", "Op") }

// PagesDeclaredIn finds the same of pages: id → folder of the web.Page literal.
func PagesDeclaredIn(s Source) map[string]string { return literalsIn(s, "web", "Page") }

func literalsIn(s Source, pkg, declares string) map[string]string {
	out := map[string]string{}
	for _, f := range s.production().under("internal/api") {
		name := f.nameOf(module + "/internal/platform/" + pkg)
		ast.Inspect(f.AST, func(n ast.Node) bool {
			l, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if typ, ok := selected(l.Type, name); !ok || typ != declares {
				return true
			}
			for _, e := range l.Elts {
				kv, ok := e.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "ID" {
					if id, ok := literal(kv.Value); ok {
						out[id] = f.Dir()
					}
				}
			}
			return true
		})
	}
	return out
}

// apisOf lists the api packages that each function's main.go imports.
func apisOf(s Source) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, f := range s.production().under("functions") {
		if out[f.Dir()] == nil {
			out[f.Dir()] = map[string]bool{}
		}
		for _, i := range f.Imports() {
			if strings.HasPrefix(i, module+"/internal/api/") {
				out[f.Dir()][strings.TrimPrefix(i, module+"/")] = true
			}
		}
	}
	return out
}

// RoutesServed holds the template's routes against the operations: each route is an operation that the function really
// registers, each operation has a route, and the event is called after the operation. Pages may share a route for all that is under a
// path, where no operation is: a page has no permissions that its route could narrow, and what is no page gets a page that says so.
func RoutesServed(routes []Route, ops, pages []rest.Op, declared map[string]string, apis map[string]map[string]bool) []string {
	var out findings
	byRoute, routed := map[string]rest.Op{}, map[string]string{}
	for _, op := range slices.Concat(ops, pages) {
		byRoute[op.Method+" "+op.Path] = op
	}
	count := map[string]int{}
	for _, r := range routes {
		key := r.Method + " " + r.Path
		count[r.Function]++
		if folder, all := strings.CutSuffix(r.Path, EveryPage); all && r.Method != "ANY" {
			under := pagesUnder(r.Method, folder, pages)
			for _, page := range under {
				routed[page.Method+" "+page.Path] = r.Function
				if !apis[r.Folder][declared[page.ID]] {
					out.add("%s: %s is not served by %s, which does not import %s", r.Function, page.ID, path.Base(r.Folder), declared[page.ID])
				}
			}
			if len(under) == 0 || len(pagesUnder(r.Method, folder, ops)) > 0 {
				out.add("%s: %s is a catch-all of what is not all pages", r.Function, key)
			}
			continue
		}
		if strings.Contains(r.Path, "+}") || r.Method == "ANY" {
			out.add("%s: %s is a catch-all; every operation has its own route", r.Function, key)
			continue
		}
		if other, twice := routed[key]; twice {
			out.add("%s is routed to %s and to %s", key, other, r.Function)
		}
		routed[key] = r.Function
		op, known := byRoute[key]
		if !known {
			out.add("%s: route %s is no operation of the OpenAPI document", r.Function, key)
			continue
		}
		if want := strings.ToUpper(op.ID[:1]) + op.ID[1:]; r.Event != want {
			out.add("%s: event %s should be called %s, after its operation", r.Function, r.Event, want)
		}
		if !apis[r.Folder][declared[op.ID]] {
			out.add("%s: %s is not served by %s, which does not import %s", r.Function, op.ID, path.Base(r.Folder), declared[op.ID])
		}
	}
	for _, key := range sortedKeys(byRoute) {
		if routed[key] == "" {
			out.add("operation %s (%s) has no route in the template", byRoute[key].ID, key)
		}
	}
	for _, f := range sortedKeys(count) {
		if count[f] > MaxRoutes {
			out.add("%s has %d routes; at most %d", f, count[f], MaxRoutes)
		}
	}
	return out.sorted()
}

// EveryPage ends the path of a route for all pages under it.
const EveryPage = "{page+}"

func pagesUnder(method, folder string, of []rest.Op) (out []rest.Op) {
	for _, p := range of {
		if p.Method == method && strings.HasPrefix(p.Path, folder) {
			out = append(out, p)
		}
	}
	return out
}

// Folders holds the folders of functions/ against the template's CodeUris.
func Folders(t *Template, s Source) []string {
	var out findings
	exist, used := map[string]bool{}, map[string]bool{}
	for _, f := range s.production().under("functions") {
		exist[f.Dir()] = true
	}
	for _, f := range t.Functions() {
		if used[f.Folder] {
			out.add("%s is deployed by two resources", f.Folder)
		}
		used[f.Folder] = true
	}
	for _, dir := range missing(exist, used) {
		out.add("%s has no resource in the template", dir)
	}
	for _, dir := range missing(used, exist) {
		out.add("CodeUri %s does not exist", dir)
	}
	return out.sorted()
}

// Undocumented finds operations that are declared in code and missing in the document of the whole API.
func Undocumented(declared map[string]string, ops []rest.Op) []string {
	var out findings
	known := map[string]bool{}
	for _, op := range ops {
		if known[op.ID] {
			out.add("operationId %s is used twice", op.ID)
		}
		known[op.ID] = true
	}
	for _, id := range sortedKeys(declared) {
		if !known[id] {
			out.add("operation %s of %s is not in reference.Document", id, declared[id])
		}
	}
	return out
}
