package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Graph is who may call whom in the module, as far as types tell: a call through an interface may reach every type of the
// module, and every AWS client, that implements it; naming a function counts as calling it.
type Graph struct {
	calls map[*types.Func][]Call
	byDir map[string]*types.Func // main of each folder of functions/
}

// linked is what a package's program contains: an interface can only be implemented by what is linked.
func linked(p *types.Package, seen map[string]bool) map[string]bool {
	if !seen[p.Path()] {
		seen[p.Path()] = true
		for _, i := range p.Imports() {
			linked(i, seen)
		}
	}
	return seen
}

// Call is one mention of a function inside another. Args are those of a direct call, else nil.
type Call struct {
	To   *types.Func
	Args []ast.Expr
	Info *types.Info
	In   *ast.FuncDecl
}

// listed is what `go list` tells of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// ReadGraph type-checks the functions and everything of the module below them. Others' packages come from the build cache.
func ReadGraph(root string) (*Graph, error) {
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", "./functions/...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as the functions are built
	var problems bytes.Buffer
	cmd.Stderr = &problems
	raw, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("check: go list: %w: %s", err, problems.String())
	}
	var packages []listed
	for d := json.NewDecoder(bytes.NewReader(raw)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
	return newGraph(root, packages)
}

// loader imports the module's packages from source and the others from export data.
type loader struct {
	own   map[string]*types.Package
	other types.Importer
}

func (l loader) Import(path string) (*types.Package, error) {
	if p := l.own[path]; p != nil {
		return p, nil
	}
	return l.other.Import(path)
}

func newGraph(root string, packages []listed) (*Graph, error) {
	fset, export := token.NewFileSet(), map[string]string{}
	for _, p := range packages {
		export[p.ImportPath] = p.Export
	}
	load := loader{own: map[string]*types.Package{}, other: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(export[path])
	})}
	type checked struct {
		files []*ast.File
		info  *types.Info
		dir   string
	}
	var mine []checked
	for _, p := range packages { // dependencies come first
		if !strings.HasPrefix(p.ImportPath, module+"/") {
			continue
		}
		c := checked{info: &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}}
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			c.files = append(c.files, f)
		}
		pkg, err := (&types.Config{Importer: load}).Check(p.ImportPath, fset, c.files, c.info)
		if err != nil {
			return nil, fmt.Errorf("check: %s: %w", p.ImportPath, err)
		}
		load.own[p.ImportPath] = pkg
		if rel, err := filepath.Rel(root, p.Dir); err == nil {
			c.dir = filepath.ToSlash(rel)
		}
		mine = append(mine, c)
	}
	g := &Graph{calls: map[*types.Func][]Call{}, byDir: map[string]*types.Func{}}
	implementers := concrete(load.own)
	for _, c := range mine {
		for _, f := range c.files {
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Body == nil {
					continue
				}
				from, _ := c.info.Defs[fn.Name].(*types.Func)
				if strings.HasPrefix(c.dir, "functions/") && fn.Name.Name == "main" {
					g.byDir[c.dir] = from
				}
				g.calls[from] = mentions(fn, c.info, implementers)
			}
		}
	}
	return g, nil
}

// concrete lists the named types that may stand behind an interface.
func concrete(own map[string]*types.Package) []types.Type {
	var out []types.Type
	seen := map[*types.Package]bool{}
	take := func(p *types.Package) {
		if seen[p] {
			return
		}
		seen[p] = true
		for _, name := range p.Scope().Names() {
			if t, ok := p.Scope().Lookup(name).(*types.TypeName); ok && !types.IsInterface(t.Type()) {
				if n, ok := t.Type().(*types.Named); ok && n.TypeParams().Len() == 0 {
					out = append(out, types.NewPointer(n))
				}
			}
		}
	}
	for _, p := range own {
		take(p)
		for _, i := range p.Imports() {
			if strings.HasPrefix(i.Path(), awsService) {
				take(i)
			}
		}
	}
	return out
}

// mentions lists what a function names: direct calls with their arguments.
func mentions(fn *ast.FuncDecl, info *types.Info, implementers []types.Type) []Call {
	args := map[*ast.Ident][]ast.Expr{}
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if id := calledName(call.Fun); id != nil {
				args[id] = call.Args
			}
		}
		return true
	})
	var out []Call
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		to, ok := info.Uses[id].(*types.Func)
		if !ok {
			return true
		}
		to = to.Origin()
		out = append(out, Call{to, args[id], info, fn})
		recv := to.Signature().Recv()
		if recv == nil || !types.IsInterface(recv.Type()) {
			return true
		}
		iface, _ := recv.Type().Underlying().(*types.Interface)
		for _, t := range implementers {
			if !types.Implements(t, iface) {
				continue
			}
			if m, _, _ := types.LookupFieldOrMethod(t, true, to.Pkg(), to.Name()); m != nil {
				if f, ok := m.(*types.Func); ok {
					out = append(out, Call{f.Origin(), args[id], info, fn})
				}
			}
		}
		return true
	})
	return out
}

// calledName is the identifier of what a call calls: f(…), x.f(…), f[T](…).
func calledName(e ast.Expr) *ast.Ident {
	switch x := e.(type) {
	case *ast.Ident:
		return x
	case *ast.SelectorExpr:
		return x.Sel
	case *ast.IndexExpr:
		return calledName(x.X)
	case *ast.IndexListExpr:
		return calledName(x.X)
	}
	return nil
}

// Reached lists every function that one may reach.
func (g *Graph) Reached(from *types.Func) map[*types.Func]bool {
	seen, open := map[*types.Func]bool{}, []*types.Func{from}
	program := linked(from.Pkg(), map[string]bool{})
	for len(open) > 0 {
		f := open[len(open)-1]
		open = open[:len(open)-1]
		if f.Pkg() == nil || !program[f.Pkg().Path()] || seen[f] {
			continue
		}
		seen[f] = true
		for _, c := range g.calls[f] {
			open = append(open, c.To)
		}
	}
	return seen
}
