package check

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ReadMachines reads all definitions, by name.
func ReadMachines(root string) ([]Machine, error) {
	files, err := filepath.Glob(filepath.Join(root, "statemachines", "*.asl.json"))
	if err != nil {
		return nil, err
	}
	var out []Machine
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		m, err := ParseMachine(strings.TrimSuffix(filepath.Base(f), ".asl.json"), text)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// Diagrams draws the machines, as Mermaid.
func Diagrams(machines []Machine) string {
	var b strings.Builder
	for _, m := range machines {
		fmt.Fprintf(&b, "### %s, drawn\n\n```mermaid\nstateDiagram-v2\n    [*] --> %s\n", m.Name, drawn(text1(m.Doc, "StartAt")))
		states := m.states()
		for _, name := range sortedKeys(states) {
			for _, way := range ways(states[name]) {
				fmt.Fprintf(&b, "    %s --> %s\n", drawn(name), way)
			}
		}
		b.WriteString("```\n\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// ways are the arrows that lead from a state, with what takes them.
func ways(state any) (out []string) {
	for _, c := range list(state, "Choices") {
		when := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(text1(c, "Condition"), "{%"), "%}"))
		out = append(out, drawn(text1(c, "Next"))+": "+strings.ReplaceAll(when, ":", " "))
	}
	if otherwise := text1(state, "Default"); otherwise != "" {
		out = append(out, drawn(otherwise)+": otherwise")
	}
	if next := text1(state, "Next"); next != "" {
		out = append(out, drawn(next))
	}
	for _, c := range list(state, "Catch") {
		out = append(out, drawn(text1(c, "Next"))+": on "+strings.Join(texts(at(c, "ErrorEquals")), ", "))
	}
	if _, ends := leads(state); ends {
		out = append(out, "[*]")
	}
	return out
}

// drawn makes a state's name one of the diagram's, which are words.
func drawn(name string) string { return strings.NewReplacer(" ", "_", "?", "").Replace(name) }
