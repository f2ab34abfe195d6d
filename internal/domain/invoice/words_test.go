package invoice_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"testing"

	"turnup/internal/base/civil"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/invoice"
)

// S3-141: the amount of each line can be followed, in the customer's language.
func TestExplain(t *testing.T) {
	eur := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }
	for _, k := range []struct {
		c      lineitem.Charge
		en, de string
	}{
		{lineitem.Charge{Kind: lineitem.ForPeriod, Days: 20, Of: 31, Price: eur(4990), Amount: eur(3219)}, "20 of 31 days × 49.90 EUR = 32.19 EUR", "20 von 31 Tagen × 49,90 EUR = 32,19 EUR"},
		{lineitem.Charge{Kind: lineitem.ForPeriod, Days: 31, Of: 31, Price: eur(4990), Amount: eur(4990)}, "31 of 31 days: 49.90 EUR", "31 von 31 Tagen: 49,90 EUR"},
		{lineitem.Charge{Kind: lineitem.ForPeriod, Days: 20, Of: 31, Price: eur(4990), Amount: eur(3220)},
			"20 of 31 days × 49.90 EUR = 32.20 EUR (rounded so that all days together are the whole price)", "20 von 31 Tagen × 49,90 EUR = 32,20 EUR (so gerundet, dass alle Tage zusammen den ganzen Preis ergeben)"},
		{lineitem.Charge{Kind: lineitem.ForUnused, Days: 12, Of: 31, Price: eur(4990), Amount: eur(-1932)}, "12 of 31 days not used × 49.90 EUR = -19.32 EUR", "12 von 31 Tagen nicht genutzt × 49,90 EUR = -19,32 EUR"},
		{lineitem.Charge{Kind: lineitem.ForItem, Quantity: 2, Price: eur(4999), Amount: eur(9998)}, "2 × 49.99 EUR = 99.98 EUR", "2 × 49,99 EUR = 99,98 EUR"},
		{lineitem.Charge{Kind: lineitem.ForItem, Quantity: 1, Price: eur(4999), Amount: eur(4999)}, "", ""},
		{lineitem.Charge{Kind: lineitem.Corrected, Name: "INV-3-000042", Amount: eur(100)}, "of invoice INV-3-000042, at 8.1 % tax", "aus Rechnung INV-3-000042, zu 8,1 % Steuer"},
		{lineitem.Charge{Kind: lineitem.ForItem, Quantity: 3, Price: money.Amount{Minor: 120, Currency: "JPY"}, Amount: money.Amount{Minor: 360, Currency: "JPY"}}, "3 × 120 JPY = 360 JPY", "3 × 120 JPY = 360 JPY"},
	} {
		l := invoice.Line{Charge: k.c, Rate: 810}
		if en, de := invoice.WordsOf("en-GB").Explain(l), invoice.WordsOf("de-AT").Explain(l); en != k.en || de != k.de {
			t.Errorf("%q, %q", en, de)
		}
	}
	de := invoice.WordsOf("de")
	if p := de.Period(civil.Period{From: "2030-01-31", Until: "2030-02-28"}); p != "31.01.2030 bis 27.02.2030" || de.Rate(1900) != "19 %" || de.Rate(2550) != "25,5 %" || de.Date("") != "" {
		t.Error(p, de.Rate(1900), de.Rate(2550))
	}
	if n := de.Name(lineitem.Charge{Kind: lineitem.Discount, Name: "WELCOME20"}); n != "Rabatt, Gutschein WELCOME20" || de.Name(lineitem.Charge{Kind: lineitem.Discount}) != "Rabatt" {
		t.Error(n)
	}
	if w := invoice.WordsOf("xx"); w.Tag != "en" {
		t.Error(w.Tag)
	}
}

// Every language has every text, with the same placeholders; invoices are worded in the languages of the mails.
func TestLanguagesAreWhole(t *testing.T) {
	texts := func(tag string) (out map[string]string) {
		raw, err := os.ReadFile("languages/" + tag + ".json")
		if err == nil {
			err = json.Unmarshal(raw, &out)
		}
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	holes, english := regexp.MustCompile(`\{\w+\}`), texts("en")
	for _, tag := range invoice.Languages() {
		other := texts(tag)
		if len(other) != len(english) {
			t.Errorf("%s has %d texts", tag, len(other))
		}
		for name, text := range english {
			if want, got := holes.FindAllString(text, -1), holes.FindAllString(other[name], -1); other[name] == "" || len(want) != len(got) || slices.ContainsFunc(want, func(h string) bool { return !slices.Contains(got, h) }) {
				t.Errorf("%s, %s: %q", tag, name, other[name])
			}
		}
	}
	mails, err := os.ReadDir("../notice/languages")
	if err != nil || len(mails) != len(invoice.Languages()) {
		t.Errorf("%d languages of mails, %d of invoices, %v", len(mails), len(invoice.Languages()), err)
	}
}

// S1-43, S3-58: what was ordered is charged less the coupon; money for the wallet is no supply.
func TestBought(t *testing.T) {
	hd := lineitem.Line{ItemID: "plan_hd", Name: "HD", Type: lineitem.Subscription, Price: money.Amount{Minor: 1299, Currency: "EUR"}, Quantity: 1}
	stick := lineitem.Line{Name: "Stick", Type: lineitem.OneOff, Price: money.Amount{Minor: 4999, Currency: "EUR"}, Quantity: 2}
	topUp := lineitem.Line{Name: "Top-up", Type: lineitem.TopUp, Price: money.Amount{Minor: 2500, Currency: "EUR"}, Quantity: 1}
	charges := invoice.Bought([]lineitem.Line{hd, stick}, nil, "WELCOME20", money.Amount{Minor: 260, Currency: "EUR"})
	if sum, err := lineitem.TotalOf(charges); err != nil || sum.Minor != 1299+9998-260 || len(charges) != 3 {
		t.Errorf("%+v, %v", charges, err)
	}
	if charges = invoice.Bought([]lineitem.Line{topUp}, nil, "", money.Amount{}); charges != nil {
		t.Error(charges)
	}
}
