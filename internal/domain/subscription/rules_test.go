package subscription_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"turnup/internal/base/civil"
	"turnup/internal/base/lineitem"
	"turnup/internal/domain/subscription"
)

// The examples of README.md are what the rules compute.
func TestExamplesOfTheReadme(t *testing.T) {
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	cents := func(minor int64) string { return fmt.Sprintf("%d.%02d", minor/100, minor%100) }
	row := func(what string, back, charged, due, credit int64) {
		t.Helper()
		if want := fmt.Sprintf("| %s | %s | %s | %s | %s |", what, cents(back), cents(charged), cents(due), cents(credit)); !strings.Contains(string(raw), want) {
			t.Errorf("README.md lacks\n%s", want)
		}
	}
	change := func(what string, from, to lineitem.Line, day int) {
		t.Helper()
		b := begun(from, "2026-11-01").ChangeNow(to, nov(day), lineitem.Tax{})
		row(what, -b.Charges[0].Amount.Minor, b.Charges[1].Amount.Minor, b.Due().Minor, b.After.Credit)
	}
	change("Small to Large on the 16th", small, large, 16)
	change("Large to Small on the 16th", large, small, 16)
	change("Small to Large on the 30th", small, large, 30)
	f, _ := begun(small, "2026-11-01").CancelNow(subscription.Usual, noonOf(nov(16)))
	row("Small, cancelled on the 16th", -f.Unused.Amount.Minor, 0, 0, f.Credit)
	paused, err := begun(small, "2026-11-01").Pause("", noonOf(nov(10)))
	if err != nil {
		t.Fatal(err)
	}
	back, err := paused.Unpause(noonOf(nov(20)))
	if err != nil {
		t.Fatal(err)
	}
	row("Small, paused on the 10th, resumed on the 20th", 0, 0, 0, back.Credit)
}

// nov is a day of November 2026.
func nov(day int) civil.Date { return civil.Date("2026-10-31").Plus(day) }
