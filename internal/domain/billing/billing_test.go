package billing_test

import (
	"errors"
	"testing"

	"turnup/internal/base/civil"
	"turnup/internal/base/country"
	"turnup/internal/base/fault"
	"turnup/internal/domain/billing"
)

// S3-58: of a country's rates the last one that has begun counts; a country without any has none.
func TestTax(t *testing.T) {
	s := billing.Settings{Taxes: []billing.TaxRate{{"DE", "2020-07-01", 1600}, {"DE", "2021-01-01", 1900}, {"DE", "2007-01-01", 1900}, {"FR", "2014-01-01", 2000}}}
	for _, k := range []struct {
		in   string
		on   civil.Date
		want int64
	}{{"DE", "2020-06-30", 1900}, {"DE", "2020-07-01", 1600}, {"DE", "2020-12-31", 1600}, {"DE", "2021-01-01", 1900}, {"DE", "2006-12-31", 0}, {"FR", "2026-01-01", 2000}, {"US", "2026-01-01", 0}} {
		if got := s.Tax(k.in, k.on); got != k.want {
			t.Errorf("%s on %s: %d, want %d", k.in, k.on, got, k.want)
		}
	}
}

// S3-96: what a tenant bills by when it has said nothing: fourteen days to pay, grace of seven, reminders on days 3, 5 and 7, and one three days
// before a renewal; every rate is of a country that exists, in its usual range.
func TestUsual(t *testing.T) {
	s := billing.Usual("demo")
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
	if s.DueDays != 14 || s.GraceDays != 7 || len(s.ReminderDays) != 3 || s.ReminderDays[0] != 3 || s.ReminderDays[1] != 5 || s.ReminderDays[2] != 7 || s.AnnounceDays != 3 || s.BillSuspended {
		t.Errorf("%+v", s)
	}
	for _, r := range s.Taxes {
		if !country.Known(r.Country) || r.Rate < 800 || r.Rate > 2700 {
			t.Errorf("%+v", r)
		}
	}
}

// Settings that contradict themselves are refused, naming the field.
func TestValidate(t *testing.T) {
	for field, change := range map[string]func(*billing.Settings){
		"body.reminderDays":   func(s *billing.Settings) { s.ReminderDays = []int{5, 3} },
		"body.graceDays":      func(s *billing.Settings) { s.GraceDays = 6 },
		"body.seller.country": func(s *billing.Settings) { s.Seller.Country = "XX" },
		"body.taxes":          func(s *billing.Settings) { s.Taxes = append(s.Taxes, s.Taxes[0]) },
	} {
		s := billing.Usual("demo")
		change(&s)
		err := s.Validate()
		if f := fault.Of(err); !errors.Is(err, billing.ErrSettings) || len(f.Fields) != 1 || f.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, bad := range [][]int{{0, 3}, {-1}} {
		s := billing.Usual("demo")
		s.ReminderDays = bad
		if err := s.Validate(); !errors.Is(err, billing.ErrSettings) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	date := billing.Usual("demo")
	date.Taxes[0].From = "2026-02-30"
	if err := date.Validate(); !errors.Is(err, billing.ErrSettings) {
		t.Error(err)
	}
}
