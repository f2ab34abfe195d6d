package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
)

// memory is an account.Keeper with the conditions of the real one.
type memory struct {
	mu          sync.Mutex
	keys        map[string][2]string // key → fingerprint, answer
	logins      map[account.Login]id.Customer
	customers   map[id.Customer]account.Customer
	credentials map[id.Customer]account.Credentials
	sessions    map[id.Session]account.Session
	attempts    map[string]int64
	timers      map[id.Customer]time.Time // of verifications
	clock       *clock.Manual
	events      []event.Envelope
}

func newMemory() *memory {
	return &memory{keys: map[string][2]string{}, logins: map[account.Login]id.Customer{}, customers: map[id.Customer]account.Customer{},
		credentials: map[id.Customer]account.Credentials{}, sessions: map[id.Session]account.Session{}, attempts: map[string]int64{}, timers: map[id.Customer]time.Time{},
		clock: clock.At(noon)}
}

func (m *memory) recall(r once.Request) (json.RawMessage, error) {
	k, used := m.keys[r.Key]
	switch {
	case !used:
		return nil, nil
	case k[0] != r.Fingerprint:
		return nil, fault.ErrKeyReused
	}
	return json.RawMessage(k[1]), nil
}

func (m *memory) Recall(_ context.Context, r once.Request) (json.RawMessage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.recall(r)
}

func (m *memory) SaveAccount(_ context.Context, c account.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.Use != nil {
		if was, err := m.recall(c.Use.Request); err != nil || was != nil {
			return errors.Join(err, &once.Replay{Answer: was})
		}
	}
	for _, l := range c.Take {
		if _, taken := m.logins[l]; taken {
			return l.Taken()
		}
	}
	if c.Customer != nil && c.Customer.Version != m.customers[c.Account].Version+1 || c.Credentials != nil && c.Credentials.Version != m.credentials[c.Account].Version+1 {
		return fault.ErrStale
	}
	if err := m.moveTimer(c); err != nil {
		return err
	}
	for _, l := range c.Take {
		m.logins[l] = c.Account
	}
	for _, l := range c.Free {
		delete(m.logins, l)
	}
	if c.Customer != nil {
		m.customers[c.Account] = *c.Customer
	}
	if c.Credentials != nil {
		m.credentials[c.Account] = *c.Credentials
	}
	if c.Start != nil {
		m.sessions[c.Start.ID] = *c.Start
	}
	delete(m.sessions, c.End)
	for _, a := range c.Pardon {
		if a.Kind == account.OnAccount {
			delete(m.attempts, a.Name)
		}
	}
	m.events = append(m.events, c.Events...)
	if c.Use != nil {
		m.keys[c.Use.Key] = [2]string{c.Use.Fingerprint, string(c.Use.Stored())}
		c.Use.Committed()
	}
	return nil
}

// moveTimer keeps the timer of a verification, and refuses a change that leaves it where nothing is due, or that touches it for
// nothing.
func (m *memory) moveTimer(c account.Change) error {
	if c.Customer == nil {
		if c.MoveTimer {
			return errors.New("a timer moves without its customer")
		}
		return nil
	}
	was, is := m.timers[c.Account], c.Customer.VerificationDue()
	if before, known := m.customers[c.Account]; known && was.IsZero() {
		was = before.VerificationDue() // of a customer whom the test made
	}
	if moves := !was.Equal(is); moves != c.MoveTimer {
		return fmt.Errorf("the timer of %s is due at %v instead of %v, told to move: %t", c.Account, was, is, c.MoveTimer)
	}
	m.timers[c.Account] = is
	return nil
}

func (m *memory) Account(_ context.Context, _ id.Tenant, c id.Customer) (account.Customer, account.Credentials, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found, ok := m.customers[c]
	if !ok {
		return found, account.Credentials{}, account.ErrUnknown
	}
	return found, m.credentials[c], nil
}

func (m *memory) AccountBy(_ context.Context, _ id.Tenant, l account.Login) (id.Customer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found, ok := m.logins[l]
	if !ok {
		return "", account.ErrUnknown
	}
	return found, nil
}

func (m *memory) Now(context.Context, id.Tenant, id.TestClock) (time.Time, error) {
	return m.clock.Now(), nil
}

func (m *memory) Session(ctx context.Context, tenant id.Tenant, c id.Customer, s id.Session) (account.Customer, account.Credentials, account.Session, error) {
	customer, credentials, err := m.Account(ctx, tenant, c)
	m.mu.Lock()
	defer m.mu.Unlock()
	return customer, credentials, m.sessions[s], err
}

func (m *memory) Turn(_ context.Context, use *once.Use, s account.Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if was, err := m.recall(use.Request); err != nil || was != nil {
		return errors.Join(err, &once.Replay{Answer: was})
	}
	if m.sessions[s.ID].Turn != s.Turn-1 {
		return fault.ErrStale
	}
	m.sessions[s.ID], m.keys[use.Key] = s, [2]string{use.Fingerprint, string(use.Stored())}
	return nil
}

// Try holds back the eleventh attempt on an account.
func (m *memory) Try(_ context.Context, _ id.Tenant, attempts ...account.Attempt) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range attempts {
		if m.attempts[a.Name]++; a.Kind == account.OnAccount && m.attempts[a.Name] > 10 {
			return fault.ErrThrottled.After(time.Minute)
		}
	}
	return nil
}

var noon = time.Date(2026, 11, 2, 12, 0, 0, 123456789, time.UTC)
