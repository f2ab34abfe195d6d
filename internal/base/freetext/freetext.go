// Package freetext says what people may write in their own words: any characters that can be read, so many of them, and
// no card numbers. Texts are kept as they were given and never interpreted; whoever shows one escapes it.
package freetext

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"turnup/internal/base/fault"
)

// ErrCardNumber is answered to a text that holds what looks like a card number. It must not be stored, nor be read by staff.
var ErrCardNumber = fault.New(fault.Invalid, "card_number_refused",
	"Please never send card numbers. Take the number out and send the rest: nobody needs it to help you.", "customer")

// Line checks a text of one line, which must not be blank. field is its name in the request.
func Line(field, s string, most int) error {
	return check(field, s, most, "", "no line breaks, tabs or other control characters")
}

// Text checks a text that may have several lines, and must not be blank.
func Text(field, s string, most int) error {
	return check(field, s, most, "\n\t\u2028\u2029", "no control characters but line feeds and tabs")
}

func check(field, s string, most int, allowed, rule string) error {
	unreadable := func(r rune) bool {
		return (unicode.IsControl(r) || r == '\u2028' || r == '\u2029') && !strings.ContainsRune(allowed, r)
	}
	switch {
	case !utf8.ValidString(s):
		return fault.ErrInvalid.Naming(field, "not UTF-8")
	case strings.TrimSpace(s) == "":
		return fault.ErrInvalid.Naming(field, "there is nothing in it")
	case utf8.RuneCountInString(s) > most:
		return fault.ErrInvalid.Naming(field, fmt.Sprintf("at most %d characters", most))
	case strings.ContainsFunc(s, unreadable):
		return fault.ErrInvalid.Naming(field, rule)
	case CardLike(s):
		return ErrCardNumber.Naming(field, "holds what looks like a card number")
	}
	return nil
}
