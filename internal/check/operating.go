package check

import (
	"encoding/json"
	"go/ast"
	"regexp"
	"slices"
	"strings"
)

var (
	runbookRow  = regexp.MustCompile("(?m)^\\| (`[A-Za-z]+Alarm`.*?) \\| [^|]+ \\| [^|]+ \\|$")
	alarmName   = regexp.MustCompile("`([A-Za-z]+Alarm)`")
	substituted = regexp.MustCompile(`\$\{([^}]+)\}`)
)

// Runbook holds the template's alarms against the table in the README that says what each means and what to do: one row for each, and no row
// of an alarm that is gone. The alarm itself says where to look.
func Runbook(t *Template, readme string) []string {
	var out findings
	said, alarms := map[string]bool{}, map[string]bool{}
	for _, row := range runbookRow.FindAllStringSubmatch(readme, -1) {
		for _, name := range alarmName.FindAllStringSubmatch(row[1], -1) {
			said[name[1]] = true
		}
	}
	for _, a := range t.ofType("AWS::CloudWatch::Alarm") {
		alarms[a.Name] = true
		if !strings.HasSuffix(text1(a.Properties, "AlarmDescription"), "Runbook: README, Operating.") {
			out.add("%s does not say where its runbook is", a.Name)
		}
	}
	for _, name := range missing(alarms, said) {
		out.add("the runbook has no line for %s", name)
	}
	for _, name := range missing(said, alarms) {
		out.add("the runbook has a line for %s, which is no alarm", name)
	}
	return out.sorted()
}

// MetricsEmitted are the names of the metrics that the code emits.
func MetricsEmitted(s Source) map[string]bool {
	out := map[string]bool{}
	for _, f := range s.production() {
		name := f.nameOf(module + "/internal/platform/metric")
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && len(call.Args) > 1 {
				if fn, ok := selected(call.Fun, name); ok && fn == "Emit" {
					if metric, ok := literal(call.Args[1]); ok {
						out[metric] = true
					}
				}
			}
			return true
		})
	}
	return out
}

// Dashboards holds the one dashboard against the template and the code: it can be read, shows every alarm, and every metric that the code
// emits and no other of ours.
func Dashboards(t *Template, emitted map[string]bool) []string {
	var out findings
	all := t.ofType("AWS::CloudWatch::Dashboard")
	if len(all) != 1 {
		out.add("there are %d dashboards instead of one", len(all))
		return out.sorted()
	}
	body := at(all[0].Properties, "DashboardBody", "Fn::Sub")
	parts, ok := body.([]any)
	if !ok || len(parts) != 2 {
		out.add("%s: DashboardBody is not Fn::Sub of a text and its values", all[0].Name)
		return out.sorted()
	}
	text, _ := parts[0].(string)
	var read any
	if err := json.Unmarshal([]byte(substituted.ReplaceAllString(text, "")), &read); err != nil {
		out.add("%s: DashboardBody: %v", all[0].Name, err)
	}
	whole := text
	walk(parts[1], func(v any) {
		if s, ok := v.(string); ok {
			whole += s
		}
	})
	for _, a := range t.ofType("AWS::CloudWatch::Alarm") {
		if !strings.Contains(whole, "${"+a.Name+".Arn}") {
			out.add("%s does not show %s", all[0].Name, a.Name)
		}
	}
	shown := map[string]bool{}
	for _, w := range list(read, "widgets") {
		ours := false
		for _, m := range list(w, "properties", "metrics") {
			row, _ := m.([]any)
			if len(row) > 1 {
				space, _ := row[0].(string)
				ours = space == "Turnup" || ours && space == "."
				if name, ok := row[1].(string); ok && ours {
					shown[name] = true
				}
			}
			if len(row) == 1 && strings.Contains(text1(row[0], "expression"), "{Turnup,") {
				shown[searched.FindStringSubmatch(text1(row[0], "expression"))[1]] = true
			}
		}
	}
	for _, name := range missing(emitted, shown) {
		out.add("%s does not show the metric %s", all[0].Name, name)
	}
	for _, name := range missing(shown, emitted) {
		out.add("%s shows the metric %s, which nothing emits", all[0].Name, name)
	}
	return slices.Compact(out.sorted())
}

var searched = regexp.MustCompile(`MetricName="(\w*)"`)
