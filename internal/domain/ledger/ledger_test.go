package ledger_test

import (
	"testing"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/domain/ledger"
)

var (
	at    = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	staff = ledger.ByStaff{Tenant: "demo", Customer: "cus_1", By: "ada", Reason: "goodwill", At: at}
)

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

// constructed is every entry there is, with what it must move.
func constructed(a money.Amount) []struct {
	entry         ledger.Entry
	id            id.Entry
	kind          ledger.Kind
	debit, credit ledger.Account
	reference     string
} {
	type row = struct {
		entry         ledger.Entry
		id            id.Entry
		kind          ledger.Kind
		debit, credit ledger.Account
		reference     string
	}
	return []row{
		{ledger.CardSale("demo", "cus_1", "pay_01", a, at), "led_01", "card_sale", ledger.PSPCash, ledger.Sales, "pay_01"},
		{ledger.PageSale("demo", "cus_1", "pay_01", a, at), "led_01", "page_sale", ledger.PSPCash, ledger.Sales, "pay_01"},
		{ledger.TopUpPaid("demo", "cus_1", "pay_01", a, at), "led_01", "top_up_paid", ledger.PSPCash, ledger.Prepaid, "pay_01"},
		{ledger.TopUpCredited("demo", "cus_1", "ord_02", a, at), "led_02-topup", "top_up", ledger.Prepaid, ledger.Wallet, "ord_02"},
		{ledger.WalletSale("demo", "cus_1", "ord_02", a, at), "led_02-sale", "wallet_sale", ledger.Wallet, ledger.Sales, "ord_02"},
		{ledger.WalletRefund(staff, "ord_02", 0, a), "led_02-refund-0", "refund", ledger.Sales, ledger.Wallet, "ord_02"},
		{ledger.WalletRefund(staff, "ord_02", 150, a), "led_02-refund-150", "refund", ledger.Sales, ledger.Wallet, "ord_02"},
		{ledger.OperatorCredit(staff, a), "", "operator_credit", ledger.Adjustments, ledger.Wallet, ""},
		{ledger.OperatorDebit(staff, a), "", "operator_debit", ledger.Wallet, ledger.Adjustments, ""},
		{ledger.Hold(staff, a), "", "hold", ledger.Wallet, ledger.WalletHeld, ""},
		{ledger.Release(staff, a), "", "release", ledger.WalletHeld, ledger.Wallet, ""},
		{ledger.LateMoney("demo", "cus_1", "pay_01", "pi_3", a, at), "led_01-late-pi_3", "late_money", ledger.PSPCash, ledger.RefundsDue, "pay_01"},
		{ledger.GivenBack("demo", "cus_1", "pay_01", "pi_3", a, at), "led_01-back-pi_3", "given_back", ledger.RefundsDue, ledger.PSPCash, "pay_01"},
		{ledger.RefundFailed("demo", "cus_1", "pay_01", "pi_3", a, at), "led_01-failed-pi_3", "refund_failed", ledger.PSPCash, ledger.RefundsDue, "pay_01"},
		{ledger.Unassigned("demo", "cus_1", "pay_01", "pi_3", a, at), "led_01-unassigned-pi_3", "unassigned", ledger.PSPCash, ledger.Suspense, "pay_01"},
	}
}

// I1: debits equal credits, whatever is booked. S0-42: what is booked is what was paid.
func TestEveryEntry(t *testing.T) {
	ids := map[id.Entry]ledger.Kind{}
	for _, amount := range []money.Amount{eur(1), eur(1299), {Minor: 99999999, Currency: "JPY"}} {
		for _, c := range constructed(amount) {
			e := c.entry
			if err := e.Validate(); err != nil {
				t.Error(err)
			}
			if len(e.Postings) != 2 || e.On(c.debit) != amount.Minor || e.On(c.credit) != -amount.Minor || e.Currency != amount.Currency {
				t.Errorf("%s: postings %+v %s", c.kind, e.Postings, e.Currency)
			}
			if e.Tenant != "demo" || e.Customer != "cus_1" || e.Kind != c.kind || !e.At.Equal(at) {
				t.Errorf("%s: %+v", c.kind, e)
			}
			if c.id == "" { // by staff: new, and its own reference
				if len(e.ID) != len("led_")+26 || e.Reference != string(e.ID) || e.By != "ada" || e.Reason != "goodwill" {
					t.Errorf("%s: %+v", c.kind, e)
				}
				if _, taken := ids[e.ID]; taken {
					t.Errorf("%s: two movements by staff share an id", c.kind)
				}
			} else if e.ID != c.id || e.Reference != c.reference {
				t.Errorf("%s: id %s, reference %s", c.kind, e.ID, e.Reference)
			}
			ids[e.ID] = e.Kind
		}
	}
}

// Money that came for one payment is booked once, whatever it was for: the ids collide. Its late charges, and what concerns
// an order, are entries of their own.
func TestIDsCollideExactlyWhenTheyMust(t *testing.T) {
	seen := map[id.Entry]int{}
	for _, c := range constructed(eur(1)) {
		seen[c.entry.ID]++
	}
	if seen["led_01"] != 3 {
		t.Errorf("card sale, page sale and top-up of one payment have %d ids in common", seen["led_01"])
	}
	delete(seen, "led_01")
	for e, n := range seen {
		if n != 1 {
			t.Errorf("%s books %d things", e, n)
		}
	}
}

func TestValidate(t *testing.T) {
	p := func(minors ...int64) ledger.Entry {
		e := ledger.Entry{Tenant: "demo", ID: "led_1", Kind: ledger.KindHold, Currency: "EUR"}
		for i, m := range minors {
			e.Postings = append(e.Postings, ledger.Posting{Account: ledger.Accounts[i%len(ledger.Accounts)], Minor: m})
		}
		return e
	}
	with := func(change func(*ledger.Entry)) ledger.Entry {
		e := p(5, -5)
		change(&e)
		return e
	}
	for name, bad := range map[string]ledger.Entry{
		"empty": p(), "nothing": p(0), "one": p(1), "unbalanced": p(1, -2), "both debits": p(1, 1), "three off": p(5, -4, -2), "zeros": p(0, 0),
		"no currency":      with(func(e *ledger.Entry) { e.Currency = "" }),
		"mixed currencies": with(func(e *ledger.Entry) { e.Currency = "EUR/USD" }),
		"no account":       with(func(e *ledger.Entry) { e.Postings[1].Account = "petty_cash" }),
		"no tenant":        with(func(e *ledger.Entry) { e.Tenant = "" }),
		"no id":            with(func(e *ledger.Entry) { e.ID = "" }),
		"no kind":          with(func(e *ledger.Entry) { e.Kind = "" }),
	} {
		if bad.Validate() == nil {
			t.Errorf("%s: accepted %+v", name, bad)
		}
	}
	if err := p(5, -4, -1).Validate(); err != nil {
		t.Error(err)
	}
}
