package journey

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"turnup/internal/base/token"
)

type (
	// report answers getTargets.
	report struct {
		Targets   []targetFigure
		Durations []stageTime
	}
	targetFigure struct {
		Name, Result           string
		Numerator, Denominator int64
		Excluded               int64
	}
	stageTime struct {
		Of, Result                string
		Finished, ExpectedSeconds int64
		MeanSeconds               float64
	}
)

// targets reads a period as staff who look after money.
func targets(t *testing.T, query string) (r report) {
	t.Helper()
	a := must[Answer](t)(staff(t, token.RoleBilling).Get(context.Background(), "/admin/targets"+query))
	return into[report](t, expect(t, a, nil, http.StatusOK, ""))
}

// figure shows one target.
func (r report) figure(name string) string {
	for _, f := range r.Targets {
		if f.Name == name {
			return fmt.Sprintf("%d/%d %s", f.Numerator, f.Denominator, f.Result)
		}
	}
	return ""
}

// S3-77, S3-78, S3-81, S3-82, S3-83, S3-84, S3-85: of a chosen period, that of some test clocks in a year of their own: two registrations of which one is
// verified, two customers who pay at first and of whom one does not at renewal, one who leaves at once, and no line at all.
func TestTargets(t *testing.T) {
	ctx, year := context.Background(), 1971+rand.IntN(50)
	at := time.Date(year, 3, 15, 12, 0, 0, 0, time.UTC)
	period := fmt.Sprintf("?from=%d-03-15&until=%d-04-17", year, year)
	if before := targets(t, period); slices.ContainsFunc(before.Targets, func(f targetFigure) bool { return f.Denominator > 0 }) {
		t.Skipf("these days were used by another run: %+v", before.Targets)
	}
	clock := newTestClock(t, &at)
	stays := must[Account](t)(site.RegisterAccount(ctx, newEmail(), clock.ClockID))
	must[Account](t)(site.RegisterAccount(ctx, newEmail(), clock.ClockID))
	expect(t, must[Answer](t)(admin(t).Post(ctx, "/admin/customers/"+stays.CustomerID+"/verify", Key(), map[string]any{"reason": "journey"})), nil, http.StatusOK, "")
	advance(t, clock.ClockID, at.AddDate(0, 0, 8))
	good, declined := living(t, at, cardGood), living(t, at, cardDeclines)
	for _, v := range []viewer{good, declined} {
		advance(t, v.clock, at.AddDate(0, 1, 1))
	}
	leave := func(v viewer) {
		expect(t, must[Answer](t)(v.Post(ctx, "/subscriptions/"+v.sub+"/cancel", Key(), map[string]any{"mode": "now"})), nil, http.StatusOK, "")
	}
	leave(good)
	advance(t, declined.clock, at.AddDate(0, 1, 3))
	leave(declined) // the month after, so that other runs find nobody in their years
	want := map[string]string{"registration_success": "1/2 missed", "onboarding_automated": "0/0 no_data", "onboarding_manual": "0/0 no_data", "first_payment_success": "2/2 met",
		"service_uptime": "0/0 no_data", "renewal_rate": "1/2 missed", "churn": "1/2 missed"}
	var is report
	eventually(t, 40*time.Second, "all is counted", func() bool {
		is = targets(t, period)
		return is.figure("churn") == want["churn"] && is.figure("renewal_rate") == want["renewal_rate"]
	})
	for name, figure := range want {
		if got := is.figure(name); got != figure {
			t.Errorf("%s %s, want %s", name, got, figure)
		}
	}
	if d := is.Durations[0]; d.Of != "registration" || d.Finished != 1 || d.Result != "met" || d.ExpectedSeconds != 300 {
		t.Errorf("%+v", d)
	}
	if next := targets(t, fmt.Sprintf("?from=%d-04-17&until=%d-05-17", year, year)); next.figure("registration_success") != "0/0 no_data" || next.figure("renewal_rate") != "0/0 no_data" {
		t.Errorf("the month after: %+v", next.Targets)
	}
}

// duration shows one stage or operation.
func (r report) duration(of string) stageTime {
	i := slices.IndexFunc(r.Durations, func(d stageTime) bool { return d.Of == of })
	return r.Durations[i]
}

// S3-69, S3-77, S3-79, S3-82: a line that is set up by itself is counted today with how long it took, and is up from then on.
func TestTargetsOfALine(t *testing.T) {
	before := targets(t, "")
	_ = movesIn(t, NewHome()).becomes(t, "active")
	var is report
	eventually(t, 40*time.Second, "it is counted", func() bool {
		is = targets(t, "")
		return is.duration("activation").Finished > before.duration("activation").Finished && is.figure("onboarding_automated") != before.figure("onboarding_automated")
	})
	if d := is.duration("activation"); d.Result != "met" || d.ExpectedSeconds != 1800 || is.figure("service_uptime") == "0/0 no_data" {
		t.Errorf("%+v, uptime %s", d, is.figure("service_uptime"))
	}
}

// S3-68: what a card is charged for is paid within minutes, and counted with the time it took.
func TestPaymentIsQuick(t *testing.T) {
	before := targets(t, "").duration("payment")
	subscribed(t, "plan_stream-hd")
	eventually(t, 40*time.Second, "the payment is counted", func() bool { return targets(t, "").duration("payment").Finished > before.Finished })
	if is := targets(t, "").duration("payment"); is.Result != "met" || is.ExpectedSeconds != 300 {
		t.Errorf("%+v", is)
	}
}
