package rest

import (
	"context"
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

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/platform/metric"
)

// request is what the runtime notes about the request under way, for the access line.
type request struct {
	id, operation, code, customer, staff string
}

type requestKey struct{}

func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

func noteCaller(ctx context.Context, operation string, c Caller) {
	r := requestOf(ctx)
	r.operation, r.customer, r.staff = operation, string(c.Customer), c.Staff
}

// RequestID is the id of the request, as answered in X-Request-Id.
func RequestID(ctx context.Context) string { return requestOf(ctx).id }

var correlation = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// ServeHTTP serves the API with ids, access line, metric and a net under panics.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := a.opts.Clock.Now()
	note := &request{id: string(id.New[id.Event]("", began)), operation: "unknown"}
	if gw, ok := core.GetAPIGatewayContextFromContext(r.Context()); ok && gw.RequestID != "" {
		note.id = gw.RequestID
	}
	trace := event.Trace{Correlation: r.Header.Get("X-Correlation-Id"), Causation: note.id}
	if !correlation.MatchString(trace.Correlation) {
		trace.Correlation = string(id.New[id.Event]("cor_", began))
	}
	ctx := event.WithTrace(context.WithValue(r.Context(), requestKey{}, note), trace)
	w.Header().Set("X-Request-Id", note.id)
	w.Header().Set("X-Correlation-Id", trace.Correlation)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	// Any origin may read answers: a caller is known by its token, never by a cookie. The gateway answers preflights.
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Expose-Headers", "ETag, Retry-After, X-Request-Id, X-Correlation-Id")
	w.Header().Set("Cache-Control", "no-store") // an operation that may be cached says so
	seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	defer func() {
		if p := recover(); p != nil {
			slog.ErrorContext(ctx, "panic", "error", fmt.Sprint(p), "stack", string(debug.Stack()))
			writeProblem(seen, r.WithContext(ctx), fault.ErrInternal)
		}
		a.account(ctx, note, seen.status, a.opts.Clock.Now().Sub(began))
	}()
	a.mux.ServeHTTP(seen, r.WithContext(ctx))
}

func (a *API) account(ctx context.Context, note *request, status int, took time.Duration) {
	slog.InfoContext(ctx, "request", "operation", note.operation, "status", status, "code", note.code,
		"customerId", note.customer, "staff", note.staff, "requestId", note.id, "ms", took.Milliseconds())
	now := a.opts.Clock.Now()
	metric.Emit(now, "Latency", metric.Milliseconds, float64(took.Microseconds())/1000, map[string]string{"Operation": note.operation})
	if note.code != "" {
		metric.Emit(now, "Fault", metric.Count, 1, map[string]string{"Operation": note.operation, "Code": note.code})
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

// sourceAddress is the caller's IP as API Gateway saw it; headers a caller can set are not trusted.
func sourceAddress(ctx context.Context, fallback string) string {
	if gw, ok := core.GetAPIGatewayContextFromContext(ctx); ok && gw.Identity.SourceIP != "" {
		return gw.Identity.SourceIP
	}
	return fallback
}

// Start serves the API as a Lambda function behind API Gateway; it does not return.
func Start(a *API) {
	adapter := httpadapter.New(a)
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
