package store

import (
	"context"
	"slices"
	"testing"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/testclock"
)

// returner is a PSP that gives back parts of charges.
type returner struct {
	fails   error
	refuses string
	parts   map[id.Payment]int64 // given back once for each refund and payment
	known   map[string]bool
}

func newReturner() *returner {
	return &returner{parts: map[id.Payment]int64{}, known: map[string]bool{}}
}

func (v *returner) RefundPart(_ context.Context, p payment.Part) (payment.Refund, error) {
	out := payment.Refund{ID: "re_1", RefundID: p.Refund, PaymentID: p.Payment, Tenant: p.Tenant, State: payment.RefundSucceeded, Amount: p.Amount}
	switch {
	case v.fails != nil:
		return out, v.fails
	case v.refuses != "":
		out.State, out.Why = payment.RefundFailed, v.refuses
	case !v.known[string(p.Refund)+string(p.Payment)]:
		v.known[string(p.Refund)+string(p.Payment)] = true
		v.parts[p.Payment] += p.Amount.Minor
	}
	return out, nil
}

func (v *returner) Find(_ context.Context, p payment.Payment) (payment.Charge, error) {
	return payment.Charge{ID: p.ChargeID, State: payment.ChargeSucceeded, PaymentID: "pay_" + id.Payment(p.ChargeID[3:]), Tenant: v.tenant()}, v.fails
}

func (v *returner) tenant() id.Tenant {
	for t := range v.known {
		return id.Tenant(t)
	}
	return ""
}

// paidInvoice writes an invoice of 119.00, paid by two cards and, for the rest, the wallet, and its payments: 50, 40 and 29.
func paidInvoice(t *testing.T, db *DB, tenant id.Tenant, contract *subscription.Subscription) invoice.Invoice {
	t.Helper()
	i := invoice.Invoice{Tenant: tenant, Customer: customer, ID: "inv_1", Kind: invoice.Standard, Buyer: invoice.Party{Name: "Ada", Country: "DE"}}
	i, err := invoice.Draw(i, lineitem.TaxedAt(1900, lineitem.Charge{Kind: lineitem.ForPeriod, Name: "Plan", Amount: money.Amount{Minor: 11900, Currency: "EUR"}}))
	ok(t, err)
	i, numbers, err := i.Final(invoiceSeries(customer), invoice.Numbers{}, "2026-11-16", "2026-11-02", noon)
	ok(t, err)
	tx := db.tx()
	for n, r := range []invoice.Receipt{{PaymentID: "pay_a", Amount: 5000, With: "visa •••• 4242"}, {PaymentID: "pay_b", Amount: 4000, With: "visa •••• 1881"}, {PaymentID: "pay_c", Amount: 2900, With: payment.Wallet}} {
		r.At = noon
		i, err = i.Receive(r)
		ok(t, err)
		if n < 2 {
			tx.create(payments, paymentKey(tenant, r.PaymentID), payment.Payment{Tenant: tenant, Customer: customer, ID: r.PaymentID, State: payment.Succeeded, ChargeID: "pi_" + string(r.PaymentID[4:]),
				Amount: money.Amount{Minor: r.Amount, Currency: "EUR"}, Bill: &payment.Bill{Kind: payment.OfInvoice, Invoice: i.ID}}, nil)
		}
	}
	if contract != nil {
		i.Subscription = contract.ID
		tx.create(subscriptions, subscriptionKey(tenant, customer, contract.ID), *contract, nil)
	}
	tx.issue(i, invoice.Numbers{}, numbers)
	ok(t, tx.commit(t.Context()))
	return i
}

// balances of the accounts, from all entries of a tenant's refunds and disputes.
func balances(t *testing.T, db *DB, tenant id.Tenant, entries ...id.Entry) map[ledger.Account]int64 {
	t.Helper()
	sum := map[ledger.Account]int64{}
	for _, e := range entries {
		found, err := get[ledger.Entry](t.Context(), db, ledgers, entryKey(tenant, e), errBooked)
		ok(t, err)
		ok(t, found.Validate())
		for _, p := range found.Postings {
			sum[p.Account] += p.Minor
		}
	}
	return sum
}

func refundOf(t *testing.T, db *DB, tenant id.Tenant, key string, ask payment.ReturnAsk) (out payment.Return, err error) {
	t.Helper()
	ask.Reason, ask.By = "outage", "stf_1"
	err = db.RequestReturn(t.Context(), keyed(t, tenant, key), tenant, customer, "inv_1", ask, func(r payment.Return) error { out = r; return nil })
	return out, err
}

// S3-134: of the newest payments first, what a wallet paid to the wallet, never more than was paid; with a credit note that has the taxes.
func TestRefundingAnInvoice(t *testing.T) {
	db, tenant := fresh(t)
	paidInvoice(t, db, tenant, nil)
	r, err := refundOf(t, db, tenant, "k1", payment.ReturnAsk{Amount: 7000, To: payment.ToCard, Correct: true})
	ok(t, err)
	same(t, "parts", r.Parts, []payment.ReturnPart{
		{PaymentID: "pay_c", To: payment.ToWallet, With: payment.Wallet, Amount: 2900, State: payment.ReturnSettled},
		{PaymentID: "pay_b", To: payment.ToCard, With: "visa •••• 1881", Amount: 4000, State: payment.ReturnRequested},
		{PaymentID: "pay_a", To: payment.ToCard, With: "visa •••• 4242", Amount: 100, State: payment.ReturnRequested}})
	w, err := db.Wallet(t.Context(), tenant, customer, "EUR")
	ok(t, err)
	same(t, "wallet", w.Available, int64(2900))
	i, err := db.Invoice(t.Context(), tenant, customer, "inv_1")
	ok(t, err)
	same(t, "invoice", []any{i.State, i.PaidUp(), i.Left(), i.Credited}, []any{invoice.Paid, int64(4900), int64(0), int64(7000)})
	note, err := db.Invoice(t.Context(), tenant, customer, r.Note)
	ok(t, err)
	same(t, "note", []any{note.Kind, note.Total, note.Taxes[0].Net + note.Taxes[0].Tax, note.Corrects}, []any{invoice.CreditNote, int64(7000), int64(7000), id.Invoice("inv_1")})
	_, err = refundOf(t, db, tenant, "k2", payment.ReturnAsk{Amount: 4901, To: payment.ToWallet})
	want(t, err, invoice.ErrRefundTooMuch)

	v := newReturner()
	returns := payment.Returns{Book: db, PSP: v}
	v.fails = payment.ErrUnanswered
	want(t, returns.Carry(t.Context(), tenant, customer, "inv_1", r.ID), payment.ErrUnsettled)
	v.fails = nil
	for range 3 {
		ok(t, returns.Carry(t.Context(), tenant, customer, "inv_1", r.ID))
	}
	same(t, "given back", v.parts, map[id.Payment]int64{"pay_a": 100, "pay_b": 4000})
	base := id.Swap[id.Entry](r.ID, id.RefundPrefix, id.EntryPrefix)
	same(t, "books", balances(t, db, tenant, base+"-due", base+"-sent-pay_a", base+"-sent-pay_b"), map[ledger.Account]int64{ledger.Sales: 4100, ledger.RefundsDue: 0, ledger.PSPCash: -4100})
	got, err := db.Return(t.Context(), tenant, customer, "inv_1", r.ID)
	ok(t, err)
	same(t, "state", got.State(), payment.ReturnSettled)
}

// S3-134: many at once never give back more than was paid, and each of them whole or not at all.
func TestRefundingAtOnce(t *testing.T) {
	db, tenant := fresh(t)
	paidInvoice(t, db, tenant, nil)
	got := at(8, func(n int) error {
		_, err := refundOf(t, db, tenant, "k"+string(rune('a'+n)), payment.ReturnAsk{Amount: 3000, To: payment.ToWallet, Correct: n%2 == 0})
		return err
	})
	same(t, "outcomes", got, map[string]int{"": 3, invoice.ErrRefundTooMuch.Code: 5})
	w, err := db.Wallet(t.Context(), tenant, customer, "EUR")
	ok(t, err)
	same(t, "wallet", w.Available, int64(9000))
	all, err := db.Returns(t.Context(), tenant, customer, "inv_1")
	ok(t, err)
	same(t, "refunds", len(all), 3)
}

// S3-134: what the PSP refuses, or what comes back days later, is parked, booked, and goes to the wallet when staff say so, once.
func TestRefundThatACardDoesNotTake(t *testing.T) {
	for name, later := range map[string]bool{"refused": false, "failed later": true} {
		t.Run(name, func(t *testing.T) {
			db, tenant := fresh(t)
			paidInvoice(t, db, tenant, nil)
			r, err := refundOf(t, db, tenant, "k1", payment.ReturnAsk{Amount: 6900, To: payment.ToCard}) // goodwill: 29 wallet, 40 card
			ok(t, err)
			same(t, "no note", r.Note, id.Invoice(""))
			v := newReturner()
			returns := payment.Returns{Book: db, PSP: v}
			if !later {
				v.refuses = "charge_disputed"
			}
			ok(t, returns.Carry(t.Context(), tenant, customer, "inv_1", r.ID))
			for range 2 {
				if later {
					ok(t, returns.Notified(t.Context(), payment.Refund{RefundID: r.ID, PaymentID: "pay_b", Tenant: tenant, State: payment.RefundFailed, Why: "expired_or_canceled_card"}))
				}
				ok(t, returns.Carry(t.Context(), tenant, customer, "inv_1", r.ID))
			}
			got, err := db.Return(t.Context(), tenant, customer, "inv_1", r.ID)
			ok(t, err)
			same(t, "state", got.State(), payment.ReturnParked)
			base := id.Swap[id.Entry](r.ID, id.RefundPrefix, id.EntryPrefix)
			entries := []id.Entry{base + "-due"}
			if later {
				entries = append(entries, base+"-sent-pay_b", base+"-failed-pay_b")
			}
			sum := balances(t, db, tenant, entries...)
			same(t, "still due", []int64{sum[ledger.RefundsDue], sum[ledger.PSPCash], sum[ledger.Adjustments]}, []int64{-4000, 0, 4000})
			for n := range 2 {
				err := db.RedirectReturn(t.Context(), keyed(t, tenant, "r"+string(rune('a'+n))), tenant, customer, "inv_1", r.ID, func(payment.Return) error { return nil })
				if n == 0 {
					ok(t, err)
				} else {
					want(t, err, payment.ErrReturnNotParked)
				}
			}
			w, err := db.Wallet(t.Context(), tenant, customer, "EUR")
			ok(t, err)
			same(t, "wallet", w.Available, int64(6900))
		})
	}
}

// A dispute opens the invoice again and duns its contract; won, everything is as before, and what was paid again is in the wallet. The end
// may be told first, and everything twice.
func TestDisputes(t *testing.T) {
	told := func(s payment.DisputeState) payment.Dispute {
		return payment.Dispute{ID: "dp_1", ChargeID: "pi_a", State: s, Amount: money.Amount{Minor: 5000, Currency: "EUR"}, Reason: "fraudulent"}
	}
	const open, won, lost = payment.DisputeOpen, payment.DisputeWon, payment.DisputeLost
	for name, c := range map[string]struct {
		told  []payment.DisputeState
		again bool // the customer pays again before the last is told
		left  int64
		cash  int64
		debts int
		extra int64
	}{
		"opened":              {told: []payment.DisputeState{open, open}, left: 5000, cash: -5000, debts: 1},
		"lost":                {told: []payment.DisputeState{open, lost, open}, left: 5000, cash: -5000, debts: 1},
		"won":                 {told: []payment.DisputeState{open, won, open}},
		"the end first, lost": {told: []payment.DisputeState{lost, open}, left: 5000, cash: -5000, debts: 1},
		"the end first, won":  {told: []payment.DisputeState{won, open}},
		"paid again, and won": {told: []payment.DisputeState{open, won}, again: true, extra: 5000},
	} {
		t.Run(name, func(t *testing.T) {
			db, tenant := fresh(t)
			paidInvoice(t, db, tenant, &subscription.Subscription{Tenant: tenant, Customer: customer, ID: "sub_1", State: subscription.Active, Version: 1, Zone: "UTC"})
			v := newReturner()
			v.known[string(tenant)] = true
			disputes := payment.Disputes{Book: db, PSP: v}
			for n, s := range c.told {
				if c.again && n == len(c.told)-1 {
					o, err := db.owing(t.Context(), tenant, customer, "inv_1", "sub_1")
					ok(t, err)
					tx := db.tx()
					ok(t, tx.receive(t.Context(), o, invoice.Receipt{PaymentID: "pay_d", Amount: 5000, With: "visa", At: noon}))
					ok(t, tx.commit(t.Context()))
				}
				ok(t, disputes.Notified(t.Context(), told(s)))
			}
			i, err := db.Invoice(t.Context(), tenant, customer, "inv_1")
			ok(t, err)
			s, err := db.Subscription(t.Context(), tenant, customer, "sub_1")
			ok(t, err)
			w, err := db.Wallet(t.Context(), tenant, customer, "EUR")
			ok(t, err)
			same(t, "left, debts, wallet", []int64{i.Left(), int64(len(s.Debts)), w.Available}, []int64{c.left, int64(c.debts), c.extra})
			same(t, "open", i.State == invoice.Open, c.left > 0)
			if c.left > 0 {
				same(t, "cash", balances(t, db, tenant, "led_a-disputed-dp_1")[ledger.PSPCash], c.cash)
				_, err := refundOf(t, db, tenant, "k1", payment.ReturnAsk{Amount: 6901, To: payment.ToWallet})
				want(t, err, invoice.ErrRefundTooMuch) // what the bank took back
			}
			dunned := slices.ContainsFunc(announced(t, db, tenant), func(e event.Envelope) bool { return e.Type == event.TypeDunningStarted })
			same(t, "dunned", dunned, c.told[0] != won)
		})
	}
}

// What a bank takes back, and what becomes of a refund, is told at the time of a customer who lives by a test clock.
func TestGivingBackByATestClock(t *testing.T) {
	db, tenant := fresh(t)
	lives := noon.AddDate(3, 0, 0)
	clk := testclock.New(tenant, "", lives, noon)
	ok(t, db.CreateTestClock(t.Context(), keyed(t, tenant, "clock"), clk))
	i := paidInvoice(t, db, tenant, nil)
	on := i
	on.TestClock, on.Version = clk.ID, i.Version+1
	tx := db.tx()
	tx.invoice(i, on)
	ok(t, tx.commit(t.Context()))
	v := newReturner()
	v.known[string(tenant)] = true
	for _, s := range []payment.DisputeState{payment.DisputeOpen, payment.DisputeLost} {
		ok(t, payment.Disputes{Book: db, PSP: v}.Notified(t.Context(), payment.Dispute{ID: "dp_1", ChargeID: "pi_a", State: s, Amount: money.Amount{Minor: 5000, Currency: "EUR"}}))
	}
	r, err := refundOf(t, db, tenant, "k1", payment.ReturnAsk{Amount: 6000, To: payment.ToCard})
	ok(t, err)
	ok(t, payment.Returns{Book: db, PSP: v}.Carry(t.Context(), tenant, customer, "inv_1", r.ID))
	told := map[event.Type]bool{}
	for _, e := range announced(t, db, tenant) {
		if told[e.Type] = true; !e.Time.Equal(lives) && e.Type != event.TypeInvoiceIssued {
			t.Errorf("%s is of %s, want %s", e.Type, e.Time, lives)
		}
	}
	for _, typ := range []event.Type{event.TypePaymentDisputed, event.TypeDisputeClosed, event.TypeRefundSettled} {
		same(t, string(typ), told[typ], true)
	}
}
