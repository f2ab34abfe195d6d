package check

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"

	"turnup/internal/platform/task"
)

// MaxStates of one machine: more is more than one machine's worth.
const MaxStates = 15

// ofLambda are the names under which Lambda refuses a call for now, or reports a function that crashed or did not end in its time; every
// task retries them.
var ofLambda = []string{"Lambda.TooManyRequestsException", "Lambda.ServiceException", "Lambda.SdkClientException", "Lambda.ClientExecutionTimeoutException",
	"Lambda.AWSLambdaException", "Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout"}

// Machine is a state machine's definition.
type Machine struct {
	Name string // of the file, without .asl.json
	Doc  map[string]any
	Text string
}

// ParseMachine parses a definition. It must be JSON: one local cloud deploys YAML and then fails every execution.
func ParseMachine(name string, text []byte) (Machine, error) {
	m := Machine{Name: name, Text: string(text)}
	if err := json.Unmarshal(text, &m.Doc); err != nil {
		return m, fmt.Errorf("statemachines/%s.asl.json: %w", name, err)
	}
	return m, nil
}

func (m Machine) states() map[string]any { return dict(m.Doc, "States") }

// leads lists the states a state may be followed by, and whether it may end the execution.
func leads(state any) (next []string, ends bool) {
	ends, _ = at(state, "End").(bool)
	switch text1(state, "Type") {
	case "Succeed", "Fail":
		ends = true
	}
	for _, s := range []string{text1(state, "Next"), text1(state, "Default")} {
		if s != "" {
			next = append(next, s)
		}
	}
	for _, branch := range append(list(state, "Choices"), list(state, "Catch")...) {
		next = append(next, text1(branch, "Next"))
	}
	return next, ends
}

// Shape checks a machine's build: JSONata, few states, every state reachable, every path ends.
func Shape(m Machine) []string {
	var out findings
	states := m.states()
	if text1(m.Doc, "QueryLanguage") != "JSONata" {
		out.add("%s: QueryLanguage is not JSONata", m.Name)
	}
	if len(states) > MaxStates {
		out.add("%s has %d states; at most %d", m.Name, len(states), MaxStates)
	}
	if _, ok := at(m.Doc, "TimeoutSeconds").(float64); !ok {
		out.add("%s has no TimeoutSeconds", m.Name)
	}
	reached, comesFrom, final := map[string]bool{}, map[string][]string{}, []string{}
	open := []string{text1(m.Doc, "StartAt")}
	for len(open) > 0 {
		name := open[0]
		open = open[1:]
		if reached[name] {
			continue
		}
		reached[name] = true
		state, ok := states[name]
		if !ok {
			out.add("%s: there is no state %q", m.Name, name)
			continue
		}
		next, ends := leads(state)
		if ends {
			final = append(final, name)
		}
		for _, n := range next {
			comesFrom[n] = append(comesFrom[n], name)
		}
		open = append(open, next...)
	}
	canEnd := map[string]bool{}
	for len(final) > 0 {
		name := final[0]
		final = final[1:]
		if !canEnd[name] {
			canEnd[name] = true
			final = append(final, comesFrom[name]...)
		}
	}
	for _, name := range sortedKeys(states) {
		switch {
		case !reached[name]:
			out.add("%s: state %q is never reached", m.Name, name)
		case !canEnd[name]:
			out.add("%s: no path from state %q ends", m.Name, name)
		}
	}
	return out.sorted()
}

// TaskStates checks that each task ends in time, is tried again when that helps, and never fails the machine by surprise.
func TaskStates(m Machine, codes map[string]bool) []string {
	var out findings
	for _, name := range sortedKeys(m.states()) {
		state := m.states()[name]
		if text1(state, "Type") != "Task" {
			continue
		}
		if _, ok := at(state, "TimeoutSeconds").(float64); !ok {
			out.add("%s: task %q has no TimeoutSeconds", m.Name, name)
		}
		retried := map[string]bool{}
		for _, r := range list(state, "Retry") {
			for _, e := range texts(at(r, "ErrorEquals")) {
				retried[e] = true
			}
			if text1(r, "JitterStrategy") != "FULL" {
				out.add("%s: task %q retries without jitter", m.Name, name)
			}
		}
		for _, e := range append([]string{task.Transient}, ofLambda...) {
			if !retried[e] {
				out.add("%s: task %q does not retry %s", m.Name, name, e)
			}
		}
		if len(list(state, "Catch")) == 0 {
			out.add("%s: task %q has no Catch", m.Name, name)
		}
		for _, c := range list(state, "Catch") {
			for _, e := range texts(at(c, "ErrorEquals")) {
				if !strings.HasPrefix(e, "States.") && e != task.Transient && !codes[e] {
					out.add("%s: task %q catches %s, which is no fault code", m.Name, name, e)
				}
			}
		}
	}
	return out.sorted()
}

// tasksUsed are the names of the tasks that a machine calls, by the placeholder of the function it calls them in.
func tasksUsed(m Machine) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, state := range m.states() {
		name, where := text1(state, "Arguments", "Payload", "task"), ""
		if found := substitution.FindStringSubmatch(text1(state, "Arguments", "FunctionName")); found != nil {
			where = found[1]
		}
		if name == "" && text1(state, "Type") != "Task" {
			continue
		}
		if out[where] == nil {
			out[where] = map[string]bool{}
		}
		out[where][name] = true
	}
	return out
}

// TasksCalled are the tasks that the machines call, by the function (a resource of the template) they call them in.
func TasksCalled(machines []Machine, deployed map[string]Deployment) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, m := range machines {
		for where, names := range tasksUsed(m) {
			function := target(deployed[m.Name].Substitutions[where])
			if out[function] == nil {
				out[function] = map[string]bool{}
			}
			for name := range names {
				out[function][name] = true
			}
		}
	}
	return out
}

// TaskNames holds the tasks that all machines together call in each function against those it knows: none is called where it is not
// known, and each is called by some machine.
func TaskNames(called, registered map[string]map[string]bool) []string {
	var out findings
	functions := map[string]bool{}
	for f := range called {
		functions[f] = true
	}
	for f := range registered {
		functions[f] = true
	}
	for _, f := range sortedKeys(functions) {
		for _, name := range missing(called[f], registered[f]) {
			out.add("task %q is called in %q, which does not know it", name, f)
		}
		for _, name := range missing(registered[f], called[f]) {
			out.add("task %q of %q is called by no machine", name, f)
		}
	}
	return out
}

var substitution = regexp.MustCompile(`\$\{([A-Za-z0-9]+)\}`)

// Deployment is how the template deploys a machine.
type Deployment struct {
	Resource      string
	Substitutions map[string]any
}

// MachinesDeployed finds the state machines of the template by their file's name.
func MachinesDeployed(t *Template) map[string]Deployment {
	out := map[string]Deployment{}
	for _, r := range t.ofType("AWS::Serverless::StateMachine") {
		name := strings.TrimSuffix(path.Base(text1(r.Properties, "DefinitionUri")), ".asl.json")
		out[name] = Deployment{r.Name, dict(r.Properties, "DefinitionSubstitutions")}
	}
	return out
}

// Substituted holds the placeholders of a definition against what the template puts in.
func Substituted(m Machine, deployed map[string]Deployment) []string {
	d, ok := deployed[m.Name]
	if !ok {
		return []string{"statemachines/" + m.Name + ".asl.json is not deployed by the template"}
	}
	var out findings
	used, given := map[string]bool{}, map[string]bool{}
	for _, s := range substitution.FindAllStringSubmatch(m.Text, -1) {
		used[s[1]] = true
	}
	for name := range d.Substitutions {
		given[name] = true
	}
	for _, name := range missing(used, given) {
		out.add("%s uses ${%s}, which %s does not substitute", m.Name, name, d.Resource)
	}
	for _, name := range missing(given, used) {
		out.add("%s substitutes %s, which %s does not use", d.Resource, name, m.Name)
	}
	return out
}

// Described checks that the page has a section for each machine, with prose and a compensation table.
func Described(machines []Machine, page string) []string {
	var out findings
	sections := map[string]string{}
	for _, s := range strings.Split("\n"+page, "\n## ")[1:] {
		name, body, _ := strings.Cut(s, "\n")
		sections[strings.TrimSpace(name)] = body
	}
	known := map[string]bool{}
	for _, m := range machines {
		known[m.Name] = true
		body, ok := sections[m.Name]
		if !ok {
			out.add("statemachines/README.md has no section %q", m.Name)
			continue
		}
		if !strings.Contains(body, "| --- |") {
			out.add("statemachines/README.md: section %q has no table of compensations", m.Name)
		}
		for _, state := range sortedKeys(m.states()) {
			if text1(m.states()[state], "Type") == "Task" && !strings.Contains(body, state) {
				out.add("statemachines/README.md: section %q does not mention %s", m.Name, state)
			}
		}
	}
	return out
}
