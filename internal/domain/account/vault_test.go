package account_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
)

const (
	me      = id.Customer("cus_1")
	here    = id.Session("ses_here")
	there   = id.Session("ses_there")
	allowed = 5 // attempts before one is held back
)

// vault is an account.Vault with the conditions of the real one.
type vault struct {
	*memory
	more     sync.Mutex
	sessions map[id.Session]account.Session
	tries    map[string]int
	marks    map[string]string
	stale    int // how many writes somebody else is faster than
}

func (v *vault) Try(_ context.Context, _ id.Tenant, attempts ...account.Attempt) error {
	v.more.Lock()
	defer v.more.Unlock()
	for _, a := range attempts {
		if a.Mark != "" && v.marks[a.Name] == a.Mark {
			return nil
		}
		if v.tries[a.Name] >= allowed {
			return fault.ErrThrottled.After(time.Minute)
		}
		v.tries[a.Name]++
		v.marks[a.Name] = a.Mark
	}
	return nil
}

func (v *vault) SaveAccount(ctx context.Context, c account.Change) error {
	v.more.Lock()
	defer v.more.Unlock()
	if v.stale > 0 && c.Credentials != nil {
		v.stale--
		return fault.ErrStale
	}
	if err := v.memory.SaveAccount(ctx, c); err != nil {
		return err
	}
	for _, a := range c.Pardon {
		delete(v.tries, a.Name)
		delete(v.marks, a.Name)
	}
	return nil
}

func (v *vault) Own(ctx context.Context, key once.Request, owner id.Customer, session id.Session) (account.Owned, error) {
	v.more.Lock()
	defer v.more.Unlock()
	if key.Key != "" {
		if err := v.used(ctx, key); err != nil {
			return account.Owned{}, err
		}
	}
	c, k, err := v.Account(ctx, key.Tenant, owner)
	return account.Owned{Customer: c, Credentials: k, Session: v.sessions[session]}, err
}

// used answers what it means that a key was used before.
func (v *vault) used(ctx context.Context, key once.Request) error {
	was, err := v.Recall(ctx, key)
	if err == nil && was != nil {
		err = &once.Replay{Answer: was}
	}
	return err
}

func (v *vault) EndSession(ctx context.Context, end account.Ending) error {
	v.more.Lock()
	defer v.more.Unlock()
	if end.Use != nil {
		if err := v.used(ctx, end.Use.Request); err != nil {
			return err
		}
	}
	if _, runs := v.sessions[end.Session]; !runs {
		return account.ErrSessionUnknown
	}
	delete(v.sessions, end.Session)
	return v.memory.SaveAccount(ctx, account.Change{Tenant: end.Tenant, Account: end.Account, Use: end.Use, Events: end.Events})
}

// desk is a customer with two sessions, and what they can do.
type desk struct {
	t     *testing.T
	vault *vault
	clock *clock.Manual
	account.Security
}

// newDesk makes one. Its password's hash is a cheap one: there are many checks.
func newDesk(t *testing.T) *desk {
	t.Helper()
	hash, err := argon2id.CreateHash(strong, &argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		t.Fatal(err)
	}
	v := &vault{memory: newMemory(), sessions: map[id.Session]account.Session{}, tries: map[string]int{}, marks: map[string]string{}}
	c := ada()
	c.ID, c.Status, c.RegisteredAt, c.ProfiledAt, c.Version = me, account.Active, noon, noon, 1
	v.customers[me] = c
	v.credentials[me] = account.Credentials{Tenant: "demo", Account: me, PasswordHash: hash, ChangedAt: noon, Version: 1}
	for _, s := range []id.Session{here, there} {
		v.sessions[s] = account.Session{Tenant: "demo", Account: me, ID: s, Turn: 1, StartedAt: noon, TurnedAt: noon, ExpiresAt: noon.Add(24 * time.Hour)}
	}
	for _, l := range c.Logins() {
		v.logins[l] = me
	}
	now := clock.At(noon.Add(time.Minute))
	return &desk{t, v, now, account.Security{Store: v, Clock: now}}
}

// ask is a request under a key, from the session here.
func ask(key, password, code string) account.Asked {
	return account.Asked{Key: once.Request{Tenant: "demo", Caller: string(me), Key: key, Fingerprint: code}, Account: me, Session: here,
		Password: password, Code: code, Mark: once.Fingerprint(key, []string{password, code})}
}

func (d *desk) credentials() account.Credentials {
	d.vault.memory.mu.Lock()
	defer d.vault.memory.mu.Unlock()
	return d.vault.memory.credentials[me]
}

// keep changes the credentials behind everybody's back.
func (d *desk) keep(change func(*account.Credentials)) {
	k := d.credentials()
	change(&k)
	d.vault.memory.credentials[me] = k
}

// runs tells whether a session goes on.
func (d *desk) runs(s id.Session) bool {
	found, ok := d.vault.sessions[s]
	return ok && !found.Over(d.credentials(), d.clock.Now())
}

// told takes the events written so far.
func (d *desk) told() (types []event.Type) {
	d.vault.memory.mu.Lock()
	defer d.vault.memory.mu.Unlock()
	for _, e := range d.vault.events {
		types = append(types, e.Type)
	}
	d.vault.events = nil
	return types
}

// guesses is how many attempts are counted against the account.
func (d *desk) guesses() int {
	d.vault.more.Lock()
	defer d.vault.more.Unlock()
	return d.vault.tries[account.ByOwner(me, "").Name]
}

// active gives the account an active second factor.
func (d *desk) active() account.SecondFactor {
	f := account.NewSecondFactor()
	f.ConfirmedAt, f.Step = noon, noon.Unix()/30-10
	d.keep(func(k *account.Credentials) { k.SecondFactor = &f })
	return f
}
