package order

import "time"

// Waits tells since when an order waits for delivery: it is paid, and its money was not given back.
func (o Order) Waits() (since time.Time, waits bool) {
	if o.State != Paid || o.Refunded > 0 && o.Refunded >= o.Total.Minor {
		return since, false
	}
	for _, c := range o.History {
		if c.State == Paid {
			since = c.At
		}
	}
	return since, true
}

// Trouble is what kept an order from being delivered when that was tried last.
type Trouble struct {
	Code   string    // of the fault
	Text   string    // what it means, without anything personal
	At     time.Time // when it was tried
	Next   time.Time // when about it is tried again by itself; zero when it is not
	Parked bool      // its message waits in the dead-letter queue
}
