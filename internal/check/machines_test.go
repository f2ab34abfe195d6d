package check

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"turnup/internal/base/fault"
	"turnup/internal/consumer/provisioning"
	"turnup/internal/consumer/settlement"
	"turnup/internal/consumer/signups"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/platform/task"
)

// tasksOf are the tasks of each tasks-… function.
var tasksOf = map[string]map[string]task.Handle{
	"functions/tasks-settlement":   settlement.Tasks{}.Named(),
	"functions/tasks-inventory":    provisioning.Inventory(domain.Saga{}, domain.Doctor{}),
	"functions/tasks-access":       provisioning.Access(domain.Saga{}, domain.Doctor{}),
	"functions/tasks-cpe":          provisioning.Devices(domain.Saga{}, domain.Doctor{}),
	"functions/tasks-signups":      signups.Tasks{}.Named(),
	"functions/tasks-provisioning": provisioning.Own(domain.Settler{}, domain.Doctor{}),
}

func TestMachinesAreSound(t *testing.T) {
	p := theProject(t)
	machines, deployed := allMachines(t, p.root), MachinesDeployed(p.template)
	codes := map[string]bool{}
	for _, f := range fault.Catalogue() {
		codes[f.Code] = true
	}
	page, err := os.ReadFile(filepath.Join(p.root, "statemachines", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	none(t, Described(machines, string(page)))
	known := map[string]map[string]bool{}
	for _, f := range p.template.Functions() {
		if tasks := tasksOf[f.Folder]; tasks != nil {
			known[f.Name] = registered(tasks)
		} else if strings.HasPrefix(f.Folder, "functions/tasks-") {
			t.Errorf("%s is missing in tasksOf", f.Folder)
		}
	}
	if len(known) != len(tasksOf) {
		t.Errorf("%d functions of tasks are deployed, tasksOf has %d", len(known), len(tasksOf))
	}
	none(t, TaskNames(TasksCalled(machines, deployed), known))
	for _, m := range machines {
		none(t, Shape(m))
		none(t, TaskStates(m, codes))
		none(t, Substituted(m, deployed))
	}
	if len(deployed) != len(machines) {
		t.Errorf("the template deploys %d machines, there are %d files", len(deployed), len(machines))
	}
}

func registered(tasks map[string]task.Handle) map[string]bool {
	out := map[string]bool{}
	for name := range tasks {
		out[name] = true
	}
	return out
}

func allMachines(t *testing.T, root string) []Machine {
	t.Helper()
	files, err := filesOf(root, "statemachines")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sortedKeys(files) {
		if name != "README.md" && !strings.HasSuffix(name, ".asl.json") {
			t.Errorf("statemachines/%s is neither a definition in JSON nor the README", name)
		}
	}
	machines, err := ReadMachines(root)
	if err != nil {
		t.Fatal(err)
	}
	return machines
}

const sound = `{"QueryLanguage":"JSONata","StartAt":"Ask","TimeoutSeconds":60,"States":{
	"Ask":{"Type":"Task","Arguments":{"FunctionName":"${TasksFunction}","Payload":{"task":"ask"}},"TimeoutSeconds":30,
		"Retry":[{"ErrorEquals":["Transient","Lambda.TooManyRequestsException","Lambda.ServiceException","Lambda.SdkClientException","Lambda.ClientExecutionTimeoutException","Lambda.AWSLambdaException","Lambda.Unknown","Runtime.ExitError","Sandbox.Timedout"],"JitterStrategy":"FULL"}],
		"Catch":[{"ErrorEquals":["payment_declined"],"Next":"No"},{"ErrorEquals":["States.ALL"],"Next":"No"}],"Next":"Which?"},
	"Which?":{"Type":"Choice","Choices":[{"Condition":"{% true %}","Next":"Wait"}],"Default":"Yes"},
	"Wait":{"Type":"Wait","Seconds":1,"Next":"Ask"},
	"No":{"Type":"Fail"},"Yes":{"Type":"Pass","End":true}}}`

func TestMachinesBite(t *testing.T) {
	codes, deployed := set("payment_declined"), map[string]Deployment{"m": {"M", map[string]any{"TasksFunction": map[string]any{"Fn::GetAtt": []any{"F", "Arn"}}}}}
	known := map[string]map[string]bool{"F": set("ask")}
	for name, c := range map[string]struct{ from, to, want string }{
		"good":            {"", "", ""},
		"JSONPath":        {`"QueryLanguage":"JSONata",`, "", "not JSONata"},
		"no end in time":  {`"TimeoutSeconds":60,`, "", "m has no TimeoutSeconds"},
		"task for ever":   {`,"TimeoutSeconds":30`, "", `task "Ask" has no TimeoutSeconds`},
		"no retry":        {`"Transient",`, "", "does not retry Transient"},
		"no throttling":   {`"Lambda.TooManyRequestsException",`, "", "does not retry Lambda.TooManyRequestsException"},
		"no jitter":       {`,"JitterStrategy":"FULL"`, "", "retries without jitter"},
		"no catch":        {`"Catch":[{"ErrorEquals":["payment_declined"],"Next":"No"},{"ErrorEquals":["States.ALL"],"Next":"No"}],`, "", "has no Catch"},
		"unknown code":    {`"payment_declined"`, `"payment_refused"`, "catches payment_refused, which is no fault code"},
		"unreachable":     {`"No":{"Type":"Fail"}`, `"No":{"Type":"Fail"},"Lost":{"Type":"Succeed"}`, `state "Lost" is never reached`},
		"missing state":   {`"Default":"Yes"`, `"Default":"Perhaps"`, `there is no state "Perhaps"`},
		"no way out":      {`"Default":"Yes"`, `"Default":"Round"},"Round":{"Type":"Wait","Next":"Round"`, `no path from state "Round" ends`},
		"unknown task":    {`"task":"ask"`, `"task":"aks"`, `task "aks" is called in "F", which does not know it`},
		"task not called": {`"task":"ask"`, `"task":""`, `task "ask" of "F" is called by no machine`},
		"other function":  {`"${TasksFunction}"`, `"${OtherTasks}"`, `task "ask" is called in "", which does not know it`},
		"not substituted": {`"${TasksFunction}"`, `"${TaskFunction}"`, "uses ${TaskFunction}"},
		"not used":        {`"${TasksFunction}"`, `"x"`, "substitutes TasksFunction"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := ParseMachine("m", []byte(replace(t, sound, c.from, c.to)))
			if err != nil {
				t.Fatal(err)
			}
			found := append(append(append(Shape(m), TaskStates(m, codes)...), TaskNames(TasksCalled([]Machine{m}, deployed), known)...), Substituted(m, deployed)...)
			bites(t, found, c.want)
		})
	}
	m, err := ParseMachine("m", []byte(sound))
	if err != nil {
		t.Fatal(err)
	}
	bites(t, Substituted(m, nil), "is not deployed")
	other := m // machines may share a function: what one of them calls is called
	other.Name, deployed["other"] = "other", Deployment{"O", map[string]any{"TasksFunction": map[string]any{"Ref": "G"}}}
	bites(t, TaskNames(TasksCalled([]Machine{m, other}, deployed), map[string]map[string]bool{"F": set("ask"), "G": set("ask", "tell")}), `task "tell" of "G" is called by no machine`)
	bites(t, TaskNames(TasksCalled([]Machine{m, other}, deployed), known), `task "ask" is called in "G", which does not know it`)
	bites(t, TaskNames(TasksCalled([]Machine{m, other}, deployed), map[string]map[string]bool{"F": set("ask"), "G": set("ask")}), "")
	var more strings.Builder
	for i := range MaxStates {
		fmt.Fprintf(&more, `"S%d":{"Type":"Succeed"},`, i)
	}
	big, err := ParseMachine("m", []byte(replace(t, sound, `"No":`, more.String()+`"No":`)))
	if err != nil {
		t.Fatal(err)
	}
	bites(t, Shape(big), "m has 20 states; at most 15")
	if _, err := ParseMachine("m", []byte("StartAt: Ask\n")); err == nil {
		t.Error("a definition in YAML was taken")
	}
	bites(t, Described([]Machine{m}, "## m\n\nIt asks. Ask asks.\n\n| Step | Undone by |\n| --- | --- |\n"), "")
	bites(t, Described([]Machine{m}, "# Machines\n"), `has no section "m"`)
	bites(t, Described([]Machine{m}, "## m\n\nAsk asks.\n"), "no table of compensations")
	bites(t, Described([]Machine{m}, "## m\n\n| Step |\n| --- |\n"), "does not mention Ask")
}
