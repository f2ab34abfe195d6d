package logging_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"turnup/internal/base/event"
	"turnup/internal/platform/logging"
)

// Every line of a journey has its correlation id, whatever logger derived from the default wrote it.
func TestTraceIsInTheLine(t *testing.T) {
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	var out bytes.Buffer
	logging.Setup(&out, "carts")
	ctx := event.WithTrace(context.Background(), event.Trace{Correlation: "journey", Causation: "evt_1"})
	for name, write := range map[string]func(context.Context){
		"plain":      func(ctx context.Context) { slog.InfoContext(ctx, "line", "a", 1) },
		"attributes": func(ctx context.Context) { slog.With("a", 1).WarnContext(ctx, "line") },
	} {
		for _, traced := range []bool{true, false} {
			out.Reset()
			c := ctx
			if !traced {
				c = context.Background()
			}
			write(c)
			var line map[string]any
			if err := json.Unmarshal(out.Bytes(), &line); err != nil || bytes.Count(out.Bytes(), []byte("\n")) != 1 {
				t.Fatalf("%s: %v in %q", name, err, out.String())
			}
			if line["function"] != "carts" || line["msg"] != "line" || line["a"] != 1.0 || (line["correlationId"] == "journey") != traced || (line["causationId"] == "evt_1") != traced {
				t.Errorf("%s: %v", name, line)
			}
		}
	}
	out.Reset()
	slog.Default().WithGroup("g").InfoContext(ctx, "line", "a", 1)
	if !bytes.Contains(out.Bytes(), []byte(`"correlationId":"journey"`)) {
		t.Errorf("lost in a group: %s", out.String())
	}
}
