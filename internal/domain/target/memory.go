package target

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Kind is what a subject is.
type Kind string

// The kinds.
const (
	Customer  Kind = "CUS"
	Contract  Kind = "SUB"
	Renewal   Kind = "INV" // by its invoice
	Service   Kind = "SVC"
	Payment   Kind = "PAY"
	Diagnosis Kind = "DIA"
)

// Subject is what something is remembered of.
type Subject struct {
	Kind Kind
	ID   string
}

// Fact is something that becomes true of a subject once, or of which only the last time matters.
type Fact string

// Switch says that something of a subject is so from a time on, or is not any more. Off without a name ends everything.
type Switch struct {
	At   time.Time
	What string
	On   bool
}

func (s Switch) order(o Switch) int {
	end := func(s Switch) int64 { return one(s.What == "") } // what begins and ends at once has ended
	off := func(s Switch) int64 { return one(!s.On) }
	return cmp.Or(s.At.Compare(o.At), cmp.Compare(end(s), end(o)), cmp.Compare(s.What, o.What), cmp.Compare(off(s), off(o)))
}

// Said is what an event says of one subject.
type Said struct {
	Subject  Subject
	First    map[Fact]time.Time // the earliest time counts
	Last     map[Fact]time.Time // the latest time counts
	Switches []Switch
	OLT      string // at which a service's line begins, for good; empty when the event does not say
}

// Memory is what is known of a subject.
type Memory struct {
	Facts   map[Fact]time.Time
	On      map[string]time.Time // what was on after the switches that are forgotten, since when
	Until   time.Time            // the last of those
	Log     []Switch             // those that are known, in their order
	OLT     string               // of a service
	Version int64                // counts changes, from 1
}

// With is the memory after an event.
func (m Memory) With(s Said) Memory {
	next := m
	next.Facts, next.Log = maps.Clone(m.Facts), slices.Clone(m.Log)
	if next.Facts == nil {
		next.Facts = map[Fact]time.Time{}
	}
	for f, at := range s.First {
		if was := next.Facts[f]; was.IsZero() || at.Before(was) {
			next.Facts[f] = at
		}
	}
	for f, at := range s.Last {
		if at.After(next.Facts[f]) {
			next.Facts[f] = at
		}
	}
	for _, w := range s.Switches {
		if w.At.Before(m.Until) { // so late that what was then is forgotten: it counts from there on
			w.At = m.Until
		}
		if !slices.Contains(next.Log, w) {
			next.Log = append(next.Log, w)
		}
	}
	if s.OLT != "" {
		next.OLT = s.OLT
	}
	slices.SortStableFunc(next.Log, Switch.order)
	next.Version++
	return next
}

// switchesKept is how many switches of one subject are known: enough for a line that flaps while queues are slow, and few enough for one
// small row.
const switchesKept = 24

// Folded forgets the oldest switches but what they led to. What they counted stays counted.
func (m Memory) Folded() Memory {
	if len(m.Log) <= switchesKept {
		return m
	}
	old := m.Log[:len(m.Log)-switchesKept/2]
	m.On = maps.Clone(m.On)
	if m.On == nil {
		m.On = map[string]time.Time{}
	}
	for _, s := range old {
		s.flip(m.On)
	}
	m.Until, m.Log = old[len(old)-1].At, slices.Clone(m.Log[len(old):])
	return m
}

// flip changes what is on, and says since when it was.
func (s Switch) flip(on map[string]time.Time) (since time.Time) {
	since, was := on[s.What]
	switch {
	case s.On && !was:
		on[s.What] = s.At
	case !s.On && s.What == "":
		clear(on)
	case !s.On:
		delete(on, s.What)
	}
	return since
}

// Lasting tells whether something of the subject is on, so that it must not be forgotten.
func (m Memory) Lasting() bool {
	on := maps.Clone(m.On)
	if on == nil {
		on = map[string]time.Time{}
	}
	for _, s := range m.Log {
		s.flip(on)
	}
	return len(on) > 0
}

// Moves is what is to be added to the counters when more is known of a subject than was.
func Moves(k Kind, was, is Memory) Counts {
	moves := is.counts(k)
	for p, n := range was.counts(k) {
		moves[p] -= n
	}
	maps.DeleteFunc(moves, func(_ Place, n int64) bool { return n == 0 })
	return moves
}
