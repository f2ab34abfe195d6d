package account

import (
	"context"
	"errors"
	"slices"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
)

// InvitedFor is how long the link of an invitation is good.
const InvitedFor = 7 * 24 * time.Hour

// The faults of managing staff.
var (
	ErrStaffUnknown = fault.New(fault.NotFound, "staff_not_found", "There is no such member of staff.", "operator")
	ErrOwnRoles     = fault.New(fault.Conflict, "own_roles", "Nobody changes their own roles. Please ask another administrator.", "operator")
)

// Office manages the accounts of the operator's staff.
type Office struct{ Store Keeper }

// Invite makes an account with roles, whose owner chooses the password by the link of a mail. The time is the system's.
func (o Office) Invite(ctx context.Context, key once.Request, email, name string, roles []string, now time.Time) (Customer, error) {
	address, err := NormaliseEmail(email)
	if err != nil {
		return Customer{}, err
	}
	type invited struct {
		Account id.Customer `json:"account"`
	}
	var fresh *Customer
	made, err := once.Do(ctx, o.Store, key, func(use *once.Use) (invited, error) {
		c := Customer{Tenant: key.Tenant, ID: id.New[id.Customer](id.StaffPrefix, now), Email: address, Name: name, Status: Active, RegisteredAt: now, Roles: roles, Version: 1}
		link := mailed(now.Add(InvitedFor))
		done := invited{c.ID}
		if err := use.Answer(done); err != nil {
			return done, err
		}
		err := o.Store.SaveAccount(ctx, Change{Tenant: c.Tenant, Account: c.ID, Use: use, Customer: &c, Take: c.Logins(),
			Credentials: &Credentials{Tenant: c.Tenant, Account: c.ID, Reset: &link, Version: 1},
			Events: []event.Envelope{event.New(ctx, c.Tenant, now, event.StaffInvited{CustomerID: c.ID, Roles: roles}),
				event.New(ctx, c.Tenant, now, event.PasswordResetRequested{CustomerID: c.ID})}})
		if err == nil {
			fresh = &c
		}
		return done, err
	})
	switch {
	case err != nil:
		return Customer{}, err
	case fresh != nil:
		return *fresh, nil
	}
	c, _, err := o.member(ctx, key.Tenant, made.Account) // a repetition
	return c, err
}

// member reads a member of staff. Customers are not found here.
func (o Office) member(ctx context.Context, tenant id.Tenant, account id.Customer) (Customer, Credentials, error) {
	c, k, err := o.Store.Account(ctx, tenant, account)
	if err == nil && (len(c.Roles) == 0 || c.Gone()) {
		err = ErrStaffUnknown
	}
	if errors.Is(err, ErrUnknown) {
		err = ErrStaffUnknown
	}
	return c, k, err
}

// SetRoles gives a member of staff other roles and ends their sessions, so that no refresh brings the old ones back. matches
// says whether the change is meant for the account as it is.
func (o Office) SetRoles(ctx context.Context, tenant id.Tenant, account, by id.Customer, roles []string, matches func(Customer) error, now time.Time) (Customer, error) {
	c, k, err := o.member(ctx, tenant, account)
	switch {
	case err != nil:
		return c, err
	case account == by:
		return c, ErrOwnRoles
	}
	if err := matches(c); err != nil || slices.Equal(c.Roles, roles) {
		return c, err
	}
	c.Roles, k.EndedAt, k.Spared = roles, now, ""
	c.Version++
	k.Version++
	return c, o.Store.SaveAccount(ctx, Change{Tenant: tenant, Account: account, Customer: &c, Credentials: &k,
		Events: []event.Envelope{event.New(ctx, tenant, now, event.StaffUpdated{CustomerID: account, Roles: roles})}})
}

// Remove ends a member's account: nobody signs in to it any more, and nothing personal is left of it.
func (o Office) Remove(ctx context.Context, tenant id.Tenant, account, by id.Customer, now time.Time) error {
	c, k, err := o.member(ctx, tenant, account)
	switch {
	case err != nil:
		return err
	case account == by:
		return ErrOwnRoles
	}
	gone, none := c.blank(Erased), k.Emptied(now)
	gone.Version++
	return o.Store.SaveAccount(ctx, Change{Tenant: tenant, Account: account, Customer: &gone, Credentials: &none, Free: c.Logins(),
		Events: []event.Envelope{event.New(ctx, tenant, now, event.StaffRemoved{CustomerID: account})}})
}
