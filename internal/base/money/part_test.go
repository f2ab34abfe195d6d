package money_test

import (
	"math"
	"math/rand/v2"
	"testing"
)

// S3-34: half up to the minor unit, at full precision, also where the product would not fit.
func TestPart(t *testing.T) {
	for _, k := range []struct{ minor, part, whole, want int64 }{
		{1000, 10, 31, 323}, {1000, 21, 31, 677}, {1, 1, 2, 1}, {-1, 1, 2, 0}, {-3, 1, 2, -1}, {4990, 0, 30, 0}, {4990, 30, 30, 4990},
		{math.MaxInt64, 365, 366, 9198171566808724507}, {1299, 1, 3, 433},
	} {
		if got := amount(k.minor, "EUR").Part(k.part, k.whole); got != amount(k.want, "EUR") {
			t.Errorf("%d × %d/%d: %d, want %d", k.minor, k.part, k.whole, got.Minor, k.want)
		}
	}
}

// The spans of any partition sum to the whole, to the minor unit.
func TestSpansSumToTheWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		total, whole := amount(r.Int64N(1_000_000)-500_000, "JPY"), 1+r.Int64N(366)
		var sum int64
		for from := int64(0); from < whole; {
			until := min(whole, from+1+r.Int64N(40))
			sum += total.Span(from, until, whole).Minor
			from = until
		}
		if sum != total.Minor {
			t.Fatalf("%d over %d: %d", total.Minor, whole, sum)
		}
	}
}

// Parts sum to what was divided, and none is off its exact share by a minor unit or more.
func TestDivide(t *testing.T) {
	got := amount(100, "EUR").Divide([]int64{1, 1, 1})
	if got[0].Minor != 34 || got[1].Minor != 33 || got[2].Minor != 33 {
		t.Error(got)
	}
	if got = amount(5, "EUR").Divide([]int64{0, 3, 7}); got[0].Minor != 0 || got[1].Minor != 2 || got[2].Minor != 3 {
		t.Error(got)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 5_000 {
		total, weights, of := amount(r.Int64N(1_000_000)-300_000, "EUR"), make([]int64, 1+r.IntN(8)), int64(0)
		for i := range weights {
			weights[i] = r.Int64N(10_000)
			of += weights[i]
		}
		if of == 0 {
			continue
		}
		var sum int64
		for i, p := range total.Divide(weights) {
			sum += p.Minor
			if exact := float64(total.Minor) * float64(weights[i]) / float64(of); math.Abs(float64(p.Minor)-exact) >= 1.000001 {
				t.Fatalf("%v by %v: %v", total, weights, p)
			}
		}
		if sum != total.Minor {
			t.Fatalf("%v by %v sums to %d", total, weights, sum)
		}
	}
}
