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

// A coupon is a line between what was bought and the total; without one there is none.
func TestDiscountIsALine(t *testing.T) {
	r := receipt()
	for part, body := range bodies(t, r) {
		if strings.Contains(body, "Coupon") || strings.Contains(body, "0.00 EUR") {
			t.Errorf("%s has a discount nobody gave:\n%s", part, body)
		}
	}
	r.Coupon, r.Discount, r.Total = "WELCOME20", eur(260), eur(11037)
	for part, body := range bodies(t, r) {
		for _, fact := range []string{"Coupon WELCOME20", "-2.60 EUR", "12.99 EUR", "110.37 EUR"} {
			if !strings.Contains(body, fact) {
				t.Errorf("%s lacks %q:\n%s", part, fact, body)
			}
		}
		if strings.Index(body, "Coupon WELCOME20") < strings.Index(body, "Box") || strings.Index(body, "Coupon WELCOME20") > strings.Index(body, "110.37 EUR") {
			t.Errorf("%s: the discount is not between lines and total:\n%s", part, body)
		}
	}
}

// The words fit what was bought and how it was paid.
func TestWordsFitThePurchase(t *testing.T) {
	plan := []lineitem.Line{{Name: "Stream HD", Type: lineitem.Subscription, Price: eur(1299), Quantity: 1, BillingPeriod: "P1M"}}
	topUp := []lineitem.Line{{Name: "Wallet top-up", Type: lineitem.TopUp, Price: eur(2500), Quantity: 1}}
	good := []lineitem.Line{{Name: "Box", Type: lineitem.OneOff, Price: eur(4999), Quantity: 1}}
	const at = "2 November 2026, 12:05 UTC"
	for name, c := range map[string]struct {
		lines    []lineitem.Line
		with     string
		total    money.Amount
		has, not []string
	}{
		"plan by a card":       {plan, "visa •••• 4242", eur(1299), []string{"Your payment arrived and your subscription", "start watching", "Paid on " + at + " with visa •••• 4242"}, []string{"wallet", "nothing to pay"}},
		"plan on a page":       {plan, "card", eur(1299), []string{"start watching", "Paid by card on " + at}, []string{"with card", "wallet"}},
		"plan from the wallet": {plan, "wallet", eur(1299), []string{"start watching", "Paid from your wallet on " + at}, []string{"with wallet", "topped up"}},
		"plan for nothing":     {plan, "", eur(0), []string{"There is nothing to pay and your subscription", "start watching", "Ordered on " + at + ", nothing to pay", "0.00 EUR"}, []string{"Paid", "payment arrived"}},
		"paid, who knows how":  {plan, "", eur(1299), []string{"Your payment arrived", "Paid on " + at}, []string{"nothing to pay"}},
		"top-up":               {topUp, "card", eur(2500), []string{"Your payment arrived and your wallet is being topped up", "Wallet top-up", "25.00 EUR"}, []string{"subscription", "watching"}},
		"a good":               {good, "card", eur(4999), []string{"Your payment arrived and your order is being prepared."}, []string{"subscription", "watching", "wallet"}},
		"plan and good":        {append(good, plan...), "card", eur(6298), []string{"your subscription is being switched on"}, []string{"being prepared"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := receipt()
			r.Lines, r.PaidWith, r.Total = c.lines, c.with, c.total
			for part, body := range bodies(t, r) {
				for _, words := range c.has {
					if !strings.Contains(body, words) {
						t.Errorf("%s lacks %q:\n%s", part, words, body)
					}
				}
				for _, words := range c.not {
					if strings.Contains(body, words) {
						t.Errorf("%s has %q:\n%s", part, words, body)
					}
				}
			}
		})
	}
}

func bodies(t *testing.T, m interface{ Mail() (notice.Mail, error) }) map[string]string {
	t.Helper()
	mail, err := m.Mail()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"html": mail.HTML, "text": mail.Text}
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
