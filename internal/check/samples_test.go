package check

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"turnup/internal/api/reference"
	"turnup/internal/base/event"
	"turnup/internal/platform/rest"
)

func TestEveryFunctionHasSampleEvents(t *testing.T) {
	p := theProject(t)
	samples, err := ReadSamples(p.root)
	if err != nil {
		t.Fatal(err)
	}
	called := TasksCalled(allMachines(t, p.root), MachinesDeployed(p.template))
	none(t, Samples(p.template, samples, reference.Document().Operations(), WebPages(), called))
}

const sampled = `Resources:
  A: {Type: AWS::Serverless::Function, Properties: {CodeUri: functions/carts/, Events: {GetCart: {Type: Api, Properties: {Method: GET, Path: "/carts/{cartId}"}}}}}
  C: {Type: AWS::Serverless::Function, Properties: {CodeUri: functions/on-c/, Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}}}}
  T: {Type: AWS::Serverless::Function, Properties: {CodeUri: functions/tasks-m/}}
  S: {Type: AWS::Serverless::Function, Properties: {CodeUri: functions/sweep/, Events: {E: {Type: Schedule}}}}
  O: {Type: AWS::Serverless::Function, Properties: {CodeUri: functions/relay/, Events: {E: {Type: DynamoDB, Properties: {Stream: !GetAtt X.StreamArn}}}}}
  R: {Type: AWS::Events::Rule, Properties: {EventPattern: {detail-type: [order.delivered]}, Targets: [{Arn: !GetAtt Q.Arn}]}}`

func goodSamples() map[string]string {
	quoted := strings.NewReplacer("\n", "", "\t", "", `"`, `\"`).Replace(deliveredSample)
	return map[string]string{
		"carts/get": `{"resource":"/carts/{cartId}","path":"/carts/cart_1","httpMethod":"GET","headers":{"Authorization":"Bearer x"},"pathParameters":{"cartId":"cart_1"},
			"requestContext":{"resourcePath":"/carts/{cartId}","httpMethod":"GET"}}`,
		"on-c/one":    `{"Records":[{"messageId":"1","body":"{\"source\":\"turnup\",\"detail-type\":\"order.delivered\",\"detail\":` + quoted + `}"}]}`,
		"tasks-m/ask": `{"task":"ask","execution":"x","correlationId":"c","input":{}}`,
		"sweep/tick":  `{"detail-type":"Scheduled Event","source":"aws.events","detail":{}}`,
		"relay/row": `{"Records":[{"eventName":"INSERT","dynamodb":{"NewImage":{"pk":{"S":"OUTBOX#1"},"sk":{"S":"evt_01KB7ZC6SV0X2Z4B6D8F0G2H4J"},
			"events":{"B":"` + batched(deliveredSample) + `"}}}}]}`,
	}
}

// batched is one event as a row of the outbox keeps it.
func batched(sample string) string {
	var e event.Envelope
	if err := json.Unmarshal([]byte(sample), &e); err != nil {
		panic(err)
	}
	raw, err := event.EncodeBatch([]event.Envelope{e})
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func TestSamplesBite(t *testing.T) {
	tasks := map[string]map[string]bool{"T": set("ask")}
	versionSeven := regexp.MustCompile(`"version":\s*1`).ReplaceAllString(deliveredSample, `"version":7`)
	ops := []rest.Op{{ID: "getCart", Method: "GET", Path: "/carts/{cartId}", Audience: rest.Customer}}
	for name, c := range map[string]struct{ sample, from, to, want string }{
		"good":             {"carts/get", "", "", ""},
		"unknown part":     {"carts/get", `"headers"`, `"heads"`, "unknown field"},
		"other method":     {"carts/get", `"httpMethod":"GET","headers"`, `"httpMethod":"PUT","headers"`, "PUT /carts/{cartId} is no route of A"},
		"other resource":   {"carts/get", `{"resource":"/carts/{cartId}"`, `{"resource":"/baskets/{cartId}"`, "is no route of A"},
		"other path":       {"carts/get", `"path":"/carts/cart_1"`, `"path":"/carts/cart_2"`, "should be /carts/cart_1"},
		"no token":         {"carts/get", `"Authorization"`, `"Accept"`, "no access token"},
		"a body":           {"carts/get", `"httpMethod":"GET","headers"`, `"httpMethod":"GET","body":"{}","headers"`, "it should have a body: false"},
		"no JSON":          {"carts/get", `{"resource"`, `resource`, "invalid character"},
		"queue's other":    {"on-c/one", `\"detail-type\":\"order.delivered\"`, `\"detail-type\":\"order.paid\"`, "does not come into the queue"},
		"other detail":     {"on-c/one", `\"type\":\"order.delivered\"`, `\"type\":\"order.paid\"`, "or not order.delivered"},
		"no records":       {"on-c/one", `{"Records"`, `{"Records":[]}{"R"`, "there are no records"},
		"unknown task":     {"tasks-m/ask", `"task":"ask"`, `"task":"aks"`, `no machine calls task "aks" in it`},
		"no schedule":      {"sweep/tick", "aws.events", "turnup", "is no scheduled event"},
		"row without data": {"relay/row", `"events"`, `"event"`, "no events"},
		"row's name":       {"relay/row", `"sk":{"S":"evt_01KB7ZC6SV`, `"sk":{"S":"evt_01KB7ZC6SX`, "not named after its first event"},
		"row's version":    {"relay/row", batched(deliveredSample), batched(versionSeven), "is no event type"},
	} {
		t.Run(name, func(t *testing.T) {
			all := goodSamples()
			all[c.sample] = replace(t, all[c.sample], c.from, c.to)
			bites(t, Samples(yamlOf(t, sampled), asSamples(all), ops, nil, tasks), c.want)
		})
	}
	for gone, want := range map[string]string{"tasks-m/ask": "events/tasks-m has no sample of task ask", "sweep/tick": "events/sweep has no sample", "carts/get": "events/carts has no sample of GET /carts/{cartId}"} {
		all := goodSamples()
		delete(all, gone)
		bites(t, Samples(yamlOf(t, sampled), asSamples(all), ops, nil, tasks), want)
	}
	equipment := []rest.Op{{ID: "getCart", Method: "GET", Path: "/carts/{cartId}", Audience: rest.Machine}}
	bites(t, Samples(yamlOf(t, sampled), asSamples(goodSamples()), equipment, nil, tasks), "there is no key of the equipment")
	stray := goodSamples()
	stray["nobody/case"] = "{}"
	bites(t, Samples(yamlOf(t, sampled), asSamples(stray), ops, nil, tasks), "events/nobody/case.json is no JSON file of a function")
}

func asSamples(all map[string]string) []Sample {
	var out []Sample
	for _, name := range sortedKeys(all) {
		function, file, _ := strings.Cut(name, "/")
		out = append(out, Sample{function, file + ".json", []byte(all[name])})
	}
	return out
}

// A queue that a topic feeds has samples of what SES tells the topic.
func TestFeedbackSamplesBite(t *testing.T) {
	const told = `Resources:
  F: {Type: AWS::Serverless::Function, Properties: {CodeUri: functions/on-f/, Events: {Queue: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}}}}
  Q: {Type: AWS::SQS::Queue}
  S: {Type: AWS::SNS::Subscription, Properties: {Endpoint: !GetAtt Q.Arn}}
`
	for body, want := range map[string]string{
		`{"Records":[{"body":"{\"notificationType\":\"Bounce\",\"mail\":{\"messageId\":\"m\"}}"}]}`: "",
		`{"Records":[{"body":"{\"notificationType\":\"Bounce\",\"mail\":{}}"}]}`:                    "not a notification of SES",
		`{"Records":[{"body":"{\"mail\":{\"messageId\":\"m\"}}"}]}`:                                 "not a notification of SES",
		`{"Records":[{"body":"no JSON"}]}`:                                                          "invalid character",
		`{"Records":[]}`:                                                                            "there are no records",
	} {
		bites(t, Samples(yamlOf(t, told), []Sample{{"on-f", "one.json", []byte(body)}}, nil, nil, nil), want)
	}
}
