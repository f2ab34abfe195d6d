package store

import (
	"math/rand/v2"
	"testing"

	"turnup/internal/base/civil"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/subscription"
)

// running is a contract in the midst of November, whose order's invoice has another rate than there is now.
func (s shop) running(rate int64) subscription.Subscription {
	s.Helper()
	was := s.due()
	period := civil.Period{From: "2026-11-01", Until: "2026-12-01"}
	is := was
	is.Period, is.Span, is.Anchor, is.Billed, is.Version = period, subscription.Span{From: period.From, Amount: 1299}, period.From, "inv_1", was.Version+1
	ok(s.T, s.db.Step(s.Context(), was, is))
	price := money.Amount{Minor: 1299, Currency: "EUR"}
	i, err := invoice.Draw(invoice.Invoice{Tenant: s.tenant, Customer: customer, ID: "inv_1", Kind: invoice.Standard, Subscription: is.ID, Buyer: invoice.Party{Name: "Ada", Country: "DE"}},
		lineitem.TaxedAt(rate, lineitem.Charge{Kind: lineitem.ForItem, ItemID: is.ItemID, Name: is.Name, Quantity: 1, Price: price, Amount: price}))
	ok(s.T, err)
	i, numbers, err := i.Final(invoiceSeries(customer), invoice.Numbers{}, period.From, period.From, noon)
	ok(s.T, err)
	i, err = i.Receive(invoice.Receipt{PaymentID: "pay_1", Amount: 1299, With: "visa", At: noon})
	ok(s.T, err)
	t := s.db.tx()
	t.issue(i, invoice.Numbers{}, numbers)
	ok(s.T, t.commit(s.Context()))
	return is
}

// cancelled ends a contract and gives the credit note over the days that are left.
func (s shop) cancelled(sub id.Subscription) invoice.Invoice {
	s.Helper()
	var end subscription.Conclusion
	ok(s.T, s.db.CancelContract(s.Context(), s.key(), s.tenant, customer, sub, func(c subscription.Conclusion) error { end = c; return nil }))
	note, err := s.db.Invoice(s.Context(), s.tenant, customer, end.Note)
	ok(s.T, err)
	return note
}

// S3-58: days that were charged are given back with the tax they were charged with, whatever the rate is by now: of the first period that
// of the order's invoice, and after a change of plan that of the change.
func TestGivenBackAtTheRateThatWasCharged(t *testing.T) {
	s := opened(t)
	sub := s.running(1600)
	note := s.cancelled(sub.ID)
	same(t, "cancelled", note.Taxes, []invoice.TaxTotal{{Rate: 1600, Net: 1083, Tax: 173}}) // 29 of 30 days

	s = opened(t)
	sub = s.running(1600)
	standing, _, _, err := s.db.Standing(t.Context(), s.tenant, customer, sub.ID)
	ok(t, err)
	to := plan("plan_b")
	to.Price.Minor = 600
	ok(t, s.db.ChangeUncharged(t.Context(), s.key(), sub, to, standing.ChangeNow(to, standing.Today(standing.Now), standing.Tax), "inv_2", ""))
	note, err = s.db.Invoice(t.Context(), s.tenant, customer, "inv_2")
	ok(t, err)
	same(t, "changed", note.Taxes, []invoice.TaxTotal{{Rate: 1600, Net: 1083, Tax: 173}, {Rate: 1900, Net: -487, Tax: -93}})
	same(t, "total", note.Total, int64(1256-580))
	note = s.cancelled(sub.ID)
	same(t, "cancelled after the change", note.Taxes, []invoice.TaxTotal{{Rate: 1900, Net: 487, Tax: 93}})
}

// S3-58: whatever the rates were and are, a change of plan gives back the days that are left at the rate at which they were charged, with
// their share of its tax, and charges the new plan at today's; what each rate comes to is its lines'.
func TestChangeBetweenRates(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 3_000 {
		first := plan("plan_a")
		first.Price.Minor = 1 + r.Int64N(10_000)
		sub, _ := subscription.Sign(subscription.Contract{Line: first, Paid: first.Price.Minor}, noon).Activate("UTC", noon)
		was, is := r.Int64N(2800), r.Int64N(2800)
		charged := sub.Renewal(lineitem.Tax{Rate: was})
		whole, err := invoice.Draw(invoice.Invoice{}, charged.Charges)
		ok(t, err)
		to, on := plan("plan_b"), charged.Period.From.Plus(r.IntN(charged.Period.Days()))
		to.Price.Minor = 1 + r.Int64N(10_000)
		bill := charged.After.ChangeNow(to, on, lineitem.Tax{Rate: is})
		changed, err := invoice.Draw(invoice.Invoice{}, bill.Charges)
		ok(t, err)
		back, anew := changed.Lines[0], changed.Lines[1]
		same(t, "rates", []int64{back.Rate, anew.Rate}, []int64{was, is})
		days := int64(back.Days)
		if off := back.Tax*int64(back.Of) + whole.Lines[0].Tax*days; off > 2*int64(back.Of) || off < -2*int64(back.Of) {
			t.Fatalf("%d of %d days give back %d of the tax %d", back.Days, back.Of, back.Tax, whole.Lines[0].Tax)
		}
		var gross int64
		for _, of := range changed.Taxes {
			gross += of.Net + of.Tax
		}
		same(t, "sums", []int64{back.Net + back.Tax, gross}, []int64{back.Amount.Minor, changed.Total})
	}
}
