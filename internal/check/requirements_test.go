package check

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// thisFile talks about naming requirements; its examples prove none.
const thisFile = "internal/check/requirements_test.go"

func requirementIDs(t *testing.T, root string) map[string]bool {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "internal", "journey", "requirements.md"))
	if err != nil {
		t.Fatal(err)
	}
	return RequirementIDs(string(page))
}

// TestRequirementsNamedExist prints which requirements no test names (go test -v), and fails for names of none.
func TestRequirementsNamedExist(t *testing.T) {
	p := theProject(t)
	ids := requirementIDs(t, p.root)
	if len(ids) == 0 {
		t.Fatal("no requirement was found")
	}
	none(t, NamesExist(ids, p.source, thisFile))
	for _, line := range Coverage(ids, ProofsIn(p.source, thisFile)) {
		t.Log(line)
	}
}

// working is what works of a journey that does not work whole yet: its lines, from and to.
var working = map[string][][2]int{"S2": {{1, 55}}, "S3": {{1, 161}}}

// The journeys that work whole have a test for each of their lines, the others for those that work.
func TestEveryRequirementOfWorkingJourneysIsNamed(t *testing.T) {
	p := theProject(t)
	proofs := ProofsIn(p.source, thisFile)
	unnamed := Unnamed(requirementIDs(t, p.root), proofs)
	for _, journey := range []string{"S0", "S1"} {
		for _, id := range unnamed[journey] {
			t.Errorf("no test names %s", id)
		}
	}
	for journey, stretches := range working {
		for _, lines := range stretches {
			for n := lines[0]; n <= lines[1]; n++ {
				if id := fmt.Sprintf("%s-%02d", journey, n); slices.Contains(unnamed[journey], id) {
					t.Errorf("no test names %s", id)
				}
			}
		}
	}
}

func TestRequirementsBite(t *testing.T) {
	ids := RequirementIDs("# S\n- S0-01 One.\n- S0-02 [R] Two, as in S0-09.\n- S9-01 Three.\n")
	if got := sortedKeys(ids); !slices.Equal(got, []string{"S0-01", "S0-02", "S9-01"}) {
		t.Errorf("found the ids %v", got)
	}
	file := func(text string) Source { return Source{goFile(t, "internal/a_test.go", "package a\n\n"+text+"\n")} }
	for name, c := range map[string]struct{ text, want string }{
		"comment":      {"// S0-01: one.", ""},
		"name":         {"func TestS0_01_One() {}", ""},
		"a list":       {"// S0-01, S0-02, S9-01: all.", ""},
		"unknown":      {"// S0-03: three.", "names S0-03, which does not exist"},
		"unknown name": {"func TestS0_03() {}", "names S0-03, which does not exist"},
		"range":        {"// S0-01 to S0-02: both.", `names a range, "S0-01 to S0-02"`},
		"dots":         {"// S0-01..02: both.", "names a range"},
		"a dash":       {"// S0-01–S0-02: both.", "names a range"},
	} {
		t.Run(name, func(t *testing.T) { bites(t, NamesExist(ids, file(c.text), ""), c.want) })
	}
	lines := Coverage(ids, ProofsIn(file("// S0-01: one."), ""))
	if !slices.Equal(lines, []string{"S0: 1 of 2 named; without a test: S0-02", "S9: 0 of 1 named; without a test: S9-01"}) {
		t.Errorf("coverage is %q", lines)
	}
	if un := Unnamed(ids, ProofsIn(file("// S0-01: one."), "internal/a_test.go")); len(un["S0"]) != 2 {
		t.Errorf("the excepted file counted: %v", un)
	}
}
