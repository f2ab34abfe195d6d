package portal

import (
	"slices"
	"time"

	"turnup/internal/platform/web/look"
)

// worked is a line, as far as it is worked on.
type worked struct {
	SubscriptionID string
	Maintenance    []work
}

// work is maintenance that was announced for a line.
type work struct {
	Start, End time.Time
	Note       string // in the operator's own words
	Over       bool
}

// workCards say when the network is worked on at the customer's lines, once for all lines that it concerns.
func (sh *sheet) workCards(lines []worked, contracts []contract) (out []card) {
	var told []work
	for _, l := range lines {
		zone := time.UTC
		if i := slices.IndexFunc(contracts, func(c contract) bool { return c.ID == l.SubscriptionID }); i >= 0 {
			zone = zoneOf(contracts[i].TimeZone)
		}
		for _, w := range l.Maintenance {
			if slices.Contains(told, w) {
				continue
			}
			told = append(told, w)
			out = append(out, sh.workCard(w, zone))
		}
	}
	return out
}

// workCard says when the network is worked on, or was.
func (sh *sheet) workCard(w work, zone *time.Location) card {
	start, end := sh.at(w.Start, zone), sh.at(w.End, zone)
	title, badge, text := sh.say("work"), look.Cell{Text: sh.say("work.coming"), Tone: look.Warn}, sh.say("work.from", "start", start, "end", end)
	switch {
	case w.Over:
		title, badge, text = sh.say("work.past"), look.Cell{Text: sh.say("work.over"), Tone: look.Plain}, sh.say("work.was", "start", start, "end", end)
	case !sh.v.Now().Before(w.Start):
		badge, text = look.Cell{Text: sh.say("work.running"), Tone: look.Busy}, sh.say("work.until", "end", end)
	}
	return card{title: title, badge: look.Entry{Cell: badge}, text: text, facts: []look.Fact{{Name: sh.say("work.note"), Value: w.Note}}}
}
