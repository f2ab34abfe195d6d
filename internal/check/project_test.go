package check

import (
	"strings"
	"sync"
	"testing"
)

// project is the tree under test, read once.
type project struct {
	root     string
	source   Source
	template *Template
}

var read = sync.OnceValues(func() (project, error) {
	root, err := Root()
	if err != nil {
		return project{}, err
	}
	source, err := ReadSource(root)
	if err != nil {
		return project{}, err
	}
	t, err := ReadTemplate(root)
	return project{root, source, t}, err
})

func theProject(t *testing.T) project {
	t.Helper()
	p, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// none fails for each finding.
func none(t *testing.T, found []string) {
	t.Helper()
	for _, f := range found {
		t.Error(f)
	}
}

// bites fails unless there is a finding with the words, or, when want is empty, unless there is none.
func bites(t *testing.T, found []string, want string) {
	t.Helper()
	if want == "" {
		none(t, found)
		return
	}
	for _, f := range found {
		if strings.Contains(f, want) {
			return
		}
	}
	t.Errorf("found %q; expected a finding with %q", found, want)
}

// goFile parses a Go file of a broken project.
func goFile(t *testing.T, path, text string) File {
	t.Helper()
	f, err := ParseFile(path, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// yamlOf parses a broken template.
func yamlOf(t *testing.T, text string) *Template {
	t.Helper()
	out, err := ParseTemplate([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
