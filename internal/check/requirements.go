package check

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
)

var (
	requirementLine = regexp.MustCompile(`(?m)^- (S\d+-\d+)\b`)
	requirementName = regexp.MustCompile(`(?:\b|_|Test)(S\d+)[-_](\d+)`)
	// A range would name lines that no test proves: S0-01 to S0-05, S0-01..05.
	requirementRange = regexp.MustCompile(`S\d+[-_]\d+\s*(?:\.\.+|…|–|—|-|to|until|through)\s*(?:S\d+[-_])?\d+`)
)

// RequirementIDs lists the ids of the requirements page.
func RequirementIDs(page string) map[string]bool {
	out := map[string]bool{}
	for _, m := range requirementLine.FindAllStringSubmatch(page, -1) {
		out[m[1]] = true
	}
	return out
}

// NamedIn finds the requirements that a test file names: S0-01 in a comment or name, S0_01 in a function's name.
func NamedIn(text string) []string {
	seen := map[string]bool{}
	for _, m := range requirementName.FindAllStringSubmatch(text, -1) {
		seen[m[1]+"-"+m[2]] = true
	}
	return sortedKeys(seen)
}

// Proofs is which test files name a requirement.
type Proofs map[string][]string

// ProofsIn collects the names of all test files, except one that is about naming.
func ProofsIn(s Source, except string) Proofs {
	out := Proofs{}
	for _, f := range s {
		if !f.Test || f.Path == except {
			continue
		}
		for _, id := range NamedIn(f.Text) {
			out[id] = append(out[id], f.Path)
		}
	}
	return out
}

// NamesExist finds names of requirements that there are not, and ranges.
func NamesExist(ids map[string]bool, s Source, except string) []string {
	var out findings
	for id, files := range ProofsIn(s, except) {
		if !ids[id] {
			out.add("%s names %s, which does not exist", strings.Join(files, ", "), id)
		}
	}
	for _, f := range s {
		if !f.Test || f.Path == except {
			continue
		}
		for _, m := range requirementRange.FindAllString(f.Text, -1) {
			out.add("%s names a range, %q; name each line", f.Path, m)
		}
	}
	return out.sorted()
}

// Unnamed lists the requirements of each journey that no test names.
func Unnamed(ids map[string]bool, proofs Proofs) map[string][]string {
	out := map[string][]string{}
	for id := range ids {
		if len(proofs[id]) == 0 {
			journey, _, _ := strings.Cut(id, "-")
			out[journey] = append(out[journey], id)
		}
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
	}
	return out
}

// Coverage says in a line for each journey how many of its requirements are named, and which are not.
func Coverage(ids map[string]bool, proofs Proofs) []string {
	total := map[string]int{}
	for id := range ids {
		journey, _, _ := strings.Cut(id, "-")
		total[journey]++
	}
	unnamed := Unnamed(ids, proofs)
	var out []string
	for journey, n := range total {
		line := fmt.Sprintf("%s: %d of %d named", journey, n-len(unnamed[journey]), n)
		if len(unnamed[journey]) > 0 {
			line += "; without a test: " + strings.Join(unnamed[journey], " ")
		}
		out = append(out, line)
	}
	sort.Strings(out)
	return out
}
