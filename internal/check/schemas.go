package check

import (
	"go/ast"
	"regexp"
	"strings"
)

// Keys finds the key functions of the files named …keys.go and the methods of the store that other packages call.
func Keys(s Source) (keys, methods map[string]bool) {
	keys, methods = map[string]bool{}, map[string]bool{}
	for _, f := range s.production().in("internal/store") {
		for _, d := range f.AST.Decls {
			fn, ok := d.(*ast.FuncDecl)
			switch {
			case !ok:
			case fn.Recv == nil && strings.HasSuffix(f.Path, "keys.go"):
				keys[fn.Name.Name] = true
			case fn.Recv != nil && fn.Name.IsExported() && receiver(fn) == "DB":
				methods[fn.Name.Name] = true
			}
		}
	}
	return keys, methods
}

func receiver(fn *ast.FuncDecl) string {
	t := fn.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	id, ok := t.(*ast.Ident)
	if !ok {
		return ""
	}
	return id.Name
}

var (
	patternRow   = regexp.MustCompile(`(?m)^\| [^|]+ \| ([^|]+) \|`) // the second cell: methods
	exportedName = regexp.MustCompile("`([A-Z][A-Za-z0-9]*)`")
)

// SchemaPage checks that the store's page mentions every table, key function and method, and no other.
func SchemaPage(page string, tables []string, keys, methods map[string]bool) []string {
	var out findings
	for _, t := range tables {
		if !strings.Contains(page, "\n| "+t+" | ") {
			out.add("internal/store/README.md does not mention table %s", t)
		}
	}
	for _, k := range sortedKeys(keys) {
		if !strings.Contains(page, "`"+k+"`") {
			out.add("internal/store/README.md does not mention %s of keys.go", k)
		}
	}
	for _, m := range sortedKeys(methods) {
		if !strings.Contains(page, "`"+m+"`") {
			out.add("internal/store/README.md does not mention DB.%s", m)
		}
	}
	_, patterns, _ := strings.Cut(page, "## Access patterns")
	for _, row := range patternRow.FindAllStringSubmatch(patterns, -1) {
		for _, named := range exportedName.FindAllStringSubmatch(row[1], -1) {
			if !methods[named[1]] {
				out.add("internal/store/README.md mentions DB.%s, which there is not", named[1])
			}
		}
	}
	return out
}
