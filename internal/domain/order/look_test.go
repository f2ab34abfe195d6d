package order_test

import (
	"testing"
	"time"

	"turnup/internal/domain/order"
)

// When somebody looks after an order next, by its state, its page and how long that is open. The expiry is never slept
// through; what has ended is left alone once its page is closed.
func TestWatch(t *testing.T) {
	never := time.Time{}
	min := func(n int) time.Time { return at.Add(time.Duration(n) * time.Minute) }
	for _, k := range []struct {
		name  string
		state order.State
		page  bool // opened at noon
		now   time.Time
		want  time.Time
	}{
		{"nobody pays", order.Unpaid, false, at, expires},
		{"nobody paid, long over", order.Unpaid, false, min(60), expires},
		{"page just opened", order.Unpaid, true, at, min(2)},
		{"page open for a minute", order.Unpaid, true, min(1), min(3)},
		{"page open for two minutes", order.Unpaid, true, min(2), min(4)},
		{"page open for four", order.Unpaid, true, min(4), min(8)},
		{"page open for eight", order.Unpaid, true, min(8), min(16)},
		{"page open for fifteen: just within", order.Unpaid, true, min(15), expires},
		{"page open for sixteen: not past the expiry", order.Unpaid, true, min(16), expires},
		{"page open, time over", order.Unpaid, true, min(31), expires},
		{"paid", order.Paid, false, min(5), never},
		{"delivered", order.Delivered, false, min(5), never},
		{"cancelled", order.Cancelled, false, min(5), never},
		{"paid, another page is open", order.Paid, true, min(5), min(5)},
		{"delivered, another page is open", order.Delivered, true, min(5), min(5)},
		{"cancelled, the page is open", order.Cancelled, true, min(5), min(5)},
	} {
		o := in(t, k.state)
		if k.page {
			o = o.Open(page)
		}
		same(t, k.name, o.Watch(k.now), k.want)
	}
}

// S1-51: whether to ask again and after how long, by what the order is and how long it has been so.
func TestPolling(t *testing.T) {
	const s, m = time.Second, time.Minute
	for _, k := range []struct {
		name  string
		state order.State
		page  bool          // opened five minutes after the order was placed
		since time.Duration // its last change, or the page's opening
		again bool
		after time.Duration
	}{
		{"fresh", order.Unpaid, false, 0, true, 3 * s},
		{"nearly a minute", order.Unpaid, false, m - 1, true, 3 * s},
		{"a minute", order.Unpaid, false, m, true, 10 * s},
		{"nearly ten", order.Unpaid, false, 10*m - 1, true, 10 * s},
		{"ten", order.Unpaid, false, 10 * m, true, m},
		{"a page was opened later", order.Unpaid, true, 0, true, 3 * s},
		{"a minute ago", order.Unpaid, true, m, true, 10 * s},
		{"just paid", order.Paid, false, 0, true, s},
		{"paid, nearly ten seconds", order.Paid, false, 10*s - 1, true, s},
		{"paid, ten seconds", order.Paid, false, 10 * s, true, 3 * s},
		{"paid, a minute", order.Paid, false, m, true, 10 * s},
		{"paid, ten minutes", order.Paid, false, 10 * m, true, m},
		{"delivered", order.Delivered, false, 0, false, 0},
		{"cancelled", order.Cancelled, false, 0, false, 0},
	} {
		o := in(t, k.state)
		now := o.History[len(o.History)-1].At.Add(k.since)
		if k.page {
			later := page
			later.OpenedAt = at.Add(5 * m)
			o, now = o.Open(later), later.OpenedAt.Add(k.since)
		}
		again, after := o.Polling(now)
		same(t, k.name, []any{again, after}, []any{k.again, k.after})
	}
	open := in(t, order.Paid).Open(page) // by the wallet, and the page is not closed yet: the payment counts
	again, after := open.Polling(open.History[1].At)
	same(t, "paid with a page", []any{again, after}, []any{true, s})
}
