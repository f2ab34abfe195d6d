package coupon_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/domain/coupon"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

func percentage(hundredths int64) coupon.Coupon {
	return coupon.Coupon{Tenant: "demo", Code: "WELCOME20", Kind: coupon.Percentage, Percent: hundredths, Version: 1}
}

func fixed(amount money.Amount) coupon.Coupon {
	return coupon.Coupon{Tenant: "demo", Code: "MINUS5", Kind: coupon.Fixed, Amount: amount, Version: 1}
}

func with(c coupon.Coupon, change func(*coupon.Coupon)) coupon.Coupon {
	change(&c)
	return c
}

// Codes are compared in capitals and without blanks around; what cannot be a code is not known.
func TestParse(t *testing.T) {
	for raw, want := range map[string]id.Coupon{"WELCOME20": "WELCOME20", " welcome20\t": "WELCOME20", "a-b_9": "A-B_9", "abc": "ABC", "": "", "  ": ""} {
		if got, err := coupon.Parse(raw); got != want || err != nil {
			t.Errorf("%q: %q, %v", raw, got, err)
		}
	}
	for _, raw := range []string{"ab", "a b c", "a#b", "ſale", "ıts", "ÄÖÜ", fmt.Sprintf("%041d", 0), "abc\n\x00"} {
		if got, err := coupon.Parse(raw); !errors.Is(err, coupon.ErrUnknown) {
			t.Errorf("%q: %q, %v", raw, got, err)
		}
	}
}

// S1-13: each reason has its code, and of several the same one is always told; S1-14: the window's start is in it and its end
// is not; S1-17: exactly the minimum is enough.
func TestQuote(t *testing.T) {
	half := percentage(5000)
	least := eur(1000)
	cases := []struct {
		name     string
		c        coupon.Coupon
		price    money.Amount
		discount int64
		want     error
	}{
		{"plain", half, eur(1000), 500, nil},
		{"disabled", with(half, func(c *coupon.Coupon) { c.Disabled, c.Until = true, noon }), eur(1000), 0, coupon.ErrDisabled},
		{"starts now", with(half, func(c *coupon.Coupon) { c.From = noon }), eur(1000), 500, nil},
		{"starts in a moment", with(half, func(c *coupon.Coupon) { c.From = noon.Add(1) }), eur(1000), 0, coupon.ErrNotStarted},
		{"ends in a moment", with(half, func(c *coupon.Coupon) { c.Until = noon.Add(1) }), eur(1000), 500, nil},
		{"ends now", with(half, func(c *coupon.Coupon) { c.Until, c.Plans = noon, []id.Item{"plan_b"} }), eur(1000), 0, coupon.ErrExpired},
		{"for this plan", with(half, func(c *coupon.Coupon) { c.Plans = []id.Item{"plan_b", "plan_a"} }), eur(1000), 500, nil},
		{"for others", with(half, func(c *coupon.Coupon) { c.Plans, c.Minimum = []id.Item{"plan_b"}, &least }), eur(999), 0, coupon.ErrNotForPlan},
		{"other currency", fixed(eur(500)), money.Amount{Minor: 1000, Currency: "USD"}, 0, coupon.ErrNotForPlan},
		{"minimum of another currency", with(half, func(c *coupon.Coupon) { c.Minimum = &least }), money.Amount{Minor: 2000, Currency: "USD"}, 0, coupon.ErrNotForPlan},
		{"below the minimum", with(half, func(c *coupon.Coupon) { c.Minimum = &least }), eur(999), 0, coupon.ErrBelowMinimum},
		{"exactly the minimum", with(half, func(c *coupon.Coupon) { c.Minimum = &least }), eur(1000), 500, nil},
	}
	for _, k := range cases {
		got, err := k.c.Quote("plan_a", k.price, noon)
		if !errors.Is(err, k.want) || got != (money.Amount{Minor: k.discount, Currency: k.price.Currency}) {
			t.Errorf("%s: got %v, %v", k.name, got, err)
		}
	}
}

// S1-18: percentages are rounded half up to the minor unit, and no discount exceeds the price.
func TestDiscount(t *testing.T) {
	cases := []struct {
		c     coupon.Coupon
		price int64
		want  int64
	}{
		{percentage(2000), 1299, 260},  // 259.8
		{percentage(1250), 999, 125},   // 124.875
		{percentage(5000), 1, 1},       // 0.5
		{percentage(4999), 1, 0},       // 0.4999
		{percentage(1), 4999, 0},       // 0.4999
		{percentage(1), 5000, 1},       // 0.5
		{percentage(10000), 999, 999},  // everything
		{percentage(3333), 3, 1},       // 0.9999
		{percentage(5000), 0, 0},       // free already
		{fixed(eur(500)), 1299, 500},   //
		{fixed(eur(1299)), 1299, 1299}, //
		{fixed(eur(1300)), 1299, 1299}, // not more than the price
		{fixed(eur(1)), 0, 0},
	}
	for _, k := range cases {
		if got, err := k.c.Quote("plan_a", eur(k.price), noon); err != nil || got != eur(k.want) {
			t.Errorf("%d %v off %d: got %v, %v", k.c.Percent, k.c.Amount, k.price, got, err)
		}
	}
	for range 1000 {
		price, share := rand.Int64N(1<<50), 1+rand.Int64N(money.Whole)
		got, err := percentage(share).Quote("plan_a", eur(price), noon)
		if err != nil || got.Minor < 0 || got.Minor > price {
			t.Fatalf("%d of %d: %v, %v", share, price, got, err)
		}
	}
}

// S1-08: without a coupon nothing is taken off.
func TestWithoutCoupon(t *testing.T) {
	var none *coupon.Shown
	if got, err := none.Discount("plan_a", eur(1299), noon); err != nil || got != eur(0) {
		t.Errorf("got %v, %v", got, err)
	}
}

// S1-13, S1-16: a code that is not known, one used as often as this customer may, and too many guesses, which tell nothing of
// any code.
func TestShown(t *testing.T) {
	twice := with(percentage(2000), func(c *coupon.Coupon) { c.PerCustomer = 2 })
	expired := with(twice, func(c *coupon.Coupon) { c.Until = noon })
	often := percentage(2000)
	for name, k := range map[string]struct {
		shown coupon.Shown
		want  error
	}{
		"unknown":         {coupon.Shown{Code: "X"}, coupon.ErrUnknown},
		"once":            {coupon.Shown{Coupon: &twice, Uses: 1}, nil},
		"twice":           {coupon.Shown{Coupon: &twice, Uses: 2}, coupon.ErrCustomerLimit},
		"expired first":   {coupon.Shown{Coupon: &expired, Uses: 2}, coupon.ErrExpired},
		"without a limit": {coupon.Shown{Coupon: &often, Uses: 99}, nil},
		"guessing":        {coupon.Shown{Wait: time.Second}, fault.ErrThrottled},
		"guessed":         {coupon.Shown{Coupon: &often, Wait: time.Second}, fault.ErrThrottled},
	} {
		got, err := k.shown.Discount("plan_a", eur(1000), noon)
		if !errors.Is(err, k.want) || (err == nil) != (got == eur(200)) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

// Everything wrong with a coupon is named at once.
func TestValidate(t *testing.T) {
	none := eur(0)
	dollars := money.Amount{Minor: 1, Currency: "USD"}
	later := with(percentage(2000), func(c *coupon.Coupon) { c.From, c.Until, c.Minimum = noon, noon.Add(1), &dollars })
	for _, good := range []coupon.Coupon{percentage(1), percentage(10000), fixed(eur(1)), later} {
		if err := good.Validate(); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
	for name, k := range map[string]struct {
		c    coupon.Coupon
		want []string
	}{
		"code":             {with(percentage(1), func(c *coupon.Coupon) { c.Code = "x" }), []string{"path.code"}},
		"small letters":    {with(percentage(1), func(c *coupon.Coupon) { c.Code = "welcome" }), []string{"path.code"}},
		"no code":          {with(percentage(1), func(c *coupon.Coupon) { c.Code = "" }), []string{"path.code"}},
		"kind":             {with(percentage(1), func(c *coupon.Coupon) { c.Kind = "half" }), []string{"body.kind"}},
		"nothing":          {percentage(0), []string{"body.basisPoints"}},
		"more than all":    {percentage(10001), []string{"body.basisPoints"}},
		"both":             {with(percentage(1), func(c *coupon.Coupon) { c.Amount = eur(1) }), []string{"body.amount"}},
		"both, fixed":      {with(fixed(eur(1)), func(c *coupon.Coupon) { c.Percent = 1 }), []string{"body.basisPoints"}},
		"no amount":        {fixed(none), []string{"body.amount"}},
		"no currency":      {fixed(money.Amount{Minor: 1}), []string{"body.amount"}},
		"window":           {with(percentage(1), func(c *coupon.Coupon) { c.From, c.Until = noon, noon }), []string{"body.until"}},
		"limits":           {with(percentage(1), func(c *coupon.Coupon) { c.Limit, c.PerCustomer = -1, -1 }), []string{"body.limit", "body.perCustomer"}},
		"minimum":          {with(percentage(1), func(c *coupon.Coupon) { c.Minimum = &none }), []string{"body.minimum"}},
		"minimum, dollars": {with(fixed(eur(1)), func(c *coupon.Coupon) { c.Minimum = &dollars }), []string{"body.minimum"}},
	} {
		var named []string
		f := fault.Of(k.c.Validate())
		if f != nil {
			for _, field := range f.Fields {
				named = append(named, field.Name)
			}
		}
		if !errors.Is(f, fault.ErrInvalid) || !slices.Equal(named, k.want) {
			t.Errorf("%s: got %v", name, named)
		}
	}
}

// The shares are exactly the limit, none takes away what is used while there is enough, and none leaves room when not.
func TestShares(t *testing.T) {
	for _, limit := range []int64{1, 3, 8, 10, 100} {
		if shares := coupon.Shares(limit, [coupon.Shards]int64{}); slices.Max(shares[:])-slices.Min(shares[:]) > 1 {
			t.Errorf("%d: uneven: %v", limit, shares)
		}
	}
	for range 10_000 {
		var used [coupon.Shards]int64
		var total, sum int64
		for n := range used {
			used[n] = rand.Int64N(20)
			total += used[n]
		}
		limit := 1 + rand.Int64N(200)
		shares := coupon.Shares(limit, used)
		for n, s := range shares {
			sum += s
			if limit >= total && s < used[n] || limit < total && s > used[n] {
				t.Fatalf("limit %d, used %v: %v", limit, used, shares)
			}
		}
		if sum != limit {
			t.Fatalf("limit %d, used %v: %v is %d", limit, used, shares, sum)
		}
	}
	for limit, want := range map[int64]int{0: 8, 1: 1, 7: 7, 8: 8, 1000: 8} {
		if got := (coupon.Coupon{Limit: limit}).Spread(); got != want {
			t.Errorf("limit %d spreads over %d", limit, got)
		}
	}
}
