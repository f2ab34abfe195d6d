package journey

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// newTestClock makes one; nil is the real time.
func newTestClock(t *testing.T, now *time.Time) TestClock {
	t.Helper()
	body := map[string]any{"name": "journey"}
	if now != nil {
		body["now"] = now
	}
	a, err := admin(t).Post(context.Background(), "/test-clocks", Key(), body)
	return into[TestClock](t, expect(t, a, err, http.StatusCreated, ""))
}

// advance moves a clock and waits until everything due until then is done.
func advance(t *testing.T, clock string, to time.Time) TestClock {
	t.Helper()
	ctx, staff := context.Background(), admin(t)
	a, err := staff.Post(ctx, "/test-clocks/"+clock+"/advance", Key(), map[string]any{"to": to})
	begun := into[TestClock](t, expect(t, a, err, http.StatusAccepted, ""))
	if begun.Status != "advancing" || !begun.Target.Equal(to) || a.Header.Get("Retry-After") == "" {
		t.Errorf("advance answers %+v", begun)
	}
	var is TestClock
	eventually(t, time.Minute, "the clock is ready", func() bool {
		a, err := staff.Get(ctx, "/test-clocks/"+clock)
		is = into[TestClock](t, expect(t, a, err, http.StatusOK, ""))
		return is.Status == "ready"
	})
	if !is.Now.Equal(to) || a.Code() != "" {
		t.Errorf("the clock shows %v, want %v", is.Now, to)
	}
	return is
}

// attach lets a customer live by a clock.
func attach(t *testing.T, clock, customer string) Answer {
	t.Helper()
	return must[Answer](t)(admin(t).Post(context.Background(), "/test-clocks/"+clock+"/customers", Key(), map[string]any{"customerId": customer}))
}

// A customer can be attached to a clock, and the clock moved forward, over thirteen months in seconds.
func TestTestClock(t *testing.T) {
	at := time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)
	clock := newTestClock(t, &at)
	if clock.Status != "ready" || !clock.Now.Equal(at) || len(clock.CustomerIDs) != 0 {
		t.Fatalf("made %+v", clock)
	}
	_, r := newCustomer(t)
	if with := into[TestClock](t, expect(t, attach(t, clock.ClockID, r.CustomerID), nil, http.StatusOK, "")); len(with.CustomerIDs) != 1 || with.CustomerIDs[0] != r.CustomerID {
		t.Errorf("attached: %+v", with)
	}
	for _, to := range []time.Time{at.Add(time.Minute), at.AddDate(0, 13, 0)} {
		advance(t, clock.ClockID, to)
	}
	var list struct{ Timers []any }
	a, err := admin(t).Get(context.Background(), "/admin/customers/"+r.CustomerID+"/timers")
	if err := expect(t, a, err, http.StatusOK, "").Into(&list); err != nil || list.Timers == nil || len(list.Timers) != 0 {
		t.Errorf("timers %s, %v", a.Raw, err)
	}
}

// A clock does not go back, takes a customer once, and knows only its own client account's.
func TestTestClockRefusals(t *testing.T) {
	clock, other := newTestClock(t, nil), newTestClock(t, nil)
	_, r := newCustomer(t)
	expect(t, attach(t, clock.ClockID, r.CustomerID), nil, http.StatusOK, "")
	expect(t, attach(t, clock.ClockID, r.CustomerID), nil, http.StatusConflict, "customer_has_test_clock")
	expect(t, attach(t, other.ClockID, r.CustomerID), nil, http.StatusConflict, "customer_has_test_clock")
	expect(t, attach(t, clock.ClockID, "cus_00000000000000000000000000"), nil, http.StatusNotFound, "customer_not_found")
	expect(t, attach(t, "clk_00000000000000000000000000", r.CustomerID), nil, http.StatusNotFound, "test_clock_not_found")
	for _, to := range []time.Time{clock.Now, clock.Now.Add(-time.Hour)} {
		a, err := admin(t).Post(context.Background(), "/test-clocks/"+clock.ClockID+"/advance", Key(), map[string]any{"to": to})
		expect(t, a, err, http.StatusBadRequest, "test_clock_backwards")
	}
}
