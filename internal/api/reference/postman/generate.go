package postman

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"turnup/internal/platform/rest"
)

// Purchase is the folder that buys a subscription from beginning to end.
const Purchase = "Purchase"

// Generate makes the collection of an API from its OpenAPI document: the purchase first, then every operation by
// service with its examples.
func Generate(a *rest.API) Collection {
	doc := a.OpenAPI()
	g := generator{api: a, doc: doc, ops: map[string]rest.Op{}}
	for _, op := range a.Operations() {
		g.ops[op.ID] = op
	}
	c := Collection{
		Info: Info{ID: "6f0b5c8e-5f0e-4d0b-9d2a-1c7d0e3f7a51", Name: doc.Info.Title + " API", Description: doc.Info.Description, Schema: Schema, Version: doc.Info.Version},
		Auth: bearer("{{token}}"),
		Item: []Item{{Name: Purchase, Item: g.purchase(), Description: "Buys a subscription from the username check to the delivered order, then takes the other branch: the username exists. " +
			"Run the folder from top to bottom. Set baseUrl and returnUrl first. The card is typed into the PSP sandbox's page; " +
			"against Stripe's own test mode open redirectUrl in a browser instead, and set sessionId from the address it ends at."}},
		Variable: []Variable{{Key: "baseUrl", Value: "https://api.turnup.example"}, {Key: "returnUrl", Value: "http://localhost:3000/payment/return"},
			{Key: "country", Value: "DE"}, {Key: "card", Value: "4000002500003155"}, {Key: "password", Value: "correct horse battery"}, {Key: "token", Value: ""}, {Key: "staffToken", Value: ""}, {Key: "equipmentKey", Value: ""}},
	}
	for _, t := range doc.Tags {
		folder := Item{Name: t.Name, Description: t.Description}
		for _, op := range a.Operations() {
			if op.Service == t.Name {
				folder.Item = append(folder.Item, g.operation(op))
			}
		}
		c.Item = append(c.Item, folder)
	}
	return c
}

func bearer(token string) *Auth {
	return &Auth{Type: "bearer", Bearer: []Variable{{Key: "token", Value: token, Type: "string"}}}
}

type generator struct {
	api *rest.API
	doc *huma.OpenAPI
	ops map[string]rest.Op
}

// operation is one request with its example answers.
func (g generator) operation(op rest.Op) Item {
	q := g.request(op)
	it := Item{Name: op.Summary, Description: op.About, Request: q}
	for _, code := range slices.Sorted(maps.Keys(g.api.Entry(op).Responses)) {
		answer := g.api.Entry(op).Responses[code]
		status, err := strconv.Atoi(code)
		if err != nil {
			continue
		}
		if len(answer.Content) == 0 {
			it.Response = append(it.Response, Response{Name: code + " " + http.StatusText(status), OriginalRequest: q, Status: http.StatusText(status), Code: status, PreviewLanguage: "text"})
		}
		for media, m := range answer.Content {
			examples := m.Examples
			if m.Example != nil {
				examples = map[string]*huma.Example{http.StatusText(status): {Value: m.Example}}
			}
			for _, name := range slices.Sorted(maps.Keys(examples)) {
				it.Response = append(it.Response, Response{Name: code + " " + name, OriginalRequest: q, Status: http.StatusText(status), Code: status,
					PreviewLanguage: language(media), Header: []KeyValue{{Key: "Content-Type", Value: media}}, Body: text(examples[name].Value)})
			}
		}
	}
	return it
}

func language(media string) string {
	if strings.HasSuffix(media, "json") {
		return "json"
	}
	return "html"
}

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return rest.Indented(v)
}

// request makes an operation's example request; optional headers and query parameters are there but switched off.
func (g generator) request(op rest.Op) *Request {
	d := g.api.Entry(op)
	q := &Request{Method: op.Method, Description: op.About, Header: []KeyValue{}, URL: URL{Host: []string{"{{baseUrl}}"}}}
	for _, segment := range strings.Split(strings.TrimPrefix(op.Path, "/"), "/") {
		if strings.HasPrefix(segment, "{") {
			segment = ":" + strings.Trim(segment, "{}")
		}
		q.URL.Path = append(q.URL.Path, segment)
	}
	for _, p := range d.Parameters {
		if p.Ref != "" {
			p = g.doc.Components.Parameters[p.Ref[strings.LastIndex(p.Ref, "/")+1:]]
		}
		kv := KeyValue{Key: p.Name, Value: text(p.Example), Description: p.Description, Disabled: !p.Required}
		switch p.In {
		case "path":
			kv.Disabled = false
			q.URL.Variable = append(q.URL.Variable, kv)
		case "query":
			q.URL.Query = append(q.URL.Query, kv)
		case "header":
			if p.Name == "Idempotency-Key" {
				kv.Value = "{{$guid}}"
			}
			q.Header = append(q.Header, kv)
		}
	}
	if d.RequestBody != nil {
		q.Header = append(q.Header, KeyValue{Key: "Content-Type", Value: "application/json"})
		q.Body = jsonBody(op.Request)
	}
	switch op.Audience {
	case rest.Customer, rest.Person: // the collection's own
	case rest.Staff:
		q.Auth = bearer("{{staffToken}}")
	default:
		q.Auth = &Auth{Type: "noauth"}
		if op.Audience == rest.Machine {
			q.Header = append(q.Header, KeyValue{Key: rest.MachineHeader, Value: "{{equipmentKey}}"})
		}
	}
	q.URL.Raw = raw(q.URL)
	return q
}

func raw(u URL) string {
	out := strings.Join(u.Host, ".") + "/" + strings.Join(u.Path, "/")
	var query []string
	for _, p := range u.Query {
		if !p.Disabled {
			query = append(query, p.Key+"="+p.Value)
		}
	}
	if len(query) > 0 {
		out += "?" + strings.Join(query, "&")
	}
	return out
}

func jsonBody(v any) *Body {
	b := &Body{Mode: "raw", Raw: rest.Indented(v), Options: &Options{}}
	b.Options.Raw.Language = "json"
	return b
}
