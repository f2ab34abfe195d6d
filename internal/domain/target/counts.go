package target

import (
	"maps"
	"slices"
	"time"
)

// The facts.
const (
	came      Fact = "came"      // registered, in whichever way
	account   Fact = "account"   // registered with a mail address, which is to be confirmed
	asked     Fact = "asked"     // the last mail to confirm it
	confirmed Fact = "confirmed" // it was
	profiled  Fact = "profiled"
	chosen    Fact = "chosen" // ordered a plan first
	paying    Fact = "paying" // began to pay first
	bought    Fact = "bought" // paid first
	active    Fact = "active"
	helped    Fact = "helped" // a human of the operator's had to do something on the way to the first active service
	begun     Fact = "begun"
	ended     Fact = "ended"
	atEnd     Fact = "atEnd" // cancelled for the end of the period, last
	atOnce    Fact = "atOnce"
	kept      Fact = "kept" // the cancellation withdrawn, last
)

// What can be on of a service; of a customer it is their contracts, by their ids.
const (
	inUse     = "active"
	suspended = "suspended"
	noSignal  = "loss_of_signal"
	noPower   = "dying_gasp"
	resuming  = "resuming"
)

// counts is what a subject contributes by what is known of it.
func (m Memory) counts(k Kind) Counts {
	c := Counts{}
	switch f := m.Facts; k {
	case Customer:
		m.customer(c)
	case Contract:
		if cancelled := f[atEnd]; !f[ended].IsZero() && !cancelled.IsZero() && cancelled.After(f[atOnce]) && cancelled.After(f[kept]) {
			c.add(f[ended], due, 1)
		}
	case Renewal:
		if at := f[begun]; !at.IsZero() {
			c.add(at, due, 1)
			if !f[ended].IsZero() {
				c.add(at, renewed, 1)
			}
		}
	case Service:
		c.took(activation, f[begun], f[active])
	case Payment:
		c.took(payment, f[begun], f[ended])
	case Diagnosis:
		c.took(diagnosis, f[begun], f[ended])
	}
	m.switched(k, c)
	return c
}

func (m Memory) customer(c Counts) {
	f := m.Facts
	if at := f[account]; !at.IsZero() {
		c.add(at, registered, 1)
		if !f[confirmed].IsZero() {
			c.add(at, verified, 1)
		}
		c.took(registration, at, f[confirmed])
		c.took(verification, later(at, f[asked]), f[confirmed])
		c.took(profile, f[confirmed], f[profiled])
	}
	c.took(plan, f[profiled], f[chosen])
	if at := earlier(f[paying], f[bought]); !at.IsZero() {
		c.add(at, tried, 1)
		if !f[bought].IsZero() {
			c.add(at, paid, 1)
		}
	}
	class := automated
	if at := f[helped]; !at.IsZero() && !at.After(f[active]) {
		class = manual
	}
	c.took(class, f[came], f[active])
}

// switched counts what the switches say of how many there are of what, and for how long.
func (m Memory) switched(k Kind, c Counts) {
	on := maps.Clone(m.On)
	if on == nil {
		on = map[string]time.Time{}
	}
	was := levels(k, on)
	for _, s := range m.Log {
		since := s.flip(on)
		if s.What == resuming && !s.On {
			c.took(resumption, since, s.At)
		}
		is := levels(k, on)
		for i, l := range is {
			c.turned(l.up, l.down, l.n-was[i].n, s.At, m.OLT)
		}
		was = is
	}
}

// level is whether something is so of a subject, and the counters that a change moves.
type level struct {
	n        int64
	up, down Counter // the same one when its balance is counted
}

func levels(k Kind, on map[string]time.Time) []level {
	is := func(what string) bool { _, is := on[what]; return is }
	if k == Customer {
		return []level{{one(len(on) > 0), joined, left}}
	}
	works := is(inUse) && !is(suspended)
	return []level{{one(works), running, running}, {one(works && is(noSignal) && !is(noPower)), down, down}}
}

func one(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// turned counts that something became so, or ceased to be: on its day, with the time that is left of it, and at all; of lines also
// at their OLT and by the second.
func (c Counts) turned(up, down Counter, by int64, at time.Time, olt string) {
	switch {
	case by == 0:
		return
	case up != down: // two counters that only grow
		counter := up
		if by < 0 {
			counter = down
		}
		c.add(at, counter, 1)
		c[Place{Counter: counter}]++
		return
	}
	today, second := day(at), secondOf(at)
	for _, of := range slices.Compact([]string{"", olt}) {
		c[Place{Day: today, Counter: up, OLT: of}] += by
		c[Place{Counter: up, OLT: of}] += by
		c[Place{Day: today, Counter: up.seconds(), OLT: of}] += by * int64(daySeconds-second)
	}
	c[Place{Day: today, Counter: up, OLT: olt, Second: second + 1}] += by
}

// secondOf is the whole seconds of its day that have passed at a time.
func secondOf(at time.Time) int { return int(at.Sub(day(at).Begin(time.UTC)) / time.Second) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// earlier is the earlier one of those that are.
func earlier(a, b time.Time) time.Time {
	if b.IsZero() || !a.IsZero() && a.Before(b) {
		return a
	}
	return b
}
