package store

import (
	"context"
	"errors"

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

// UsernameTaken tells whether a normalised username belongs to somebody.
func (db *DB) UsernameTaken(ctx context.Context, tenant id.Tenant, normalised string) (bool, error) {
	_, err := get[usernameRow](ctx, db, accounts, usernameKey(tenant, normalised), fault.ErrNotFound)
	if errors.Is(err, fault.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
