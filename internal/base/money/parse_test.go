package money_test

import (
	"testing"

	"turnup/internal/base/money"
)

// What people write becomes exactly that, or nothing.
func TestParse(t *testing.T) {
	for written, want := range map[string]int64{"12": 1200, "12.9": 1290, "12,99": 1299, "0.01": 1, "012.30": 1230} {
		if got, err := money.Parse(written, "EUR"); err != nil || got != (money.Amount{Minor: want, Currency: "EUR"}) {
			t.Errorf("%q: %v, %v", written, got, err)
		}
	}
	if got, err := money.Parse("1200", "JPY"); err != nil || got.Minor != 1200 {
		t.Errorf("yen: %v, %v", got, err)
	}
	if got, err := money.Parse("1.5", "KWD"); err != nil || got.Minor != 1500 {
		t.Errorf("dinars: %v, %v", got, err)
	}
	for _, written := range []string{"", ".5", "-1", "+1", "1.999", "1,000.00", "1.000,00", "12 EUR", "1e3", "99999999999999999999", "٣"} {
		if got, err := money.Parse(written, "EUR"); err == nil {
			t.Errorf("%q is read as %v", written, got)
		}
	}
	if got, err := money.Parse("1.5", "JPY"); err == nil {
		t.Errorf("half a yen is %v", got)
	}
}
