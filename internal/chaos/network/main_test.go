package network

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"testing"

	"turnup/internal/check"
	"turnup/internal/platform/metric"
	"turnup/internal/rig"
)

// whole tells to run every fault at every call: `make chaos`.
var whole = os.Getenv("CHAOS") == "full"

var (
	root string    // of the project
	site *rig.Site // the tables; each world has a tenant of its own
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		if os.Getenv("CHAOS_LOG") == "" {
			slog.SetDefault(slog.New(slog.DiscardHandler))
			metric.Sink = io.Discard
		}
		debug.SetGCPercent(400) // memory there is, time there is not
		ctx := context.Background()
		var err error
		if root, err = check.Root(); err == nil {
			site, err = rig.OpenTables(ctx, "network-"+strconv.Itoa(os.Getpid()))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer site.Close(ctx)
		real := http.DefaultTransport.(*http.Transport).Clone()
		real.MaxIdleConnsPerHost = 32
		http.DefaultTransport = roads{real}
		return m.Run()
	}())
}
