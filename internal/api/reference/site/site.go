// Package site serves the OpenAPI document of the whole API and the page to browse it. Both are made beforehand, from the operations'
// own declarations, by internal/check/generate: a function that linked every operation only to describe it would be the largest of all,
// and start the slowest.
package site

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"sync"

	"turnup/internal/platform/rest"
)

// Version of the API's contract.
const Version = "1.0.0"

// The made documents, compressed: they are some megabytes long.
var (
	//go:embed openapi.json.gz
	openAPI []byte
	//go:embed reference.html.gz
	page []byte
)

// policy lets the page's own style apply and nothing else load, run or be framed.
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type rawOutput struct {
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control" doc:"It may be kept this long" example:"public, max-age=300"`
	Policy       string `header:"Content-Security-Policy" doc:"Nothing is loaded from elsewhere" example:"default-src 'none'"`
	Body         []byte
}

// Register adds the operations to an API.
func Register(a *rest.API) {
	serve := func(contentType string, made []byte) func(context.Context, *struct{}) (*rawOutput, error) {
		unpacked := sync.OnceValues(func() ([]byte, error) { return Unpack(made) })
		return func(context.Context, *struct{}) (*rawOutput, error) {
			body, err := unpacked()
			return &rawOutput{ContentType: contentType, CacheControl: "public, max-age=300", Policy: policy, Body: body}, err
		}
	}
	rest.Register(a, rest.Op{
		ID: "getOpenAPI", Method: http.MethodGet, Path: "/openapi.json", Audience: rest.Public, Service: "reference",
		Summary: "Read the OpenAPI document",
		About:   "Describes every operation with schemas, examples and faults, as OpenAPI 3.1.",
		Media:   "application/json",
		Answer:  map[string]any{"openapi": "3.1.0", "info": map[string]any{"title": "Turnup", "version": Version}, "paths": map[string]any{}},
	}, serve("application/json", openAPI))
	rest.Register(a, rest.Op{
		ID: "getReference", Method: http.MethodGet, Path: "/reference", Audience: rest.Public, Service: "reference",
		Summary: "Read the API reference as a page",
		About:   "The same content for people: how to buy by hand, every operation, every fault. It needs no scripts.",
		Media:   "text/html",
		Answer:  "<!doctype html><html lang=\"en\"><title>Turnup API reference</title></html>",
	}, serve("text/html; charset=utf-8", page))
}

// Pack compresses a document, the same always to the same.
func Pack(made []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(made); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

// Unpack is the reverse.
func Unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("reference: what was made cannot be read: %w", err)
	}
	return io.ReadAll(r)
}
