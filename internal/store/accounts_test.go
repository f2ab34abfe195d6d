package store

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
)

func ada(tenant id.Tenant) account.Customer {
	return account.Customer{Tenant: tenant, Username: "ada", Name: "Ada", Email: "ada@example.com", Country: "DE"}
}

func request(tenant id.Tenant, caller, key, fingerprint string) once.Request {
	return once.Request{Tenant: tenant, Caller: caller, Key: key, Fingerprint: fingerprint}
}

// born is the change that makes a new account.
func born(use *once.Use, c account.Customer, e event.Envelope) account.Change {
	c.Status, c.Version = account.Active, 1
	return account.Change{Tenant: c.Tenant, Account: c.ID, Use: use, Customer: &c, Take: c.Logins(), Events: []event.Envelope{e},
		Credentials: &account.Credentials{Tenant: c.Tenant, Account: c.ID, PasswordHash: "hash", Version: 1}}
}

// register is what account.Registrar does, without the password: hashing it is not the store's.
func register(db *DB, tenant id.Tenant, key string, c account.Customer) (account.Registered, error) {
	ctx, now := context.Background(), time.Now().UTC().Truncate(time.Second)
	return once.Do(ctx, db, request(tenant, "anonymous", key, once.Fingerprint("registerCustomer", c.Username)), func(use *once.Use) (account.Registered, error) {
		c.ID, c.RegisteredAt = id.New[id.Customer](id.CustomerPrefix, now), now
		out := account.Registered{CustomerID: c.ID, Country: c.Country, RegisteredAt: now}
		if err := use.Answer(out); err != nil {
			return out, err
		}
		return out, db.SaveAccount(ctx, born(use, c, event.New(ctx, tenant, now, event.CustomerRegistered{CustomerID: c.ID, Country: c.Country})))
	})
}

// S0-08, S0-13: the customer can be read, the name is taken, one event announces it.
func TestRegister(t *testing.T) {
	db, tenant := fresh(t)
	out, err := register(db, tenant, "k", ada(tenant))
	ok(t, err)
	c, err := db.Customer(t.Context(), tenant, out.CustomerID)
	ok(t, err)
	same(t, "customer", []any{c.ID, c.Username, c.Name, c.Email, c.Country, c.RegisteredAt}, []any{out.CustomerID, "ada", "Ada", "ada@example.com", "DE", out.RegisteredAt})
	events := announced(t, db, tenant)
	same(t, "events", typesOf(events), []event.Type{event.TypeCustomerRegistered})
	var data event.CustomerRegistered
	ok(t, event.Decode(events[0], &data))
	same(t, "event", data.CustomerID, out.CustomerID)
	other := id.Tenant(string(tenant) + "x")
	_, err = db.Customer(t.Context(), other, out.CustomerID)
	want(t, err, fault.ErrNotFound)
	for tn, taken := range map[id.Tenant]bool{tenant: true, other: false} { // names are per client account
		got, err := db.UsernameTaken(t.Context(), tn, "ada")
		ok(t, err)
		same(t, "taken", got, taken)
	}
	got, err := db.UsernameTaken(t.Context(), tenant, "eve") // S0-06: asking reserves nothing
	ok(t, err)
	same(t, "free", got, false)
	_, err = register(db, tenant, "k2", account.Customer{Tenant: tenant, Username: "eve", Country: "DE"})
	ok(t, err)
}

// S0-06, S0-09, S0-13: twenty register one username at once: one customer, one event; the others are told.
func TestUsernameRace(t *testing.T) {
	db, tenant := fresh(t)
	ends := at(20, func(i int) error { _, err := register(db, tenant, fmt.Sprint("k", i), ada(tenant)); return err })
	same(t, "ends", ends, map[string]int{"": 1, "username_exists": 19})
	same(t, "events", len(announced(t, db, tenant)), 1)
}

// S0-14, R6: one key fifty times at once is one customer, and everybody gets the same answer.
func TestSameKeyFiftyTimes(t *testing.T) {
	db, tenant := fresh(t)
	var mu sync.Mutex
	answers := map[account.Registered]int{}
	ends := at(50, func(int) error {
		out, err := register(db, tenant, "k", ada(tenant))
		mu.Lock()
		defer mu.Unlock()
		answers[out]++
		return err
	})
	same(t, "ends", ends, map[string]int{"": 50})
	same(t, "different answers", len(answers), 1)
	same(t, "events", len(announced(t, db, tenant)), 1)
}

// R6: the same key with another request is refused, and has no effect.
func TestKeyOfAnotherRequest(t *testing.T) {
	db, tenant := fresh(t)
	_, err := register(db, tenant, "k", ada(tenant))
	ok(t, err)
	eve := ada(tenant)
	eve.Username = "eve"
	_, err = register(db, tenant, "k", eve)
	want(t, err, fault.ErrKeyReused)
	taken, err := db.UsernameTaken(t.Context(), tenant, "eve")
	ok(t, err)
	same(t, "eve is registered", taken, false)
	_, err = db.Recall(t.Context(), request(tenant, "anonymous", "k", "other"))
	want(t, err, fault.ErrKeyReused)
	for _, unused := range []once.Request{request(tenant, "cus_1", "k", ""), request(tenant, "anonymous", "k2", ""), request(tenant+"x", "anonymous", "k", "")} {
		answer, err := db.Recall(t.Context(), unused) // keys are a caller's own
		ok(t, err)
		same(t, "answer", answer == nil, true)
	}
}

// S0-09: what fails on one condition leaves nothing behind: no profile, no key, no event.
func TestAllOrNothing(t *testing.T) {
	db, tenant := fresh(t)
	_, err := register(db, tenant, "k", ada(tenant))
	ok(t, err)
	second := ada(tenant)
	second.ID = "cus_second"
	use := &once.Use{Request: request(tenant, "anonymous", "k2", "f")}
	ok(t, use.Answer("x"))
	err = db.SaveAccount(t.Context(), born(use, second, event.New(t.Context(), tenant, noon, event.CustomerRegistered{CustomerID: second.ID})))
	want(t, err, account.ErrUsernameExists)
	same(t, "profile", has(t, db, accounts, profileKey(tenant, second.ID)), false)
	same(t, "key", has(t, db, guards, onceKey(use.Request)), false)
	same(t, "events", len(announced(t, db, tenant)), 1)
}
