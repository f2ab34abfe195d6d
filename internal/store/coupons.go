package store

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/coupon"
)

// useRow counts uses of a coupon: in one of its shards, or by one customer.
type useRow struct {
	Uses    int64
	Portion *int64 // of a shard: how many it may reach; nil without a limit
}

func (r useRow) full() bool { return r.Portion != nil && r.Uses >= *r.Portion }

// What failed conditions of the counters mean. Neither is for callers of the store.
var (
	errShardFull  = errors.New("store: a shard of a coupon is full")
	errUsesMoved  = errors.New("store: a shard of a coupon moved past its new portion")
	errUseUnknown = errors.New("store: a coupon's use is given back that was not held")
)

// CouponUsed reads a coupon and how often it was used; unknown is coupon.ErrNotFound.
func (db *DB) CouponUsed(ctx context.Context, tenant id.Tenant, code id.Coupon) (coupon.Coupon, int64, error) {
	b := db.batch()
	b.add(coupons, couponKey(tenant, code))
	rows, shards, err := db.readShards(ctx, b, tenant, code)
	if err != nil {
		return coupon.Coupon{}, 0, err
	}
	row, ok := rows[coupons][couponKey(tenant, code).sk]
	if !ok {
		return coupon.Coupon{}, 0, coupon.ErrNotFound
	}
	c, err := decode[coupon.Coupon](row)
	return c, usesIn(shards[code]), err
}

func usesIn(shards [coupon.Shards]useRow) (uses int64) {
	for _, r := range shards {
		uses += r.Uses
	}
	return uses
}

// MaxCoupons is how many coupons CouponUses takes: their counters are read by one batch, of at most 100 rows.
const MaxCoupons = 100 / coupon.Shards

// Coupons reads one page of a tenant's coupons in the order of their codes. next is the position to continue after, empty at
// the end. Eventually consistent.
func (db *DB) Coupons(ctx context.Context, tenant id.Tenant, after string, limit int32) (page []coupon.Coupon, next string, err error) {
	condition := "pk = :pk"
	in := &dynamodb.QueryInput{TableName: db.table(coupons), Limit: &limit, KeyConditionExpression: &condition,
		ExpressionAttributeValues: item{":pk": text(couponsPK(tenant))}}
	if in.ExclusiveStartKey, err = startKey(couponsPK(tenant), after, ""); err != nil {
		return nil, "", err
	}
	out, err := db.client.Query(ctx, in)
	if err != nil {
		return nil, "", outage(err)
	}
	for _, row := range out.Items {
		c, err := decode[coupon.Coupon](row)
		if err != nil {
			return nil, "", err
		}
		page = append(page, c)
	}
	return page, positionOf(out.LastEvaluatedKey), nil
}

// CouponUses counts the uses of up to MaxCoupons coupons by all customers, also those that unpaid orders hold.
func (db *DB) CouponUses(ctx context.Context, tenant id.Tenant, codes ...id.Coupon) (map[id.Coupon]int64, error) {
	uses := map[id.Coupon]int64{}
	if len(codes) == 0 {
		return uses, nil
	}
	shards, err := db.couponShards(ctx, tenant, codes...)
	for code, counters := range shards {
		uses[code] = usesIn(counters)
	}
	return uses, err
}

// CouponFull tells whether a coupon has no use left for anybody; for a preview, and so eventually consistent.
func (db *DB) CouponFull(ctx context.Context, tenant id.Tenant, code id.Coupon) (bool, error) {
	b := db.batch()
	b.loose = []string{coupons}
	_, shards, err := db.readShards(ctx, b, tenant, code)
	return err == nil && len(open(shards[code])) == 0, err
}

// couponShards reads the counters of coupons.
func (db *DB) couponShards(ctx context.Context, tenant id.Tenant, codes ...id.Coupon) (map[id.Coupon][coupon.Shards]useRow, error) {
	_, shards, err := db.readShards(ctx, db.batch(), tenant, codes...)
	return shards, err
}

// readShards reads a batch with the counters of coupons added to it.
func (db *DB) readShards(ctx context.Context, b *batch, tenant id.Tenant, codes ...id.Coupon) (map[string]map[string]item, map[id.Coupon][coupon.Shards]useRow, error) {
	for _, code := range codes {
		for n := range coupon.Shards {
			b.add(coupons, couponShardKey(tenant, code, n))
		}
	}
	rows, err := b.read(ctx)
	if err != nil {
		return nil, nil, err
	}
	shards := map[id.Coupon][coupon.Shards]useRow{}
	for _, code := range codes {
		var counters [coupon.Shards]useRow
		for n := range counters {
			if counters[n], err = decode[useRow](rows[coupons][couponShardKey(tenant, code, n).sk]); err != nil { // no row: no uses yet
				return nil, nil, err
			}
		}
		shards[code] = counters
	}
	return rows, shards, nil
}

// open are the shards that have room.
func open(shards [coupon.Shards]useRow) (found []int) {
	for n, r := range shards {
		if !r.full() {
			found = append(found, n)
		}
	}
	return found
}

// PutCoupon writes a coupon, new (version 1) or changed, on the condition that nobody changed it meanwhile; else
// fault.ErrStale. Its limit is divided anew among the shards: none of them is above its portion then, unless the limit is
// below what is used already.
func (db *DB) PutCoupon(ctx context.Context, c coupon.Coupon) error {
	for {
		read, err := db.couponShards(ctx, c.Tenant, c.Code)
		if err != nil {
			return err
		}
		t := db.tx()
		condition, values := isNew, item(nil)
		if c.Version > 1 {
			condition, values = "Version = :was", item{":was": number(c.Version - 1)}
		}
		t.put(coupons, couponKey(c.Tenant, c.Code), c, condition, values, fault.ErrStale)
		t.divide(c, read[c.Code])
		t.configured(ctx, c.Tenant, event.Coupon, string(c.Code), c.Version, false)
		if err = t.commit(ctx); !errors.Is(err, errUsesMoved) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// divide writes the shards' portions of a coupon's limit; a shard that moved past its own meanwhile is errUsesMoved.
func (t *tx) divide(c coupon.Coupon, shards [coupon.Shards]useRow) {
	if c.Limit == 0 {
		for n := range shards {
			t.update(coupons, couponShardKey(c.Tenant, c.Code, n), "REMOVE Portion", "", nil, nil, nil)
		}
		return
	}
	var used [coupon.Shards]int64
	for n, r := range shards {
		used[n] = r.Uses
	}
	for n, portion := range coupon.Shares(c.Limit, used) {
		condition := "attribute_not_exists(Uses) OR Uses <= :most"
		most := max(portion, used[n]) // used[n] when the limit is below what is used
		t.update(coupons, couponShardKey(c.Tenant, c.Code, n), "SET Portion = :portion, Uses = if_not_exists(Uses, :none)", condition, nil,
			item{":portion": number(portion), ":most": number(most), ":none": number(0)}, errUsesMoved)
	}
}

// holdCoupon adds one use of a coupon by a customer to a transaction: beyond the customer's limit it is
// coupon.ErrCustomerLimit, beyond the shard's portion errShardFull, which withCoupon deals with.
func (t *tx) holdCoupon(tenant id.Tenant, customer id.Customer, c coupon.Coupon, shard int) {
	condition, values := "", item{":one": number(1)}
	if c.PerCustomer > 0 {
		condition, values[":limit"] = "attribute_not_exists(Uses) OR Uses < :limit", number(c.PerCustomer)
	}
	t.update(coupons, couponUsesKey(tenant, customer, c.Code), "ADD Uses :one", condition, nil, values, coupon.ErrCustomerLimit)
	t.update(coupons, couponShardKey(tenant, c.Code, shard), "ADD Uses :one", "attribute_not_exists(Portion) OR Uses < Portion", nil,
		item{":one": number(1)}, errShardFull)
}

// returnCoupon adds to a transaction that a held use is given back. That it is held is for the order's state to say; a
// counter that is at nothing all the same is not taken below.
func (t *tx) returnCoupon(tenant id.Tenant, customer id.Customer, code id.Coupon, shard int) {
	for _, k := range []key{couponUsesKey(tenant, customer, code), couponShardKey(tenant, code, shard)} {
		t.update(coupons, k, "ADD Uses :less", "Uses > :none", nil, item{":less": number(-1), ":none": number(0)}, errUseUnknown)
	}
}

// withCoupon tries a purchase that holds a use of a coupon, in one shard after another. Each try makes a transaction of its
// own. The coupon is used up (coupon.ErrUsedUp) only when every shard was seen full. Without a coupon (nil) there is one try.
func (db *DB) withCoupon(ctx context.Context, tenant id.Tenant, c *coupon.Coupon, try func(shard int) error) error {
	if c == nil {
		return try(0)
	}
	shard := rand.IntN(c.Spread())
	for {
		if err := try(shard); !errors.Is(err, errShardFull) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		read, err := db.couponShards(ctx, tenant, c.Code)
		if err != nil {
			return err
		}
		room := open(read[c.Code])
		if len(room) == 0 {
			return coupon.ErrUsedUp
		}
		shard = room[rand.IntN(len(room))]
	}
}
