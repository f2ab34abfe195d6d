// Package money holds amounts as whole minor units with their currency. There are no floats here, and what rounds
// names its rule: Percent and Part round half up, Divide by largest remainder.
package money

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
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
func (a Amount) Percent(hundredths int64) Amount { return a.Part(hundredths, Whole) }

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

// Digits is how many digits of a currency's amounts are of its minor unit.
func Digits(currency string) int {
	if exp, ok := exponents[currency]; ok {
		return exp
	}
	return 2
}

// String shows the amount for people: "12.99 EUR".
func (a Amount) String() string {
	exp := Digits(a.Currency)
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

// Part is part/whole of an amount, rounded half up to the minor unit; whole is more than nothing and the product may be larger than
// an int64. Of spans that follow each other take the differences of Part up to their ends: those sum to the whole exactly.
func (a Amount) Part(part, whole int64) Amount {
	n := new(big.Int).Mul(big.NewInt(a.Minor), big.NewInt(2*part))
	n.Add(n, big.NewInt(whole))
	n.Div(n, big.NewInt(2*whole)) // Euclidean: rounds down for a positive divisor
	return Amount{Minor: n.Int64(), Currency: a.Currency}
}

// Span is what of an amount for a whole falls on [from, until): the difference of Part up to both, so that the spans of any partition
// sum to the whole.
func (a Amount) Span(from, until, whole int64) Amount {
	return Amount{Minor: a.Part(until, whole).Minor - a.Part(from, whole).Minor, Currency: a.Currency}
}

// Divide splits an amount by weights so that the parts sum to it: each gets its share rounded down, and what is left goes, a minor unit
// each, to those with the largest remainders; of equal ones to the first. The weights sum to more than nothing; the part of one below nothing is below nothing.
func (a Amount) Divide(weights []int64) []Amount {
	var total int64
	for _, w := range weights {
		total += w
	}
	parts, order, left := make([]Amount, len(weights)), make([]int, len(weights)), a.Minor
	rests := make([]*big.Int, len(weights))
	for i, w := range weights {
		q, r := new(big.Int).DivMod(new(big.Int).Mul(big.NewInt(a.Minor), big.NewInt(w)), big.NewInt(total), new(big.Int))
		parts[i], order[i], rests[i] = Amount{Minor: q.Int64(), Currency: a.Currency}, i, r
		left -= q.Int64()
	}
	slices.SortStableFunc(order, func(i, j int) int { return rests[j].Cmp(rests[i]) })
	for _, i := range order[:left] {
		parts[i].Minor++
	}
	return parts
}
