package money

import (
	"errors"
	"strconv"
	"strings"
)

// ErrUnreadable is returned for what is no amount as people write it.
var ErrUnreadable = errors.New("money: not an amount")

// mostDigits keeps what is typed far within an int64.
const mostDigits = 15

// Parse reads an amount as people write it, 12, 12.9 or 12,99, in whole minor units of a currency. It knows neither signs nor separators of
// thousands, so that nothing is taken for something else.
func Parse(written, currency string) (Amount, error) {
	exp, ok := exponents[currency]
	if !ok {
		exp = 2
	}
	whole, part, _ := strings.Cut(strings.Replace(written, ",", ".", 1), ".")
	if whole == "" || len(part) > exp || len(whole)+exp > mostDigits {
		return Amount{}, ErrUnreadable
	}
	minor, err := strconv.ParseUint(whole+part+strings.Repeat("0", exp-len(part)), 10, 63)
	if err != nil {
		return Amount{}, ErrUnreadable
	}
	return Amount{Minor: int64(minor), Currency: currency}, nil
}
