// Package plot draws a row of numbers as bars or as a line, with the limit that they are held against: a cap, a target. It is SVG that the
// page's own stylesheet colours, needs no script, and stretches with the window, which is why its letters stand around it. Whoever cannot see
// it reads what it shows from its title and description, and from the same numbers in a table below.
//
// What the numbers mean is said by whose page it is.
package plot

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
)

// Style is for the stylesheet of a page with plots.
//
//go:embed plot.css
var Style string

// Chart is one row of numbers, none below zero.
type Chart struct {
	ID     string // of the element, alone on its page
	Title  string
	Text   string // what one sees at a glance, in a sentence
	Points []Point
	Limit  *Limit // nil without one
	Scale  func(float64) string
	Table  Table
}

// Point is one number.
type Point struct {
	Label string // below the plot
	Value float64
	Text  string // the number as the table has it
}

// Limit is a line across the plot.
type Limit struct {
	Value float64
	Label string
}

// Table has the words of the table below.
type Table struct{ Open, Label, Value string }

// The plot's own units. Where it is drawn it stretches to the place that there is.
const (
	width  = 1000.0
	height = 100.0
	gap    = 0.3 // of a bar's place
)

// top is the round number at which the plot ends.
func (c Chart) top() float64 {
	most := 0.0
	if c.Limit != nil {
		most = c.Limit.Value
	}
	for _, p := range c.Points {
		most = max(most, p.Value)
	}
	return Round(most)
}

// Round is the next number up that people count in: 1, 2, 2.5 or 5 with zeros. Of nothing it is 1.
func Round(most float64) float64 {
	if most <= 0 {
		return 1
	}
	ten := math.Pow(10, math.Floor(math.Log10(most)))
	for _, step := range []float64{1, 2, 2.5, 5, 10} {
		if most <= step*ten*(1+1e-9) {
			return step * ten
		}
	}
	return 10 * ten
}

func number(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }

func (c Chart) y(value float64) float64 { return height * (1 - value/c.top()) }

type bar struct {
	x, y, width, height string
	over                bool // above the limit
}

func (c Chart) bars() (out []bar) {
	place := width / float64(max(len(c.Points), 1))
	for i, p := range c.Points {
		y := c.y(p.Value)
		out = append(out, bar{number((float64(i) + gap/2) * place), number(y), number(place * (1 - gap)), number(height - y), c.Limit != nil && p.Value > c.Limit.Value})
	}
	return out
}

// line is the way through the points; one point alone goes all across.
func (c Chart) line() string {
	points := c.Points
	if len(points) == 1 {
		points = append(points[:1:1], points[0])
	}
	var out []string
	for i, p := range points {
		out = append(out, number(width*float64(i)/float64(len(points)-1))+","+number(c.y(p.Value)))
	}
	return strings.Join(out, " ")
}

// area is what is below the line.
func (c Chart) area() string {
	return "0," + number(height) + " " + c.line() + " " + number(width) + "," + number(height)
}

// labels are those of the points that stand below the plot: at most so many, evenly.
func (c Chart) labels() (out []string) {
	const most = 5
	n := len(c.Points)
	if n <= most {
		for _, p := range c.Points {
			out = append(out, p.Label)
		}
		return out
	}
	for i := range 3 {
		out = append(out, c.Points[i*(n-1)/2].Label)
	}
	return out
}

// under tells how the labels stand: each below its bar, or from end to end.
func (c Chart) under(bars bool) string {
	if bars && len(c.labels()) == len(c.Points) {
		return "plot-x even"
	}
	return "plot-x"
}
