package notice_test

import (
	"strings"
	"testing"
	"time"

	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/notice"
)

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

func receipt() notice.Receipt {
	return notice.Receipt{Brand: "Demo", Name: "Zoë Müller", Email: "zoe@example.com", OrderID: "ord_1", PaidAt: time.Date(2026, 11, 2, 12, 5, 0, 0, time.UTC),
		PaidWith: "visa •••• 4242", Total: eur(11297), Lines: []lineitem.Line{
			{Name: "Stream HD", Price: eur(1299), Quantity: 1, BillingPeriod: "P1M"}, {Name: "Box", Price: eur(4999), Quantity: 2}}}
}

// S0-41: both parts of the receipt have the same facts.
func TestBothPartsHaveTheFacts(t *testing.T) {
	m, err := receipt().Mail()
	if err != nil {
		t.Fatal(err)
	}
	for part, body := range map[string]string{"html": m.HTML, "text": m.Text} {
		for _, fact := range []string{"Zoë Müller", "ord_1", "2 November 2026, 12:05", "visa •••• 4242", "Stream HD", "12.99 EUR", "per month", "Box", "2: 99.98 EUR", "112.97 EUR", "Demo"} {
			if part == "html" && fact == "2: 99.98 EUR" {
				fact = "Box × 2"
				if !strings.Contains(body, "99.98 EUR") {
					t.Error("html lacks the line's amount")
				}
			}
			if !strings.Contains(body, fact) {
				t.Errorf("%s lacks %q:\n%s", part, fact, body)
			}
		}
	}
	if m.To != "zoe@example.com" || m.Key != "receipt.ord_1" || m.Subject != "Demo: receipt for order ord_1" {
		t.Errorf("got %q %q %q", m.To, m.Key, m.Subject)
	}
}

// Names come from customers and operators: they are text, never markup. The text part shows them as they are.
func TestNamesAreEscaped(t *testing.T) {
	const evil = `<script>alert("x")</script>&'`
	set := map[string]func(*notice.Receipt){
		"name": func(r *notice.Receipt) { r.Name = evil }, "item": func(r *notice.Receipt) { r.Lines[0].Name = evil },
		"brand": func(r *notice.Receipt) { r.Brand = evil }, "card": func(r *notice.Receipt) { r.PaidWith = evil },
	}
	for field, change := range set {
		r := receipt()
		change(&r)
		m, err := r.Mail()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(m.HTML, "<script") || !strings.Contains(m.HTML, "&lt;script&gt;") {
			t.Errorf("%s is not escaped:\n%s", field, m.HTML)
		}
		if !strings.Contains(m.Text, evil) {
			t.Errorf("%s is not as it was in the text:\n%s", field, m.Text)
		}
	}
}

// A customer without a name, a one-off without a period: no loose commas or brackets.
func TestWhatIsMissingLeavesNoTrace(t *testing.T) {
	r := receipt()
	r.Name, r.PaidWith, r.Lines[0].BillingPeriod = "", "", ""
	m, err := r.Mail()
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{m.HTML, m.Text} {
		for _, loose := range []string{"Thank you,", "()", " with ", "<no value>", "%!"} {
			if strings.Contains(body, loose) {
				t.Errorf("%q in:\n%s", loose, body)
			}
		}
	}
}

// The same cause gives the same key, another order another one: the mailer relies on it.
func TestKeyNamesTheMail(t *testing.T) {
	a, _ := receipt().Mail()
	r := receipt()
	r.Name = "changed"
	b, _ := r.Mail()
	r.OrderID = "ord_2"
	c, _ := r.Mail()
	if a.Key != b.Key || a.Key == c.Key {
		t.Error(a.Key, b.Key, c.Key)
	}
}
