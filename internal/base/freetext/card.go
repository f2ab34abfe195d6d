package freetext

import "strings"

// scheme is a range of first digits that a card scheme issues, with the lengths of its numbers.
type scheme struct {
	low, high string // of the first digits, as many as these have
	lengths   []int
}

// upTo lists lengths from one to another.
func upTo(from, to int) (all []int) {
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}

// schemes are those in use. A number of none of them is no card's, whatever its check digit says: a tenth of all numbers
// would pass that, and device and customer numbers belong into a ticket.
var schemes = []scheme{
	{"4", "4", []int{13, 16, 19}},      // Visa
	{"51", "55", []int{16}},            // Mastercard
	{"2221", "2720", []int{16}},        // Mastercard
	{"34", "34", []int{15}},            // American Express
	{"37", "37", []int{15}},            // American Express
	{"300", "305", upTo(14, 19)},       // Diners Club
	{"3095", "3095", upTo(14, 19)},     // Diners Club
	{"36", "36", upTo(14, 19)},         // Diners Club
	{"38", "39", upTo(14, 19)},         // Diners Club
	{"6011", "6011", upTo(16, 19)},     // Discover
	{"644", "659", upTo(16, 19)},       // Discover
	{"3528", "3589", upTo(16, 19)},     // JCB
	{"62", "62", upTo(16, 19)},         // UnionPay
	{"81", "81", upTo(16, 19)},         // UnionPay
	{"5018", "5018", upTo(minPAN, 19)}, // Maestro
	{"5020", "5020", upTo(minPAN, 19)}, // Maestro
	{"5038", "5038", upTo(minPAN, 19)}, // Maestro
	{"5893", "5893", upTo(minPAN, 19)}, // Maestro
	{"6304", "6304", upTo(minPAN, 19)}, // Maestro
	{"6759", "6763", upTo(minPAN, 19)}, // Maestro
}

// Lengths of the numbers that are looked at, in digits.
const (
	minPAN = 13
	maxPAN = 19
	// maxPhone is the length of the longest telephone number with its country's code (E.164).
	maxPhone = 15
)

// CardLike tells whether a text holds what looks like a payment card's number: digits of a known scheme and length whose
// check digit is right, in one piece or in groups with up to three blanks, dots, slashes or dashes between them. A number that is
// written as a telephone number (+49…) is none.
func CardLike(s string) bool {
	var groups []group
	gap := 0 // signs since the last digit
	plus := false
	flush := func() bool {
		found := anyCard(groups)
		groups = groups[:0]
		return found
	}
	for _, r := range s {
		d, isDigit := digit(r)
		switch {
		case isDigit && (len(groups) == 0 || gap > 0):
			groups = append(groups, group{digits: string(d), phone: plus})
		case isDigit:
			groups[len(groups)-1].digits += string(d)
		case strings.ContainsRune(separators, r) && gap < maxGap && len(groups) > 0:
			gap++
			continue
		default:
			if flush() {
				return true
			}
		}
		gap, plus = 0, r == '+'
	}
	return flush()
}

// group is digits in one piece.
type group struct {
	digits string
	phone  bool // there is a + before them
}

// separators are what people put between the groups of a number; maxGap is how many of them in a row.
const (
	separators = " \t./-_\u00a0\u2009\u202f\u2010\u2011\u2012\u2013\u2014"
	maxGap     = 3
)

// anyCard looks at every run of whole groups: what stands before or behind a number, as its expiry does, must not hide it.
func anyCard(groups []group) bool {
	for from := range groups {
		number := ""
		for _, g := range groups[from:] {
			if number += g.digits; len(number) > maxPAN {
				break
			}
			if isPhone := groups[from].phone && len(number) <= maxPhone; !isPhone && isCard(number) {
				return true
			}
		}
	}
	return false
}

func isCard(number string) bool {
	if len(number) < minPAN || !luhn(number) {
		return false
	}
	for _, s := range schemes {
		first := number[:len(s.low)]
		for _, length := range s.lengths {
			if len(number) == length && first >= s.low && first <= s.high {
				return true
			}
		}
	}
	return false
}

// luhn checks the last digit of a number against the others (ISO/IEC 7812-1).
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// zeros begin the digits of the scripts that customers type numbers in: Latin, Latin of full width, Arabic, Persian.
var zeros = []rune{'0', '０', '٠', '۰'}

// digit reads a digit of one of the scripts as '0' to '9'.
func digit(r rune) (byte, bool) {
	for _, zero := range zeros {
		if r >= zero && r <= zero+9 {
			return byte('0' + r - zero), true
		}
	}
	return 0, false
}
