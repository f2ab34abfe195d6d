// Package targets is how the journey's own targets are met, for the operator's staff.
package targets

import (
	"context"
	"math"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"turnup/internal/base/civil"
	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/maintenance"
	"turnup/internal/domain/target"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "targets"

const (
	usualDays = 30
	maxDays   = 366
)

// Store keeps what was counted.
type Store interface {
	// Targets reads the counters of all days from one on, and where they stand.
	Targets(ctx context.Context, tenant id.Tenant, from civil.Date) (target.Counts, error)
	// LineTargets adds the counters of the lines of some OLTs, from a day on, and those of some days by the second.
	LineTargets(ctx context.Context, tenant id.Tenant, from civil.Date, olts []string, days []civil.Date, all target.Counts) error
	// Windows reads a page of the maintenance that ends after a time and begins before another.
	Windows(ctx context.Context, tenant id.Tenant, from, until time.Time, after string, limit int32) (page []maintenance.Window, next string, err error)
}

// Deps are the parts the service works with.
type Deps struct {
	Store Store
	Clock clock.Clock
}

type service struct{ Deps }

type input struct {
	From  civil.Date `query:"from" format:"date" maxLength:"10" doc:"The first day, UTC; by default thirty days before the end" example:"2030-01-01"`
	Until civil.Date `query:"until" format:"date" maxLength:"10" doc:"The day after the last one; by default tomorrow" example:"2030-01-31"`
}

type output struct{ Body report }

type report struct {
	From      civil.Date `json:"from" format:"date" doc:"The first day, UTC" example:"2030-01-01"`
	Until     civil.Date `json:"until" format:"date" doc:"The day after the last one" example:"2030-01-31"`
	Targets   []figure   `json:"targets" nullable:"false" doc:"All there are"`
	Durations []duration `json:"durations" nullable:"false" doc:"How long stages and operations took that ended in these days"`
}

type figure struct {
	Name        string        `json:"name" enum:"registration_success,onboarding_automated,onboarding_manual,first_payment_success,service_uptime,renewal_rate,churn" doc:"Which target" example:"registration_success"`
	Unit        target.Unit   `json:"unit" enum:"share,minutes" doc:"What value and target are in; a share of 1 is all" example:"share"`
	Numerator   int64         `json:"numerator" doc:"What was reached; of a mean all seconds together, of the uptime seconds of service" example:"471"`
	Denominator int64         `json:"denominator" doc:"Of how many, or of how many seconds" example:"500"`
	Excluded    int64         `json:"excluded,omitempty" doc:"Of the uptime: seconds of service in announced maintenance, which are in neither; missing when there were none" example:"3600"`
	Value       *float64      `json:"value,omitempty" doc:"The figure itself; missing without data" example:"0.942"`
	Target      float64       `json:"target" doc:"What was promised" example:"0.9"`
	Bound       string        `json:"bound" enum:"at_least,below" doc:"On which side of the target the value is to be" example:"at_least"`
	Result      target.Result `json:"result" enum:"met,missed,no_data" doc:"How they compare" example:"met"`
}

type duration struct {
	Of              string        `json:"of" enum:"registration,verification,profile,plan,payment,activation,diagnosis,resumption" doc:"Stage or operation" example:"activation"`
	Finished        int64         `json:"finished" doc:"How many ended in the period" example:"40"`
	WithinExpected  int64         `json:"withinExpected" doc:"How many of them took no longer than expected" example:"39"`
	MeanSeconds     *float64      `json:"meanSeconds,omitempty" doc:"How long one took on average; missing without data" example:"312.5"`
	ExpectedSeconds int64         `json:"expectedSeconds" doc:"How long one may take" example:"1800"`
	Result          target.Result `json:"result" enum:"met,missed,no_data" doc:"How the mean compares" example:"met"`
}

// Register adds the operation to an API.
func Register(a *rest.API, d Deps) {
	example := target.Sums{Period: civil.Period{From: "2030-01-01", Until: "2030-01-31"}, Counts: target.Counts{{Day: "2030-01-01", Counter: "registered"}: 500, {Day: "2030-01-01", Counter: "verified"}: 471}}
	rest.Register(a, rest.Op{
		ID: "getTargets", Method: http.MethodGet, Path: "/admin/targets", Audience: rest.Staff,
		Roles: []string{token.RoleAdmin, token.RoleSupport, token.RoleBilling, token.RoleNetwork}, Service: Service,
		Summary: "How the journey's targets were met in a period",
		About: "Counted from what happened, within seconds of it: each figure with numerator, denominator, target and whether it was met, or no_data. Registrations, first payments and renewals belong to the day on which they began, " +
			"so that a figure of recent days still changes; means belong to the day on which it ended. Uptime leaves out maintenance that was announced, and says how much. Targets that are meant per month are as many times as large for a period of several. At most 366 days.",
		Answer: reportOf(example),
	}, service{d}.get)
}

func (s service) get(ctx context.Context, in *input) (*output, error) {
	now := s.Clock.Now()
	p := civil.Period{From: in.From, Until: in.Until}
	if p.Until == "" {
		p.Until = civil.On(now, time.UTC).Plus(1)
	}
	if p.From == "" {
		p.From = p.Until.Plus(-usualDays)
	}
	if days := p.Days(); days < 1 || days > maxDays {
		return nil, fault.ErrInvalid.Naming("query.until", "1 to 366 days after from")
	}
	sums, err := s.sums(ctx, p, now)
	if err != nil {
		return nil, err
	}
	return &output{reportOf(sums)}, nil
}

// sums reads what was counted, and what maintenance in the period needs beside it.
func (s service) sums(ctx context.Context, p civil.Period, now time.Time) (target.Sums, error) {
	sums, tenant := target.Sums{Period: p, Now: now}, rest.CallerOf(ctx).Tenant
	read, within := errgroup.WithContext(ctx)
	read.Go(func() (err error) {
		sums.Counts, err = s.Store.Targets(within, tenant, p.From)
		return err
	})
	read.Go(func() (err error) {
		sums.Windows, err = s.windows(within, tenant, p)
		return err
	})
	if err := read.Wait(); err != nil || len(sums.Windows) == 0 {
		return sums, err
	}
	olts, days := target.Scopes(sums.Windows, p)
	return sums, s.Store.LineTargets(ctx, tenant, p.From, olts, days, sums.Counts)
}

// windows are those of the period.
func (s service) windows(ctx context.Context, tenant id.Tenant, p civil.Period) (all []target.Window, err error) {
	for after := ""; ; {
		page, next, err := s.Store.Windows(ctx, tenant, p.From.Begin(time.UTC), p.Until.Begin(time.UTC), after, 0)
		if err != nil {
			return nil, err
		}
		for _, w := range page {
			all = append(all, target.Window{Start: w.Start, End: w.End, OLT: w.OLT})
		}
		if after = next; after == "" {
			return all, nil
		}
	}
}

func reportOf(s target.Sums) report {
	r := report{From: s.Period.From, Until: s.Period.Until}
	for _, f := range s.Figures() {
		shown := figure{Name: f.Name, Unit: f.Unit, Numerator: f.Numerator, Denominator: f.Denominator, Excluded: f.Excluded, Target: rounded(f.Target), Bound: "below", Result: f.Result()}
		if f.AtLeast {
			shown.Bound = "at_least"
		}
		if f.Denominator != 0 {
			value := rounded(f.Value())
			shown.Value = &value
		}
		r.Targets = append(r.Targets, shown)
	}
	for _, d := range s.Durations() {
		shown := duration{Of: d.Of, Finished: d.Finished, WithinExpected: d.Within, ExpectedSeconds: int64(d.Expected / time.Second), Result: d.Result()}
		if d.Finished != 0 {
			mean := rounded(d.Mean().Seconds())
			shown.MeanSeconds = &mean
		}
		r.Durations = append(r.Durations, shown)
	}
	return r
}

// rounded is for people; what is met is decided by the whole figure.
func rounded(v float64) float64 { return math.Round(v*1e5) / 1e5 }
