package journey

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// TestClock answers the operations on test clocks.
type TestClock struct {
	ClockID, Name, Status  string
	Now, Target, CreatedAt time.Time
	CustomerIDs            []string
}

// Advance moves a test clock, as staff, and waits until everything that is due until then is done.
func (c *Customer) Advance(ctx context.Context, clock string, to time.Time, within time.Duration) (TestClock, error) {
	a, err := c.Post(ctx, "/test-clocks/"+clock+"/advance", Key(), map[string]any{"to": to})
	if err != nil || a.Status != http.StatusAccepted {
		return TestClock{}, fmt.Errorf("journey: the clock does not move: %w %d %s", err, a.Status, a.Raw)
	}
	var is TestClock
	a, err = c.Await(ctx, "/test-clocks/"+clock, within, func(a Answer) bool { return a.Into(&is) == nil && is.Status == "ready" })
	if err != nil {
		return is, err
	}
	return is, a.Into(&is)
}
