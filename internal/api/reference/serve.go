package reference

import (
	"context"
	"encoding/json"
	"net/http"

	"turnup/internal/platform/rest"
)

// policy lets the page's own style apply and nothing else load, run or be framed.
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Deps are the pages to serve.
type Deps struct {
	OpenAPI []byte // the document as JSON
	Page    []byte // the reference page as HTML
}

type rawOutput struct {
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control" doc:"It may be kept this long" example:"public, max-age=300"`
	Policy       string `header:"Content-Security-Policy" doc:"Nothing is loaded from elsewhere" example:"default-src 'none'"`
	Body         []byte
}

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	serve := func(contentType string, body []byte) func(context.Context, *struct{}) (*rawOutput, error) {
		return func(context.Context, *struct{}) (*rawOutput, error) {
			return &rawOutput{ContentType: contentType, CacheControl: "public, max-age=300", Policy: policy, Body: body}, nil
		}
	}
	rest.Register(a, rest.Op{
		ID: "getOpenAPI", Method: http.MethodGet, Path: "/openapi.json", Audience: rest.Public, Service: "reference",
		Summary: "Read the OpenAPI document",
		About:   "Describes every operation with schemas, examples and faults, as OpenAPI 3.1.",
		Media:   "application/json",
		Answer:  map[string]any{"openapi": "3.1.0", "info": map[string]any{"title": "Turnup", "version": Version}, "paths": map[string]any{}},
	}, serve("application/json", d.OpenAPI))
	rest.Register(a, rest.Op{
		ID: "getReference", Method: http.MethodGet, Path: "/reference", Audience: rest.Public, Service: "reference",
		Summary: "Read the API reference as a page",
		About:   "The same content for people: how to buy by hand, every operation, every fault. It needs no scripts.",
		Media:   "text/html",
		Answer:  "<!doctype html><html lang=\"en\"><title>Turnup API reference</title></html>",
	}, serve("text/html; charset=utf-8", d.Page))
}

// Serving makes the API of the reference function: document and page are built once, at start.
func Serving(o rest.Options) *rest.API {
	whole := Document()
	doc, err := json.Marshal(whole.OpenAPI())
	if err != nil {
		panic("reference: the document cannot be encoded: " + err.Error()) // it is made of our own declarations
	}
	a := rest.New(o)
	Register(a, Deps{OpenAPI: doc, Page: Page(whole)})
	return a
}
