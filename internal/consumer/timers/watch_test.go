package timers_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/consumer/timers"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
)

const (
	before = 10 * time.Minute // of an order's half hour
	after  = 40 * time.Minute
)

var price = money.Amount{Minor: 1299, Currency: "EUR"}

// world is one order, its payment on a page and the PSP's answer, under the conditions of the store.
type world struct {
	payment.Book
	payment.Charger
	clock *clock.Manual
	order order.Order
	pay   payment.Payment
	psp   payment.Charge // what it says of the page, open or when asked to close it
	away  error
	log   []string // what was done, in its order
	broke error    // the order cannot be read
	next  time.Time
}

func (w *world) did(what string) { w.log = append(w.log, what) }

func (w *world) Order(_ context.Context, tenant id.Tenant, customer id.Customer, o id.Order) (order.Order, error) {
	if tenant != "demo" || customer != "cus_1" || o != "ord_1" {
		return order.Order{}, order.ErrUnknown
	}
	return w.order, w.broke
}

func (w *world) Now(_ context.Context, _ id.Tenant, by id.TestClock) (time.Time, error) {
	if by != "" {
		return noon.Add(after), nil
	}
	return w.clock.Now(), nil
}

func (w *world) Watched(_ context.Context, _ id.Tenant, _ id.Customer, _ id.Order, closed id.Payment) error {
	now, _ := w.Now(context.Background(), "", w.order.TestClock)
	w.did("watched " + string(closed))
	w.order, _ = w.order.Close(closed)
	if w.order.State == order.Unpaid && w.order.Expired(now) && w.order.Page == nil {
		w.order, _, _ = w.order.Cancel(order.ByTimeout, now)
	}
	w.next = w.order.Watch(now)
	return nil
}

func (w *world) Payment(context.Context, id.Tenant, id.Payment) (payment.Payment, error) {
	return w.pay, nil
}

func (w *world) Complete(_ context.Context, p payment.Payment) error {
	paid, err := w.order.Pay(order.Payment{ID: p.ID, By: payment.Stripe, Made: p.CapturedAt}, w.clock.Now())
	if err != nil {
		return &payment.UnwantedError{Reason: payment.LatePayment}
	}
	w.order, w.pay = paid, p
	w.did("complete")
	return nil
}

func (w *world) Fail(_ context.Context, p payment.Payment, _ event.Envelope) error {
	w.order, _ = w.order.Close(p.ID)
	w.pay = p
	w.did("fail")
	return nil
}

func (w *world) Unassigned(_ context.Context, p payment.Payment, _ money.Amount, _ event.Envelope) error {
	w.pay = p
	w.did("unassigned")
	return nil
}

func (w *world) Refunded(_ context.Context, p payment.Payment, _ payment.State, _ payment.GivenBack, _ event.Envelope) error {
	w.order = w.order.GaveBack(order.Surplus{PaymentID: p.ID})
	w.pay = p
	w.did("refunded")
	return nil
}

func (w *world) Find(context.Context, payment.Payment) (payment.Charge, error) {
	w.did("find")
	return w.psp, w.away
}

func (w *world) Cancel(context.Context, payment.Payment, payment.Charge) (payment.Charge, error) {
	w.did("close")
	return w.psp, w.away
}

func (w *world) Refund(context.Context, payment.Payment, payment.Charge) error {
	w.did("refund")
	return w.away
}

func (w *world) watch() error {
	w.log = nil
	return timers.Watcher{Store: w, Checkout: payment.Checkout{Book: w, PSP: w, Clock: w.clock}}.Watch(context.Background(), "demo", "cus_1", "ord_1")
}

// around is an order placed at noon for half an hour, with a page that was opened at once, looked after so much later.
func around(later time.Duration, psp payment.ChargeState) *world {
	o := order.Place(order.Order{Tenant: "demo", Customer: "cus_1", ID: "ord_1", Total: price, ExpiresAt: noon.Add(30 * time.Minute)}, noon)
	w := &world{clock: clock.At(noon.Add(later)), order: o.Open(order.Page{PaymentID: "pay_1", OpenedAt: noon}),
		pay: payment.Payment{Tenant: "demo", ID: "pay_1", Customer: "cus_1", OrderID: "ord_1", Amount: price, State: payment.Pending, SessionID: "cs_1", InitiatedAt: noon},
		psp: payment.Charge{ID: "pi_1", State: psp}}
	if psp == payment.ChargeSucceeded {
		w.psp.Amount, w.psp.At = price, noon.Add(5*time.Minute)
	}
	return w
}

// An order is looked after by what became of its page: S1-32 what the gateway never told is asked for; S1-54 past its time it
// is cancelled, but only when its page is closed and brought no money in time.
func TestWatch(t *testing.T) {
	never := time.Time{}
	for _, k := range []struct {
		name  string
		world *world
		set   func(*world)
		log   string
		state order.State
		pay   payment.State
		next  time.Time
	}{
		{"page open, time left", around(before, payment.ChargeOpen), nil, "[find watched ]", order.Unpaid, payment.Pending, noon.Add(20 * time.Minute)},
		{"paid, and nobody told", around(before, payment.ChargeSucceeded), nil, "[find complete watched ]", order.Paid, payment.Succeeded, never},
		{"page ended early", around(before, payment.ChargeCancelled), nil, "[find fail watched ]", order.Unpaid, payment.Failed, noon.Add(30 * time.Minute)},
		{"time over, page open", around(after, payment.ChargeCancelled), nil, "[close fail watched pay_1]", order.Cancelled, payment.Failed, never},
		{"time over, paid in time", around(after, payment.ChargeSucceeded), nil, "[close complete watched pay_1]", order.Paid, payment.Succeeded, never},
		{"time over, paid too late", around(after, payment.ChargeSucceeded), func(w *world) { w.psp.At = noon.Add(30 * time.Minute) },
			"[close refund refunded watched pay_1]", order.Cancelled, payment.Refunded, never},
		{"time over, another amount", around(after, payment.ChargeSucceeded), func(w *world) { w.psp.Amount.Minor++ }, "[close unassigned watched pay_1]", order.Cancelled, payment.Pending, never},
		{"time over, parked before", around(after, payment.ChargeOpen), func(w *world) { w.pay.Parked = true }, "[watched pay_1]", order.Cancelled, payment.Pending, never},
		{"parked, time left", around(before, payment.ChargeOpen), func(w *world) { w.pay.Parked = true }, "[watched ]", order.Unpaid, payment.Pending, noon.Add(20 * time.Minute)},
		{"time over, no page", around(after, payment.ChargeOpen), func(w *world) { w.order.Page = nil }, "[watched ]", order.Cancelled, payment.Pending, never},
		{"time left, no page", around(before, payment.ChargeOpen), func(w *world) { w.order.Page = nil }, "[watched ]", order.Unpaid, payment.Pending, noon.Add(30 * time.Minute)},
		{"time over by a test clock", around(before, payment.ChargeCancelled), func(w *world) { w.order.TestClock = "clk_1" }, "[close fail watched pay_1]", order.Cancelled, payment.Failed, never},
		{"cancelled, page open", around(before, payment.ChargeCancelled), func(w *world) { w.order, _, _ = w.order.Cancel(order.ByUser, noon) },
			"[close fail watched pay_1]", order.Cancelled, payment.Failed, never},
		{"paid by the wallet, page open", around(before, payment.ChargeCancelled), func(w *world) {
			w.order, _ = w.order.Pay(order.Payment{ID: "pay_2", By: order.ByWallet, Made: noon}, noon)
		}, "[close fail watched pay_1]", order.Paid, payment.Failed, never},
	} {
		t.Run(k.name, func(t *testing.T) {
			if k.set != nil {
				k.set(k.world)
			}
			if err := k.world.watch(); err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprint(k.world.log, k.world.order.State, k.world.pay.State, k.world.next)
			if want := fmt.Sprint(k.log, k.state, k.pay, k.next); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// S1-54: while the gateway cannot say what became of the page, the order is not cancelled, and the look is tried again.
func TestWatchWithoutTheGateway(t *testing.T) {
	for _, k := range []struct {
		name  string
		later time.Duration
		psp   payment.ChargeState
		away  error
		log   string
	}{
		{"away, time left", before, "", payment.ErrPSPUnavailable, "[find]"},
		{"away, time over", after, "", payment.ErrPSPUnavailable, "[close]"},
		{"no answer, time over", after, "", payment.ErrUnanswered, "[close]"},
		{"it cannot close the page", after, payment.ChargeProcessing, nil, "[close]"},
		{"it leaves the page open", after, payment.ChargeOpen, nil, "[close]"},
	} {
		t.Run(k.name, func(t *testing.T) {
			w := around(k.later, k.psp)
			w.away = k.away
			err := w.watch()
			if !fault.Transient(err) || fmt.Sprint(w.log) != k.log || w.order.State != order.Unpaid || w.order.Page == nil || w.pay.State != payment.Pending {
				t.Errorf("%v, %v, %+v", err, w.log, w.order)
			}
			w.away, w.psp.State = nil, payment.ChargeCancelled // it is back
			if err := w.watch(); err != nil || (w.order.State == order.Cancelled) != (k.later == after) {
				t.Errorf("then: %v, %s", err, w.order.State)
			}
		})
	}
}

// An order that cannot be read is not looked after; one that does not exist never can be.
func TestWatchOfAnOrderThatIsNotRead(t *testing.T) {
	w := around(after, payment.ChargeOpen)
	w.broke = errors.New("no table")
	if err := w.watch(); !errors.Is(err, w.broke) || len(w.log) > 0 {
		t.Errorf("%v, %v", err, w.log)
	}
	watcher := timers.Watcher{Store: w}
	if err := watcher.Watch(t.Context(), "demo", "cus_2", "ord_1"); !errors.Is(err, order.ErrUnknown) || len(w.log) > 0 {
		t.Errorf("%v, %v", err, w.log)
	}
}
