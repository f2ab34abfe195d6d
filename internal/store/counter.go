package store

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/account"
	domain "turnup/internal/domain/catalogue"
	"turnup/internal/domain/coupon"
)

// missWindow is how long unknown codes of coupons are counted together.
const missWindow = time.Minute

const couponMisses = "coupon" // among the budgets

type missRow struct {
	N int `dynamodbav:"n"` // as Spend counts it
}

// Counter reads, in one call, what a customer's purchase of one plan is decided on: the customer, the country's offer (nil
// when there is none), whether the plan is claimed for them already, and what is known of the coupon they show (nil when
// code is empty). A customer who is unknown, or erased, is fault.ErrNotFound.
func (db *DB) Counter(ctx context.Context, tenant id.Tenant, customer id.Customer, country string, plan id.Item, code id.Coupon) (
	who account.Customer, offer *domain.Offer, claimed bool, shown *coupon.Shown, err error) {
	b := db.batch()
	b.add(subscriptions, claimKey(tenant, customer, plan))
	return db.counter(ctx, b, tenant, customer, country, plan, code)
}

// Quote reads what a preview of that is made of. Nothing is decided on it, so what all customers share is read eventually
// consistent: a plan and a coupon that everybody asks about are in one partition each.
func (db *DB) Quote(ctx context.Context, tenant id.Tenant, customer id.Customer, country string, plan id.Item, code id.Coupon) (
	account.Customer, *domain.Offer, *coupon.Shown, error) {
	b := db.batch()
	b.loose = []string{catalogue, coupons}
	who, offer, _, shown, err := db.counter(ctx, b, tenant, customer, country, plan, code)
	return who, offer, shown, err
}

// Alternative reads what a change of a contract to another plan is decided on besides the contract: the country's offer (nil when there is
// none), and whether the plan is claimed for the customer already.
func (db *DB) Alternative(ctx context.Context, tenant id.Tenant, customer id.Customer, country string, plan id.Item) (offer *domain.Offer, claimed bool, err error) {
	b := db.batch()
	b.add(subscriptions, claimKey(tenant, customer, plan))
	b.add(catalogue, offerKey(tenant, country, plan))
	rows, err := b.read(ctx)
	if err != nil {
		return nil, false, err
	}
	offer, err = among[domain.Offer](rows[catalogue], offerKey(tenant, country, plan))
	_, claimed = rows[subscriptions][claimKey(tenant, customer, plan).sk]
	return offer, claimed, err
}

func (db *DB) counter(ctx context.Context, b *batch, tenant id.Tenant, customer id.Customer, country string, plan id.Item, code id.Coupon) (
	who account.Customer, offer *domain.Offer, claimed bool, shown *coupon.Shown, err error) {
	now := db.clock.Now()
	window := now.Truncate(missWindow)
	b.add(accounts, profileKey(tenant, customer))
	b.add(catalogue, offerKey(tenant, country, plan))
	if code != "" {
		b.add(coupons, couponKey(tenant, code))
		b.add(coupons, couponUsesKey(tenant, customer, code))
		b.add(guards, rateKey(tenant, couponMisses, string(customer), window))
	}
	rows, err := b.read(ctx)
	if err != nil {
		return who, nil, false, nil, err
	}
	profile, known := rows[accounts][profileKey(tenant, customer).sk]
	if !known {
		return who, nil, false, nil, fault.ErrNotFound
	}
	if who, err = decode[account.Customer](profile); err == nil && who.Gone() { // an access token outlives its account by a little
		err = fault.ErrNotFound
	}
	if err != nil {
		return who, nil, false, nil, err
	}
	if offer, err = among[domain.Offer](rows[catalogue], offerKey(tenant, country, plan)); err != nil {
		return who, nil, false, nil, err
	}
	_, claimed = rows[subscriptions][claimKey(tenant, customer, plan).sk]
	if code == "" {
		return who, offer, claimed, nil, nil
	}
	shown = &coupon.Shown{Code: code}
	uses, err := decode[useRow](rows[coupons][couponUsesKey(tenant, customer, code).sk])
	if err != nil {
		return who, offer, claimed, nil, err
	}
	misses, err := decode[missRow](rows[guards][rateKey(tenant, couponMisses, string(customer), window).sk])
	if err != nil {
		return who, offer, claimed, nil, err
	}
	if shown.Uses = uses.Uses; misses.N >= coupon.MaxMisses {
		shown.Wait = window.Add(missWindow).Sub(now)
	}
	shown.Coupon, err = among[coupon.Coupon](rows[coupons], couponKey(tenant, code))
	return who, offer, claimed, shown, err
}

// among decodes a row that may be missing among those a batch read.
func among[T any](rows map[string]item, k key) (*T, error) {
	row, ok := rows[k.sk]
	if !ok {
		return nil, nil
	}
	v, err := decode[T](row)
	return &v, err
}

// CouponRefused counts a refusal when it is for an unknown code, against guessing, and answers what the customer is told:
// the refusal, or fault.ErrThrottled.
func (db *DB) CouponRefused(ctx context.Context, tenant id.Tenant, customer id.Customer, refusal error) error {
	if errors.Is(refusal, coupon.ErrUnknown) {
		if err := db.Spend(ctx, tenant, couponMisses, string(customer), coupon.MaxMisses, missWindow); err != nil {
			return err
		}
	}
	return refusal
}
