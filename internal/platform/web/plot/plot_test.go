package plot_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"turnup/internal/platform/web/plot"
)

func drawn(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func chart(values ...float64) plot.Chart {
	c := plot.Chart{ID: "used", Title: "Used <each> month", Text: "More than ever.", Limit: &plot.Limit{Value: 100, Label: "100 GB"},
		Scale: func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }, Table: plot.Table{Open: "As a table", Label: "Month", Value: "Used"}}
	for i, v := range values {
		c.Points = append(c.Points, plot.Point{Label: "m" + strconv.Itoa(i), Value: v, Text: strconv.FormatFloat(v, 'f', -1, 64) + " GB"})
	}
	return c
}

func has(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is not in %s", p, text)
		}
	}
}

// Bars are as high as their numbers, what is above the limit looks otherwise, and everything can be read.
func TestBars(t *testing.T) {
	text := drawn(t, plot.Bars(chart(50, 200)))
	has(t, text, `<title id="used-title">Used &lt;each&gt; month</title>`, `<desc id="used-desc">More than ever.</desc>`, `aria-labelledby="used-title used-desc"`,
		`class="plot-bar" x="75" y="75" width="350" height="25"`, `class="plot-bar over" x="575" y="0" width="350" height="100"`,
		`class="plot-limit" x1="0" x2="1000" y1="50" y2="50"`, "100 GB", `<th scope="row">m1</th><td class="number">200 GB</td>`, `<caption>`)
	if strings.Contains(text, "style=") {
		t.Error("the policy of the pages allows no style in a page")
	}
}

func TestLine(t *testing.T) {
	has(t, drawn(t, plot.Line(chart(0, 50, 100))), `points="0,100 500,50 1000,0"`, `points="0,100 0,100 500,50 1000,0 1000,100"`)
	has(t, drawn(t, plot.Line(chart(25))), `points="0,75 1000,75"`)
	if text := drawn(t, plot.Line(chart())); strings.Contains(text, "polyline") {
		t.Error("a line is drawn of nothing")
	}
	long := drawn(t, plot.Line(chart(1, 2, 3, 4, 5, 6, 7)))
	has(t, long, `<div class="plot-x" aria-hidden="true"><span>m0</span><span>m3</span><span>m6</span></div>`)
}

func TestRound(t *testing.T) {
	for most, want := range map[float64]float64{0: 1, 1: 1, 1.1: 2, 2.2: 2.5, 3: 5, 7: 10, 100: 100, 101: 200, 0.03: 0.05} {
		if got := plot.Round(most); got < want*0.999 || got > want*1.001 {
			t.Errorf("%g ends at %g, want %g", most, got, want)
		}
	}
}
