package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/plot"
)

func (s service) addTargets(site *web.Site) {
	s.page(site, web.Page{ID: "getConsoleTargets", Method: http.MethodGet, Path: "/console/targets", About: "How the journey's targets were met in a period, and before."}, view.targets)
}

// figures are getTargets' answer.
type figures struct {
	Targets []struct {
		Name, Unit, Bound, Result string
		Numerator, Denominator    int64
		Excluded                  int64
		Value                     *float64
		Target                    float64
	}
	Durations []struct {
		Of, Result               string
		Finished, WithinExpected int64
		MeanSeconds              *float64
		ExpectedSeconds          float64
	}
}

// span is a period of whole days.
type span struct {
	name, from, until string
}

// periods are those of the trend, oldest first; the last one is the one that was chosen.
const periods = 6

// chosen reads the period that is asked for: so many days up to today, or a month.
func (v view) chosen() (what string, all []span) {
	today := v.Now().UTC().Truncate(24 * time.Hour)
	what = v.Query().Get("period")
	if month, err := time.Parse("2006-01", what); err == nil {
		for i := periods - 1; i >= 0; i-- {
			first := month.AddDate(0, -i, 0)
			all = append(all, span{first.Format("Jan 2006"), first.Format(time.DateOnly), first.AddDate(0, 1, 0).Format(time.DateOnly)})
		}
		return what, all
	}
	days, err := strconv.Atoi(what)
	if err != nil || !slices.Contains([]int{7, 30, 90}, days) {
		days = 30
	}
	for i := periods - 1; i >= 0; i-- {
		until := today.AddDate(0, 0, 1-i*days)
		from := until.AddDate(0, 0, -days)
		all = append(all, span{"to " + until.AddDate(0, 0, -1).Format("2 Jan"), from.Format(time.DateOnly), until.Format(time.DateOnly)})
	}
	return strconv.Itoa(days), all
}

func (v view) targets() (web.Answer, error) {
	what, spans := v.chosen()
	read := make([]figures, len(spans))
	g := v.reads()
	for i, s := range spans {
		g.need("/admin/targets", query("from", s.from, "until", s.until), &read[i])
	}
	if err := g.Wait(); err != nil {
		return web.Answer{}, err
	}
	now, last := read[len(read)-1], spans[len(spans)-1]
	b := v.board("Targets")
	b.under = "From " + last.from + " up to " + last.until + ", whole days in UTC. Figures of the last days still rise while what began in them is settled."
	b.tabs = v.periodTabs(what)
	t, d := targetTable(now), durationTable(now)
	b.blocks = append(b.blocks, block{title: "Targets", text: now.leftOut(), table: &t, actions: v.toMaintenance()}, block{title: "How long stages took", text: "Met is when the mean was within what is expected.", table: &d},
		block{title: "Funnel", text: "How many got past each stage in this period.", more: plot.Bars(funnel(now))})
	for i := range now.Targets {
		b.blocks = append(b.blocks, block{more: plot.Line(trend(i, spans, read))})
	}
	for i := range now.Durations {
		b.blocks = append(b.blocks, block{more: plot.Line(durationTrend(i, spans, read))})
	}
	return web.Show(targetPage(b)), nil
}

// leftOut says how much service did not count because it was in maintenance; nothing of none.
func (f figures) leftOut() string {
	for _, x := range f.Targets {
		if x.Excluded > 0 {
			return plain(x.Name) + " leaves out " + lasts(float64(x.Excluded)) + " of service in announced maintenance, all lines together."
		}
	}
	return ""
}

// toMaintenance leads to when that was.
func (v view) toMaintenance() []button {
	if !v.may("listMaintenance") {
		return nil
	}
	return []button{v.to("Maintenance", "maintenance")}
}

func (v view) periodTabs(what string) (out []look.Place) {
	add := func(name, period string) {
		out = append(out, look.Place{Name: name, Address: v.on("targets") + "?period=" + period, Here: period == what})
	}
	for _, days := range []string{"7", "30", "90"} {
		add("Last "+days+" days", days)
	}
	month := time.Date(v.Now().UTC().Year(), v.Now().UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	for i := range 3 {
		m := month.AddDate(0, -i, 0)
		add(m.Format("January 2006"), m.Format("2006-01"))
	}
	return out
}

// result is how a figure compares.
func result(s string) look.Cell {
	if s == "no_data" {
		return look.Cell{Text: "No data", Tone: look.Plain}
	}
	return state(s)
}

// value tells a figure in its unit.
func value(f float64, unit string) string {
	if unit == "share" {
		return strconv.FormatFloat(f*100, 'f', 1, 64) + " %"
	}
	return lasts(f * 60)
}

func bound(b string) string {
	if b == "below" {
		return "below "
	}
	return "at least "
}

func targetTable(f figures) look.Table {
	t := look.Table{Caption: "Targets of the period", Columns: look.Columns("Target", "Result", "#Reached", "#Target", "#Numerator", "#Denominator"), Empty: "No targets."}
	for _, x := range f.Targets {
		reached := "no data"
		if x.Value != nil {
			reached = value(*x.Value, x.Unit)
		}
		t.Rows = append(t.Rows, []look.Cell{text(plain(x.Name)), result(x.Result), text(reached), text(bound(x.Bound) + value(x.Target, x.Unit)), text(strconv.FormatInt(x.Numerator, 10)), text(strconv.FormatInt(x.Denominator, 10))})
	}
	return t
}

func durationTable(f figures) look.Table {
	t := look.Table{Caption: "Durations of stages", Columns: look.Columns("Stage", "Result", "#Mean", "#Expected", "#Within", "#Finished"), Empty: "No stages."}
	for _, x := range f.Durations {
		mean := "no data"
		if x.MeanSeconds != nil {
			mean = lasts(*x.MeanSeconds)
		}
		t.Rows = append(t.Rows, []look.Cell{text(plain(x.Of)), result(x.Result), text(mean), text(lasts(x.ExpectedSeconds)), text(strconv.FormatInt(x.WithinExpected, 10)), text(strconv.FormatInt(x.Finished, 10))})
	}
	return t
}

// lasts tells seconds as people do.
func lasts(seconds float64) string {
	switch {
	case seconds < 120:
		return strconv.FormatFloat(seconds, 'f', 1, 64) + " s"
	case seconds < 7200:
		return strconv.FormatFloat(seconds/60, 'f', 1, 64) + " min"
	}
	return strconv.FormatFloat(seconds/3600, 'f', 1, 64) + " h"
}

var tableWords = plot.Table{Open: "The same numbers as a table", Label: "Period", Value: "Reached"}

// trend is how a target did over the periods. A period without data has no point.
func trend(i int, spans []span, read []figures) plot.Chart {
	x := read[len(read)-1].Targets[i]
	c := plot.Chart{ID: "target-" + strings.ReplaceAll(x.Name, "_", "-"), Title: plain(x.Name), Table: tableWords, Scale: func(f float64) string { return value(f, x.Unit) },
		Limit: &plot.Limit{Value: x.Target, Label: "Target: " + bound(x.Bound) + value(x.Target, x.Unit)}}
	for n, f := range read {
		if len(f.Targets) > i && f.Targets[i].Value != nil {
			c.Points = append(c.Points, plot.Point{Label: spans[n].name, Value: *f.Targets[i].Value, Text: value(*f.Targets[i].Value, x.Unit)})
		}
	}
	c.Text = said(len(c.Points), plain(result(x.Result).Text))
	return c
}

func durationTrend(i int, spans []span, read []figures) plot.Chart {
	x := read[len(read)-1].Durations[i]
	c := plot.Chart{ID: "duration-" + x.Of, Title: "Duration of " + x.Of, Table: tableWords, Scale: lasts, Limit: &plot.Limit{Value: x.ExpectedSeconds, Label: "Expected: " + lasts(x.ExpectedSeconds)}}
	for n, f := range read {
		if len(f.Durations) > i && f.Durations[i].MeanSeconds != nil {
			c.Points = append(c.Points, plot.Point{Label: spans[n].name, Value: *f.Durations[i].MeanSeconds, Text: lasts(*f.Durations[i].MeanSeconds)})
		}
	}
	c.Text = said(len(c.Points), plain(result(x.Result).Text))
	return c
}

func said(points int, result string) string {
	if points == 0 {
		return "No data in these periods."
	}
	return "In this period: " + strings.ToLower(result) + ". Data in " + count(points) + " of " + count(periods) + " periods."
}

// funnel is how many got past each stage.
func funnel(f figures) plot.Chart {
	c := plot.Chart{ID: "funnel", Title: "Customers by stage", Text: "Registered, confirmed, with a profile, with a plan, with a working line.", Table: plot.Table{Open: tableWords.Open, Label: "Stage", Value: "How many"},
		Scale: func(f float64) string { return strconv.FormatFloat(f, 'f', 0, 64) }}
	add := func(label string, n int64) {
		c.Points = append(c.Points, plot.Point{Label: label, Value: float64(n), Text: strconv.FormatInt(n, 10)})
	}
	for _, x := range f.Targets {
		if x.Name == "registration_success" {
			add("Registered", x.Denominator)
			add("Confirmed", x.Numerator)
		}
	}
	for _, stage := range [][2]string{{"profile", "Profile"}, {"plan", "Plan"}, {"activation", "Line works"}} {
		for _, x := range f.Durations {
			if x.Of == stage[0] {
				add(stage[1], x.Finished)
			}
		}
	}
	return c
}
