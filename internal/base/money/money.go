// Package money holds amounts as whole minor units with their currency. There are no floats here, and what rounds
// names its rule: Percent rounds half up.
package money

import (
	"errors"
	"fmt"
)

// ErrCurrency is returned when amounts of different currencies meet.
var ErrCurrency = errors.New("money: currencies differ")

// Amount is a sum of money. Minor is in the currency's minor unit (cents for EUR, yen for JPY).
type Amount struct {
	Minor    int64  `json:"minor" dynamodbav:"minor" doc:"Amount in the currency's minor unit, for example cents" example:"1299"`
	Currency string `json:"currency" dynamodbav:"currency" doc:"ISO 4217 code" minLength:"3" maxLength:"3" example:"EUR"`
}

// Plus adds two amounts of one currency. The zero Amount is neutral.
func (a Amount) Plus(b Amount) (Amount, error) {
	switch {
	case a == Amount{}:
		return b, nil
	case b == Amount{}:
		return a, nil
	case a.Currency != b.Currency:
		return Amount{}, fmt.Errorf("%w: %s and %s", ErrCurrency, a.Currency, b.Currency)
	}
	sum := a.Minor + b.Minor
	if (sum > a.Minor) != (b.Minor > 0) && b.Minor != 0 {
		return Amount{}, errors.New("money: overflow")
	}
	return Amount{Minor: sum, Currency: a.Currency}, nil
}

// Minus subtracts an amount of the same currency.
func (a Amount) Minus(b Amount) (Amount, error) { return a.Plus(b.Times(-1)) }

// Whole is all of something in hundredths of a percent.
const Whole = 10_000

// Percent is a share of an amount, in hundredths of a percent from 0 to Whole, rounded half up to the minor unit: 12.5 % of
// 9.99 is 1.25 (1.24875), and half a cent is a cent; of a negative amount, minus half a cent is nothing.
func (a Amount) Percent(hundredths int64) Amount {
	whole, rest := a.Minor/Whole, a.Minor%Whole // apart, so that the product cannot overflow
	share := rest*hundredths + Whole/2
	rounded := share / Whole
	if share < 0 && share%Whole != 0 {
		rounded-- // Go divides towards zero
	}
	return Amount{Minor: whole*hundredths + rounded, Currency: a.Currency}
}

// Times multiplies by a count.
func (a Amount) Times(n int64) Amount { return Amount{Minor: a.Minor * n, Currency: a.Currency} }

// Sum adds amounts of one currency.
func Sum(amounts ...Amount) (Amount, error) {
	var total Amount
	for _, a := range amounts {
		next, err := total.Plus(a)
		if err != nil {
			return Amount{}, err
		}
		total = next
	}
	return total, nil
}

// exponents lists the currencies whose minor unit is not a hundredth (ISO 4217).
var exponents = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// String shows the amount for people: "12.99 EUR".
func (a Amount) String() string {
	exp, ok := exponents[a.Currency]
	if !ok {
		exp = 2
	}
	if exp == 0 {
		return fmt.Sprintf("%d %s", a.Minor, a.Currency)
	}
	unit := int64(1)
	for range exp {
		unit *= 10
	}
	sign, minor := "", a.Minor
	if minor < 0 {
		sign, minor = "-", -minor
	}
	return fmt.Sprintf("%s%d.%0*d %s", sign, minor/unit, exp, minor%unit, a.Currency)
}
