package lineitem_test

import (
	"errors"
	"testing"

	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
)

func line(kind string, minor, quantity int64, currency string) lineitem.Line {
	return lineitem.Line{Type: kind, Price: money.Amount{Minor: minor, Currency: currency}, Quantity: quantity}
}

// S0-36: the total is price × quantity over all lines, in one currency.
func TestTotal(t *testing.T) {
	got, err := lineitem.Total([]lineitem.Line{line(lineitem.Subscription, 1299, 1, "EUR"), line(lineitem.OneOff, 4999, 3, "EUR")})
	if err != nil || got != (money.Amount{Minor: 16296, Currency: "EUR"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := lineitem.Total(nil); err != nil || got != (money.Amount{}) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := lineitem.Total([]lineitem.Line{line(lineitem.OneOff, 1, 1, "EUR"), line(lineitem.OneOff, 1, 1, "USD")}); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("got %v", err)
	}
}

func TestSubscriptions(t *testing.T) {
	a, b := line(lineitem.Subscription, 1, 1, "EUR"), line(lineitem.Subscription, 2, 1, "EUR")
	got := lineitem.Subscriptions([]lineitem.Line{line(lineitem.OneOff, 9, 1, "EUR"), a, line("", 9, 1, "EUR"), b})
	if len(got) != 2 || got[0] != a || got[1] != b {
		t.Errorf("got %+v", got)
	}
}
