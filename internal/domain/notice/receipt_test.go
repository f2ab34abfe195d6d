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
	return notice.Receipt{OrderID: "ord_1", PaidAt: time.Date(2026, 11, 2, 12, 5, 0, 0, time.UTC),
		PaidWith: "visa •••• 4242", Total: eur(11297), Lines: []lineitem.Line{
			{Name: "Stream HD", Price: eur(1299), Quantity: 1, BillingPeriod: "P1M"}, {Name: "Box", Price: eur(4999), Quantity: 2}}}
}

// S0-41: both parts of the receipt have the same facts, in each language.
func TestBothPartsHaveTheFacts(t *testing.T) {
	for language, facts := range map[string][]string{
		"en": {"Thank you, Zoë Müller", "2 November 2026, 12:05 UTC", "12.99 EUR", "per month", "99.98 EUR", "112.97 EUR"},
		"de": {"Vielen Dank, Zoë Müller", "2. November 2026, 12:05 Uhr (UTC)", "12,99 EUR", "monatlich", "99,98 EUR", "112,97 EUR"},
	} {
		m := written(t, zoe(language), receipt())
		for part, body := range map[string]string{"html": m.HTML, "text": m.Text} {
			for _, fact := range append(facts, "ord_1", "visa •••• 4242", "Stream HD", "Box × 2", "Demo", "https://web.example.com/orders/ord_1") {
				if !strings.Contains(body, fact) {
					t.Errorf("%s in %s lacks %q:\n%s", part, language, fact, body)
				}
			}
		}
	}
	m := written(t, zoe("en"), receipt())
	if m.To != "zoe@example.com" || m.Key != "receipt.cause" || m.Subject != "Demo: receipt for order ord_1" {
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
		if strings.Index(body, "Coupon WELCOME20") < strings.Index(body, "Box") || strings.Index(body, "Coupon WELCOME20") > strings.LastIndex(body, "110.37 EUR") {
			t.Errorf("%s: the discount is not between lines and total:\n%s", part, body)
		}
	}
}

// The words fit what was bought and how it was paid.
func TestWordsFitThePurchase(t *testing.T) {
	plan := []lineitem.Line{{Name: "Stream HD", Type: lineitem.Subscription, Price: eur(1299), Quantity: 1, BillingPeriod: "P1M"}}
	topUp := []lineitem.Line{{Name: "Wallet top-up", Type: lineitem.TopUp, Price: eur(2500), Quantity: 1}}
	good := []lineitem.Line{{Name: "Box", Type: lineitem.OneOff, Price: eur(4999), Quantity: 1}}
	line := []lineitem.Line{{Name: "Fibre 300", Type: lineitem.Subscription, Price: eur(4990), Quantity: 1, BillingPeriod: "P1M", Access: &lineitem.Access{DownKbps: 300000, UpKbps: 150000}}}
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
		"a fibre line":         {line, "card", eur(4990), []string{"your line is being set up", "as soon as it works"}, []string{"watching", "in a moment"}},
		"a line for nothing":   {line, "", eur(0), []string{"There is nothing to pay and your line is being set up"}, []string{"watching", "payment arrived"}},
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

// A receipt says when the next payment is, when that is known.
func TestReceiptSaysWhenTheNextPaymentIs(t *testing.T) {
	r := receipt()
	for part, body := range bodies(t, r) {
		if strings.Contains(body, "Next payment") {
			t.Errorf("%s has a next payment nobody knows of:\n%s", part, body)
		}
	}
	r.NextBilling = time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)
	for part, body := range bodies(t, r) {
		if !strings.Contains(body, "Next payment on") || !strings.Contains(body, "2 December 2026") {
			t.Errorf("%s lacks the next payment:\n%s", part, body)
		}
	}
}

// A customer without a name, a one-off without a period: no loose commas or brackets.
func TestWhatIsMissingLeavesNoTrace(t *testing.T) {
	r := receipt()
	r.PaidWith, r.Lines[0].BillingPeriod = "", ""
	m := written(t, notice.Reader{Email: "zoe@example.com"}, r)
	for _, body := range []string{m.HTML, m.Text} {
		for _, loose := range []string{"Thank you,", "()", " with ", "<no value>", "%!"} {
			if strings.Contains(body, loose) {
				t.Errorf("%q in:\n%s", loose, body)
			}
		}
	}
}

func refund() notice.Refund {
	return notice.Refund{PaymentID: "pay_1", OrderID: "ord_1", RefundedAt: time.Date(2026, 11, 2, 12, 5, 0, 0, time.UTC), Amount: eur(1299), Reason: "late_payment"}
}

// S1-35: the customer is told how much was given back, for which order, why, and when to expect it.
func TestRefundHasTheFacts(t *testing.T) {
	for reason, why := range map[string]string{"late_payment": "after the time to pay was over", "order_cancelled": "already cancelled", "duplicate_payment": "already paid",
		"already_active": "already had what you ordered", "something_new": "could not be used for your order"} {
		r := refund()
		r.Reason = reason
		for part, body := range bodies(t, r) {
			for _, fact := range []string{"Hello Zoë Müller,", "We gave your money back", "12.99 EUR", why, "a few days", "ord_1", "pay_1", "Given back on", "2 November 2026, 12:05 UTC", "Demo"} {
				if !strings.Contains(body, fact) {
					t.Errorf("%s for %s lacks %q:\n%s", part, reason, fact, body)
				}
			}
			if strings.Contains(body, reason) {
				t.Errorf("%s for %s shows the code:\n%s", part, reason, body)
			}
		}
	}
	m := written(t, zoe("en"), refund())
	if m.To != "zoe@example.com" || m.Key != "refund.cause" || m.Subject != "Demo: we gave your money back for order ord_1" {
		t.Errorf("got %q %q %q", m.To, m.Key, m.Subject)
	}
}
