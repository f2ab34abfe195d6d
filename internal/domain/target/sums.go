package target

import (
	"cmp"
	"slices"
	"time"

	"turnup/internal/base/civil"
)

// Sums is what the counters hold from the first day of a period on.
type Sums struct {
	Period  civil.Period
	Counts  Counts
	Windows []Window  // of maintenance
	Now     time.Time // what has not happened yet is not counted
}

// Window is a half-open time of maintenance that was announced.
type Window struct {
	Start, End time.Time
	OLT        string // on whose lines; empty is all
}

// Scopes are the OLTs whose counters the windows need beside those of all, and the days that they need by the second.
func Scopes(windows []Window, p civil.Period) (olts []string, days []civil.Date) {
	for _, w := range windows {
		for d := day(w.Start); d.Begin(time.UTC).Before(w.End); d = d.Plus(1) {
			if p.Holds(d) {
				days = append(days, d)
			}
		}
		if w.OLT != "" {
			olts = append(olts, w.OLT)
		}
	}
	return distinct(olts), distinct(days)
}

func distinct[T cmp.Ordered](all []T) []T {
	slices.Sort(all)
	return slices.Compact(all)
}

// of adds a counter up over the period.
func (s Sums) of(c Counter) (sum int64) {
	for p, n := range s.Counts {
		if p.Counter == c && p.whole() && s.Period.Holds(p.Day) {
			sum += n
		}
	}
	return sum
}

// whole tells whether a place is of a whole day, and of all.
func (p Place) whole() bool { return p.Day != "" && p.OLT == "" && p.Second == 0 }

// before is where a counter stood when the period began: where it stands, less what came since.
func (s Sums) before(c Counter) int64 {
	sum := s.Counts[Place{Counter: c}]
	for p, n := range s.Counts {
		if p.Counter == c && p.whole() && p.Day >= s.Period.From {
			sum -= n
		}
	}
	return sum
}

const daySeconds = 24 * 60 * 60

// uptime is seconds of service: those that count, those of them that were lost, and those that do not count because of maintenance.
type uptime struct{ served, lost, excluded int64 }

// uptime counts all of the period, as far as it has passed, and takes out what lies in maintenance: first that of the whole network,
// then of each OLT what its own adds to that.
func (s Sums) uptime() (u uptime) {
	begin, end := begins(s.Period.From), s.end()
	all := spans(s.Windows, begin, end, "")
	up, lost := s.curve(running, ""), s.curve(down, "")
	u.excluded = up.within(all)
	u.served, u.lost = up.until(end)-u.excluded, lost.until(end)-lost.within(all)
	olts, _ := Scopes(s.Windows, s.Period)
	for _, olt := range olts {
		own := spans(s.Windows, begin, end, olt)
		up, lost := s.curve(running, olt), s.curve(down, olt)
		more := up.within(own) - up.within(all)
		u.excluded, u.served, u.lost = u.excluded+more, u.served-more, u.lost-lost.within(own)+lost.within(all)
	}
	return u
}

// end is the second up to which is counted: now, if it is in the period. (Periods that lie wholly in the future are those of test
// clocks and are counted to their end.)
func (s Sums) end() int64 {
	if !s.Period.Holds(day(s.Now)) {
		return begins(s.Period.Until)
	}
	return s.Now.Unix()
}

func begins(d civil.Date) int64 { return d.Begin(time.UTC).Unix() }

// span is from a second to another, half-open.
type span struct{ from, until int64 }

// spans are the windows that concern the lines of an OLT, or of all of them, between two seconds: in their order, and none twice.
func spans(windows []Window, begin, end int64, olt string) (all []span) {
	for _, w := range windows {
		if s := (span{max(begin, w.Start.Unix()), min(end, w.End.Unix())}); s.from < s.until && (w.OLT == "" || w.OLT == olt) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	merged := all[:0]
	for _, s := range all {
		if last := len(merged) - 1; last >= 0 && s.from <= merged[last].until {
			merged[last].until = max(merged[last].until, s.until)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// curve is how many there were of something, at all times of a period.
type curve struct {
	from int64   // the second at which the period begins
	days []daily // of the period, and the one after it
}

// daily is how things stood when a day began, and what changed on it.
type daily struct {
	level   int64    // how many there were
	sum     int64    // the seconds for which it was so, one by one, since the period began
	changes int64    // how many more there were when it ended
	seconds int64    // how long those were so, to its end
	steps   []change // the same by the second, if it was read so; in no order
}

type change struct{ second, by int64 }

func (s Sums) curve(c Counter, olt string) curve {
	is := curve{from: begins(s.Period.From), days: make([]daily, s.Period.Days()+1)}
	level, place := s.Counts[Place{Counter: c, OLT: olt}], map[civil.Date]int{}
	for i := range s.Period.Days() {
		place[s.Period.From.Plus(i)] = i
	}
	for p, n := range s.Counts {
		if p.Day < s.Period.From || p.OLT != olt && (p.Second == 0 || olt != "") {
			continue
		}
		if p.Counter == c && p.Second == 0 {
			level -= n
		}
		i, in := place[p.Day]
		if !in {
			continue
		}
		switch d := &is.days[i]; {
		case p.Counter == c && p.Second > 0:
			d.steps = append(d.steps, change{int64(p.Second - 1), n})
		case p.Counter == c:
			d.changes += n
		case p.Counter == c.seconds():
			d.seconds += n
		}
	}
	for i := range is.days {
		d := &is.days[i]
		d.level = level
		if i > 0 {
			was := is.days[i-1]
			d.level, d.sum = was.level+was.changes, was.sum+was.level*daySeconds+was.seconds
		}
	}
	return is
}

// until adds up the seconds for which it was so, one by one, from the beginning of the period to a second of it, or its end.
func (c curve) until(second int64) int64 {
	d, passed := c.days[(second-c.from)/daySeconds], (second-c.from)%daySeconds
	sum := d.sum + d.level*passed
	if d.steps == nil && passed > 0 { // not read by the second: now is on it, and nothing is after now
		return d.sum + d.level*daySeconds + d.seconds - (d.level+d.changes)*(daySeconds-passed)
	}
	for _, s := range d.steps {
		sum += s.by * max(0, passed-s.second)
	}
	return sum
}

// within adds up the same inside of some times.
func (c curve) within(all []span) (sum int64) {
	for _, s := range all {
		sum += c.until(s.until) - c.until(s.from)
	}
	return sum
}
