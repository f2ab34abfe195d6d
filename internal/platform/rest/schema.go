package rest

import (
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

const schemasPath = "#/components/schemas/"

// schemas is the registry of the document. Every API package calls its types what they are to it (view, page), so a
// schema's name is that of the package in the singular and that of the type: CartView, OrderView.
func schemas() huma.Registry { return huma.NewMapRegistry(schemasPath, schemaName) }

func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" || t.PkgPath() == "" || t.PkgPath() == problemType.PkgPath() {
		return huma.DefaultSchemaNamer(t, hint)
	}
	pkg := strings.TrimSuffix(path.Base(t.PkgPath()), "s")
	if strings.EqualFold(pkg, t.Name()) {
		return capital(t.Name())
	}
	return capital(pkg) + capital(t.Name())
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
