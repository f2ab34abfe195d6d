// Package logging sets up structured logs: JSON lines on standard output, each with the function's name and the
// correlation id of the journey it belongs to. Nothing here redacts: callers never hand secrets, bodies or contact
// data to a log.
package logging

import (
	"context"
	"io"
	"log/slog"

	"turnup/internal/base/event"
)

// Setup makes the default logger of a function. Use slog's Context variants, so that the trace is added.
func Setup(w io.Writer, function string) {
	h := slog.NewJSONHandler(w, nil).WithAttrs([]slog.Attr{slog.String("function", function)})
	slog.SetDefault(slog.New(traced{h}))
}

type traced struct{ slog.Handler }

func (t traced) Handle(ctx context.Context, r slog.Record) error {
	if trace := event.TraceOf(ctx); trace.Correlation != "" {
		r.AddAttrs(slog.String("correlationId", trace.Correlation), slog.String("causationId", trace.Causation))
	}
	return t.Handler.Handle(ctx, r)
}

func (t traced) WithAttrs(as []slog.Attr) slog.Handler { return traced{t.Handler.WithAttrs(as)} }
func (t traced) WithGroup(name string) slog.Handler    { return traced{t.Handler.WithGroup(name)} }
