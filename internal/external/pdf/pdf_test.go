package pdf_test

import (
	"bytes"
	"compress/zlib"
	"io"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/billing"
	"turnup/internal/domain/invoice"
	"turnup/internal/external/pdf"
)

var (
	at      = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	printer = pdf.Printer{Theme: pdf.Theme{Brand: "Turnup Demo", Color: "#1f4fd8", WebURL: "https://shop.example.com/"}}
	seller  = billing.Usual("demo").Seller
)

// made is a final invoice of charges.
func made(t *testing.T, language string, rate int64, charges ...lineitem.Charge) invoice.Invoice {
	t.Helper()
	period := civil.Period{From: "2030-01-01", Until: "2030-02-01"}
	i, err := invoice.Draw(invoice.Invoice{Tenant: "demo", Customer: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", ID: "inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Kind: invoice.Standard, Language: language, Period: &period,
		Subscription: "sub_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Buyer: invoice.Party{Name: "Ada Lovelace-Müller", Address: []string{"Musterstraße 5", "10115 Berlin"}, Country: "DE"}}, lineitem.TaxedAt(rate, charges...))
	if err == nil {
		i, _, err = i.Final(3, invoice.Numbers{Last: 41}, "2030-01-15", "2030-01-01", at)
	}
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func fibre(days int, minor, price int64, currency string) lineitem.Charge {
	p := civil.Period{From: "2030-01-01", Until: civil.Date("2030-01-01").Plus(days)}
	return lineitem.Charge{Kind: lineitem.ForPeriod, ItemID: "plan_fibre-500", Name: "Fibre 500", Period: &p, Days: days, Of: 31, Price: money.Amount{Minor: price, Currency: currency}, Amount: money.Amount{Minor: minor, Currency: currency}}
}

// samples are one document of each look.
func samples(t *testing.T) map[string]invoice.Invoice {
	back := fibre(12, -1932, 4990, "EUR")
	back.Kind = lineitem.ForUnused
	open := made(t, "en", 1900, fibre(20, 3219, 4990, "EUR"), back)
	open.Credit = 200
	paid, _ := made(t, "de", 1900, fibre(31, 4990, 4990, "EUR")).Receive(invoice.Receipt{Amount: 4990, With: "visa •••• 4242", At: at})
	note, _, _ := paid.Correction("inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XB", 1610, "Ausfall im Januar", at)
	note, _, _ = note.Final(3, invoice.Numbers{Last: 6}, "2030-01-12", "2030-01-12", at)
	void, _ := made(t, "en", 1000, fibre(31, 6600, 6600, "JPY")).Withdraw("Made in error", at)
	var many []lineitem.Charge
	for range 40 {
		many = append(many, fibre(31, 15750, 15750, "KWD"))
	}
	many[3].Name = strings.Repeat("A very long name of a plan that nobody would choose ", 6)
	long := made(t, "en", 500, many...)
	long.Buyer.Name, long.Buyer.Address = strings.Repeat("Ελευθερία Παπαδοπούλου ", 5), []string{strings.Repeat("Straßenname", 12), "Київ", "東京"}
	net := fibre(31, 4193, 4193, "EUR")
	net.Exempt = &lineitem.Exemption{Reason: "Reverse charge", Code: lineitem.ReverseCharge}
	exempt := made(t, "de", 1900, net)
	exempt.Buyer.TaxID = "ATU00000000"
	return map[string]invoice.Invoice{"exempt": exempt, "open": open, "paid": paid, "note": note, "void": void, "long": long}
}

// S3-56: the same document is the same bytes, whatever was printed before.
func TestSameBytes(t *testing.T) {
	for name, i := range samples(t) {
		first, err := printer.Print(i, seller)
		if err != nil || !bytes.HasPrefix(first, []byte("%PDF-")) || !bytes.Contains(first[len(first)-10:], []byte("%%EOF")) {
			t.Fatalf("%s: %v", name, err)
		}
		for range 3 {
			if again, _ := printer.Print(i, seller); !bytes.Equal(first, again) {
				t.Errorf("%s: other bytes", name)
			}
		}
		if len(first) > 120_000 {
			t.Errorf("%s has %d bytes", name, len(first))
		}
	}
}

// S3-56, S3-58, S3-141: number, amounts in the currency's own decimals, why there is no tax, and the link to pay are there; a long one has several pages.
func TestWhatIsPrinted(t *testing.T) {
	for name, want := range map[string][]string{
		"open":   {"Invoice", "INV-3-000042", "OPEN", "20 of 31 days × 49.90 EUR = 32.19 EUR", "12 of 31 days not used", "-19.32 EUR", "12.87 EUR", "-2.00 EUR", "Please pay 10.87 EUR by 2030-01-15.", "Pay online", "Ada Lovelace-Müller", "DE000000000"},
		"paid":   {"Rechnung", "BEZAHLT", "49,90 EUR", "Umsatzsteuer 19 %", "7,97 EUR", "visa •••• 4242", "0,00 EUR"},
		"note":   {"Rechnungskorrektur", "CN-3-000007", "GUTGESCHRIEBEN", "16,10 EUR", "aus Rechnung INV-3-000042", "Ausfall im Januar"},
		"exempt": {"41,93 EUR", "0 %", "USt-IdNr. ATU00000000", "Ohne Steuer: Reverse charge"},
		"void":   {"WITHDRAWN", "6600 JPY", "600 JPY", "Made in error", "Please do not pay it"},
		"long":   {"630.000 KWD", "15.750 KWD", "Ελευθερία", "??"},
	} {
		raw, err := printer.Print(samples(t)[name], seller)
		if err != nil {
			t.Fatal(err)
		}
		text := textOf(t, raw)
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %q in %q", name, w, text)
			}
		}
		if !bytes.Contains(raw, []byte("/URI (https://shop.example.com/invoices/"+string(samples(t)[name].ID)+")")) {
			t.Errorf("%s has no link", name)
		}
		if pages := bytes.Count(raw, []byte("/Type /Page\n")); (pages > 1) != (name == "long") {
			t.Errorf("%s has %d pages", name, pages)
		}
	}
}

// textOf is what the pages write, in their order: the library writes UTF-16 strings.
func textOf(t *testing.T, raw []byte) string {
	t.Helper()
	var out strings.Builder
	for _, part := range bytes.Split(raw, []byte("stream\n"))[1:] {
		r, err := zlib.NewReader(bytes.NewReader(part))
		if err != nil {
			continue
		}
		page, _ := io.ReadAll(r)
		for _, s := range bytes.Split(page, []byte("Tj ET")) {
			at := bytes.LastIndex(s, []byte("Td ("))
			if at < 0 {
				continue
			}
			s = unescaped(bytes.TrimSuffix(bytes.TrimRight(s[at+4:], " "), []byte(")")))
			for n := 0; n+1 < len(s); n += 2 {
				out.WriteRune(rune(s[n])<<8 | rune(s[n+1]))
			}
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// unescaped undoes what PDF does to brackets in strings.
func unescaped(s []byte) (out []byte) {
	for n := 0; n < len(s); n++ {
		if s[n] == '\\' && n+1 < len(s) {
			n++
			if s[n] == 'r' {
				out = append(out, '\r')
				continue
			}
		}
		out = append(out, s[n])
	}
	return out
}
