package store

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/testclock"
	"turnup/internal/domain/timer"
)

func unverified(tenant id.Tenant, c id.Customer) account.Customer {
	return account.Customer{Tenant: tenant, ID: c, Email: string(c) + "@Example.com", RegisteredAt: noon, Version: 1}.BeginVerification()
}

func creation(t *testing.T, c account.Customer) account.Change {
	change := born(used(t, c.Tenant, "k"+string(c.ID)), c, event.New(t.Context(), c.Tenant, noon, event.AccountRegistered{CustomerID: c.ID}))
	change.Customer, change.MoveTimer = &c, true
	return change
}

// S3-13, S3-114: an account, its names, its credentials and its timer are one write; a taken address is told; what changes the
// account moves or clears the timer with it.
func TestSaveAccount(t *testing.T) {
	db, tenant := fresh(t)
	c := unverified(tenant, "cus_1")
	ok(t, db.SaveAccount(t.Context(), creation(t, c)))
	got, k, err := db.Account(t.Context(), tenant, "cus_1")
	ok(t, err)
	same(t, "account", []any{got.Status, got.Verification.Nonce, got.Pending(), k.PasswordHash}, []any{account.Unverified, c.Verification.Nonce, c.Pending(), "hash"})
	who, err := db.AccountBy(t.Context(), tenant, account.Login{Kind: account.ByEmail, Name: "cus_1@example.com"})
	ok(t, err)
	same(t, "whose address", who, id.Customer("cus_1"))
	second := unverified(tenant, "cus_2")
	second.Email = "CUS_1@example.com"
	want(t, db.SaveAccount(t.Context(), creation(t, second)), account.ErrEmailExists)
	_, _, err = db.Account(t.Context(), tenant, "cus_2")
	want(t, err, account.ErrUnknown)
	waiting := func() []timer.Pending {
		all, err := db.Timers(t.Context(), tenant, "cus_1")
		ok(t, err)
		return all
	}
	if w := waiting(); len(w) != 1 || w[0].Kind != timer.Verification || !w[0].Due.Equal(noon.Add(account.RemindAfter)) {
		t.Errorf("waiting %+v", w)
	}
	reminded, _, _ := got.Remind(noon.Add(account.RemindAfter))
	change := account.Change{Tenant: tenant, Account: "cus_1", Customer: &reminded, MoveTimer: true}
	ok(t, db.SaveAccount(t.Context(), change))
	want(t, db.SaveAccount(t.Context(), change), fault.ErrStale) // somebody was faster
	if w := waiting(); len(w) != 1 || !w[0].Due.Equal(noon.Add(account.RenewAfter)) {
		t.Errorf("waiting %+v", w)
	}
	renamed := reminded
	renamed.Name = "Ada"
	renamed.Version++
	ok(t, db.SaveAccount(t.Context(), account.Change{Tenant: tenant, Account: "cus_1", Customer: &renamed}))
	if w := waiting(); len(w) != 1 || !w[0].Due.Equal(noon.Add(account.RenewAfter)) { // as it was
		t.Errorf("waiting %+v", w)
	}
	verified, _, err := renamed.Verify(noon)
	ok(t, err)
	ok(t, db.SaveAccount(t.Context(), account.Change{Tenant: tenant, Account: "cus_1", Customer: &verified, MoveTimer: true, Free: c.Logins()}))
	same(t, "waiting", len(waiting()), 0)
	_, err = db.AccountBy(t.Context(), tenant, account.Login{Kind: account.ByEmail, Name: "cus_1@example.com"})
	want(t, err, account.ErrUnknown)
	second.ID = "cus_3"
	ok(t, db.SaveAccount(t.Context(), creation(t, second))) // S3-113: the address is free again
}

// An account can live by a test clock from its beginning: the clock knows it, and its timer is the clock's.
func TestAttaching(t *testing.T) {
	db, tenant := fresh(t)
	clk := testclock.New(tenant, "", noon, noon)
	ok(t, db.CreateTestClock(t.Context(), used(t, tenant, "clock"), clk))
	c := unverified(tenant, "cus_1")
	c.TestClock = clk.ID
	ok(t, db.Attaching(clk).SaveAccount(t.Context(), creation(t, c)))
	now, err := db.TestClock(t.Context(), tenant, clk.ID)
	ok(t, err)
	same(t, "customers", now.Customers, []id.Customer{"cus_1"})
	waiting, err := db.Timers(t.Context(), tenant, "cus_1")
	ok(t, err)
	same(t, "clock of the timer", waiting[0].TestClock, clk.ID)
	other := unverified(tenant, "cus_2")
	want(t, db.Attaching(clk).SaveAccount(t.Context(), creation(t, other)), fault.ErrUnavailable) // the clock changed since it was read
	_, _, err = db.Account(t.Context(), tenant, "cus_2")
	want(t, err, account.ErrUnknown)
}

// S3-21: of many who take a session's next turn at once one does; the others are told, and a repeated key gets its answer.
func TestTurn(t *testing.T) {
	db, tenant := fresh(t)
	c := unverified(tenant, "cus_1")
	change := creation(t, c)
	s := account.Session{Tenant: tenant, Account: "cus_1", ID: "ses_1", Turn: 1, StartedAt: noon, TurnedAt: noon, ExpiresAt: noon.Add(time.Hour)}
	change.Start = &s
	ok(t, db.SaveAccount(t.Context(), change))
	_, _, got, err := db.Session(t.Context(), tenant, "cus_1", "ses_1")
	ok(t, err)
	same(t, "session", got, s)
	s.Turn = 2
	ends := at(10, func(i int) error { return db.Turn(t.Context(), used(t, tenant, fmt.Sprint("turn", i)), s) })
	same(t, "ends", ends, map[string]int{"": 1, "version_mismatch": 9})
	s.Turn = 3
	ok(t, db.Turn(t.Context(), used(t, tenant, "again"), s))
	var replay *once.Replay
	if err := db.Turn(t.Context(), used(t, tenant, "again"), s); !errors.As(err, &replay) {
		t.Errorf("the key again: %v", err)
	}
	ok(t, db.SaveAccount(t.Context(), account.Change{Tenant: tenant, Account: "cus_1", End: "ses_1"}))
	_, _, got, err = db.Session(t.Context(), tenant, "cus_1", "ses_1")
	ok(t, err)
	same(t, "after its end", got.ID, id.Session(""))
	s.Turn = 4
	want(t, db.Turn(t.Context(), used(t, tenant, "over"), s), fault.ErrStale)
}

// X6: however many guesses come at once, no more are let through than the delays allow: at most 20 in any hour of a day of
// guessing, and the owner's success forgives them.
func TestTry(t *testing.T) {
	db, tenant := fresh(t)
	now := clock.At(noon)
	db.clock = now
	guess := account.Attempt{Kind: account.OnAccount, Name: "login|ada"}
	let := func(n int) int {
		var through atomic.Int64
		at(n, func(int) error {
			err := db.Try(t.Context(), tenant, guess, account.Attempt{Kind: account.FromAddress, Name: fmt.Sprint(n, now.Now())})
			if err == nil {
				through.Add(1)
			} else if !errors.Is(err, fault.ErrThrottled) && !errors.Is(err, fault.ErrUnavailable) {
				t.Error(err)
			}
			return err
		})
		return int(through.Load())
	}
	if n := let(12); n != 5 {
		t.Errorf("%d of 12 at once", n)
	}
	minutes := make([]int, 24*60)
	for m := range minutes {
		now.Advance(time.Minute)
		for range 3 {
			if db.Try(t.Context(), tenant, guess) != nil {
				break
			}
			minutes[m]++
		}
	}
	for from := 0; from+60 <= len(minutes); from++ {
		sum := 0
		for _, n := range minutes[from : from+60] {
			sum += n
		}
		if from == 0 {
			sum += 5
		}
		if sum > 20 || from > 120 && sum < 3 {
			t.Fatalf("%d guesses in the hour from minute %d", sum, from)
		}
	}
	err := db.Try(t.Context(), tenant, guess)
	if f := fault.Of(err); f == nil || f.RetryAfter <= 0 || f.RetryAfter > 15*time.Minute {
		t.Errorf("it does not say when: %v", err)
	}
	marked := guess
	marked.Mark = "m"
	now.Advance(15 * time.Minute)
	ok(t, db.Try(t.Context(), tenant, marked))
	ok(t, db.Try(t.Context(), tenant, marked)) // a repetition of the same guess
	want(t, db.Try(t.Context(), tenant, guess), fault.ErrThrottled)
	ok(t, db.SaveAccount(t.Context(), account.Change{Tenant: tenant, Account: "cus_1", Pardon: []account.Attempt{guess}}))
	for range 5 {
		ok(t, db.Try(t.Context(), tenant, guess))
	}
	want(t, db.Try(t.Context(), tenant, guess), fault.ErrThrottled)
}

// R6, S3-116: requests are counted by their keys: repetitions, also many at once, are one; one more than the budget is refused.
func TestSpendOnce(t *testing.T) {
	db, tenant := fresh(t)
	now := clock.At(noon)
	db.clock = now
	spend := func(key string) error {
		return db.SpendOnce(t.Context(), request(tenant, "anonymous", key, "f"), "mails", "ada", 2, time.Hour)
	}
	same(t, "one key at once", at(20, func(int) error { return spend("a") }), map[string]int{"": 20})
	ok(t, spend("b"))
	want(t, spend("c"), fault.ErrThrottled)
	ok(t, spend("a"))
	now.Advance(time.Hour)
	ok(t, spend("c"))
}
