package rest

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"turnup/internal/base/fault"
)

// describe completes an operation's OpenAPI entry: examples, and every fault under its status.
func (a *API) describe(op Op) {
	doc := pathOperation(a.huma.OpenAPI().Paths[op.Path], op.Method)
	doc.Extensions = map[string]any{}
	if op.Step != "" {
		doc.Extensions["x-journey-step"] = op.Step
	}
	if len(op.Events) > 0 {
		doc.Extensions["x-events"] = op.Events
	}
	status := op.Status
	if status == 0 {
		status = http.StatusOK
	}
	if doc.RequestBody != nil && op.Request != nil {
		for _, media := range doc.RequestBody.Content {
			media.Example = op.Request
		}
	}
	if ok := doc.Responses[strconv.Itoa(status)]; ok != nil {
		for _, media := range ok.Content {
			media.Example = op.Answer
		}
	}
	delete(doc.Responses, "default")
	for _, code := range []int{http.StatusUnprocessableEntity, http.StatusInternalServerError} {
		delete(doc.Responses, strconv.Itoa(code)) // huma's generic entries; ours follow
	}
	for _, f := range op.Faults {
		a.describeFault(doc, f)
	}
}

func (a *API) describeFault(doc *huma.Operation, f *fault.Fault) {
	key := strconv.Itoa(f.Kind.Status())
	answer := doc.Responses[key]
	if answer == nil {
		schema := a.huma.OpenAPI().Components.Schemas.Schema(problemType, true, "Problem")
		answer = &huma.Response{Description: http.StatusText(f.Kind.Status()),
			Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schema, Examples: map[string]*huma.Example{}}}}
		doc.Responses[key] = answer
	}
	example := render(context.WithValue(context.Background(), requestKey{}, &request{id: "01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"}), f)
	answer.Content["application/problem+json"].Examples[f.Code] = &huma.Example{Summary: f.Message, Value: example}
}

func pathOperation(p *huma.PathItem, method string) *huma.Operation {
	switch method {
	case http.MethodGet:
		return p.Get
	case http.MethodPost:
		return p.Post
	case http.MethodPatch:
		return p.Patch
	case http.MethodPut:
		return p.Put
	}
	return p.Delete
}
