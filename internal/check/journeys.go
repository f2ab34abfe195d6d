package check

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"turnup/internal/base/fault"
	"turnup/internal/platform/rest"
	"turnup/internal/platform/web"
)

// journeyNames are the journeys that have steps.
var journeyNames = []struct{ id, name string }{{"S0", "A new customer buys by credit card"}, {"S1", "Purchasing a plan"},
	{"S2", "Coordinated signup, on pages"}, {"S3", "The life of a fibre customer"}}

// JourneyTable maps each customer step of each journey to what happens (requirement S0-55).
func JourneyTable(ops []rest.Op) string {
	var b strings.Builder
	common := map[string]bool{}
	for _, j := range journeyNames {
		fmt.Fprintf(&b, "### %s: %s\n\n| Customer's step | Operation | Endpoint | CRM and contract events | Faults of its own |\n| --- | --- | --- | --- | --- |\n", j.id, j.name)
		for _, op := range stepsOf(j.id, ops) {
			var faults []string
			of := commonFaults(op)
			for _, f := range op.Faults {
				if slices.Contains(of, f) {
					common[f.Code] = true
					continue
				}
				faults = append(faults, fmt.Sprintf("%d `%s`", f.Kind.Status(), f.Code))
			}
			events := "none"
			if len(op.Events) > 0 {
				events = "`" + strings.Join(op.Events, "`, `") + "`"
			}
			fmt.Fprintf(&b, "| %s | `%s` | `%s %s` | %s | %s |\n", strings.TrimPrefix(op.Step, j.id+" "), op.ID, op.Method, op.Path, events, strings.Join(faults, ", "))
		}
		b.WriteString("\n")
	}
	b.WriteString("Faults that any operation of its kind may answer: `" + strings.Join(sortedKeys(common), "`, `") + "`.\n")
	return b.String()
}

// commonFaults are those of every operation of its kind, or of every page.
func commonFaults(op rest.Op) []*fault.Fault {
	if op.Service == "" {
		return web.CommonFaults
	}
	return rest.CommonFaults(op)
}

// stepsOf are the operations that are steps of a journey, in their order.
func stepsOf(journey string, ops []rest.Op) (steps []rest.Op) {
	for _, op := range ops {
		if strings.HasPrefix(op.Step, journey+" ") {
			steps = append(steps, op)
		}
	}
	sort.SliceStable(steps, func(i, j int) bool { return stepNumber(steps[i]) < stepNumber(steps[j]) })
	return steps
}

// stepNumber is the number of a customer's step in its journey ("S0 3 Catalogue"), 0 without one.
func stepNumber(op rest.Op) int {
	words := strings.Fields(op.Step)
	if len(words) < 3 {
		return 0
	}
	n, err := strconv.Atoi(words[1])
	if err != nil {
		return 0
	}
	return n
}

// OperationsDescribed checks what the journey tables and the OpenAPI document are made of: every operation is described, and the
// customer's steps of each journey are numbered without a gap.
func OperationsDescribed(ops []rest.Op) []string {
	var out findings
	for _, op := range ops {
		if op.Service != "" && op.Summary == "" || op.About == "" {
			out.add("%s has no summary or description", op.ID)
		}
		known := slices.ContainsFunc(journeyNames, func(j struct{ id, name string }) bool { return strings.HasPrefix(op.Step, j.id+" ") })
		if op.Step != "" && !known {
			out.add("%s: step %q is of no journey", op.ID, op.Step)
		}
	}
	for _, j := range journeyNames {
		for i, op := range stepsOf(j.id, ops) {
			if stepNumber(op) != i+1 {
				out.add("%s: step %q: steps should be numbered from 1 without a gap", op.ID, op.Step)
			}
		}
	}
	return out
}
