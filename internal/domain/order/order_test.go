package order_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/order"
)

var (
	at      = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	expires = at.Add(30 * time.Minute)
	price   = money.Amount{Minor: 1299, Currency: "EUR"}
	byCard  = order.Payment{ID: "pay_1", By: "stripe", With: "card", Made: at.Add(time.Minute)}
	page    = order.Page{PaymentID: "pay_1", Gateway: "stripe", URL: "https://psp.example/p", OpenedAt: at, ExpiresAt: at.Add(31 * time.Minute)}
	states  = []order.State{order.Unpaid, order.Paid, order.Delivered, order.Cancelled}
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

// unpaid is placed at noon, until half past, and holds a use of a coupon.
func unpaid() order.Order {
	return order.Place(order.Order{ID: "ord_1", Lines: []lineitem.Line{{ItemID: "plan_a", Type: lineitem.Subscription, Price: price, Quantity: 1}},
		Total: money.Amount{Minor: 999, Currency: "EUR"}, ExpiresAt: expires,
		Coupon: &order.Coupon{Code: "WELCOME", Shard: 3, Discount: money.Amount{Minor: 300, Currency: "EUR"}, State: order.Held}}, at)
}

// in is an order that came to a state the way orders do.
func in(t *testing.T, state order.State) order.Order {
	t.Helper()
	o, err := unpaid(), error(nil)
	switch state {
	case order.Cancelled:
		o, _, err = o.Cancel(order.ByUser, at.Add(time.Minute))
	case order.Paid, order.Delivered:
		o, err = o.Pay(byCard, at.Add(time.Minute))
	}
	ok(t, err)
	if state == order.Delivered {
		o, _ = o.Deliver(at.Add(2 * time.Minute))
	}
	same(t, "state", o.State, state)
	return o
}

// reached is what an action does to an order in one state. The zero value is: nothing.
type reached struct {
	state order.State // "" when it stays
	err   *fault.Fault
	other bool // it changes something other than the state
}

// Every state × every action; what is not listed changes nothing and is no fault. S1-44, S1-56, S1-58, S1-60.
func TestEveryStateAndAction(t *testing.T) {
	moment := at.Add(5 * time.Minute)
	cancel := func(by order.Canceller) func(order.Order) (order.Order, error) {
		return func(o order.Order) (order.Order, error) {
			next, _, err := o.Cancel(by, moment)
			return next, err
		}
	}
	cancelled := map[order.State]reached{order.Unpaid: {state: order.Cancelled}, order.Paid: {err: order.ErrNotCancellable}, order.Delivered: {err: order.ErrNotCancellable}}
	payable := map[order.State]reached{order.Paid: {err: order.ErrPaid}, order.Delivered: {err: order.ErrPaid}, order.Cancelled: {err: order.ErrCancelled}}
	paying := map[order.State]reached{order.Unpaid: {state: order.Paid}, order.Paid: payable[order.Paid], order.Delivered: payable[order.Paid], order.Cancelled: payable[order.Cancelled]}
	always := map[order.State]reached{order.Unpaid: {other: true}, order.Paid: {other: true}, order.Delivered: {other: true}, order.Cancelled: {other: true}}
	actions := []struct {
		name string
		do   func(order.Order) (order.Order, error)
		want map[order.State]reached
	}{
		{"payable", func(o order.Order) (order.Order, error) { return o, o.Payable(moment) }, payable},
		{"pay", func(o order.Order) (order.Order, error) { return o.Pay(byCard, moment) }, paying},
		{"cancel by user", cancel(order.ByUser), cancelled},
		{"cancel by admin", cancel(order.ByAdmin), cancelled},
		{"cancel by timeout", cancel(order.ByTimeout), cancelled},
		{"deliver", func(o order.Order) (order.Order, error) { next, _ := o.Deliver(moment); return next, nil }, map[order.State]reached{order.Paid: {state: order.Delivered}}},
		{"open", func(o order.Order) (order.Order, error) { return o.Open(page), nil }, always}, // whether it may is for Payable to say
		{"close", func(o order.Order) (order.Order, error) { next, _ := o.Close("pay_1"); return next, nil }, nil},
		{"give back", func(o order.Order) (order.Order, error) {
			return o.GaveBack(order.Surplus{PaymentID: "pay_2", Amount: price, At: moment}), nil
		}, always},
	}
	for _, a := range actions {
		for _, state := range states {
			t.Run(a.name+" × "+string(state), func(t *testing.T) {
				was, cell := in(t, state), a.want[state]
				copied := fmt.Sprintf("%+v", was)
				next, err := a.do(was)
				if cell.err == nil {
					ok(t, err)
				} else if !errors.Is(err, cell.err) {
					t.Fatalf("got %v, want %s", err, cell.err.Code)
				}
				same(t, "the order it was made from", fmt.Sprintf("%+v", was), copied)
				if cell == (reached{}) || cell.err != nil {
					same(t, "nothing changed", next, was)
					return
				}
				same(t, "version", next.Version, was.Version+1)
				if cell.state == "" {
					same(t, "state and history", []any{next.State, next.History}, []any{was.State, was.History})
					return
				}
				same(t, "state", next.State, cell.state)
				same(t, "history", next.History, append(slices.Clone(was.History), order.Change{State: cell.state, At: moment}))
			})
		}
	}
}

// Place makes an unpaid order of version 1; what paid it and how is noted. S1-44.
func TestPlaceAndPay(t *testing.T) {
	o := unpaid()
	same(t, "placed", []any{o.State, o.Version, o.History}, []any{order.Unpaid, 1, []order.Change{{State: order.Unpaid, At: at}}})
	same(t, "price before the discount", o.Price(), price)
	same(t, "plans", o.Plans(), []string{"plan_a"})
	paid, err := o.Open(page).Pay(byCard, at.Add(time.Minute))
	ok(t, err)
	same(t, "paid", []any{paid.PaymentID, paid.PaidBy, paid.PaidWith, paid.Page == nil}, []any{"pay_1", "stripe", "card", true})
	other, err := o.Open(page).Pay(order.Payment{ID: "pay_2", By: order.ByWallet, Made: at}, at)
	ok(t, err)
	same(t, "the page of another payment stays, to be closed", other.Page != nil && other.Page.PaymentID == "pay_1", true)
}

// S1-55: the order says who or what cancelled it, and keeps saying so whoever tries again.
func TestCancelRecordsBy(t *testing.T) {
	for _, by := range []order.Canceller{order.ByUser, order.ByAdmin, order.ByTimeout} {
		cancelled, moved, err := unpaid().Cancel(by, at)
		ok(t, err)
		same(t, "cancelled", []any{cancelled.CancelledBy, moved, cancelled.History[1]}, []any{by, true, order.Change{State: order.Cancelled, At: at}})
		for _, again := range []order.Canceller{order.ByUser, order.ByAdmin, order.ByTimeout} {
			next, moved, err := cancelled.Cancel(again, at.Add(time.Hour))
			ok(t, err)
			same(t, "again", []any{next, moved}, []any{cancelled, false})
		}
		var f *fault.Fault
		if !errors.As(cancelled.Payable(at), &f) || f.Details["cancelledBy"] != string(by) {
			t.Errorf("who pays is not told who cancelled: %v", f)
		}
	}
}

// S1-59: payable until the last nanosecond before the expiry, and not at it; what counts is when the money was taken, not
// when somebody noticed.
func TestExpiryEdges(t *testing.T) {
	o := unpaid()
	for _, k := range []struct {
		made    time.Time
		expired bool
	}{{at, false}, {expires.Add(-1), false}, {expires, true}, {expires.Add(1), true}, {expires.Add(time.Hour), true}} {
		same(t, "expired", o.Expired(k.made), k.expired)
		p := byCard
		p.Made = k.made
		next, err := o.Pay(p, expires.Add(time.Hour))
		if k.expired {
			if !errors.Is(err, order.ErrExpired) || !errors.Is(o.Payable(k.made), order.ErrExpired) || next.State != order.Unpaid {
				t.Errorf("%s: paid: %v, %v", k.made, next.State, err)
			}
			continue
		}
		ok(t, err)
		ok(t, o.Payable(k.made))
		same(t, "paid", next.State, order.Paid)
	}
	for _, state := range []order.State{order.Paid, order.Delivered} { // an expiry is of unpaid orders only
		if err := in(t, state).Payable(expires); !errors.Is(err, order.ErrPaid) {
			t.Errorf("%s: %v", state, err)
		}
	}
	o.ExpiresAt = time.Time{}
	same(t, "without an expiry", o.Expired(at.AddDate(100, 0, 0)), false)
}

// S1-19: a use is held while the order is unpaid, consumed by its payment and given back by its cancellation.
func TestCouponOfAnOrder(t *testing.T) {
	for state, becomes := range map[order.State]order.CouponState{order.Unpaid: order.Held, order.Paid: order.Consumed, order.Delivered: order.Consumed, order.Cancelled: order.Returned} {
		o := in(t, state)
		same(t, string(state), *o.Coupon, order.Coupon{Code: "WELCOME", Shard: 3, Discount: money.Amount{Minor: 300, Currency: "EUR"}, State: becomes})
	}
	was := unpaid() // both ways of one order, which must not write into each other's coupon
	paid, err := was.Pay(byCard, at)
	ok(t, err)
	cancelled, _, err := was.Cancel(order.ByUser, at)
	ok(t, err)
	same(t, "coupons", []any{was.Coupon.State, paid.Coupon.State, cancelled.Coupon.State}, []any{order.Held, order.Consumed, order.Returned})
	was.Coupon = nil
	paid, err = was.Pay(byCard, at)
	ok(t, err)
	same(t, "none", paid.Coupon == nil, true)
}

// Two changes that start from one order must not write into each other's lists.
func TestListsAreNotShared(t *testing.T) {
	o := unpaid()
	o.History = append(make([]order.Change, 0, 8), o.History...) // room to share
	o.Surplus = append(make([]order.Surplus, 0, 8), order.Surplus{PaymentID: "pay_0"})
	paid, err := o.Pay(byCard, at.Add(time.Second))
	ok(t, err)
	cancelled, _, err := o.Cancel(order.ByUser, at.Add(time.Minute))
	ok(t, err)
	same(t, "histories", []any{paid.History[1].State, cancelled.History[1].State, len(o.History)}, []any{order.Paid, order.Cancelled, 1})
	a, b := o.GaveBack(order.Surplus{PaymentID: "pay_a"}), o.GaveBack(order.Surplus{PaymentID: "pay_b"})
	same(t, "surplus", []any{a.Surplus[1].PaymentID, b.Surplus[1].PaymentID, len(o.Surplus)}, []any{"pay_a", "pay_b", 1})
}

// A page is forgotten with its own payment only: when it ends, and when its money is given back.
func TestPageOfAPayment(t *testing.T) {
	open := unpaid().Open(page)
	same(t, "open", []any{*open.Page, open.Version}, []any{page, 2})
	for pay, closes := range map[id.Payment]bool{"pay_1": true, "pay_2": false} {
		next, moved := open.Close(pay)
		same(t, "closed by "+string(pay), []any{moved, next.Page == nil}, []any{closes, closes})
	}
	mine, others := open.GaveBack(order.Surplus{PaymentID: "pay_1"}), open.GaveBack(order.Surplus{PaymentID: "pay_2"})
	same(t, "given back", []any{mine.Page == nil, mine.Version, others.Page == nil, others.Version}, []any{true, 3, false, 3})
}
