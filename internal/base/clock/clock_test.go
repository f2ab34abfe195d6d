package clock_test

import (
	"sync"
	"testing"
	"time"

	"turnup/internal/base/clock"
)

func TestManual(t *testing.T) {
	begin := time.Date(2026, 3, 29, 1, 59, 0, 0, time.FixedZone("CET", 3600))
	c := clock.At(begin)
	if !c.Now().Equal(begin) || c.Now().Location() != time.UTC {
		t.Error(c.Now())
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { c.Advance(time.Minute); c.Now() })
	}
	all.Wait()
	if !c.Now().Equal(begin.Add(50 * time.Minute)) {
		t.Error(c.Now())
	}
}

func TestSystem(t *testing.T) {
	if now := clock.System.Now(); now.Location() != time.UTC || time.Since(now).Abs() > time.Minute {
		t.Error(now)
	}
}
