package check

import (
	"encoding/json"
	"regexp"
	"strings"
)

// MaxResources leaves room below CloudFormation's 500 of one stack: for one more function with its queue, its alarm and a dozen routes.
const MaxResources = 475

// maxRolePolicies is IAM's limit for all inline policies of one role together, in characters.
const maxRolePolicies = 10240

// wildcards are the resources that may hold a *, with the reason.
var wildcards = map[string]string{
	":identity/*": "SES sends from an identity that the operator verifies after deployment; its name is not known here",
}

// Policies checks that permissions name what they are for.
func Policies(t *Template) []string {
	var out findings
	for _, typ := range []string{"AWS::Serverless::Function", "AWS::Serverless::StateMachine"} {
		for _, r := range t.ofType(typ) {
			size := 0
			for _, s := range statements(r.Properties) {
				raw, err := json.Marshal(s)
				if err != nil {
					out.add("%s: %v", r.Name, err)
				}
				size += len(raw)
				out = append(out, broad(r.Name, s)...)
			}
			if size >= maxRolePolicies {
				out.add("%s: its policies have %d characters; a role takes %d", r.Name, size, maxRolePolicies)
			}
		}
	}
	for _, r := range append(t.ofType("AWS::SQS::QueuePolicy"), t.ofType("AWS::SNS::TopicPolicy")...) {
		for _, s := range many(at(r.Properties, "PolicyDocument", "Statement")) {
			if m, ok := s.(map[string]any); ok {
				out = append(out, broad(r.Name, m)...)
			}
		}
	}
	return out.sorted()
}

func broad(name string, statement map[string]any) findings {
	var out findings
	for _, a := range texts(statement["Action"]) {
		if strings.Contains(a, "*") {
			out.add("%s: action %s is a wildcard", name, a)
		}
	}
	for _, v := range many(statement["Resource"]) {
		arn, ok := v.(string)
		if !ok {
			arn = text1(v, "Fn::Sub")
		}
		if strings.Contains(arn, "*") && !excused(arn) {
			out.add("%s: resource %s is a wildcard", name, arn)
		}
	}
	if statement["NotAction"] != nil || statement["NotResource"] != nil {
		out.add("%s: NotAction and NotResource grant what nobody listed", name)
	}
	return out
}

func excused(arn string) bool {
	for suffix := range wildcards {
		if strings.HasSuffix(arn, suffix) {
			return true
		}
	}
	return false
}

// TablesKept checks that tables outlive the stack and can be restored, and that code and template know the same ones.
func TablesKept(t *Template, inCode []string) []string {
	var out findings
	declared := map[string]bool{}
	for _, r := range t.ofType("AWS::DynamoDB::Table") {
		name := tableName(r)
		if name == "" {
			out.add("%s: TableName should be ${AWS::StackName}-<table>", r.Name)
		}
		declared[name] = true
		if r.DeletionPolicy != "Retain" || r.UpdateReplacePolicy != "Retain" {
			out.add("%s: DeletionPolicy and UpdateReplacePolicy must be Retain", r.Name)
		}
		if on, _ := at(r.Properties, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled").(bool); !on {
			out.add("%s has no point-in-time recovery", r.Name)
		}
	}
	for _, name := range missing(set(inCode...), declared) {
		out.add("table %s of store.Tables is not in the template", name)
	}
	for _, name := range missing(declared, set(inCode...)) {
		out.add("table %s of the template is not in store.Tables", name)
	}
	return out.sorted()
}

// tableName is the table's name without the deployment's prefix.
func tableName(r Resource) string {
	name, ok := strings.CutPrefix(text1(r.Properties, "TableName", "Fn::Sub"), "${AWS::StackName}-")
	if !ok {
		return ""
	}
	return name
}

var placeholder = regexp.MustCompile(`\$\{([A-Za-z0-9:.]+)\}`)

// References checks that everything referred to is written in the template: not something that SAM generates, whose name the
// local clouds do not give, and nothing misspelt.
func References(t *Template) []string {
	known := map[string]bool{}
	for name := range t.Resources {
		known[name] = true
	}
	for name := range t.Parameters {
		known[name] = true
	}
	seen := map[string]bool{}
	look := func(where string, v any) {
		walk(v, func(v any) {
			ids := []string{target(v)}
			if ids[0] == "" {
				ids = nil
			}
			template, own := text1(v, "Fn::Sub"), map[string]any(nil)
			if l := list(v, "Fn::Sub"); len(l) == 2 {
				template, _ = l[0].(string)
				own = dict(l[1])
			}
			for _, m := range placeholder.FindAllStringSubmatch(template, -1) {
				if id, _, _ := strings.Cut(m[1], "."); own[id] == nil {
					ids = append(ids, id)
				}
			}
			for _, id := range ids {
				if !known[id] && !strings.HasPrefix(id, "AWS::") {
					seen[where+" refers to "+id+", which the template does not declare"] = true
				}
			}
		})
	}
	for name, r := range t.Resources {
		look(name, r.Properties)
	}
	look("Outputs", t.Outputs)
	look("Globals", t.Globals)
	return sortedKeys(seen)
}

// unserved are resource and event types that some cloud we support takes and silently does nothing with.
var unserved = map[string]string{
	"ScheduleV2": "use Schedule", "HttpApi": "use Api", "AWS::Serverless::HttpApi": "use AWS::Serverless::Api", "AWS::Pipes::Pipe": "use a function",
	"AWS::Scheduler::Schedule": "use an EventBridge rule", "AWS::Events::Archive": "it is not served", "AWS::SES::Template": "templates live in the code",
	"AWS::Cognito::UserPool": "tokens are our own", "AWS::ApiGatewayV2::Api": "use AWS::Serverless::Api",
}

// Served finds resource and event types that a supported cloud does not run.
func Served(t *Template) []string {
	var out findings
	for _, name := range sortedKeys(t.Resources) {
		r := t.Resources[name]
		if why := unserved[r.Type]; why != "" {
			out.add("%s is of type %s: %s", name, r.Type, why)
		}
		if r.Type == "AWS::SES::EmailIdentity" && r.Condition == "" {
			out.add("%s needs a Condition: it fails the whole stack on a local cloud", name)
		}
		for event, e := range dict(r.Properties, "Events") {
			if why := unserved[text1(e, "Type")]; why != "" {
				out.add("%s: event %s is of type %s: %s", name, event, text1(e, "Type"), why)
			}
		}
	}
	return out.sorted()
}

// Expanded counts roughly the resources that SAM makes of the template.
func Expanded(t *Template) int {
	n := 0
	for _, r := range t.Resources {
		n++
		switch r.Type {
		case "AWS::Serverless::Function":
			n++ // its role
			for _, e := range dict(r.Properties, "Events") {
				switch text1(e, "Type") {
				case "Schedule", "EventBridgeRule":
					n += 2 // rule and permission
				default:
					n++ // permission or event source mapping
				}
			}
		case "AWS::Serverless::StateMachine":
			n++
		case "AWS::Serverless::Api":
			n += 2 // stage and deployment
		}
	}
	return n
}

// Count checks the number of resources.
func Count(t *Template) []string {
	var out findings
	if n := Expanded(t); n >= MaxResources {
		out.add("about %d resources; split the stack before %d", n, MaxResources)
	}
	return out
}
