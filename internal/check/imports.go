package check

import (
	"go/ast"
	"path"
	"strings"
)

// Limits of size.
const (
	MaxFileLines     = 400
	MaxFunctionLines = 50 // of a functions/<name>/main.go
)

// layers says which layers a layer may import. What is not listed (check, local, rig, bench, chaos, journey) are tools: they may import
// anything and nobody imports them.
var layers = map[string]map[string]bool{
	"functions": set("api", "consumer", "store", "external", "platform", "domain", "base"),
	"api":       set("domain", "platform", "base"),
	"consumer":  set("domain", "platform", "base"),
	"store":     set("domain", "base"),
	"external":  set("domain", "base"),
	"platform":  set("platform", "base"),
	"domain":    set("base"),
	"base":      set("base"),
}

// layerOf gives the layer of a folder or import path inside the module and what follows it: "internal/api/carts" is
// "api", "carts".
func layerOf(p string) (layer, rest string) {
	p = strings.TrimPrefix(p, module+"/")
	p = strings.TrimPrefix(p, "internal/")
	layer, rest, _ = strings.Cut(p, "/")
	return layer, rest
}

// clients are the third-party packages that only some layers may touch.
var clients = []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/aws-lambda-go", "github.com/awslabs/aws-lambda-go-api-proxy",
	"github.com/aws/smithy-go", "github.com/stripe/stripe-go"}

var mayHoldClients = set("functions", "store", "external", "platform", "local", "rig", "bench", "chaos", "journey", "check", "restore")

// Layering checks who imports whom.
func Layering(s Source) []string {
	var out findings
	for _, f := range s.production() {
		from, rest := layerOf(f.Dir())
		for _, imported := range f.Imports() {
			if !strings.HasPrefix(imported, module+"/") {
				if isClient(imported) && !mayHoldClients[from] {
					out.add("%s: layer %s imports %s; its types stay in functions, store, external and platform", f.Path, from, imported)
				}
				continue
			}
			if why := forbidden(from, rest, imported); why != "" {
				out.add("%s imports %s: %s", f.Path, imported, why)
			}
		}
	}
	return out.sorted()
}

func isClient(imported string) bool {
	for _, c := range clients {
		if imported == c || strings.HasPrefix(imported, c+"/") {
			return true
		}
	}
	return false
}

// forbidden says why a package of a layer may not import another of the module, "" when it may.
func forbidden(from, rest, imported string) string {
	to, toRest := layerOf(imported)
	if to == "functions" {
		return "nothing imports a function"
	}
	first := func(s string) string { name, _, _ := strings.Cut(s, "/"); return name }
	allowed, isLayer := layers[from]
	switch {
	case !isLayer: // a tool
		return ""
	case from == to && first(rest) == first(toRest): // a package and those inside its folder
		return ""
	case from == "api" && to == "api" && first(rest) == "reference":
		return ""
	case from == "external" && to == "external" && toRest == "upstream": // how the network's adapters call
		return ""
	case !allowed[to]:
		return "layer " + from + " may not import layer " + to
	}
	return ""
}

// CompositionRoots finds packages outside functions/ that import several clients of external/: linking one would put every
// SDK into every function.
func CompositionRoots(s Source) []string {
	used := map[string]map[string]bool{}
	for _, f := range s.production() {
		if layer, _ := layerOf(f.Dir()); layer == "functions" || layer == "external" {
			continue
		}
		for _, i := range f.Imports() {
			layer, rest := layerOf(i)
			if name, inside, _ := strings.Cut(rest, "/"); strings.HasPrefix(i, module+"/") && layer == "external" && inside == "" {
				if used[f.Dir()] == nil {
					used[f.Dir()] = map[string]bool{}
				}
				used[f.Dir()][name] = true
			}
		}
	}
	var out findings
	for _, dir := range sortedKeys(used) {
		if len(used[dir]) > 1 {
			out.add("%s imports several clients: %s", dir, strings.Join(sortedKeys(used[dir]), ", "))
		}
	}
	return out
}

// tellsTime is where production code may ask the machine for the time: the clock itself, and what runs on a developer's
// machine only.
var tellsTime = []string{"internal/base/clock", "internal/local", "internal/rig", "internal/bench", "internal/chaos", "internal/external/stripe/sandbox", "internal/external/netbox/sandbox", "internal/external/genieacs/sandbox",
	"internal/external/voltha/sandbox", "internal/external/radius/sandbox", "internal/journey", "internal/check"}

// readsClock are the functions of package time that read the machine's clock.
var readsClock = set("Now", "Since", "Until")

// Clocks finds production code that reads the time past the clock.
func Clocks(s Source) []string {
	var out findings
	for _, f := range s.production() {
		if within(f.Dir(), tellsTime) {
			continue
		}
		name := f.nameOf("time")
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok {
				if sel, ok := selected(e, name); ok && readsClock[sel] {
					out.add("%s uses time.%s; the time comes from a clock.Clock", f.Path, sel)
				}
			}
			return true
		})
	}
	return out.sorted()
}

func within(dir string, folders []string) bool {
	for _, f := range folders {
		if dir == f || strings.HasPrefix(dir, f+"/") {
			return true
		}
	}
	return false
}

// vague are names that say nothing about what a package owns.
var vague = set("util", "utils", "common", "manager", "process", "helper", "helpers")

// Names finds packages with a vague name.
func Names(s Source) []string {
	seen := map[string]bool{}
	for _, f := range s {
		for _, name := range []string{f.AST.Name.Name, path.Base(f.Dir())} {
			if vague[strings.TrimSuffix(name, "_test")] {
				seen[f.Dir()+" is called "+name+"; name it after what it owns"] = true
			}
		}
	}
	return sortedKeys(seen)
}

// Sizes finds files that are too long.
func Sizes(s Source) []string {
	var out findings
	for _, f := range s {
		limit := MaxFileLines
		if layer, rest := layerOf(f.Dir()); layer == "functions" && rest != "" && path.Base(f.Path) == "main.go" {
			limit = MaxFunctionLines
		}
		if f.Lines > limit && !strings.HasSuffix(f.Path, "_templ.go") { // which nobody reads: templ writes them
			out.add("%s has %d lines; at most %d", f.Path, f.Lines, limit)
		}
	}
	return out
}
