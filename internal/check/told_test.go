package check

import (
	"slices"
	"strings"
	"testing"
	"time"

	"turnup/internal/api/operations"
)

// R8: when a payment is looked at next, and which queue an overdue timer waits in, is what the machine and the rules do.
func TestStaffAreToldWhatTheMachineryDoes(t *testing.T) {
	p := theProject(t)
	machines := allMachines(t, p.root)
	at := slices.IndexFunc(machines, func(m Machine) bool { return m.Name == "settlement" })
	if at < 0 {
		t.Fatal("there is no machine settlement")
	}
	none(t, PausesTold(machines[at], p.template, operations.Looks()))
	none(t, TimersTold(p.template, operations.TimerQueues()))
}

func TestToldBites(t *testing.T) {
	const text = `{"States": {"Settled?": {"Choices": [{"Condition": "{% $outcome = 'settled' %}", "Next": "Done"}, {"Condition": "{% $tries < 4 %}", "Next": "Pause"}]}, "Pause": {"Seconds": "{% $min([60 * $power(2, $tries - 1), 150]) %}"}}}`
	delayed := yamlOf(t, "Parameters: {FirstLook: {Default: 70}}")
	told := []time.Duration{70 * time.Second, time.Minute, 2 * time.Minute, 150 * time.Second}
	for name, c := range map[string]struct{ from, to, want string }{
		"good": {"", "", ""}, "longer": {"60 *", "90 *", "staff are told"}, "more often": {"< 4", "< 5", "staff are told"}, "capped otherwise": {", 150", ", 120", "staff are told"},
		"written otherwise": {"$min(", "$max(", "can be read"}, "without an end": {"< 4", "= 4", "can be read"},
	} {
		m, err := ParseMachine("settlement", []byte(strings.Replace(text, c.from, c.to, 1)))
		if err != nil {
			t.Fatal(name, err)
		}
		bites(t, PausesTold(m, delayed, told), c.want)
	}
	m, err := ParseMachine("settlement", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	bites(t, PausesTold(m, yamlOf(t, "Parameters: {FirstLook: {Default: 7}}"), told), "staff are told")

	rules := yamlOf(t, `Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${AWS::StackName}-timers"}}, S: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${AWS::StackName}-signups"}},
  R: {Type: AWS::Events::Rule, Properties: {EventPattern: {detail-type: [timer.due], detail: {data: {kind: [a, b]}}}, Targets: [{Arn: !GetAtt Q.Arn}]}},
  O: {Type: AWS::Events::Rule, Properties: {EventPattern: {$or: [{detail-type: [order.paid]}, {detail-type: [timer.due], detail: {data: {kind: [c]}}}]}, Targets: [{Arn: !GetAtt S.Arn}]}}}`)
	bites(t, TimersTold(rules, map[string]string{"a": "timers", "b": "timers", "c": "signups"}), "")
	bites(t, TimersTold(rules, map[string]string{"a": "timers", "b": "signups", "c": "signups"}), `timers b go to the queue "timers"; staff are told "signups"`)
	bites(t, TimersTold(rules, map[string]string{"a": "timers", "b": "timers", "c": "signups", "d": "timers"}), `timers d go to the queue ""`)
	bites(t, TimersTold(rules, map[string]string{"a": "timers", "b": "timers"}), "staff are not told")
}
