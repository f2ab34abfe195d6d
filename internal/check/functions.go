package check

import (
	"path"
	"slices"
	"sort"
	"strings"
)

// Function is a Lambda function as the template declares it.
type Function struct {
	Name    string // logical id
	Folder  string // functions/<name>
	Timeout int    // seconds
	Env     map[string]bool
	Routes  []Route
	Queues  []Consumption
	Streams []Consumption
	Props   map[string]any
}

// Route is one API event of a function.
type Route struct{ Function, Folder, Event, Method, Path string }

// Consumption is a queue or stream that a function reads.
type Consumption struct {
	Event, Source string // Source is the logical id of the queue or table
	Partial       bool   // ReportBatchItemFailures
	Props         map[string]any
}

// Functions lists the template's functions by logical id.
func (t *Template) Functions() []Function {
	var out []Function
	for _, r := range t.ofType("AWS::Serverless::Function") {
		f := Function{Name: r.Name, Folder: strings.TrimSuffix(path.Clean(text1(r.Properties, "CodeUri")), "/"), Env: map[string]bool{}, Props: r.Properties}
		f.Timeout, _ = number1(t.Globals, "Function", "Timeout")
		if own, ok := number1(r.Properties, "Timeout"); ok {
			f.Timeout = own
		}
		for name := range dict(r.Properties, "Environment", "Variables") {
			f.Env[name] = true
		}
		events := dict(r.Properties, "Events")
		for _, name := range sortedKeys(events) {
			f.take(name, text1(events[name], "Type"), dict(events[name], "Properties"))
		}
		out = append(out, f)
	}
	return out
}

func (f *Function) take(event, typ string, props map[string]any) {
	partial := false
	for _, s := range texts(props["FunctionResponseTypes"]) {
		partial = partial || s == "ReportBatchItemFailures"
	}
	switch typ {
	case "Api":
		f.Routes = append(f.Routes, Route{f.Name, f.Folder, event, strings.ToUpper(text1(props, "Method")), text1(props, "Path")})
	case "SQS":
		f.Queues = append(f.Queues, Consumption{event, target(props["Queue"]), partial, props})
	case "DynamoDB":
		f.Streams = append(f.Streams, Consumption{event, target(props["Stream"]), partial, props})
	}
}

// Routes lists every API route.
func (t *Template) Routes() []Route {
	var out []Route
	for _, f := range t.Functions() {
		out = append(out, f.Routes...)
	}
	return out
}

// deadLetterQueues are the queues that something parks messages in.
func (t *Template) deadLetterQueues() map[string]bool {
	out := map[string]bool{}
	for _, r := range t.Resources {
		walk(r.Properties, func(v any) {
			for _, place := range []any{at(v, "RedrivePolicy", "deadLetterTargetArn"), at(v, "DeadLetterConfig", "Arn"), at(v, "DeadLetterConfig", "TargetArn"),
				at(v, "DeadLetterQueue", "TargetArn"), at(v, "DestinationConfig", "OnFailure", "Destination")} {
				if id := target(place); id != "" {
					out[id] = true
				}
			}
		})
	}
	return out
}

// Rule is an EventBridge rule of the bus.
type Rule struct {
	Name    string
	Types   []string // detail-type
	AllBut  []string // the types it leaves out, of one that takes all others; Types are those others then
	Sources []string
	Targets []RuleTarget
}

// RuleTarget is where a rule sends events to.
type RuleTarget struct{ Resource, DeadLetters string }

// Rules lists the rules with an event pattern.
func (t *Template) Rules() []Rule {
	var out []Rule
	for _, r := range t.ofType("AWS::Events::Rule") {
		pattern := r.Properties["EventPattern"]
		if pattern == nil {
			continue
		}
		rule := Rule{Name: r.Name, Sources: texts(at(pattern, "source"))}
		for _, either := range append([]any{pattern}, list(pattern, "$or")...) {
			rule.Types = append(rule.Types, texts(at(either, "detail-type"))...)
			for _, v := range list(either, "detail-type") {
				if rule.AllBut = texts(at(v, "anything-but")); len(rule.AllBut) > 0 {
					rule.Types = typesBut(rule.AllBut)
				}
			}
		}
		sort.Strings(rule.Types)
		for _, v := range list(r.Properties, "Targets") {
			rule.Targets = append(rule.Targets, RuleTarget{target(at(v, "Arn")), target(at(v, "DeadLetterConfig", "Arn"))})
		}
		out = append(out, rule)
	}
	return out
}

// typesBut lists the event types that are not left out.
func typesBut(left []string) (types []string) {
	for _, d := range EventData {
		if typ, _ := d.EventType(); !slices.Contains(left, string(typ)) {
			types = append(types, string(typ))
		}
	}
	return types
}

// statements lists the policy statements of a function or machine.
func statements(props map[string]any) []map[string]any {
	var out []map[string]any
	for _, p := range list(props, "Policies") {
		for _, s := range many(at(p, "Statement")) {
			if m, ok := s.(map[string]any); ok {
				out = append(out, m)
			}
		}
	}
	return out
}
