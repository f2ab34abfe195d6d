package freetext_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"turnup/internal/base/fault"
	"turnup/internal/base/freetext"
)

// X8: card-like texts are refused, however people write a number down.
func TestCardNumbersAreFound(t *testing.T) {
	for _, text := range []string{
		"4242424242424242", "5555555555554444", "2223003122003222", "378282246310005", "30569309025904", "36227206271667", "6011111111111117",
		"3566002020360505", "6200000000000005", "4222222222222", "6759649826438453", "5018000000000009", "4000000000000000006", // public test numbers of every scheme
		"4242 4242 4242 4242", "4242-4242-4242-4242", "4242.4242.4242.4242", "4242 - 4242 - 4242 - 4242", "4242\u00a04242\u20094242\u202f4242", "42 42 42 42 42 42 42 42",
		"4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2", "3782 822463 10005", "4242–4242–4242–4242", "4242/4242/4242/4242",
		"My card is 4242424242424242, please charge it.", "card:4242424242424242.", "x4242424242424242x", "(4242 4242 4242 4242)",
		"4242 4242 4242 4242 12/34 123", "4242 4242 4242 4242 12 34", "1. 4242 4242 4242 4242", "customer 77 4242 4242 4242 4242", "+4242424242424242",
		"one\n4242424242424242\ntwo", "４２４２４２４２４２４２４２４２", "٤٢٤٢ ٤٢٤٢ ٤٢٤٢ ٤٢٤٢",
	} {
		if err := freetext.Text("body.body", text, 1000); !errors.Is(err, freetext.ErrCardNumber) {
			t.Errorf("%q: %v", text, err)
		} else if f := fault.Of(err); len(f.Fields) != 1 || f.Fields[0].Name != "body.body" || strings.ContainsAny(f.Fields[0].Message, "0123456789") {
			t.Errorf("%q: the fault names %+v", text, f.Fields)
		}
	}
}

// What customers write to support about is no card number: telephone, device, order and account numbers.
func TestOtherNumbersAreFine(t *testing.T) {
	for _, text := range []string{
		"4242424242424241", "4242 4242 4242 424", "42424242424242424242", "1234567890123456", // wrong check digit, too short, too long, no scheme
		"490154203237518",                                           // an IMEI, whose check digit is right
		"+49 151 1234 5678", "+4915112345678", "0049 151 1234 5678", // telephone numbers, whose check digit is right
		"DE89 3704 0044 0532 0130 00", "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", "7c4e9f9e-3a51-4a0e-9a43-0f2b8f7d9a10",
		"2026-11-02 12:00:00", "192.168.178.1", "00:11:22:33:44:55", "ALCLB1234567",
		"4242\n4242\n4242\n4242", "4242 or 4242 or 4242 or 4242", "4242    4242    4242    4242",
		"Zähler 4242, 4242, 4242, 4242", "Grüße 👩‍👩‍👧", "<script>alert(1)</script> ' OR 1=1 --", "مرحبا",
	} {
		if err := freetext.Text("body.body", text, 1000); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	if freetext.CardLike("") {
		t.Error("an empty text is like a card number")
	}
}

func TestLimitsAndControlCharacters(t *testing.T) {
	long := strings.Repeat("ä", 200)
	for _, k := range []struct {
		text       string
		line, lots bool // whether it is fine as a line, and as a text
	}{
		{"a", true, true}, {long, true, true}, {long + "ä", false, false}, {"", false, false}, {" \t\n\u00a0", false, false}, {" a ", true, true},
		{"a\nb", false, true}, {"a\tb", false, true}, {"a\u2028b", false, true}, {"a\rb", false, false}, {"a\x00b", false, false}, {"a\x1bb", false, false},
		{"a\x7fb", false, false}, {"a\u0085b", false, false}, {"a\xffb", false, false}, {"a\u200db", true, true},
	} {
		for _, got := range []struct {
			form string
			fine bool
			err  error
		}{{"line", k.line, freetext.Line("f", k.text, 200)}, {"text", k.lots, freetext.Text("f", k.text, 200)}} {
			if (got.err == nil) != got.fine || got.err != nil && !errors.Is(got.err, fault.ErrInvalid) {
				t.Errorf("%.20q as a %s: %v", k.text, got.form, got.err)
			}
		}
	}
	if f := fault.Of(freetext.Text("body.body", long, 199)); f == nil || fmt.Sprint(f.Fields) != "[{body.body at most 199 characters}]" {
		t.Errorf("%+v", f)
	}
}
