package reference

import (
	"context"
	"encoding/json"
	"net/http"

	"turnup/internal/platform/rest"
)

// Deps are the pages to serve.
type Deps struct {
	OpenAPI []byte // the document as JSON
	Page    []byte // the reference page as HTML
}

type rawOutput struct {
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control" doc:"It may be kept this long" example:"public, max-age=300"`
	Body         []byte
}

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	serve := func(contentType string, body []byte) func(context.Context, *struct{}) (*rawOutput, error) {
		return func(context.Context, *struct{}) (*rawOutput, error) {
			return &rawOutput{ContentType: contentType, CacheControl: "public, max-age=300", Body: body}, nil
		}
	}
	rest.Register(a, rest.Op{
		ID: "getOpenAPI", Method: http.MethodGet, Path: "/openapi.json", Audience: rest.Public, Service: "reference",
		Summary: "This document",
	}, serve("application/json", d.OpenAPI))
	rest.Register(a, rest.Op{
		ID: "getReference", Method: http.MethodGet, Path: "/reference", Audience: rest.Public, Service: "reference",
		Summary: "The API reference as a page",
	}, serve("text/html; charset=utf-8", d.Page))
}

// Serving makes the API of the reference function: the document is built once, at start.
func Serving(o rest.Options) *rest.API {
	doc, err := json.Marshal(Document().OpenAPI())
	if err != nil {
		panic("reference: the document cannot be encoded: " + err.Error()) // it is made of our own declarations
	}
	a := rest.New(o)
	Register(a, Deps{OpenAPI: doc, Page: []byte("<!doctype html><title>Turnup</title>")})
	return a
}
