package order_test

import (
	"errors"
	"math"
	"testing"

	"turnup/internal/base/money"
	"turnup/internal/domain/order"
)

// Every state × way of paying × amount: only what a wallet paid goes back to it, and never more than that.
func TestRefundToWallet(t *testing.T) {
	eur := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }
	for _, state := range []order.State{order.Unpaid, order.Paid, order.Delivered, order.Cancelled} {
		for _, by := range []string{"", "stripe", order.BySavedCard, order.ByWallet, order.ByNobody} {
			o := order.Order{State: state, PaidBy: by, Total: eur(1000), Refunded: 300, Version: 4}
			next, err := o.RefundToWallet(eur(700))
			if by == order.ByWallet && (state == order.Paid || state == order.Delivered) {
				if err != nil || next.Refunded != 1000 || next.Version != 5 || next.State != state || o.Refunded != 300 {
					t.Errorf("%s by %s: %+v, %v", state, by, next, err)
				}
			} else if !errors.Is(err, order.ErrNotRefundable) || next.Refunded != 300 || next.Version != 4 {
				t.Errorf("%s by %q: %+v, %v", state, by, next, err)
			}
		}
	}
	o := order.Order{State: order.Paid, PaidBy: order.ByWallet, Total: eur(1000), Refunded: 300}
	for _, a := range []money.Amount{eur(701), eur(math.MaxInt64), eur(0), eur(-1), {Minor: 1, Currency: "USD"}, {}} {
		if next, err := o.RefundToWallet(a); !errors.Is(err, order.ErrRefundTooMuch) || next.Refunded != 300 {
			t.Errorf("%v: %+v, %v", a, next, err)
		}
	}
}

// S3-105: what cannot be delivered is given back as far as it was not given back yet, however it was paid, and once. The order stays paid.
func TestGiveUp(t *testing.T) {
	for refunded, back := range map[int64]int64{0: 1000, 300: 700, 1000: 0} {
		for _, by := range []string{"stripe", order.BySavedCard, order.ByWallet, order.ByNobody} {
			o := order.Order{State: order.Paid, PaidBy: by, Total: money.Amount{Minor: 1000, Currency: "EUR"}, Refunded: refunded, Version: 4}
			next, given := o.GiveUp()
			if given != (money.Amount{Minor: back, Currency: "EUR"}) || next.Refunded != 1000 || next.Version != 5 || next.State != order.Paid || o.Refunded != refunded {
				t.Errorf("%d of 1000 was given back: %v, %+v", refunded, given, next)
			}
			if _, again := next.GiveUp(); again.Minor != 0 {
				t.Errorf("given back twice: %v", again)
			}
			if by == order.ByWallet {
				if _, err := next.RefundToWallet(money.Amount{Minor: 1, Currency: "EUR"}); !errors.Is(err, order.ErrRefundTooMuch) {
					t.Errorf("refunded on top: %v", err)
				}
			}
		}
	}
}
