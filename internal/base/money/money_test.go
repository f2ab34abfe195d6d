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
