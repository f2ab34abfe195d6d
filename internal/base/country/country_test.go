package country_test

import (
	"testing"

	"turnup/internal/base/country"
)

// S0-20: two capital letters that ISO 3166-1 has assigned.
func TestKnown(t *testing.T) {
	n := 0
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			if country.Known(string(a) + string(b)) {
				n++
			}
		}
	}
	if n != 249 {
		t.Errorf("%d codes are known; ISO 3166-1 assigns 249", n)
	}
	for _, code := range []string{"DE", "US", "AD", "ZW", "XK"} {
		if country.Known(code) != (code != "XK") {
			t.Error(code)
		}
	}
	for _, bad := range []string{"", "D", "de", "De", "DEU", " D", "D ", "  ", "XX", "UK", "EU", "A AE"} {
		if country.Known(bad) {
			t.Errorf("%q is known", bad)
		}
	}
}
