package check

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"turnup/internal/base/event"
	"turnup/internal/platform/relay"
	"turnup/internal/platform/rest"
	"turnup/internal/platform/task"
)

// Sample is one sample event of a function: events/<function>/<case>.json.
type Sample struct {
	Function, Case string
	Text           []byte
}

// ReadSamples reads all sample events.
func ReadSamples(root string) ([]Sample, error) {
	var out []Sample
	base := filepath.Join(root, "events")
	err := filepath.WalkDir(base, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(base, p)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(p)
		function, file := filepath.Split(rel)
		out = append(out, Sample{filepath.ToSlash(filepath.Clean(function)), file, text})
		return err
	})
	return out, err
}

// Samples checks that each function has samples of what it really takes, and each API operation and each task, by the function
// machines call it in, one of its own.
func Samples(t *Template, samples []Sample, ops, pages []rest.Op, tasks map[string]map[string]bool) []string {
	var out findings
	byRoute := map[string]rest.Op{}
	for _, op := range ops {
		byRoute[op.Method+" "+op.Path] = op
	}
	shown, tasksShown, functions := map[string]bool{}, map[string]map[string]bool{}, map[string]Function{}
	for _, f := range t.Functions() {
		functions[filepath.Base(f.Folder)] = f
	}
	has := map[string]bool{}
	for _, s := range samples {
		where := "events/" + s.Function + "/" + s.Case
		f, ok := functions[s.Function]
		if !ok || !strings.HasSuffix(s.Case, ".json") {
			out.add("%s is no JSON file of a function", where)
			continue
		}
		has[s.Function] = true
		var err error
		switch {
		case len(f.Routes) > 0:
			err = apiSample(f, s.Text, byRoute, pages, shown)
		case len(f.Queues) > 0:
			err = queueSample(t, f, s.Text)
		case len(f.Streams) > 0:
			err = streamSample(s.Text)
		case strings.HasPrefix(s.Function, "tasks-"):
			if tasksShown[s.Function] == nil {
				tasksShown[s.Function] = map[string]bool{}
			}
			err = taskSample(s.Text, tasks[f.Name], tasksShown[s.Function])
		default:
			err = scheduleSample(s.Text)
		}
		if err != nil {
			out.add("%s: %v", where, err)
		}
	}
	for _, name := range sortedKeys(functions) {
		if !has[name] {
			out.add("events/%s has no sample", name)
		}
		for _, task := range missing(tasks[functions[name].Name], tasksShown[name]) {
			out.add("events/%s has no sample of task %s", name, task)
		}
		for _, r := range functions[name].Routes {
			if key := r.Method + " " + r.Path; !shown[key] {
				out.add("events/%s has no sample of %s", name, key)
			}
		}
	}
	return out.sorted()
}

func apiSample(f Function, text []byte, ops map[string]rest.Op, pages []rest.Op, shown map[string]bool) error {
	var in events.APIGatewayProxyRequest
	if err := strictly(text, &in); err != nil {
		return err
	}
	key := in.HTTPMethod + " " + in.Resource
	routed := false
	for _, r := range f.Routes {
		routed = routed || r.Method+" "+r.Path == key
	}
	if !routed {
		return fmt.Errorf("%s is no route of %s", key, f.Name)
	}
	shown[key] = true
	path := in.Resource
	for name, value := range in.PathParameters {
		path = strings.NewReplacer("{"+name+"}", value, "{"+name+"+}", value).Replace(path)
	}
	op := ops[key]
	page, form := slices.ContainsFunc(pages, func(p rest.Op) bool { return p.Method == in.HTTPMethod && sameShape(p.Path, in.Path) }), in.HTTPMethod == http.MethodPost
	switch {
	case strings.HasSuffix(in.Resource, EveryPage) && !page:
		return fmt.Errorf("there is no page %s %s", in.HTTPMethod, in.Path)
	case path != in.Path:
		return fmt.Errorf("path %s should be %s", in.Path, path)
	case in.RequestContext.HTTPMethod != in.HTTPMethod || in.RequestContext.ResourcePath != in.Resource:
		return fmt.Errorf("the request context is of another route")
	case page && (form != (in.Body != "") || form != (in.Headers["Content-Type"] == "application/x-www-form-urlencoded")):
		return fmt.Errorf("it should be a form: %v", form)
	case page:
		return nil
	case op.Audience.SignedIn() && in.Headers["Authorization"] == "":
		return fmt.Errorf("there is no access token")
	case op.Audience == rest.Machine && in.Headers[rest.MachineHeader] == "":
		return fmt.Errorf("there is no key of the equipment")
	case op.NeedsKey() && in.Headers["Idempotency-Key"] == "":
		return fmt.Errorf("there is no Idempotency-Key")
	case (op.Request != nil) != (in.Body != ""):
		return fmt.Errorf("it should have a body: %v", op.Request != nil)
	case in.Body != "" && !json.Valid([]byte(in.Body)):
		return fmt.Errorf("the body is no JSON")
	}
	return nil
}

// sameShape tells whether a path is one of a pattern with {parameters}.
func sameShape(pattern, path string) bool {
	want, is := strings.Split(pattern, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, is, func(w, i string) bool { return w == i || strings.HasPrefix(w, "{") && i != "" })
}

// queueSample: SQS messages that hold EventBridge events whose detail is one of those that come into the queue, or what SES says of
// mails in the queue of its topic.
func queueSample(t *Template, f Function, text []byte) error {
	var in events.SQSEvent
	if err := strictly(text, &in); err != nil {
		return err
	}
	if len(f.Queues) > 0 && t.fedByTopic(f.Queues[0].Source) {
		return feedbackSample(in)
	}
	comes := map[string]bool{}
	for _, r := range t.Rules() {
		for _, to := range r.Targets {
			for _, q := range f.Queues {
				for _, typ := range r.Types {
					comes[typ] = comes[typ] || to.Resource == q.Source
				}
			}
		}
	}
	for _, record := range in.Records {
		var bus events.EventBridgeEvent
		if err := strictly([]byte(record.Body), &bus); err != nil {
			return err
		}
		if bus.Source != "turnup" || !comes[bus.DetailType] {
			return fmt.Errorf("%s from %s does not come into the queue", bus.DetailType, bus.Source)
		}
		if err := envelopeSample(bus.Detail, bus.DetailType); err != nil {
			return err
		}
	}
	return nonEmpty(len(in.Records))
}

// feedbackSample: notifications of SES, raw.
func feedbackSample(in events.SQSEvent) error {
	for _, record := range in.Records {
		var told map[string]any
		if err := json.Unmarshal([]byte(record.Body), &told); err != nil {
			return err
		}
		if text1(told, "notificationType") == "" || text1(told, "mail", "messageId") == "" {
			return fmt.Errorf("not a notification of SES about a mail")
		}
	}
	return nonEmpty(len(in.Records))
}

// envelopeSample reads an event by the code's own types.
func envelopeSample(raw []byte, typ string) error {
	var e event.Envelope
	if err := strictly(raw, &e); err != nil {
		return err
	}
	for _, d := range EventData {
		if known, version := d.EventType(); known == e.Type && version == e.Version && string(e.Type) == typ {
			return nil
		}
	}
	return fmt.Errorf("%s v%d is no event type, or not %s", e.Type, e.Version, typ)
}

func streamSample(text []byte) error {
	var in events.DynamoDBEvent
	if err := strictly(text, &in); err != nil {
		return err
	}
	for _, r := range in.Records {
		batch, err := relay.RowOf(r.Change.NewImage)
		if err != nil {
			return err
		}
		for _, e := range batch.Events {
			raw, err := json.Marshal(e)
			if err != nil {
				return err
			}
			if err := envelopeSample(raw, string(e.Type)); err != nil {
				return err
			}
		}
		if len(batch.Events) == 0 || string(batch.Events[0].ID) != batch.ID {
			return fmt.Errorf("the row is not named after its first event")
		}
	}
	return nonEmpty(len(in.Records))
}

func taskSample(text []byte, called, shown map[string]bool) error {
	var in task.Input
	if err := strictly(text, &in); err != nil {
		return err
	}
	if !called[in.Task] {
		return fmt.Errorf("no machine calls task %q in it", in.Task)
	}
	shown[in.Task] = true
	return nil
}

func scheduleSample(text []byte) error {
	var in events.EventBridgeEvent
	if err := strictly(text, &in); err != nil {
		return err
	}
	if in.DetailType != "Scheduled Event" || in.Source != "aws.events" {
		return fmt.Errorf("%s from %s is no scheduled event", in.DetailType, in.Source)
	}
	return nil
}

func nonEmpty(n int) error {
	if n == 0 {
		return fmt.Errorf("there are no records")
	}
	return nil
}
