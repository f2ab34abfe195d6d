// Package metric writes metrics as log lines in CloudWatch's embedded metric format, so that counting costs no call.
// Format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package metric

import (
	"encoding/json"
	"io"
	"os"
	"sync"
	"time"
)

// Namespace of every metric of Turnup.
const Namespace = "Turnup"

// Units as CloudWatch spells them.
const (
	Count        = "Count"
	Seconds      = "Seconds"
	Milliseconds = "Milliseconds"
)

// Sink takes the lines; Lambda collects standard output.
var Sink io.Writer = os.Stdout

var mu sync.Mutex

// Emit writes one value. Dimensions are few and bounded (operation, queue, code), never ids.
func Emit(at time.Time, name, unit string, value float64, dimensions map[string]string) {
	names := make([]string, 0, len(dimensions))
	line := map[string]any{name: value}
	for k, v := range dimensions {
		names = append(names, k)
		line[k] = v
	}
	line["_aws"] = map[string]any{
		"Timestamp": at.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": Namespace, "Dimensions": [][]string{names},
			"Metrics": []any{map[string]string{"Name": name, "Unit": unit}},
		}},
	}
	raw, err := json.Marshal(line)
	if err != nil {
		return // a float that is not a number; a metric never breaks a request
	}
	mu.Lock()
	defer mu.Unlock()
	_, _ = Sink.Write(append(raw, '\n'))
}
