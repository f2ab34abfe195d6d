package testclock_test

import (
	"errors"
	"testing"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/domain/testclock"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func ready() testclock.Clock { return testclock.New("demo", "", noon, noon.AddDate(-1, 0, 0)) }

func full() testclock.Clock {
	c := ready()
	c.Customers = make([]id.Customer, testclock.MaxCustomers)
	return c
}

func moving(t *testing.T) testclock.Clock {
	t.Helper()
	c, err := ready().Advance(noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAttach(t *testing.T) {
	for _, k := range []struct {
		name    string
		clock   testclock.Clock
		has     id.TestClock
		waiting bool
		want    error
	}{
		{"a new customer", ready(), "", false, nil},
		{"one who lives by this clock", ready(), ready().ID, false, testclock.ErrAttached},
		{"one who lives by another", ready(), "clk_2", true, testclock.ErrAttached},
		{"one with something due", ready(), "", true, testclock.ErrWaiting},
		{"while it moves", moving(t), "", false, testclock.ErrAdvancing},
		{"one too many", full(), "", false, testclock.ErrFull},
	} {
		got, err := k.clock.Attach("cus_1", k.has, k.waiting)
		if !errors.Is(err, k.want) || (err == nil) != (k.want == nil) {
			t.Errorf("%s: %v", k.name, err)
		}
		if grown := len(got.Customers) - len(k.clock.Customers); (grown == 1) != (err == nil) || (got.Version > k.clock.Version) != (err == nil) {
			t.Errorf("%s: %+v", k.name, got)
		}
	}
}

// A clock moves forward only, one way at a time, step by step and never beyond its target.
func TestAdvance(t *testing.T) {
	for _, to := range []time.Time{noon, noon.Add(-time.Nanosecond), {}} {
		if _, err := ready().Advance(to); !errors.Is(err, testclock.ErrBackwards) {
			t.Errorf("to %v: %v", to, err)
		}
	}
	c := moving(t)
	if _, err := c.Advance(noon.Add(2 * time.Hour)); !errors.Is(err, testclock.ErrAdvancing) || c.Status != testclock.Advancing || !c.Now.Equal(noon) {
		t.Errorf("%v, %+v", err, c)
	}
	for _, k := range []struct{ due, now time.Time }{
		{noon.Add(-time.Hour), noon}, {noon.Add(time.Minute), noon.Add(time.Minute)}, {noon.Add(time.Second), noon.Add(time.Minute)}, {noon.AddDate(1, 0, 0), noon.Add(time.Hour)},
	} {
		was := c
		if c = c.Step(k.due); !c.Now.Equal(k.now) || (c.Version > was.Version) != c.Now.After(was.Now) || c.Status != testclock.Advancing {
			t.Errorf("step to %v: %+v", k.due, c)
		}
	}
	if c = moving(t).Arrive(); c.Status != testclock.Ready || !c.Now.Equal(noon.Add(time.Hour)) || c.Version != 3 {
		t.Errorf("%+v", c)
	}
}
