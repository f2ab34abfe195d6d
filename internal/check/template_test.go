package check

import (
	"maps"
	"strings"
	"testing"

	"turnup/internal/api/reference"
	"turnup/internal/platform/rest"
	"turnup/internal/store"
)

// S0-53, S0-54, S0-56: every operation is served under its documented path by the function of its service, and the
// OpenAPI document, the template and the code name the same ones.
func TestRoutesAreTheOperations(t *testing.T) {
	p := theProject(t)
	ops, declared := reference.Document().Operations(), DeclaredIn(p.source)
	pages, onPages := WebPages(), PagesDeclaredIn(p.source)
	none(t, Undocumented(declared, ops))
	none(t, Undocumented(onPages, pages))
	maps.Copy(onPages, declared)
	none(t, RoutesServed(p.template.Routes(), ops, pages, onPages, apisOf(p.source)))
	for _, op := range ops {
		if reference.Document().OpenAPI().Paths[op.Path] == nil {
			t.Errorf("%s: path %s is not in the OpenAPI document", op.ID, op.Path)
		}
	}
}

func TestEveryFunctionIsDeployed(t *testing.T) {
	p := theProject(t)
	none(t, Folders(p.template, p.source))
}

func TestQueuesLoseNothing(t *testing.T) {
	p := theProject(t)
	none(t, Queues(p.template))
	none(t, RuleTargets(p.template))
	none(t, Desks(p.template))
	none(t, Topics(p.template))
}

func TestPoliciesNameWhatTheyAllow(t *testing.T) { none(t, Policies(theProject(t).template)) }

func TestTablesOutliveTheStack(t *testing.T) {
	none(t, TablesKept(theProject(t).template, store.Tables))
}

func TestTemplateRunsOnEveryCloud(t *testing.T) {
	p := theProject(t)
	none(t, References(p.template))
	none(t, Served(p.template))
	none(t, Count(p.template))
	t.Logf("about %d of %d resources", Expanded(p.template), MaxResources)
}

func TestEnvironmentIsWhatMainsRead(t *testing.T) {
	p := theProject(t)
	settings := SettingsOf(p.source)
	none(t, Environment(p.template, settings))
	none(t, Secrets(p.template, settings))
}

func TestRoutesBite(t *testing.T) {
	ops := []rest.Op{{ID: "getCart", Method: "GET", Path: "/carts/{cartId}"}}
	declared := map[string]string{"getCart": "internal/api/carts"}
	apis := map[string]map[string]bool{"functions/carts": set("internal/api/carts"), "functions/orders": set("internal/api/orders")}
	pages := []rest.Op{{ID: "getHelp", Method: "GET", Path: "/help/{topic}"}}
	declared["getHelp"] = "internal/api/help"
	apis["functions/help"] = set("internal/api/help")
	help := Route{"HelpFunction", "functions/help", "GetHelpPages", "GET", "/help/{page+}"}
	good := Route{"CartsFunction", "functions/carts", "GetCart", "GET", "/carts/{cartId}"}
	with := func(change func(*Route)) []Route { r := good; change(&r); return []Route{r} }
	many := []Route{good}
	for range MaxRoutes {
		many = append(many, good)
	}
	for name, c := range map[string]struct {
		routes []Route
		want   string
	}{
		"good":            {[]Route{good}, ""},
		"catch-all":       {with(func(r *Route) { r.Path = "/{proxy+}" }), "catch-all"},
		"any method":      {with(func(r *Route) { r.Method = "ANY" }), "catch-all"},
		"no operation":    {with(func(r *Route) { r.Path = "/baskets/{cartId}" }), "no operation of the OpenAPI"},
		"no route":        {nil, "has no route"},
		"other parameter": {with(func(r *Route) { r.Path = "/carts/{id}" }), "no operation of the OpenAPI"},
		"wrong name":      {with(func(r *Route) { r.Event = "ReadCart" }), "should be called GetCart"},
		"wrong function":  {with(func(r *Route) { r.Folder = "functions/orders" }), "not served by orders"},
		"twice":           {[]Route{good, {"OrdersFunction", "functions/carts", "GetCart", "GET", "/carts/{cartId}"}}, "is routed to CartsFunction and to OrdersFunction"},
		"too many":        {many, "has 31 routes"},
	} {
		t.Run(name, func(t *testing.T) { bites(t, RoutesServed(append(c.routes, help), ops, pages, declared, apis), c.want) })
	}
	bites(t, RoutesServed([]Route{good}, ops, pages, declared, apis), "operation getHelp (GET /help/{topic}) has no route")
	bites(t, RoutesServed([]Route{good, {"HelpFunction", "functions/carts", "GetHelpPages", "GET", "/help/{page+}"}}, ops, pages, declared, apis), "getHelp is not served by carts")
	bites(t, RoutesServed([]Route{good, help, {"CartsFunction", "functions/carts", "Rest", "GET", "/carts/{page+}"}}, ops, pages, declared, apis), "catch-all of what is not all pages")
	bites(t, Undocumented(map[string]string{"getCart": "a", "dropCart": "b"}, ops), "dropCart of b is not in reference.Document")
	delete(declared, "getHelp")
	bites(t, Undocumented(declared, append(ops, ops...)), "used twice")
	found := DeclaredIn(Source{goFile(t, "internal/api/carts/get.go", "package carts\nimport \"turnup/internal/platform/rest\"\nvar o = rest.Op{ID: \"getCart\"}\n")})
	if found["getCart"] != "internal/api/carts" {
		t.Errorf("DeclaredIn found %v", found)
	}
}

func TestFoldersBite(t *testing.T) {
	main := func(dir string) File { return goFile(t, "functions/"+dir+"/main.go", "package main\n") }
	one := yamlOf(t, "Resources: {A: {Type: AWS::Serverless::Function, Properties: {CodeUri: functions/a/}}}")
	bites(t, Folders(one, Source{main("a")}), "")
	bites(t, Folders(one, Source{main("a"), main("b")}), "functions/b has no resource")
	bites(t, Folders(one, nil), "CodeUri functions/a does not exist")
	bites(t, Folders(yamlOf(t, "Resources: {A: {Type: AWS::Serverless::Function, Properties: {CodeUri: functions/a}}, B: {Type: AWS::Serverless::Function, Properties: {CodeUri: functions/a/}}}"),
		Source{main("a")}), "deployed by two")
}

const queues = `
Resources:
  Work: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 180, MessageRetentionPeriod: 345600, RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 6}}}
  Dead: {Type: AWS::SQS::Queue, Properties: {MessageRetentionPeriod: 1209600}}
  Bell:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: AWS/SQS, MetricName: ApproximateNumberOfMessagesVisible, Threshold: 0, ComparisonOperator: GreaterThanThreshold, Dimensions: [{Name: QueueName, Value: !GetAtt Dead.QueueName}]}
  Consumer:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/on-work/
      Timeout: 30
      Environment: {Variables: {QUEUE_URL: !Ref Work}}
      Events:
        Queue: {Type: SQS, Properties: {Queue: !GetAtt Work.Arn, FunctionResponseTypes: [ReportBatchItemFailures]}}
        Stream: {Type: DynamoDB, Properties: {Stream: !GetAtt T.StreamArn, FunctionResponseTypes: [ReportBatchItemFailures], DestinationConfig: {OnFailure: {Destination: !GetAtt Dead.Arn}}}}
  Rule:
    Type: AWS::Events::Rule
    Properties: {EventPattern: {detail-type: [order.paid]}, Targets: [{Arn: !GetAtt Work.Arn, DeadLetterConfig: {Arn: !GetAtt Dead.Arn}}]}
  May: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Work, !Ref Dead]}}
`

func TestDesksBite(t *testing.T) {
	const desk = `Resources:
  Work: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn}}}
  Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${AWS::StackName}-work-dead-letters"}}
  Desk: {Type: AWS::Serverless::Function, Properties: {CodeUri: functions/desk/, Environment: {Variables: {DEAD_LETTERS: work}}}}
`
	bites(t, Desks(yamlOf(t, desk)), "")
	bites(t, Desks(yamlOf(t, replace(t, desk, "DEAD_LETTERS: work", "DEAD_LETTERS: other"))), "DEAD_LETTERS does not name work")
	bites(t, Desks(yamlOf(t, replace(t, desk, "DEAD_LETTERS: work", `DEAD_LETTERS: "work,other"`))), "DEAD_LETTERS names other, which parks nothing")
	bites(t, Desks(yamlOf(t, replace(t, desk, "-work-dead-letters", "-graveyard"))), "is not called")
}

func TestQueuesBite(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"good":              {"", "", ""},
		"no redrive":        {"RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 6}", "DelaySeconds: 1", "queue Work has no redrive"},
		"redrive to none":   {"deadLetterTargetArn: !GetAtt Dead.Arn", "deadLetterTargetArn: !GetAtt Ded.Arn", "queue Work has no redrive"},
		"no alarm":          {"!GetAtt Dead.QueueName", "!GetAtt Work.QueueName", "dead-letter queue Dead has no alarm"},
		"late alarm":        {"Threshold: 0", "Threshold: 10", "dead-letter queue Dead has no alarm"},
		"short memory":      {"MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 345599", "keeps messages for less time"},
		"no partial batch":  {"Queue: !GetAtt Work.Arn, FunctionResponseTypes: [ReportBatchItemFailures]", "Queue: !GetAtt Work.Arn", "event Queue does not report"},
		"other tries":       {"maxReceiveCount: 6", "maxReceiveCount: 5", "Work: maxReceiveCount is 5"},
		"other queue":       {"QUEUE_URL: !Ref Work", "QUEUE_URL: !Ref Dead", "QUEUE_URL should be Work"},
		"visible too early": {"Timeout: 30", "Timeout: 31", "less than the 186 s"},
		"with a window":     {"Queue: !GetAtt Work.Arn,", "Queue: !GetAtt Work.Arn, MaximumBatchingWindowInSeconds: 5,", "less than the 185 s"},
		"unknown queue":     {"Queue: !GetAtt Work.Arn,", "Queue: !GetAtt Wrok.Arn,", "reads no queue"},
		"stream":            {"Stream: !GetAtt T.StreamArn, FunctionResponseTypes: [ReportBatchItemFailures]", "Stream: !GetAtt T.StreamArn", "event Stream does not report"},
		"stream loses":      {"OnFailure: {Destination: !GetAtt Dead.Arn}", "OnFailure: {}", "no destination for what fails"},
		"rule loses":        {", DeadLetterConfig: {Arn: !GetAtt Dead.Arn}}]", "}]", "rule Rule has no dead-letter queue"},
		"rule not allowed":  {"Queues: [!Ref Work, !Ref Dead]", "Queues: [!Ref Dead]", "send to Work"},
	} {
		t.Run(name, func(t *testing.T) {
			broken := yamlOf(t, replace(t, queues, c.from, c.to))
			bites(t, append(Queues(broken), RuleTargets(broken)...), c.want)
		})
	}
}

const topics = `
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Told: {Type: AWS::SQS::Queue}
  Dead: {Type: AWS::SQS::Queue}
  Listens:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Topic, Endpoint: !GetAtt Told.Arn, RawMessageDelivery: true, RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn}}
  May:
    Type: AWS::SQS::QueuePolicy
    Properties: {PolicyDocument: {Statement: [{Principal: {Service: sns.amazonaws.com}, Resource: [!GetAtt Told.Arn, !GetAtt Dead.Arn]}]}}
`

func TestTopicsBite(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"good":        {"", "", ""},
		"wrapped":     {"RawMessageDelivery: true", "RawMessageDelivery: false", "Listens wraps messages"},
		"loses":       {", RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn}", "", "Listens lacks a queue"},
		"nowhere":     {"Endpoint: !GetAtt Told.Arn", "Endpoint: !GetAtt Tld.Arn", "Listens lacks a queue"},
		"not allowed": {"Resource: [!GetAtt Told.Arn, ", "Resource: [", "send to Told"},
		"other":       {"sns.amazonaws.com", "events.amazonaws.com", "send to Dead"},
	} {
		t.Run(name, func(t *testing.T) { bites(t, Topics(yamlOf(t, replace(t, topics, c.from, c.to))), c.want) })
	}
}

// replace changes a sample in one place, and fails when that place is no more.
func replace(t *testing.T, text, from, to string) string {
	t.Helper()
	if from != "" && strings.Count(text, from) != 1 {
		t.Fatalf("%q is %d times in the sample", from, strings.Count(text, from))
	}
	return strings.Replace(text, from, to, 1)
}
