package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/account"
)

// Try implements account.Doorkeeper. Each row's condition knows how long to wait after so many attempts, so that no read
// comes before the write.
func (db *DB) Try(ctx context.Context, tenant id.Tenant, attempts ...account.Attempt) error {
	now := db.clock.Now()
	for try := 1; ; try++ {
		t := db.tx()
		for _, a := range attempts {
			t.attempt(tenant, a, now)
		}
		err := t.commit(ctx)
		switch {
		case errors.Is(err, fault.ErrUnavailable) && try < conflictTries:
			continue // many attempts at once: each is counted
		case !errors.Is(err, fault.ErrThrottled):
			return err
		}
		wait, again, err := db.heldBack(ctx, tenant, attempts, now)
		switch {
		case err != nil:
			return err
		case wait > 0:
			return fault.ErrThrottled.After(max(wait, time.Second))
		case again:
			return nil
		case try == conflictTries:
			return fault.ErrThrottled.After(time.Second)
		} // else it was pardoned meanwhile
	}
}

type attemptRow struct {
	N      int64  `dynamodbav:"n"`
	LastAt int64  `dynamodbav:"lastAt"` // Unix milliseconds
	Mark   string `dynamodbav:"mark"`   // of the last guess
}

// heldBack says how long attempts that were not counted have to wait, and whether they are the last guess again.
func (db *DB) heldBack(ctx context.Context, tenant id.Tenant, attempts []account.Attempt, now time.Time) (wait time.Duration, again bool, err error) {
	for _, a := range attempts {
		row, err := get[attemptRow](ctx, db, guards, attemptKey(tenant, a), fault.ErrNotFound)
		switch {
		case err != nil && !errors.Is(err, fault.ErrNotFound):
			return 0, false, err
		case a.Mark != "" && a.Mark == row.Mark:
			again = true
		default:
			wait = max(wait, account.WaitAfter(a.Kind, row.N)-now.Sub(time.UnixMilli(row.LastAt)))
		}
	}
	return wait, again, nil
}

// attempt counts one, if it is not held back.
func (t *tx) attempt(tenant id.Tenant, a account.Attempt, now time.Time) {
	condition, values := isNew+" OR ", item{":one": number(1), ":now": number(now.UnixMilli()), ":ttl": epoch(now.Add(account.AttemptsKept))}
	for i, d := range account.Delays[a.Kind] {
		if i > 0 {
			condition += " OR "
		}
		last, n := fmt.Sprintf(":t%d", i), fmt.Sprintf(":n%d", i)
		if d.Below > 0 {
			values[n] = number(d.Below)
		}
		if d.Wait > 0 {
			values[last] = number(now.Add(-d.Wait).UnixMilli())
		}
		switch {
		case d.Wait == 0: // of many at once none knows when the last one was
			condition += "n < " + n
		case d.Below == 0:
			condition += "lastAt <= " + last
		default:
			condition += fmt.Sprintf("(n < %s AND lastAt <= %s)", n, last)
		}
	}
	update := "ADD n :one SET lastAt = :now, #ttl = :ttl"
	if a.Mark != "" { // the same guess again is not counted again: who repeats a request many times is not held back after it
		condition = "(" + condition + ") AND (attribute_not_exists(mark) OR mark <> :mark)"
		update += ", mark = :mark"
		values[":mark"] = text(a.Mark)
	}
	t.update(guards, attemptKey(tenant, a), update, condition, map[string]string{"#ttl": "ttl"}, values, fault.ErrThrottled)
}

// pardon takes an attempt back: what an account had counted against it is forgotten, an address has one fewer.
func (t *tx) pardon(tenant id.Tenant, a account.Attempt) {
	if a.Kind == account.OnAccount {
		t.add(types.TransactWriteItem{Delete: &types.Delete{TableName: t.db.table(guards), Key: attemptKey(tenant, a).item()}}, nil)
		return
	}
	t.update(guards, attemptKey(tenant, a), "ADD n :less", "", nil, item{":less": number(-1)}, nil)
}
