package portal

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"turnup/internal/base/civil"
	"turnup/internal/platform/web/plot"
)

// usage is what a line used, in bytes. Its days are UTC.
type usage struct {
	Subscription string     `json:"subscriptionId"`
	Cap          int64      `json:"capBytes"`
	Total        int64      `json:"totalBytes"`
	From         civil.Date `json:"from"`
	Until        civil.Date `json:"until"`
	Percent      *float64   `json:"percentUsed"`
	Online       bool       `json:"online"`
	Days         []struct {
		Day  civil.Date `json:"day"`
		Down int64      `json:"downBytes"`
		Up   int64      `json:"upBytes"`
	} `json:"days"`
	Past []struct {
		From  civil.Date `json:"from"`
		Until civil.Date `json:"until"`
		Total int64      `json:"totalBytes"`
	} `json:"past"`
}

// gigabyte is what plans are sold by.
const gigabyte = 1e9

// volume is a number of bytes in gigabytes.
func (w words) volume(bytes float64) string {
	digits := 1
	if bytes >= 100*gigabyte || bytes == 0 {
		digits = 0
	} else if bytes < gigabyte {
		digits = 2
	}
	return strings.Replace(strconv.FormatFloat(bytes/gigabyte, 'f', digits, 64), ".", w.Say("decimal"), 1) + " GB"
}

// usagePlot draws how the use of the present period grew, against the cap.
func (sh *sheet) usagePlot(u usage) templ.Component {
	c := plot.Chart{ID: "used", Title: sh.say("usage", "from", sh.Date(u.From), "until", sh.Date(u.Until.Plus(-1))), Scale: sh.volume,
		Text: sh.say("usage.open", "used", sh.volume(float64(u.Total))), Table: plot.Table{Open: sh.say("usage.table"), Label: sh.say("usage.day"), Value: sh.say("usage.sum")}}
	if u.Cap > 0 {
		c.Limit = &plot.Limit{Value: float64(u.Cap), Label: sh.say("usage.cap", "cap", sh.volume(float64(u.Cap)))}
		c.Text = sh.say("usage.ofCap", "used", sh.volume(float64(u.Total)), "cap", sh.volume(float64(u.Cap)), "percent", strconv.Itoa(int(100*u.Total/u.Cap)))
	}
	byDay, today := map[civil.Date]int64{}, civil.On(sh.v.Now(), time.UTC)
	for _, d := range u.Days {
		byDay[d.Day] += d.Down + d.Up
	}
	sum := int64(0)
	for day := u.From; day < u.Until && day <= today; day = day.Plus(1) {
		sum += byDay[day]
		c.Points = append(c.Points, plot.Point{Label: sh.Date(day), Value: float64(sum), Text: sh.volume(float64(sum))})
	}
	return plot.Line(c)
}

// monthsPlot draws the periods before and the present one.
func (sh *sheet) monthsPlot(u usage) templ.Component {
	c := plot.Chart{ID: "months", Title: sh.say("usage.months"), Text: sh.say("usage.monthsText"), Scale: sh.volume,
		Table: plot.Table{Open: sh.say("usage.table"), Label: sh.say("usage.from"), Value: sh.say("usage.sum")}}
	if u.Cap > 0 {
		c.Limit = &plot.Limit{Value: float64(u.Cap), Label: sh.say("usage.cap", "cap", sh.volume(float64(u.Cap)))}
	}
	for i := len(u.Past) - 1; i >= 0; i-- {
		p := u.Past[i]
		c.Points = append(c.Points, plot.Point{Label: sh.Date(p.From), Value: float64(p.Total), Text: sh.volume(float64(p.Total))})
	}
	c.Points = append(c.Points, plot.Point{Label: sh.Date(u.From), Value: float64(u.Total), Text: sh.volume(float64(u.Total))})
	return plot.Bars(c)
}

func plots(sh *sheet, u usage) []templ.Component {
	if len(u.Past) == 0 {
		return []templ.Component{sh.usagePlot(u)}
	}
	return []templ.Component{sh.usagePlot(u), sh.monthsPlot(u)}
}
