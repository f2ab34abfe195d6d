package check

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"turnup/internal/api/reference"
	"turnup/internal/base/event"
	"turnup/internal/base/money"
	"turnup/internal/domain/webhook"
	"turnup/internal/platform/rest"
)

func TestEveryEventTypeHasItsFiles(t *testing.T) {
	p := theProject(t)
	files, err := filesOf(p.root, SchemaFolder)
	if err != nil {
		t.Fatal(err)
	}
	none(t, EventFiles(DeclaredTypes(p.source), EventData, files))
}

func TestEventSamplesFitSchemaAndCode(t *testing.T) {
	p := theProject(t)
	envelope := schemaFile(t, p.root, Envelope)
	for _, d := range EventData {
		t.Run(EventFile(d, ""), func(t *testing.T) {
			schema := schemaFile(t, p.root, EventFile(d, ".json"))
			none(t, SchemaFits(d, schema))
			none(t, EventSample(d, envelope, schema, schemaFile(t, p.root, EventFile(d, ".sample.json"))))
		})
	}
}

func TestEveryEventIsProducedAndRouted(t *testing.T) {
	p := theProject(t)
	none(t, Routed(DeclaredTypes(p.source), TrafficOf(p.source, p.template, EventData)))
	none(t, Consumers(p.template, p.source, DecodedBy(p.source, EventData)))
	none(t, EventsNamed(DeclaredTypes(p.source), reference.Document().Operations()))
}

func schemaFile(t *testing.T, root, name string) []byte {
	t.Helper()
	raw, err := readSchema(root, name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestEventFilesBite(t *testing.T) {
	declared, types := set("order.delivered"), []event.Data{event.OrderDelivered{}}
	whole := func() map[string]bool {
		return set("README.md", "envelope.json", "order.delivered.v1.json", "order.delivered.v1.sample.json")
	}
	bites(t, EventFiles(declared, types, whole()), "")
	without := whole()
	delete(without, "order.delivered.v1.sample.json")
	bites(t, EventFiles(declared, types, without), "order.delivered.v1.sample.json is missing")
	stray := whole()
	stray["order.lost.v1.json"] = true
	bites(t, EventFiles(declared, types, stray), "order.lost.v1.json belongs to no event type")
	bites(t, EventFiles(set("order.delivered", "order.lost"), types, whole()), "order.lost has no data type")
	bites(t, EventFiles(nil, types, whole()), "order.delivered is not declared")
	found := DeclaredTypes(Source{goFile(t, "internal/base/event/types.go", "package event\nconst (\nTypeA Type = \"a.done\"\nother = \"x\"\n)\n")})
	if !found["a.done"] || len(found) != 1 {
		t.Errorf("DeclaredTypes found %v", found)
	}
}

const (
	deliveredSchema = `{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"urn:turnup:event:order.delivered:1","type":"object","additionalProperties":false,
		"required":["orderId","customerId","subscriptions"],"properties":{"orderId":{"type":"string","pattern":"^ord_"},"customerId":{"type":"string"},
		"subscriptions":{"type":"array","items":{"type":"string"}}}}`
	deliveredSample = `{"id":"evt_01KB7ZC6SV0X2Z4B6D8F0G2H4J","type":"order.delivered","version":1,"time":"2030-01-01T12:00:00Z","tenant":"demo","correlationId":"c","causationId":"x",
		"data":{"orderId":"ord_1","customerId":"cus_1","subscriptions":[]}}`
)

func TestEventSamplesBite(t *testing.T) {
	envelope := schemaFile(t, theProject(t).root, Envelope)
	for name, c := range map[string]struct{ from, to, want string }{
		"good":                  {"", "", ""},
		"unknown envelope part": {`"version":1`, `"version":1,"source":"x"`, "does not fit the envelope"},
		"no correlation":        {`"correlationId":"c",`, "", "does not fit the envelope"},
		"local time":            {`12:00:00Z`, `12:00:00+01:00`, "does not fit the envelope"},
		"no time":               {`2030-01-01T12:00:00Z`, `todayZ`, "does not fit the envelope"},
		"wrong id":              {`"ord_1"`, `"1"`, "does not fit its schema"},
		"unknown data":          {`"orderId"`, `"total":1,"orderId"`, "does not fit its schema"},
		"lost data":             {`"customerId":"cus_1",`, "", "does not fit its schema"},
		"null list":             {`"subscriptions":[]`, `"subscriptions":null`, "does not fit its schema"},
		"other type":            {`"type":"order.delivered"`, `"type":"order.paid"`, "is not order.delivered v1"},
	} {
		t.Run(name, func(t *testing.T) {
			bites(t, EventSample(event.OrderDelivered{}, envelope, []byte(deliveredSchema), []byte(replace(t, deliveredSample, c.from, c.to))), c.want)
		})
	}
	open := strings.Replace(deliveredSchema, `"additionalProperties":false`, `"additionalProperties":true`, 1)
	bites(t, EventSample(event.OrderDelivered{}, envelope, []byte(open), []byte(replace(t, deliveredSample, `"orderId"`, `"total":1,"orderId"`))), "not the same after decoding")
	bites(t, EventSample(event.OrderDelivered{}, envelope, []byte(strings.Replace(deliveredSchema, "2020-12", "2019-09", 1)), []byte(deliveredSample)), "not draft 2020-12")
}

func TestSchemasBite(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"good":          {"", "", ""},
		"open":          {`"additionalProperties":false`, `"additionalProperties":true`, "allows additional properties"},
		"property gone": {`"customerId":{"type":"string"},`, "", "data.customerId is missing"},
		"property more": {`"customerId":{"type":"string"},`, `"customerId":{"type":"string"},"total":{"type":"integer"},`, "data.total is not in event.OrderDelivered"},
		"not required":  {`"orderId","customerId","subscriptions"`, `"orderId","customerId"`, "data.subscriptions: required is false"},
		"other type":    {`"items":{"type":"string"}`, `"items":{"type":"integer"}`, `data.subscriptions[] is "integer"`},
		"other id":      {`order.delivered:1`, `order.delivered:2`, "$id should be"},
	} {
		t.Run(name, func(t *testing.T) {
			bites(t, SchemaFits(event.OrderDelivered{}, []byte(replace(t, deliveredSchema, c.from, c.to))), c.want)
		})
	}
}

// optional is data with a part that may be left out.
type optional struct {
	Discount *money.Amount `json:"discount,omitempty"`
}

func (optional) EventType() (event.Type, int) { return "order.paid", 1 }

// A part that may be left out is held against the schema like any other.
func TestOptionalPartsBite(t *testing.T) {
	const schema = `{"$id":"urn:turnup:event:order.paid:1","type":"object","additionalProperties":false,"properties":{"discount":{"type":"object",
		"additionalProperties":false,"required":["minor","currency"],"properties":{"minor":{"type":"integer"},"currency":{"type":"string"}}}}}`
	bites(t, SchemaFits(optional{}, []byte(schema)), "")
	bites(t, SchemaFits(optional{}, []byte(replace(t, schema, `{"type":"integer"}`, `{"type":"string"}`))), `data.discount.minor is "string"`)
	bites(t, SchemaFits(optional{}, []byte(replace(t, schema, `"discount":{"type":"object"`, `"discount":{"type":"array"`))), `data.discount is "array"`)
}

// inherited is data of which a part is embedded.
type inherited struct {
	event.OrderDelivered
	Extra bool `json:"extra"`
}

func (inherited) EventType() (event.Type, int) { return "order.delivered", 1 }

// What is embedded is held against the schema like what is not.
func TestEmbeddedPartsBite(t *testing.T) {
	whole := replace(t, replace(t, deliveredSchema, `"orderId","customerId",`, `"orderId","customerId","extra",`), `"properties":{`, `"properties":{"extra":{"type":"boolean"},`)
	bites(t, SchemaFits(inherited{}, []byte(whole)), "")
	bites(t, SchemaFits(inherited{}, []byte(replace(t, whole, `"customerId":{"type":"string"},`, ""))), "data.customerId is missing")
	bites(t, SchemaFits(inherited{}, []byte(replace(t, whole, `"extra":{"type":"boolean"},`, ""))), "data.extra is missing")
	bites(t, SchemaFits(inherited{}, []byte(replace(t, whole, `"items":{"type":"string"}`, `"items":{"type":"integer"}`))), `data.subscriptions[] is "integer"`)
}

func TestTrafficBites(t *testing.T) {
	const header = "package p\nimport \"turnup/internal/base/event\"\n"
	producer := goFile(t, "internal/store/a.go", header+"func a() { signed := event.OrderPaid{}; event.New(ctx, t, at, signed) }\n")
	types, declared := []event.Data{event.OrderPaid{}}, set("order.paid")
	rule := yamlOf(t, "Resources: {R: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [turnup], detail-type: [order.paid]}}}}")
	bites(t, Routed(declared, TrafficOf(Source{producer}, rule, types)), "")
	bites(t, Routed(declared, TrafficOf(nil, rule, types)), "nobody produces order.paid")
	only := goFile(t, "internal/store/a.go", header+"var none = event.OrderPaid{}\n")
	bites(t, Routed(declared, TrafficOf(Source{only}, rule, types)), "nobody produces order.paid")
	tested := goFile(t, "internal/store/a_test.go", header+"func a() { event.New(ctx, t, at, event.OrderPaid{}) }\n")
	bites(t, Routed(declared, TrafficOf(Source{tested}, rule, types)), "nobody produces order.paid")
	bites(t, Routed(declared, TrafficOf(Source{producer}, yamlOf(t, "Resources: {}"), types)), "no rule routes order.paid")
	unknown := yamlOf(t, "Resources: {R: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [turnup], detail-type: [order.paid, order.piad]}}}}")
	bites(t, Routed(declared, TrafficOf(Source{producer}, unknown, types)), "routes order.piad, which is no event type")
	bites(t, EventsNamed(declared, []rest.Op{{ID: "checkoutCart", Events: []string{"order.piad"}}}), "checkoutCart names order.piad")
	anySource := yamlOf(t, "Resources: {R: {Type: AWS::Events::Rule, Properties: {EventPattern: {detail-type: [order.paid]}}}}")
	bites(t, Routed(declared, TrafficOf(Source{producer}, anySource, types)), "source turnup only")
}

func TestConsumersBite(t *testing.T) {
	const consumer = "package c\nimport \"turnup/internal/base/event\"\nfunc h(e event.Envelope) error { var x event.OrderPaid; return event.Decode(e, &x) }\n"
	const stack = `Resources:
  Q: {Type: AWS::SQS::Queue}
  R: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [turnup], detail-type: [order.paid]}, Targets: [{Arn: !GetAtt Q.Arn}]}}
  F: {Type: AWS::Serverless::Function, Properties: {CodeUri: functions/on-c/, Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}}}}`
	types := []event.Data{event.OrderPaid{}, event.OrderDelivered{}}
	for name, c := range map[string]struct{ from, to, codeFrom, codeTo, want string }{
		"good":            {},
		"sent another":    {"[order.paid]", "[order.paid, order.delivered]", "", "", "F is sent order.delivered, which it does not decode"},
		"decodes another": {"", "", "event.OrderPaid", "event.OrderDelivered", `F decodes "order.delivered", which no rule sends to Q`},
		"as one of several": {"", "", "var x event.OrderPaid; return event.Decode(e, &x)", "_, err := event.As[event.OrderDelivered](e); return err",
			`F decodes "order.delivered", which no rule sends to Q`},
	} {
		t.Run(name, func(t *testing.T) {
			s := Source{goFile(t, "internal/consumer/c/c.go", replace(t, consumer, c.codeFrom, c.codeTo)),
				goFile(t, "functions/on-c/main.go", "package main\nimport _ \"turnup/internal/consumer/c\"\n")}
			bites(t, Consumers(yamlOf(t, replace(t, stack, c.from, c.to)), s, DecodedBy(s, types)), c.want)
		})
	}
}

// A rule may take one of several kinds of events: it routes the types of all of them.
func TestRulesOfEitherBite(t *testing.T) {
	const rule = `Resources: {R: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [turnup], $or: [{detail-type: [order.paid]}, {detail-type: [timer.due], detail: {data: {kind: [x]}}}]}, Targets: []}}}`
	declared, produced := set("order.paid", "timer.due"), map[string][]string{"order.paid": {"p"}, "timer.due": {"p"}}
	bites(t, Routed(declared, Traffic{produced, yamlOf(t, rule).Rules()}), "")
	bites(t, Routed(declared, Traffic{produced, yamlOf(t, replace(t, rule, "timer.due", "timer.deu")).Rules()}), "rule R routes timer.deu, which is no event type")
}

// A consumer that hands events on is sent what goes out, all of it and nothing else; what goes out is known and tells nothing it should not.
func TestGoingOutBites(t *testing.T) {
	schemas := func(name string) ([]byte, error) { return os.ReadFile("../../" + SchemaFolder + "/" + name) }
	none(t, GoingOut(webhook.Types(), EventData, schemas))
	bites(t, GoingOut([]event.Type{"order.danced"}, EventData, schemas), "order.danced goes out and is no event type")
	bites(t, GoingOut([]event.Type{event.TypeSignupCompleted}, EventData, schemas), "signup.completed goes out and has the field url")
	bites(t, GoingOut([]event.Type{event.TypeSignupRequestedTmp}, EventData, schemas), "has the field email")
	bites(t, GoingOut([]event.Type{event.TypeAccessChanged}, EventData, schemas), "has the field username")
	bites(t, GoingOut([]event.Type{event.TypeOrderPaid}, EventData, func(string) ([]byte, error) { return nil, os.ErrNotExist }), "order.paid goes out and has no schema")

	const stack = `Resources:
  Q: {Type: AWS::SQS::Queue}
  R: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [turnup], detail-type: [%s]}, Targets: [{Arn: !GetAtt Q.Arn}]}}
  F: {Type: AWS::Serverless::Function, Properties: {CodeUri: functions/on-c/, Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}}}}`
	s := Source{goFile(t, "functions/on-c/main.go", "package main\nimport _ \"turnup/internal/consumer/webhooks\"\n")}
	all := fmt.Sprint(webhook.Types())
	all = strings.ReplaceAll(all[1:len(all)-1], " ", ", ")
	bites(t, Consumers(yamlOf(t, fmt.Sprintf(stack, all)), s, nil), "")
	bites(t, Consumers(yamlOf(t, fmt.Sprintf(stack, all+", session.started")), s, nil), "F is sent session.started, which it does not decode")
	bites(t, Consumers(yamlOf(t, fmt.Sprintf(stack, strings.ReplaceAll(all, "order.paid, ", ""))), s, nil), `F decodes "order.paid", which no rule sends to Q`)
}

// A rule that takes all types but some routes the others, and what comes by it need not be decoded by name; what comes by
// another rule must be, also by the same consumer.
func TestRulesOfAllButSomeBite(t *testing.T) {
	const stack = `Resources:
  Q: {Type: AWS::SQS::Queue}
  R: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [turnup], detail-type: [{anything-but: [timer.due]}]}, Targets: [{Arn: !GetAtt Q.Arn}]}}
  F: {Type: AWS::Serverless::Function, Properties: {CodeUri: functions/on-c/, Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}}}}`
	const named = "\n  S: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [turnup], detail-type: [order.paid]}, Targets: [{Arn: !GetAtt Q.Arn}]}}"
	declared, produced := set("order.paid", "timer.due"), map[string][]string{"order.paid": {"p"}, "timer.due": {"p"}}
	routed := func(text string) []string {
		found := yamlOf(t, text).Rules()
		for i := range found { // of the types there are, those of this test
			found[i].Types = slices.DeleteFunc(found[i].Types, func(typ string) bool { return !declared[typ] })
		}
		return Routed(declared, Traffic{produced, found})
	}
	bites(t, routed(stack), "no rule routes timer.due")
	bites(t, routed(replace(t, stack, "[timer.due]", "[timer.deu]")), "rule R leaves out timer.deu, which is no event type")
	s := Source{goFile(t, "internal/consumer/c/c.go", "package c\n"), goFile(t, "functions/on-c/main.go", "package main\nimport _ \"turnup/internal/consumer/c\"\n")}
	bites(t, Consumers(yamlOf(t, stack), s, DecodedBy(s, EventData)), "")
	bites(t, Consumers(yamlOf(t, stack+named), s, DecodedBy(s, EventData)), "F is sent order.paid, which it does not decode")
}
