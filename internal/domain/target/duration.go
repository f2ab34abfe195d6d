package target

import "time"

// The two classes of an onboarding, from registration to the first active service.
const (
	automated Counter = "auto"
	manual    Counter = "manual"
)

// The stages and operations whose time events tell.
const (
	registration Counter = "registration"
	verification Counter = "verification"
	profile      Counter = "profile"
	plan         Counter = "plan"
	payment      Counter = "payment"
	activation   Counter = "activation"
	diagnosis    Counter = "diagnosis"
	resumption   Counter = "resumption"
)

// expected is how long each of them may take.
var expected = []struct {
	counter Counter
	limit   time.Duration
}{
	{registration, 5 * time.Minute}, {verification, time.Minute}, {profile, 5 * time.Minute}, {plan, 3 * time.Minute}, {payment, 5 * time.Minute},
	{activation, 30 * time.Minute}, {diagnosis, 30 * time.Minute}, {resumption, 5 * time.Minute},
}

// Duration is how long something took in a period.
type Duration struct {
	Of       string
	Expected time.Duration
	Finished int64         // how many ended in the period
	Within   int64         // of them, those that took no longer than expected
	Sum      time.Duration // all of them together
}

// Mean is how long one took.
func (d Duration) Mean() time.Duration {
	if d.Finished == 0 {
		return 0
	}
	return d.Sum / time.Duration(d.Finished)
}

// Result compares the mean with what is expected.
func (d Duration) Result() Result {
	switch {
	case d.Finished == 0:
		return NoData
	case d.Mean() <= d.Expected:
		return Met
	}
	return Missed
}

// Durations are those of all stages and operations that events tell of.
func (s Sums) Durations() []Duration {
	var all []Duration
	for _, e := range expected {
		all = append(all, Duration{Of: string(e.counter), Expected: e.limit, Finished: s.of(e.counter), Within: s.of(e.counter.within()),
			Sum: time.Duration(s.of(e.counter.seconds())) * time.Second})
	}
	return all
}

// Remembered is for how long a beginning is known. What takes longer has no duration; nor has what ends before it began, because its
// times are of two clocks.
const Remembered = 400 * 24 * time.Hour

// took counts something by when it ended, if both ends are known.
func (c Counts) took(what Counter, begun, ended time.Time) {
	d := ended.Sub(begun)
	if begun.IsZero() || ended.IsZero() || d < 0 || d > Remembered {
		return
	}
	c.add(ended, what, 1)
	c.add(ended, what.seconds(), int64(d/time.Second))
	for _, e := range expected {
		if e.counter == what && d <= e.limit {
			c.add(ended, what.within(), 1)
		}
	}
}
