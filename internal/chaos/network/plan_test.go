package network

import (
	"slices"
	"strings"

	domain "turnup/internal/domain/provisioning"
)

// tasks are those of the machines.
var tasks = []string{"inventory", "subscriber", "access", "cpe", "verify", "activate", "bar", "settle"}

// modesOf are the ways in which a call can go wrong.
func modesOf(p Point) []Mode {
	kind, function, _ := strings.Cut(p.Function, " ")
	hook := strings.HasPrefix(function, "radius-hook")
	modes := []Mode{Refuse, KillBefore, Hang, Fail, Lose}
	switch {
	case p.System == dynamo:
		modes = []Mode{KillAfter, Fail, Lose, FailAfter, KillBefore}
	case p.System == states:
		return []Mode{Fail, KillAfter, Lose, KillBefore}
	case p.writes():
		modes = append(modes, KillAfter, Lie)
	}
	if !hook {
		modes = append(modes, Twin)
	}
	// Only tasks that do provisioning can be overtaken by the end of the service: what ends it is the last of all work.
	if kind == string(domain.Provision) && slices.Contains(tasks, function) {
		modes = append(modes, Ended, EndedKilled)
	}
	return modes
}

// writes tells whether the call changes something, as far as its name says.
func (p Point) writes() bool {
	switch p.System {
	case core:
		return strings.HasPrefix(p.Call, "Enable") || strings.HasPrefix(p.Call, "Disable")
	case nas:
		return true
	case dynamo, states:
		return false
	}
	return !strings.HasPrefix(p.Call, "GET ")
}

// steady picks the points that are the same in every life: what polls is looked at as long as it takes.
func steady(points []Point) []Point {
	return slices.DeleteFunc(slices.Clone(points), func(p Point) bool {
		_, function, _ := strings.Cut(p.Function, " ")
		switch {
		case strings.HasPrefix(p.Function, "no work:"):
			return true
		case strings.HasPrefix(function, "radius-hook"):
			return p.Nth > 1 || strings.HasPrefix(p.Function, string(domain.Terminate))
		case p.System == core && !p.writes(), p.System == controller && !p.writes():
			return p.Nth > 1
		case p.System == acs:
			return p.Nth > 2 || p.Nth > 1 && strings.HasSuffix(p.Call, "/faults/")
		case p.System == dynamo:
			return p.Nth > 2
		}
		return false
	})
}

// single plans each call in each way, or, thinned, each call in one way, in turns.
func single(points []Point, given *Fault, giveUp bool) (runs []Run) {
	for i, p := range points {
		modes := modesOf(p)
		for m, mode := range modes {
			if whole || m == i%len(modes) {
				runs = append(runs, Run{Given: given, Fault: &Fault{p, mode, false}, Cancel: giveUp, Twice: (i+m)%3 == 0})
			}
		}
	}
	return runs
}

// of picks points.
func of(points []Point, wanted func(Point) bool) []Point {
	return slices.DeleteFunc(slices.Clone(points), func(p Point) bool { return !wanted(p) })
}

// lasting plans what fails for good: each system, each task that uses it, from its first call on and from the first that changes
// something; and what RADIUS asks us, and DynamoDB, for each task. Thinned, every other way.
func lasting(points []Point) (runs []Run) {
	type pair struct{ function, system string }
	first, changes := map[pair]bool{}, map[pair]bool{}
	for i, p := range points {
		at, modes := pair{p.Function, p.System}, []Mode{}
		_, function, _ := strings.Cut(p.Function, " ")
		switch hook := strings.HasPrefix(function, "radius-hook"); {
		case p.System == states, first[at] && (p.System == dynamo || !p.writes() || changes[at]):
			continue
		case p.System == dynamo && hook:
			modes = []Mode{Fail, KillBefore}
		case p.System == dynamo && slices.Contains(tasks, function):
			modes = []Mode{Fail}
		case p.System == dynamo:
			continue
		case !first[at]:
			modes = []Mode{Refuse, Hang, Fail, KillBefore}
		}
		if p.writes() && !changes[at] {
			modes = append(modes, Lie, Lose)
			changes[at] = true
		}
		first[at] = true
		for m, mode := range modes {
			if !whole && len(modes) > 2 && (m+i)%2 == 0 {
				continue
			}
			runs = append(runs, Run{Fault: &Fault{p, mode, true}, Cancel: (i+m)%2 == 0, Twice: (i+m)%3 == 0, Early: len(runs)%6 == 0})
			if whole {
				runs = append(runs, Run{Fault: &Fault{p, mode, true}, Cancel: (i+m)%2 == 1})
			}
		}
	}
	return runs
}
