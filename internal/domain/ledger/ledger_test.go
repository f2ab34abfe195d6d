package ledger_test

import (
	"testing"
	"time"

	"turnup/internal/base/money"
	"turnup/internal/domain/ledger"
)

// I1: debits equal credits. S0-42: what is booked is what was paid.
func TestCardSale(t *testing.T) {
	for _, minor := range []int64{1, 1299, 99999999} {
		e := ledger.CardSale("demo", "pay_01", money.Amount{Minor: minor, Currency: "EUR"}, time.Unix(0, 0))
		if err := e.Validate(); err != nil {
			t.Error(err)
		}
		if e.Postings[0] != (ledger.Posting{Account: ledger.PSPCash, Minor: minor}) || e.Postings[1] != (ledger.Posting{Account: ledger.Sales, Minor: -minor}) ||
			e.Currency != "EUR" || e.Reference != "pay_01" {
			t.Errorf("got %+v", e)
		}
		if e.ID != "led_01" {
			t.Errorf("the entry %s does not share the payment's ULID, so booking twice would not collide", e.ID)
		}
	}
}

func TestValidate(t *testing.T) {
	p := func(minors ...int64) (e ledger.Entry) {
		for _, m := range minors {
			e.Postings = append(e.Postings, ledger.Posting{Account: ledger.Sales, Minor: m})
		}
		return e
	}
	for _, bad := range []ledger.Entry{p(), p(0), p(1), p(1, -2), p(1, 1), p(5, -4, -2)} {
		if bad.Validate() == nil {
			t.Errorf("accepted %+v", bad.Postings)
		}
	}
	if err := p(5, -4, -1).Validate(); err != nil {
		t.Error(err)
	}
}
