// Package check holds the architecture as tests: `go test ./internal/check` compares what the project promises (layers,
// template, events, state machines, faults, generated pages) with what its files say.
//
// Each rule is a function from parsed input to findings, one sentence each, empty when all is well. A test runs it over
// the project; another feeds it a minimal broken input and expects the finding, so that a rule that has gone blind is
// noticed. The local clouds enforce neither permissions nor quotas; these tests stand in for that.
package check

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// module is the path of the Go module.
const module = "turnup"

// Root finds the project's folder from any folder inside it.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module "+module+"\n") {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("check: no go.mod of module %s here or above", module)
		}
		dir = parent
	}
}

// findings collects what is wrong.
type findings []string

func (f *findings) add(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

// sorted is a stable order for messages that come out of maps.
func (f findings) sorted() []string {
	sort.Strings(f)
	return f
}

// sortedKeys lists a map's keys in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// set makes a set of strings.
func set(values ...string) map[string]bool {
	s := map[string]bool{}
	for _, v := range values {
		s[v] = true
	}
	return s
}

// missing lists what want has and have lacks.
func missing(want, have map[string]bool) []string {
	var out []string
	for _, k := range sortedKeys(want) {
		if !have[k] {
			out = append(out, k)
		}
	}
	return out
}
