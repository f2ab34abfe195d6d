package country_test

import (
	"testing"
	"time"

	"turnup/internal/base/country"
)

// S3-39: every zone that a country names exists, under a name that is not one of another country.
func TestZones(t *testing.T) {
	known := 0
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			zone := country.Zone(code)
			if zone == "" {
				continue
			}
			known++
			if _, err := time.LoadLocation(zone); err != nil || !country.Known(code) {
				t.Errorf("%s: %q: %v", code, zone, err)
			}
		}
	}
	if known < 240 || country.Zone("DE") != "Europe/Berlin" || country.Zone("US") != "America/New_York" || country.Zone("XX") != "" {
		t.Error(known)
	}
}
