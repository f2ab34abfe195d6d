package check

import (
	"os"
	"path/filepath"
	"strings"
)

// zone is the function that looks a time zone up.
const zone = "turnup/internal/base/civil.Zone"

// Zones checks that each function that looks time zones up brings them along: the machine it runs on has none.
func (g *Graph) Zones(root string) []string {
	var out findings
	for dir, main := range g.byDir {
		needs := false
		for f := range g.Reached(main) {
			needs = needs || f.FullName() == zone
		}
		raw, err := os.ReadFile(filepath.Join(root, dir, "main.go"))
		if err != nil {
			out.add("%v", err)
			continue
		}
		if brings := strings.Contains(string(raw), `_ "time/tzdata"`); brings != needs {
			out.add("%s: imports time/tzdata is %v, and it looks time zones up is %v", dir, brings, needs)
		}
	}
	return out.sorted()
}
