package metric_test

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"turnup/internal/platform/metric"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func captured(t *testing.T, emit func()) string {
	t.Helper()
	var out bytes.Buffer
	before := metric.Sink
	metric.Sink = &out
	defer func() { metric.Sink = before }()
	emit()
	return out.String()
}

// The shape CloudWatch reads: metadata under _aws, values and dimensions at the root.
func TestEmbeddedMetricFormat(t *testing.T) {
	line := captured(t, func() {
		metric.Emit(noon, "Latency", metric.Milliseconds, 12.5, map[string]string{"Operation": "checkoutCart", "Status": "200"})
	})
	var got struct {
		AWS struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
		Latency           float64
		Operation, Status string
	}
	if err := json.Unmarshal([]byte(line), &got); err != nil || !strings.HasSuffix(line, "}\n") || strings.Count(line, "\n") != 1 {
		t.Fatalf("%v in %q", err, line)
	}
	m := got.AWS.CloudWatchMetrics[0]
	slices.Sort(m.Dimensions[0])
	if got.AWS.Timestamp != noon.UnixMilli() || m.Namespace != metric.Namespace || !slices.Equal(m.Dimensions[0], []string{"Operation", "Status"}) ||
		m.Metrics[0].Name != "Latency" || m.Metrics[0].Unit != "Milliseconds" || got.Latency != 12.5 || got.Operation != "checkoutCart" || got.Status != "200" {
		t.Errorf("got %s", line)
	}
}

// A metric never breaks a request, and lines do not run into each other.
func TestOddValuesAndParallelLines(t *testing.T) {
	if line := captured(t, func() { metric.Emit(noon, "X", metric.Count, math.NaN(), nil) }); line != "" {
		t.Errorf("got %q", line)
	}
	lines := captured(t, func() {
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { metric.Emit(noon, "X", metric.Count, 1, map[string]string{"A": "b"}) })
		}
		all.Wait()
	})
	for _, l := range strings.Split(strings.TrimSpace(lines), "\n") {
		if !json.Valid([]byte(l)) {
			t.Fatalf("%q", l)
		}
	}
	if strings.Count(lines, "\n") != 50 {
		t.Error("lines are missing")
	}
}
