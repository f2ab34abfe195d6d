package store

import (
	"context"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/cart"
	domain "turnup/internal/domain/catalogue"
	"turnup/internal/domain/payment"
)

// Cart reads one of a customer's carts; unknown or another customer's is cart.ErrUnknown.
func (db *DB) Cart(ctx context.Context, tenant id.Tenant, customer id.Customer, c id.Cart) (cart.Cart, error) {
	return get[cart.Cart](ctx, db, carts, cartKey(tenant, customer, c), cart.ErrUnknown)
}

// Shelf reads a cart (nil when none is named) and the country's offers of the items in one call. A named cart that is
// unknown or another customer's is cart.ErrUnknown.
func (db *DB) Shelf(ctx context.Context, tenant id.Tenant, customer id.Customer, country string, c id.Cart, items []id.Item) (*cart.Cart, map[id.Item]domain.Offer, error) {
	b := db.batch()
	if c != "" {
		b.add(carts, cartKey(tenant, customer, c))
	}
	for _, i := range items {
		b.add(catalogue, offerKey(tenant, country, i))
	}
	rows, err := b.read(ctx)
	if err != nil {
		return nil, nil, err
	}
	offers, err := offersOf(rows[catalogue])
	if err != nil || c == "" {
		return nil, offers, err
	}
	row, ok := rows[carts][cartKey(tenant, customer, c).sk]
	if !ok {
		return nil, nil, cart.ErrUnknown
	}
	found, err := decode[cart.Cart](row)
	return &found, offers, err
}

// SaveCart writes a changed cart (use may be nil) on the condition that nobody changed it meanwhile; else
// fault.ErrStale.
func (db *DB) SaveCart(ctx context.Context, use *once.Use, c cart.Cart) error {
	t := db.tx()
	if use != nil {
		t.once(use)
	}
	condition, values := isNew, item(nil)
	if c.Version > 1 {
		condition, values = "Version = :was", item{":was": number(c.Version - 1)}
	}
	t.put(carts, cartKey(c.Tenant, c.Customer, c.ID), c, condition, values, fault.ErrStale)
	return t.commit(ctx)
}

// Till reads a customer's cart and payment method (nil when there is none) in one call; an unknown cart is
// cart.ErrUnknown.
func (db *DB) Till(ctx context.Context, tenant id.Tenant, customer id.Customer, c id.Cart, ref id.Reference) (cart.Cart, *payment.Method, error) {
	b := db.batch()
	b.add(carts, cartKey(tenant, customer, c))
	b.add(payments, methodKey(tenant, customer, ref))
	rows, err := b.read(ctx)
	if err != nil {
		return cart.Cart{}, nil, err
	}
	row, ok := rows[carts][cartKey(tenant, customer, c).sk]
	if !ok {
		return cart.Cart{}, nil, cart.ErrUnknown
	}
	found, err := decode[cart.Cart](row)
	if err != nil {
		return found, nil, err
	}
	row, ok = rows[payments][methodKey(tenant, customer, ref).sk]
	if !ok {
		return found, nil, nil
	}
	m, err := decode[payment.Method](row)
	return found, &m, err
}
