package check

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// File is one Go file of the project.
type File struct {
	Path  string // from the project's root, with slashes
	Test  bool
	Lines int
	AST   *ast.File
	Text  string
}

// Dir is the folder of the file's package, from the project's root.
func (f File) Dir() string { return path.Dir(f.Path) }

// Imports lists the import paths.
func (f File) Imports() []string {
	var out []string
	for _, i := range f.AST.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// nameOf is the name under which the file uses an import path, "" when it does not import it.
func (f File) nameOf(importPath string) string {
	for _, i := range f.AST.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err != nil || p != importPath {
			continue
		}
		if i.Name != nil {
			return i.Name.Name
		}
		return path.Base(importPath)
	}
	return ""
}

// Source is the project's Go files.
type Source []File

// production leaves out the tests.
func (s Source) production() Source {
	var out Source
	for _, f := range s {
		if !f.Test {
			out = append(out, f)
		}
	}
	return out
}

// under picks the files of a folder and those below it.
func (s Source) under(dir string) Source {
	var out Source
	for _, f := range s {
		if f.Dir() == dir || strings.HasPrefix(f.Dir(), dir+"/") {
			out = append(out, f)
		}
	}
	return out
}

// in picks the files of one folder.
func (s Source) in(dir string) Source {
	var out Source
	for _, f := range s {
		if f.Dir() == dir {
			out = append(out, f)
		}
	}
	return out
}

// ReadSource parses every Go file of the project.
func ReadSource(root string) (Source, error) {
	var out Source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(p, ".go"):
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		f, err := ParseFile(filepath.ToSlash(rel), text)
		if err != nil {
			return err
		}
		out = append(out, f)
		return nil
	})
	return out, err
}

// ParseFile parses one Go file.
func ParseFile(name string, text []byte) (File, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return File{}, err
	}
	return File{Path: name, Test: strings.HasSuffix(name, "_test.go"), Lines: bytes.Count(text, []byte("\n")), AST: parsed, Text: string(text)}, nil
}

// selected tells whether the expression is pkg.Name, by the name under which the file uses the import.
func selected(e ast.Expr, pkg string) (name string, ok bool) {
	s, isSelector := e.(*ast.SelectorExpr)
	if !isSelector || pkg == "" {
		return "", false
	}
	x, isIdent := s.X.(*ast.Ident)
	if !isIdent || x.Name != pkg {
		return "", false
	}
	return s.Sel.Name, true
}

// literal is the value of a string literal.
func literal(e ast.Expr) (string, bool) {
	b, ok := e.(*ast.BasicLit)
	if !ok || b.Kind != token.STRING {
		return "", false
	}
	v, err := strconv.Unquote(b.Value)
	return v, err == nil
}
