package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/domain/account"
	domain "turnup/internal/domain/catalogue"
	"turnup/internal/domain/coupon"
)

// limited is a coupon that exists.
func limited(t *testing.T, db *DB, tenant id.Tenant, limit, perCustomer int64) coupon.Coupon {
	t.Helper()
	c := coupon.Coupon{Tenant: tenant, Code: "HALF", Kind: coupon.Percentage, Percent: 5000, Limit: limit, PerCustomer: perCustomer, Version: 1}
	ok(t, db.PutCoupon(t.Context(), c))
	return c
}

// hold takes one use, as the creation of an order does, and tells in which shard.
func hold(t *testing.T, db *DB, customer id.Customer, c coupon.Coupon) (held int, err error) {
	err = db.withCoupon(t.Context(), c.Tenant, &c, func(shard int) error {
		held = shard
		for { // a busy moment is not an answer
			x := db.tx()
			x.holdCoupon(c.Tenant, customer, c, shard)
			if err := x.commit(t.Context()); !errors.Is(err, fault.ErrUnavailable) {
				return err
			}
		}
	})
	return held, err
}

func giveBack(t *testing.T, db *DB, customer id.Customer, c coupon.Coupon, shard int) error {
	x := db.tx()
	x.returnCoupon(c.Tenant, customer, c.Code, shard)
	return x.commit(t.Context())
}

func uses(t *testing.T, db *DB, c coupon.Coupon) int64 {
	t.Helper()
	all, err := db.CouponUses(t.Context(), c.Tenant, c.Code)
	ok(t, err)
	return all[c.Code]
}

// atMost is like at, with so many at a time.
func atMost(width, n int, do func(i int) error) map[string]int {
	turns := make(chan struct{}, width)
	return at(n, func(i int) error {
		turns <- struct{}{}
		defer func() { <-turns }()
		return do(i)
	})
}

func nobody(i int) id.Customer { return id.Customer(fmt.Sprintf("cus_%d", i)) }

// S1-15, R4: of a thousand who want one of ten uses, ten get one and the others learn that there is none left. What is given
// back can be taken again, to the last.
func TestCouponLimit(t *testing.T) {
	db, tenant := fresh(t)
	c := limited(t, db, tenant, 10, 1)
	shards := make([]int, 1000)
	ends := atMost(32, len(shards), func(i int) (err error) {
		shards[i] = -1
		held, err := hold(t, db, nobody(i), c)
		if err == nil {
			shards[i] = held
		}
		return err
	})
	same(t, "ends", ends, map[string]int{"": 10, coupon.ErrUsedUp.Code: 990})
	same(t, "uses", uses(t, db, c), 10)
	full, err := db.CouponFull(t.Context(), tenant, c.Code)
	ok(t, err)
	same(t, "full", full, true)
	back := 0
	for i, shard := range shards {
		if shard >= 0 && back < 3 {
			ok(t, giveBack(t, db, nobody(i), c, shard))
			back++
		}
	}
	same(t, "uses", uses(t, db, c), 7)
	ends = atMost(32, 50, func(i int) error {
		_, err := hold(t, db, nobody(2000+i), c)
		return err
	})
	same(t, "ends", ends, map[string]int{"": 3, coupon.ErrUsedUp.Code: 47})
	same(t, "uses", uses(t, db, c), 10)
}

// S1-15: one use is left, somewhere; exactly one gets it, however many try at once and wherever they begin.
func TestCouponLastUse(t *testing.T) {
	for _, limit := range []int64{1, 9} {
		db, tenant := fresh(t)
		c := limited(t, db, tenant, limit, 0)
		for i := range limit - 1 {
			_, err := hold(t, db, nobody(int(i)), c)
			ok(t, err)
		}
		ends := at(20, func(i int) error {
			_, err := hold(t, db, nobody(100+i), c)
			return err
		})
		same(t, "ends", ends, map[string]int{"": 1, coupon.ErrUsedUp.Code: 19})
	}
}

// S1-16: one customer in parallel gets no more than their share, though the coupon has more.
func TestCouponCustomerLimit(t *testing.T) {
	db, tenant := fresh(t)
	for _, limit := range []int64{0, 100} {
		c := limited(t, db, tenant, limit, 2)
		tenant += "x"
		shards := make([]int, 30)
		ends := at(len(shards), func(i int) (err error) {
			shards[i], err = hold(t, db, "cus_a", c)
			if err != nil {
				shards[i] = -1
			}
			return err
		})
		same(t, "ends", ends, map[string]int{"": 2, coupon.ErrCustomerLimit.Code: 28})
		same(t, "uses", uses(t, db, c), 2) // the refused ones took none of the shards'
		_, err := hold(t, db, "cus_b", c)
		ok(t, err)
		for _, shard := range shards {
			if shard >= 0 {
				ok(t, giveBack(t, db, "cus_a", c, shard))
				break
			}
		}
		_, err = hold(t, db, "cus_a", c)
		ok(t, err)
	}
}

// A use that nobody holds is not given back: a counter never goes below nothing.
func TestCouponReturnedTwice(t *testing.T) {
	db, tenant := fresh(t)
	c := limited(t, db, tenant, 0, 0)
	shard, err := hold(t, db, "cus_a", c)
	ok(t, err)
	ok(t, giveBack(t, db, "cus_a", c, shard))
	want(t, giveBack(t, db, "cus_a", c, shard), errUseUnknown)
	same(t, "uses", uses(t, db, c), 0)
}

// S1-15: the limit is exact while it is changed: raised, lowered below what is used (which refuses, and takes nothing away),
// taken off and set again.
func TestCouponLimitChanges(t *testing.T) {
	db, tenant := fresh(t)
	c := limited(t, db, tenant, 3, 0)
	change := func(limit int64) {
		t.Helper()
		c.Limit, c.Version = limit, c.Version+1
		ok(t, db.PutCoupon(t.Context(), c))
	}
	holdMany := func(n, succeed int) {
		t.Helper()
		wanted := map[string]int{}
		if succeed > 0 {
			wanted[""] = succeed
		}
		if n > succeed {
			wanted[coupon.ErrUsedUp.Code] = n - succeed
		}
		same(t, "ends", atMost(8, n, func(i int) error {
			_, err := hold(t, db, nobody(i), c)
			return err
		}), wanted)
	}
	holdMany(5, 3)
	change(20)
	holdMany(20, 17)
	change(5)
	holdMany(5, 0)
	same(t, "uses", uses(t, db, c), 20)
	change(0)
	holdMany(4, 4)
	change(25)
	holdMany(5, 1)
	same(t, "uses", uses(t, db, c), 25)
	// while it is in demand
	ends := atMost(16, 60, func(i int) error {
		if i%20 == 7 {
			return db.PutCoupon(t.Context(), coupon.Coupon{Tenant: tenant, Code: c.Code, Kind: c.Kind, Percent: c.Percent, Limit: 40, Version: c.Version + 1})
		}
		_, err := hold(t, db, nobody(i), c)
		return err
	})
	same(t, "one change", []int{ends[fault.ErrStale.Code], ends[fault.ErrUnavailable.Code]}, []int{2, 0})
	if now := uses(t, db, c); now > 40 {
		t.Errorf("%d uses of 40", now)
	}
	c.Version++
	c.Limit = 40
	holdMany(20, 40-int(uses(t, db, c)))
	same(t, "uses", uses(t, db, c), 40)
}

// A coupon is changed under its version; a page of them is in the order of their codes, with an end.
func TestCoupons(t *testing.T) {
	db, tenant := fresh(t)
	for _, code := range []id.Coupon{"CCC", "AAA", "BBB"} {
		ok(t, db.PutCoupon(t.Context(), coupon.Coupon{Tenant: tenant, Code: code, Kind: coupon.Fixed, Amount: money.Amount{Minor: 500, Currency: "EUR"}, Plans: []id.Item{"plan_a"}, From: noon, Version: 1}))
	}
	first, next, err := db.Coupons(t.Context(), tenant, "", 2)
	ok(t, err)
	rest, end, err := db.Coupons(t.Context(), tenant, next, 2)
	ok(t, err)
	same(t, "codes", []any{first[0].Code, first[1].Code, rest[0].Code, len(rest), end}, []any{"AAA", "BBB", "CCC", 1, ""})
	got, used, err := db.CouponUsed(t.Context(), tenant, "AAA")
	ok(t, err)
	same(t, "read", got, first[0])
	same(t, "used", used, 0)
	_, _, err = db.CouponUsed(t.Context(), tenant, "aaa")
	want(t, err, coupon.ErrNotFound)
	want(t, db.PutCoupon(t.Context(), got), fault.ErrStale) // it is there already
	got.Version, got.Disabled = 2, true
	ok(t, db.PutCoupon(t.Context(), got))
	want(t, db.PutCoupon(t.Context(), got), fault.ErrStale)
	none, _, err := db.Coupons(t.Context(), tenant+"x", "", 2)
	ok(t, err)
	same(t, "another tenant's", len(none), 0)
}

// S1-10: what a quote is made of is read in one call that writes nothing; unknown codes are counted, and after too many of
// them no code is told from another until the minute is over.
func TestCounter(t *testing.T) {
	_, tenant := fresh(t)
	now := clock.At(noon.Add(20 * time.Second))
	db := New(client, prefix, now)
	ctx := t.Context()
	_, _, _, _, err := db.Counter(ctx, tenant, "cus_a", "DE", "plan_a", "")
	want(t, err, fault.ErrNotFound)
	x := db.tx()
	x.create(accounts, profileKey(tenant, "cus_a"), account.Customer{Tenant: tenant, ID: "cus_a", Tier: "gold"}, nil)
	x.create(subscriptions, claimKey(tenant, "cus_a", "plan_b"), struct{}{}, nil)
	ok(t, x.commit(ctx))
	ok(t, db.PutOffer(ctx, domain.Offer{Tenant: tenant, Country: "DE", ItemID: "plan_a", Type: lineitem.Subscription, Price: money.Amount{Minor: 1000, Currency: "EUR"}}))
	c := limited(t, db, tenant, 10, 2)
	_, err = hold(t, db, "cus_a", c)
	ok(t, err)

	who, offer, claimed, shown, err := db.Counter(ctx, tenant, "cus_a", "DE", "plan_a", "")
	other, has, otherwise := db.Alternative(ctx, tenant, "cus_a", "DE", "plan_a")
	ok(t, otherwise)
	same(t, "the same offer for a change", fmt.Sprint(other.ItemID, has), fmt.Sprint(offer.ItemID, claimed))
	ok(t, err)
	same(t, "without a coupon", []any{who.Tier, offer.ItemID, claimed, shown == nil}, []any{"gold", "plan_a", false, true})
	_, offer, claimed, shown, err = db.Counter(ctx, tenant, "cus_a", "AT", "plan_b", "HALF")
	ok(t, err)
	same(t, "another country", []any{offer == nil, claimed, shown.Coupon.Code, shown.Uses, shown.Wait}, []any{true, true, "HALF", 1, "0s"})

	who, offer, shown, err = db.Quote(ctx, tenant, "cus_a", "DE", "plan_a", "HALF")
	ok(t, err)
	same(t, "quote", []any{who.Tier, offer.ItemID, shown.Coupon.Code, shown.Uses, shown.Wait}, []any{"gold", "plan_a", "HALF", 1, "0s"})
	_, _, shown, err = db.Quote(ctx, tenant, "cus_a", "DE", "plan_a", "")
	ok(t, err)
	same(t, "quote without a coupon", shown == nil, true)
	_, _, _, err = db.Quote(ctx, tenant, "cus_b", "DE", "plan_a", "")
	want(t, err, fault.ErrNotFound)

	for range coupon.MaxMisses {
		_, _, _, shown, err = db.Counter(ctx, tenant, "cus_a", "DE", "plan_a", "GUESS")
		ok(t, err)
		same(t, "unknown", []any{shown.Coupon == nil, shown.Uses, shown.Wait}, []any{true, 0, "0s"})
		want(t, db.CouponRefused(ctx, tenant, "cus_a", coupon.ErrUnknown), coupon.ErrUnknown)
		want(t, db.CouponRefused(ctx, tenant, "cus_a", coupon.ErrExpired), coupon.ErrExpired) // no guess
	}
	_, _, _, shown, err = db.Counter(ctx, tenant, "cus_a", "DE", "plan_a", "HALF")
	ok(t, err)
	same(t, "wait", shown.Wait, 40*time.Second)
	want(t, db.CouponRefused(ctx, tenant, "cus_a", coupon.ErrUnknown), fault.ErrThrottled)
	now.Advance(40 * time.Second)
	_, _, _, shown, err = db.Counter(ctx, tenant, "cus_a", "DE", "plan_a", "HALF")
	ok(t, err)
	same(t, "wait", shown.Wait, time.Duration(0))
}
