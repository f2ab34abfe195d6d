package timers

import (
	"context"
	"errors"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/account"
)

// AccountStore keeps accounts.
type AccountStore interface {
	Account(ctx context.Context, tenant id.Tenant, account id.Customer) (account.Customer, account.Credentials, error)
	Now(ctx context.Context, tenant id.Tenant, clock id.TestClock) (time.Time, error)
	SaveAccount(ctx context.Context, c account.Change) error
}

// Verifier takes the steps of unverified accounts that are due: a reminder, a fresh link, the expiry.
type Verifier struct{ Store AccountStore }

// Remind implements Accounts.
func (v Verifier) Remind(ctx context.Context, tenant id.Tenant, customer id.Customer) error {
	c, k, err := v.Store.Account(ctx, tenant, customer)
	if err != nil {
		return err
	}
	now, err := v.Store.Now(ctx, tenant, c.TestClock)
	if err != nil {
		return err
	}
	next, step, due := c.Remind(now)
	if !due {
		return nil // it was verified, or this is an old announcement
	}
	change := account.Change{Tenant: tenant, Account: customer, Customer: &next, MoveTimer: next.MovesTimer(c)}
	var told event.Data = event.VerificationRequested{CustomerID: customer, Why: "reminder"}
	switch {
	case next.Gone():
		told = event.AccountExpired{CustomerID: customer}
		none := k.Emptied(now)
		change.Free, change.Credentials = c.Logins(), &none
	case step == account.Renewed:
		told = event.VerificationRequested{CustomerID: customer, Why: "renewed"}
	}
	change.Events = []event.Envelope{event.New(ctx, tenant, now, told)}
	err = v.Store.SaveAccount(ctx, change)
	if errors.Is(err, fault.ErrStale) { // somebody verified in this moment: look again, later
		return fault.ErrUnavailable.Because(err)
	}
	return err
}
