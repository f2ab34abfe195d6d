package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"turnup/internal/base/fault"
	"turnup/internal/platform/gateway"
)

// exampleRequest is the id shown in examples.
const exampleRequest = "01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"

// describe completes an operation's OpenAPI entry: examples, headers, and every fault under its status.
func (a *API) describe(op Op) {
	doc := a.Entry(op)
	doc.Extensions = map[string]any{"x-audience": op.Who()}
	if len(op.Roles) > 0 {
		doc.Extensions["x-roles"] = op.Roles
	}
	if op.Step != "" {
		doc.Extensions["x-journey-step"] = op.Step
	}
	if len(op.Events) > 0 {
		doc.Extensions["x-events"] = op.Events
	}
	doc.Parameters = append(doc.Parameters, &huma.Param{Ref: parametersPath + correlationHeader})
	for _, p := range doc.Parameters {
		describeParam(p)
	}
	if doc.RequestBody != nil {
		describeBody(doc.RequestBody, op)
	}
	a.describeAnswers(doc, op)
}

func (a *API) describeAnswers(doc *huma.Operation, op Op) {
	status := op.Status
	if status == 0 {
		status = http.StatusOK
	}
	delete(doc.Responses, "default")
	for code := range doc.Responses {
		if code != strconv.Itoa(status) {
			delete(doc.Responses, code) // huma's generic refusals; ours follow
		}
	}
	if ok := doc.Responses[strconv.Itoa(status)]; ok != nil {
		describeSuccess(ok, op)
	}
	for _, f := range op.Faults {
		a.describeFault(doc, f)
	}
	for code, answer := range doc.Responses {
		describeHeaders(answer, code)
	}
}

// describeParam says everything once, at the parameter: tools show its example, not its schema's.
func describeParam(p *huma.Param) {
	if p.Ref != "" {
		return
	}
	p.Explode = nil
	p.Schema.Description = ""
	if p.Example == nil {
		switch {
		case len(p.Schema.Examples) > 0:
			p.Example = p.Schema.Examples[0]
		case p.Schema.Default != nil:
			p.Example = p.Schema.Default
		}
	}
	p.Schema.Examples = nil
}

func describeBody(body *huma.RequestBody, op Op) {
	for _, media := range body.Content {
		if media.Schema != nil && media.Schema.Format == "binary" { // read raw, because a signature covers its bytes
			media.Schema = &huma.Schema{Type: huma.TypeObject, Description: body.Description, AdditionalProperties: true}
		}
		if op.Request != nil {
			media.Example = op.Request
		}
	}
}

func describeSuccess(ok *huma.Response, op Op) {
	if op.Media != "" { // huma takes raw bytes for base64 in JSON
		schema := &huma.Schema{Type: huma.TypeString}
		if op.Media == "application/json" {
			schema = &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
		}
		ok.Content = map[string]*huma.MediaType{op.Media: {Schema: schema}}
		delete(ok.Headers, "Content-Type") // OpenAPI says it by the media type
	}
	for _, media := range ok.Content {
		if len(op.Variants) == 0 {
			media.Example = op.Answer
			continue
		}
		media.Examples = map[string]*huma.Example{"usual": {Value: op.Answer}}
		for name, v := range op.Variants {
			media.Examples[name] = &huma.Example{Value: v}
		}
	}
}

func (a *API) describeFault(doc *huma.Operation, f *fault.Fault) {
	key := strconv.Itoa(f.Kind.Status())
	answer := doc.Responses[key]
	if answer == nil {
		schema := a.huma.OpenAPI().Components.Schemas.Schema(problemType, true, "Problem")
		answer = &huma.Response{Description: http.StatusText(f.Kind.Status()) + ":",
			Content: map[string]*huma.MediaType{problemMedia: {Schema: schema, Examples: map[string]*huma.Example{}}}}
		doc.Responses[key] = answer
	}
	if f.Code == fault.ErrInvalid.Code && len(f.Fields) == 0 {
		f = f.Naming(a.likelyMistake(doc))
	}
	example := render(gateway.Note(context.Background(), &gateway.Request{ID: exampleRequest}), f)
	answer.Description += " " + f.Code
	answer.Content[problemMedia].Examples[f.Code] = &huma.Example{Summary: f.Message, Description: "Who acts: " + f.Acts, Value: example}
}

// likelyMistake is what the example of invalid_request complains of: something this operation really has.
func (a *API) likelyMistake(doc *huma.Operation) (field, message string) {
	if doc.RequestBody != nil {
		for _, media := range doc.RequestBody.Content {
			if media.Schema != nil && media.Schema.Ref != "" {
				media := a.huma.OpenAPI().Components.Schemas.SchemaFromRef(media.Schema.Ref)
				if len(media.Required) > 0 {
					return "body", "expected required property " + media.Required[0] + " to be present"
				}
			}
		}
		return "body", "request body is required"
	}
	for _, p := range doc.Parameters {
		if p.Ref == "" && p.Schema.Pattern != "" {
			return p.In + "." + p.Name, "expected string to be " + p.Schema.PatternDescription
		}
		if p.Ref == "" && p.In == "query" && p.Required {
			return p.In + "." + p.Name, "required query parameter is missing"
		}
	}
	return "query.colour", "unknown query parameter"
}

// Entry is the OpenAPI entry of an operation that was registered.
func (a *API) Entry(op Op) *huma.Operation {
	p := a.huma.OpenAPI().Paths[op.Path]
	return map[string]*huma.Operation{http.MethodGet: p.Get, http.MethodPost: p.Post, http.MethodPut: p.Put, http.MethodPatch: p.Patch,
		http.MethodDelete: p.Delete}[op.Method]
}

// Indented is an example as people read it: JSON, indented, with < and & as they are.
func Indented(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic("rest: an example cannot be encoded: " + err.Error()) // made of our own declarations
	}
	return strings.TrimSpace(b.String())
}
