package selfservice_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"turnup/internal/api/customeradmin"
	"turnup/internal/api/selfservice"
	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/base/token/tokentest"
	"turnup/internal/domain/account"
	"turnup/internal/platform/metric"
	"turnup/internal/platform/rest"
)

const (
	me       = id.Customer("cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA")
	staff    = id.Customer("stf_01JD3Q6V6K8M4H0WZ0V5Q3Y1XB")
	here     = id.Session("ses_01JD3Q6V6K8M4H0WZ0V5Q3Y1XC")
	there    = id.Session("ses_01JD3Q6V6K8M4H0WZ0V5Q3Y1XD")
	password = "correct horse battery"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// store is the store in memory, of tenant demo, for one request at a time.
type store struct {
	account.Keeper
	customers   map[id.Customer]account.Customer
	credentials map[id.Customer]account.Credentials
	sessions    []account.Session // the newest first
	used        map[string]once.Use
	attempts    []account.Attempt
	pardoned    int
	events      []event.Envelope
}

func (s *store) Recall(_ context.Context, r once.Request) (json.RawMessage, error) {
	u, was := s.used[r.Caller+r.Key]
	switch {
	case !was:
		return nil, nil
	case u.Fingerprint != r.Fingerprint:
		return nil, fault.ErrKeyReused
	}
	return u.Stored(), nil
}

func (s *store) Now(context.Context, id.Tenant, id.TestClock) (time.Time, error) { return noon, nil }

func (s *store) Try(_ context.Context, _ id.Tenant, attempts ...account.Attempt) error {
	if len(s.attempts)-s.pardoned > 5 {
		return fault.ErrThrottled.After(time.Minute)
	}
	s.attempts = append(s.attempts, attempts...)
	return nil
}

func (s *store) write(use *once.Use, events []event.Envelope) {
	if use != nil {
		use.Committed()
		s.used[use.Caller+use.Key] = *use
	}
	s.events = append(s.events, events...)
}

func (s *store) SaveAccount(_ context.Context, c account.Change) error {
	if c.Credentials != nil {
		s.credentials[c.Account] = *c.Credentials
	}
	s.pardoned += len(c.Pardon)
	s.write(c.Use, c.Events)
	return nil
}

func (s *store) Own(ctx context.Context, key once.Request, owner id.Customer, session id.Session) (account.Owned, error) {
	if was, err := s.Recall(ctx, key); err != nil {
		return account.Owned{}, err
	} else if was != nil {
		return account.Owned{}, &once.Replay{Answer: was}
	}
	c, there := s.customers[owner]
	if !there || key.Tenant != "demo" {
		return account.Owned{}, account.ErrUnknown
	}
	o := account.Owned{Customer: c, Credentials: s.credentials[owner]}
	for _, x := range s.sessions {
		if x.ID == session && x.Account == owner {
			o.Session = x
		}
	}
	return o, nil
}

func (s *store) Sessions(_ context.Context, _ id.Tenant, owner id.Customer, after string, limit int32) (page []account.Session, next string, err error) {
	for _, x := range s.sessions {
		if x.Account != owner || after != "" && string(x.ID) >= after {
			continue
		}
		if page = append(page, x); len(page) == int(limit) {
			return page, string(x.ID), nil
		}
	}
	return page, "", nil
}

func (s *store) EndSession(_ context.Context, end account.Ending) error {
	for i, x := range s.sessions {
		if x.ID == end.Session && x.Account == end.Account {
			s.sessions = append(s.sessions[:i], s.sessions[i+1:]...)
			s.write(end.Use, end.Events)
			return nil
		}
	}
	return account.ErrSessionUnknown
}

// desk is the API with its store and its callers' tokens.
type desk struct {
	t      *testing.T
	api    *rest.API
	store  *store
	signer *token.Signer
	mine   string // a customer's token, of the session here
	keys   int
}

func open(t *testing.T) *desk {
	t.Helper()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	metric.Sink = io.Discard
	hash, err := account.HashPassword(password)
	d := &desk{t: t, store: &store{used: map[string]once.Use{},
		customers: map[id.Customer]account.Customer{
			me:    {Tenant: "demo", ID: me, Username: "ada", Email: "ada@example.com", Status: account.Active, ProfiledAt: noon, Version: 1},
			staff: {Tenant: "demo", ID: staff, Email: "grace@example.com", Status: account.Active, Roles: []string{token.RoleNetwork}, Version: 1}},
		credentials: map[id.Customer]account.Credentials{me: {Tenant: "demo", Account: me, PasswordHash: hash, ChangedAt: noon, Version: 1}, staff: {Tenant: "demo", Account: staff, Version: 1}}}}
	d.try(err)
	for _, s := range []id.Session{there, here} {
		d.store.sessions = append(d.store.sessions, account.Session{Tenant: "demo", Account: me, ID: s, Turn: 2, StartedAt: noon.Add(-time.Hour), TurnedAt: noon.Add(-time.Minute),
			ExpiresAt: noon.Add(time.Hour), Address: "203.0.113.7", Device: "device of " + string(s)})
	}
	now := clock.At(noon)
	signer, verifier := tokentest.Pair(now)
	d.signer = signer
	d.mine = d.customer(token.Nothing, here)
	d.api = rest.New(rest.Options{Tenant: "demo", Verifier: verifier, Clock: now})
	security := account.Security{Store: d.store, Clock: now}
	selfservice.Register(d.api, selfservice.Deps{Security: security, Store: d.store, Clock: now, Brand: "Turnup & Söhne"})
	customeradmin.Register(d.api, customeradmin.Deps{Security: security})
	return d
}

// customer is the access token of a customer for whom something is pending.
func (d *desk) customer(p token.Pending, s id.Session) string {
	return d.access(token.Claims{Pending: p, Session: s}, string(me), token.CustomerAudience)
}

func (d *desk) staff(subject id.Customer, roles ...string) string {
	return d.access(token.Claims{Roles: roles}, string(subject), token.StaffAudience)
}

func (d *desk) access(c token.Claims, subject, audience string) string {
	d.t.Helper()
	c.Tenant = "demo"
	raw, _, err := d.signer.Access(c, subject, audience, noon, token.SessionLifetime)
	d.try(err)
	return raw
}

func (d *desk) try(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

type answer struct {
	AccountID, Email, EmailWaiting, Username, Pending, PasswordChangedAt, Code, NextCursor, Secret, URI string
	Status                                                                                              any
	SecondFactor                                                                                        struct {
		Active            bool
		RecoveryCodesLeft int
	}
	Sessions []struct {
		SessionID, Device, Address, StartedAt, LastUsedAt string
		Current                                           bool
	}
	RecoveryCodes []string
	status        int
	raw           string
	retryAfter    string
}

// send sends a request under a new key.
func (d *desk) send(tok, method, path, body string) answer {
	d.t.Helper()
	d.keys++
	return d.sendKey(tok, method, path, body, fmt.Sprint("key-", d.keys))
}

func (d *desk) sendKey(tok, method, path, body, key string) (a answer) {
	d.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+tok)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost {
		r.Header.Set("Idempotency-Key", key)
	}
	w := httptest.NewRecorder()
	d.api.ServeHTTP(w, r)
	if w.Body.Len() > 0 {
		d.try(json.Unmarshal(w.Body.Bytes(), &a))
	}
	a.status, a.raw, a.retryAfter = w.Code, w.Body.String(), w.Header().Get("Retry-After")
	return a
}

func (d *desk) expect(a answer, status int, code string) answer {
	d.t.Helper()
	if a.status != status || a.Code != code {
		d.t.Fatalf("answered %d %q, want %d %q: %s", a.status, a.Code, status, code, a.raw)
	}
	return a
}

// told takes the types of the events written so far.
func (d *desk) told() string {
	var types []string
	for _, e := range d.store.events {
		types = append(types, string(e.Type))
	}
	d.store.events = nil
	return strings.Join(types, " ")
}
