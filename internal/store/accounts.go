package store

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
)

type usernameRow struct {
	Customer id.Customer
}

// Register implements account.Store.
func (db *DB) Register(ctx context.Context, use *once.Use, c account.Customer, e event.Envelope) error {
	t := db.tx()
	t.once(use)
	t.create(accounts, usernameKey(c.Tenant, c.Username), usernameRow{Customer: c.ID}, account.ErrUsernameExists)
	t.create(accounts, profileKey(c.Tenant, c.ID), c, nil)
	t.announce(e)
	return t.commit(ctx)
}

// Customer implements account.Store.
func (db *DB) Customer(ctx context.Context, tenant id.Tenant, customer id.Customer) (account.Customer, error) {
	return get[account.Customer](ctx, db, accounts, profileKey(tenant, customer), fault.ErrNotFound)
}

// SetAccess moves a customer to another tier and other groups, on the condition that nobody changed the customer since
// the given version; else fault.ErrStale.
func (db *DB) SetAccess(ctx context.Context, tenant id.Tenant, customer id.Customer, tier id.Tier, groups []id.Group, was int64) error {
	list, err := attributevalue.Marshal(groups)
	if err != nil {
		return err
	}
	update, condition := "SET Tier = :tier, Groups = :groups, Version = :next", "Version = :was"
	if was == 0 { // registered before customers had versions
		condition = "attribute_exists(pk) AND (attribute_not_exists(Version) OR Version = :was)"
	}
	t := db.tx()
	t.update(accounts, profileKey(tenant, customer), update, condition, nil,
		item{":tier": text(tier), ":groups": list, ":was": number(was), ":next": number(was + 1)}, fault.ErrStale)
	return t.commit(ctx)
}

// UsernameTaken tells whether a normalised username belongs to somebody.
func (db *DB) UsernameTaken(ctx context.Context, tenant id.Tenant, normalised string) (bool, error) {
	_, err := get[usernameRow](ctx, db, accounts, usernameKey(tenant, normalised), fault.ErrNotFound)
	if errors.Is(err, fault.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
