package target_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/target"
)

// readFor leaves what the store does not read for a period and its windows: other OLTs than theirs, and other days by the second.
func readFor(all target.Counts, windows []target.Window, p civil.Period, now time.Time) target.Sums {
	olts, days := target.Scopes(windows, p)
	counts := maps.Clone(all)
	maps.DeleteFunc(counts, func(at target.Place, _ int64) bool {
		return at.Day != "" && at.Day < p.From || at.Second == 0 && at.OLT != "" && !slices.Contains(olts, at.OLT) || at.Second > 0 && !slices.Contains(days, at.Day)
	})
	return target.Sums{Period: p, Counts: counts, Windows: windows, Now: now}
}

// uptimeOf is the seconds that were served, and those of them that were not lost, and those that do not count.
func uptimeOf(s target.Sums) [3]int64 {
	f := s.Figures()[4]
	return [3]int64{f.Numerator, f.Denominator, f.Excluded}
}

func window(from, until float64, olt string) target.Window {
	return target.Window{Start: at(from), End: at(until), OLT: olt}
}

// S3-82, A15: what is counted of a line of olt-1, active since a day before, whose hours from minute 100 on are of maintenance.
func TestMaintenance(t *testing.T) {
	alarm := func(minute float64, raised bool) happening {
		return happened(minute+3000, event.LineAlarmed{ServiceID: "svc_1", CustomerID: "cus_1", Alarm: "loss_of_signal", Raised: raised, At: at(minute)})
	}
	hour := window(100, 160, "")
	for name, c := range map[string]struct {
		now     float64
		windows []target.Window
		events  []happening
		want    string // in minutes: up of counted, and excluded
	}{
		"none is announced":            {200, nil, []happening{alarm(90, true), alarm(150, false)}, "140/200 0"},
		"none, down still":             {200, nil, []happening{alarm(150, true)}, "150/200 0"},
		"nothing happens":              {200, []target.Window{hour}, nil, "140/140 60"},
		"an outage in it":              {200, []target.Window{hour}, []happening{alarm(110, true), alarm(150, false)}, "140/140 60"},
		"an outage that fills it":      {200, []target.Window{hour}, []happening{alarm(100, true), alarm(160, false)}, "140/140 60"},
		"an outage beside it":          {200, []target.Window{hour}, []happening{alarm(70, true), alarm(100, false)}, "110/140 60"},
		"an outage that began before":  {200, []target.Window{hour}, []happening{alarm(90, true), alarm(150, false)}, "130/140 60"},
		"an outage that goes on":       {200, []target.Window{hour}, []happening{alarm(110, true), alarm(170, false)}, "130/140 60"},
		"one around it":                {200, []target.Window{hour}, []happening{alarm(90, true), alarm(170, false)}, "120/140 60"},
		"still down":                   {200, []target.Window{hour}, []happening{alarm(150, true)}, "100/140 60"},
		"of its OLT":                   {200, []target.Window{window(100, 160, "olt-1")}, []happening{alarm(90, true), alarm(150, false)}, "130/140 60"},
		"of another OLT":               {200, []target.Window{window(100, 160, "olt-2")}, []happening{alarm(90, true), alarm(150, false)}, "140/200 0"},
		"two that overlap":             {200, []target.Window{hour, window(130, 190, "")}, []happening{alarm(120, true), alarm(180, false)}, "110/110 90"},
		"two that touch":               {200, []target.Window{hour, window(160, 190, "")}, nil, "110/110 90"},
		"one in another":               {200, []target.Window{hour, window(110, 120, "")}, nil, "140/140 60"},
		"its OLT's in that of all":     {200, []target.Window{hour, window(130, 190, "olt-1"), window(140, 150, "olt-2")}, []happening{alarm(155, true), alarm(195, false)}, "105/110 90"},
		"as far as it has come":        {130, []target.Window{hour}, []happening{alarm(110, true)}, "100/100 30"},
		"it is ahead":                  {90, []target.Window{hour}, nil, "90/90 0"},
		"over midnight":                {3000, []target.Window{window(1430, 1450, "")}, []happening{alarm(1435, true), alarm(1460, false)}, "2970/2980 20"},
		"from before the period":       {200, []target.Window{window(-30, 30, "olt-1")}, []happening{alarm(-20, true), alarm(40, false)}, "160/170 30"},
		"of the month before":          {200, []target.Window{window(-90, 0, "")}, nil, "200/200 0"},
		"suspended in it":              {200, []target.Window{hour}, []happening{happened(110, event.ServiceSuspended{ServiceChanged: line}), happened(150, event.ServiceResumed{ServiceChanged: line})}, "140/140 20"},
		"ended in it":                  {200, []target.Window{hour}, []happening{happened(130, event.ServiceTerminated{ServiceChanged: line})}, "100/100 30"},
		"to the half second, cut down": {200, []target.Window{{Start: at(100).Add(time.Second / 2), End: at(160).Add(time.Second / 2)}}, nil, "140/140 60"},
	} {
		t.Run(name, func(t *testing.T) {
			events := append([]happening{happened(-1440, event.ServiceActivated{ServiceChanged: line, OLT: "olt-1"})}, c.events...)
			for range 10 {
				rand.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
				s := november(at(c.now), events)
				u := uptimeOf(readFor(s.Counts, c.windows, s.Period, s.Now))
				if got := fmt.Sprintf("%d/%d %d", u[0]/60, u[1]/60, u[2]/60); got != c.want {
					t.Fatalf("got %s, want %s", got, c.want)
				}
			}
		})
	}
}

// network is lines that come and go, fail and are suspended, and windows that overlap, all by chance, in four days.
type network struct {
	olts    map[id.Service]string
	events  []happening
	windows []target.Window
}

func someNetwork(r *rand.Rand) (n network) {
	const span = 4 * 24 * 60 * 60
	when := func() time.Time { return first.Add(time.Duration(r.IntN(span)) * time.Second) }
	olts := []string{"olt-1", "olt-2", "olt-3"}
	n.olts = map[id.Service]string{}
	for i := range 8 {
		svc := id.Service(fmt.Sprint("svc_", i))
		n.olts[svc] = olts[r.IntN(3)]
		about := event.ServiceChanged{ServiceID: svc, CustomerID: "cus_1"}
		add := func(at time.Time, d event.Data) {
			n.events = append(n.events, happening{event.New(context.Background(), "demo", at, d), d})
		}
		add(when(), event.ServiceActivated{ServiceChanged: about, OLT: n.olts[svc]})
		for range r.IntN(5) {
			kind := []string{"loss_of_signal", "loss_of_signal", "dying_gasp"}[r.IntN(3)]
			add(when(), event.LineAlarmed{ServiceID: svc, Alarm: kind, Raised: r.IntN(2) == 0, At: when()})
		}
		for range r.IntN(2) {
			add(when(), event.ServiceSuspended{ServiceChanged: about})
			add(when(), event.ServiceResumed{ServiceChanged: about})
		}
		if r.IntN(3) == 0 {
			add(when(), event.ServiceTerminated{ServiceChanged: about})
		}
	}
	for range r.IntN(6) {
		start := when()
		n.windows = append(n.windows, target.Window{Start: start, End: start.Add(time.Duration(1+r.IntN(20*60*60)) * time.Second), OLT: append(olts, "", "")[r.IntN(5)]})
	}
	return n
}

// lived is the uptime of a line between two times as whoever stood beside it would say, from each moment at which anything changed to the next.
func (n network) lived(svc id.Service, from, until time.Time) (u [3]int64) {
	turns := []turn{{from, nothing}, {until, nothing}}
	for _, h := range n.events {
		turns = append(turns, turnsOf(svc, h)...)
	}
	for _, w := range n.windows {
		turns = append(turns, turn{w.Start, nothing}, turn{w.End, nothing})
	}
	slices.SortStableFunc(turns, func(a, b turn) int { return a.at.Compare(b.at) })
	state := map[string]bool{}
	for i, t := range turns[:len(turns)-1] {
		t.of(state)
		if t.at.Before(from) || !t.at.Before(until) || !state["active"] || state["suspended"] {
			continue
		}
		seconds := int64(turns[i+1].at.Sub(t.at) / time.Second)
		switch {
		case slices.ContainsFunc(n.windows, func(w target.Window) bool {
			return !t.at.Before(w.Start) && t.at.Before(w.End) && (w.OLT == "" || w.OLT == n.olts[svc])
		}):
			u[2] += seconds
		case state["loss_of_signal"] && !state["dying_gasp"]:
			u[1] += seconds
		default:
			u[0], u[1] = u[0]+seconds, u[1]+seconds
		}
	}
	return u
}

func nothing(map[string]bool) {}

type turn struct {
	at time.Time
	of func(map[string]bool)
}

// turnsOf is what an event changes of a line, and when.
func turnsOf(svc id.Service, h happening) []turn {
	set := func(about id.Service, at time.Time, what string, is bool) []turn {
		if about != svc {
			return nil
		}
		return []turn{{at, func(s map[string]bool) { s[what] = is }}}
	}
	switch d := h.data.(type) {
	case event.ServiceActivated:
		return set(d.ServiceID, h.Time, "active", true)
	case event.ServiceSuspended:
		return set(d.ServiceID, h.Time, "suspended", true)
	case event.ServiceResumed:
		return set(d.ServiceID, h.Time, "suspended", false)
	case event.LineAlarmed:
		all := set(d.ServiceID, d.At, d.Alarm, d.Raised)
		if d.Alarm == "loss_of_signal" && !d.Raised {
			all = append(all, set(d.ServiceID, d.At, "dying_gasp", false)...)
		}
		return all
	case event.ServiceTerminated:
		if d.ServiceID == svc {
			return []turn{{h.Time, func(s map[string]bool) { clear(s) }}}
		}
	}
	return nil
}

// S3-82, A15: of random networks with random outages and maintenance, what is counted is what was lived through, up to any second; and
// wherever a period is cut into two, their figures sum to those of the whole.
func TestUptimeSumsToTheWhole(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(82, seed))
		n := someNetwork(r)
		b := &book{map[target.Subject]target.Memory{}, target.Counts{}}
		r.Shuffle(len(n.events), func(i, j int) { n.events[i], n.events[j] = n.events[j], n.events[i] })
		b.take(n.events...)
		whole := civil.Period{From: "2026-11-01", Until: "2026-11-06"}
		for name, now := range map[string]time.Time{"afterwards": later, "in between": first.Add(time.Duration(4*24*60*60+r.IntN(24*60*60-1)) * time.Second)} {
			count := func(from, until civil.Date) [3]int64 {
				p := civil.Period{From: from, Until: until}
				return uptimeOf(readFor(b.counts, n.windows, p, now))
			}
			all, end := count(whole.From, whole.Until), whole.Until.Begin(time.UTC)
			if now.Before(end) {
				end = now
			}
			var want [3]int64
			for svc := range n.olts {
				want = sum(want, n.lived(svc, first, end))
			}
			if all != want {
				t.Fatalf("%s, seed %d: counted %v, lived through %v", name, seed, all, want)
			}
			for cut := whole.From.Plus(1); cut < whole.Until; cut = cut.Plus(1) {
				if parts := sum(count(whole.From, cut), count(cut, whole.Until)); parts != all {
					t.Fatalf("%s, seed %d: cut on %s %v, want %v", name, seed, cut, parts, all)
				}
			}
		}
	}
}

func sum(a, b [3]int64) [3]int64 { return [3]int64{a[0] + b[0], a[1] + b[1], a[2] + b[2]} }
