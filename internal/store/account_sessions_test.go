package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
)

// signedIn is a customer with sessions, oldest first.
func signedIn(t *testing.T, db *DB, tenant id.Tenant, sessions int) (id.Customer, []id.Session) {
	t.Helper()
	out, err := register(db, tenant, "k", ada(tenant))
	ok(t, err)
	var ids []id.Session
	for n := range sessions {
		at := noon.Add(time.Duration(n) * time.Minute)
		s := account.Session{Tenant: tenant, Account: out.CustomerID, ID: id.New[id.Session](id.SessionPrefix, at), Turn: 1, StartedAt: at, TurnedAt: at,
			ExpiresAt: at.Add(time.Hour), Address: "203.0.113.7", Device: fmt.Sprint("device ", n)}
		ok(t, db.SaveAccount(t.Context(), account.Change{Tenant: tenant, Account: out.CustomerID, Start: &s}))
		ids = append(ids, s.ID)
	}
	return out.CustomerID, ids
}

// One call tells who asks, by which session, and whether the request was answered before.
func TestOwn(t *testing.T) {
	db, tenant := fresh(t)
	me, sessions := signedIn(t, db, tenant, 2)
	o, err := db.Own(t.Context(), request(tenant, string(me), "k", "f"), me, sessions[1])
	ok(t, err)
	same(t, "account", []any{o.Customer.ID, o.Customer.Email, o.Credentials.PasswordHash, o.Session.ID, o.Session.Device}, []any{me, "ada@example.com", "hash", sessions[1], "device 1"})
	for _, none := range []id.Session{"", "ses_unknown"} {
		o, err := db.Own(t.Context(), once.Request{Tenant: tenant}, me, none)
		ok(t, err)
		same(t, "session", o.Session.ID, "")
	}
	_, err = db.Own(t.Context(), once.Request{Tenant: tenant}, "cus_nobody", sessions[0])
	want(t, err, account.ErrUnknown)
	_, err = db.Own(t.Context(), once.Request{Tenant: tenant + "x"}, me, sessions[0])
	want(t, err, account.ErrUnknown)

	use := &once.Use{Request: request(tenant, string(me), "k", "f")}
	ok(t, use.Answer("first"))
	ok(t, db.SaveAccount(t.Context(), account.Change{Tenant: tenant, Account: me, Use: use}))
	_, err = db.Own(t.Context(), use.Request, me, "")
	var replayed *once.Replay
	same(t, "answered before", errors.As(err, &replayed) && string(replayed.Answer) == `"first"`, true)
	_, err = db.Own(t.Context(), request(tenant, string(me), "k", "other"), me, "")
	want(t, err, fault.ErrKeyReused)
}

// The newest first, in pages, and nobody else's.
func TestSessions(t *testing.T) {
	db, tenant := fresh(t)
	me, sessions := signedIn(t, db, tenant, 5)
	var found []id.Session
	for after, more := "", true; more; more = after != "" {
		page, next, err := db.Sessions(t.Context(), tenant, me, after, 2)
		ok(t, err)
		for _, s := range page {
			found = append(found, s.ID)
		}
		after = next
	}
	same(t, "sessions", found, []id.Session{sessions[4], sessions[3], sessions[2], sessions[1], sessions[0]})
	_, _, err := db.Sessions(t.Context(), tenant, me, "PROFILE", 2)
	want(t, err, fault.ErrCursor)
	page, _, err := db.Sessions(t.Context(), tenant+"x", me, "", 2)
	ok(t, err)
	same(t, "another tenant's", len(page), 0)
}

// S3-22: of many who end a session at once one does, and says so.
func TestEndSession(t *testing.T) {
	db, tenant := fresh(t)
	me, sessions := signedIn(t, db, tenant, 2)
	end := func(use *once.Use, s id.Session) error {
		return db.EndSession(t.Context(), account.Ending{Tenant: tenant, Account: me, Session: s, Use: use,
			Events: []event.Envelope{event.New(t.Context(), tenant, noon, event.SessionEnded{CustomerID: me, SessionID: s, Why: "logout"})}})
	}
	before := len(announced(t, db, tenant))
	ends := at(10, func(int) error { return end(nil, sessions[0]) })
	same(t, "ends", ends, map[string]int{"": 1, account.ErrSessionUnknown.Code: 9})
	use := &once.Use{Request: request(tenant, string(me), "end", "f")}
	ok(t, use.Answer("x"))
	ok(t, end(use, sessions[1]))
	err := end(use, sessions[1])
	var replayed *once.Replay
	same(t, "again", errors.As(err, &replayed), true)
	same(t, "events", len(announced(t, db, tenant))-before, 2)
	page, _, err := db.Sessions(t.Context(), tenant, me, "", 10)
	ok(t, err)
	same(t, "left", len(page), 0)
}

// R6, X6: the same guess many times at once is one attempt and is not held back; another guess is, and what was guessed right
// is forgotten.
func TestSameGuess(t *testing.T) {
	_, tenant := fresh(t)
	now := clock.At(noon)
	db := New(client, prefix, now)
	me := id.Customer("cus_1")
	try := func(mark string) error { return db.Try(t.Context(), tenant, account.ByOwner(me, mark)) }
	counted := func() int64 {
		row, err := get[attemptRow](t.Context(), db, guards, attemptKey(tenant, account.ByOwner(me, "")), nil)
		ok(t, err)
		return row.N
	}
	same(t, "ends", at(50, func(int) error { return try("a") }), map[string]int{"": 50})
	same(t, "counted", counted(), 1)
	for _, mark := range []string{"b", "", "c", ""} {
		ok(t, try(mark))
	}
	same(t, "counted", counted(), 5)
	ends := at(20, func(n int) error { return try(fmt.Sprint("many", n)) })
	same(t, "ends", ends, map[string]int{fault.ErrThrottled.Code: 20})
	same(t, "wait", fault.Of(try("d")).RetryAfter, time.Minute)
	ok(t, try("c")) // the last one that had a mark
	same(t, "counted", counted(), 5)
	now.Advance(time.Minute)
	ends = at(20, func(n int) error { return try(fmt.Sprint("later", n)) })
	same(t, "ends", ends, map[string]int{"": 1, fault.ErrThrottled.Code: 19})
	ok(t, db.SaveAccount(t.Context(), account.Change{Tenant: tenant, Account: me, Pardon: []account.Attempt{account.ByOwner(me, "x")}}))
	ok(t, try("e"))
	same(t, "counted", counted(), 1)
}

// What an owner does holds nobody back who signs in, and the other way round.
func TestOwnersAreCountedApart(t *testing.T) {
	db, tenant := fresh(t)
	me := id.Customer("cus_1")
	for range 5 {
		ok(t, db.Try(t.Context(), tenant, account.ByOwner(me, "")))
	}
	want(t, db.Try(t.Context(), tenant, account.ByOwner(me, "")), fault.ErrThrottled)
	ok(t, db.Try(t.Context(), tenant, account.Attempt{Kind: account.OnAccount, Name: "ada"}))
	ok(t, db.Try(t.Context(), tenant, account.ByOwner("cus_2", "")))
}
