package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"turnup/internal/rig"
)

// rounds is how often each function is started.
const rounds = 30

// kinds are the functions that are started: one of each kind. The worst counts.
var kinds = []string{"auth", "customers", "registration", "catalogue", "payments", "carts", "orders", "plans", "stripe-webhook", "on-delivery", "on-notifications", "on-timers", "tick", "outbox-relay"}

// startTimes starts hello and each kind in turns, so that whatever else the machine does meets all alike, and returns
// the time from exec to the first question for an event.
func startTimes(ctx context.Context, folder string, env envOf) (map[string][]time.Duration, error) {
	times := map[string][]time.Duration{}
	for range rounds {
		for _, name := range append([]string{hello}, kinds...) {
			var its []string // hello needs nothing
			if name != hello {
				var err error
				if its, err = env(name); err != nil {
					return nil, err
				}
			}
			took, err := startOnce(ctx, filepath.Join(folder, name), its)
			if err != nil {
				return nil, err
			}
			times[name] = append(times[name], took)
		}
	}
	return times, nil
}

func startOnce(ctx context.Context, program string, env []string) (time.Duration, error) {
	f, began, err := rig.Start(program, env)
	if err != nil {
		return 0, err
	}
	defer f.Stop()
	limited, cancel := context.WithTimeout(ctx, rig.Patience)
	defer cancel()
	ready, err := f.AwaitReady(limited)
	return ready.Sub(began), err
}

func median[T time.Duration | float64](all []T) T {
	sorted := slices.Sorted(slices.Values(all))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// startFigures are P6: the ratio of the medians of each kind, all of which must be met, and the most calls that a
// function makes before its first event.
func startFigures(times map[string][]time.Duration, cold map[string][]call) []figure {
	least := median(times[hello])
	var out []figure
	for _, name := range kinds {
		took := median(times[name])
		out = append(out, figure{name: "P6 start, " + name, value: float64(took) / float64(least), must: 5, stretch: 3.5,
			detail: fmt.Sprintf("%.1f ms of %.1f ms", took.Seconds()*1000, least.Seconds()*1000)})
	}
	most, who := 0, "all"
	for name, calls := range cold {
		if len(calls) > most || len(calls) == most && most > 0 && name < who {
			most, who = len(calls), name
		}
	}
	return append(out, figure{name: "P6 calls before the first event, most: " + who, value: float64(most), must: 1, stretch: 0, detail: "calls"})
}
