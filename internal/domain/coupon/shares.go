package coupon

import (
	"cmp"
	"slices"
)

// Shards is how many counters share a coupon's uses: one row takes 1000 writes a second, and fewer in transactions.
const Shards = 8

// Spread is how many counters it makes sense to begin with: those of a small limit are fewer.
func (c Coupon) Spread() int {
	if c.Limit > 0 {
		return int(min(Shards, c.Limit))
	}
	return Shards
}

// Shares divides a limit among the counters, which stand at used. Together the shares are exactly the limit, so that no
// counter needs to know another one. What is left of the limit is divided evenly. When the limit is below what is used, no
// counter gets a share above where it stands: there is no use left anywhere, until enough are given back.
func Shares(limit int64, used [Shards]int64) (shares [Shards]int64) {
	var total int64
	for _, u := range used {
		total += u
	}
	if left := limit - total; left >= 0 {
		for n := range shares {
			shares[n] = used[n] + left/Shards
			if int64(n) < left%Shards {
				shares[n]++
			}
		}
		return shares
	}
	// Each in proportion to where it stands; then one more, by the largest remainder.
	given, byRemainder := int64(0), [Shards]int{}
	for n := range shares {
		shares[n] = used[n] * limit / total
		given += shares[n]
		byRemainder[n] = n
	}
	slices.SortStableFunc(byRemainder[:], func(a, b int) int { return cmp.Compare(used[b]*limit%total, used[a]*limit%total) })
	for _, n := range byRemainder[:limit-given] {
		shares[n]++
	}
	return shares
}
