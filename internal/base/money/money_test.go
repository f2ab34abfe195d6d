package money_test

import (
	"errors"
	"math"
	"testing"

	"turnup/internal/base/money"
)

func amount(minor int64, currency string) money.Amount {
	return money.Amount{Minor: minor, Currency: currency}
}

func TestPlus(t *testing.T) {
	var none money.Amount
	cases := []struct {
		a, b, want money.Amount
		fails      bool
	}{
		{amount(1299, "EUR"), amount(1, "EUR"), amount(1300, "EUR"), false},
		{amount(1299, "EUR"), amount(-1299, "EUR"), amount(0, "EUR"), false},
		{amount(5, "EUR"), amount(0, "EUR"), amount(5, "EUR"), false},
		{none, amount(7, "JPY"), amount(7, "JPY"), false},
		{amount(7, "JPY"), none, amount(7, "JPY"), false},
		{none, none, none, false},
		{amount(1, "EUR"), amount(1, "USD"), none, true},
		{amount(0, "EUR"), amount(1, "USD"), none, true}, // nothing, but of a currency
		{amount(math.MaxInt64, "EUR"), amount(1, "EUR"), none, true},
		{amount(math.MinInt64, "EUR"), amount(-1, "EUR"), none, true},
		{amount(math.MaxInt64, "EUR"), amount(math.MinInt64, "EUR"), amount(-1, "EUR"), false},
	}
	for _, k := range cases {
		got, err := k.a.Plus(k.b)
		if got != k.want || (err != nil) != k.fails {
			t.Errorf("%v + %v: got %v, %v", k.a, k.b, got, err)
		}
	}
	if _, err := amount(1, "EUR").Plus(amount(1, "USD")); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("got %v", err)
	}
}

func TestSumAndTimes(t *testing.T) {
	if got, err := money.Sum(amount(1, "EUR"), amount(2, "EUR").Times(3), amount(0, "EUR")); err != nil || got != amount(7, "EUR") {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := money.Sum(); err != nil || got != (money.Amount{}) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := money.Sum(amount(1, "EUR"), amount(2, "USD")); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("got %v", err)
	}
}

// S0-21: people read the amount in the currency's own places (ISO 4217, list one).
func TestString(t *testing.T) {
	for want, a := range map[string]money.Amount{
		"12.99 EUR": amount(1299, "EUR"), "0.05 EUR": amount(5, "EUR"), "0.00 EUR": amount(0, "EUR"), "-0.05 EUR": amount(-5, "EUR"), "-12.00 USD": amount(-1200, "USD"),
		"1299 JPY": amount(1299, "JPY"), "1.299 KWD": amount(1299, "KWD"), "-0.001 BHD": amount(-1, "BHD"),
		"1299 XOF": amount(1299, "XOF"), "1299 XAF": amount(1299, "XAF"), "1299 UGX": amount(1299, "UGX"), "1299 PYG": amount(1299, "PYG"),
		"1.299 IQD": amount(1299, "IQD"), "1.299 LYD": amount(1299, "LYD"),
	} {
		if got := a.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// S1-18: a share is rounded half up to the minor unit, also where the product would not fit, and below nothing.
func TestPercent(t *testing.T) {
	cases := []struct{ minor, hundredths, want int64 }{
		{1299, 2000, 260}, {1299, 5000, 650}, {1299, 4999, 649}, {1299, 0, 0}, {1299, money.Whole, 1299},
		{1, 5000, 1}, {1, 4999, 0}, {3, 5000, 2}, {0, 5000, 0},
		{-1, 5000, 0}, {-1, 5001, -1}, {-3, 5000, -1}, {-1299, 2000, -260}, {-10_000, 5000, -5000},
		{math.MaxInt64, money.Whole, math.MaxInt64}, {math.MaxInt64, 5000, math.MaxInt64/2 + 1}, {math.MinInt64, money.Whole, math.MinInt64},
	}
	for _, k := range cases {
		if got := amount(k.minor, "EUR").Percent(k.hundredths); got != amount(k.want, "EUR") {
			t.Errorf("%d of %d: got %v, want %d", k.hundredths, k.minor, got.Minor, k.want)
		}
	}
}

func TestMinus(t *testing.T) {
	if got, err := amount(1299, "EUR").Minus(amount(260, "EUR")); got != amount(1039, "EUR") || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := amount(1, "EUR").Minus(amount(1, "USD")); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("got %v", err)
	}
}
