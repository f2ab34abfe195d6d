package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each alarm has its line in the runbook, and one dashboard shows them all, with every metric of ours.
func TestOperatorsSeeEverything(t *testing.T) {
	p := theProject(t)
	readme, err := os.ReadFile(filepath.Join(p.root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	none(t, Runbook(p.template, string(readme)))
	none(t, Dashboards(p.template, MetricsEmitted(p.source)))
}

const watched = `Resources:
  BellAlarm: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmDescription: "It rings. Runbook: README, Operating."}}
  Board:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardBody: !Sub
        - '{"widgets": [{"properties": {"alarms": ["${BellAlarm.Arn}"${More}], "metrics": [["Turnup", "Lag", "By", "x"], [".", "Count", ".", "y"], ["AWS/SQS", "Age"]]}}, {"properties": {"metrics": [[{"expression": "SEARCH(''{Turnup,By} MetricName=\"Took\"'', ''p95'', 300)"}]]}}]}'
        - {More: ""}`

func TestOperatingBites(t *testing.T) {
	row := "| `BellAlarm` | it rings | open |\n"
	emitted := func(names ...string) map[string]bool { return set(names...) }
	good := yamlOf(t, watched)
	bites(t, Runbook(good, row), "")
	bites(t, Runbook(good, ""), "the runbook has no line for BellAlarm")
	bites(t, Runbook(good, row+"| `HornAlarm`, `BellAlarm` | it blows | wait |\n"), "a line for HornAlarm, which is no alarm")
	bites(t, Runbook(yamlOf(t, strings.Replace(watched, " Runbook: README, Operating.", "", 1)), row), "BellAlarm does not say where")
	bites(t, Dashboards(good, emitted("Lag", "Count", "Took")), "")
	bites(t, Dashboards(good, emitted("Lag", "Count", "Took", "Lost")), "does not show the metric Lost")
	bites(t, Dashboards(good, emitted("Lag", "Took")), "shows the metric Count, which nothing emits")
	bites(t, Dashboards(yamlOf(t, strings.Replace(watched, "${BellAlarm.Arn}", "", 1)), emitted("Lag", "Count", "Took")), "does not show BellAlarm")
	bites(t, Dashboards(yamlOf(t, strings.Replace(watched, `"alarms": [`, `"alarms": `, 1)), emitted()), "DashboardBody: invalid")
	bites(t, Dashboards(yamlOf(t, "Resources: {}"), emitted()), "there are 0 dashboards")
}
