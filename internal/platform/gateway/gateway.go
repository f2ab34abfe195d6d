// Package gateway serves HTTP behind API Gateway, for packages rest and web: request and correlation ids, one access line and one metric a
// request, a net under panics, and the way from an event of the gateway to a request and back.
//
// How answers and faults look is its users'.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/platform/metric"
)

// Request is what is noted about the request under way, for its access line.
type Request struct {
	ID, Operation, Code, Customer, Staff string
}

type requestKey struct{}

// Note puts a request's note into the context.
func Note(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// Of finds the note of the request under way.
func Of(ctx context.Context) *Request {
	if r, ok := ctx.Value(requestKey{}).(*Request); ok {
		return r
	}
	return &Request{}
}

// Correlation is what a caller's own name for a journey looks like.
var Correlation = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// Serve serves a request with ids, access line, metric and a net under panics, after which failed answers.
func Serve(w http.ResponseWriter, r *http.Request, c clock.Clock, next, failed http.HandlerFunc) {
	began := c.Now()
	note := &Request{ID: string(id.New[id.Event]("", began)), Operation: "unknown"}
	if gw, ok := core.GetAPIGatewayContextFromContext(r.Context()); ok && gw.RequestID != "" {
		note.ID = gw.RequestID
	}
	trace := event.Trace{Correlation: r.Header.Get("X-Correlation-Id"), Causation: note.ID}
	if !Correlation.MatchString(trace.Correlation) {
		trace.Correlation = string(id.New[id.Event]("cor_", began))
	}
	ctx := event.WithTrace(Note(r.Context(), note), trace)
	w.Header().Set("X-Request-Id", note.ID)
	w.Header().Set("X-Correlation-Id", trace.Correlation)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store") // what may be kept says so
	seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	defer func() {
		if p := recover(); p != nil {
			slog.ErrorContext(ctx, "panic", "error", fmt.Sprint(p), "stack", string(debug.Stack()))
			failed(seen, r.WithContext(ctx))
		}
		account(ctx, note, seen.status, c.Now(), c.Now().Sub(began))
	}()
	next(seen, r.WithContext(ctx))
}

func account(ctx context.Context, note *Request, status int, now time.Time, took time.Duration) {
	slog.InfoContext(ctx, "request", "operation", note.Operation, "status", status, "code", note.Code,
		"customerId", note.Customer, "staff", note.Staff, "requestId", note.ID, "ms", took.Milliseconds())
	metric.Emit(now, "Latency", metric.Milliseconds, float64(took.Microseconds())/1000, map[string]string{"Operation": note.Operation})
	if note.Code != "" {
		metric.Emit(now, "Fault", metric.Count, 1, map[string]string{"Operation": note.Operation, "Code": note.Code})
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// FaultOf is the fault to show for an error. It notes it for the access line and logs what the caller does not see.
func FaultOf(ctx context.Context, err error) *fault.Fault {
	f := fault.Of(err)
	if f == nil {
		f = fault.ErrInternal
	}
	switch {
	case f.Kind == fault.Internal:
		slog.ErrorContext(ctx, "operation failed", "error", err.Error())
	case errors.Unwrap(f) != nil:
		slog.WarnContext(ctx, "operation refused", "code", f.Code, "error", err.Error())
	}
	Of(ctx).Code = f.Code
	return f
}

// retryAfter is what a transient fault answers when it names no time itself.
const retryAfter = 2 * time.Second

// RetryAfter is when a request that met a fault is worth repeating; zero when it is not.
func RetryAfter(f *fault.Fault) time.Duration {
	if f.RetryAfter == 0 && (f.Kind == fault.Throttled || f.Kind == fault.Unavailable) {
		return retryAfter
	}
	return f.RetryAfter
}

// Address is the caller's IP as API Gateway saw it; headers a caller can set are not trusted.
func Address(ctx context.Context, fallback string) string {
	if gw, ok := core.GetAPIGatewayContextFromContext(ctx); ok && gw.Identity.SourceIP != "" {
		return gw.Identity.SourceIP
	}
	return fallback
}

// Start serves a handler as a Lambda function behind API Gateway; it does not return.
func Start(h http.Handler) {
	adapter := httpadapter.New(h)
	lambda.Start(func(ctx context.Context, e events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
		e.Path = escaped(e.Path)
		return adapter.ProxyWithContext(ctx, e)
	})
}

// escaped makes a path that the gateway has decoded one that can be read as part of a URL again: a control character or
// a lone % in it would fail the whole invocation.
func escaped(path string) string {
	if _, err := url.ParseRequestURI(path); err != nil {
		return (&url.URL{Path: path}).EscapedPath()
	}
	return path
}
