package check

import (
	"go/ast"
	"reflect"
	"strconv"
	"strings"
)

// Settings is what a function's main.go takes from outside.
type Settings struct {
	Env     map[string]bool // every variable it reads
	Needs   map[string]bool // those it cannot start without
	Secrets map[string]bool // names of SSM parameters below the prefix
}

// SettingsOf reads the settings of each function from the struct tags and the secrets it asks for, by folder.
func SettingsOf(s Source) map[string]Settings {
	out := map[string]Settings{}
	for _, f := range s.production().under("functions") {
		got, ok := out[f.Dir()]
		if !ok {
			got = Settings{map[string]bool{}, map[string]bool{}, map[string]bool{}}
			out[f.Dir()] = got
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.Field:
				got.tag(x.Tag)
			case *ast.CallExpr:
				if name, ok := selected(x.Fun, "secrets"); ok && name == "Must" {
					for _, a := range x.Args {
						if secret, ok := literal(a); ok {
							got.Secrets[secret] = true
						}
					}
				}
			}
			return true
		})
	}
	return out
}

func (s Settings) tag(lit *ast.BasicLit) {
	if lit == nil {
		return
	}
	raw, err := strconv.Unquote(lit.Value)
	if err != nil {
		return
	}
	value, ok := reflect.StructTag(raw).Lookup("env")
	if !ok {
		return
	}
	name, options, _ := strings.Cut(value, ",")
	s.Env[name] = true
	if strings.Contains(options, "required") || strings.Contains(options, "notEmpty") {
		s.Needs[name] = true
	}
}

// globalUse are the global variables that no main.go reads itself.
var globalUse = map[string]string{"AWS_ENDPOINT_URL": "read by platform/cloud"}

// Environment holds the variables of each function against what its main.go reads.
func Environment(t *Template, settings map[string]Settings) []string {
	var out findings
	global, used := dict(t.Globals, "Function", "Environment", "Variables"), map[string]bool{}
	for _, f := range t.Functions() {
		s := settings[f.Folder]
		for _, name := range sortedKeys(s.Needs) {
			if _, everywhere := global[name]; !everywhere && !f.Env[name] {
				out.add("%s cannot start: the template does not set %s", f.Name, name)
			}
		}
		for _, name := range sortedKeys(f.Env) {
			if !s.Env[name] {
				out.add("%s: the template sets %s, which %s does not read", f.Name, name, f.Folder)
			}
		}
		for name := range s.Env {
			used[name] = true
		}
	}
	for _, name := range sortedKeys(global) {
		if !used[name] && globalUse[name] == "" {
			out.add("Globals set %s, which no function reads", name)
		}
	}
	return out.sorted()
}

// Secrets holds the SSM parameters a function may read against those it asks for.
func Secrets(t *Template, settings map[string]Settings) []string {
	var out findings
	for _, f := range t.Functions() {
		granted := map[string]bool{}
		for _, s := range statements(f.Props) {
			if !set(texts(s["Action"])...)["ssm:GetParameters"] {
				continue
			}
			for _, r := range many(s["Resource"]) {
				arn := text1(r, "Fn::Sub")
				granted[arn[strings.LastIndex(arn, "/")+1:]] = true
			}
		}
		asks := settings[f.Folder].Secrets
		for _, name := range missing(asks, granted) {
			out.add("%s may not read secret %s, which it asks for", f.Name, name)
		}
		for _, name := range missing(granted, asks) {
			out.add("%s may read secret %s, which it does not ask for", f.Name, name)
		}
	}
	return out.sorted()
}
