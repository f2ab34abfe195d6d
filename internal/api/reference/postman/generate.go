package postman

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sort"
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
	g := generator{doc: doc, ops: map[string]rest.Op{}}
	for _, op := range a.Operations() {
		g.ops[op.ID] = op
	}
	c := Collection{
		Info: Info{ID: "6f0b5c8e-5f0e-4d0b-9d2a-1c7d0e3f7a51", Name: doc.Info.Title + " API", Description: doc.Info.Description, Schema: Schema, Version: doc.Info.Version},
		Auth: bearer(),
		Item: []Item{{Name: Purchase, Item: g.purchase(), Description: "Buys a subscription from the username check to the delivered order, then takes the other branch: the username exists. " +
			"Run the folder from top to bottom. Set baseUrl and returnUrl first. The card is typed into the PSP sandbox's page; " +
			"against Stripe's own test mode open redirectUrl in a browser instead, and set sessionId from the address it ends at."}},
		Variable: []Variable{{Key: "baseUrl", Value: "https://api.turnup.example"}, {Key: "returnUrl", Value: "http://localhost:3000/payment/return"},
			{Key: "country", Value: "DE"}, {Key: "card", Value: "4000002500003155"}, {Key: "password", Value: "correct horse battery"}, {Key: "token", Value: ""}},
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

func bearer() *Auth {
	return &Auth{Type: "bearer", Bearer: []Variable{{Key: "token", Value: "{{token}}", Type: "string"}}}
}

type generator struct {
	doc *huma.OpenAPI
	ops map[string]rest.Op
}

// operation is one request with its example answers.
func (g generator) operation(op rest.Op) Item {
	q := g.request(op)
	it := Item{Name: op.Summary, Description: op.About, Request: q}
	for _, code := range sortedKeys(g.entry(op).Responses) {
		answer := g.entry(op).Responses[code]
		status, err := strconv.Atoi(code)
		if err != nil {
			continue
		}
		for media, m := range answer.Content {
			examples := m.Examples
			if m.Example != nil {
				examples = map[string]*huma.Example{http.StatusText(status): {Value: m.Example}}
			}
			for _, name := range sortedKeys(examples) {
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
	return indented(v)
}

// request makes an operation's example request; optional headers and query parameters are there but switched off.
func (g generator) request(op rest.Op) *Request {
	d := g.entry(op)
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
	if op.Audience != rest.Customer {
		q.Auth = &Auth{Type: "noauth"}
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
	b := &Body{Mode: "raw", Raw: indented(v), Options: &Options{}}
	b.Options.Raw.Language = "json"
	return b
}

func indented(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic("postman: an example cannot be encoded: " + err.Error()) // made of our own declarations
	}
	return strings.TrimSpace(b.String())
}

func (g generator) entry(op rest.Op) *huma.Operation {
	p := g.doc.Paths[op.Path]
	return map[string]*huma.Operation{http.MethodGet: p.Get, http.MethodPost: p.Post, http.MethodPut: p.Put, http.MethodPatch: p.Patch,
		http.MethodDelete: p.Delete}[op.Method]
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
