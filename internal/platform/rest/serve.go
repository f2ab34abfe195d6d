package rest

import (
	"context"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/platform/gateway"
)

func noteCaller(ctx context.Context, operation string, c Caller) {
	r := gateway.Of(ctx)
	r.Operation, r.Customer, r.Staff = operation, string(c.Customer), c.Staff
}

// RequestID is the id of the request, as answered in X-Request-Id.
func RequestID(ctx context.Context) string { return gateway.Of(ctx).ID }

// ServeHTTP serves the API.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Any origin may read answers: a caller is known by its token, never by a cookie. The gateway answers preflights.
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Expose-Headers", "ETag, Retry-After, X-Request-Id, X-Correlation-Id")
	gateway.Serve(w, r, a.opts.Clock, a.mux.ServeHTTP, func(w http.ResponseWriter, r *http.Request) { writeProblem(w, r, fault.ErrInternal) })
}

// Start serves the API as a Lambda function behind API Gateway; it does not return.
func Start(a *API) { gateway.Start(a) }
